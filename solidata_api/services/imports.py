"""Imports: keep the uploaded bytes and answer at once; read them later, in a worker."""

from __future__ import annotations

import secrets
import time
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

Report = Callable[[int, int, str], None]


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
    from solidata_api.formats import open_table
    from solidata_api.formats.base import Limits
    from solidata_api.formats.importing import read_table

    started = time.monotonic()
    settings = backends.settings
    kept, row_key = Original(**job.params["original"]), secrets.token_hex(16)
    limits = Limits(max_columns=settings.max_columns, max_cell_chars=settings.max_cell_kb * 1024)
    options = ReadOptions(**job.params["options"])
    reading = open_table(backends.tables.local_path(kept.path), options, limits)
    read = read_table(reading, options, bytes.fromhex(row_key), report)
    dataset_id = job.params["dataset_id"]
    with backends.tables.writer(f"datasets/{dataset_id}/{job.attempt_name}") as writer:
        for frame in read.frames:
            writer.add(frame)
        written = writer.close()
    version = Version(
        id=job.attempt_name,
        dataset_id=dataset_id,
        n=1,
        job_id=job.id,
        columns=tuple(read.columns),
        parts=written.parts,
        row_count=written.row_count,
        sha256=written.sha256,
        report={**read.told, "duration_s": round(time.monotonic() - started, 3)},
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
