"""Tells the job document how far its work is, at most twice a second."""

from __future__ import annotations

import time

from solidata_api.backends import Backends
from solidata_api.domain.errors import Cancelled
from solidata_api.domain.jobs import Job, Progress

PAUSE_S = 0.5


class Reporter:
    """Called as `report(done, total, message)`; raises Cancelled once the attempt is no longer the current one."""

    def __init__(self, backends: Backends, job: Job) -> None:
        self.backends = backends
        self.job = job
        self.told_at = 0.0
        self.total = 1

    def __call__(self, done: int, total: int, message: str) -> None:
        self.total = max(done, total, 1)
        if self.job.lane == "short":
            # Who waits for its answer does not follow it: each would be a write that nobody reads.
            return
        if time.monotonic() - self.told_at < PAUSE_S and done < total:
            return
        self.told_at = time.monotonic()
        if not self.backends.jobs.set_progress(self.job.id, self.job.fence, Progress(done, total, message)):
            raise Cancelled("The job was cancelled, or taken up by another attempt.")

    def finish(self) -> None:
        """All is done."""
        self(self.total, self.total, "done")
