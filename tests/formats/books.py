"""Workbooks made for tests, in every format that offices write."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence
from datetime import date
from typing import Any

import openpyxl
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

Rows = Sequence[Sequence[Any]]


def xlsx(**sheets: Rows) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    return saved(book)


def saved(book: Any) -> bytes:
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def xls(**sheets: Rows) -> bytes:
    book = xlwt.Workbook()
    dates = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for n, row in enumerate(rows):
            for m, value in enumerate(row):
                if value is not None:
                    sheet.write(n, m, value, *([dates] if isinstance(value, date) else []))
    return saved(book)


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
    return saved(book)


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


def xlsb(rows: Rows, at: tuple[int, int] = (0, 0)) -> bytes:
    """A binary workbook of one sheet, its first cell at a row and column from 0."""
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
        )
        archive.writestr("_rels/.rels", _relation("R1", f"{relations}/officeDocument", "xl/workbook.bin"))
        archive.writestr(
            "xl/_rels/workbook.bin.rels", _relation("rId1", f"{relations}/worksheet", "worksheets/sheet1.bin")
        )
        sheet = struct.pack("<II", 0, 1) + _wide("rId1") + _wide("S")
        book = _record(131) + _record(143) + _record(156, sheet) + _record(144) + _record(132)
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/worksheets/sheet1.bin", _xlsb_sheet(rows, at))
    return sink.getvalue()


def _xlsb_sheet(rows: Rows, at: tuple[int, int]) -> bytes:
    last = (at[0] + len(rows) - 1, at[1] + max(map(len, rows)) - 1)
    made = _record(129) + _record(148, struct.pack("<IIII", at[0], last[0], at[1], last[1])) + _record(145)
    for n, row in enumerate(rows, start=at[0]):
        made += _record(0, struct.pack("<I", n) + bytes(13))
        for m, value in enumerate(row, start=at[1]):
            place = struct.pack("<II", m, 0)
            if isinstance(value, bool):
                made += _record(4, place + bytes([value]))
            elif isinstance(value, int | float):
                made += _record(5, place + struct.pack("<d", value))
            elif value is not None:
                made += _record(6, place + _wide(value))
    return made + _record(146) + _record(130)


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


def _relation(name: str, kind: str, target: str) -> str:
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="{name}" Type="{kind}" Target="{target}"/></Relationships>'
    )


def _ods_cell(value: Any) -> Any:
    if value is None:
        return TableCell()
    if isinstance(value, bool):
        return TableCell(valuetype="boolean", booleanvalue=str(value).lower())
    if isinstance(value, date):
        return TableCell(valuetype="date", datevalue=value.isoformat())
    if isinstance(value, int | float):
        return TableCell(valuetype="float", value=repr(value))
    cell = TableCell(valuetype="string")
    cell.addElement(P(text=value))
    return cell
