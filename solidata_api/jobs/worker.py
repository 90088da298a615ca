"""What a worker process does before its first job; Dask preloads this module.

So do those that `appserver.py worker` starts on other machines.
"""

from __future__ import annotations

from typing import Any

from solidata_api import logs, processes, settings


def dask_setup(_worker: Any) -> None:
    """Log like all of us, never outlive the dispatcher, and have at hand what every job needs."""
    logs.configure(settings.load().log_level, "worker")
    processes.die_with_parent()
    import solidata_api.jobs.tasks  # noqa: F401 (slow to import: better now than in the first job)
    from solidata_api.frames.arrow import give_memory_back

    give_memory_back()
