"""Shapes of what `check` and previews answer."""

from __future__ import annotations

from solidata_api.api.schemas import (
    ANYTHING,
    FORMAT,
    ID,
    OPEN_LEVEL,
    TYPE,
    answer,
    flag,
    many,
    one_of,
    some,
    text,
    thing,
    whole,
)
from solidata_api.api.schemas.drift import DRIFT
from solidata_api.api.schemas.projects import STEP
from solidata_api.services import preview_steps, previews

_REMARK = answer({"where": text("what it is about"), "message": text(longest=2000)})
COLUMN_ON_THE_WAY = answer(
    {
        "key": text(),
        "title": text(),
        "type": TYPE,
        "format": text(),
        "cap": OPEN_LEVEL | {"description": "the most open level that what is made of it can have"},
        "open_level": OPEN_LEVEL | {"description": "in the end: the level that the build gives it"},
    }
)
STAGES = some(
    answer(
        {
            "n": whole("from 1; 0: sources stacked, the one behind the last: fields take their types"),
            "source": ID | {"description": "the source whose own recipe the step is of"},
            "inner": some(whole(), "of a step of a recipe that `use` names: its place there"),
            "op": text(),
            "off": flag("the step is off, and changes nothing"),
            "columns": some(COLUMN_ON_THE_WAY, "after the step; null from the first one on that does not fit"),
            "count": whole("where too many columns were told before: how many there are, and `columns` is null"),
            "problems": some(answer({"parameter": text(), "message": text(longest=2000)})),
        },
        null=("columns",),
    ),
    "to who works on it: the columns after each step",
)
CHECK = answer(
    {"buildable": flag(), "problems": some(_REMARK), "warnings": some(_REMARK), "drift": some(DRIFT), "steps": STAGES}
)
RECIPE_CHECK_NEW = thing(
    {
        "steps": many(STEP, "in this order", most=200),
        "columns": many(
            thing(
                {
                    "key": text(longest=60, shortest=1),
                    "title": text(),
                    "type": TYPE,
                    "format": FORMAT,
                    "open_level": OPEN_LEVEL | {"description": "`opendata` unless told"},
                },
                ("key",),
            ),
            "to begin with; or those of a dataset",
            most=500,
        ),
        "dataset_id": ID | {"description": "a dataset that you may read: the columns of it that you may read"},
    },
    ("steps",),
    example={
        "steps": [{"op": "to_integer", "columns": ["population"]}, {"op": "sort", "by": ["-population"]}],
        "columns": [{"key": "code"}, {"key": "population"}],
    },
)
RECIPE_CHECK = answer({"problems": some(_REMARK), "warnings": some(_REMARK), "steps": STAGES})
PREVIEW_NEW = thing(
    {
        "rows": whole("shown at most", example=50, minimum=1, maximum=previews.MOST_ROWS),
        "sample": whole(
            f"rows read, spread over all sources; {previews.SAMPLE} unless told",
            example=1000,
            minimum=previews.LEAST_SAMPLE,
            maximum=previews.MOST_SAMPLE,
        ),
        "step": whole("show the rows before and after this step, counted from 1; unsaid: those in the end", minimum=1),
        "inner": many(
            whole(minimum=1),
            "inside the recipe that the step uses: the place of a step there, and so on inwards",
            most=preview_steps.MOST_INNER,
        ),
        "source": ID | {"description": "the step is of the recipe that this source of the project has for itself"},
    },
    example={"rows": 50},
)
_ROWS_SHOWN = answer({"columns": some(ANYTHING), "rows": some(ANYTHING)})
PREVIEW = answer(
    {
        "columns": some(ANYTHING),
        "rows": some(ANYTHING),
        "steps": some(ANYTHING, "balance sheets over the sample, with rejects; with `step` only of that one"),
        "withheld": text(
            "where rows and steps would tell of what you may not read: why there are none", longest=20_000
        ),
        "step": answer(
            {"n": whole(), "op": text(), "inner": some(whole()), "source": ID},
            description="this and the following: with `step`",
        ),
        "before": _ROWS_SHOWN,
        "after": _ROWS_SHOWN,
        "changed": some(
            answer(
                {
                    "before": some(whole(), "which of `before`, from 0"),
                    "after": whole("which of `after`, from 0; null: none, it is gone"),
                    "what": one_of(
                        ("same", "changed", "merged", "split", "added", "filtered", "rejected", "gone"),
                        "what became of it",
                    ),
                    "cells": some(text(), "the columns whose cells changed"),
                    "moved": flag("it now stands behind a row that it stood before"),
                    "rows_before": whole("of how many rows it was made, where not all are shown"),
                },
                null=("after",),
            )
        ),
        "counts": ANYTHING | {"description": "of all rows of the sample: how many were changed, merged, …"},
        "sample": answer({"rows": whole("read"), "of": whole("in all sources")}),
        "last_build": ANYTHING
        | {
            "description": "where the last build ran this version of the recipe: the step's counts over all rows;"
            " `stale` says that something else changed since",
            "x-nullable": True,
        },
    },
    description="as the build would make them",
)
