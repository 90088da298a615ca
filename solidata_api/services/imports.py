"""Imports: keep the uploaded bytes and answer at once; read them later, in a worker."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import IO, Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset, Original, ReadOptions, Version
from solidata_api.domain.documents import new_id, now
from solidata_api.domain.errors import EmptyFile
from solidata_api.domain.jobs import Job, Subject
from solidata_api.domain.options import read_options
from solidata_api.services import accounts, documents, publishing
from solidata_api.services.jobs import enqueue
from solidata_api.services.reading import Report, read_version


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
    kept = _keep(backends, upload)
    dataset_id = new_id()
    params = {"dataset_id": dataset_id, "original": asdict(kept), "infos": infos, "options": asdict(options)}
    return enqueue(backends, actor, "import", params, Subject("dataset", dataset_id))


def execute(backends: Backends, job: Job, report: Report) -> dict[str, Any]:
    """Read the upload into the first version of a new dataset."""
    actor = accounts.acting_now(backends, job)
    return publishing.published(backends, job) or _import(backends, actor, job, report)


def _import(backends: Backends, actor: Actor, job: Job, report: Report) -> dict[str, Any]:
    kept, row_key = Original(**job.params["original"]), secrets.token_hex(16)
    options = ReadOptions(**job.params["options"])
    dataset_id = job.params["dataset_id"]
    read = read_version(backends, kept, options, row_key, f"datasets/{dataset_id}/{job.attempt_name}", report)
    version = Version(
        id=job.attempt_name,
        dataset_id=dataset_id,
        n=1,
        job_id=job.id,
        columns=read.columns,
        parts=read.written.parts,
        row_count=read.written.row_count,
        sha256=read.written.sha256,
        report=read.report,
        original=kept,
        created_by=actor.user_id or "",
        created_at=now(),
    )
    first = _first(actor, job, version, row_key)
    return publishing.publish(backends, job, version, lambda _: first)


def _first(actor: Actor, job: Job, version: Version, row_key: str) -> Dataset:
    kept = version.original
    source = (
        {"type": "file", "filename": kept.filename, "bytes": kept.bytes, "media_type": kept.media_type}
        if kept
        else None
    )
    values = {**documents.founded(actor, job.params["infos"]), "id": version.dataset_id}
    return Dataset(**values, kind="source", slug="", columns=version.columns, source=source, row_key=row_key)


def _keep(backends: Backends, upload: Upload) -> Original:
    path = f"uploads/{new_id()}"
    size, sha256 = backends.tables.keep(path, upload.stream)
    if size == 0:
        backends.tables.discard(path)
        raise EmptyFile(f"The file {upload.filename!r} is empty: 0 bytes.")
    return Original(path, upload.filename, size, sha256, upload.media_type)
