"""A run of steps written down: its rows, origins and rejects, and the version that they make. In a worker only."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Version
from solidata_api.domain.documents import now
from solidata_api.domain.jobs import Job
from solidata_api.services.corrected import Corrected


def version_of(
    backends: Backends,
    actor: Actor,
    job: Job,
    result: Any,
    row_key: str,
    key: Sequence[str],
    corrected: Corrected,
    told: Mapping[str, Any],
    **more: Any,
) -> Version:
    """The version that a run makes, all of it written; nothing points at it yet. `result` is a run that is not read.

    It keeps the corrections that were laid over what it read. `told` is added to its report, `more` are the version's
    other values, its dataset's id among them.
    """
    from solidata_api.frames.arrow import empty_frame

    started = time.monotonic()
    with backends.tables.writer(f"datasets/{more['dataset_id']}/{job.attempt_name}") as writer:
        writer.add(empty_frame(result.columns))
        for chunk in result.chunks(bytes.fromhex(row_key), key):
            writer.add(chunk.rows)
            writer.add_origins(chunk.origins)
        for rejects in result.rejects():
            writer.add_rejects(rejects)
        corrected.pin(writer)
        written = writer.close()
    took = round(time.monotonic() - started, 3)
    return Version(
        id=job.attempt_name,
        n=1,
        job_id=job.id,
        columns=tuple(result.columns),
        parts=written.parts,
        origin_parts=written.origin_parts,
        reject_parts=written.reject_parts,
        correction_parts=written.correction_parts,
        row_count=written.row_count,
        sha256=written.sha256,
        report={**result.report, "duration_s": took, "corrections": corrected.told(), **told},
        key=tuple(key),
        created_by=actor.user_id or "",
        created_at=now(),
        **more,
    )
