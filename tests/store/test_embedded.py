"""The embedded database: it answers, keeps what it was given, and its folder is one process's."""

import signal
from pathlib import Path

import psutil
import pymongo
import pytest

from solidata_api.store import embedded


def test_a_started_database_answers_and_forgets_nothing_when_stopped(tmp_path: Path) -> None:
    first = embedded.start(tmp_path)
    with pymongo.MongoClient(first.uri) as client:
        client.test.things.insert_one({"_id": "kept"})
    first.stop()
    assert not psutil.pid_exists(first.process.pid)
    second = embedded.start(tmp_path, first.port)
    with pymongo.MongoClient(second.uri) as client:
        assert client.test.things.find_one() == {"_id": "kept"}
    second.stop()


def test_an_acknowledged_write_survives_kill_9(tmp_path: Path) -> None:
    first = embedded.start(tmp_path)
    with pymongo.MongoClient(first.uri, w="majority", journal=True) as client:
        client.test.things.insert_many({"_id": number} for number in range(100))
        first.process.kill()
    first.stop()
    second = embedded.start(tmp_path)
    with pymongo.MongoClient(second.uri) as client:
        assert client.test.things.count_documents({}) == 100
    second.stop()


def test_a_second_database_on_the_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "LOCK_SECONDS", 0.3)
    database = embedded.start(tmp_path)
    try:
        with pytest.raises(embedded.DatabaseNotStarted, match="still used by another database process"):
            embedded.start(tmp_path)
    finally:
        database.stop()


def test_a_start_waits_for_the_database_before_it_to_go(tmp_path: Path) -> None:
    first = embedded.start(tmp_path)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        if not pauses:
            first.process.send_signal(signal.SIGTERM)
        pauses.append(seconds)
        first.process.poll()

    second = embedded.start(tmp_path, pause=pause)
    assert pauses
    second.stop()


def test_a_database_that_cannot_start_says_so(tmp_path: Path) -> None:
    (tmp_path / "database").write_text("a file where its folder should be")
    with pytest.raises(embedded.DatabaseNotStarted, match="ended at once with status"):
        embedded.start(tmp_path)


def test_giving_up_while_waiting_leaves_no_process(tmp_path: Path) -> None:
    class GivenUp(Exception):
        pass

    def pause(_seconds: float) -> None:
        raise GivenUp

    with pytest.raises(GivenUp):
        embedded.start(tmp_path, pause=pause)
    embedded.start(tmp_path).stop()  # its folder is free again


def test_it_reads_no_configuration_that_lies_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secantusd.toml").write_text("[server]\nauth = true\n")
    monkeypatch.chdir(tmp_path)
    database = embedded.start(tmp_path / "data")
    with pymongo.MongoClient(database.uri) as client:
        client.test.things.insert_one({})
    database.stop()
