"""`sample`: some rows, drawn by lot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.recipes.base import Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import SHARE, TEXT, optional, param, whole


@dataclass(frozen=True, kw_only=True)
class Sample(Step):
    """Keep some rows drawn by lot: an exact number (all where there are fewer) or the nearest number to a share.

    The lot of a row is a hash of the seed and of its first origin, so that the same rows are drawn however they are
    ordered, and a row that is drawn mostly stays so when others come. Another seed draws other rows. Rows keep their
    order; the others count as filtered.
    """

    op: ClassVar = "sample"
    group: ClassVar = "rows"
    scope: ClassVar = "table"
    bounded: ClassVar = "the rows wait in memory once, as Arrow columns, with some 100 bytes a row to draw by"
    example: ClassVar = {"op": "sample", "rows": 1000}

    rows: int | None = param(optional(whole(0, 1_000_000_000)), "how many rows to keep", default=None, example=1000)
    share: float | None = param(optional(SHARE), "or which share of them", default=None, example=0.1)
    seed: str = param(TEXT, "any text; the same seed draws the same rows", default="solidata")

    def faults(self) -> Iterator[Fault]:
        if (self.rows is None) == (self.share is None):
            yield Fault("rows", "give either a number of rows or a share")

    def apply(self, table: Table, tools: Tools) -> StepResult:
        import numpy as np

        from solidata_api.recipes.rows.lots import lots
        from solidata_api.recipes.rows.text import unmerged

        rows_in = len(table.frame)
        drawn = np.sort(np.argsort(lots(table, self.seed), kind="stable")[: self.count(rows_in)])
        kept = Table(table.frame.iloc[drawn], table.schema, table.origins)
        return unmerged(kept, rows_in=rows_in, filtered=rows_in - len(drawn))

    def count(self, rows: int) -> int:
        """How many of so many rows are drawn; half a row is one."""
        if self.rows is not None:
            return min(self.rows, rows)
        assert self.share is not None
        return int(rows * self.share + 0.5)
