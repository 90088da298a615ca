"""Shapes of recipes and their versions, and their views."""

from __future__ import annotations

from typing import Any

from solidata_api.api.schemas import (
    ID,
    INFOS,
    LICENCE,
    SHOWN,
    answer,
    many,
    one_of,
    page_of,
    some,
    text,
    thing,
    when,
    whole,
)
from solidata_api.api.schemas.projects import RECIPE_EXAMPLE, STEP
from solidata_api.api.schemas.recipe_refs import RECIPE_REF, ref_view
from solidata_api.api.teams import Names, shared_view
from solidata_api.domain.actors import Actor
from solidata_api.services.recipe_files import FORMAT, FORMAT_VERSION
from solidata_api.services.recipes import SeenRecipe, SeenVersion

_NOTE = text("what is new in this version, for its readers", longest=1000, example="Names without double spaces")
_RECIPE = {**INFOS, "licence": LICENCE, "steps": many(STEP, "in this order", most=200), "note": _NOTE}
RECIPE_NEW = thing(_RECIPE, ("title",), example={"title": "Clean names of communes", **RECIPE_EXAMPLE})
RECIPE_PATCH = thing(
    _RECIPE,
    example={"steps": [{"op": "clean", "columns": ["name"], "case": "title"}], "note": "Names in title case"},
)
_STEPS = some(STEP, "not in lists; of a step that names what you may not read, only its `op`")
RECIPE = answer(
    {**SHOWN, "licence": LICENCE, "version": whole("from 1"), "steps": _STEPS, "copied_from": RECIPE_REF},
    null=("licence", "copied_from"),
)
RECIPE_PAGE = page_of(RECIPE)
VERSION = answer(
    {
        "version": whole("from 1"),
        "note": text(longest=1000),
        "created_at": when("made"),
        "created_by": ID | {"description": "for who works on the recipe"},
        "steps": _STEPS,
    }
)
VERSION_PAGE = page_of(VERSION)
COPY = thing({"title": text("of the copy; as the recipe's, unsaid", shortest=1)}, example={"title": "My clean names"})
_FILE = {
    "format": one_of((FORMAT,)),
    "format_version": {"type": "integer", "enum": [FORMAT_VERSION]},
    **{name: INFOS[name] for name in ("title", "description", "tags")},
    "licence": LICENCE,
    "steps": many(STEP, "each `use` with the steps of its recipe, as an export gives them", most=200),
}
FILE = thing(
    _FILE,
    ("format", "format_version", "title", "steps"),
    example={"format": FORMAT, "format_version": FORMAT_VERSION, "title": "Clean names of communes", **RECIPE_EXAMPLE},
)


def recipe_view(actor: Actor, seen: SeenRecipe, names: Names) -> dict[str, Any]:
    """A recipe as its reader sees it."""
    recipe = seen.recipe
    return shared_view(actor, recipe, names) | {
        "licence": recipe.licence,
        "version": recipe.version,
        **({"steps": list(seen.steps)} if seen.steps is not None else {}),
        "copied_from": ref_view(seen.copied_from),
    }


def version_view(seen: SeenVersion) -> dict[str, Any]:
    """A version of a recipe as its reader sees it."""
    ref = seen.ref
    shown: dict[str, Any] = {"version": ref.version, "note": ref.note, "created_at": ref.created_at}
    if seen.inside:
        shown["created_by"] = ref.created_by
    return shown | ({"steps": list(seen.steps)} if seen.steps is not None else {})
