"""Drafts: an upload is read to its end and shown, and nothing is made of it until its sender publishes."""

from __future__ import annotations

import secrets
from dataclasses import asdict, fields
from datetime import timedelta
from typing import Any

import orjson

from solidata_api.backends import Backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Load, Original, ReadOptions, Version
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Invalid
from solidata_api.domain.jobs import Draft, Job
from solidata_api.domain.options import read_options, said
from solidata_api.services import duplicates
from solidata_api.services.each_table import Tables, asks, read_each
from solidata_api.services.reading import ReadVersion, Report, Table, read_version, version_of

ROWS = 50
SAMPLES = 5
#: Cells longer than this are cut; and of misfits and repairs so many are shown.
LONGEST, TOLD = 200, 200
#: The rows of a table take no more than this, and all that is shown of several tables; less is shown where they would.
MOST_BYTES, ALL_BYTES = 2_000_000, 8_000_000
#: What is left out first of a table that there is no room for.
DROPPED: tuple[tuple[str, Any], ...] = (("rows", []), ("report", {}), ("options", {}), ("columns", []))


def execute(backends: Backends, actor: Actor, job: Job, report: Report) -> dict[str, Any]:
    """Read the upload, keep what its sender is to see, and leave no rows behind."""
    kept, options = Original(**job.params["original"]), ReadOptions(**job.params["options"])
    prefix = f"datasets/{job.params['dataset_id']}/{job.attempt_name}"

    def table(n: int, asked: ReadOptions) -> dict[str, Any]:
        loads = [Load(kept, said(asdict(asked)))]
        read = read_version(backends, Table(loads, secrets.token_hex(16)), f"{prefix}/{n}", report)
        version = version_of(job, actor, job.params["dataset_id"], job.attempt_name, read, loads)
        return _shown(backends, version, read, asked)

    try:
        shown = _every(read_each(backends, job, table), options) if asks(options) else table(0, options)
    finally:
        backends.tables.discard(prefix)
    shown["duplicate_of"] = duplicates.of(backends, actor, kept)
    until = now() + timedelta(hours=backends.settings.upload_hours)
    backends.drafts.delete(job.id)
    backends.drafts.insert(Draft(id=job.id, started_by=job.started_by, shown=shown, expires_at=until))
    return {"draft": {"row_count": shown["row_count"]}}


def shown(backends: Backends, job: Job) -> dict[str, Any]:
    """The result of a draft with what it read, as long as that is kept."""
    found = backends.drafts.find(job.id)
    result = job.result or {}
    return {**result, "draft": {**result["draft"], **(found.shown if found else {})}}


def _every(tables: Tables[dict[str, Any]], options: ReadOptions) -> dict[str, Any]:
    """All tables, as many of their rows as there is room for, and beside them the first as if it were the only one."""
    listed, room = [], ALL_BYTES
    for name, one in tables.made:
        table = {"sheet": name, **one}
        for left_out, nothing in DROPPED:
            if len(orjson.dumps(table)) > room:
                table = {**table, left_out: nothing, "cut": True}
        room -= len(orjson.dumps(table))
        listed.append(table)
    # Given back, these read all of them in the same way; those of one table would not fit the others.
    first = {**tables.made[0][1], "options": said(asdict(options))}
    return {**first, "tables": listed, **tables.told()}


def _shown(backends: Backends, version: Version, read: ReadVersion, options: ReadOptions) -> dict[str, Any]:
    from solidata_api.frames.records import records

    keys = [column.key for column in read.columns]
    cut = _Cut()
    frames = backends.tables.frames(version, keys, limit=ROWS)
    rows = cut.rows([row for frame in frames for row in records(frame, keys)])
    samples = {
        key: list(dict.fromkeys(row[key] for row in rows if row[key] is not None))[:SAMPLES] if rows else []
        for key in keys
    }
    told = read.report.get("columns", {})
    columns = [
        {
            "key": column.key,
            "title": column.title,
            "type": column.type,
            "format": column.format,
            "confidence": told.get(column.key, {}).get("confidence"),
            "sample": samples[column.key],
        }
        for column in read.columns
    ]
    reported = cut.report(read.report)
    shown = {"columns": columns, "rows": rows, "row_count": read.written.row_count, "report": reported}
    return {**shown, "options": detected(read, options), "cut": cut.happened}


def detected(read: ReadVersion, options: ReadOptions) -> dict[str, Any]:
    """The options that were used, given or found: given back, they read the file in the same way."""
    names = [entry.name for entry in fields(ReadOptions) if entry.name != "draft"]
    found = {name: read.report[name] for name in names if _fits(name, read.report.get(name))}
    return {**found, **said(asdict(options)), "types": {column.key: column.type for column in read.columns}}


def _fits(name: str, value: Any) -> bool:
    """Whether what was found can be asked for: there are files that no option describes."""
    if value is None:
        return False
    try:
        read_options({name: value})
    except Invalid:
        return False
    return True


class _Cut:
    """Cuts what is long, and remembers that it did."""

    def __init__(self) -> None:
        self.happened = False

    def rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """As many of the rows as there is room for, their texts cut."""
        kept: list[dict[str, Any]] = []
        room = MOST_BYTES
        for row in rows:
            short = {key: self.text(value) for key, value in row.items()}
            room -= len(orjson.dumps(short))
            if room < 0:
                self.happened = True
                break
            kept.append(short)
        return kept

    def report(self, report: dict[str, Any]) -> dict[str, Any]:
        """The import report with the first of its misfits and repairs."""
        short = dict(report)
        for name, inner in (("misfits", "cells"), ("repairs", "items")):
            part = dict(short.get(name) or {})
            listed = part.get(inner) or []
            self.happened = self.happened or len(listed) > TOLD
            part[inner] = [{key: self.text(value) for key, value in one.items()} for one in listed[:TOLD]]
            short[name] = part
        return short

    def text(self, value: Any) -> Any:
        if not isinstance(value, str) or len(value) <= LONGEST:
            return value
        self.happened = True
        return value[:LONGEST] + "…"
