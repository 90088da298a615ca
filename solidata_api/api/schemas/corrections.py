"""Shapes of corrections, and their view."""

from __future__ import annotations

from typing import Any

from solidata_api.api.schemas import ID, answer, one_of, page_of, some, text, thing, when, whole
from solidata_api.domain.corrections import APPLIES, COLUMN_GONE, ROW_GONE, UNFIT
from solidata_api.services.corrections import SeenCorrection

_ROW_ID = text("the `_id` of its row", longest=64, shortest=1)
_COLUMN = text("key of its column", longest=60, shortest=1, example="name")
_REASON = text("why, for people", longest=1000, example="as the town hall writes it")
CORRECTION_NEW = thing(
    {
        "row_id": _ROW_ID,
        "line": whole("in place of `row_id`: its line in the file", minimum=1, example=2),
        "column": _COLUMN,
        "value": {
            "description": "what the cell should hold: a text, number or truth value of the column's type; null: blank",
            "example": "Bourg-en-Bresse",
        },
        "reason": _REASON,
    },
    ("column", "value"),
    example={"line": 2, "column": "name", "value": "Bourg-en-Bresse", "reason": "as the town hall writes it"},
)
_EARLIER = answer({"value": text(), "reason": text(), "by": ID, "at": when("said")}, null=("value",))
CORRECTION = answer(
    {
        "id": ID,
        "row_id": _ROW_ID,
        "column": _COLUMN,
        "value": text("canonical text; null: blank"),
        "old": text("what the file says; null: blank"),
        "reason": _REASON,
        "by": ID,
        "at": when("made"),
        "state": one_of((APPLIES, ROW_GONE, COLUMN_GONE, UNFIT), "whether the current version still has its cell"),
        "earlier": some(_EARLIER, "what was said of the cell before, the newest first"),
    },
    null=("value", "old"),
)
CORRECTION_PAGE = page_of(CORRECTION)

CORRECTIONS_MADE = answer(
    {
        "made": whole("corrections"),
        "blank": whole("rows whose `correction` is blank"),
        "of_other_sources": whole("rows whose `source` is another dataset"),
    }
)


def correction_view(seen: SeenCorrection) -> dict[str, Any]:
    """A correction as its reader sees it."""
    one = seen.correction
    shown = {name: getattr(one, name) for name in ("id", "row_id", "column", "value", "old", "reason", "by", "at")}
    return {**shown, "state": seen.state, "earlier": [vars(before) for before in one.earlier]}
