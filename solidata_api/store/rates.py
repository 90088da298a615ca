"""Rate limits, counted over all processes in the database: exact ones for what is rare, blocks for reads.

The counting is `limits`' moving window, the only one of its ways that works on both servers. Subjects (addresses,
accounts) are stored as keyed hashes.
"""

from __future__ import annotations

import hmac
import logging
import math
import time
from typing import Any

from limits import RateLimitItemPerSecond
from limits.storage import MongoDBStorage
from limits.strategies import MovingWindowRateLimiter
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.write_concern import WriteConcern

from solidata_api.domain import rates
from solidata_api.domain.errors import TooManyRequests
from solidata_api.domain.rates import Rate
from solidata_api.settings import Settings
from solidata_api.store.mongo import database_errors, listing_errors
from solidata_api.store.rate_blocks import RateBlocks

#: Mode `dev` multiplies every amount by this: there, one person clicks fast.
DEV_FACTOR = 20
#: Engines' work is counted in hundredths of a second.
UNITS = 100
_RACES = 5
_log = logging.getLogger("solidata_api.security")


class RateStore:
    """What was used up of each limit."""

    def __init__(self, database: Database[dict[str, Any]], settings: Settings) -> None:
        # A count lost in a crash harms nobody, so it need not wait for the journal.
        self._windows = database.get_collection("rate_windows", write_concern=WriteConcern(w=1))
        self._limiter = MovingWindowRateLimiter(_Windows(self._windows))
        self._key = hmac.digest(settings.secret_key.encode(), b"rates", "sha256")
        self._factor = DEV_FACTOR if settings.mode == "dev" else 1
        self._blocks = RateBlocks(database.get_collection("rate_blocks", write_concern=WriteConcern(w=1)))

    def ensure_indexes(self) -> None:
        """Windows that are over forget themselves."""
        with listing_errors(self._windows.database):
            self._windows.create_index("expireAt", expireAfterSeconds=0)
        self._blocks.ensure_indexes()

    def hit(self, limit: str, *subject: str) -> None:
        """Count one use of a limit, such as `3/hour`, by a subject; raises TooManyRequests when none is left."""
        rate = self._rate(limit)
        if rate is None:
            return
        item, key = RateLimitItemPerSecond(rate.amount, rate.seconds), self._hash(subject)
        with database_errors():
            for _ in range(_RACES):
                if self._limiter.hit(item, key):
                    return
                stats = self._limiter.get_window_stats(item, key)
                if stats.remaining < 1:
                    raise self._refusal(rate, stats.reset_time - time.time())
                # Two first uses at once: the database refused to make the same window twice.
        raise self._refusal(rate, 1)

    def hit_often(self, limit: str, *subject: str) -> None:
        """The same for what is cheap and frequent: this process takes blocks of uses, so that few ask the database."""
        rate = self._rate(limit)
        if rate is None:
            return
        wait = self._blocks.use(rate, self._hash(subject))
        if wait is not None:
            raise self._refusal(rate, wait)

    def allow_seconds(self, limit: int, *subject: str) -> None:
        """Raise TooManyRequests where a subject has used up its seconds of engines' work in a minute; 0: no limit."""
        if not limit:
            return
        rate = self._engine_rate(limit)
        wait = self._blocks.use(rate, self._hash(subject), 0)
        if wait is not None:
            told = f"{rate.amount // UNITS} seconds of engines' work a minute (ENGINE_SECONDS={limit})"
            raise self._refusal(rate, wait, told)

    def spend_seconds(self, limit: int, seconds: float, *subject: str) -> None:
        """Count what engines have used for a subject, also what was more than there was left."""
        if limit:
            self._blocks.spend(self._engine_rate(limit), self._hash(subject), seconds * UNITS)

    def _engine_rate(self, limit: int) -> Rate:
        return Rate(limit * UNITS, 60, f"{limit}/minute").times(self._factor)

    def _rate(self, limit: str) -> Rate | None:
        rate = rates.parse(limit)
        return rate.times(self._factor) if rate else None

    def _hash(self, subject: tuple[str, ...]) -> str:
        return hmac.digest(self._key, "\x00".join(subject).encode(), "sha256").hex()[:32]

    def _refusal(self, rate: Rate, wait: float, told: str = "") -> TooManyRequests:
        _log.warning("a rate limit is reached", extra={"limit": rate.text})
        seconds = max(1, math.ceil(wait))
        sentence = f"The limit is {told or rate.sentence}; try again in {seconds} s."
        return TooManyRequests(sentence, retry_after=seconds)


class _Windows(MongoDBStorage):
    """`limits`' storage in our database, over our connection with its time limits."""

    STORAGE_SCHEME: list[str] = []  # noqa: RUF012 (not to be found by an address)

    def __init__(self, windows: Collection[dict[str, Any]]) -> None:
        super().__init__("")
        self._ours = windows

    @property
    def windows(self) -> Any:
        return self._ours

    def __del__(self) -> None:
        """The connection is not its own: nothing to close."""
