"""Jobs on other machines or in other containers: what `appserver.py scheduler` and `appserver.py worker` run.

The dispatcher of each web machine reaches both through DASK_SCHEDULER; without it none of this is used.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NoReturn
from urllib.parse import urlsplit

import dask
from distributed import Nanny, Scheduler

from solidata_api import logs
from solidata_api.jobs.cluster import CONFIG, tls
from solidata_api.settings import Settings, to_environment

log = logging.getLogger(__name__)

_RETRY_SECONDS = 2.0
#: How long a worker process tries to reach the scheduler before we say so in the log and start afresh.
_REACH_SECONDS = 30


def run_scheduler(settings: Settings) -> int:
    """Hand jobs to workers until SIGTERM; the exit status. Its state may be lost: the job documents are the truth."""
    logs.configure(settings.log_level, "scheduler")
    return _run(partial(_schedule, settings))


def run_worker(settings: Settings) -> int:
    """Keep JOB_WORKERS worker processes, and one more, at the scheduler's service until SIGTERM; the exit status."""
    logs.configure(settings.log_level, "worker")
    return _run(partial(_work, settings))


def _run(body: Callable[[asyncio.Event], Awaitable[int]]) -> int:
    dask.config.set(CONFIG)
    return asyncio.run(_until_told(body))


async def _until_told(body: Callable[[asyncio.Event], Awaitable[int]]) -> int:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return await body(told)


async def _schedule(settings: Settings, told: asyncio.Event) -> NoReturn:
    scheduler = Scheduler(
        host=settings.host,
        port=urlsplit(settings.dask_scheduler).port or 8786,
        protocol="tls",
        security=tls(settings),
        dashboard=False,
        dashboard_address="127.0.0.1:0",
    )
    await scheduler
    log.info("the scheduler listens at %s", scheduler.address)
    await _first(told.wait(), scheduler.finished())
    # No farewell: Dask's would end the workers one after the other, and a job could lose all its attempts meanwhile.
    # They all notice at once that we are gone, and wait for the next scheduler.
    logging.shutdown()
    os._exit(0 if told.is_set() else 1)


async def _work(settings: Settings, told: asyncio.Event) -> int:
    # Names outlive processes, and a machine's are its own: the dispatcher keeps the first by name for short work.
    names = [f"{socket.gethostname()}-{number}" for number in range(settings.job_workers + 1)]
    log.info("%d workers serve the scheduler at %s", len(names), settings.dask_scheduler)
    await asyncio.gather(*(_keep_up(settings, name, told) for name in names))
    return 0


async def _keep_up(settings: Settings, name: str, told: asyncio.Event) -> None:
    """One worker process and its nanny; both start afresh when they lose the scheduler."""
    while not told.is_set():
        try:
            async with _nanny(settings, name) as nanny:
                await _first(told.wait(), nanny.finished())
        except Exception as error:  # Dask raises a dozen kinds here, and all mean the same
            log.warning(
                "worker %s could not join the scheduler at %s (%s): it is not there, has another certificate authority,"
                " or knows a worker of this name already", name, settings.dask_scheduler, type(error).__name__,
            )  # fmt: skip
        await _first(told.wait(), asyncio.sleep(_RETRY_SECONDS))


def _nanny(settings: Settings, name: str) -> Nanny:
    scratch = settings.data_dir.resolve() / "tmp"
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Nanny(
        settings.dask_scheduler,
        name=name,
        nthreads=1,
        memory_limit=settings.worker_memory_mb * 2**20,
        security=tls(settings),
        death_timeout=_REACH_SECONDS,
        local_directory=str(settings.data_dir / "workers"),
        # What the command line said must hold in the process that runs the jobs. In a container /tmp lies in memory,
        # and a job sets aside as much as its file holds.
        env={**to_environment(settings), "TMPDIR": str(scratch)},
        silence_logs=logging.WARNING,
    )


async def _first(*awaited: Awaitable[object]) -> None:
    """Wait until one of them is done, and give the others up."""
    tasks = [asyncio.ensure_future(one) for one in awaited]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
