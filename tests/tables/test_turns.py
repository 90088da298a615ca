"""Heavy reads take turns, plain pages do not; a few wait, and no more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from solidata_api.domain.aggregates import bind_aggregate
from solidata_api.domain.datasets import Version
from solidata_api.domain.errors import Unavailable
from solidata_api.domain.queries import ROW_PARAMETERS, bind
from solidata_api.tables import Tables, paging
from solidata_api.tables.turns import Turns


def page(tables: Tables, version: Version, *arguments: tuple[str, str]) -> Any:
    return tables.page(version, version.columns, bind(list(arguments), version.columns, ROW_PARAMETERS))


@pytest.fixture
def version(make_version: Callable[..., Version], monkeypatch: pytest.MonkeyPatch) -> Version:
    """A table that counts as large."""
    monkeypatch.setattr(paging, "SMALL", 0)
    return make_version({"n": "integer", "text": "string"}, [(n, f"t{n}") for n in range(30)])


def test_heavy_reads_wait_for_a_turn_and_plain_ones_do_not(tables: Tables, version: Version) -> None:
    tables.serving.turns = Turns(1, 2, wait_s=0.05)
    heavy: dict[str, Callable[[], Any]] = {
        "filter": lambda: page(tables, version, ("n", "5")),
        "sort": lambda: page(tables, version, ("sort", "-n")),
        "groups": lambda: tables.aggregate(version, version.columns, bind_aggregate([], version.columns)),
        "profile": lambda: tables.profile(version),
        "difference": lambda: tables.difference(version, replace(version, n=2), ["n"]),
    }
    with tables.serving.turns.taken():
        for name, read in heavy.items():
            with pytest.raises(Unavailable, match="1 other filters") as refused:
                read()
            assert refused.value.retry_after == 5, name
        assert page(tables, version).total == 30
        assert page(tables, version, ("page", "2"), ("per_page", "10")).rows[0]["n"] == 10
        assert tables.row(version, version.columns, "r7") == {"_id": "r7", "n": 7, "text": "t7"}
    for name, read in heavy.items():
        assert read() is not None, name


def test_a_small_table_takes_no_turn(tables: Tables, version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "SMALL", 30)
    tables.serving.turns = Turns(1, 2, wait_s=0.05)
    with tables.serving.turns.taken():
        assert page(tables, version, ("n", "5")).total == 1


def test_only_so_many_wait_and_a_turn_given_back_is_the_next_ones() -> None:
    turns, order = Turns(1, 2, wait_s=20), []
    waits, ends = threading.Event(), threading.Event()

    def work() -> None:
        waits.set()
        with turns.taken():
            order.append("second")
        ends.set()

    with turns.taken():
        thread = threading.Thread(target=work)
        thread.start()
        waits.wait(10)
        while turns._room._value:
            # Until the other one waits there is room yet.
            time.sleep(0.001)
        with pytest.raises(Unavailable), turns.taken():
            pass
        order.append("first")
    assert ends.wait(10)
    thread.join()
    assert order == ["first", "second"]
