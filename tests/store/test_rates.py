"""Rate limits hold over all processes, and cost little where they are asked often."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from solidata_api.domain.errors import TooManyRequests, Unavailable
from solidata_api.domain.rates import parse, split
from solidata_api.settings import Settings, SettingsError, check
from solidata_api.store.mongo import connect
from solidata_api.store.rates import RateStore


@pytest.fixture
def open_rates(settings: Settings, backends: Any) -> Callable[..., RateStore]:
    """The limits as another process opens them."""
    strict = replace(settings, mode="production")
    return lambda **changes: RateStore(connect(settings.mongo_uri, settings.mongo_database), replace(strict, **changes))


def passes(use: Callable[..., None], *asked: str) -> bool:
    try:
        use(*asked)
    except TooManyRequests:
        return False
    return True


def count(use: Callable[..., None], times: int, *asked: str) -> int:
    return sum(passes(use, *asked) for _ in range(times))


def test_a_limit_is_reached_after_its_amount_and_says_when_to_ask_again(open_rates: Any) -> None:
    rates = open_rates()
    assert count(rates.hit, 3, "3/hour", "mail", "a@b.c") == 3
    with pytest.raises(TooManyRequests) as refused:
        rates.hit("3/hour", "mail", "a@b.c")
    assert 3590 < (refused.value.retry_after or 0) <= 3600
    assert refused.value.detail == f"The limit is 3 per hour; try again in {refused.value.retry_after} s."


def test_each_subject_and_each_rate_is_counted_by_itself(open_rates: Any) -> None:
    rates = open_rates()
    assert count(rates.hit, 2, "1/hour", "a") == 1
    assert passes(rates.hit, "1/hour", "b")
    assert passes(rates.hit, "2/hour", "a")
    assert passes(rates.hit, "1/hour", "a", "b")


def test_a_use_is_free_again_when_its_time_is_over(open_rates: Any) -> None:
    rates = open_rates()
    assert count(rates.hit, 2, "1/second", "a") == 1
    time.sleep(1.05)
    assert passes(rates.hit, "1/second", "a")


def test_off_lifts_a_limit(open_rates: Any) -> None:
    rates = open_rates()
    assert count(rates.hit, 5, "off", "a") == count(rates.hit_often, 5, "off", "a") == 5


def test_mode_dev_is_twenty_times_as_generous(open_rates: Any) -> None:
    assert count(open_rates(mode="dev").hit, 25, "1/hour", "a") == 20


@pytest.mark.parametrize("way", ["hit", "hit_often"])
def test_processes_and_threads_share_a_limit(open_rates: Any, way: str, monkeypatch: Any) -> None:
    # A busy machine is no database that is gone, of which some are let through.
    monkeypatch.setattr("solidata_api.store.rate_blocks.ASK_S", 10.0)
    uses = [getattr(open_rates(), way) for _ in range(4)]
    with ThreadPoolExecutor(16) as pool:
        passed = list(pool.map(lambda n: passes(uses[n % 4], "20/hour", "one address"), range(60)))
    assert sum(passed) == 20


@pytest.fixture
def clock(monkeypatch: Any) -> SimpleNamespace:
    """The time as the blocks see it, moved by hand."""
    clock = SimpleNamespace(now=1_700_000_000.0)
    monkeypatch.setattr("solidata_api.store.rate_blocks.time", SimpleNamespace(time=lambda: clock.now))
    return clock


def test_blocks_let_no_more_through_than_the_limit_in_any_stretch_of_time(open_rates: Any, clock: Any) -> None:
    uses = [open_rates().hit_often for _ in range(3)]
    passed, steps = [], Random(7)
    for _ in range(1500):
        clock.now += steps.choice([0.001, 0.002, 0.004, 0.01])
        if passes(steps.choice(uses), "40/second", "a"):
            passed.append(clock.now)
    busiest = max(sum(moment <= other < moment + 1 for other in passed) for moment in passed)
    assert busiest <= 40
    seconds = clock.now - 1_700_000_000
    assert len(passed) > 0.6 * 40 * seconds


def test_a_block_costs_one_question_of_the_database(open_rates: Any, monkeypatch: Any) -> None:
    rates = open_rates()
    collection, asked = rates._blocks._collection, []
    find_one = type(collection).find_one
    monkeypatch.setattr(
        type(collection), "find_one", lambda self, *args, **more: asked.append(1) or find_one(self, *args, **more)
    )
    assert count(rates.hit_often, 600, "600/minute", "a") == 600
    assert len(asked) == 20
    assert count(rates.hit_often, 100, "600/minute", "a") == 0
    assert len(asked) <= 22


def test_what_a_process_returns_unused_is_the_next_ones(open_rates: Any, clock: Any) -> None:
    first, second = open_rates(), open_rates()
    assert passes(first.hit_often, "100/second", "a")  # takes five, uses one
    assert count(second.hit_often, 200, "100/second", "a") == 95
    clock.now += 2.2
    assert count(second.hit_often, 200, "100/second", "a") == 100


def test_subjects_are_stored_as_keyed_hashes(open_rates: Any, settings: Settings, backends: Any) -> None:
    rates = open_rates()
    rates.hit("3/hour", "mail", "ada@example.org")
    rates.hit_often("3/hour", "192.0.2.7")
    stored = str([list(backends.database[name].find()) for name in ("rate_windows", "rate_blocks")])
    assert "_id" in stored
    # The name alone may stand in a hash by chance.
    assert "ada@" not in stored and "example" not in stored
    assert "192.0.2.7" not in stored
    others = open_rates(secret_key="another key" * 4)
    others.hit("3/hour", "mail", "ada@example.org")
    assert len(list(backends.database["rate_windows"].find())) == 2


def test_what_is_over_forgets_itself(open_rates: Any, backends: Any) -> None:
    for name in ("rate_windows", "rate_blocks"):
        indexes = backends.database[name].index_information().values()
        assert [index["expireAfterSeconds"] for index in indexes if "expireAfterSeconds" in index] == [0]


def test_a_refusal_is_logged_without_its_subject(open_rates: Any, caplog: Any) -> None:
    rates = open_rates()
    with caplog.at_level(logging.WARNING, "solidata_api.security"):
        count(rates.hit, 2, "1/hour", "ada@example.org")
    (record,) = caplog.records
    assert (record.getMessage(), record.limit) == ("a rate limit is reached", "1/hour")
    assert "ada" not in str(vars(record))


def test_a_database_that_is_gone_is_told_within_seconds() -> None:
    rates = RateStore(connect("mongodb://127.0.0.1:9/?directConnection=true", "gone"), Settings(secret_key="k" * 32))
    started = time.monotonic()
    with pytest.raises(Unavailable):
        rates.hit("3/hour", "a")
    assert time.monotonic() - started < 3


def test_reads_pass_quickly_while_the_database_is_gone_and_say_so_themselves() -> None:
    rates = RateStore(connect("mongodb://127.0.0.1:9/?directConnection=true", "gone"), Settings(secret_key="k" * 32))
    started = time.monotonic()
    assert count(rates.hit_often, 5, "600/minute", "a") == 5
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("text", "amount", "seconds"),
    [("3/hour", 3, 3600), ("10/5 minutes", 10, 300), ("600/minute", 600, 60), (" 1 / 2 Days ", 1, 172_800)],
)
def test_a_rate_is_an_amount_in_a_time(text: str, amount: int, seconds: int) -> None:
    rate = parse(text)
    assert rate is not None
    assert (rate.amount, rate.seconds) == (amount, seconds)


@pytest.mark.parametrize("text", ["", "3", "3/year", "0/hour", "-1/hour", "3/0 hours", "3 per hour", "3/hour;4/day"])
def test_a_text_that_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="3/hour"):
        parse(text)


def test_a_lone_off_lifts_every_rate_of_a_setting() -> None:
    assert split("off", 3) == ("off", "off", "off")
    assert split("1/hour; off", 2) == ("1/hour", "off")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate_mail", "often"),
        ("rate_login", "10/5 minutes"),
        ("rate_anon_read", "1/minute; 2/hour"),
        ("rate_register", ""),
    ],
)
def test_settings_refuse_a_wrong_rate_at_start(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name.upper()} is "):
        check(Settings(**{name: value}))


def allowed(rates: RateStore, *subject: str) -> bool:
    return passes(lambda *one: rates.allow_seconds(60, *one), *subject)


def test_seconds_of_engines_are_shared_by_processes_and_may_be_owed(open_rates: Any, clock: Any) -> None:
    first, second = open_rates(), open_rates()
    assert allowed(first, "a")
    assert allowed(second, "a")
    first.spend_seconds(60, 90.0, "a")
    for rates in (first, second, open_rates()):
        # What the second one had taken before, it may use; nobody else has anything left.
        assert allowed(rates, "a") is (rates is second)
        assert allowed(rates, "b")
    with pytest.raises(TooManyRequests) as refused:
        first.allow_seconds(60, "a")
    assert 50 < (refused.value.retry_after or 0) <= 64
    assert "60 seconds of engines' work a minute (ENGINE_SECONDS=60)" in refused.value.detail
    clock.now += refused.value.retry_after
    assert allowed(first, "a")


def test_parts_of_a_hundredth_add_up(open_rates: Any, clock: Any) -> None:
    rates = open_rates()
    spent = 0
    while allowed(rates, "a") and spent < 30_000:
        rates.spend_seconds(60, 0.004, "a")
        spent += 1
    assert 14_900 <= spent <= 15_100


def test_who_owes_is_told_when_enough_is_over(open_rates: Any, clock: Any) -> None:
    rates = open_rates()
    for _ in range(3):
        rates.spend_seconds(60, 20.0, "a")
        clock.now += 6
    rates.spend_seconds(60, 25.0, "a")
    with pytest.raises(TooManyRequests) as refused:
        rates.allow_seconds(60, "a")
    # Of 85 seconds 26 must be over: the first 20 are soon, the second ones 6 s later.
    clock.now += (refused.value.retry_after or 0) - 4
    assert not allowed(rates, "a")
    clock.now += 4
    assert allowed(rates, "a")


def test_no_engine_seconds_are_counted_where_there_is_no_limit(open_rates: Any) -> None:
    rates = open_rates()
    rates.spend_seconds(0, 1000.0, "a")
    rates.allow_seconds(0, "a")
    assert allowed(rates, "a")
