"""Shapes of datasets, their rows and reports, and their views."""

from __future__ import annotations

from typing import Any

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
from solidata_api.domain.datasets import FORMATS, Column, Stale
from solidata_api.services.datasets import SeenDataset
from solidata_api.services.rows import Reading, RowPage

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
REPORT = ANYTHING | {"description": "of the import or build, cut to what you may read"}
_OF_BUILDS = {
    "recipe": text("of a build: `project`, or `source` for the source's own"),
    "step": text("its place in that recipe; the last one of the project's is the model"),
    "op": text("what that step does"),
    "source": text("of a build: the dataset that the row is of"),
    "source_column": text("of a build: the column there, where it is one"),
}
REJECT_PAGE = page_of(
    answer(
        {
            "row": whole("its line in the file of its source"),
            "row_id": text("the `_id` of that row"),
            "column": KEY,
            "text": text("as it stood"),
            "reason": text("why no cell holds it"),
            **_OF_BUILDS,
        },
        null=("row", "row_id", "text", *_OF_BUILDS),
    )
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
_SOURCE_CELL = {
    "dataset_id": ID,
    "title": text(),
    "version": whole(),
    "row": text("its _id"),
    "line": whole("in the file, from 1"),
    "column": KEY,
    "value": ANYTHING | {"description": "what the source holds there"},
    "corrected": text("what it was corrected to, where it was; null: blank"),
}
_WHY_STEP = answer(
    {
        "n": whole("its place in the recipe, from 1; the last one is the model"),
        "op": text(),
        "inner": some(whole(), "of a step of a nested recipe: its place there, and so on inwards"),
        "source": ID | {"description": "of a source's own recipe: whose"},
        "changed": flag("whether the cell is another one than what stood there; null where you may not read it"),
        "rows": whole("how many rows became this one here, where it is more than one"),
        "before": ANYTHING | {"description": "the cell that stood there; where you may read it"},
        "after": ANYTHING | {"description": "the cell then; where you may read it"},
    },
    null=("changed", "before", "after"),
)
WHY = answer(
    {
        "version": whole(),
        "row": text("its _id"),
        "trace": one_of(("exact", "partial", "none")) | {"description": "whether the row was made again, and from all"},
        "remark": text("why it is not exact, or null"),
        "cells": some(
            answer(
                {
                    "column": KEY,
                    "value": ANYTHING,
                    "sources": some(
                        answer(
                            {**_SOURCE_CELL, "used": flag("whether the value is made of it; null: not known")},
                            null=("line", "value", "corrected", "used"),
                        ),
                        "cells of source rows that may have reached it, at most 100",
                    ),
                    "count": whole("how many source cells there are"),
                    "hidden": whole("further ones that you may not read"),
                    "winner": answer(
                        _SOURCE_CELL,
                        description="the one cell that the value was taken from, or null",
                        null=("line", "value", "corrected"),
                    ),
                    "steps": some(_WHY_STEP, "for those who may know the recipe: the steps that touched it"),
                },
                null=("winner",),
            )
        ),
        "hidden": whole("origins of the row in datasets that you may not read"),
    },
    null=("remark",),
)
SCHEMA = ANYTHING | {"description": "Frictionless Table Schema"}
OPENAPI = ANYTHING | {"description": "an OpenAPI 3.1 document"}
DATA_PACKAGE = ANYTHING | {"description": "Frictionless Data Package"}
JSON_LD = ANYTHING | {"description": "a JSON-LD document"}


def reject_view(told: dict[str, Any]) -> dict[str, Any]:
    """A reject as its reader sees it: all that a reject may tell, whether of a file or of a build."""
    return {**dict.fromkeys(_OF_BUILDS), **told}


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
