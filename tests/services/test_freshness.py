"""A writer that is killed before it tells who uses what it changed: the mark comes from the facts that builds keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pymongo.database import Database
from pymongo.errors import OperationFailure

from solidata_api.services import freshness, lineage
from solidata_api.services.freshness import Look
from solidata_api.store.mongo import DatabaseGone
from tests.api.test_builds import LATER, ROWS, Chain


class Killed(BaseException):
    """What no handler catches."""


@pytest.fixture
def chain(as_actor: Any, run_jobs: Any) -> Chain:
    made = Chain(as_actor, run_jobs)
    made.build()
    return made


def killed(monkeypatch: Any, act: Callable[[], Any]) -> None:
    """Have something done by a writer that dies before it tells anybody."""

    def dies(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        for name in ("tell_users", "tell_model_users", "forget"):
            patched.setattr(lineage, name, dies)
        act()


def stale(chain: Chain) -> list[str] | None:
    """Why the project is stale, once the dispatcher has looked."""
    assert chain.owner.get(chain.project).get_json()["stale"] is None
    Look().turn(chain.owner.client.application.extensions["solidata"])
    found = chain.owner.get(chain.project).get_json()["stale"]
    return found and found["reasons"]


def correction(chain: Chain, value: str = "z") -> Any:
    row = chain.owner.get(f"/datasets/{chain.source}/rows").get_json()["rows"][0]["_id"]
    body = {"row_id": row, "column": "name", "value": value}
    return chain.owner.post(f"/datasets/{chain.source}/corrections", json=body)


def test_nothing_is_stale_of_which_nothing_changed(chain: Chain) -> None:
    assert stale(chain) is None
    assert chain.owner.patch(f"/datasets/{chain.source}", json={"title": "Other"}).status_code == 200
    chain.reload(ROWS)
    chain.run_jobs()
    assert stale(chain) is None


def test_a_new_version_nobody_was_told_of(chain: Chain, monkeypatch: Any) -> None:
    chain.reload(LATER)
    killed(monkeypatch, chain.run_jobs)
    assert stale(chain) == [lineage.NEWER]
    entry = chain.owner.get(chain.project).get_json()["sources"][0]
    assert entry["stale"] == lineage.NEWER


def test_a_correction_nobody_was_told_of_and_its_undoing(chain: Chain, monkeypatch: Any) -> None:
    killed(monkeypatch, lambda: correction(chain))
    assert stale(chain) == [lineage.CORRECTED]
    chain.build()
    assert stale(chain) is None
    killed(monkeypatch, lambda: correction(chain, "y"))
    assert stale(chain) == [lineage.CORRECTED]
    chain.build()
    made = chain.owner.get(f"/datasets/{chain.source}/corrections").get_json()["items"][0]["id"]
    killed(monkeypatch, lambda: chain.owner.delete(f"/datasets/{chain.source}/corrections/{made}"))
    assert stale(chain) == [lineage.CORRECTED]


def test_a_model_and_a_field_nobody_was_told_of(chain: Chain, monkeypatch: Any) -> None:
    killed(monkeypatch, lambda: chain.owner.patch(f"/models/{chain.model}", json={"key": []}))
    assert stale(chain) == [lineage.MODEL]
    chain.build()
    field = chain.owner.get(f"/models/{chain.model}").get_json()["fields"][1]["field_id"]
    killed(monkeypatch, lambda: chain.owner.patch(f"/fields/{field}", json={"title": "Named"}))
    assert stale(chain) == [lineage.MODEL]


def test_a_deleted_source_nobody_was_told_of(chain: Chain, monkeypatch: Any) -> None:
    killed(monkeypatch, lambda: chain.owner.delete(f"/datasets/{chain.source}"))
    assert stale(chain) == [lineage.DELETED]


def test_a_project_whose_table_is_gone_lets_it_go(chain: Chain, monkeypatch: Any) -> None:
    table = chain.owner.get(chain.project).get_json()["dataset_id"]
    killed(monkeypatch, lambda: chain.owner.delete(f"/datasets/{table}"))
    assert stale(chain) is None
    assert chain.owner.get(chain.project).get_json()["dataset_id"] is None
    assert chain.build().result["dataset_id"] != table


def test_a_title_counts_where_a_step_puts_it_into_cells(chain: Chain) -> None:
    steps = [{"op": "set", "column": "name", "from": "source_title"}]
    assert chain.owner.put(f"{chain.project}/recipe", json={"steps": steps}).status_code == 200
    chain.build()
    assert chain.owner.patch(f"/datasets/{chain.source}", json={"title": "Other"}).status_code == 200
    assert stale(chain) == [freshness.RETITLED]
    table = chain.build().result["dataset_id"]
    assert chain.owner.get(f"/datasets/{table}/rows").get_json()["rows"][0]["name"] == "Other"
    assert stale(chain) is None


def test_a_table_of_no_project_is_looked_at_too(chain: Chain, monkeypatch: Any) -> None:
    steps = [{"op": "clean", "columns": ["name"]}]
    recipe = chain.owner.post("/recipes", json={"title": "R", "steps": steps}).get_json()["id"]
    body = {"dataset_id": chain.source, "into": "new_dataset"}
    assert chain.owner.post(f"/recipes/{recipe}/runs", json=body).status_code == 202
    table = chain.run_jobs()[-1].result["dataset_id"]
    killed(monkeypatch, lambda: correction(chain))
    assert stale(chain) == [lineage.CORRECTED]
    assert chain.owner.get(f"/datasets/{table}").get_json()["stale"]["reasons"] == [lineage.CORRECTED]


def test_a_turn_looks_at_some_and_the_next_one_goes_on(chain: Chain, monkeypatch: Any, backends: Any) -> None:
    second = chain.project_of(chain.source)
    chain.build(second)
    killed(monkeypatch, lambda: correction(chain))
    monkeypatch.setattr(freshness, "MOST", 1)
    look = Look()
    assert [look.turn(backends) for _ in range(3)] == [1, 1, 0]


def test_what_comes_at_each_turn_keeps_none_from_theirs(chain: Chain, monkeypatch: Any, backends: Any) -> None:
    others = [chain.project_of(chain.source) for _ in range(2)]
    for one in others:
        chain.build(one)
    killed(monkeypatch, lambda: correction(chain))
    monkeypatch.setattr(freshness, "MOST", 1)
    # An event that does not tell whom it concerns comes each time.
    monkeypatch.setattr(freshness.Changes, "since", lambda self: None)
    look = Look()
    assert [look.turn(backends) for _ in range(4)] == [1, 1, 1, 0]


def test_where_no_stream_can_be_had_all_are_looked_at(
    chain: Chain, monkeypatch: Any, backends: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise OperationFailure("The $changeStream stage is only supported on replica sets", 40573)

    monkeypatch.setattr(Database, "watch", refused)
    look = Look()
    assert look.turn(backends) == 0
    killed(monkeypatch, lambda: correction(chain))
    assert look.turn(backends) == 1
    assert [one.name for one in caplog.records if "only supported on replica sets" in str(one.exc_info)] == [
        "solidata_api.store.changes"
    ]


def test_a_project_that_can_not_be_looked_at_does_not_keep_others(
    chain: Chain, monkeypatch: Any, backends: Any
) -> None:
    second = chain.project_of(chain.source)
    chain.build(second)
    killed(monkeypatch, lambda: correction(chain))
    first, looked_at = chain.project.rpartition("/")[2], freshness.reasons

    def reasons(backends: Any, project: Any, version: Any) -> Any:
        if project.id == first:
            raise ValueError("a step that no release knows any more")
        return looked_at(backends, project, version)

    monkeypatch.setattr(freshness, "reasons", reasons)
    assert Look().turn(backends) == 1
    assert chain.owner.get(second).get_json()["stale"]["reasons"] == [lineage.CORRECTED]


class Counted:
    """Backends that say which stores were asked."""

    def __init__(self, backends: Any) -> None:
        self.read: list[str] = []
        stores = {name: Asked(getattr(backends, name), self.read) for name in ("projects", "datasets", "versions")}
        self.backends = replace(backends, **stores)


class Asked:
    def __init__(self, store: Any, read: list[str]) -> None:
        self._store, self._read = store, read

    def __getattr__(self, name: str) -> Any:
        self._read.append(f"{self._store.name}.{name}")
        return getattr(self._store, name)


@pytest.fixture
def looking(chain: Chain, backends: Any) -> tuple[Look, Counted]:
    """A look that has looked at all, and what is read from now on."""
    look, counted = Look(), Counted(backends)
    assert [look.turn(counted.backends) for _ in range(3)] == [0, 0, 0]
    counted.read.clear()
    return look, counted


def test_where_nothing_was_written_nothing_is_read(looking: tuple[Look, Counted]) -> None:
    look, counted = looking
    assert [look.turn(counted.backends) for _ in range(3)] == [0, 0, 0]
    assert counted.read == []


def test_what_was_written_is_followed_to_what_is_made_of_it(
    looking: tuple[Look, Counted], chain: Chain, monkeypatch: Any
) -> None:
    look, counted = looking
    other = chain.owner.post("/projects", json={"title": "Of nothing"}).get_json()["id"]
    killed(monkeypatch, lambda: correction(chain))
    assert look.turn(counted.backends) == 1
    assert chain.owner.get(chain.project).get_json()["stale"]["reasons"] == [lineage.CORRECTED]
    assert look.turn(counted.backends) == 0
    counted.read.clear()
    assert look.turn(counted.backends) == 0 and counted.read == []
    assert chain.owner.get(f"/projects/{other}").get_json()["stale"] is None


@pytest.mark.parametrize("what", ["model", "deleted", "correction"])
def test_what_does_not_tell_whom_it_concerns_has_all_looked_at(
    looking: tuple[Look, Counted], chain: Chain, monkeypatch: Any, what: str
) -> None:
    look, counted = looking
    acts: dict[str, Callable[[], Any]] = {
        "model": lambda: chain.owner.patch(f"/models/{chain.model}", json={"key": []}),
        "deleted": lambda: chain.owner.delete(f"/datasets/{chain.source}"),
    }
    if what == "correction":
        assert correction(chain).status_code == 201
        made = chain.owner.get(f"/datasets/{chain.source}/corrections").get_json()["items"][0]["id"]
        chain.build()
        look.turn(counted.backends)
        acts["correction"] = lambda: chain.owner.delete(f"/datasets/{chain.source}/corrections/{made}")
    killed(monkeypatch, acts[what])
    assert look.turn(counted.backends) == 1


def test_now_and_then_all_are_looked_at_for_whatever_reason(
    looking: tuple[Look, Counted], chain: Chain, monkeypatch: Any
) -> None:
    look, counted = looking
    killed(monkeypatch, lambda: correction(chain))
    # As if the event had never come.
    assert look._changes is not None and look._changes.since() is not None
    assert look.turn(counted.backends) == 0
    look._all_at = 0.0
    assert look.turn(counted.backends) == 1


def test_a_turn_that_broke_has_the_next_one_look_at_all(
    looking: tuple[Look, Counted], chain: Chain, monkeypatch: Any
) -> None:
    look, counted = looking
    killed(monkeypatch, lambda: correction(chain))

    def gone(*_: Any) -> bool:
        raise DatabaseGone("The database does not answer.")

    with monkeypatch.context() as patched, pytest.raises(DatabaseGone):
        patched.setattr(freshness, "_look_at_project", gone)
        look.turn(counted.backends)
    assert look.turn(counted.backends) == 1
