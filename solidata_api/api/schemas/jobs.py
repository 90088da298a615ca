"""Shapes of jobs, and their view."""

from __future__ import annotations

from typing import Any

from solidata_api.api.context import backends
from solidata_api.api.errors import document
from solidata_api.api.schemas import ANYTHING, ID, PROBLEM, answer, one_of, page_of, text, thing, when, whole
from solidata_api.domain.jobs import STATES, Failure, Job

JOB = answer(
    {
        "id": ID,
        "kind": text("import, reload, reread, restore, build, run …"),
        "state": one_of(STATES),
        "progress": answer({"done": whole(), "total": whole("0: not known yet"), "message": text()}),
        "attempts": whole(),
        "created_at": when("asked"),
        "started_at": when("begun"),
        "ended_at": when("ended"),
        "error": PROBLEM | {"description": "why it failed, else null"},
        "result": ANYTHING
        | {
            "description": (
                "once it succeeded: {dataset_id, version}, where you may read it; of several tables also"
                " {datasets, skipped, failed}. Of a draft {draft: {columns, rows, row_count, report, options, cut}}; of"
                " several tables, these are the first's, beside {tables: [{sheet, columns, …}], skipped, failed}"
            )
        },
        "retry_until": when("until when POST /jobs/<id>/retry can read its file again; null: it can't"),
    },
    null=("started_at", "ended_at", "error", "result", "retry_until"),
)
RETRY = thing(
    {
        "options": ANYTHING
        | {
            "description": "laid over the earlier ones; null: detect again. Without `draft`, a draft is published",
            "example": {"delimiter": ";"},
        }
    }
)
JOB_PAGE = page_of(JOB)


def job_view(job: Job) -> dict[str, Any]:
    """A job as its readers see it."""
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "progress": {"done": job.progress.done, "total": job.progress.total, "message": job.progress.message},
        "attempts": job.attempts,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
        "error": problem_of(job.error),
        "result": _result(job.result),
        "retry_until": job.retry_until(backends().settings.upload_hours),
    }


def _result(result: dict[str, Any] | None) -> dict[str, Any] | None:
    """The result, what failed of several tables as problem documents."""
    if result is None:
        return result
    if "draft" in result:
        return {**result, "draft": _result(result["draft"])}
    if "failed" not in result:
        return result
    failed = [{**one, "error": document(**one["error"])} for one in result["failed"]]
    return {**result, "failed": failed}


def problem_of(failed: Failure | None) -> dict[str, Any] | None:
    """The problem document of a failed job."""
    return document(failed.kind, failed.detail, failed.errors) if failed else None
