"""What a worker process does before its first job; Dask preloads this module.

So do those that `appserver.py worker` starts on other machines.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from solidata_api import logs, processes, settings


def dask_setup(_worker: Any) -> None:
    """Log like all of us, never outlive the dispatcher, and have at hand what every job needs."""
    logs.configure(settings.load().log_level, "worker")
    processes.die_with_parent()
    import solidata_api.jobs.tasks  # noqa: F401 (slow to import: better now than in the first job)
    from solidata_api.frames.arrow import give_memory_back

    give_memory_back()
    _prepare_steps()


def _prepare_steps() -> None:
    """Import and compile now what steps import and compile when they are first used: a fifth of a second, that whoever
    asks for the first preview of a worker would wait for."""
    from solidata_api.recipes import rows
    from solidata_api.recipes.expressions.grammar import parsed

    for module in pkgutil.walk_packages(rows.__path__, f"{rows.__name__}."):
        importlib.import_module(module.name)
    parsed("true")
