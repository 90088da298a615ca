"""Hands queued jobs to workers and mirrors their outcome. `python -m solidata_api.jobs` runs it.

Several may start, on several machines; the holder of the lease works and the others stand by. Every decision is
in the job documents, so that a dispatcher may die at any moment and the next one carries on.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from solidata_api import logs
from solidata_api.backends import Backends
from solidata_api.domain.documents import now
from solidata_api.domain.jobs import Job
from solidata_api.jobs.attempts import Attempt, Ending, ending_of, killed, limit_of, time_limit, waited_too_long
from solidata_api.jobs.chores import Chore
from solidata_api.jobs.cluster import Cluster, ClusterLost, Worker
from solidata_api.jobs.roster import Roster
from solidata_api.services import freshness, housekeeping, instance, lineage, mails, rebuilding
from solidata_api.store.mongo import DatabaseGone

log = logging.getLogger(__name__)

LEASE = "dispatcher"
LEASE_SECONDS = 10.0
_RENEW_SECONDS = 2.0
_POLL_SECONDS = 2.0
#: How often what nobody needs any more is swept, and how often stale projects are looked for.
_SWEEP_SECONDS, _REBUILD_SECONDS = 300.0, 3.0
#: How often some tables are looked at, be it that nobody was told that they are stale.
_LOOK_SECONDS = 10.0
#: How often rights are settled that a killed writer left, and mails are looked for that lost their job.
_SETTLE_SECONDS, _RESUME_SECONDS = 2.0, 30.0
#: How long all workers of our own may be missing before a fresh start is the better hope.
_EMPTY_SECONDS = 60.0


class Dispatcher:
    """`run(job_id, fence)` is called in a worker; `sweep(backends, job)` here, to remove what a lost attempt left."""

    def __init__(
        self,
        backends: Backends,
        cluster: Cluster,
        *,
        holder: str,
        run: Callable[[str, int], Any],
        sweep: Callable[[Backends, Job], None],
    ) -> None:
        self.backends = backends
        self.jobs = backends.jobs
        self.settings = backends.settings
        self.cluster = cluster
        self.holder = holder
        self.run = run
        self.sweep = sweep
        self.attempts: dict[str, Attempt] = {}
        self.leads = False
        self._restarting: set[str] = set()
        self._roster = Roster(time.monotonic())
        self._renew_at = 0.0
        # Most not at the very start, when all that was left waits for the workers; lost mails and rights at once.
        self._chores = (
            Chore(housekeeping.sweep, _SWEEP_SECONDS),
            Chore(rebuilding.catch_up, _REBUILD_SECONDS),
            Chore(freshness.Look().turn, _LOOK_SECONDS),
            Chore(lineage.catch_up, _SETTLE_SECONDS, at_once=True),
            Chore(mails.resume, _RESUME_SECONDS, at_once=True),
        )
        self._stopping = False
        self._prepared = False
        # A SimpleQueue and not an Event: a signal handler may put into it at any moment.
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        # One for each chore, so that closed rights hardly ever wait for a sweep, and some to end processes.
        self._helpers = ThreadPoolExecutor(len(self._chores) + 3, thread_name_prefix="dispatcher")

    def wake(self, *_: Any) -> None:
        self._wakes.put(None)

    def stop(self, *_: Any) -> None:
        """Ask `work` to return; may be called from a signal handler."""
        self._stopping = True
        self.wake()

    def work(self) -> None:
        """Dispatch until `stop`. Raises ClusterLost when only a fresh start can help."""
        threading.Thread(target=self._follow, daemon=True, name="change stream").start()
        while not self._stopping:
            try:
                self._turn()
            except ClusterLost:
                raise
            except DatabaseGone:
                log.warning("the database does not answer; running jobs go on meanwhile")
            except Exception:
                # One strange document must not end the jobs of everybody; the next turn is in two seconds.
                log.exception("a turn of the dispatcher failed")
            self._rest()
        self._hand_over()

    def _turn(self) -> None:
        self._call_the_roll()
        self._hold_lease()
        if not self.leads:
            self._drop_all()
            return
        running = {job.id: job for job in self.jobs.running()}
        lost = [job for job in running.values() if job.id not in self.attempts]
        for attempt in list(self.attempts.values()):
            with logs.bind(job_id=attempt.job.id):
                self._look_after(attempt, running.get(attempt.job.id))
        for job in lost:
            # Its dispatcher is gone, or the database went away between our claim and its answer.
            self._end(job, killed(job, "the job engine stopped while it ran", self.settings.job_attempts))
        self._assign()
        self._keep_house()

    def _keep_house(self) -> None:
        for chore in self._chores:
            chore.take_turn(self._helpers, self.backends)

    def _call_the_roll(self) -> None:
        present = time.monotonic()
        self._see_workers(present)
        if self.cluster.is_local and not self._restarting and self._roster.empty_seconds(present) > _EMPTY_SECONDS:
            raise ClusterLost("no worker has come back")

    def _see_workers(self, present: float) -> None:
        self._roster.refresh((one for one in self.cluster.workers() if one.address not in self._restarting), present)

    def _rest(self) -> None:
        with suppress(queue.Empty):
            self._wakes.get(timeout=_POLL_SECONDS)
            while True:
                self._wakes.get_nowait()

    def _follow(self) -> None:
        """Wake at each new job. Not needed to be right, only to be quick: the loop also polls."""
        while not self._stopping:
            try:
                with self.jobs.changes() as stream:
                    for is_news in stream:
                        if is_news:
                            self.wake()
            except DatabaseGone:
                time.sleep(1)
            except Exception:
                log.exception("the change stream of jobs broke")
                time.sleep(_POLL_SECONDS)

    def _hold_lease(self) -> None:
        if time.monotonic() < self._renew_at:
            return
        info = {"workers": self._roster.count("long"), "short_workers": self._roster.count("short")}
        self.cluster.heal()
        if not self._prepared:
            # Before the lease, which says that all is ready.
            instance.prepare(self.backends)
            self._prepared = True
        led = self.leads
        self.leads = self.backends.leases.acquire(LEASE, self.holder, LEASE_SECONDS, info)
        self._renew_at = time.monotonic() + _RENEW_SECONDS
        if self.leads != led:
            log.info("this dispatcher %s: %s", "has the lease" if self.leads else "has lost the lease", info)

    def _drop_all(self) -> None:
        """Another dispatcher has the lease, and runs our jobs again."""
        for attempt in list(self.attempts.values()):
            self._abort(attempt, None)

    def _look_after(self, attempt: Attempt, current: Job | None) -> None:
        """Notice that an attempt ended, or end it: cancelled, over time, or no longer the current one."""
        present = time.monotonic()
        if attempt.ending is None and attempt.future.done():
            attempt.ending = ending_of(attempt, self.cluster, self.settings)
        if attempt.ending is not None:
            self._close(attempt, attempt.ending)
        elif current is None or current.fence != attempt.job.fence:
            self._abort(attempt, None)
        elif current.cancel_requested:
            self._abort(attempt, Ending("cancelled"))
        elif attempt.is_over_time(present, current.publishing):
            self._abort(attempt, time_limit(attempt.limit_seconds))
        elif self._roster.is_lost(attempt.worker, present):
            self._abort(attempt, killed(attempt.job, "the worker process died", self.settings.job_attempts))

    def _close(self, attempt: Attempt, ending: Ending) -> None:
        self._end(attempt.job, ending)
        del self.attempts[attempt.job.id]
        attempt.future.release()

    def _abort(self, attempt: Attempt, ending: Ending | None) -> None:
        """Tell the database first, so that the attempt can no longer publish, then end its process."""
        if ending is not None:
            self._write(attempt.job, ending)
        del self.attempts[attempt.job.id]
        self._restarting.add(attempt.worker.address)
        self._helpers.submit(self._kill, attempt)

    def _kill(self, attempt: Attempt) -> None:
        address = attempt.worker.address
        try:
            attempt.future.cancel()
            self.cluster.restart(address)
        except Exception:
            log.exception("worker %s could not be started again", address)
        finally:
            self._restarting.discard(address)
            self.wake()
        self._sweep(attempt.job)

    def _end(self, job: Job, ending: Ending) -> None:
        self._write(job, ending)
        if ending.state != "succeeded":
            self._helpers.submit(self._sweep, job)

    def _write(self, job: Job, ending: Ending) -> None:
        if ending.state == "queued":
            if ending.not_before is None:
                log.warning("job %s runs again: attempt %d was lost", job.id, job.attempts)
            self.jobs.requeue(job.id, job.fence, ending.not_before)
        else:
            self.jobs.finish(job.id, job.fence, ending.state, ending.error, ending.result)

    def _sweep(self, job: Job) -> None:
        try:
            self.sweep(self.backends, job)
        except Exception:
            log.exception("what attempt %s left behind could not be removed", job.attempt_name)

    def _assign(self) -> None:
        """Give each free worker of a lane the oldest job that waits in it and is due.

        Mails come last, so that they can't keep a preview waiting, and one at a time: a mail server that hangs must
        not hold more than one worker.
        """
        # Since the roll of this turn attempts may have ended with their worker or with the whole scheduler: a job
        # given to those would be lost a second time.
        self._see_workers(time.monotonic())
        if not self.jobs.any_queued():
            return
        taken = {attempt.worker.address for attempt in self.attempts.values()}
        free = [worker for worker in self._roster.workers if worker.address not in taken]
        for lane in ("short", "long", "mail"):
            if lane == "mail" and any(one.job.lane == "mail" for one in self.attempts.values()):
                break
            for job in self.jobs.due(lane, now(), 1 if lane == "mail" else len(free)) if free else []:
                worker = self._roster.choose(free, lane)
                if worker is not None and self._begin(job, worker):
                    free.remove(worker)

    def _begin(self, job: Job, worker: Worker) -> bool:
        claimed = self.jobs.claim(job.id)
        if claimed is None:
            return False
        limit = limit_of(job, self.settings)
        if job.lane == "short" and (now() - job.created_at).total_seconds() > limit:
            self._end(claimed, waited_too_long(limit))
            return False
        future = self.cluster.submit(self.run, claimed.id, claimed.fence, worker)
        self.attempts[claimed.id] = Attempt(claimed, worker, future, limit)
        future.add_done_callback(self.wake)
        return True

    def _hand_over(self) -> None:
        """Give running jobs back and the lease away, so that the next dispatcher starts them at once."""
        with suppress(DatabaseGone):
            for attempt in self.attempts.values():
                self.jobs.requeue(attempt.job.id, attempt.job.fence)
            if self.leads:
                self.backends.leases.release(LEASE, self.holder)
        with suppress(Exception):  # the processes end with us, or lost their fence: this only spares them work
            for attempt in self.attempts.values():
                self.cluster.restart(attempt.worker.address)
        self._helpers.shutdown(wait=False, cancel_futures=True)
