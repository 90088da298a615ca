"""Hostile CSV files with the truth about them, the same from the same seed: what befalls tables before they are sent.

A file has a style (encoding, delimiter, quotes, line ends, escapes) and some misfortunes in its rows. Whatever is made
here has one reading that people agree on; where they would not, it is not made.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

Cells = list[str | None]
NAMES = [
    "Évreux",
    "Saint-Étienne",
    "Forêt d'Orléans",
    "Mâcon",
    "Nîmes",
    "Œuf-en-Ternois",
    "Besançon",
    "L'Haÿ-les-Roses",
]
NOTES = [
    "à côté",
    "déjà vu",
    "créée hier",
    "hôtel",
    "N° 5",
    "une très longue remarque, avec des virgules",
    "été; hiver",
]
ODD = ["NA", "null", "n/a", "1e5", "-", "TRUE", "=1+1", "0x1F", "#N/A", "+33 6", "2A", "None", " gauche", "droite "]
EMOJI = ["🙂", "👩‍👩‍👧 famille", "e\u0301", "日本", "\u00a0x", "Ж"]


@dataclass(frozen=True)
class Style:
    """How a file is written, which other readers are told."""

    encoding: str
    delimiter: str
    quote: str
    end: str
    #: `\\` stands before a quote in a cell, which is not doubled then.
    escape: str = ""
    quotes_all: bool = False
    is_marked: bool = False
    ends_in_delimiter: bool = False


@dataclass(frozen=True)
class Raw:
    """A record as it stands in the file, and what it is: a row, the cells beyond it, repairs that must be told."""

    text: str
    row: Cells | None = None
    beyond: list[str] = field(default_factory=list)
    repairs: int = 0
    blank: int = 0


@dataclass(frozen=True)
class Hostile:
    """A file and the truth about it."""

    name: str
    style: Style
    data: bytes
    headers: list[str]
    rows: list[Cells]
    beyond: list[str]
    repairs: int
    blank_rows: int
    read_twice: int


def files(count: int, seed: int = 20261125) -> list[Hostile]:
    """So many files; each misfortune is in some of them."""
    names = list(MISFORTUNES)
    made = []
    for n in range(count):
        chance = random.Random(seed * 1000 + n)
        wanted = [names[n % len(names)], *chance.sample(names, chance.randrange(3))]
        made.append(_file(n, list(dict.fromkeys(wanted)), chance))
    return made


def _file(n: int, wanted: list[str], chance: random.Random) -> Hostile:
    style = _style(wanted, chance)
    wanted = [name for name in wanted if _fits(name, style, wanted)]
    headers = _headers(wanted, chance)
    rows = [_row(k, headers, style, chance) for k in range(chance.randrange(12, 40))]
    records = [Raw(written(row, style), row) for row in rows]
    head, foot = [Raw(written(list(headers), style))], list[Raw]()
    for name in wanted:
        MISFORTUNES[name](_Draft(style, headers, head, records, foot, chance))
    return _assembled(f"{n} {'+'.join(wanted)}", style, headers, [*head, *records, *foot], chance)


@dataclass
class _Draft:
    """A file in the making: what stands above, in and below the table."""

    style: Style
    headers: list[str]
    head: list[Raw]
    records: list[Raw]
    foot: list[Raw]
    chance: random.Random

    def place(self) -> int:
        """A row that nothing has befallen yet, at the beginning, in the midst or at the end."""
        good = [n for n, one in enumerate(self.records) if one.row and not one.repairs and not one.beyond]
        return self.chance.choice([good[0], good[-1], self.chance.choice(good)])


def written(cells: Cells, style: Style) -> str:
    """A record as that style has it."""
    return style.delimiter.join(_written(cell or "", style) for cell in cells)


def _written(cell: str, style: Style) -> str:
    if not (style.quotes_all or any(sign in cell for sign in (style.delimiter, style.quote, "\n", "\r"))):
        return cell
    doubled = cell.replace(style.quote, (style.escape or style.quote) + style.quote)
    return f"{style.quote}{doubled}{style.quote}"


def _style(wanted: list[str], chance: random.Random) -> Style:
    encoding = chance.choice(["utf-8", "utf-8", "cp1252", "utf-16"])
    style = Style(encoding, chance.choice(",;\t|"), '"', chance.choice(["\n", "\r\n", "\r", "mixed"]))
    if style.end == "\r" and encoding == "cp1252":
        # Old Macintosh files have an encoding of their own.
        style = replace(style, end="\n")
    if "bad byte" in wanted or "byte order mark" in wanted or "read twice" in wanted:
        style = replace(style, encoding="utf-8")
    style = replace(style, quotes_all="undoubled quotes" in wanted or chance.random() < 0.3)
    if "escapes" in wanted:
        style = replace(style, escape="\\")
    if "single quotes" in wanted:
        style = replace(style, quote="'", quotes_all=True)
    return replace(style, is_marked="byte order mark" in wanted, ends_in_delimiter="delimiters at line ends" in wanted)


def _fits(name: str, style: Style, wanted: list[str]) -> bool:
    """Some cannot be in one file: then nobody could say what it is."""
    quoting = ("open quote", "undoubled quotes", "blanks behind quotes")
    if name in quoting and (
        style.escape or style.quote == "'" or next(one for one in wanted if one in quoting) != name
    ):
        return False
    if name in ("long row", "short row") and style.ends_in_delimiter:
        return False
    return not (
        name in ("title", "comments") and ("says its delimiter" in wanted or {"title", "comments"} <= {*wanted})
    )


def _headers(wanted: list[str], chance: random.Random) -> list[str]:
    more = ["remarque", "détail", "grand", "taux", "date", "signe"]
    headers = ["code", "nom", "effectif", *chance.sample(more, chance.randrange(2, 6))]
    if "repeated header" in wanted:
        headers[-1] = headers[-2]
    if "blanks in headers" in wanted:
        headers[1] = " nom  complet"
    return headers


def _row(n: int, headers: list[str], style: Style, chance: random.Random) -> Cells:
    made: Cells = [f"{n:03}", f"{chance.choice(NAMES)} {n}", str(chance.randrange(1, 9000))]
    return [*made, *(_cell(header, style, chance) for header in headers[3:])]


def _cell(header: str, style: Style, chance: random.Random) -> str | None:
    if chance.random() < 0.1:
        return None
    if header == "remarque":
        return chance.choice([*NOTES, *ODD, 'il a dit "oui" hier'.replace('"', style.quote), "deux\nlignes", "\n\nbas"])
    if header == "détail":
        return chance.choice(NOTES)
    if header == "grand":
        return str(chance.randrange(10**19, 10**20))
    if header == "taux":
        return f"{chance.randrange(100)},{chance.randrange(10, 99)}"
    if header == "date":
        return f"{chance.randrange(1, 28):02}/{chance.randrange(1, 12):02}/2024"
    return chance.choice(EMOJI if style.encoding != "cp1252" else NOTES)


def _open_quote(draft: _Draft) -> None:
    at = draft.place()
    row: Cells = [*draft.records[at].row[:3], *["simple"] * (len(draft.headers) - 3)]  # type: ignore[index]
    row[1] = '"ouvert'
    draft.records[at] = Raw(draft.style.delimiter.join(map(str, row)), row, repairs=1)


def _undoubled(draft: _Draft) -> None:
    raws = {'"Foo" bar': '"Foo" bar', '"il dit "oui" fort"': 'il dit "oui" fort', '"Foo"-"bar" z': '"Foo"-"bar" z'}
    at = draft.place()
    row: Cells = [*draft.records[at].row[:3], *["simple"] * (len(draft.headers) - 3)]  # type: ignore[index]
    raw, row[1] = draft.chance.choice(list(raws.items()))
    parts = [raw if n == 1 else _written(cell or "", draft.style) for n, cell in enumerate(row)]
    draft.records[at] = Raw(draft.style.delimiter.join(parts), row, repairs=1)


def _blanks_behind(draft: _Draft) -> None:
    at = draft.place()
    row = draft.records[at].row or []
    quoted = replace(draft.style, quotes_all=True)
    parts = [_written(cell or "", quoted) + " " * draft.chance.randrange(3) for cell in row]
    parts[1] = parts[1].rstrip() + "  "
    draft.records[at] = Raw(draft.style.delimiter.join(parts), row)


def _nul(draft: _Draft) -> None:
    at = draft.place()
    one = draft.records[at]
    draft.records[at] = replace(one, text=one.text.replace((one.row or [])[0] or "", "0\x0099", 1), repairs=1)
    draft.records[at].row[0] = "099"  # type: ignore[index]


def _bad_byte(draft: _Draft) -> None:
    at = draft.place()
    row: Cells = [*(draft.records[at].row or [])]
    row[1] = "caf\udce9"
    good: Cells = [row[0], "café", *row[2:]]
    draft.records[at] = Raw(written(row, draft.style), good, repairs=1)


def _read_twice(draft: _Draft) -> None:
    at = draft.place()
    row: Cells = [*(draft.records[at].row or [])]
    row[1] = "Ã©tÃ© Ã\xa0 lâ€™ombre"
    draft.records[at] = replace(draft.records[at], text=written(row, draft.style), row=row)


def _short(draft: _Draft) -> None:
    at = draft.place()
    row = (draft.records[at].row or [])[:3]
    whole = [*row, *[None] * (len(draft.headers) - 3)]
    draft.records[at] = Raw(written(row, draft.style), whole, repairs=1)


def _long(draft: _Draft) -> None:
    at = draft.place()
    row = draft.records[at].row or []
    beyond = ["de trop", "encore"]
    draft.records[at] = Raw(written([*row, *beyond], draft.style), row, beyond=beyond, repairs=1)


def _blank(draft: _Draft) -> None:
    delimiters = draft.style.delimiter * (len(draft.headers) - 1)
    for text in ("", delimiters, " " if draft.style.delimiter != " " else "", delimiters.replace(",", " ,")):
        draft.records.insert(draft.chance.randrange(1, len(draft.records)), Raw(text, blank=1))


def _blank_cells(draft: _Draft) -> None:
    at = draft.place()
    row: Cells = [*(draft.records[at].row or [])]
    row[-1] = "   "
    draft.records[at] = replace(draft.records[at], text=written(row, draft.style), row=[*row[:-1], None])


def _again(draft: _Draft) -> None:
    header = written(list(draft.headers), draft.style)
    draft.records.insert(draft.chance.randrange(2, len(draft.records)), Raw(header, repairs=1))


def _title(draft: _Draft) -> None:
    draft.head[:0] = [Raw("Tableau 1 - Population des communes"), Raw("")]


def _comments(draft: _Draft) -> None:
    draft.head[:0] = [Raw(f"# ligne {n}") for n in range(draft.chance.randrange(1, 40))]


def _total(draft: _Draft) -> None:
    figures = sum(int(one.row[2] or 0) for one in draft.records if one.row)
    row: Cells = ["Total", None, str(figures), *[None] * (len(draft.headers) - 3)]
    draft.foot.insert(0, Raw(written(row, draft.style), repairs=1))


def _note(draft: _Draft) -> None:
    width = len(draft.headers)
    blanks = draft.chance.choice([width - 1, 0])
    note = _written("Source : Insee 2024", draft.style) + draft.style.delimiter * blanks
    # A row of one cell is too short as well.
    draft.foot.append(Raw(note, repairs=1 if blanks else 2))


def _says(draft: _Draft) -> None:
    draft.head.insert(0, Raw(f"sep={draft.style.delimiter}"))


def _nothing(_: _Draft) -> None:
    """It is in the style, or in the headers."""


MISFORTUNES: dict[str, Callable[[_Draft], None]] = {
    "open quote": _open_quote,
    "undoubled quotes": _undoubled,
    "blanks behind quotes": _blanks_behind,
    "NUL": _nul,
    "bad byte": _bad_byte,
    "read twice": _read_twice,
    "short row": _short,
    "long row": _long,
    "blank rows": _blank,
    "blank cells": _blank_cells,
    "header again": _again,
    "title": _title,
    "comments": _comments,
    "total": _total,
    "note": _note,
    "says its delimiter": _says,
    "byte order mark": _nothing,
    "escapes": _nothing,
    "single quotes": _nothing,
    "delimiters at line ends": _nothing,
    "repeated header": _nothing,
    "blanks in headers": _nothing,
}


def _assembled(name: str, style: Style, headers: list[str], records: list[Raw], chance: random.Random) -> Hostile:
    last = style.delimiter if style.ends_in_delimiter else ""
    ends = [chance.choice(["\n", "\r\n", "\r"]) if style.end == "mixed" else style.end for _ in records]
    if chance.random() < 0.3:
        ends[-1] = ""
    # A line that ends in \r before an empty one that ends in \n is one line.
    ends = [
        "\n" if end == "\r" and not later.text else end
        for end, later in zip(ends, [*records[1:], Raw("x")], strict=True)
    ]
    text = "".join(one.text + (last if one.text else "") + end for one, end in zip(records, ends, strict=True))
    data = text.encode(
        "utf-8-sig" if style.is_marked else style.encoding, "surrogateescape" if style.encoding == "utf-8" else "strict"
    )
    rows = [one.row for one in records if one.row]
    return Hostile(
        name=name,
        style=style,
        data=data,
        headers=headers,
        rows=rows,
        beyond=[cell for one in records for cell in one.beyond],
        repairs=sum(one.repairs for one in records),
        blank_rows=sum(one.blank for one in records),
        read_twice=sum(any("Ã©" in (cell or "") for cell in one.row or []) for one in records),
    )
