"""Imports: keep the uploaded bytes and answer at once; read them later, in a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import IO, Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Original, ReadOptions
from solidata_api.domain.documents import new_id
from solidata_api.domain.jobs import Job, Subject
from solidata_api.domain.options import read_options
from solidata_api.services import (
    accounts,
    documents,
    drafts,
    duplicates,
    fetching,
    publishing,
    schemas,
    several,
    uploads,
)
from solidata_api.services.first_versions import NewTable, read_first
from solidata_api.services.jobs import enqueue
from solidata_api.services.reading import Report


@dataclass(frozen=True)
class Upload:
    """What came through the door: a file being read, what the sender calls it, and the fields beside it."""

    stream: IO[bytes]
    filename: str
    media_type: str
    infos: Mapping[str, Any]
    options: Mapping[str, Any]


def request_import(backends: Backends, actor: Actor, receive: Callable[[], Upload]) -> Job:
    """Keep an upload's bytes and queue its reading; raises for what the door can see: no file, empty, too large."""
    policy.require_confirmed(actor)
    upload = receive()
    infos = {"title": upload.filename, **upload.infos}
    documents.check_licence(backends, infos.get("licence"))
    documents.check_first_levels(actor, infos)
    options = read_options(upload.options)
    kept = uploads.keep(backends, upload.stream, upload.filename, upload.media_type)
    dataset_id = new_id()
    params = {"dataset_id": dataset_id, "original": asdict(kept), "infos": infos, "options": asdict(options)}
    return enqueue(backends, actor, "import", params, Subject("dataset", dataset_id))


def execute(backends: Backends, job: Job, report: Report) -> dict[str, Any]:
    """Read the upload, or what lies at an address, into the first version of a new dataset."""
    actor = accounts.acting_now(backends, job)
    job = fetching.fetched(backends, job, report)
    if job.is_draft:
        return drafts.execute(backends, actor, job, report)
    known = None if several.asks(ReadOptions(**job.params["options"])) else publishing.published(backends, job)
    done = known or _import(backends, actor, job, report)
    same = duplicates.of(backends, actor, Original(**job.params["original"])) if job.upload else []
    made = {one["dataset_id"] for one in done.get("datasets", [done])}
    others = [one for one in same if one not in made]
    return {**done, "duplicate_of": others} if others else done


def _import(backends: Backends, actor: Actor, job: Job, report: Report) -> dict[str, Any]:
    dataset_id, options = job.params["dataset_id"], ReadOptions(**job.params["options"])
    if (job.params.get("source") or {}).get("type") == "rows":
        return schemas.execute(backends, actor, job)
    if several.asks(options):
        return several.execute(backends, actor, job, report)
    prefix = f"datasets/{dataset_id}/{job.attempt_name}"
    table = NewTable(dataset_id, job.attempt_name, job.params["infos"], options, prefix)
    version, first = read_first(backends, actor, job, table, report)
    return publishing.publish(backends, job, version, lambda _: first)
