"""Sums without surprises: integers and decimals are added as whole numbers, and rounded once, in the end."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.coding import pieces
from solidata_api.recipes.rows.groups import Groups

#: Whole numbers that a double holds exactly.
_EXACT = 2**53
#: Decimals of so many digits are told apart by doubles.
_DIGITS = 15


@dataclass(frozen=True)
class Exact:
    """A column of numbers as whole multiples of `1 / unit`, as people write them: 0.1 is a tenth. Blank is 0.

    `units` are 64-bit integers where no sum of them can be larger, else Python's.
    """

    units: np.ndarray
    unit: int

    def sums(self, groups: Groups) -> np.ndarray:
        """The sum of each group, in the same units."""
        totals = np.zeros(len(groups), dtype=self.units.dtype)
        np.add.at(totals, groups.code, self.units)
        return totals

    def column(self, totals: np.ndarray, kind: Any) -> tuple[Any, Any]:
        """Sums in these units as cells of a type, blank where one does not fit; and these as text, None if all fit.

        Of decimals the text is the whole part, since they are huge.
        """
        found = integers(totals) if pa.types.is_integer(kind) else divided(totals, np.asarray(self.unit))
        if not found.null_count:
            return found, None
        bad = cells.is_blank(found)
        texts = [str(total // self.unit) if one else None for total, one in zip(totals.tolist(), bad, strict=True)]
        return found, pa.array(texts, pa.string())


def exact(column: Any) -> Exact:
    """The numbers of a column."""
    known = pc.fill_null(column, 0)
    if pa.types.is_floating(column.type):
        chunks = [chunk.to_numpy() for chunk in known.chunks]
        units, digits = _decimals([chunk[piece] for chunk in chunks for piece in pieces(len(chunk))])
        return Exact(_wide(units), 10**digits)
    return Exact(_wide(known.to_numpy()), 1)


def divided(totals: np.ndarray, divisors: np.ndarray) -> Any:
    """Quotients of whole numbers, each the nearest double; blank where that is too large. No divisor is 0; it may be
    one for all."""
    if _are_small(totals) and _are_small(divisors):
        return pa.array(totals.astype(np.float64) / divisors.astype(np.float64))
    pairs = zip(totals.tolist(), np.broadcast_to(divisors, totals.shape).tolist(), strict=True)
    return pa.array([_quotient(total, divisor) for total, divisor in pairs], pa.float64())


def integers(totals: np.ndarray) -> Any:
    """Whole numbers as 64-bit ones; blank where they do not fit."""
    if totals.dtype != object:
        return pa.array(totals, pa.int64())
    return pa.array([total if -(2**63) <= total < 2**63 else None for total in totals.tolist()], pa.int64())


def _decimals(numbers: list[np.ndarray]) -> tuple[np.ndarray, int]:
    """Whole numbers, and how many digits the point is to be moved to the left; the numbers come in pieces."""
    for digits in range(_DIGITS + 1):
        found = _moved(numbers, float(10**digits))
        if found is not None:
            return found, digits
    distinct, places = np.unique(np.concatenate(numbers), return_inverse=True)
    written = [Decimal(repr(number)) for number in distinct.tolist()]
    digits = max((-int(one.as_tuple().exponent) for one in written), default=0)
    digits = max(digits, 0)
    units = np.empty(len(written), dtype=object)
    units[:] = [int(one.scaleb(digits)) for one in written]
    return units[places], digits


def _moved(numbers: list[np.ndarray], power: float) -> np.ndarray | None:
    """The numbers that many times as large, as whole ones; None: they are not, or too large to be told apart."""
    moved: np.ndarray = np.empty(sum(map(len, numbers)), dtype=np.int64)
    start = 0
    for some in numbers:
        with np.errstate(over="ignore"):  # what is too large is not what it was
            units = np.rint(some * power)
        if (units / power != some).any() or (np.abs(units) >= 10**_DIGITS).any():
            return None
        moved[start : start + len(some)] = units
        start += len(some)
    return moved


def _wide(units: np.ndarray) -> np.ndarray:
    """The numbers in a type in which their sums fit."""
    if not len(units) or units.dtype == object:
        return units
    largest = max(abs(int(units.min())), abs(int(units.max())))
    return units if largest * len(units) < 2**63 else units.astype(object)


def _are_small(numbers: np.ndarray) -> bool:
    return not numbers.size or max(abs(int(numbers.min())), abs(int(numbers.max()))) < _EXACT


def _quotient(total: int, divisor: int) -> float | None:
    try:
        return total / divisor
    except OverflowError:
        return None
