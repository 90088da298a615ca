"""Arithmetic that refuses what a column can't hold, instead of turning over or becoming infinite."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.expressions.dates import without_zone
from solidata_api.recipes.rows.expressions.distinct import each_distinct, each_other
from solidata_api.recipes.rows.expressions.evaluation import Call
from solidata_api.recipes.rows.expressions.logic import aligned

LEAST, MOST = -(2**63), 2**63 - 1
OVERFLOW = "the result does not fit in 64 bits"
INFINITE = "the result is beyond what a number holds"
BY_ZERO = "division by zero"
#: Whole numbers up to here are doubles without loss.
_EXACT = 2**53
#: Below this, and so far from a half, scaling a double errs by less than what decides how it is rounded.
_CLEAR, _NEAR = 2.0**40, 1e-3
#: Enough digits for any double.
_DECIMALS = Context(prec=800)


def whole_numbers(call: Call, arg: Any) -> tuple[np.ndarray, np.ndarray]:
    """Integers as numpy has them, 0 where blank, and where they are blank."""
    column = cells.chunked(pa.repeat(arg, call.rows) if isinstance(arg, pa.Scalar) else arg)
    return np.asarray(pc.fill_null(column, 0).to_numpy(), dtype=np.int64), cells.is_blank(column)


def truncated(call: Call, found: Any, reason: str = OVERFLOW) -> Any:
    """Whole doubles as integers; those that don't fit are refused."""
    fits = pc.and_(pc.greater_equal(found, -(2.0**63)), pc.less(found, 2.0**63))
    bad = call.reject(pc.invert(fits), reason)
    fitting = pc.if_else(pa.array(bad), pa.scalar(None, pa.float64()), found) if bad.any() else found
    # Unchecked: a scalar beside no rows at all is refused in none of them.
    return pc.cast(fitting, pa.int64(), safe=False)


def finite(call: Call, found: Any, reason: str = INFINITE) -> Any:
    """Doubles; those that are none are refused."""
    call.reject(pc.invert(pc.is_finite(found)), reason)
    return found


def _arithmetic(checked: Any, plain: Any, overflows: Any, call: Call) -> Any:
    if call.node.type == "number":
        return finite(call, plain(*call.args))
    try:
        return checked(*call.args)
    except pa.ArrowInvalid:
        return _overflown(plain, overflows, call)


def _overflown(plain: Any, overflows: Any, call: Call) -> Any:
    """The same once more, to find the rows that do not fit."""
    taken = [whole_numbers(call, arg) for arg in call.args]
    blank = np.logical_or.reduce([one[1] for one in taken])
    numbers = [one[0] for one in taken]
    with np.errstate(all="ignore"):
        bad = overflows(*numbers) & ~blank
    call.reject(bad, OVERFLOW)
    return pc.if_else(pa.array(bad | blank), pa.scalar(None, pa.int64()), plain(*map(pa.array, numbers)))


def _sum_overflows(first: np.ndarray, second: np.ndarray) -> Any:
    total = first + second
    return ((first ^ total) & (second ^ total)) < 0


def _difference_overflows(first: np.ndarray, second: np.ndarray) -> Any:
    return ((first ^ second) & (first ^ (first - second))) < 0


def _product_overflows(first: np.ndarray, second: np.ndarray) -> Any:
    back = (first * second) // np.where(first == 0, 1, first)
    return ((first != 0) & (back != second)) | ((first == -1) & (second == LEAST))


def _divided(call: Call) -> Any:
    call.reject(pc.and_(pc.is_valid(call.args[0]), pc.equal(call.args[1], 0.0)), BY_ZERO)
    return finite(call, pc.divide(*call.args))


def _floored(call: Call, compute: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Any:
    first, missing = whole_numbers(call, call.args[0])
    second, lacking = whole_numbers(call, call.args[1])
    blank = missing | lacking
    by_zero = call.reject(~blank & (second == 0), BY_ZERO)
    with np.errstate(all="ignore"):
        return pa.array(compute(first, np.where(second == 0, 1, second)), mask=blank | by_zero)


def _div(call: Call) -> Any:
    first, second = (whole_numbers(call, arg)[0] for arg in call.args)
    call.reject((first == LEAST) & (second == -1), OVERFLOW)
    return _floored(call, np.floor_divide)


def _mod(call: Call) -> Any:
    # By -1 nothing is left, as by 1; numpy's division would turn over there.
    return _floored(call, lambda first, second: np.mod(first, np.where(second == -1, 1, second)))


def _power(call: Call) -> Any:
    return finite(call, pc.power(*call.args), "the power is no finite number")


def _negated(call: Call) -> Any:
    return _arithmetic(pc.negate_checked, pc.negate, lambda first: first == LEAST, call)


def _absolute(call: Call) -> Any:
    return _arithmetic(pc.abs_checked, pc.abs, lambda first: first == LEAST, call)


def _rounded(compute: Callable[[Any], Any], call: Call) -> Any:
    (found,) = call.args
    return found if call.kinds[0] == "integer" else truncated(call, compute(found))


def _rounded_to(call: Call) -> Any:
    """Doubles to so many digits: at once where they are far from a half, else by their decimals."""
    found, digits = call.args
    if isinstance(found, pa.Scalar):
        return each_distinct(call, _nearest, pa.float64())
    numbers = np.asarray(cells.chunked(pc.fill_null(found, 0.0)).to_numpy())
    unit = 10.0 ** abs(digits.as_py())
    with np.errstate(all="ignore"):
        scaled = np.abs(numbers) * unit if digits.as_py() > 0 else np.abs(numbers) / unit
        whole = np.floor(scaled + 0.5)
        is_clear = (scaled < _CLEAR) & (np.abs(scaled - np.floor(scaled) - 0.5) > _NEAR)
        rounded = np.copysign(whole / unit if digits.as_py() > 0 else whole * unit, numbers)
    return each_other(call, pa.array(is_clear), pa.array(rounded, mask=cells.is_blank(found)), _nearest)


def _nearest(value: float, digits: int) -> float:
    """Rounded as people round the number that they read, 1.005 to 1.01, though the double lies a little below."""
    unit = Decimal((0, (1,), -digits))
    rounded = float(Decimal(repr(value)).quantize(unit, rounding=ROUND_HALF_UP, context=_DECIMALS))
    if rounded in (float("inf"), float("-inf")):
        raise ValueError(INFINITE)
    return rounded


def _widened(call: Call) -> Any:
    """Integers as doubles; those that would lose digits are refused."""
    (found,) = call.args
    numbers, blank = whole_numbers(call, found)
    beyond = (numbers > _EXACT) | (numbers < -_EXACT)
    if beyond.any():
        doubles = numbers.astype(np.float64)
        back = np.where(doubles < 2.0**63, doubles, 0.0).astype(np.int64)
        beyond &= (back != numbers) | (doubles >= 2.0**63)
        call.reject(beyond, "as a number it would lose digits")
    return pa.array(numbers.astype(np.float64), mask=blank)


def _extreme(compute: Any, call: Call) -> Any:
    taken = aligned(call.args)
    # Arrow compares moments of a zone, but knows no least of them.
    return pc.cast(compute(*map(without_zone, taken), skip_nulls=False), taken[0].type)


STRICT: dict[str, Callable[[Call], Any]] = {
    "+": partial(_arithmetic, pc.add_checked, pc.add, _sum_overflows),
    "-": partial(_arithmetic, pc.subtract_checked, pc.subtract, _difference_overflows),
    "*": partial(_arithmetic, pc.multiply_checked, pc.multiply, _product_overflows),
    "/": _divided,
    "negate": _negated,
    "abs": _absolute,
    "div": _div,
    "mod": _mod,
    "power": _power,
    "floor": partial(_rounded, pc.floor),
    "ceil": partial(_rounded, pc.ceil),
    "round": partial(_rounded, partial(pc.round, ndigits=0, round_mode="half_towards_infinity")),
    "round_to": _rounded_to,
    "min": partial(_extreme, pc.min_element_wise),
    "max": partial(_extreme, pc.max_element_wise),
    "widen": _widened,
}
