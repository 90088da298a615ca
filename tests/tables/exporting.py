"""Exports asked of tables, and read again as imports are."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from solidata_api.domain.datasets import Column, ReadOptions, Version
from solidata_api.domain.exports import ExportStyle
from solidata_api.domain.queries import EXPORT_PARAMETERS, bind
from solidata_api.formats import open_table
from solidata_api.formats.base import Limits
from solidata_api.formats.importing import read_table
from solidata_api.tables import Export, Tables


def asked(
    version: Version, *arguments: tuple[str, str], form: str = "csv", style: ExportStyle = ExportStyle()
) -> Export:
    return Export(version, version.columns, bind(arguments, version.columns, EXPORT_PARAMETERS), form, style)


def exported(
    tables: Tables,
    version: Version,
    *arguments: tuple[str, str],
    form: str = "csv",
    style: ExportStyle = ExportStyle(),
) -> bytes:
    found = tables.export(asked(version, *arguments, form=form, style=style))
    try:
        return b"".join(found)
    finally:
        found.close()


def read_again(path: Path, options: ReadOptions = ReadOptions()) -> tuple[list[Column], pa.Table]:
    """What an import makes of a file: its columns, and its rows without ids and lines."""
    read = read_table(open_table(path, options, Limits()), options, b"k" * 16, lambda *_: None)
    whole = pa.concat_tables([table for table, _ in read.tables])
    return read.columns, whole.drop_columns(["_id", "_line"])
