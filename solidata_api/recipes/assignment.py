"""The best pairs: each row with at most one column, each column once, the sum of scores as great as can be."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

Scores = Sequence[Sequence[float]]


def best_pairs(scores: Scores) -> list[tuple[int, int]]:
    """Pairs (row, column) of a matrix of scores from 0, in order; pairs of score 0 are left out."""
    if not scores or not scores[0]:
        return []
    if len(scores) > len(scores[0]):
        turned = [list(column) for column in zip(*scores, strict=True)]
        return sorted((row, column) for column, row in best_pairs(turned))
    matching = _Matching(scores)
    for row in range(len(scores)):
        matching.add(row)
    pairs = ((row, column) for column, row in enumerate(matching.owner) if row is not None)
    return sorted((row, column) for row, column in pairs if scores[row][column] > 0)


class _Matching:
    """The Hungarian method: rows are added one by one, each along a cheapest path of exchanges. Rows <= columns."""

    def __init__(self, scores: Scores) -> None:
        self.scores = scores
        self.owner: list[int | None] = [None] * len(scores[0])
        self._row_potential = [0.0] * len(scores)
        self._column_potential = [0.0] * len(scores[0])

    def add(self, row: int) -> None:
        """Give a new row a column; rows that had one may exchange theirs."""
        wide = len(self.owner)
        least, before = [inf] * wide, [-1] * wide
        path: list[int] = []
        current: int | None = row
        while current is not None:
            self._reach(current, path, least, before)
            column = min((one for one in range(wide) if one not in path), key=lambda one: least[one])
            self._shift(row, path, least, least[column])
            path.append(column)
            current = self.owner[column]
        self._exchange(row, path[-1], before)

    def _reach(self, row: int, path: list[int], least: list[float], before: list[int]) -> None:
        """Note what it costs to go on from this row to each column that the path has not."""
        for column in range(len(self.owner)):
            cost = -self.scores[row][column] - self._row_potential[row] - self._column_potential[column]
            if column not in path and cost < least[column]:
                least[column], before[column] = cost, path[-1] if path else -1

    def _shift(self, row: int, path: list[int], least: list[float], delta: float) -> None:
        """Move the potentials so that the cheapest next column costs nothing."""
        self._row_potential[row] += delta
        for column in range(len(self.owner)):
            owner = self.owner[column]
            if column not in path:
                least[column] -= delta
            elif owner is not None:
                self._row_potential[owner] += delta
                self._column_potential[column] -= delta

    def _exchange(self, row: int, column: int, before: list[int]) -> None:
        """Each row of the path takes the next column, the new row the first one."""
        while before[column] >= 0:
            self.owner[column] = self.owner[before[column]]
            column = before[column]
        self.owner[column] = row
