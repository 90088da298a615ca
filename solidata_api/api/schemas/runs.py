"""Shapes of recipes run on one dataset."""

from __future__ import annotations

from typing import Any

from solidata_api.api.schemas import ANYTHING, answer, one_of, page_of, some, text, thing, whole
from solidata_api.api.schemas.jobs import JOB, job_view
from solidata_api.domain.jobs import Job

_DATASET = text("the dataset, by id or slug", longest=200)
PREVIEW_NEW = thing(
    {
        "dataset_id": _DATASET,
        "rows": whole("shown of a sample", example=50, minimum=1, maximum=1000),
    },
    ("dataset_id",),
)
PREVIEW = answer(
    {"columns": some(ANYTHING), "rows": some(ANYTHING), "steps": some(ANYTHING)},
    description="as a run would make them of the columns that the reader reads",
)
RUN_NEW = thing(
    {
        "dataset_id": _DATASET,
        "into": one_of(("new_version", "new_dataset"), "its next version, or another dataset, of yours"),
        "target": text("of a new version: another dataset, which an earlier run made, by id or slug", longest=200),
        "title": text("of the new dataset", longest=200, shortest=1),
    },
    ("dataset_id", "into"),
)
RUN = answer({"job": JOB, "recipe_version": whole(), "into": text("new_version or new_dataset")})
RUN_PAGE = page_of(RUN)


def run_view(job: Job) -> dict[str, Any]:
    """A run of a recipe."""
    return {"job": job_view(job), "recipe_version": job.params["recipe_version"], "into": job.params["into"]}
