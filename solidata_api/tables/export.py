"""Rows as CSV (RFC 4180), streamed by DuckDB's COPY through a named pipe: no file, and memory stays bounded."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from solidata_api.domain.datasets import STORAGE, Column, Version
from solidata_api.domain.documents import new_id
from solidata_api.domain.queries import RowQuery
from solidata_api.tables.serving import JSON_TYPES, Serving, select_rows, zoned_columns
from solidata_api.tables.sql import Statement, quoted

CHUNK = 1 << 18
#: A spreadsheet takes a cell that starts so for a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CsvStyle:
    """How the CSV is written."""

    titles: bool = False
    delimiter: str = ","
    bom: bool = False
    with_ids: bool = False


def export_csv(
    serving: Serving, version: Version, columns: Sequence[Column], query: RowQuery, style: CsvStyle
) -> Iterator[bytes]:
    """The rows of a query. Closing the iterator early stops the query; nothing is left behind."""
    by_key = {column.key: column for column in columns}
    asked = [by_key[key] for key in query.columns]
    with serving.cursor(version) as cursor:
        zoned = zoned_columns(cursor, columns)
    statement = select_rows(
        columns,
        query,
        ", ".join([*(["_id"] if style.with_ids else []), *(_cell(column, column.key in zoned) for column in asked)]),
    )
    yield _header(asked, style)
    yield from _copied(serving, version, statement, style)


def _header(columns: Sequence[Column], style: CsvStyle) -> bytes:
    names = [
        *(["_id"] if style.with_ids else []),
        *(column.title if style.titles else column.key for column in columns),
    ]
    line = style.delimiter.join(_field(_guarded(name), style.delimiter) for name in names)
    return (("\ufeff" if style.bom else "") + line + "\r\n").encode()


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _field(text: str, delimiter: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(char in text for char in (delimiter, '"', "\r", "\n")) else text


def _cell(column: Column, zoned: bool) -> str:
    """The SQL of a cell as canonical text; texts are guarded against being taken for formulas."""
    name = quoted(column.key)
    if column.type in JSON_TYPES:
        name = _listed(name)
    elif column.type == "datetime":
        seconds = f"replace(strftime({name}, '%Y-%m-%dT%H:%M:%S.%f'), '.000000', '')"
        return f"{seconds} || 'Z'" if zoned else seconds
    if STORAGE[column.type] != "text":
        return name
    starts = ", ".join(f"'{char}'" for char in "=+-@\t\r")
    return f"case when left({name}, 1) in ({starts}) then '''' || {name} else {name} end"


def _listed(name: str) -> str:
    """A JSON list of plain values joined with `|`, any other JSON as it is."""
    nested = f"list_filter(json_extract({name}, '$[*]'), lambda x: json_type(x) in ('ARRAY', 'OBJECT'))"
    plain = f"json_type({name}) = 'ARRAY' and len({nested}) = 0"
    return f"(case when {plain} then array_to_string(json_extract_string({name}, '$[*]'), '|') else {name} end)"


def _copied(serving: Serving, version: Version, statement: Statement, style: CsvStyle) -> Iterator[bytes]:
    pipe = serving.fifo_folder / f"{new_id()}.csv"
    failed: list[BaseException] = []
    with serving.cursor(version) as cursor:
        os.mkfifo(pipe, 0o600)
        # Opened for both, so that neither side waits for the other, and a query that fails before it writes is noticed.
        reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        keeping = os.open(pipe, os.O_WRONLY)
        writer = threading.Thread(target=_copy, args=(cursor, statement, style, pipe, keeping, failed), daemon=True)
        os.set_blocking(reading, True)
        writer.start()
        try:
            while chunk := os.read(reading, CHUNK):
                yield chunk
            writer.join()
            if failed:
                raise failed[0]
        finally:
            os.close(reading)
            cursor.interrupt()
            writer.join()
            pipe.unlink(missing_ok=True)


def _copy(
    cursor: duckdb.DuckDBPyConnection,
    statement: Statement,
    style: CsvStyle,
    pipe: Path,
    keeping: int,
    failed: list[BaseException],
) -> None:
    path, delimiter = str(pipe).replace("'", "''"), style.delimiter
    options = f"format csv, header false, delimiter '{delimiter}', quote '\"', escape '\"', null '', new_line '\\r\\n'"
    try:
        cursor.execute(f"copy ({statement.sql}) to '{path}' ({options})", statement.values)
    except duckdb.Error as error:
        failed.append(error)
    finally:
        os.close(keeping)
