"""The shape of two versions of a recipe side by side, and its view."""

from __future__ import annotations

from collections import Counter
from typing import Any

from solidata_api.api.schemas import answer, flag, one_of, some, text, whole
from solidata_api.services.recipe_changes import Compared

_CHANGES = ("added", "removed", "moved", "changed")
_VALUE = {"description": "any JSON; null: unsaid"}
_PARAMETER = answer({"name": text("such as `columns` or `off`"), "before": _VALUE, "after": _VALUE})
RECIPE_DIFF = answer(
    {
        "from": whole("the earlier version"),
        "to": whole("the later version"),
        "steps": answer({name: whole() for name in (*_CHANGES, "unchanged")}),
        "items": some(
            answer(
                {
                    "change": one_of(_CHANGES),
                    "op": text(),
                    "before": whole("its place in the earlier version, from 1"),
                    "after": whole("its place in the later one"),
                    "moved": flag("it stands elsewhere among the steps that stay, also where it changed too"),
                    "parameters": some(_PARAMETER, "of a changed step: those that differ"),
                },
                null=("before", "after"),
            ),
            "by their place in the later version",
        ),
    }
)


def diff_view(compared: Compared) -> dict[str, Any]:
    """How two versions differ."""
    counts = Counter(one.change for one in compared.changes)
    told = {name: counts[name] for name in _CHANGES}
    unchanged = compared.steps - told["added"] - told["moved"] - told["changed"]
    return {
        "from": compared.before,
        "to": compared.after,
        "steps": {**told, "unchanged": unchanged},
        "items": [
            {
                "change": one.change,
                "op": one.op,
                "before": one.before,
                "after": one.after,
                "moved": one.moved,
                "parameters": [dict(zip(("name", "before", "after"), part, strict=True)) for part in one.parameters],
            }
            for one in compared.changes
        ],
    }
