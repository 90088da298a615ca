"""Rows by the values of some columns: which group each is of, where it begins, what it hands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from solidata_api.recipes.base import Table
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.order import codes


@dataclass(frozen=True)
class Groups:
    """`code` is the group of each row, groups counted in the order of their first rows; `first` the place of these.

    `blank` says which rows have a blank in their key.
    """

    code: np.ndarray
    first: np.ndarray
    blank: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    @cached_property
    def order(self) -> np.ndarray:
        """The places of the rows, one group behind the other."""
        return np.argsort(self.code, kind="stable")

    @cached_property
    def sizes(self) -> np.ndarray:
        """How many rows each group has; at least one."""
        return np.bincount(self.code, minlength=len(self))

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each group begins in `order`."""
        return np.cumsum(self.sizes) - self.sizes

    def owners(self, table: Table) -> np.ndarray:
        """For each row the handle of its group's first row."""
        return table.frame.index.to_numpy()[self.first[self.code]]


def filled(table: Table, places: Sequence[int], key: str) -> list[int]:
    """Those of these places whose cell of a column holds a value."""
    found = ~cells.is_blank(cells.values(table.frame.iloc[list(places)], key))
    return [place for place, has in zip(places, found.tolist(), strict=True) if has]


def grouped(table: Table, keys: Sequence[str], *, blanks_alone: bool = True) -> Groups:
    """The rows by keys equal to the letter in canonical text.

    A row whose key is blank or partly blank is a group of its own, unless a blank is to be a value as others.
    """
    rows = len(table.frame)
    blank, code = np.zeros(rows, dtype=bool), np.zeros(rows, dtype=np.int64)
    for key in keys:
        found = codes(to_text(cells.values(table.frame, key), table.schema[key].type))
        blank |= found < 0
        # Made dense again after each key, so that the product of two can't overflow.
        code = np.unique(code * (found.max(initial=0) + 2) + found + 1, return_inverse=True)[1]
    if blanks_alone:
        code = np.where(blank, code.max(initial=0) + 1 + np.arange(rows), code)
    _, first, dense = np.unique(code, return_index=True, return_inverse=True)
    by_first = np.argsort(first, kind="stable")
    numbers = np.empty(len(first), dtype=np.int64)
    numbers[by_first] = np.arange(len(first))
    return Groups(numbers[dense], first[by_first], blank)
