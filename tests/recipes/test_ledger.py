"""The line of a step over its chunks."""

from __future__ import annotations

from typing import Any

from solidata_api.recipes.base import KEPT_REVIEWS, StepReport
from solidata_api.recipes.ledger import Line


def reviewed(*items: dict[str, Any], count: int) -> StepReport:
    return StepReport(rows_in=1, rows_out=1, reviews=items, reviews_count=count)


def test_the_first_reviews_are_kept_and_all_are_counted() -> None:
    line = Line(1, "match")
    line.add(reviewed({"value": "a"}, count=1))
    line.add(reviewed(*({"value": str(n)} for n in range(KEPT_REVIEWS)), count=KEPT_REVIEWS + 7))
    told = line.entry()["reviews"]
    assert (told["count"], len(told["items"])) == (KEPT_REVIEWS + 8, KEPT_REVIEWS)
    assert told["items"][:2] == [{"value": "a"}, {"value": "0"}]


def test_a_step_that_proposes_nothing_has_no_reviews() -> None:
    line = Line(1, "match")
    line.add(StepReport(rows_in=1, rows_out=1))
    assert "reviews" not in line.entry()
