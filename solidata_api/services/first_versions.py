"""The first version of a new dataset, read from an upload: of its only table, or of one of several."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset, Original, ReadOptions, Version
from solidata_api.domain.documents import now
from solidata_api.domain.jobs import Job
from solidata_api.services import documents, fetching
from solidata_api.services.reading import Report, read_version


@dataclass(frozen=True)
class NewTable:
    """What is to be made: the dataset's id and infos, its version's id, how it is read, and where its parts go."""

    dataset_id: str
    version_id: str
    infos: Mapping[str, Any]
    options: ReadOptions
    prefix: str


def read_first(backends: Backends, actor: Actor, job: Job, table: NewTable, report: Report) -> tuple[Version, Dataset]:
    """Read a table into the first version of a dataset that is not visible yet."""
    kept, row_key = Original(**job.params["original"]), secrets.token_hex(16)
    read = read_version(backends, kept, table.options, row_key, table.prefix, report)
    version = Version(
        id=table.version_id,
        dataset_id=table.dataset_id,
        n=1,
        job_id=job.id,
        columns=read.columns,
        parts=read.written.parts,
        reject_parts=read.written.reject_parts,
        row_count=read.written.row_count,
        sha256=read.written.sha256,
        report={**read.report, **fetching.told(job.params)},
        original=kept,
        created_by=actor.user_id or "",
        created_at=now(),
    )
    about = {"type": "file", "filename": kept.filename, "bytes": kept.bytes, "media_type": kept.media_type}
    source = fetching.source_for(backends, job.params, table.dataset_id) or about
    values = {**documents.founded(actor, table.infos), "id": table.dataset_id}
    first = Dataset(**values, kind="source", slug="", columns=read.columns, source=source, row_key=row_key)
    return version, first
