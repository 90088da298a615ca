"""Shapes of share links, loans and lineage, and their views."""

from __future__ import annotations

from typing import Any

from solidata_api.api.schemas import ANYTHING, ID, OPEN_LEVEL, answer, flag, many, some, table, text, thing, when, whole
from solidata_api.api.schemas.recipe_refs import RECIPE_REF, ref_view
from solidata_api.domain.links import ShareLink
from solidata_api.services.links import ListedLink, MadeLink
from solidata_api.services.loans import GivenLoans
from solidata_api.services.provenance import Provenance, SeenSourceVersion

_KEY = text("column key", longest=60)
_VALUE = {"type": ["string", "number", "boolean"], "maxLength": 1000}
_CONDITION = {"anyOf": [_VALUE, {"type": "array", "items": _VALUE, "maxItems": 100}]}
#: Swagger 2.0 knows no `anyOf`: what is shown says less than what is checked.
LINK_NEW_CHECKED = thing(
    {
        "title": text("what it is for", shortest=1),
        "columns": many(_KEY, most=2000),
        "filter": {**table(_CONDITION), "maxProperties": 100},
        "expires_at": text(longest=40),
    },
    ("title", "expires_at"),
)
LINK_NEW = thing(
    {
        "title": text("what it is for", shortest=1, example="For the newspaper"),
        "columns": many(_KEY, "what it shows; left out: all that may be opened now, and none that come later"),
        "filter": ANYTHING
        | {"description": "conditions as in a query of rows, that hold whatever is asked: name → a value or a list"},
        "expires_at": when("from when on it opens nothing, within SHARE_LINK_DAYS"),
    },
    ("title", "expires_at"),
)
_SHOWN = {
    "id": ID,
    "title": text("what it is for"),
    "columns": some(_KEY, "those that it names"),
    "filter": ANYTHING,
    "made_by": answer({"id": ID, "name": text()}),
    "created_at": when("made"),
    "expires_at": when("its end"),
}
LINK = answer(
    {**_SHOWN, "url": text("told this once; `/rows`, `/schema` and `/export.csv` stand below it", longest=500)}
)
LINKS = answer(
    {
        "items": some(
            answer(
                {
                    **_SHOWN,
                    "reads": whole("how often it was read"),
                    "last_read_at": when("read last"),
                    "active": flag("whether it shows anything now"),
                },
                null=("last_read_at",),
            )
        ),
        "total": whole(),
    }
)
LOANS = answer(
    {
        "items": some(
            answer(
                {
                    "project_id": ID,
                    "title": text("where you may read the project"),
                    "columns": some(
                        answer(
                            {
                                "column": _KEY,
                                "by": answer({"id": ID, "name": text()}),
                                "at": when("lent"),
                                "up_to": OPEN_LEVEL | {"description": "the most open level of what is made of it"},
                            }
                        )
                    ),
                }
            )
        ),
        "total": whole(),
    }
)
LINEAGE = answer(
    {
        "dataset_id": ID,
        "version": whole(),
        "project_id": ID | {"description": "where you may read the project"},
        "recipe": answer(
            {"version": whole(), "steps": some(ANYTHING), "taken_from": RECIPE_REF},
            null=("taken_from",),
            description="as it made this version; for its team and editors",
        ),
        "sources": some(
            answer(
                {
                    "dataset_id": ID,
                    "title": text(),
                    "version": whole(),
                    "recipe": answer(
                        {"recipe_id": ID, "version": whole(), "steps": some(ANYTHING)},
                        description="that its rows went through alone; for the team and editors",
                        null=("recipe_id", "version"),
                    ),
                }
            )
        ),
        "hidden": whole("sources that you may not read"),
        "columns": some(
            answer(
                {
                    "key": _KEY,
                    "from": some(answer({"dataset_id": ID, "column": _KEY})),
                    "hidden": whole("source columns that you may not read"),
                }
            )
        ),
    }
)


def made_view(made: MadeLink) -> dict[str, Any]:
    """A link just made, with its address."""
    return _view(made.link, made.maker) | {"url": made.url}


def links_view(links: list[ListedLink]) -> dict[str, Any]:
    items = [
        _view(one.link, one.maker)
        | {"reads": one.link.reads, "last_read_at": one.link.last_read_at, "active": one.active}
        for one in links
    ]
    return {"items": items, "total": len(items)}


def loans_view(given: list[GivenLoans], names: dict[str, str]) -> dict[str, Any]:
    items = [_given_view(one, names) for one in given]
    return {"items": items, "total": len(items)}


def lineage_view(found: Provenance) -> dict[str, Any]:
    """Where a table came from, as its reader may know it."""
    shown = {
        "dataset_id": found.dataset_id,
        "version": found.version.n,
        "sources": [_source_view(one) for one in found.sources],
        "hidden": found.hidden,
        "columns": [
            {
                "key": one.key,
                "from": [{"dataset_id": dataset_id, "column": column} for dataset_id, column in one.sources],
                "hidden": one.hidden,
            }
            for one in found.columns
        ],
    }
    if found.project_id is not None:
        shown["project_id"] = found.project_id
    if found.steps is not None:
        shown["recipe"] = {
            "version": found.version.recipe_version,
            "steps": list(found.steps),
            "taken_from": ref_view(found.version.taken_from),
        }
    return shown


def _source_view(source: SeenSourceVersion) -> dict[str, Any]:
    shown = {"dataset_id": source.dataset_id, "title": source.title, "version": source.version}
    recipe = source.recipe
    if recipe is None:
        return shown
    return shown | {"recipe": {"recipe_id": recipe.recipe_id, "version": recipe.version, "steps": list(recipe.steps)}}


def _view(link: ShareLink, maker: str) -> dict[str, Any]:
    return {
        "id": link.id,
        "title": link.title,
        "columns": list(link.columns),
        "filter": {name: texts[0] if len(texts) == 1 else list(texts) for name, texts in link.conditions},
        "made_by": {"id": link.created_by, "name": maker},
        "created_at": link.created_at,
        "expires_at": link.expires_at,
    }


def _given_view(given: GivenLoans, names: dict[str, str]) -> dict[str, Any]:
    columns = [
        {"column": key, "by": {"id": loan.by, "name": names[loan.by]}, "at": loan.at, "up_to": loan.up_to}
        for key, loan in sorted(given.loans.items())
    ]
    shown: dict[str, Any] = {"project_id": given.project_id, "columns": columns}
    return shown | ({"title": given.title} if given.title is not None else {})
