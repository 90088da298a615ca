"""The folder of kept step results: bounded, and without what is made of versions that are gone."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from solidata_api.tables.kept_steps import KeptSteps


def keep(store: KeptSteps, key: str, reads: list[tuple[str, str]], size: int = 10, age: float = 0) -> None:
    made = store.begin()
    (made / "rows.arrow").write_bytes(b"x" * size)
    (made / "about.json").write_text(json.dumps({"reads": reads}))
    os.utime(made / "about.json", times=(time.time() - age, time.time() - age))
    store.commit(made, key)


def test_what_is_made_of_a_version_goes_with_it(tmp_path: Path) -> None:
    store = KeptSteps(tmp_path / "steps", 1)
    keep(store, "one", [("p", "p1"), ("q", "q2")])
    keep(store, "two", [("p", "p2")])
    assert store.forget("q2") == 1
    assert store.find("one") is None
    assert store.find("two") is not None
    assert store.sweep(lambda dataset_id, version_id: (dataset_id, version_id) != ("p", "p2")) == 1
    assert list((tmp_path / "steps").iterdir()) == []


def test_the_ones_used_longest_ago_make_room(tmp_path: Path) -> None:
    store = KeptSteps(tmp_path, 1)
    for n, age in enumerate((30, 20, 10)):
        keep(store, str(n), [], 400_000, age)
    assert store.find("0") is None
    keep(store, "3", [], 400_000)
    assert [key for key in "0123" if store.find(key)] == ["2", "3"]
    assert not store.has_room(600_000)


def test_what_nobody_uses_and_what_killed_workers_left_is_swept(tmp_path: Path) -> None:
    store = KeptSteps(tmp_path, 1)
    keep(store, "old", [], age=8 * 24 * 3600)
    keep(store, "new", [])
    left = store.begin()
    os.utime(left, times=(time.time() - 7 * 3600,) * 2)
    begun = store.begin()
    assert store.sweep(lambda *_: True) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"new", begun.name}
