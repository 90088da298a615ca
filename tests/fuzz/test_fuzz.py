"""No request that can be made from swagger.json ends in a 500, whoever sends it.

In the test run it is short; `make fuzz` asks more, as every actor, from the seed that FUZZ_SEED names.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.fuzz.fuzzer import fuzz
from tests.worlds import add_secrets, make_world

ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "0"))
SEED = int(os.environ.get("FUZZ_SEED", "20261125"))
EVERYONE = ("anonymous", "guest", "member", "owner", "admin", "read_key", "write_key")
#: Seconds for one actor in the long run, which asks each operation once however long it takes.
SECONDS = 60


@pytest.mark.parametrize("actor", EVERYONE if ROUNDS else ("anonymous", "owner"))
def test_no_request_of_an_actor_ends_in_a_500(
    app: Any, backends: Any, as_user: Any, run_jobs: Callable[[], Any], record_property: Any, actor: str
) -> None:
    world = make_world(backends, as_user, run_jobs)
    add_secrets(world)
    run_jobs()
    world.keep()
    until = time.monotonic() + (SECONDS if ROUNDS else 12)
    found = fuzz(app, world, actor, rounds=ROUNDS or 1, number=SEED, until=until, run_jobs=run_jobs)
    told = f"{found.asked} requests, {dict(sorted(found.statuses.items()))}, untried: {len(found.untried)}"
    record_property("fuzzed", f"{actor}: {told}")
    assert not found.faults, "\n\n".join(list(dict.fromkeys(found.faults))[:30])
    assert found.statuses[200] > 0
    if ROUNDS:
        assert found.untried == []
