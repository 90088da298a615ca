"""Where jobs run: the Dask workers, one job each at a time, told apart by their address."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import dask
from distributed import Client, Future, KilledWorker, LocalCluster
from distributed.comm import CommClosedError
from distributed.security import Security

from solidata_api.settings import Settings

log = logging.getLogger(__name__)

CONFIG: dict[str, Any] = {
    # Our attempt count is the judge: by default Dask runs a memory bomb four times.
    "distributed.scheduler.allowed-failures": 0,
    # A worker busy in one long call can't answer; our time limit ends it, not its silence.
    "distributed.scheduler.worker-ttl": None,
    "distributed.scheduler.work-stealing": False,
    # Its pages would tell any local user what runs.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # Jobs keep nothing in Dask: no spilling, and no pause that would make the next job wait for ever.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.95,
    "distributed.worker.preload": ["solidata_api.jobs.worker"],
    "distributed.worker.daemon": True,
    "distributed.comm.timeouts.connect": "10s",
    # After this time without a worker Dask gives up its nanny, and `heal` starts both again. Starting a worker on a
    # busy machine takes some of it: given up too early, a nanny would be closed with the job that its worker just took.
    "distributed.deploy.lost-worker-timeout": "30s",
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.worker.profile.enabled": False,
}
_RESTART_SECONDS = 15.0
_MEMORY_TOPIC = "worker-restart-memory"


class ClusterLost(RuntimeError):
    """The scheduler or its workers are gone for good: start the dispatcher afresh."""


@dataclass(frozen=True)
class Worker:
    """A worker process that answers. Its name outlives it; its address does not."""

    name: str
    address: str


class _Client(Client):  # type: ignore[misc]
    """Dask's client, which closes itself or connects again where a line breaks, but not at this error."""

    async def _ensure_connected(self, timeout: Any = None) -> None:
        try:
            await super()._ensure_connected(timeout)
        except ValueError as error:
            # Tornado says that a line is not idle when its other end hung up before TLS began: a scheduler that ends.
            raise CommClosedError("the scheduler hung up") from error


class Cluster:
    """The workers of one scheduler, ours or an outside one."""

    def __init__(self, client: Client, local: LocalCluster | None = None, size: int = 0) -> None:
        self._client = client
        self._local = local
        self._size = size

    @property
    def is_local(self) -> bool:
        return self._local is not None

    def workers(self) -> list[Worker]:
        """The workers that can take a job now, by name. Raises ClusterLost."""
        known = self._addresses()
        alive = [Worker(str(one["name"]), address) for address, one in known.items() if one["status"] == "running"]
        return sorted(alive, key=lambda worker: worker.name)

    def heal(self) -> None:
        """Start those of our workers again that Dask gave up; it would leave them missing."""
        if self._local is not None:
            self._local.scale(self._size)

    def submit(self, run: Callable[..., Any], job_id: str, fence: int, worker: Worker) -> Future[Any]:
        """Run a job's attempt on this worker and on no other."""
        return self._client.submit(
            run, job_id, fence, key=f"{job_id}-{fence}", workers=[worker.address], allow_other_workers=False,
            pure=False, retries=0,
        )  # fmt: skip

    def restart(self, address: str) -> None:
        """End the process of a worker, whatever it does; another one takes its place under the same name.

        Dask can't stop a running function, and its own restart first waits four seconds for the function to end.
        """
        with suppress(KeyError, CommClosedError):  # it is gone already, or its scheduler is
            answers = self._client.run(_kill_process, workers=[address], nanny=True, on_error="return")
            if any(isinstance(answer, Exception) for answer in answers.values()):
                self._client.restart_workers([address], timeout=30, raise_for_error=False)
        deadline = time.monotonic() + _RESTART_SECONDS
        while address in self._addresses() and time.monotonic() < deadline:
            time.sleep(0.05)

    def ran_out_of_memory(self, address: str) -> bool:
        """Did the nanny of this worker end it for its memory? It says so while the process still dies."""
        for _ in range(5):
            events = self._client.get_events(_MEMORY_TOPIC)
            if any(event["worker"] == address for _, event in events):
                return True
            time.sleep(0.1)
        return False

    def _addresses(self) -> dict[str, dict[str, Any]]:
        try:
            if self._client.status == "running":
                return dict(self._client.scheduler_info()["workers"])
        except Exception as error:  # Dask raises a dozen kinds here, and all mean the same
            if self.is_local:
                raise ClusterLost("the Dask scheduler does not answer") from error
        if self._client.status in ("closing", "closed"):
            raise ClusterLost("the Dask scheduler does not answer")
        # An outside scheduler starts again. The workers that the client remembers would be given jobs to lose.
        return {}

    def close(self) -> None:
        self._client.close(timeout=2)
        if self._local is not None:
            self._local.close(timeout=5)


def open_cluster(settings: Settings) -> Cluster:
    """Connect to DASK_SCHEDULER, or start workers of our own: one for short jobs and JOB_WORKERS for the others."""
    dask.config.set(CONFIG)
    if settings.dask_scheduler:
        client = _Client(settings.dask_scheduler, timeout=10, set_as_default=False, security=tls(settings))
        return Cluster(client)
    size = settings.job_workers + 1
    local = LocalCluster(
        n_workers=size,
        threads_per_worker=1,
        processes=True,
        memory_limit=settings.worker_memory_mb * 2**20,
        host="127.0.0.1",
        # Without it, any local user could run code through the scheduler's port.
        security=True,
        dashboard_address=None,
        scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        local_directory=str(settings.data_dir / "workers"),
        silence_logs=logging.WARNING,
    )
    return Cluster(_Client(local, set_as_default=False), local, size)


def tls(settings: Settings) -> Security:
    """Both ends show a certificate of our own authority: whoever reaches the scheduler can run code on every worker."""
    ours = {"cert": settings.dask_tls_cert, "key": settings.dask_tls_key}
    pairs = {f"tls_{role}_{part}": path for role in ("scheduler", "worker", "client") for part, path in ours.items()}
    return Security(require_encryption=True, tls_ca_file=settings.dask_tls_ca, **pairs)


def _kill_process(dask_worker: Any) -> None:
    """Called in the nanny, which then starts another process. Dask gives it itself under this name."""
    os.kill(dask_worker.pid, signal.SIGKILL)


def died_at(error: BaseException | None) -> str | None:
    """The address of the worker that died under a task, if that is what went wrong."""
    return error.last_worker.address if isinstance(error, KilledWorker) else None
