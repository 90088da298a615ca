"""Builds the adapters from the settings. Nothing connects before its first use."""

from __future__ import annotations

from collections.abc import Callable

from solidata_api.backends import Backends, leave_to_dispatcher
from solidata_api.domain.jobs import Job
from solidata_api.gateways.fetcher import open_fetcher
from solidata_api.gateways.mailer import open_mailer
from solidata_api.settings import Settings
from solidata_api.store import open_stores
from solidata_api.store.mongo import connect
from solidata_api.store.rates import RateStore
from solidata_api.tables import open_tables


def open_backends(settings: Settings, wake: Callable[[Job], None] = leave_to_dispatcher) -> Backends:
    """Everything that services may use, under these settings."""
    stores = open_stores(connect(settings.mongo_uri, settings.mongo_database))
    return Backends(
        **vars(stores),
        settings=settings,
        tables=open_tables(settings),
        mailer=open_mailer(settings),
        fetcher=open_fetcher(settings),
        rates=RateStore(stores.database, settings),
        wake=wake,
    )
