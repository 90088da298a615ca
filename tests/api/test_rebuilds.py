"""Automatic builds: a stale project is built by itself, as the one who asked for it, once, and not for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solidata_api.domain.datasets import Version
from solidata_api.domain.documents import Member, now
from solidata_api.domain.jobs import Failure
from solidata_api.services import builds, lineage, rebuild_failures, rebuilding, rebuilds, written
from tests.api.test_builds import LATER, ROWS, Chain
from tests.api.test_from_source import mails_to
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


FAILING = [{"op": "to_integer", "columns": ["name"], "on_error": "fail"}]


def test_the_first_failure_of_a_streak_mails_who_asked_and_the_project_says_so(chain: Automatic) -> None:
    put(chain, FAILING)
    assert chain.turn() == ["failed"] and mailed(chain) == []
    assert chain.turn() == []
    shown = chain.shown()["rebuild_failing"]
    assert shown["job_id"] == chain.builds()[0]["job_id"]
    ((to, subject, text),) = mailed(chain)
    assert to == chain.owner.user.email and chain.shown()["title"] in subject and "its check, say why" in text
    chain.change()
    assert chain.turn() == ["failed"] and chain.turn() == []
    again = chain.shown()["rebuild_failing"]
    assert (again["since"], again["job_id"]) == (shown["since"], chain.builds()[0]["job_id"])
    assert again["job_id"] != shown["job_id"] and len(mailed(chain)) == 1


def test_after_a_success_the_next_failure_is_a_first_one(chain: Automatic) -> None:
    put(chain, FAILING)
    assert chain.turn() == ["failed"] and chain.turn() == []
    put(chain, [])
    assert chain.turn() == ["succeeded"] and chain.shown()["rebuild_failing"] is None
    put(chain, FAILING)
    assert chain.turn() == ["failed"] and chain.turn() == []
    assert chain.shown()["rebuild_failing"] is not None


def test_builds_that_fail_and_succeed_in_turn_send_one_mail_a_day(chain: Automatic, monkeypatch: Any) -> None:
    for _ in range(3):
        put(chain, FAILING)
        assert chain.turn() == ["failed"] and chain.turn() == []
        assert chain.shown()["rebuild_failing"] is not None
        put(chain, [])
        assert chain.turn() == ["succeeded"] and chain.shown()["rebuild_failing"] is None
    assert len(mailed(chain)) == 1
    put(chain, FAILING)
    assert chain.turn() == ["failed"] and chain.turn() == [] and len(mailed(chain)) == 1
    # What lasts is told once the day is over, and once only.
    monkeypatch.setattr(rebuild_failures, "PAUSE", timedelta(0))
    assert chain.turn() == [] and chain.turn() == [] and len(mailed(chain)) == 2
    assert chain.shown()["rebuild_failing"] is not None
    put(chain, [])
    assert chain.turn() == ["succeeded"]


def test_a_failure_that_was_over_within_the_day_is_not_told_later(chain: Automatic, monkeypatch: Any) -> None:
    for steps, ended in ((FAILING, "failed"), ([], "succeeded"), (FAILING, "failed"), ([], "succeeded")):
        put(chain, steps)
        assert chain.turn() == [ended] and chain.turn() == []
    monkeypatch.setattr(rebuild_failures, "PAUSE", timedelta(0))
    assert chain.turn() == [] and len(mailed(chain)) == 1


def test_what_can_not_be_asked_for_is_a_failure_too_in_the_language_of_who_asked(chain: Automatic) -> None:
    user = chain.backends.users.get(chain.owner.user.id)
    chain.backends.users.replace(replace(user, lang="fr"), user.rev)
    put(chain, [{"op": "clean", "columns": ["nothing"]}])
    assert chain.turn() == [] and chain.turn() == []
    assert chain.shown()["rebuild_failing"]["job_id"] is None
    ((_, subject, _),) = mailed(chain)
    assert subject.startswith("Une consolidation automatique a échoué")
    put(chain, FAILING)
    assert chain.turn() == ["failed"] and chain.turn() == [] and len(mailed(chain)) == 1


def test_a_build_that_ended_with_its_worker_is_a_failure(chain: Automatic) -> None:
    chain.change()
    rebuilding.catch_up(chain.backends)
    job_id = chain.builds()[0]["job_id"]
    job = chain.backends.jobs.get(job_id)
    killed = replace(job, state="failed", turn=None, error=Failure("killed", "out of memory"), ended_at=now())
    assert chain.backends.jobs.put(killed, state="queued")
    assert chain.turn() == [] and chain.shown()["rebuild_failing"]["job_id"] == job_id and len(mailed(chain)) == 1


def test_a_build_that_was_cancelled_is_no_failure(chain: Automatic) -> None:
    chain.change()
    rebuilding.catch_up(chain.backends)
    assert chain.owner.delete(f"/jobs/{chain.builds()[0]['job_id']}").status_code < 300
    assert chain.turn() == [] and chain.turn() == []
    assert chain.shown()["rebuild_failing"] is None and mailed(chain) == []


def test_who_may_not_build_any_more_gets_no_mail_and_outsiders_see_no_failure(chain: Automatic) -> None:
    editor = chain.as_actor("member")
    join(chain, editor.user.id, "editor")
    chain.switch("automatic", editor)
    put(chain, FAILING)
    assert chain.turn() == ["failed"]
    join(chain, editor.user.id, "viewer")
    assert chain.turn() == [] and mailed(chain) == []
    assert chain.shown()["rebuild_failing"] is not None
    chain.owner.patch(chain.project, json={"open_level": "commons"})
    seen = chain.as_actor("member").get(chain.project)
    assert seen.status_code == 200 and "rebuild_failing" not in seen.get_json()


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


def put(chain: Automatic, steps: list[dict[str, Any]]) -> None:
    answer = chain.owner.put(f"{chain.project}/recipe", json={"steps": steps})
    assert answer.status_code == 200, answer.get_json()


def mailed(chain: Automatic) -> list[tuple[str, str, str]]:
    """The mails about builds that failed: to whom, subject, text; after all that waits is sent."""
    chain.run_jobs()
    words = ("automatic build failed", "consolidation automatique")
    return [one for one in mails_to(chain.backends) if any(word in one[1] for word in words)]


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
