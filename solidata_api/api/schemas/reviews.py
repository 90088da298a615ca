"""Shapes of proposals and of decisions on them."""

from __future__ import annotations

from typing import Any

from solidata_api.api.schemas import ANYTHING, answer, flag, many, page_of, some, text, thing, whole
from solidata_api.services.review_queues import Reviews

_STEP = "its number in the recipe that was built or run"
_INNER = "of a step of a recipe that the step uses: its place there, from 1, and so on inwards"
_SOURCE = "the source whose own recipe the step is of; unsaid: the project's"
_PLACES = whole(minimum=1)
_VALUE = text(longest=10_000, shortest=1)
_STEPS = {
    "step": whole(_STEP, example=2, minimum=1),
    "inner": many(_PLACES, _INNER, most=5, example=[1]) | {"minItems": 1},
}
_DECIDED = {
    "values": many(_VALUE, "of cluster_values: these are one, or each its own", most=2000, example=["St Etienne"]),
    "into": text("what is written for them; null: each stays", longest=10_000, example="Saint-Étienne"),
    "value": text("of match: this text", longest=10_000, shortest=1),
    "reference": text("is the row of the reference with this key; null: none of them", longest=10_000),
    "take_back": flag(
        "true: earlier decisions on it, or all of the step where neither `values` nor `value` is said, no longer hold"
    ),
}
_NULL = ("into", "reference")
_DECISION = thing({**_STEPS, "source": text(_SOURCE, shortest=1), **_DECIDED}, ("step",), null=_NULL)
_RUN_DECISION = thing({**_STEPS, **_DECIDED}, ("step",), null=_NULL)
_EXAMPLE = {"decisions": [{"step": 2, "values": ["St Etienne", "SAINT ETIENNE"], "into": "Saint-Étienne"}]}
DECISIONS_NEW = thing(
    {
        "version": whole("of the table, whose build numbered the steps; unsaid: the last one", minimum=1),
        "decisions": many(_DECISION, "one for each proposal", most=1000) | {"minItems": 1},
    },
    ("decisions",),
    example=_EXAMPLE,
)
RUN_DECISIONS_NEW = thing(
    {
        "dataset_id": text("what the run made, by id or slug", shortest=1),
        "version": whole("of it, whose run numbered the steps; unsaid: the current one", minimum=1),
        "decisions": many(_RUN_DECISION, "one for each proposal", most=1000) | {"minItems": 1},
    },
    ("dataset_id", "decisions"),
    example={"dataset_id": "65f0c0ffee65f0c0ffee65f0", **_EXAMPLE},
)
_REVIEW = answer(
    {
        "step": whole(_STEP),
        "source": text(_SOURCE),
        "inner": some(_PLACES, _INNER),
        "op": text(),
        "column": text(),
        "count": whole("cells that it is about"),
        "score": {"type": "number", "description": "of 100"},
        "values": some(ANYTHING, "of cluster_values: `{value, count}`, the most frequent first"),
        "into": text("of cluster_values: what would be written; null where that is not clear"),
        "applied": flag("of cluster_values: the build has done it"),
        "value": text("of match: the text"),
        "candidates": some(ANYTHING, "of match: `{reference, name}`, rows of the reference like it"),
    },
    null=("into",),
)
_ELSEWHERE = answer(
    {
        "step": whole(),
        "inner": some(_PLACES),
        "op": text(),
        "source": text(),
        "count": whole(),
        "why": text(),
    },
    null=("source",),
)
_PAGE = page_of(_REVIEW)
REVIEW_PAGE = _PAGE | {
    "properties": {
        **_PAGE["properties"],
        "dataset_id": text("that was built, or made by the run; null before the first") | {"x-nullable": True},
        "version": whole("of that table") | {"x-nullable": True},
        "elsewhere": some(_ELSEWHERE, "steps whose proposals can't be decided here, and why"),
    }
}


def review_page_view(found: Reviews) -> dict[str, Any]:
    """A page of proposals."""
    page = found.page
    paging = {"total": page.total, "page": page.page, "per_page": page.per_page}
    of = {"dataset_id": found.dataset_id, "version": found.version}
    return {"items": list(page.items), **paging, **of, "elsewhere": list(found.elsewhere)}
