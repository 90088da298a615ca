"""Shape of how a source moved since the last build."""

from __future__ import annotations

from solidata_api.api.schemas import ID, answer, one_of, some, text, whole
from solidata_api.domain.drift import KINDS

DRIFT = answer(
    {
        "where": text("as in warnings"),
        "kind": one_of(KINDS),
        "dataset_id": ID,
        "column": text("null: it is about the whole table"),
        "columns": some(text(), description="of a key of several columns: which; else empty"),
        "versions": answer({"before": whole("that the last build read"), "after": whole("current")}),
        "before": {"description": "what it was: a type, a share, a number, values"},
        "after": {"description": "what it is"},
        "proposed": answer(
            {
                "dataset_id": ID,
                "column": text("its likely new name"),
                "field": text("to map it on"),
                "score": {"type": "number", "description": "0 to 1"},
                "why": text(),
            },
            description="of a column that is gone",
        ),
    },
    null=("column", "before", "after", "proposed"),
)
