"""What the values of a column say about what it holds: shares that fit a format or a type."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from stdnum import luhn

from solidata_api.recipes.readers import READERS

#: La Poste's SIREN: its establishments follow a rule of their own.
_LA_POSTE = "356000000"
_INSEE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")
_POSTCODE = re.compile(r"(?:0[1-9]|[1-8][0-9]|9[0-8])[0-9]{3}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PHONE = re.compile(r"(?:\+33|0)\s?[1-9](?:[\s.\-]?[0-9]{2}){4}")
_CODE = re.compile(r"(?=\D*\d)\S{1,20}")
_SIGN = re.compile("[^\\W_]")


def _siren(text: str) -> bool:
    text = text.replace(" ", "")
    return len(text) == 9 and text.isdigit() and bool(luhn.is_valid(text))


def _siret(text: str) -> bool:
    text = text.replace(" ", "")
    if len(text) != 14 or not text.isdigit():
        return False
    return bool(luhn.is_valid(text)) or (text.startswith(_LA_POSTE) and sum(map(int, text)) % 5 == 0)


_FORMATS: dict[str, Callable[[str], bool]] = {
    "insee_commune": lambda text: _INSEE.fullmatch(text) is not None,
    "postcode_fr": lambda text: _POSTCODE.fullmatch(text) is not None,
    "siren": _siren,
    "siret": _siret,
    "email": lambda text: _EMAIL.fullmatch(text) is not None,
    "phone": lambda text: _PHONE.fullmatch(text) is not None,
}
KNOWN = tuple(_FORMATS)
#: Formats that values alone can prove: their check digits or signs fit nothing else.
PROVING = ("siren", "siret", "email")


def share_of_format(form: str, values: Sequence[str]) -> float | None:
    """The share of values that have a format; None where there is no value, or nothing to hold it against."""
    check = _FORMATS.get(form)
    parts = [part for value in values for part in _parts(value)]
    return sum(map(check, parts)) / len(parts) if check and parts else None


def share_of_type(kind: str, values: Sequence[str]) -> float | None:
    """The share of values that read as a type; None where there is no value, or any text does."""
    reader = READERS.get(kind)
    if reader is None or not values:
        return None
    return sum(_reads(reader, value) for value in values) / len(values)


def shapes(values: Sequence[str]) -> frozenset[str]:
    """The shapes of short codes among values (`xxxxx` for 2A004 as for 35238); empty where they are words."""
    short = [part for value in values for part in _parts(value)]
    found = [_SIGN.sub("x", part) for part in short if _CODE.fullmatch(part)]
    return frozenset(found) if len(found) * 2 > len(short) else frozenset()


def overlap(values: Sequence[str], others: Sequence[str]) -> float:
    """The share of the smaller sample that is in the other one too."""
    mine, theirs = set(values), set(others)
    return len(mine & theirs) / min(len(mine), len(theirs)) if mine and theirs else 0.0


def _parts(value: str) -> list[str]:
    """The values of a list in one cell, as JSON or joined with `|`."""
    if value.startswith("["):
        try:
            return [str(one) for one in json.loads(value)]
        except (ValueError, TypeError):
            return [value]
    return [part.strip() for part in value.split("|")]


def _reads(reader: Callable[[str], object], value: str) -> bool:
    try:
        reader(value)
    except ValueError:
        return False
    return True
