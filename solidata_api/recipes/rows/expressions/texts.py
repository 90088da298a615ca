"""Functions of text: Arrow's where the other arguments are the same in all rows, else once for each distinct set."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.folding import fold_text
from solidata_api.recipes.patterns import pattern
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.expressions.distinct import each_distinct
from solidata_api.recipes.rows.expressions.evaluation import Call

#: How long a text may become by joining, filling up and replacing.
MAX_TEXT = 10_000
TOO_LONG = f"the text would have more than {MAX_TEXT} characters"
NEGATIVE = "a number of characters is not negative"


def as_text(found: Any, kind: str) -> Any:
    """Cells, or the one of all rows, in canonical text."""
    if not isinstance(found, pa.Scalar):
        return found if kind == "text" else to_text(cells.chunked(found), kind)
    return to_text(pa.chunked_array([pa.array([found.as_py()], found.type)]), kind)[0]


def _distinct(compute: Callable[..., str | None], call: Call) -> Any:
    return each_distinct(call, compute, pa.string())


def _length(call: Call) -> Any:
    return pc.cast(pc.utf8_length(call.args[0]), pa.int64())


def _sliced(compute: Callable[..., str], slice_of: Callable[..., tuple[int, int | None]], call: Call) -> Any:
    """A part of each text, which `slice_of` says where the numbers are the same in all rows."""
    text, *numbers = call.args
    if isinstance(text, pa.Scalar) or not all(isinstance(one, pa.Scalar) and one.is_valid for one in numbers):
        return each_distinct(call, compute, pa.string())
    try:
        start, stop = slice_of(*(one.as_py() for one in numbers))
    except ValueError as error:
        call.reject(pc.is_valid(text), str(error))
        return text
    return pc.utf8_slice_codeunits(text, start=start, stop=stop)


def _left(count: int) -> tuple[int, int | None]:
    return 0, _counted(count)


def _right(count: int) -> tuple[int, int | None]:
    return (-_counted(count), None) if count else (0, 0)


def _mid(start: int, count: int | None = None) -> tuple[int, int | None]:
    if start < 1:
        raise ValueError("characters are counted from 1")
    first = min(start - 1, 2**31 - 1)
    return first, None if count is None else first + _counted(count)


def _counted(count: int) -> int:
    if count < 0:
        raise ValueError(NEGATIVE)
    return min(count, 2**31 - 1)


def _part(slice_of: Callable[..., tuple[int, int | None]], text: str, *numbers: int) -> str:
    start, stop = slice_of(*numbers)
    return text[start:stop]


def _tested(kernel: Any, compute: Callable[[str, str], bool], call: Call) -> Any:
    text, part = call.args
    if isinstance(part, pa.Scalar) and part.is_valid:
        return kernel(text, part.as_py())
    return each_distinct(call, compute, pa.bool_())


def _replaced(call: Call) -> Any:
    text, before, after = call.args
    is_plain = all(isinstance(one, pa.Scalar) and one.is_valid for one in (before, after))
    # Where one of those that replace is longer, the results are to be measured before they are made.
    if is_plain and before.as_py() and len(after.as_py()) <= len(before.as_py()):
        return pc.replace_substring(text, before.as_py(), after.as_py())
    return each_distinct(call, _replacement, pa.string())


def _replacement(text: str, before: str, after: str) -> str:
    if not before:
        raise ValueError("it replaces an empty text")
    _measure(len(text) + text.count(before) * (len(after) - len(before)), text)
    return text.replace(before, after)


def _measure(length: int, text: str) -> None:
    if length > max(MAX_TEXT, len(text)):
        raise ValueError(TOO_LONG)


def _padded(fill: Callable[[str, int, str], str], text: str, width: int, character: str) -> str:
    _measure(width, text)
    return fill(text, width, character)


def _joined(call: Call) -> Any:
    parts = [as_text(arg, kind) for arg, kind in zip(call.args, call.kinds, strict=True)]
    if _longest(parts) > MAX_TEXT:
        lengths: Any = pa.scalar(0)
        for part in parts:
            lengths = pc.add(lengths, pc.utf8_length(part))
        bad = call.reject(pc.greater(lengths, MAX_TEXT), TOO_LONG)
        parts[0] = pc.if_else(pa.array(bad), pa.scalar(None, pa.string()), parts[0])
    return pc.binary_join_element_wise(*parts, "", null_handling="emit_null")


def _longest(parts: list[Any]) -> int:
    """No text joined of these has more bytes."""
    most = [pc.binary_length(part) for part in parts]
    return sum((one if isinstance(one, pa.Scalar) else pc.max(one)).as_py() or 0 for one in most)


def _matches(call: Call) -> Any:
    text, written = call.args
    compiled = pattern(written.as_py())
    try:
        # Arrow has RE2 too, of another release.
        return pc.match_substring_regex(text, rf"\A(?:{written.as_py()})\z")
    except pa.ArrowInvalid:
        return each_distinct(call, lambda text, _: compiled.fullmatch(text) is not None, pa.bool_())


def _extracted(call: Call) -> Any:
    compiled = pattern(call.args[1].as_py())
    group = call.args[2].as_py() if len(call.args) > 2 else min(compiled.groups, 1)

    def compute(text: str, *_: Any) -> str | None:
        found = compiled.search(text)
        return found.group(group) if found else None

    return each_distinct(call, compute, pa.string())


STRICT: dict[str, Callable[[Call], Any]] = {
    "&": _joined,
    "lower": partial(_distinct, str.lower),
    "upper": partial(_distinct, str.upper),
    "fold": partial(_distinct, fold_text),
    "trim": lambda call: pc.utf8_trim_whitespace(call.args[0]),
    "length": _length,
    "left": partial(_sliced, partial(_part, _left), _left),
    "right": partial(_sliced, partial(_part, _right), _right),
    "mid": partial(_sliced, partial(_part, _mid), _mid),
    "replace": _replaced,
    "contains": partial(_tested, pc.match_substring, lambda text, part: part in text),
    "starts_with": partial(_tested, pc.starts_with, str.startswith),
    "ends_with": partial(_tested, pc.ends_with, str.endswith),
    "pad_left": partial(_distinct, partial(_padded, str.rjust)),
    "pad_right": partial(_distinct, partial(_padded, str.ljust)),
    "matches": _matches,
    "extract": _extracted,
}
