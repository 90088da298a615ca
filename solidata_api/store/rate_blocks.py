"""Rate limits for frequent, cheap requests: each process takes a block of uses and counts those down by itself.

One document a subject says, for each process, how many uses it made in each slice of time, and how many it still
holds. What a process holds counts as used until it tells otherwise, so that all together never exceed the limit;
what it returns unused is the next one's. One question of the database serves a block, and a block is a small part
of the limit.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import pymongo
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError, PyMongoError

from solidata_api.domain.rates import Rate
from solidata_api.store.mongo import listing_errors

#: A block is this part of the limit, and time is told in as many slices.
PARTS = 20
#: How long the database may take to answer. When it does not, the request that is counted will say so itself.
ASK_S = 0.5
#: Subjects that a process remembers; those that were not seen for longest are forgotten first.
REMEMBERED = 10_000
_RACES = 20


@dataclass
class _Share:
    """What this process has of one subject's limit: uses in hand until `until`, and its uses by slice of time.

    While `shut_until` is ahead, the database need not be asked again whether something is left.."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    held: int = 0
    until: float = 0.0
    shut_until: float = 0.0
    #: When there is something left again, as far as was known when nothing was.
    free_at: float = 0.0
    used: dict[int, int] = field(default_factory=dict)
    #: Parts of a use that were made and do not count yet.
    rest: float = 0.0


class RateBlocks:
    """The shares of this process, and the collection that it has with the others."""

    def __init__(self, collection: Collection[dict[str, Any]]) -> None:
        self._collection = collection
        self._shares: OrderedDict[str, _Share] = OrderedDict()
        self._lock = threading.Lock()
        self._me = uuid.uuid4().hex

    def ensure_indexes(self) -> None:
        with listing_errors(self._collection.database):
            self._collection.create_index("forget_at", expireAfterSeconds=0)

    def use(self, rate: Rate, key: str, amount: int = 1) -> float | None:
        """Use one, or with `amount=0` only look; None when there was one, else the seconds until there may be one."""
        key = f"{key}/{rate.amount}/{rate.seconds}"
        share = self._share(key)
        with share.lock:
            now = time.time()
            if now < share.shut_until:
                return share.free_at - now
            if share.held < 1 or now >= share.until:
                wait = self._ask(rate, key, share, now)
                if wait is not None:
                    return wait
            # Of now, not of before the database was asked: it must count no shorter than it takes.
            _count(rate, share, amount)
        return None

    def spend(self, rate: Rate, key: str, amount: float) -> None:
        """Count so many uses that were made, whether they were there or not: the others learn of what was too much."""
        key = f"{key}/{rate.amount}/{rate.seconds}"
        share = self._share(key)
        with share.lock:
            share.rest += amount
            whole = int(share.rest)
            share.rest -= whole
            _count(rate, share, whole)
            if share.held < 0:
                self._ask(rate, key, share, time.time())

    def _share(self, key: str) -> _Share:
        with self._lock:
            share = self._shares.setdefault(key, _Share())
            self._shares.move_to_end(key)
            if len(self._shares) > REMEMBERED:
                self._shares.popitem(last=False)
        return share

    def _ask(self, rate: Rate, key: str, share: _Share, now: float) -> float | None:
        share.used = {slot: n for slot, n in share.used.items() if _counts(rate, slot, now)}
        share.held, share.until = 0, now + rate.seconds
        try:
            with pymongo.timeout(ASK_S):
                return self._refill(rate, key, share, now)
        except PyMongoError:
            # A few meanwhile: whoever needs the database will say that it is gone.
            share.held, share.until = _block(rate), now + 1
            return None

    def _refill(self, rate: Rate, key: str, share: _Share, now: float) -> float | None:
        for _ in range(_RACES):
            seen = self._collection.find_one({"_id": key})
            others = _alive(rate, seen, now)
            others.pop(self._me, None)
            mine: dict[str, Any] = {
                "used": [[slot, n] for slot, n in share.used.items()],
                "held": 0,
                "until": share.until,
            }
            left = rate.amount - sum(_taken(one) for one in (*others.values(), mine))
            mine["held"] = max(0, min(_block(rate), left))
            if self._write(rate, key, seen, {**others, self._me: mine}, now):
                share.held = mine["held"]
                return None if share.held else _shut(rate, share, [*others.values(), mine], now)
        return 1.0

    def _write(self, rate: Rate, key: str, seen: dict[str, Any] | None, shares: dict[str, Any], now: float) -> bool:
        """Store the shares over the document that was seen; False when another process was quicker."""
        rev = seen["rev"] if seen else 0
        forget_at = datetime.fromtimestamp(now, UTC) + timedelta(seconds=2 * rate.seconds + 1)
        document = {"_id": key, "rev": rev + 1, "shares": shares, "forget_at": forget_at}
        if seen is not None:
            return self._collection.replace_one({"_id": key, "rev": rev}, document).matched_count == 1
        try:
            self._collection.insert_one(document)
        except DuplicateKeyError:
            return False
        return True


def _count(rate: Rate, share: _Share, amount: int) -> None:
    if not amount:
        return
    slot = _slot(rate, time.time())
    share.held -= amount
    share.used[slot] = share.used.get(slot, 0) + amount


def _block(rate: Rate) -> int:
    return max(1, rate.amount // PARTS)


def _slot(rate: Rate, moment: float) -> int:
    return int(moment * PARTS / rate.seconds)


def _counts(rate: Rate, slot: int, now: float) -> bool:
    """Whether a slice of time still reaches into the window that ends now."""
    return slot >= _slot(rate, now) - PARTS


def _taken(share: dict[str, Any]) -> int:
    return int(share["held"] + sum(n for _, n in share["used"]))


def _alive(rate: Rate, seen: dict[str, Any] | None, now: float) -> dict[str, dict[str, Any]]:
    """The shares of which something still counts, without what does not."""
    shares = {}
    for name, share in (seen or {"shares": {}})["shares"].items():
        used = [[slot, n] for slot, n in share["used"] if _counts(rate, slot, now)]
        # What is held may have been used until the last moment.
        held = share["held"] if now < share["until"] + rate.seconds else 0
        if used or held:
            shares[name] = {"used": used, "held": held, "until": share["until"]}
    return shares


def _shut(rate: Rate, share: _Share, shares: list[dict[str, Any]], now: float) -> float:
    """The seconds until enough of what counts is over; for one second, nobody asks the database again."""
    ends = [((slot + PARTS + 1) * rate.seconds / PARTS, n) for one in shares for slot, n in one["used"]]
    ends += [(one["until"] + rate.seconds, one["held"]) for one in shares if one["held"]]
    ends.sort()
    left = list(accumulate((n for _, n in ends), lambda before, n: before - n, initial=sum(n for _, n in ends)))
    enough = (end for (end, _), then in zip(ends, left[1:], strict=True) if then < rate.amount)
    wait = max(0.0, next(enough, now) - now)
    share.shut_until, share.free_at = now + min(wait, 1.0), now + wait
    return wait
