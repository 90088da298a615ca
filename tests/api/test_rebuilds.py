"""Automatic builds: a stale project is built by itself, as the one who asked for it, once, and not for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solidata_api.domain.datasets import Version
from solidata_api.domain.documents import Member, now
from solidata_api.services import builds, lineage, rebuilding, rebuilds, written
from tests.api.test_builds import LATER, ROWS, Chain
from tests.factories import make_dataset

UPPER = [{"op": "clean", "columns": ["name"], "case": "upper"}]


class Automatic(Chain):
    """A built project that is built by itself, at once."""

    def __init__(self, backends: Any, as_actor: Any, run_jobs: Any) -> None:
        super().__init__(as_actor, run_jobs)
        self.backends, self.as_actor = (
            replace(backends, settings=replace(backends.settings, rebuild_after_s=0)),
            as_actor,
        )
        self.target = self.build().result["dataset_id"]
        self.switch("automatic")

    def switch(self, how: str | None, caller: Any = None) -> Any:
        return (caller or self.owner).patch(self.project, json={"rebuild": how})

    def shown(self, project: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.owner.get(project or self.project).get_json()
        return found

    def change(self, rows: list[dict[str, Any]] = LATER) -> None:
        self.reload(rows)
        self.run_jobs()

    def turn(self) -> list[str]:
        """What the dispatcher does now and then, and the states of the builds that this started."""
        rebuilding.catch_up(self.backends)
        return [job.state for job in self.run_jobs() if job.kind == "build"]


@pytest.fixture
def chain(backends: Any, as_actor: Any, run_jobs: Any) -> Automatic:
    return Automatic(backends, as_actor, run_jobs)


def test_a_stale_project_is_built_by_itself_and_then_rests(chain: Automatic) -> None:
    assert (chain.shown()["rebuild"], chain.shown()["rebuild_by"]) == ("automatic", chain.owner.user.id)
    assert chain.turn() == []
    chain.change()
    assert chain.shown()["stale"]["reasons"] == ["a source has a new version"]
    assert chain.turn() == ["succeeded"]
    assert chain.shown()["stale"] is None and chain.turn() == []
    newest = chain.builds()[0]
    assert (newest["automatic"], newest["started_by"], newest["version"]) == (True, chain.owner.user.id, 2)
    assert chain.builds()[1]["automatic"] is False


def test_nobody_asked_for_it_by_default(chain: Automatic) -> None:
    other = chain.project_of(chain.source)
    assert chain.shown(other)["rebuild"] == "manual"
    assert chain.switch(None).get_json()["rebuild"] == "manual"
    chain.change()
    assert chain.shown()["stale"] is not None and chain.turn() == []


def test_a_change_of_recipe_or_model_is_built_and_several_changes_once(chain: Automatic) -> None:
    chain.owner.put(f"{chain.project}/recipe", json={"steps": [{"op": "clean", "columns": ["name"], "case": "upper"}]})
    field = chain.owner.get(f"/models/{chain.model}").get_json()["fields"][1]
    answer = chain.owner.patch(f"/fields/{field['field_id']}", json={"title": "Named"})
    assert answer.status_code == 200, answer.get_json()
    assert chain.owner.patch(f"/models/{chain.model}", json={"key": []}).status_code == 200
    assert "the model changed" in chain.shown()["stale"]["reasons"]
    assert chain.turn() == ["succeeded"] and chain.turn() == []


def test_it_waits_until_nothing_changes_any_more(chain: Automatic) -> None:
    chain.change()
    project = chain.backends.projects.get(chain.project.removeprefix("/projects/"))
    last = project.stale.last
    assert not rebuilding.is_due(project, last + timedelta(seconds=9), 10)
    assert rebuilding.is_due(project, last + timedelta(seconds=10), 10)
    chain.change(ROWS)
    later = chain.backends.projects.get(project.id)
    assert later.stale.since == project.stale.since
    assert not rebuilding.is_due(later, last + timedelta(seconds=10), 10)


def test_one_build_at_a_time_and_another_where_it_changed_meanwhile(chain: Automatic, monkeypatch: Any) -> None:
    chain.change()
    make = builds._build_version

    def slowly(*asked: Any) -> dict[str, Any]:
        monkeypatch.setattr(builds, "_build_version", make)
        done = make(*asked)
        # While this build is at its end a source gets another version.
        assert rebuilding.catch_up(chain.backends) == 0
        chain.change([*LATER, {"code": "6", "name": "f"}])
        return done

    monkeypatch.setattr(builds, "_build_version", slowly)
    assert chain.turn() == ["succeeded"]
    assert chain.shown()["stale"] is not None
    assert chain.turn() == ["succeeded"]
    assert chain.shown()["stale"] is None
    assert chain.owner.get(f"/datasets/{chain.target}").get_json()["row_count"] == 5


def test_what_changed_while_the_first_build_ran_makes_its_table_stale(
    as_actor: Any, run_jobs: Any, monkeypatch: Any
) -> None:
    chain = Chain(as_actor, run_jobs)
    meanwhile(monkeypatch, lambda: chain.owner.put(f"{chain.project}/recipe", json={"steps": UPPER}))
    chain.build()
    assert chain.owner.get(chain.project).get_json()["stale"]["reasons"] == [lineage.MEANWHILE]
    chain.build()
    assert chain.owner.get(chain.project).get_json()["stale"] is None


def test_a_change_undone_while_it_is_built_is_built_again(chain: Automatic, monkeypatch: Any) -> None:
    chain.owner.put(f"{chain.project}/recipe", json={"steps": UPPER})
    meanwhile(monkeypatch, lambda: chain.owner.post(f"{chain.project}/recipe/undo"))
    assert chain.turn() == ["succeeded"] and chain.shown()["stale"]["reasons"] == [lineage.MEANWHILE]
    assert chain.turn() == ["succeeded"] and chain.shown()["stale"] is None
    assert chain.turn() == []


def test_corrections_of_a_source_that_nothing_reads_leave_no_build_stale(chain: Automatic) -> None:
    other = make_dataset(chain.owner, chain.run_jobs, rows=ROWS)["id"]
    assert chain.owner.put(f"{chain.project}/sources/{other}", json={"mapping": {}}).status_code == 200
    for dataset_id in (chain.source, other):
        row = chain.owner.get(f"/datasets/{dataset_id}/rows").get_json()["rows"][0]["_id"]
        body = {"row_id": row, "column": "name", "value": "z"}
        assert chain.owner.post(f"/datasets/{dataset_id}/corrections", json=body).status_code == 201
    assert chain.turn() == ["succeeded"] and chain.shown()["stale"] is None


def test_a_failed_build_is_not_tried_again_until_something_changes(chain: Automatic) -> None:
    steps = [{"op": "to_integer", "columns": ["name"], "on_error": "fail"}]
    assert chain.owner.put(f"{chain.project}/recipe", json={"steps": steps}).status_code == 200
    assert chain.turn() == ["failed"]
    assert chain.turn() == [] and chain.shown()["stale"] is not None
    chain.change()
    assert chain.turn() == ["failed"] and chain.turn() == []


def test_what_can_not_be_built_says_so_and_waits_for_a_change(chain: Automatic) -> None:
    steps = [{"op": "clean", "columns": ["nothing"]}]
    assert chain.owner.put(f"{chain.project}/recipe", json={"steps": steps}).status_code == 200
    assert chain.turn() == [] and rebuilding.UNBUILDABLE in chain.shown()["stale"]["reasons"]
    assert rebuilding.catch_up(chain.backends) == 0
    assert chain.owner.put(f"{chain.project}/recipe", json={"steps": []}).status_code == 200
    assert chain.turn() == ["succeeded"] and chain.shown()["stale"] is None


def test_who_lost_the_right_builds_no_more_and_the_project_says_why(chain: Automatic) -> None:
    editor = chain.as_actor("member")
    join(chain, editor.user.id, "editor")
    assert chain.switch("automatic", editor).status_code == 200
    chain.change()
    rebuilding.catch_up(chain.backends)
    join(chain, editor.user.id, "viewer")
    assert [job.state for job in chain.run_jobs()] == ["failed"]
    assert (chain.shown()["rebuild"], chain.shown()["rebuild_stopped"]) == ("automatic", rebuilds.LOST)
    chain.change(ROWS)
    assert chain.turn() == []
    assert chain.switch("automatic").get_json()["rebuild_stopped"] is None
    assert chain.turn() == ["succeeded"]


def test_a_right_that_is_gone_before_is_noticed_before(chain: Automatic) -> None:
    editor = chain.as_actor("member")
    join(chain, editor.user.id, "editor")
    chain.switch("automatic", editor)
    user = chain.backends.users.get(editor.user.id)
    chain.backends.users.replace(replace(user, disabled=True), user.rev)
    chain.change()
    assert chain.turn() == [] and chain.shown()["rebuild_stopped"] == rebuilds.LOST


def test_only_who_may_build_asks_for_it(chain: Automatic) -> None:
    viewer = chain.as_actor("member")
    join(chain, viewer.user.id, "viewer")
    assert chain.switch("automatic", viewer).status_code == 403
    assert chain.switch("sometimes").status_code == 422
    assert "rebuild_by" in viewer.get(chain.project).get_json()


def test_what_is_made_of_a_table_follows_it(chain: Automatic) -> None:
    second = chain.project_of(chain.target)
    chain.build(second)
    chain.owner.patch(second, json={"rebuild": "automatic"})
    chain.change()
    assert chain.turn() == ["succeeded"]
    assert chain.shown(second)["stale"]["reasons"] == ["a source has a new version"]
    assert chain.turn() == ["succeeded"] and chain.turn() == []


def test_a_table_made_of_itself_through_others_is_built_by_hand(chain: Automatic) -> None:
    second = chain.project_of(chain.target)
    table = chain.build(second).result["dataset_id"]
    put = chain.owner.put(f"{chain.project}/sources/{table}", json={"mapping": {"code": "code", "name": "name"}})
    assert put.status_code == 200, put.get_json()
    assert chain.turn() == [] and rebuilding.CIRCULAR in chain.shown()["stale"]["reasons"]


def meanwhile(monkeypatch: Any, act: Callable[[], Any]) -> None:
    """Have something done while the next build is written, before its table points at it."""
    make = written.version_of

    def slowly(*asked: Any, **more: Any) -> Version:
        monkeypatch.setattr(written, "version_of", make)
        made = make(*asked, **more)
        assert act().status_code == 200
        return made

    monkeypatch.setattr(written, "version_of", slowly)


def join(chain: Automatic, user_id: str, grade: str) -> None:
    project = chain.backends.projects.get(chain.project.removeprefix("/projects/"))
    team = (*(one for one in project.team if one.user_id != user_id), Member(user_id, grade))
    chain.backends.projects.replace(replace(project, team=team, updated_at=now()), project.rev)


def test_what_fails_at_every_turn_is_logged_once_and_once_that_it_is_over(
    chain: Automatic, monkeypatch: Any, caplog: Any
) -> None:
    caplog.set_level("INFO")
    chain.change()

    def fails(*_: Any) -> bool:
        raise ValueError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(rebuilding, "_is_circular", fails)
        assert [chain.turn() for _ in range(3)] == [[], [], []]
    assert [one.levelname for one in told(caplog)] == ["ERROR"]
    assert chain.turn() == ["succeeded"] and chain.turn() == []
    assert [one.levelname for one in told(caplog)] == ["ERROR", "INFO"]


def test_while_a_build_is_under_way_nothing_is_judged_or_noted(chain: Automatic) -> None:
    admin = chain.as_actor("admin")
    assert chain.switch("automatic", admin).status_code == 200
    chain.change()
    assert rebuilding.catch_up(chain.backends) == 1
    project = chain.project.removeprefix("/projects/")
    field = chain.owner.get(f"/models/{chain.model}").get_json()["fields"][1]
    assert chain.owner.patch(f"/fields/{field['field_id']}", json={"title": "Named"}).status_code == 200
    noted = [one.action for one in chain.backends.audit.in_order() if one.subject_id == project]
    assert [rebuilding.catch_up(chain.backends) for _ in range(3)] == [0, 0, 0]
    assert [one.action for one in chain.backends.audit.in_order() if one.subject_id == project] == noted


def told(caplog: Any) -> list[Any]:
    return [one for one in caplog.records if one.name == "solidata_api.services.rebuilding"]
