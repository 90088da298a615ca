"""Comparison, three-valued logic, and what is done about blank cells."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.expressions import Node
from solidata_api.recipes.rows.expressions.evaluation import Call, Evaluation, Trouble, Value, first_of, without


def aligned(args: list[Any]) -> list[Any]:
    """Cells of one type; moments without a zone beside moments of UTC are taken as UTC."""
    if not any(pa.types.is_timestamp(arg.type) for arg in args):
        return args
    # A written `blank` is of either kind.
    told = [arg for arg in args if not isinstance(arg, pa.Scalar) or arg.is_valid]
    zoned = any(arg.type.tz for arg in told)
    return [_as_utc(arg) if zoned else pc.cast(arg, pa.timestamp("us")) for arg in args]


def is_blank(found: Any) -> Any:
    """Where cells are blank; an empty text is."""
    missing = pc.is_null(found)
    return pc.or_(missing, pc.fill_null(pc.equal(found, ""), False)) if pa.types.is_string(found.type) else missing


def _as_utc(arg: Any) -> Any:
    return arg if arg.type.tz else pc.assume_timezone(arg, "UTC")


def _compared(compare: Callable[[Any, Any], Any], call: Call) -> Any:
    return compare(*aligned(call.args))


def _within(call: Call) -> Any:
    asked, *others = aligned(call.args)
    if all(isinstance(other, pa.Scalar) for other in others) and not isinstance(asked, pa.Scalar):
        known = pa.array([other.as_py() for other in others], asked.type)
        return pc.if_else(pc.is_null(asked), pa.scalar(None, pa.bool_()), pc.is_in(asked, value_set=known))
    held = pa.scalar(False)
    for other in others:
        held = pc.or_kleene(held, pc.equal(asked, other))
    return held


def _blank_if(call: Call) -> Any:
    found, *others = aligned(call.args)
    equal = pa.scalar(False)
    for other in others:
        equal = pc.or_kleene(equal, pc.equal(found, other))
    return pc.if_else(pc.fill_null(equal, False), pa.scalar(None, found.type), found)


def _junction(settles: bool, evaluation: Evaluation, node: Node) -> Value:
    """`and`, which false settles, or `or`, which true does: from left to right, the rest does not count then."""
    combine = pc.or_kleene if settles else pc.and_kleene
    found, trouble = evaluation.of(node.args[0])
    for arg in node.args[1:]:
        settled = evaluation.flags(found if settles else pc.invert(found))
        more, further = evaluation.of(arg)
        found = combine(found, more)
        trouble = first_of(trouble, _where(further, ~settled))
    return _checked(found, trouble, evaluation)


def _case(evaluation: Evaluation, node: Node) -> Value:
    """Conditions and values in turn, then the value where none holds."""
    *pairs, otherwise = node.args
    conditions = [evaluation.of(arg) for arg in pairs[::2]]
    values = [evaluation.of(arg) for arg in (*pairs[1::2], otherwise)]
    held = aligned([value.cells for value in values])
    found, trouble = held[-1], values[-1].trouble
    # From the last to the first, so that the first that holds has the last word.
    for condition, value, own in reversed(list(zip(conditions, held, values, strict=False))):
        hit = evaluation.flags(condition.cells)
        found = pc.if_else(pa.array(hit), value, found)
        trouble = _chosen(hit, own.trouble, trouble)
        trouble = first_of(condition.trouble, trouble)
    return _checked(found, trouble, evaluation)


def _coalesce(evaluation: Evaluation, node: Node) -> Value:
    values = [evaluation.of(arg) for arg in node.args]
    held = aligned([value.cells for value in values])
    found, trouble = held[-1], values[-1].trouble
    for value, own in reversed(list(zip(held[:-1], values[:-1], strict=True))):
        hit = ~evaluation.flags(is_blank(value))
        found = pc.if_else(pa.array(hit), value, found)
        trouble = first_of(own.trouble, _chosen(hit, own.trouble, trouble))
    return _checked(found, trouble, evaluation)


def _chosen(hit: np.ndarray, first: Trouble, second: Trouble) -> Trouble:
    """The first trouble where hit, else the second."""
    return first_of(_where(first, hit), _where(second, ~hit))


def _where(trouble: Trouble, counts: np.ndarray) -> Trouble:
    return None if trouble is None else np.where(counts, trouble, 0)


def _checked(found: Any, trouble: Trouble, evaluation: Evaluation) -> Value:
    return Value(found, None) if trouble is None else Value(without(found, trouble, evaluation.rows), trouble)


_COMPARISONS = {
    "=": pc.equal,
    "!=": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
STRICT: dict[str, Callable[[Call], Any]] = {
    **{sign: partial(_compared, compare) for sign, compare in _COMPARISONS.items()},
    "in": _within,
    "not": lambda call: pc.invert(call.args[0]),
    "is_blank": lambda call: is_blank(call.args[0]),
    "blank_if": _blank_if,
}
LAZY: dict[str, Callable[[Evaluation, Node], Value]] = {
    "and": partial(_junction, False),
    "or": partial(_junction, True),
    "case": _case,
    "coalesce": _coalesce,
}
