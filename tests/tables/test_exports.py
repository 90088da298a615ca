"""Files of exports: shared while they grow, stopped when nobody waits, kept within a bound, gone with their version."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from solidata_api.domain.datasets import Version
from solidata_api.domain.errors import Unavailable
from solidata_api.settings import Settings
from solidata_api.tables import Export, Tables, exports, open_tables
from solidata_api.tables.export_engine import ExportEngine
from tests.tables.exporting import asked, exported

Maker = Callable[..., Version]


def kept(tables: Tables) -> list[str]:
    """What lies in the folder, once every thread that makes something there has ended."""
    for thread in threading.enumerate():
        if thread.name.startswith("export"):
            thread.join(10)
    return sorted(path.name for path in tables.exports.folder.iterdir())


@pytest.fixture
def large(make_version: Maker) -> Version:
    return make_version({"n": "integer", "a": "string"}, [(n, "x" * 500_000) for n in range(40)])


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A format that goes on when it is let, and tells how far it came."""
    told: dict[str, Any] = {"go": threading.Event(), "begun": 0, "closed": 0}

    def write(engine: ExportEngine, export: Export) -> Iterator[bytes]:
        told["begun"] += 1
        try:
            yield b"first,"
            while not told["go"].wait(0.02):
                if engine.connection.execute("select 1").fetchall() != [(1,)]:
                    raise AssertionError
                yield b""
            yield b"last"
        finally:
            told["closed"] += 1

    monkeypatch.setitem(exports.WRITERS, "csv", write)
    return told


def test_a_client_that_leaves_early_leaves_nothing_behind(tables: Tables, large: Version, slow: dict[str, Any]) -> None:
    slow["go"].set()
    exported(tables, large, ("fields", "n"))
    slow["go"].clear()
    tables.exports.forget(large)
    handles = len(os.listdir("/proc/self/fd"))
    found = tables.export(asked(large))
    next(found)
    found.close()
    assert kept(tables) == []
    # Fewer, where something that ended before is closed only now.
    assert len(os.listdir("/proc/self/fd")) <= handles


def test_a_query_that_has_not_answered_yet_is_stopped(
    tables: Tables, make_version: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = threading.Event()

    def write(engine: ExportEngine, export: Export) -> Iterator[bytes]:
        yield b"x"
        began.set()
        yield engine.connection.execute("select count(*) from range(1e12::bigint) a where a % 7 = 8").fetchall() and b""

    monkeypatch.setitem(exports.WRITERS, "csv", write)
    found = tables.export(asked(make_version({"a": "string"}, [("x",)])))
    assert next(found) == b"x"
    assert began.wait(10)
    time.sleep(0.2)
    found.close()
    assert kept(tables) == []


def test_two_readers_share_one_making_and_one_may_leave(tables: Tables, large: Version, slow: dict[str, Any]) -> None:
    first, second = tables.export(asked(large)), tables.export(asked(large))
    assert (next(first), first.size) == (b"first,", None)
    first.close()
    slow["go"].set()
    assert b"".join(second) == b"first,last"
    assert second.size == 10
    second.close()
    assert exported(tables, large) == b"first,last"
    assert (slow["begun"], slow["closed"]) == (1, 1)
    assert len(kept(tables)) == 1


def test_an_export_is_begun_anew_when_all_left(tables: Tables, large: Version, slow: dict[str, Any]) -> None:
    tables.export(asked(large)).close()
    slow["go"].set()
    assert exported(tables, large) == b"first,last"
    assert slow["begun"] == 2
    assert len(kept(tables)) == 1


def test_closing_twice_lets_nobody_else_down(tables: Tables, large: Version, slow: dict[str, Any]) -> None:
    first, second = tables.export(asked(large)), tables.export(asked(large))
    first.close()
    first.close()
    slow["go"].set()
    assert b"".join(second) == b"first,last"
    second.close()


def test_a_failure_on_the_way_breaks_the_answer_off_and_keeps_nothing(
    tables: Tables, large: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def write(engine: ExportEngine, export: Export) -> Iterator[bytes]:
        yield b"first,"
        go.wait(10)
        raise ValueError("broken")

    monkeypatch.setitem(exports.WRITERS, "csv", write)
    found = tables.export(asked(large))
    assert next(found) == b"first,"
    go.set()
    with pytest.raises(ValueError, match="broken"):
        next(found)
    found.close()
    assert kept(tables) == []


def test_a_query_that_takes_too_long_is_told_before_anything_is_sent(
    tmp_path: Path, large: Version, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(engine: ExportEngine, export: Export) -> Iterator[bytes]:
        yield engine.connection.execute("select count(*) from range(1e12::bigint) a where a % 7 = 8").fetchall() and b""

    monkeypatch.setitem(exports.WRITERS, "csv", write)
    monkeypatch.setattr(tables.exports, "time_limit_s", 1)
    with pytest.raises(Unavailable, match="EXPORT_TIME_LIMIT_S=1"):
        tables.export(asked(large))
    assert kept(tables) == []


def test_more_than_some_at_once_wait_for_their_turn(
    tables: Tables, large: Version, slow: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "TURN_S", 0.1)
    others = [tables.export(asked(large, ("n", str(n)))) for n in range(exports.AT_ONCE)]
    with pytest.raises(Unavailable, match="other exports"):
        tables.export(asked(large))
    slow["go"].set()
    for one in others:
        assert b"".join(one) == b"first,last"
        one.close()
    assert exported(tables, large) == b"first,last"


def test_what_was_not_read_for_longest_goes_first(tmp_path: Path, large: Version) -> None:
    # Each export of all rows has 20 MB.
    small = open_tables(Settings(data_dir=tmp_path, export_cache_mb=50))
    sizes = {delimiter: len(exported(small, large, ("sort", delimiter))) for delimiter in ("n", "-n")}
    assert all(20e6 < size < 25e6 for size in sizes.values())
    before = kept(small)
    assert len(before) == 2
    for n, name in enumerate(before):
        os.utime(small.exports.folder / name, (n, n))
    exported(small, large)
    after = kept(small)
    assert len(after) == 2 and before[0] not in after and before[1] in after


def test_an_export_larger_than_the_bound_is_sent_and_not_kept(tmp_path: Path, large: Version) -> None:
    small = open_tables(Settings(data_dir=tmp_path, export_cache_mb=10))
    assert len(exported(small, large)) > 20e6
    assert kept(small) == []


def test_a_deleted_version_has_no_exports(tables: Tables, make_version: Maker) -> None:
    one, other = make_version({"a": "string"}, [("x",)]), make_version({"a": "string"}, [("y",)])
    exported(tables, one)
    exported(tables, other)
    tables.delete(one)
    assert [name.split("-")[0] for name in kept(tables)] == [other.id]


def test_what_a_killed_process_left_goes(tables: Tables, make_version: Maker) -> None:
    folder = tables.exports.folder
    (folder / "old.spill").mkdir(parents=True)
    for name in ("old.spill/x", "old.making", "old.pipe", "new.making"):
        (folder / name).write_text("x")
    for name in ("old.spill", "old.making", "old.pipe"):
        os.utime(folder / name, (0, 0))
    version = make_version({"a": "string"}, [("x",)])
    exported(tables, version)
    assert [name for name in kept(tables) if version.id not in name] == ["new.making"]


def test_a_serving_file_that_is_broken_or_gone_is_made_again(tables: Tables, make_version: Maker) -> None:
    version = make_version({"a": "string"}, [("x",)])
    wanted = exported(tables, version)
    path = tables.serving.cache.path(version)
    tables.exports.forget(version)
    path.write_bytes(b"no database" * 1000)
    assert exported(tables, version) == wanted
