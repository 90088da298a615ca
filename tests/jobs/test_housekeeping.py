"""The dispatcher sweeps now and then, beside its work."""

from __future__ import annotations

import io
import os
import time
from typing import Any

from solidata_api.jobs.chores import Chore
from solidata_api.jobs.dispatcher import Dispatcher
from solidata_api.services import lineage, mails, rebuilding


def dispatcher(backends: Any) -> Dispatcher:
    return Dispatcher(backends, None, holder="test", run=lambda *_: None, sweep=lambda *_: None)  # type: ignore[arg-type]


def test_a_sweep_is_begun_once_it_is_time_and_not_again_at_once(backends: Any) -> None:
    backends.tables.keep("uploads/abandoned", io.BytesIO(b"x"))
    past = time.time() - 25 * 3600
    os.utime(backends.tables.local_path("uploads/abandoned"), (past, past))
    one = dispatcher(backends)
    chore = one._chores[0]
    one._keep_house()
    assert chore.turn.done() and backends.tables.has("uploads/abandoned")
    chore.due_at = 0.0
    one._keep_house()
    first = chore.turn
    first.result(timeout=20)
    assert not backends.tables.has("uploads/abandoned")
    one._keep_house()
    assert chore.turn is first


def test_stale_projects_are_looked_for_too_and_what_fails_is_tried_again(backends: Any) -> None:
    one, seen = dispatcher(backends), []

    def fails(_: Any) -> None:
        seen.append(1)
        raise ValueError("broken")

    assert {rebuilding.catch_up, lineage.catch_up, mails.resume} <= {chore.work for chore in one._chores}
    chore = Chore(fails, 0.0)
    for _ in range(2):
        chore.take_turn(one._helpers, backends)
        chore.turn.result(timeout=20)
    assert len(seen) == 2
