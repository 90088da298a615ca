"""Kept bytes read into the parts of a version: what imports, drafts and reloads share."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from solidata_api.backends import Backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Load, ReadOptions, Version
from solidata_api.domain.documents import now
from solidata_api.domain.jobs import Job
from solidata_api.domain.options import of_columns, said
from solidata_api.tables.versions import WrittenVersion

if TYPE_CHECKING:
    from solidata_api.formats.base import Limits, Reading

Report = Callable[[int, int, str], None]


@dataclass(frozen=True)
class ReadVersion:
    """What was read: columns, parts under the prefix, and the import report."""

    columns: tuple[Column, ...]
    written: WrittenVersion
    report: dict[str, Any]


@dataclass(frozen=True)
class Table:
    """What is to be read: files in their order, and what is known of the table that they make.

    `declared`: its columns stay, whatever the files have. `asked`: what of the options is asked now, the others
    being of earlier times; None: all.
    """

    loads: Sequence[Load]
    row_key: str
    key: Sequence[str] = ()
    columns: Sequence[Column] = ()
    declared: bool = False
    asked: Mapping[str, Any] | None = None


def read_version(backends: Backends, table: Table, prefix: str, report: Report) -> ReadVersion:
    """Read kept files into parts under a prefix, for workers. Raises what formats raise; nothing is left then."""
    from solidata_api.formats.importing import read_table

    started = time.monotonic()
    reading, options = _opened(backends, table)
    folder = backends.settings.data_dir / "tmp"
    read = read_table(reading, options, bytes.fromhex(table.row_key), report, folder, table.key)
    with backends.tables.writer(prefix) as writer, closing(read.tables):
        for rows, rejects in read.tables:
            writer.add(rows)
            if rejects is not None:
                writer.add_rejects(rejects)
        written = writer.close()
    told = {**read.told, "duration_s": round(time.monotonic() - started, 3)}
    if "loads" in told:
        names = [one.original.filename for one in table.loads]
        told["loads"] = [{"filename": name, **one} for name, one in zip(names, told["loads"], strict=True)]
    return ReadVersion(tuple(read.columns), written, told)


def version_of(
    job: Job, actor: Actor, dataset_id: str, version_id: str, read: ReadVersion, loads: Sequence[Load], **more: Any
) -> Version:
    """What was read as a version; publishing gives it its number."""
    return Version(
        id=version_id,
        dataset_id=dataset_id,
        n=0,
        job_id=job.id,
        columns=read.columns,
        parts=read.written.parts,
        reject_parts=read.written.reject_parts,
        row_count=read.written.row_count,
        sha256=read.written.sha256,
        original=loads[-1].original if loads else None,
        loads=tuple(loads),
        created_by=actor.user_id or "",
        created_at=now(),
        **{"report": read.report, **more},
    )


def _opened(backends: Backends, table: Table) -> tuple[Reading, ReadOptions]:
    """The files opened as one reading, and the options by which its columns are judged.

    What earlier options say of columns that no file has any more is forgotten.
    """
    from solidata_api.formats import open_table
    from solidata_api.formats.combined import Known, Opened, combined
    from solidata_api.formats.importing import keys_of

    size = limits(backends)
    opened = []
    for load in table.loads:
        options = ReadOptions(**load.options)
        path = backends.tables.local_path(load.original.path)
        opened.append(Opened(open_table(path, options, size), options, load.mode))
    known = Known(table.columns, table.key, table.declared)
    reading, options = combined(opened, known, size)
    named = {*keys_of(reading), *reading.headers}
    given = asdict(options) if table.loads else table.asked or {}
    fitting = said(given) if table.asked is None else of_columns(given, named, table.asked)
    if table.declared:
        fitting = _declared(fitting, table.columns)
    return reading, ReadOptions(**fitting)


def _declared(options: dict[str, Any], columns: Sequence[Column]) -> dict[str, Any]:
    """Options under which declared columns have their types and formats, unless they say others."""
    types = {one.key: one.type for one in columns}
    formats = {one.key: one.format or "" for one in columns}
    return {
        **options,
        "types": {**types, **(options.get("types") or {})},
        "formats": {**formats, **(options.get("formats") or {})},
    }


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
