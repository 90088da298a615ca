"""Backends: the frozen bundle of what services may use. `wiring.py` is the only place that fills it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from solidata_api.domain.jobs import Job
from solidata_api.gateways.fetcher import Fetcher
from solidata_api.gateways.mailer import Mailer
from solidata_api.settings import Settings
from solidata_api.store import Stores
from solidata_api.store.rates import RateStore
from solidata_api.tables import Tables


def leave_to_dispatcher(job: Job) -> None:
    """What happens to a job once it is stored: nothing here, the dispatcher follows new job documents."""


@dataclass(frozen=True)
class Backends(Stores):
    """Stores, tables and gateways. `wake` is told of each stored job; tests run jobs inline with it."""

    settings: Settings
    tables: Tables
    mailer: Mailer
    fetcher: Fetcher
    rates: RateStore
    wake: Callable[[Job], None] = leave_to_dispatcher
