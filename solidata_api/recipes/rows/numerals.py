"""Numbers as people write them, with signs, brackets, currencies and percent signs, read exactly.

Digits, decimal signs and thousands are read by what imports read declared numbers with, so that both agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import MAX_PREC, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.frames.numbers import APOSTROPHES, SPACES, cast, lenient
from solidata_api.frames.text_bytes import bounds_of, bytes_of, pieces, with_bytes
from solidata_api.recipes.rows import cells

_MINUS = "-−"
#: A double written out has some 330 characters; what is longer is no number, and would only take time.
LONGEST = 400
#: Nothing is rounded by the way.
_WIDE = Context(prec=MAX_PREC)
_ROUNDINGS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
_ONES = bytes.maketrans(b"0123456789", b"1" * 10)
#: Where a comma or point parts thousands, no group is `0`.
_GROUPED = re.compile(r"0[0-9]*[.,][0-9]{3}(?![0-9])")


def decimal_reader(locale: str | None, currencies: Sequence[str], percent: str) -> Callable[[str], Decimal]:
    """Reads a number of a locale (null: of any, if all that read it agree). Raises ValueError saying why not."""
    shape = _shape(currencies)

    def read(text: str) -> Decimal:
        found = shape.fullmatch(text.strip()) if len(text) <= LONGEST else None
        if found is None or bool(found["opened"]) != bool(found["closed"]):
            raise ValueError("it is no number")
        signs = [found[name] for name in ("before", "after", "behind") if found[name]]
        units = [found[name] for name in ("front", "percent", "back") if found[name]]
        if len(signs) + bool(found["opened"]) > 1 or len(units) > 1:
            raise ValueError("it is no number")
        is_negative = bool(found["opened"]) or any(sign in _MINUS for sign in signs)
        value = _read_digits(found["digits"], locale)
        value = _in_percent(value, percent) if found["percent"] else value
        return value.copy_negate() if is_negative else value

    return read


def _shape(currencies: Sequence[str]) -> re.Pattern[str]:
    signs = "|".join(re.escape(one) for one in sorted(currencies, key=lambda one: (-len(one), one))) or "(?!)"
    parts = (
        r"(?P<opened>\()?",
        r"(?P<before>[+\-−])?",
        rf"(?P<front>{signs})?",
        r"(?P<after>[+\-−])?",
        rf"(?P<digits>[0-9.,](?:[0-9.,{SPACES}{APOSTROPHES}]|[eE][+-]?)*?)",
        rf"(?P<percent>%)?(?P<back>{signs})?",
        r"(?P<behind>[\-−])?",
        r"(?P<closed>\))?",
    )
    return re.compile(r"\s*".join(parts))


def _read_digits(digits: str, locale: str | None) -> Decimal:
    ways = {"fr": _french, "en": _english}
    found = {Decimal(plain) for name, way in ways.items() if locale in (None, name) and (plain := way(digits))}
    if not found:
        raise ValueError("it is no number" + (f" as the locale {locale} writes it" if locale else ""))
    if len(found) > 1:
        raise ValueError("its comma can mean thousands or decimals; a locale says which")
    return found.pop()


def _french(digits: str) -> str | None:
    """Decimals behind a comma; points part thousands only before one, since `1.234` is also an English decimal."""
    return lenient(digits, ",", SPACES) or lenient(digits, ",", APOSTROPHES) or _parted(digits, ",", ".")


def _english(digits: str) -> str | None:
    return lenient(digits, ".", SPACES) or lenient(digits, ".", APOSTROPHES) or _parted(digits, ".", ",")


def _parted(digits: str, decimal: str, thousands: str) -> str | None:
    if _GROUPED.match(digits) or (thousands == "." and decimal not in digits):
        return None
    return lenient(digits, decimal, thousands)


def _in_percent(value: Decimal, percent: str) -> Decimal:
    if percent == "reject":
        raise ValueError("it is a percentage")
    if percent == "points":
        return value
    sign, digits, exponent = value.as_tuple()
    # Dividing would round to 28 digits.
    return Decimal((sign, digits, int(exponent) - 2))


def most_doubles(locale: str | None, digits: int, decimals: int) -> Callable[[Any], Any]:
    """Reads a column's plain numbers of at most so many digits before and behind the decimal sign; others are null."""
    whole = rf"(?:[0-9]{{1,{digits}}}|[1-9][0-9]{{0,2}}(?:[{SPACES}][0-9]{{3}}){{1,{(digits - 3) // 3}}})"
    point, comma = rf"\.[0-9]{{1,{decimals}}}", rf",[0-9]{{1,{decimals}}}"
    # Without a locale three digits behind a comma could be thousands.
    unsure = rf"[.,][0-9]{{1,{min(decimals, 2)}}}"
    behind = {"fr": comma, "en": point, None: unsure}[locale]
    shape = rf"^-?{whole}(?:{behind})?$" if decimals else rf"^-?{whole}$"

    def most(texts: Any) -> Any:
        shapes = cells.coded(pa.chunked_array([_shapes(piece) for piece in pieces(texts)], pa.string()))
        fits = shapes.cells(pc.match_substring_regex(shapes.values, shape))
        plain = texts if pc.all(fits).as_py() else pc.if_else(fits, texts, pa.scalar(None, pa.string()))
        # There is no minus zero.
        return pc.add(cast(plain, ",", SPACES, pa.float64()), 0.0)

    return most


def _shapes(texts: Any) -> Any:
    """The texts with ones for all digits but zeros in front: few ones, which a pattern can't tell from these."""
    held, bounds = bytes_of(texts), bounds_of(texts)
    made = bytearray(held).translate(_ONES)
    begins = bounds[:-1] - bounds[0]
    begins = begins[begins < len(held)]
    behind = begins[held[begins] == ord("-")] + 1
    for places in (begins, behind[behind < len(held)]):
        np.frombuffer(made, np.uint8)[places[held[places] == ord("0")]] = ord("0")
    return with_bytes(texts, made)


def as_double(value: Decimal) -> float:
    """The nearest double; raises ValueError where there is none, or where a whole number would lose digits."""
    made = float(value)
    if made in (float("inf"), float("-inf")) or (made == 0 and value):
        raise ValueError("it is beyond what a number holds")
    if value.as_tuple().exponent == 0 and int(made) != int(value):
        raise ValueError("as a number it would lose digits")
    # There is no minus zero.
    return made or 0.0


def as_exact_double(value: Decimal) -> float:
    """The double that is written with the very digits of a decimal; raises ValueError where there is none."""
    made = as_double(value)
    if Decimal(repr(made)) != value:
        raise ValueError("it has more digits than a number holds exactly")
    return made


def at_places(value: Decimal, places: int | None, rounding: str | None) -> Decimal:
    """A decimal with at most so many places (null: any number); raises ValueError where it may not be rounded."""
    if places is None:
        return value
    cut = value.quantize(Decimal((0, (1,), -places)), _ROUNDINGS[rounding or "half_up"], _WIDE)
    if rounding is None and cut != value:
        raise ValueError(f"it has more than {places} decimals")
    return cut
