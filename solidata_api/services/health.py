"""Whether the parts that the service is made of can work."""

from __future__ import annotations

from solidata_api.backends import Backends
from solidata_api.domain.errors import Unavailable
from solidata_api.domain.jobs import STATES

#: The lease that the dispatcher renews; its `info` tells how many workers it has.
LEASE = "dispatcher"


def missing(backends: Backends) -> list[str]:
    """What does not work now; empty: all does."""
    try:
        backends.ping()
        sign = backends.leases.read(LEASE)
    except Unavailable:
        return ["database"]
    if sign is None:
        return ["dispatcher"]
    return [] if sign.get("workers", 0) + sign.get("short_workers", 0) > 0 else ["workers"]


def jobs_by_state(backends: Backends) -> dict[str, int]:
    """How many jobs wait and run now."""
    return {state: backends.jobs.count(state) for state in STATES[:2]}
