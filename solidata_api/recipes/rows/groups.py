"""Rows by the values of some columns: which group each is of, where it begins, what it hands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from solidata_api.recipes.base import Table
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.coding import codes, dense, first_places, firsts, numbered, order_of, ranked


@dataclass(frozen=True)
class Groups:
    """`firsts` is for each row the place of its group's first one; `blank` says which have a blank in their key."""

    firsts: np.ndarray
    blank: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    @cached_property
    def first(self) -> np.ndarray:
        """The places of the groups' first rows, which groups are in the order of."""
        return first_places(self.firsts)

    @cached_property
    def code(self) -> np.ndarray:
        """The group of each row."""
        return ranked(self.firsts, self.first)

    @cached_property
    def order(self) -> np.ndarray:
        """The places of the rows, one group behind the other."""
        return order_of(self.code)

    @cached_property
    def sizes(self) -> np.ndarray:
        """How many rows each group has; at least one."""
        return np.bincount(self.code, minlength=len(self))

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each group begins in `order`."""
        return np.cumsum(self.sizes) - self.sizes

    def first_places(self, places: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
        """For each group the first of these places, which are in order; with a weight for each row, the first of
        least weight. -1: the group has none of them.
        """
        if weight is None and len(places) == len(self.firsts):
            return self.first
        if weight is not None:
            least = np.full(len(self), np.iinfo(np.int64).max)
            np.minimum.at(least, self.code[places], weight[places])
            places = places[weight[places] == least[self.code[places]]]
        found = np.full(len(self), -1, dtype=np.int64)
        # Of several that are given to one place the last stays.
        found[self.code[places[::-1]]] = places[::-1]
        return found


def filled(table: Table, places: Sequence[int], key: str) -> list[int]:
    """Those of these places whose cell of a column holds a value."""
    found = ~cells.is_blank(cells.values(table.frame.iloc[list(places)], key))
    return [place for place, has in zip(places, found.tolist(), strict=True) if has]


def grouped(table: Table, keys: Sequence[str], *, blanks_alone: bool = True) -> Groups:
    """The rows by keys equal to the letter in canonical text.

    A row whose key is blank or partly blank is a group of its own, unless a blank is to be a value as others.
    """
    blank = np.zeros(len(table.frame), dtype=bool)
    numbers: np.ndarray = np.zeros(len(table.frame), dtype=np.int32)
    for n, key in enumerate(keys):
        texts = to_text(cells.values(table.frame, key), table.schema[key].type)
        if not n and not texts.null_count:
            numbers = numbered(texts)
            continue
        found = codes(texts)
        blank |= found < 0
        # Made dense again before each key, so that the product of two can't overflow.
        numbers = dense(numbers) * (found.max(initial=0) + 2) + found + 1
    if blanks_alone and blank.any():
        numbers = np.where(blank, numbers.max(initial=0) + 1 + np.arange(len(numbers)), numbers)
    return Groups(firsts(numbers), blank)
