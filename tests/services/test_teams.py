"""Teams and invitations below the door: keys are refused here too, and what a killed writer left is caught up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from solidata_api.domain.actors import ANONYMOUS, Actor
from solidata_api.domain.documents import Member
from solidata_api.domain.errors import EmailUnconfirmed, Forbidden, NotFound, Unauthenticated
from solidata_api.services import invitations, invitees, lineage, teams
from tests.factories import make_user
from tests.worlds import World, make_world

Act = Callable[[Any, Actor, str], Any]
#: Everything that changes who is in a team, or asks who would see what.
ACTS: dict[str, Act] = {
    "put": lambda b, actor, i: teams.put(b, "projects", actor, i, "me", lambda: {"grade": "owner"}, None),
    "take_out": lambda b, actor, i: teams.take_out(b, "projects", actor, i, "me", None),
    "transfer": lambda b, actor, i: teams.transfer(b, "projects", actor, i, lambda: {"user_id": "x"}, None),
    "access": lambda b, actor, i: teams.access(b, "projects", actor, i, "member"),
    "create": lambda b, actor, i: invitations.create(
        b, "projects", actor, i, lambda: {"email": "a@example.org", "grade": "viewer"}
    ),
    "withdraw": lambda b, actor, i: invitations.withdraw(b, "projects", actor, i, "x"),
}


@pytest.fixture
def project(member: Any) -> str:
    made = member.post("/projects", json={"title": "P"}).get_json()["id"]
    member.patch(f"/projects/{made}", json={"open_level": "opendata"})
    return made


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_key_of_the_owner_manages_no_team(act: Act, member: Any, project: str, backends: Any) -> None:
    before = backends.projects.get(project)
    key = replace(member.user.acting(), key_id="key", scopes=("read", "write"))
    with pytest.raises(Forbidden):
        act(backends, key, project)
    assert backends.projects.get(project) == before
    assert backends.invitations.all_by() == []


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_who_is_nobody_yet_is_refused_before_anything_is_looked_up(act: Act, backends: Any, project: str) -> None:
    guest = make_user(backends, role="guest").acting()
    for identifier in (project, "unknown"):
        with pytest.raises(Unauthenticated):
            act(backends, ANONYMOUS, identifier)
        with pytest.raises(EmailUnconfirmed):
            act(backends, guest, identifier)


def test_a_key_accepts_and_declines_nothing_for_its_owner(member: Any, project: str, backends: Any) -> None:
    invited = make_user(backends, email="a@example.org")
    made = ACTS["create"](backends, member.user.acting(), project)
    key = replace(invited.acting(), key_id="key", scopes=("read", "write"))
    with pytest.raises(Forbidden):
        invitees.accept(backends, key, made.id)
    with pytest.raises(NotFound):
        invitees.decline(backends, key, made.id)
    assert backends.invitations.get(made.id).state == "waiting"


def test_a_dataset_follows_its_team_also_when_the_writer_is_killed_in_between(
    backends: Any, as_user: Any, run_jobs: Any, monkeypatch: Any
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: Any) -> None:
        raise Killed

    world: World = make_world(backends, as_user, run_jobs)
    owner, viewer = world.callers["owner"], world.callers["viewer"]
    rows = f"/datasets/{world.dataset_id}/rows"
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(lineage, "settle", die)
        owner.delete(f"/projects/{world.ids['project_id']}/team/{viewer.user.id}")
    assert viewer.get(rows).status_code == 200
    lineage.catch_up(backends)  # the dispatcher does, every few seconds
    assert viewer.get(rows).status_code == 404


def test_saying_it_again_settles_what_a_killed_writer_left(member: Any, project: str, backends: Any) -> None:
    other = make_user(backends)
    document = backends.projects.get(project)
    team = (*document.team, Member(other.id, "viewer"))
    teams.save(backends, "projects", member.user.acting(), document, team)
    assert backends.projects.get(project).to_follow
    teams.put(backends, "projects", member.user.acting(), project, other.id, lambda: {"grade": "viewer"}, None)
    assert not backends.projects.get(project).to_follow
