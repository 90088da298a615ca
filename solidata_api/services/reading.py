"""Kept bytes read into the parts of a version: what imports and drafts share."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solidata_api.backends import Backends
from solidata_api.domain.datasets import Column, Original, ReadOptions
from solidata_api.tables.versions import WrittenVersion

if TYPE_CHECKING:
    from solidata_api.formats.base import Limits

Report = Callable[[int, int, str], None]


@dataclass(frozen=True)
class ReadVersion:
    """What was read: columns, parts under the prefix, and the import report."""

    columns: tuple[Column, ...]
    written: WrittenVersion
    report: dict[str, Any]


def read_version(
    backends: Backends, kept: Original, options: ReadOptions, row_key: str, prefix: str, report: Report
) -> ReadVersion:
    """Read kept bytes into parts under a prefix, for workers. Raises what formats raise; nothing is left then."""
    from solidata_api.formats import open_table
    from solidata_api.formats.importing import read_table

    started = time.monotonic()
    settings = backends.settings
    reading = open_table(backends.tables.local_path(kept.path), options, limits(backends))
    read = read_table(reading, options, bytes.fromhex(row_key), report, settings.data_dir / "tmp")
    with backends.tables.writer(prefix) as writer, closing(read.tables):
        for table, rejects in read.tables:
            writer.add(table)
            if rejects is not None:
                writer.add_rejects(rejects)
        written = writer.close()
    told = {**read.told, "duration_s": round(time.monotonic() - started, 3)}
    return ReadVersion(tuple(read.columns), written, told)


def limits(backends: Backends) -> Limits:
    """How large a table may be, for the formats."""
    from solidata_api.formats.base import Limits

    settings = backends.settings
    return Limits(
        max_columns=settings.max_columns,
        max_cell_chars=settings.max_cell_kb * 1024,
        max_unpacked_mb=settings.max_upload_mb,
        folder=settings.data_dir / "tmp",
    )
