"""Which entry of an archived workbook is which sheet, by what its list of sheets and its relations say."""

from __future__ import annotations

import re
import zipfile

from solidata_api.formats import extents

#: Lists of sheets are no longer.
_LONGEST = 4 << 20
_SHEET = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^<>]*>")
# Begins where a name begins, or a long name would be tried at each of its letters.
_ATTRIBUTE = re.compile(r'(?<![\w:])([\w:]+)="([^"]*)"')
#: The record of a sheet in an XLSB ([MS-XLSB] 2.4.304 BrtBundleSh).
_BUNDLE_SHEET = 156


def of_sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """The entry of each sheet of an XLSX or XLSB, by the sheet's name; none of an OpenDocument."""
    for book, sheets in (("workbook.xml", _listed), ("workbook.bin", _bundled)):
        if {f"xl/{book}", f"xl/_rels/{book}.rels"} <= set(archive.namelist()):
            relations = [attributes(one) for one in _RELATION.findall(_text(archive, f"xl/_rels/{book}.rels"))]
            targets = {one.get("Id", ""): one.get("Target", "") for one in relations}
            found = {name: targets.get(relation, "") for name, relation in sheets(archive)}
            return {
                name: target.lstrip("/") if target.startswith("/") else f"xl/{target}"
                for name, target in found.items()
                if target
            }
    return {}


def attributes(tag: str) -> dict[str, str]:
    """The attributes of an XML tag, by name."""
    from xml.sax.saxutils import unescape

    return {name: unescape(value, {"&quot;": '"', "&apos;": "'"}) for name, value in _ATTRIBUTE.findall(tag)}


def _listed(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    tags = [attributes(one) for one in _SHEET.findall(_text(archive, "xl/workbook.xml"))]
    return [(one.get("name", ""), _relation(one)) for one in tags]


def _relation(sheet: dict[str, str]) -> str:
    """The id of a sheet's relation, whatever the namespace is called."""
    return next((value for name, value in sheet.items() if name.endswith(":id")), "")


def _bundled(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """The sheets of an XLSB: behind 8 bytes, the id of a relation and a name, each with its length in front."""
    found = []
    with archive.open("xl/workbook.bin") as file:
        for kind, data in extents.records(file):
            if kind == _BUNDLE_SHEET:
                relation, end = _wide(data, 8)
                found.append((_wide(data, end)[0], relation))
    return found


def _wide(data: bytes, at: int) -> tuple[str, int]:
    end = at + 4 + 2 * int.from_bytes(data[at : at + 4], "little")
    return data[at + 4 : end].decode("utf-16-le", "replace"), end


def _text(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as file:
        return file.read(_LONGEST).decode("utf-8", "replace")
