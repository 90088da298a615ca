"""Workbooks made for tests, in every format that offices write."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import openpyxl
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

Rows = Sequence[Sequence[Any]]
#: How the binary formats number errors.
CODES = {"#DIV/0!": 0x07, "#REF!": 0x17, "#NAME?": 0x1D, "#N/A": 0x2A}
_DOCUMENT = "<office:document-content "
_CALCEXT = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" '


class Error(str):
    """A cell that holds an error. `kept` is how an ODS has it, whose writers differ."""

    kept = "libreoffice"


class Zero(Error):
    kept = "float"


@dataclass(frozen=True)
class Merged:
    """A text in cells that are merged, so many rows and columns."""

    text: str
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True)
class Formula:
    """A formula, `1+1`, with the number that was kept as its result."""

    result: float


class Text(Error):
    kept = "string"


def xlsx(**sheets: Rows) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for n, row in enumerate(rows, start=1):
            sheet.append([_mark(value) for value in row])
            for m, value in enumerate(row, start=1):
                if isinstance(value, Merged):
                    place = {"end_row": n + value.rows - 1, "end_column": m + value.columns - 1}
                    sheet.merge_cells(start_row=n, start_column=m, **place)
    return _kept_results(saved(book))


def _mark(value: Any) -> Any:
    if isinstance(value, Formula):
        return f"=1+1+{value.result}"
    return value.text if isinstance(value, Merged) else value


def _kept_results(data: bytes) -> bytes:
    """An XLSX of openpyxl with results of our formulas, which it does not keep."""
    mark = re.compile(r"<f>1\+1\+([\d.]+)</f><v ?/>")
    return _changed(data, lambda content: mark.sub(r"<f>1+1</f><v>\1</v>", content), "xl/worksheets/sheet1.xml")


def saved(book: Any) -> bytes:
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def xls(**sheets: Rows) -> bytes:
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for n, row in enumerate(rows):
            for m, value in enumerate(row):
                _write_xls(sheet, n, m, value)
    data = saved(book)
    for value in (one for rows in sheets.values() for row in rows for one in row if isinstance(one, Formula)):
        # xlwt says that a formula gave a blank text.
        data = data.replace(b"\x03\0\0\0\0\0\xff\xff", struct.pack("<d", value.result), 1)
    return data


def _write_xls(sheet: Any, n: int, m: int, value: Any) -> None:
    if isinstance(value, Error):
        sheet.row(n).set_cell_error(m, CODES[value])
    elif isinstance(value, Merged):
        sheet.write_merge(n, n + value.rows - 1, m, m + value.columns - 1, value.text)
    elif isinstance(value, Formula):
        sheet.write(n, m, xlwt.Formula("1+1"))
    elif isinstance(value, date):
        sheet.write(n, m, value, xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    elif value is not None:
        sheet.write(n, m, value)


def ods(**sheets: Rows) -> bytes:
    book = OpenDocumentSpreadsheet()
    for name, rows in sheets.items():
        table = Table(name=name)
        for row in rows:
            line = TableRow()
            for value in row:
                line.addElement(_ods_cell(value))
            table.addElement(line)
        # What LibreOffice leaves behind every sheet.
        blank = TableRow(numberrowsrepeated=1_048_576 - len(rows))
        blank.addElement(TableCell(numbercolumnsrepeated=16_384))
        table.addElement(blank)
        book.spreadsheet.addElement(table)
    return _changed(saved(book), _marked)


def repeated_ods(rows: int, columns: int) -> bytes:
    """One cell with a text, said to be there so many times."""
    book = OpenDocumentSpreadsheet()
    table, line = Table(name="S"), TableRow(numberrowsrepeated=rows)
    cell = TableCell(valuetype="string", numbercolumnsrepeated=columns)
    cell.addElement(P(text="x"))
    line.addElement(cell)
    table.addElement(line)
    book.spreadsheet.addElement(table)
    return saved(book)


def xlsb(at: tuple[int, int] = (0, 0), **sheets: Rows) -> bytes:
    """A binary workbook, the first cell of its sheets at a row and column from 0."""
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
        )
        archive.writestr("_rels/.rels", _relations(f"{relations}/officeDocument", {"R1": "xl/workbook.bin"}))
        targets = {f"rId{n}": f"worksheets/sheet{n}.bin" for n in range(1, len(sheets) + 1)}
        archive.writestr("xl/_rels/workbook.bin.rels", _relations(f"{relations}/worksheet", targets))
        listed = [struct.pack("<II", 0, n) + _wide(f"rId{n}") + _wide(name) for n, name in enumerate(sheets, start=1)]
        book = _record(131) + _record(143) + b"".join(_record(156, one) for one in listed) + _record(144) + _record(132)
        archive.writestr("xl/workbook.bin", book)
        for target, rows in zip(targets.values(), sheets.values(), strict=True):
            archive.writestr(f"xl/{target}", _xlsb_sheet(rows, at))
    return sink.getvalue()


def _xlsb_sheet(rows: Rows, at: tuple[int, int]) -> bytes:
    last = (at[0] + len(rows) - 1, at[1] + max(map(len, rows)) - 1)
    made, merged = _record(129) + _record(148, struct.pack("<IIII", at[0], last[0], at[1], last[1])) + _record(145), b""
    for n, row in enumerate(rows, start=at[0]):
        made += _record(0, struct.pack("<I", n) + bytes(13))
        for m, value in enumerate(row, start=at[1]):
            if value is not None:
                kind, data = _xlsb_cell(value)
                made += _record(kind, struct.pack("<II", m, 0) + data)
            if isinstance(value, Merged):
                merged += _record(176, struct.pack("<4I", n, n + value.rows - 1, m, m + value.columns - 1))
    return made + _record(146) + merged + _record(130)


def _xlsb_cell(value: Any) -> tuple[int, bytes]:
    """The number of a cell's record, and its content."""
    if isinstance(value, Error):
        # Zero: a formula that gave the error, as it is in an ODS.
        return (11, bytes([CODES[value], 0, 0])) if isinstance(value, Zero) else (3, bytes([CODES[value]]))
    if isinstance(value, Formula):
        return 9, struct.pack("<d", value.result) + bytes(2)
    if isinstance(value, bool):
        return 4, bytes([value])
    if isinstance(value, int | float):
        return 5, struct.pack("<d", value)
    return 6, _wide(value.text if isinstance(value, Merged) else value)


def _record(number: int, data: bytes = b"") -> bytes:
    head = bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])
    length, size = b"", len(data)
    while True:
        length += bytes([size & 0x7F | (0x80 if size > 127 else 0)])
        size >>= 7
        if not size:
            return head + length + data


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _relations(kind: str, targets: dict[str, str]) -> str:
    each = "".join(f'<Relationship Id="{name}" Type="{kind}" Target="{one}"/>' for name, one in targets.items())
    spaces = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    return f"<Relationships {spaces}>{each}</Relationships>"


def repeated(data: bytes, text: str, rows: int, columns: int) -> bytes:
    """An ODS whose row with a text is there so many times, and the cell with it too."""

    def change(content: str) -> str:
        before, cell, after = content.partition(f"<text:p>{text}</text:p>")
        start = before.rindex("<table:table-row")
        row = before[start:].replace("<table:table-row", f'<table:table-row table:number-rows-repeated="{rows}"')
        opened = row.rindex("<table:table-cell") + len("<table:table-cell")
        row = f'{row[:opened]} table:number-columns-repeated="{columns}"{row[opened:]}'
        end = after.index("</table:table-cell>") + len("</table:table-cell>")
        return before[:start] + row + cell + after[:end] + after[after.index("</table:table-row>") :]

    return _changed(data, change)


def with_cell(data: bytes, text: str, cell: str) -> bytes:
    """An XLSX of openpyxl that has another cell in place of one with a text of its own."""
    mark = re.compile(rf"<c [^>]*><is><t>{text}</t></is></c>|<c [^>]*><v>{text}</v></c>")
    return _changed(data, lambda content: mark.sub(cell, content), "xl/worksheets/sheet1.xml")


def _marked(content: str) -> str:
    """Errors are marked as LibreOffice does, in a namespace that odfpy does not know."""
    content = content.replace(_DOCUMENT, _DOCUMENT + _CALCEXT)
    return content.replace('table:style-name="error"', 'calcext:value-type="error"')


def _changed(data: bytes, change: Callable[[str], str], entry: str = "content.xml") -> bytes:
    """A workbook with another text in one of its entries."""
    source, sink = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            content = source.read(name)
            archive.writestr(name, change(content.decode()) if name == entry else content)
    return sink.getvalue()


def _ods_error(value: Error) -> Any:
    if value.kept == "float":
        cell = TableCell(valuetype="float", value="0", formula="of:=1/0")
    elif value.kept == "string":
        cell = TableCell(valuetype="string", stringvalue=str(value), formula="of:=1/0")
    else:
        cell = TableCell(valuetype="string", stringvalue="", formula="of:=1/0", stylename="error")
    cell.addElement(P(text=str(value)))
    return cell


def _ods_cell(value: Any) -> Any:
    if isinstance(value, Error):
        return _ods_error(value)
    if isinstance(value, str | Merged):
        text = value if isinstance(value, Merged) else Merged(value)
        cell = TableCell(valuetype="string", numberrowsspanned=text.rows, numbercolumnsspanned=text.columns)
        cell.addElement(P(text=text.text))
        return cell
    return TableCell(**_ods_value(value))


def _ods_value(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, Formula):
        return {"valuetype": "float", "value": repr(value.result), "formula": "of:=1+1"}
    if isinstance(value, bool):
        return {"valuetype": "boolean", "booleanvalue": str(value).lower()}
    if isinstance(value, date):
        return {"valuetype": "date", "datevalue": value.isoformat()}
    return {"valuetype": "float", "value": repr(value)}
