"""Rows as CSV (RFC 4180): texts that a spreadsheet would take for formulas are guarded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from solidata_api.domain.datasets import STORAGE, Column
from solidata_api.domain.exports import ExportStyle
from solidata_api.tables.export import Export
from solidata_api.tables.export_engine import ExportEngine
from solidata_api.tables.serving import JSON_TYPES, select_rows, zoned_columns
from solidata_api.tables.sql import quoted

#: A spreadsheet takes a cell that starts so for a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(engine: ExportEngine, export: Export) -> Iterator[bytes]:
    """The rows of an export as CSV in UTF-8."""
    style, asked = export.style, export.answered
    zoned = zoned_columns(engine.connection, asked)
    cells = [*(["_id"] if style.with_ids else []), *(_cell(column, column.key in zoned) for column in asked)]
    statement = select_rows(export.columns, export.query, ", ".join(cells))
    options = (
        f"format csv, header false, delimiter '{style.delimiter}', quote '\"', escape '\"', null '', new_line '\\r\\n'"
    )
    rest = engine.copied(statement, options)
    # With the first rows, so that a query that fails has sent nothing yet.
    yield _header(asked, style) + next(rest, b"")
    yield from rest


def moment(name: str, zoned: bool) -> str:
    """The SQL of a moment as ISO text, with `Z` where it told its zone."""
    seconds = f"replace(strftime({name}, '%Y-%m-%dT%H:%M:%S.%f'), '.000000', '')"
    return f"{seconds} || 'Z'" if zoned else seconds


def _header(columns: Sequence[Column], style: ExportStyle) -> bytes:
    names = [
        *(["_id"] if style.with_ids else []),
        *(column.title if style.titles else column.key for column in columns),
    ]
    return (("\ufeff" if style.bom else "") + csv_line(names, style.delimiter)).encode()


def csv_line(texts: Iterable[str], delimiter: str = ",") -> str:
    """A record of texts, each guarded against being taken for a formula."""
    return delimiter.join(_field(_guarded(text), delimiter) for text in texts) + "\r\n"


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
        return moment(name, zoned)
    if STORAGE[column.type] != "text":
        return name
    starts = ", ".join(f"'{char}'" for char in FORMULA)
    return f"case when left({name}, 1) in ({starts}) then '''' || {name} else {name} end"


def _listed(name: str) -> str:
    """A JSON list of plain values joined with `|`, any other JSON as it is."""
    nested = f"list_filter(json_extract({name}, '$[*]'), lambda x: json_type(x) in ('ARRAY', 'OBJECT'))"
    plain = f"json_type({name}) = 'ARRAY' and len({nested}) = 0"
    return f"(case when {plain} then array_to_string(json_extract_string({name}, '$[*]'), '|') else {name} end)"
