"""Which workers there are, which of them is kept for short jobs, and which are gone."""

from __future__ import annotations

from collections.abc import Iterable

from solidata_api.jobs.cluster import Worker

#: How long a worker may be missing before the job on it counts as lost.
LOST_SECONDS = 3.0
#: How long a name is remembered: a worker that starts again keeps its lane.
_REMEMBERED_SECONDS = 60.0


class Roster:
    """What was last seen of the workers; every method takes the present, in seconds of a monotonic clock."""

    def __init__(self, now: float) -> None:
        self.workers: tuple[Worker, ...] = ()
        self._names: dict[str, float] = {}
        self._addresses: dict[str, float] = {}
        self._populated_at = now

    def refresh(self, workers: Iterable[Worker], now: float) -> None:
        """Note who is here."""
        self.workers = tuple(workers)
        for worker in self.workers:
            self._names[worker.name] = self._addresses[worker.address] = self._populated_at = now
        self._names = {name: at for name, at in self._names.items() if now - at < _REMEMBERED_SECONDS}
        self._addresses = {one: at for one, at in self._addresses.items() if now - at < _REMEMBERED_SECONDS}

    def serves(self, worker: Worker, lane: str) -> bool:
        """The first by name takes short jobs and the others long ones; one that is alone takes all; all take mails."""
        if len(self._names) < 2 or lane == "mail":
            return True
        return (worker.name == min(self._names)) == (lane == "short")

    def choose(self, free: Iterable[Worker], lane: str) -> Worker | None:
        """A free worker for a job of this lane; the one kept for short jobs sends a mail only when no other can."""
        able = [worker for worker in free if self.serves(worker, lane)]
        return min(able, key=lambda worker: not self.serves(worker, "long"), default=None)

    def count(self, lane: str) -> int:
        """How many workers can take jobs of this lane."""
        return sum(self.serves(worker, lane) for worker in self.workers)

    def is_lost(self, worker: Worker, now: float) -> bool:
        return now - self._addresses.get(worker.address, 0.0) > LOST_SECONDS

    def empty_seconds(self, now: float) -> float:
        """For how long there has been no worker at all."""
        return 0.0 if self.workers else now - self._populated_at
