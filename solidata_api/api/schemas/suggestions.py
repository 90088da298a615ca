"""Shapes of suggested steps."""

from __future__ import annotations

from solidata_api.api.schemas import ANYTHING, ID, answer, flag, one_of, some, text, thing, whole
from solidata_api.api.schemas.projects import STEP

COUNTED = (
    "cells_changed", "cells_read", "cells_changed_or_refused", "cells_refused", "groups_proposed", "rows_merged",
    "rows_added",
)  # fmt: skip
_SHARE = {"type": "number", "description": "0 to 1"}
_EVIDENCE = answer(
    {
        "counted": one_of(COUNTED, "what `count` counts"),
        "count": whole("in the rows looked at, as the steps before leave them"),
        "share": _SHARE | {"description": "of the filled cells of its columns, or of the rows"},
        "refused": whole("cells that the step can't take: its rejects"),
        "columns": some(answer({"column": text(), "count": whole(), "share": _SHARE, "refused": whole()})),
        "sources": some(
            answer({"dataset_id": ID, "count": whole()}), "how the sources differ, of a project with several"
        ),
        "examples": some(ANYTHING, "the most frequent: value and what it becomes, or why it is refused"),
        "rows": whole("looked at"),
        "sampled": flag("whether there are more rows than were looked at"),
    }
)
SUGGEST_FOR = thing({"dataset_id": ID}, ("dataset_id",))
SUGGESTIONS = answer(
    {
        "suggestions": some(
            answer(
                {
                    "step": STEP,
                    "why": text(longest=10_000),
                    "evidence": _EVIDENCE,
                    "score": {"type": "number", "description": "how sure it is, 0 to 1"},
                }
            )
        ),
        "rows": whole("of the sources"),
        "rows_read": whole("looked at"),
        "sources": some(answer({"dataset_id": ID, "version": whole(), "rows": whole()}), "that were looked at"),
    }
)
