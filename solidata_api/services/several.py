"""Several tables in one upload: a dataset of each. All are read before the first becomes visible.

Ids are made of the job's, so that an attempt after one that was killed while it published finds what that one made.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset, Original, ReadOptions, Version
from solidata_api.domain.errors import Cancelled, EmptyFile, NotATable, SolidataError, Unavailable
from solidata_api.domain.jobs import Job
from solidata_api.services import publishing
from solidata_api.services.first_versions import NewTable, read_first
from solidata_api.services.reading import Report, limits

Made = tuple[str, Version, Dataset]


def asks(options: ReadOptions) -> bool:
    """Whether a dataset of each table is asked for."""
    return options.sheets == "all" or options.entry == "*"


def execute(backends: Backends, actor: Actor, job: Job, report: Report) -> dict[str, Any]:
    """Read every table of the upload and publish each. One that can't be read keeps none of the others back."""
    from solidata_api.formats import tables_in

    path = backends.tables.local_path(Original(**job.params["original"]).path)
    found = tables_in(path, ReadOptions(**job.params["options"]), limits(backends))
    done: list[dict[str, Any]] = []
    made: list[Made] = []
    skipped: list[str] = []
    failed: list[tuple[str, SolidataError]] = []
    for n, options in enumerate(found):
        name = name_of(options)
        try:
            known = _published(backends, job, n)
            if known is not None:
                done.append({**known, "sheet": name})
            else:
                made.append((name, *read_first(backends, actor, job, _table(job, n, options), report)))
        except (Cancelled, Unavailable):
            raise
        except EmptyFile:
            skipped.append(name)
        except SolidataError as error:
            failed.append((name, error))
    if not made and not done:
        raise failed[0][1] if failed else NotATable("Every sheet of the file is blank.")
    done += [_publish(backends, job, one) for one in made]
    return {
        "dataset_id": done[0]["dataset_id"],
        "version": done[0]["version"],
        "datasets": done,
        "skipped": skipped,
        "failed": [{"sheet": name, "error": {"kind": one.kind, "detail": one.detail}} for name, one in failed],
    }


def name_of(options: ReadOptions) -> str:
    """What one table of several is called."""
    return " – ".join(one for one in (options.entry, options.sheet) if one and one != "*") or "table"


def sweep(backends: Backends, job: Job) -> None:
    """Remove what an attempt wrote and did not publish."""
    folder = _folder(job)
    kept = {one.id for one in backends.versions.all_by(job_id=job.id) if _is_visible(backends, one)}
    for one in backends.versions.all_by(job_id=job.id):
        if one.id not in kept:
            backends.versions.delete(one.id)
    for n in backends.tables.folders(folder):
        if f"{job.attempt_name}-{n}" not in kept:
            backends.tables.discard(f"{folder}/{n}")


def _publish(backends: Backends, job: Job, made: Made) -> dict[str, Any]:
    name, version, first = made
    return {**publishing.publish(backends, job, version, lambda _: first), "sheet": name}


def _table(job: Job, n: int, options: ReadOptions) -> NewTable:
    infos = {**job.params["infos"], "title": f"{job.params['infos']['title']} – {name_of(options)}"[:200]}
    plain = replace(options, sheets=None)
    return NewTable(_id(job, n), f"{job.attempt_name}-{n}", infos, plain, f"{_folder(job)}/{n}")


def _folder(job: Job) -> str:
    return f"datasets/{job.params['dataset_id']}/{job.attempt_name}"


def _id(job: Job, n: int) -> str:
    """The first is the job's subject; the others' ids nobody foresees who does not know that one."""
    first: str = job.params["dataset_id"]
    return first if n == 0 else hashlib.sha256(f"{first} {job.id} {n}".encode()).hexdigest()[:24]


def _published(backends: Backends, job: Job, n: int) -> dict[str, Any] | None:
    """What an earlier attempt made of a table."""
    dataset = backends.datasets.find(_id(job, n))
    return {"dataset_id": dataset.id, "version": 1} if dataset else None


def _is_visible(backends: Backends, version: Version) -> bool:
    dataset = backends.datasets.find(version.dataset_id) or backends.trash.find(version.dataset_id)
    return dataset is not None and any(ref.version_id == version.id for ref in dataset.versions)
