"""The first version of a new dataset, read from an upload: of its only table, or of one of several."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset, Load, Original, ReadOptions, Version
from solidata_api.domain.jobs import Job
from solidata_api.domain.options import said
from solidata_api.services import documents, fetching
from solidata_api.services.reading import Report, Table, read_version, version_of


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
    loads = [Load(kept, said(asdict(table.options)))]
    read = read_version(backends, Table(loads, row_key), table.prefix, report)
    told = {**read.report, **fetching.told(job.params)}
    version = version_of(job, actor, table.dataset_id, table.version_id, read, loads, report=told)
    about = {"type": "file", "filename": kept.filename, "bytes": kept.bytes, "media_type": kept.media_type}
    source = fetching.source_for(backends, job.params, table.dataset_id) or about
    values = {**documents.founded(actor, table.infos), "id": table.dataset_id}
    first = Dataset(**values, kind="source", slug="", columns=read.columns, source=source, row_key=row_key)
    return version, first
