"""Shapes of versions and of how they differ, and their views."""

from __future__ import annotations

from typing import Any

import orjson

from solidata_api.api.schemas import ANYTHING, ID, TYPE, answer, one_of, some, text, when, whole
from solidata_api.api.schemas.datasets import KEY, short_column
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Version
from solidata_api.services.datasets import SeenDataset
from solidata_api.services.versions import Compared, Differing
from solidata_api.store.mongo import Paging

_SHORT = answer({"key": KEY, "title": text(), "type": TYPE})
VERSION = answer(
    {
        "n": whole("from 1"),
        "row_count": whole(),
        "sha256": text(),
        "columns": some(_SHORT),
        "created_at": when("made"),
        "note": text(),
        "job_id": ID | {"description": "what made it; for editors"},
    }
)
_CELLS = ANYTHING | {"description": "cells by column key"}
DIFF = answer(
    {
        "from": whole("the earlier version"),
        "to": whole("the later version"),
        "keyed": {"type": "boolean", "description": "rows are told apart by key; else by all their cells"},
        "columns": answer(
            {
                "added": some(text("a key")),
                "removed": some(text("a key")),
                "retyped": some(answer({"key": KEY, "from": TYPE, "to": TYPE})),
            }
        ),
        "rows": answer({name: whole() for name in ("added", "removed", "changed", "unchanged")}),
        "items": some(
            answer(
                {
                    "_id": text(),
                    "change": one_of(("added", "removed", "changed")),
                    "columns": some(text("a key"), "those whose cells changed"),
                    "before": _CELLS,
                    "after": _CELLS,
                },
                null=("before", "after"),
            )
        ),
        "total": whole("rows that differ"),
        "page": whole(),
        "per_page": whole(),
    }
)
VERSION_PAGE = answer({"items": some(VERSION), "total": whole(), "page": whole(), "per_page": whole()})


def version_view(actor: Actor, seen: SeenDataset, version: Version) -> dict[str, Any]:
    """A version, cut to the columns that its reader may read today."""
    readable = {column.key for column in seen.readable}
    shown = {
        "n": version.n,
        "row_count": version.row_count,
        "columns": [short_column(column) for column in version.columns if column.key in readable],
        "created_at": version.created_at,
        "note": version.note,
    }
    if policy.can(actor, "edit", seen.dataset):
        shown["job_id"] = version.job_id
    return shown | ({"sha256": version.sha256} if seen.reads_all else {})


def diff_view(compared: Compared, asked: Paging) -> dict[str, Any]:
    """How two versions differ, in the columns that their reader may read."""
    counts = compared.difference.counts
    return {
        "from": compared.before.n,
        "to": compared.after.n,
        "keyed": compared.keyed,
        "columns": compared.changes,
        "rows": counts,
        "items": [_differing_view(one) for one in compared.difference.rows],
        "total": sum(n for name, n in counts.items() if name != "unchanged"),
        "page": asked.page,
        "per_page": asked.per_page,
    }


def _differing_view(one: Differing) -> dict[str, Any]:
    before, after = one.before, one.after
    changed = [key for key, cell in after.items() if _plain(cell) != _plain(before[key])] if before and after else []
    return {"_id": one.row_id, "change": one.change, "columns": changed, "before": before, "after": after}


def _plain(cell: Any) -> Any:
    return cell.contents if isinstance(cell, orjson.Fragment) else cell
