"""Shapes of projects, recipes and builds, and their views."""

from __future__ import annotations

from typing import Any

from solidata_api.api.schemas import (
    ANYTHING,
    ID,
    INFOS,
    LICENCE,
    OPEN_LEVEL,
    SHOWN,
    Shape,
    answer,
    flag,
    many,
    one_of,
    page_of,
    some,
    table,
    text,
    thing,
    when,
    whole,
)  # fmt: skip
from solidata_api.api.schemas.datasets import STALE, stale_view
from solidata_api.api.schemas.jobs import problem_of
from solidata_api.api.schemas.recipe_refs import RECIPE_REF, ref_view
from solidata_api.api.teams import Names, shared_view
from solidata_api.domain.actors import Actor
from solidata_api.domain.jobs import STATES
from solidata_api.domain.projects import REBUILDS, Project
from solidata_api.services.builds import Build
from solidata_api.services.project_recipes import SeenVersion, shown_steps
from solidata_api.services.projects import SeenProject, SeenSource

_PROJECT = {**INFOS, "licence": LICENCE}
PROJECT_NEW = thing(
    _PROJECT,
    ("title",),
    example={
        "title": "Communes of four regions",
        "description": "One clean table",
        "licence": "etalab-2.0",
        "open_level": "private",
        "edit_level": "private",
    },
)
_REBUILD = one_of(REBUILDS) | {
    "description": "`automatic`: whenever it is stale, as the one who asks for it; `manual`: when somebody asks"
}
PROJECT_PATCH = thing({**_PROJECT, "rebuild": _REBUILD}, example={"description": "One clean table of four"})
MODEL_CHOICE = thing({"model_id": ID}, ("model_id",))
_MAPPING = table(text("a field's name", longest=60), "column key → field name; empty: a reference that steps may name")
STEP: Shape = {
    "type": "object",
    "required": ["op"],
    "properties": {"op": text("the operation; GET /recipes/steps lists them", longest=60)},
    "additionalProperties": True,
}
SOURCE = thing(
    {
        "mapping": _MAPPING,
        "recipe_id": ID | {"description": "a recipe for the rows of this source alone, before the mapping"},
        "steps": many(STEP, "the same, given as steps; none: no recipe of its own any more", most=200),
        "up_to": OPEN_LEVEL
        | {"description": "the most open level of what is made from restricted columns that you lend"},
    },
    example={"mapping": {"libelle_de_la_commune": "name", "population_municipale": "population"}},
)
RECIPE_EXAMPLE = {
    "steps": [
        {"op": "clean", "columns": ["name"]},
        {"op": "to_integer", "columns": ["population"]},
        {"op": "dedupe", "keys": ["code"], "keep": {"name": "longest"}},
        {"op": "sort", "by": ["code"]},
    ]
}
RECIPE = thing(
    {
        "steps": many(STEP, "in this order; or else a recipe_id", most=200),
        "recipe_id": ID | {"description": "a recipe to take the steps from"},
        "version": whole("of that recipe; unsaid: the current one", minimum=1),
    },
    example=RECIPE_EXAMPLE,
)
STEP_PATCH: Shape = {
    "type": "object",
    "properties": {
        "place": whole("where it goes, counted from 1", example=1, minimum=1),
        "off": flag("true leaves the step out", example=True),
    },
    "additionalProperties": True,
    "description": "parameters of the step, as a JSON merge patch, and its `place`",
    "example": {"off": True},
}
RECIPE_VERSION = answer(
    {
        "version": whole(),
        "is_current": flag(),
        "made_from": whole("the version that it was made of, to which undo goes"),
        "steps": some(STEP, "to who does not work on the project, only their `op`"),
        "taken_from": RECIPE_REF,
        "by": ID | {"description": "for who works on the project"},
        "at": when("made"),
    },
    null=("made_from", "at", "taken_from"),
)
RECIPE_VERSION_PAGE = page_of(RECIPE_VERSION)
_SOURCE_SHOWN = answer(
    {
        "dataset_id": ID,
        "title": text("where you may read the dataset"),
        "mapping": _MAPPING,
        "recipe_id": ID | {"description": "the recipe that its steps were taken from, where you may read it"},
        "recipe": answer(
            {
                "version": whole("of the recipe they were taken from"),
                "steps": some(STEP, "to who does not work on the project, only their `op`"),
            },
            null=("version",),
        ),
        "loan": answer({"by": ID, "at": when("lent"), "up_to": OPEN_LEVEL, "columns": some(text())}),
        "stale": text("why it is not up to date, or null"),
    },
    null=("recipe_id", "recipe", "loan", "stale"),
)
PROJECT = answer(
    {
        **SHOWN,
        "licence": LICENCE,
        "model_id": ID,
        "sources": some(_SOURCE_SHOWN),
        "recipe": answer(
            {
                "version": whole("the project's own number"),
                "steps": some(STEP, "to who does not work on the project, only their `op`"),
                "taken_from": RECIPE_REF,
            },
            null=("taken_from",),
        ),
        "dataset_id": ID | {"description": "the consolidated dataset, once built"},
        "stale": STALE,
        "rebuild": _REBUILD,
        "rebuild_by": ID | {"description": "of `automatic`: as whom; for who works on the project"},
        "rebuild_stopped": text("of `automatic`: why there are no builds until somebody asks for it again, or null"),
        "rebuild_failing": answer(
            {
                "since": when("the first of them failed"),
                "job_id": ID | {"description": "of the last, if it was queued"},
            },
            description="of `automatic`: builds fail until one succeeds; or null; for who works on the project",
            null=("job_id",),
        ),
    },
    null=("licence", "model_id", "dataset_id", "stale", "rebuild_stopped", "rebuild_failing"),
)
PROJECT_PAGE = page_of(PROJECT)
PROPOSALS = answer(
    {
        "proposals": some(
            answer(
                {
                    "dataset_id": ID,
                    "column": text(),
                    "field": text(),
                    "score": {"type": "number", "description": "0 to 1"},
                    "why": text(),
                }
            )
        )
    }
)
BUILD_NEW = thing({"note": text("of the version, for its readers", longest=1000, example="Figures of January")})
BUILD = answer(
    {
        "id": ID,
        "job_id": ID,
        "state": one_of(STATES),
        "version": whole("of the consolidated dataset"),
        "recipe_version": whole("the project's own number"),
        "taken_from": RECIPE_REF,
        "started_by": ID | {"description": "for who works on the project"},
        "created_at": when("asked"),
        "automatic": flag("whether it was started because the project was stale"),
        "report": ANYTHING,
    }
)
BUILD_PAGE = page_of(BUILD)
STEPS = answer(
    {"items": some(ANYTHING), "total": whole()},
    description="the catalogue: op, group, scope, description, JSON Schema, example",
)


def project_view(actor: Actor, seen: SeenProject, names: Names) -> dict[str, Any]:
    """A project as its reader sees it."""
    project = seen.project
    shown = shared_view(actor, project, names) | {
        "licence": project.licence,
        "sources": [source_view(source) for source in seen.sources],
        "recipe": {
            "version": project.recipe.version,
            "steps": list(shown_steps(project.recipe, seen.inside)),
            "taken_from": ref_view(seen.taken_from),
        },
        "dataset_id": seen.dataset_id,
        "stale": stale_view(project.stale),
        **_rebuild(project, seen.inside),
    }
    return shown | ({"model_id": seen.model_id} if seen.model_id or not project.model_id else {})


def _rebuild(project: Project, inside: bool) -> dict[str, Any]:
    told = project.rebuild
    if told is None:
        return {"rebuild": REBUILDS[0], "rebuild_stopped": None}
    failing = {"since": told.failing.since, "job_id": told.failing.job_id} if told.failing else None
    by = {"rebuild_by": told.by, "rebuild_failing": failing} if inside else {}
    return {"rebuild": REBUILDS[1], "rebuild_stopped": told.stopped, **by}


def project_recipe_view(one: SeenVersion) -> dict[str, Any]:
    """A version of a project's recipe as its reader sees it."""
    recipe = one.recipe
    told: dict[str, Any] = {
        "version": recipe.version,
        "is_current": one.is_current,
        "made_from": recipe.made_from,
        "at": recipe.at,
    }
    told["steps"] = list(shown_steps(recipe, one.inside))
    told["taken_from"] = ref_view(recipe.taken_from if one.inside else None)
    return told | ({"by": recipe.by} if one.inside and recipe.by else {})


def source_view(source: SeenSource) -> dict[str, Any]:
    known = {"dataset_id": source.dataset_id, "title": source.title}
    shown = {name: value for name, value in known.items() if value is not None}
    recipe = source.recipe
    return shown | {
        "mapping": source.mapping,
        "recipe_id": recipe.recipe_id if recipe else None,
        "recipe": {"version": recipe.version, "steps": list(recipe.steps)} if recipe else None,
        "loan": _loan(source),
        "stale": source.entry.stale,
    }


def build_view(build: Build) -> dict[str, Any]:
    shown = {
        "id": build.job.id,
        "job_id": build.job.id,
        "state": build.job.state,
        "version": build.version,
        "recipe_version": build.recipe_version,
        "taken_from": ref_view(build.taken_from),
        "created_at": build.job.created_at,
        "automatic": bool(build.job.params.get("automatic")),
        "report": build.report,
        "error": problem_of(build.error),
    }
    return shown | ({"started_by": build.job.started_by} if build.inside else {})


def _loan(source: SeenSource) -> dict[str, Any] | None:
    loans = [source.entry.loans[key] for key in source.lent]
    if not loans:
        return None
    last = max(loans, key=lambda loan: loan.at)
    return {"by": last.by, "at": last.at, "up_to": last.up_to, "columns": list(source.lent)}
