"""From one type to another; what does not read is refused, with the reader's own reason."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.expressions.literals import reader_of
from solidata_api.recipes.readers import Reader
from solidata_api.recipes.rows.conversion import arrow_type
from solidata_api.recipes.rows.expressions.dates import without_zone
from solidata_api.recipes.rows.expressions.distinct import each_distinct, each_other
from solidata_api.recipes.rows.expressions.evaluation import Call
from solidata_api.recipes.rows.expressions.numbers import STRICT as ARITHMETIC
from solidata_api.recipes.rows.expressions.numbers import truncated
from solidata_api.recipes.rows.expressions.texts import as_text


def _text(call: Call) -> Any:
    return as_text(call.args[0], call.kinds[0])


def _converted(call: Call) -> Any:
    """The value as the type that the function is named for."""
    before, kind = call.kinds[0], call.node.op
    if before == kind:
        return call.args[0]
    if before == "text":
        return _read(call, kind)
    return _OTHERS[before, kind](call)


def _read(call: Call, kind: str) -> Any:
    read = reader_of(kind, call.node.args)
    found = call.args[0]
    if kind not in _PLAIN or isinstance(found, pa.Scalar):
        return each_distinct(call, partial(_text_read, read), arrow_type(kind))
    is_plain = pc.fill_null(pc.match_substring_regex(found, _PLAIN[kind]), False)
    at_once = pc.cast(pc.if_else(is_plain, found, pa.scalar(None, pa.string())), arrow_type(kind))
    return each_other(call, is_plain, at_once, partial(_text_read, read))


def _text_read(read: Reader, text: str, *_: Any) -> Any:
    # An empty text is blank, and blank is no number that does not read.
    return read(text) if text else None


def _whole(call: Call) -> Any:
    (found,) = call.args
    bad = call.reject(pc.not_equal(found, pc.floor(found)), "it is no whole number")
    kept = pc.if_else(pa.array(bad), pa.scalar(None, pa.float64()), found) if bad.any() else found
    return truncated(call, kept, "it does not fit in 64 bits")


#: Numbers as programs write them, which Arrow reads as the readers do.
_PLAIN = {"integer": "^-?[0-9]{1,18}$", "number": r"^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$"}
_OTHERS: dict[tuple[str, str], Callable[[Call], Any]] = {
    ("integer", "number"): ARITHMETIC["widen"],
    ("number", "integer"): _whole,
    ("datetime", "date"): lambda call: pc.cast(without_zone(call.args[0]), pa.date32(), safe=False),
    ("date", "datetime"): lambda call: pc.cast(call.args[0], pa.timestamp("us")),
}
STRICT: dict[str, Callable[[Call], Any]] = {
    "text": _text,
    **dict.fromkeys(("integer", "number", "boolean", "date", "datetime"), _converted),
}
