"""Shapes of datasets, their rows and reports, and their views."""

from __future__ import annotations

from typing import Any

import orjson

from solidata_api.api.schemas import (
    ANYTHING,
    FORMAT,
    ID,
    INFOS,
    LICENCE,
    OPEN_LEVEL,
    SHOWN,
    TYPE,
    answer,
    flag,
    many,
    one_of,
    page_of,
    some,
    text,
    thing,
    when,
    whole,
)  # fmt: skip
from solidata_api.api.schemas.from_source import SOURCE_PATCH
from solidata_api.api.teams import Names, shared_view
from solidata_api.domain import fetching, policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import FORMATS, Column, Stale, Version
from solidata_api.services.datasets import SeenDataset
from solidata_api.services.rows import Reading, RowPage
from solidata_api.services.versions import Compared, Differing
from solidata_api.store.mongo import Paging

KEY = text("column key", longest=60, example="population")
_TOLD = {
    "publisher": text("who publishes it"),
    "contact": text("whom to ask", longest=254),
    "frequency": text("how often it changes", longest=60),
    "period": text("which time it covers", longest=60),
    "area": text("which territory it covers"),
    "landing_page": text("its page", longest=500),
}
COLUMN = answer(
    {
        "key": KEY,
        "title": text("the header as it stood"),
        "type": TYPE,
        "format": FORMAT,
        "open_level": OPEN_LEVEL,
        "cap": OPEN_LEVEL | {"description": "the most open level it may be given"},
        "description": text(longest=10_000),
        "concept": text("URI of what it means", longest=500),
    },
    null=("format", "concept"),
)
_COLUMN_PATCH = thing(
    {
        "key": KEY,
        "title": text(longest=500, shortest=1),
        "open_level": OPEN_LEVEL,
        "description": text(longest=10_000),
        "concept": text(longest=500),
        "type": TYPE | {"description": "read again as this; null: detect it"},
        "format": one_of(FORMATS, "read again as this; null: detect it"),
    },
    ("key",),
    null=("open_level", "description", "concept", "type", "format"),
)
DATASET_PATCH = thing(
    {
        **INFOS,
        "licence": LICENCE,
        **_TOLD,
        "columns": many(_COLUMN_PATCH, "merged by key", most=2000),
        "key": many(KEY, "the columns that rows are known by; read again so", most=20),
        "source": SOURCE_PATCH,
        "options": ANYTHING
        | {"description": "laid over the options of its files, which are read again; docs/formats.md"},
    },
    example={"description": "One line a commune."},
)
STALE = answer({"since": when("changed"), "reasons": some(text())})
DATASET = answer(
    {
        **SHOWN,
        "kind": one_of(("source", "consolidated")),
        "slug": text("stands for the id in addresses"),
        "licence": LICENCE,
        **_TOLD,
        "columns": some(COLUMN, "those that you may read"),
        "key": some(text(), "the columns that rows are known by, where you may read them all; else none"),
        "row_count": whole(),
        "version": whole("the current one"),
        "sha256": text("of the current content; for who may read every column"),
        "project_id": ID,
        "source": ANYTHING | {"description": "where it came from; for editors"},
        "stale": STALE,
    },
    null=("licence", *_TOLD, "source", "project_id", "stale"),
)
DATASET_PAGE = page_of(DATASET)
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
REPORT = ANYTHING | {"description": "of the import or build, cut to what you may read"}
REJECT_PAGE = answer(
    {
        "items": some(
            answer(
                {
                    "row": whole("its line in the file"),
                    "column": KEY,
                    "text": text("as it stood"),
                    "reason": text("why no cell holds it"),
                }
            )
        ),
        "total": whole(),
        "page": whole(),
        "per_page": whole(),
    }
)
ROWS = answer(
    {
        "columns": some(answer({"key": KEY, "title": text(), "type": TYPE})),
        "rows": some(ANYTHING),
        "total": whole("rows that fit the query; null with total=none"),
        "page": whole(),
        "per_page": whole(),
        "next": text("cursor of the next page, or null"),
        "version": whole(),
        "ranked": flag("of a search: false where rows come in stored order, as no index may rank them, or none yet"),
        "highlights": some(ANYTHING, "with highlight=true, by row: column → fragments, HTML with the words in <mark>"),
    },
    {
        "columns": [{"key": "code", "title": "Code INSEE", "type": "string"}],
        "rows": [{"_id": "3f2a…", "code": "13055"}],
        "total": 42,
        "page": 1,
        "per_page": 1,
        "next": "…",
        "version": 3,
    },
    null=("next", "total"),
)
ROW = ANYTHING | {"example": {"_id": "3f2a…", "code": "13055", "name": "Marseille", "population": 870321}}
ORIGINS = answer(
    {
        "origins": some(
            answer({"dataset_id": ID, "version": whole(), "row": text("its _id"), "line": whole("in the file, from 1")})
        ),
        "hidden": whole("origins in datasets that you may not read"),
    }
)
SCHEMA = ANYTHING | {"description": "Frictionless Table Schema"}
OPENAPI = ANYTHING | {"description": "an OpenAPI 3.1 document"}
DATA_PACKAGE = ANYTHING | {"description": "Frictionless Data Package"}
JSON_LD = ANYTHING | {"description": "a JSON-LD document"}


def dataset_view(actor: Actor, seen: SeenDataset, names: Names) -> dict[str, Any]:
    """A dataset as its reader sees it."""
    dataset = seen.dataset
    shown = shared_view(actor, dataset, names) | {
        "kind": dataset.kind,
        "slug": dataset.slug,
        "licence": dataset.licence,
        **{name: getattr(dataset, name) for name in _TOLD},
        "columns": [column_view(column) for column in seen.columns],
        "key": list(dataset.key if {column.key for column in seen.columns} >= set(dataset.key) else ()),
        "row_count": dataset.row_count,
        "version": dataset.version,
        "stale": stale_view(seen.stale),
    }
    if seen.reads_all:
        shown["sha256"] = dataset.sha256
    if seen.shows_project:
        shown["project_id"] = dataset.project_id
    if policy.can(actor, "edit", dataset):
        shown["source"] = fetching.shown(dataset.source)
    if dataset.deleted_at is not None:
        shown |= {"deleted_at": dataset.deleted_at, "gone_at": dataset.gone_at}
    return shown


def column_view(column: Column) -> dict[str, Any]:
    shown = {
        "key": column.key,
        "title": column.title,
        "type": column.type,
        "open_level": column.open_level,
        "cap": column.cap,
        "description": column.description,
        "concept": column.concept,
    }
    return shown | ({"format": column.format} if column.format else {})


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


def short_column(column: Column) -> dict[str, Any]:
    return {"key": column.key, "title": column.title, "type": column.type}


def rows_view(page: RowPage) -> dict[str, Any]:
    """A page of rows, as records or, with `orient=tabular`, as headers and values."""
    reading = page.reading
    columns = [short_column(column) for column in reading.answered]
    told: dict[str, Any] = {
        "total": page.total,
        "page": reading.query.page,
        "per_page": reading.query.per_page,
        "next": page.next,
        "version": reading.version.n,
    }
    if page.ranked is not None:
        told["ranked"] = page.ranked
    if page.highlights is not None:
        told["highlights"] = page.highlights
    if reading.options.get("orient") == "tabular":
        headers = ["_id", *(column["key"] for column in columns)]
        return {
            "columns": columns,
            "headers": headers,
            "values": [[row[name] for name in headers] for row in page.rows],
            **told,
        }
    return {"columns": columns, "rows": page.rows, **told}


def reading_tag(reading: Reading) -> str:
    """What identifies the answer to a reading: its version, its visible columns and everything asked."""
    return repr(
        (reading.version.id, reading.dataset.title, reading.columns, reading.query, sorted(reading.options.items()))
    )


def stale_view(stale: Stale | None) -> dict[str, Any] | None:
    return {"since": stale.since, "reasons": list(stale.reasons)} if stale else None
