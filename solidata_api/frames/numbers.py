"""Numbers as people write them: signs of decimals and thousands, told apart by the whole column.

A double holds 15 digits exactly: a whole number of more is an identifier. What stands with a unit, a currency or a
percent sign, or in accountants' brackets, is read only where a type is declared: the text holds more than the number.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.frames.text_bytes import bytes_of, pieces, replaced, with_bytes

#: Blanks of all widths, and apostrophes, that only ever stand between thousands.
SPACES = " \u00a0\u2009\u202f"
APOSTROPHES = "'\u2019"
_POINTS = bytes.maketrans(b",", b".")


@dataclass(frozen=True)
class Notation:
    """A way of writing numbers. `decimal` is "" for whole numbers, `thousands` the signs that may part them."""

    pattern: str
    decimal: str = ""
    thousands: str = ""
    #: With signs and powers of ten, which need a decimal sign in the column to be numbers and no codes.
    loose: bool = False


def _grouped(signs: str, most: int) -> str:
    """Or one to three digits, then groups of three, with the same kind of sign between all."""
    kinds = ["".join(sign for sign in kind if sign in signs) for kind in (SPACES, APOSTROPHES, ".", ",")]
    groups = "|".join(f"(?:[{kind}][0-9]{{3}}){{1,{most}}}" for kind in kinds if kind)
    return f"|[1-9][0-9]{{0,2}}(?:{groups})" if groups else ""


def integers(thousands: str = SPACES + APOSTROPHES) -> Notation:
    """Whole numbers that read back as the same text, separators aside; 18 digits fit in 64 bits."""
    return Notation(f"^(?:0|-?(?:[1-9][0-9]{{0,17}}{_grouped(thousands, 5)}))$", "", thousands)


def decimals(decimal: str, thousands: str) -> Notation:
    """Numbers with a decimal sign. Where point or comma part thousands, they part them in every number."""
    ungrouped = "{0,2}" if set(thousands) & set(".,") else "{0,14}"
    natural = f"(?:[1-9][0-9]{ungrouped}{_grouped(thousands, 4)})"
    # `-0` is no way to write a number.
    return Notation(f"^(?:0|-?{natural}|-?(?:0|{natural})[{decimal}][0-9]+)$", decimal, thousands)


def loose(decimal: str, thousands: str) -> Notation:
    """Also `+1,5`, `−2`, `.5` and `3.2E-05`; a power without decimals or sign, as `1e5`, may be a code."""
    digits = f"(?:0|[1-9][0-9]{{0,14}}{_grouped(thousands, 4)})"
    power = "(?:[0-9]{1,2}|[12][0-9]{2})"
    kinds = (digits, f"{digits}?[{decimal}][0-9]+(?:[eE][+-]?{power})?", f"[1-9][0-9]{{0,14}}[eE][+-]{power}")
    return Notation(rf"^[+\-−]?(?:{'|'.join(kinds)})$", decimal, thousands, True)


def notations(decimal: str | None, thousands: str | None) -> list[Notation]:
    """The ways that options leave open, in order of preference."""
    plain = SPACES + APOSTROPHES if thousands is None else _alike(thousands)
    if thousands is not None and thousands in (".", ","):
        return [integers(""), decimals("," if thousands == "." else ".", thousands)]
    signs = (decimal,) if decimal else (".", ",")
    found = [integers(plain), *(decimals(sign, plain) for sign in signs)]
    if thousands is None:
        found += [decimals(sign, {".": ",", ",": "."}[sign]) for sign in signs]
    return found


def _alike(thousands: str) -> str:
    """All that looks like the sign that was named."""
    return next((kind for kind in (SPACES, APOSTROPHES) if thousands and thousands in kind), thousands)


def cast(texts: Any, decimal: str, thousands: str, kind: pa.DataType) -> Any:
    """Texts that are all numbers of a notation, as numbers. Raises pa.ArrowInvalid for others."""
    if decimal != "," and "." not in thousands:
        # Most are written so that a computer reads them: to try is faster than to look.
        with suppress(pa.ArrowInvalid):
            return pc.cast(texts, kind)
    return pc.cast(_plain(texts, decimal, thousands), kind)


def _plain(texts: Any, decimal: str, thousands: str) -> Any:
    """Texts as a computer writes them: no signs between thousands, a decimal point, an ASCII minus."""
    if isinstance(texts, pa.ChunkedArray):
        return pa.chunked_array([_plain(one, decimal, thousands) for one in pieces(texts)], pa.string())
    held = replaced(bytes_of(texts).tobytes(), "−", "-")
    for sign in f"{thousands}+" if thousands else "":
        held = replaced(held, sign, "")
    return with_bytes(texts, held, _POINTS if decimal == "," else None)


_CURRENCY = "(?:€|EUR|\\$|£|CHF)"
_LENIENT = re.compile(rf"(\()?{_CURRENCY}?\s*([+\-−]?)\s*(.*?)(\s*[-−])?\s*{_CURRENCY}?(\))?", re.DOTALL)


def lenient(text: str, decimal: str, thousands: str) -> str | None:
    """The plain form of a number with brackets, a currency, or its minus behind; None for what is no number."""
    found = _LENIENT.fullmatch(text.strip())
    if found is None or bool(found[1]) != bool(found[5]):
        return None
    opened, sign, digits, behind, _ = found.groups()
    if sum((bool(opened), sign in ("-", "−"), bool(behind))) > 1 or not digits:
        return None
    grouped = f"[0-9]{{1,3}}(?:[{re.escape(thousands)}][0-9]{{3}})+" if thousands else "[0-9]+"
    mark = re.escape(decimal or ".")
    shape = rf"(?:[0-9]+|{grouped})?(?:{mark}[0-9]+)?(?:[eE][+-]?[0-9]{{1,3}})?"
    if (not digits[0].isdigit() and digits[0] != decimal) or not re.fullmatch(shape, digits, re.ASCII):
        return None
    minus = "-" if opened or behind or sign in ("-", "−") else ""
    bare = "".join(one for one in digits if one not in thousands)
    return minus + bare.replace(decimal, ".") if decimal else minus + bare


def whole(text: str) -> int | None:
    """A plain number as an integer, where it is one of 64 bits: `12.0` is 12."""
    found = re.fullmatch(r"(-?[0-9]{1,19})(?:\.0{1,2})?", text)
    value = int(found[1]) if found else 2**63
    return value if -(2**63) <= value < 2**63 else None


def real(text: str) -> float | None:
    """A plain number as a double, where it has room there."""
    try:
        value: Any = float(text)
    except ValueError:
        return None
    return value if value not in (float("inf"), float("-inf")) else None
