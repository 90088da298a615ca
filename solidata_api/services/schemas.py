"""Empty tables of a Table Schema: columns and key now, rows by later loads."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import table_schema
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import TYPES, Column, Dataset
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.domain.jobs import Job
from solidata_api.services import documents, publishing
from solidata_api.services.reading import ReadVersion, version_of


def checked(backends: Backends, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The source of an empty table; raises Invalid for a schema that makes none."""
    fields, key = table_schema.read(schema)
    most = backends.settings.max_columns
    faults = []
    if not 1 <= len(fields) <= most:
        told = f"a table has 1 to {most} columns (MAX_COLUMNS), not {len(fields)}"
        faults.append(Fault("/source/schema/fields", told))
    faults += [
        Fault(f"/source/schema/fields/{n}/type", f"{one['type']!r} is no type; known are {', '.join(TYPES)}")
        for n, one in enumerate(fields)
        if one["type"] not in TYPES
    ]
    if faults:
        raise Invalid("The schema does not fit.", faults)
    columns = [{name: value for name, value in one.items() if name not in ("name", "constraints")} for one in fields]
    named = [{"key": one["name"], **column} for one, column in zip(fields, columns, strict=True)]
    # What a column of ours can't hold is told in the report, not dropped in silence.
    left_out = {one["name"]: sorted(one["constraints"]) for one in fields if one["constraints"]}
    return {"type": "rows", "columns": named, "key": list(key), "left_out": left_out}


def title_of(schema: Mapping[str, Any]) -> str:
    """What a schema calls its table."""
    return next((one for one in (schema.get("title"), schema.get("name")) if isinstance(one, str) and one), "Table")


def execute(backends: Backends, actor: Actor, job: Job) -> dict[str, Any]:
    """Make the dataset with its columns, in a first version without rows."""
    from solidata_api.frames.arrow import empty_frame

    source, dataset_id = job.params["source"], job.params["dataset_id"]
    columns = tuple(Column(**one) for one in source["columns"])
    with backends.tables.writer(f"datasets/{dataset_id}/{job.attempt_name}") as writer:
        writer.add(empty_frame(columns))
        written = writer.close()
    read = ReadVersion(columns, written, _report(columns, source["left_out"]))
    version = version_of(job, actor, dataset_id, job.attempt_name, read, (), key=tuple(source["key"]))
    values = {**documents.founded(actor, job.params["infos"]), "id": dataset_id}
    first = Dataset(
        **values,
        kind="source",
        slug="",
        columns=columns,
        key=tuple(source["key"]),
        source={"type": "rows"},
        row_key=secrets.token_hex(16),
    )
    return publishing.publish(backends, job, version, lambda _: first)


def _report(columns: tuple[Column, ...], left_out: Mapping[str, list[str]]) -> dict[str, Any]:
    return {
        "columns": {one.key: {"type": one.type, "confidence": 1.0} for one in columns},
        "misfits": {"count": 0, "cells": []},
        "repairs": {"count": 0, "items": []},
        "rejected_rows": 0,
        **({"constraints_left_out": dict(left_out)} if left_out else {}),
        "duration_s": 0.0,
    }
