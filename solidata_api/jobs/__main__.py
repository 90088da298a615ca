"""Runs the dispatcher as a process of its own: `python -m solidata_api.jobs`."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from solidata_api import logs, settings
from solidata_api.domain.documents import new_id
from solidata_api.jobs import tasks
from solidata_api.jobs.cluster import Cluster, ClusterLost, open_cluster
from solidata_api.jobs.dispatcher import Dispatcher
from solidata_api.wiring import open_backends

log = logging.getLogger("solidata_api.jobs")

_STOP_SECONDS = 12
_RETRY_SECONDS = 2.0


def main() -> int:
    """Run the dispatcher of this process's settings until SIGTERM; the exit status says whether that was the end."""
    loaded = settings.load()
    logs.configure(loaded.log_level, "dispatcher")
    holder = _identity(loaded.data_dir)
    backends = open_backends(loaded)
    cluster = _open_patiently(loaded)
    dispatcher = Dispatcher(backends, cluster, holder=holder, run=tasks.run, sweep=tasks.sweep)

    def stop(*_: Any) -> None:
        signal.alarm(_STOP_SECONDS)  # whatever hangs from here on, the kernel ends it
        dispatcher.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        dispatcher.work()
    except ClusterLost as error:
        log.error("the dispatcher ends, to be started afresh: %s", error)
        return 1
    finally:
        cluster.close()
    return 0


def _identity(data_dir: Path) -> str:
    """A name for this folder's dispatcher, the same at each start, so that a new one has its predecessor's lease at
    once. The lock makes sure that there is only one; it is held until the process ends."""
    data_dir.mkdir(parents=True, exist_ok=True)
    handle = os.open(data_dir / "dispatcher.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    name = os.pread(handle, 100, 0).decode()
    if not name:
        name = new_id()
        os.pwrite(handle, name.encode(), 0)
    return name


def _open_patiently(loaded: settings.Settings) -> Cluster:
    """An outside scheduler may come later than we do."""
    while True:
        try:
            return open_cluster(loaded)
        except OSError:
            if not loaded.dask_scheduler:
                raise
            log.warning("the Dask scheduler at %s does not answer", loaded.dask_scheduler)
            time.sleep(_RETRY_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
