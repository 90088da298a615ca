"""Housekeeping: what nobody needs any more goes, a little at each turn. Every sweep can be repeated."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import timedelta

from solidata_api.backends import Backends
from solidata_api.domain.documents import now
from solidata_api.services import kept_steps, pruning, trash, uploads
from solidata_api.store.mongo import DatabaseGone

#: How much one turn removes or looks at, at most.
MOST_FILES, MOST_DATASETS = 200, 20
_log = logging.getLogger(__name__)


def sweep(backends: Backends) -> dict[str, int]:
    """Remove files that nothing needs, datasets whose days in the trash are over, and old versions; counts each."""
    done = {}
    sweeps: dict[str, Callable[[Backends], int]] = {
        "uploads": _sweep_uploads,
        "datasets": _sweep_trash,
        "versions": lambda one: pruning.sweep(one, MOST_DATASETS),
        "kept_steps": kept_steps.sweep,
    }
    for name, one in sweeps.items():
        try:
            done[name] = one(backends)
        except DatabaseGone:
            raise
        except Exception:
            # What can't be removed must not keep the rest from going.
            _log.exception("the sweep of %s failed", name)
            done[name] = 0
    if any(done.values()):
        _log.info("swept: %s", done)
    return done


def _sweep_uploads(backends: Backends) -> int:
    """A few of the old files at random, so that those which stay do not stand before the others for ever."""
    before = now() - timedelta(hours=backends.settings.upload_hours)
    old = [path for path, changed in backends.tables.listed(uploads.FOLDER) if changed < before]
    chosen = random.sample(old, min(len(old), MOST_FILES))
    return sum(uploads.release(backends, path) for path in chosen)


def _sweep_trash(backends: Backends) -> int:
    over = trash.expired(backends, MOST_DATASETS)
    for dataset in over:
        trash.purge(backends, dataset)
    return len(over)
