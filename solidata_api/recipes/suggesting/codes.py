"""Codes of one width that lost the zeros at their beginning, as spreadsheets do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from solidata_api.recipes.suggesting.base import Proposal, SeenColumn, View

#: Formats of one width; a zero may stand at the beginning of each.
WIDTHS = {"postcode_fr": 5, "insee_commune": 5, "siren": 9, "siret": 14}
#: The most of the cells that may have lost a zero where no other cell begins with one.
_MANY = 0.5
#: The least share of cells with the whole width, or without one digit.
_ALIKE = 0.8


def lost_zeros(view: View) -> Iterator[Proposal]:
    """Columns of codes of which some have one digit less than the others."""
    for seen in view.columns:
        width = _width(seen)
        if width is None:
            continue
        is_text = seen.is_text
        text = seen.key if is_text else f"text({seen.key})"
        padded = f'pad_left({text}, {width}, "0")'
        short = f'matches({text}, "[0-9]{{{width - 1}}}")'
        expression = f"if({short}, {padded}, {text})"
        why = f"codes of {width} characters lost the zero at their beginning, as spreadsheets drop it"
        yield Proposal("formula", why, 0.8, {"column": seen.key, "expression": expression})


def _width(seen: SeenColumn) -> int | None:
    """The width of the codes, if some lost a zero."""
    may_be = seen.is_text or (seen.column.type == "integer" and seen.field is not None and seen.field.type == "string")
    if not may_be or not (seen.says_code or seen.format in WIDTHS):
        return None
    lengths: Counter[int] = Counter()
    for text, count in seen.counts.items():
        lengths[len(text) if re.fullmatch("[0-9][0-9A-Z]?[0-9]+|[0-9]", text) else 0] += count
    told = WIDTHS.get(seen.format or "")
    width = told or max(filter(None, lengths), key=lambda one: lengths[one], default=None)
    if width is None or not any(re.fullmatch(f"[0-9]{{{width - 1}}}", text) for text in seen.counts):
        return None
    short, whole = lengths[width - 1], lengths[width]
    if short + whole < _ALIKE * seen.filled:
        return None
    led = any(len(text) == width and text.startswith("0") for text in seen.counts)
    return width if told or led or (width >= 4 and not lengths[width - 2] and short < _MANY * whole) else None
