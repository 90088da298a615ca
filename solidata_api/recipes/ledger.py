"""The balance sheet of a build: one line a step, summed over chunks, and the fuse that `max_rejects` is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from solidata_api.domain.errors import Fault, StepFailed
from solidata_api.recipes.base import KEPT_REJECTS, KEPT_REVIEWS, Step, StepReport, pointer

_SUMMED = (
    "rows_in",
    "rows_out",
    "added",
    "rejected",
    "merged",
    "filtered",
    "cells_changed",
    "rejects_count",
    "rejecting_rows",
    "reviews_count",
)


@dataclass
class Line:
    """One step's line; `n` is its place in the recipe from 1, 0 is stacking. `source`: the dataset whose own it is.

    `inner`: of a step of a nested recipe, its place there, and so on inwards; `n` is then that of the `use`.
    """

    n: int
    op: str
    report: StepReport = StepReport(0, 0)
    source: str | None = None
    inner: tuple[int, ...] = ()

    @classmethod
    def of(cls, step: Step, source: str | None = None) -> Line:
        """The line of a step that stands in a recipe."""
        n, *inner = (one + 1 for one in step.place)
        return cls(n, step.op, source=source, inner=tuple(inner))

    @property
    def number(self) -> str:
        """The number for people: 4, or 4.2 for the second step of the recipe that step 4 uses."""
        return ".".join(map(str, (self.n, *self.inner)))

    def add(self, report: StepReport) -> None:
        """Add a chunk's balance sheet. A step that does not balance is a fault of ours, never passed over."""
        if not report.is_balanced:
            raise RuntimeError(f"step {self.number} ({self.op}) does not balance: {report}")
        sums = {name: getattr(self.report, name) + getattr(report, name) for name in _SUMMED}
        kept = (*self.report.rejects, *report.rejects)[:KEPT_REJECTS]
        reviews = (*self.report.reviews, *report.reviews)[:KEPT_REVIEWS]
        warnings = _summed(self.report.warnings, report.warnings)
        self.report = replace(self.report, **sums, rejects=kept, reviews=reviews, warnings=warnings)

    def entry(self) -> dict[str, Any]:
        """The line as reports show it."""
        told = self.report
        warnings = [{"message": message, "count": count} for message, count in told.warnings.items()]
        reviews = {"count": told.reviews_count, "items": list(told.reviews)}
        return {
            "n": self.n,
            "op": self.op,
            **({"inner": list(self.inner)} if self.inner else {}),
            **({"source": self.source} if self.source else {}),
            "rows_in": told.rows_in,
            "added": told.added,
            "rows_out": told.rows_out,
            "rejected": told.rejected,
            "merged": told.merged,
            "filtered": told.filtered,
            "cells_changed": told.cells_changed,
            "rejects": {"count": told.rejects_count, "items": list(told.rejects)},
            **({"reviews": reviews} if told.reviews_count else {}),
            **({"warnings": warnings} if warnings else {}),
        }

    def blow_fuse(self, step: Step) -> None:
        """Raise StepFailed where more rows have a reject than the step allows."""
        told, limit = self.report, step.max_rejects
        share = told.rejecting_rows / told.rows_in if told.rows_in else 0.0
        if limit is None or share <= limit:
            return
        seen = f"{told.rejecting_rows} of {told.rows_in} rows have a reject: {share:.2%}, above max_rejects {limit:.2%}"
        recipe = f"/sources/{self.source}/recipe" if self.source else "/recipe"
        fault = Fault(f"{recipe}{pointer(step.place)}/max_rejects", seen)
        raise StepFailed(f"Step {self.number} ({self.op}) stopped: {seen}.", [fault])


def _summed(before: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {message: before.get(message, 0) + more.get(message, 0) for message in (*before, *more)}
