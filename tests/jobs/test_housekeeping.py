"""The dispatcher sweeps now and then, beside its work."""

from __future__ import annotations

import io
import os
import time
from typing import Any

from solidata_api.jobs.dispatcher import Dispatcher


def dispatcher(backends: Any) -> Dispatcher:
    return Dispatcher(backends, None, holder="test", run=lambda *_: None, sweep=lambda *_: None)  # type: ignore[arg-type]


def test_a_sweep_is_begun_once_it_is_time_and_not_again_at_once(backends: Any) -> None:
    backends.tables.keep("uploads/abandoned", io.BytesIO(b"x"))
    past = time.time() - 25 * 3600
    os.utime(backends.tables.local_path("uploads/abandoned"), (past, past))
    one = dispatcher(backends)
    one._keep_house()
    assert one._sweeping.done() and backends.tables.has("uploads/abandoned")
    one._sweep_at = 0.0
    one._keep_house()
    first = one._sweeping
    first.result(timeout=20)
    assert not backends.tables.has("uploads/abandoned")
    one._keep_house()
    assert one._sweeping is first
