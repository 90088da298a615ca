"""A query stops when its client leaves, and no other one does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from solidata_api.api.engine_work import Watcher
from solidata_api.domain import work
from solidata_api.domain.errors import Unavailable
from solidata_api.domain.work import Work
from solidata_api.tables import Tables

#: More than any limit on time lets through.
ENDLESS = "select count(*) from range(100000000) a, range(100000000) b where a.range % 7 = b.range % 11"


@pytest.mark.parametrize("way", ["close", "half"])
def test_a_query_stops_when_its_client_leaves(tables: Tables, make_version: Callable[..., Any], way: str) -> None:
    tables.serving.limits = replace(tables.serving.limits, time_s=60)
    version = make_version({"a": "string"}, [("x",)])
    watcher, (ours, theirs) = Watcher(every_s=0.01), socket.socketpair()
    asked = Work(watch=lambda left: watcher.watching(ours.fileno(), left))

    def leave() -> None:
        theirs.shutdown(socket.SHUT_WR) if way == "half" else theirs.close()

    with ours, theirs, work.doing(asked):
        with tables.serving.cursor(version) as cursor:
            assert cursor.execute("select 1").fetchone() == (1,)
        assert not asked.is_left
        threading.Timer(0.2, leave).start()
        with pytest.raises(Unavailable, match="left"), tables.serving.cursor(version) as cursor:
            cursor.execute(ENDLESS).fetchall()
    assert asked.is_left
    assert watcher._watched == {}


def test_only_the_query_of_who_left_is_stopped(tables: Tables, make_version: Callable[..., Any]) -> None:
    version = make_version({"a": "string"}, [("x",)])
    watcher, (ours, theirs), (stays, there) = Watcher(every_s=0.01), socket.socketpair(), socket.socketpair()
    stopped, answered = threading.Event(), []

    def stay() -> None:
        asked = Work(watch=lambda left: watcher.watching(stays.fileno(), left))
        with work.doing(asked), tables.serving.cursor(version) as cursor:
            stopped.wait(20)
            answered.append(cursor.execute("select count(*) from range(3000000)").fetchone())

    thread = threading.Thread(target=stay)
    with ours, theirs, stays, there, work.doing(Work(watch=lambda left: watcher.watching(ours.fileno(), left))):
        thread.start()
        threading.Timer(0.1, theirs.close).start()
        with pytest.raises(Unavailable, match="left"), tables.serving.cursor(version) as cursor:
            cursor.execute(ENDLESS).fetchall()
        stopped.set()
        thread.join()
    assert answered == [(3_000_000,)]
