"""Rows as a workbook (ECMA-376): the engine writes the cells' XML, a few rows are in memory at a time.

XlsxWriter in constant memory takes ten times as long for the same rows, openpyxl sixteen times (docs/exports.md). Every
cell has its type: a text is never a formula, and keeps its leading zeros.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, cast
from xml.sax.saxutils import escape, quoteattr

from solidata_api.domain.datasets import STORAGE, Column
from solidata_api.tables.export import Export
from solidata_api.tables.export_columnar import Buffer
from solidata_api.tables.export_csv import moment
from solidata_api.tables.export_engine import ExportEngine
from solidata_api.tables.records import EXACT
from solidata_api.tables.serving import select_rows, zoned_columns
from solidata_api.tables.sql import quoted
from solidata_api.tables.xlsx_parts import CONTENT_TYPES, RELATIONS, SHEET_END, SHEET_START, STYLES, WORKBOOK, relations

#: What a sheet holds (ECMA-376 knows no limit, Excel does), and a cell: UTF-16 units.
SHEET_ROWS, CELL_UNITS = 1_048_576, 32_767
#: Excel reads no sheet whose XML is longer than 32 bits count; a longer one goes on in the next sheet.
SHEET_BYTES = 1_900_000_000
#: How much XML is fetched at once, and how many rows at most.
FETCH_BYTES, FETCH_ROWS = 1 << 20, 2048
#: How many cut cells are listed one by one.
LISTED = 10_000
#: Days since this one are dates in a workbook; those before the other are not (1900 was no leap year, but is there).
ZERO, FIRST = "1899-12-30", "1900-03-01"
#: What XML can't hold, or would change, written `_x0001_` as ECMA-376, 22.9.2.19 says.
_UNSOUND = [*range(9), *range(11, 32), 0xFFFE, 0xFFFF]


def write_xlsx(engine: ExportEngine, export: Export) -> Iterator[bytes]:
    """A workbook with the sheet `data`, `data 2` … where rows are many, and `cut cells` where cells were too long."""
    engine.connection.execute(f"create temp macro xml_text(x) as {_xml('x')}")
    engine.connection.execute(f"create temp macro cell_text(x) as {_within_limit('x')}")
    book = _Book(export)
    yield book.part("xl/styles.xml", STYLES)
    yield from book.sheets(_fetched(engine, export))
    yield from book.cut_cells()
    yield from book.end()


class _Book:
    """The parts of a workbook, one after the other, into a zip archive whose bytes depend on nothing else."""

    def __init__(self, export: Export) -> None:
        self.buffer = Buffer()
        self.zip = zipfile.ZipFile(cast(IO[bytes], self.buffer), "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self.names: list[str] = []
        self.cut: list[tuple[str, int, str, str]] = []
        self.cut_count = 0
        self.keys = ["_id"] * export.style.with_ids + [one.key for one in export.answered]
        titles = ["_id"] * export.style.with_ids + [one.title for one in export.answered]
        self.head = _row(titles if export.style.titles else self.keys)

    def part(self, name: str, text: str) -> bytes:
        """One small part."""
        with self.zip.open(name, "w") as part:
            part.write(text.encode())
        return self.buffer.take()

    def sheets(self, blocks: Iterator[list[tuple[str, str | None]]]) -> Iterator[bytes]:
        """The rows, (XML, what was cut) each, in as many sheets as they need."""
        block: list[tuple[str, str | None]] | None = next(blocks, [])
        while block is not None:
            name = "data" if not self.names else f"data {len(self.names) + 1}"
            with self.zip.open(self._entry(name), "w") as part:
                part.write((SHEET_START + self.head).encode())
                rows = size = 1
                while block is not None and rows < SHEET_ROWS and size < SHEET_BYTES:
                    now, block = block[: SHEET_ROWS - rows], block[SHEET_ROWS - rows :] or next(blocks, None)
                    size += part.write("".join([line for line, _ in now]).encode())
                    self._note_cut(name, rows, now)
                    rows += len(now)
                    yield self.buffer.take()
                part.write(SHEET_END.encode())

    def cut_cells(self) -> Iterator[bytes]:
        """Say which cells are not whole."""
        if self.cut_count:
            told = (
                f"{self.cut_count} cells are cut: Excel holds {CELL_UNITS} characters in one. Other formats have them."
            )
            rows = [_row([told]), _row(["sheet", "row", "column", "characters"])]
            rows += [_row([sheet, str(row), key, length]) for sheet, row, key, length in self.cut]
            with self.zip.open(self._entry("cut cells"), "w") as part:
                part.write((SHEET_START + "".join(rows) + SHEET_END).encode())
            yield self.buffer.take()

    def end(self) -> Iterator[bytes]:
        """What names all the others."""
        sheets = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(self.names, 1)
        )
        overrides = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="application/'
            'vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
            for n in range(1, len(self.names) + 1)
        )
        yield self.part("xl/workbook.xml", WORKBOOK.replace("SHEETS", sheets))
        yield self.part("xl/_rels/workbook.xml.rels", relations(len(self.names)))
        yield self.part("_rels/.rels", RELATIONS)
        yield self.part("[Content_Types].xml", CONTENT_TYPES.replace("SHEETS", overrides))
        self.zip.close()
        yield self.buffer.take()

    def _entry(self, name: str) -> str:
        self.names.append(name)
        return f"xl/worksheets/sheet{len(self.names)}.xml"

    def _note_cut(self, sheet: str, rows: int, block: Sequence[tuple[str, str | None]]) -> None:
        for row, (_, cut) in enumerate(block, rows + 1):
            for one in cut.split() if cut else ():
                column, _, length = one.partition(":")
                self.cut_count += 1
                if len(self.cut) < LISTED:
                    self.cut.append((sheet, row, self.keys[int(column)], length))


def _fetched(engine: ExportEngine, export: Export) -> Iterator[list[tuple[str, str | None]]]:
    zoned = zoned_columns(engine.connection, export.answered)
    cells = [_text("_id")] * export.style.with_ids + [_cell(one, one.key in zoned) for one in export.answered]
    texts = [
        (n, quoted(one.key))
        for n, one in enumerate(export.answered, int(export.style.with_ids))
        if STORAGE[one.type] == "text"
    ]
    cut = [f"case when {_too_long(name)} then '{n}:' || length({name}) end" for n, name in texts]
    line = f"concat('<row>', {', '.join(cells)}, '</row>')"
    told = f"nullif(concat_ws(' ', {', '.join(cut)}), '')" if cut else "null"
    statement = select_rows(export.columns, export.query, f"{line}, {told}")
    found, rows = engine.connection.execute(statement.sql, statement.values), 64
    while block := found.fetchmany(rows):
        yield block
        rows = max(1, min(FETCH_ROWS, FETCH_BYTES * len(block) // sum(len(one) for one, _ in block)))


def _row(texts: Sequence[str]) -> str:
    cells = (f'<c t="inlineStr"><is><t xml:space="preserve">{escape(_sound(text))}</t></is></c>' for text in texts)
    return f"<row>{''.join(cells)}</row>"


def _sound(text: str) -> str:
    return "".join(f"_x{ord(char):04X}_" if ord(char) in _UNSOUND else char for char in text)


def _cell(column: Column, zoned: bool) -> str:
    """The SQL of a cell's XML."""
    name, storage = quoted(column.key), STORAGE[column.type]
    number = f"'<c><v>' || {name} || '</v></c>'"
    if storage == "int64":
        # A workbook's numbers are doubles.
        return f"case when {name} between {-EXACT} and {EXACT} then {number} else {_text(f'{name}::varchar')} end"
    if storage == "double":
        return f"case when isfinite({name}) then {number} else '<c/>' end"
    if storage == "bool":
        return f"coalesce('<c t=\"b\"><v>' || {name}::int || '</v></c>', '<c/>')"
    if storage == "date":
        days = f"'<c s=\"1\"><v>' || ({name} - date '{ZERO}') || '</v></c>'"
        return f"case when {name} >= date '{FIRST}' then {days} else {_text(f'{name}::varchar')} end"
    if storage == "timestamp":
        days = f"'<c s=\"2\"><v>' || (epoch_us({name}) - epoch_us(timestamp '{ZERO}')) / 86400000000.0 || '</v></c>'"
        return f"case when {name} >= timestamp '{FIRST}' then {days} else {_text(moment(name, zoned))} end"
    return _text(name)


def _text(name: str) -> str:
    opened = '<c t="inlineStr"><is><t xml:space="preserve">'
    return f"coalesce('{opened}' || xml_text(cell_text({name})) || '</t></is></c>', '<c/>')"


def _too_long(name: str) -> str:
    """Characters beyond 16 bits are two units; most texts are short, and told so by their bytes."""
    beyond = f"regexp_replace({name}, '[^\\x{{10000}}-\\x{{10FFFF}}]', '', 'g')"
    return f"(strlen({name}) > {CELL_UNITS} and length({name}) + length({beyond}) > {CELL_UNITS})"


def _within_limit(name: str) -> str:
    half = f"when regexp_matches({name}, '[\\x{{10000}}-\\x{{10FFFF}}]') then left({name}, {CELL_UNITS // 2})"
    return f"case when not {_too_long(name)} then {name} {half} else left({name}, {CELL_UNITS}) end"


def _xml(name: str) -> str:
    made = f"regexp_replace({name}, '_(x[0-9A-Fa-f]{{4}}_)', '_x005F_\\1', 'g')"
    for code in _UNSOUND:
        made = f"replace({made}, chr({code}), '_x{code:04X}_')"
    unsound = "[\\x00-\\x08\\x0b-\\x1f\\x{FFFE}\\x{FFFF}]|_x[0-9A-Fa-f]{4}_"
    sound = f"case when regexp_matches({name}, '{unsound}') then {made} else {name} end"
    return f"replace(replace(replace({sound}, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')"
