"""People who go: what they own passes to others or keeps them, and nothing names a deleted account any more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solidata_api.domain.documents import Member, new_id, now
from solidata_api.domain.errors import Conflict
from solidata_api.domain.invitations import Invitation
from solidata_api.services import api_keys, audit, leaving, mail_links, teams, users
from solidata_api.services import mails as posting
from tests.factories import PASSWORD, make_dataset, make_user
from tests.mailbox import mails
from tests.worlds import World, make_world

ROWS = [{"code": "01", "name": "Ain"}]


def put_in_team(backends: Any, kind: str, identifier: str, *members: Member) -> None:
    store = teams.store_of(backends, kind)
    document = store.get(identifier)
    store.replace(replace(document, team=(*document.team, *members)), document.rev)


def team_of(backends: Any, kind: str, identifier: str) -> dict[str, str]:
    return {one.user_id: one.grade for one in teams.store_of(backends, kind).get(identifier).team}


def invite(backends: Any, **values: Any) -> Invitation:
    later = now() + timedelta(days=1)
    start = {"kind": "projects", "document_id": "p", "grade": "viewer", "created_at": now(), "email": "x@example.org"}
    start |= {"expires_at": later, "forget_at": later, "invited_by": "somebody"}
    return backends.invitations.insert(Invitation(id=new_id(), **{**start, **values}))


def test_a_deleted_account_leaves_nothing_that_names_it(
    backends: Any, as_user: Any, client: Any, settings: Any
) -> None:
    user = make_user(backends, email="ada@secret.example", name="Ada", surname="Lovelace")
    caller = as_user(user)
    actor = user.acting(backends.sessions.all_by()[0].id)
    _, key = api_keys.create(backends, actor, lambda: {"title": "T", "scopes": ["read"]})
    mail_links.mint(backends, "reset", user, user.email)
    invite(backends, email=user.email)
    by_them = invite(backends, invited_by=user.id)
    assert caller.delete("/users/me").status_code == 204
    left = backends.users.get(user.id)
    assert left.email.endswith("@deleted.invalid") and user.id not in left.email
    assert (left.name, left.surname) == ("", "")
    kept = {store: getattr(backends, store).all_by() for store in ("sessions", "api_keys", "mail_links")}
    assert kept == {"sessions": [], "api_keys": [], "mail_links": []}
    assert backends.invitations.get(by_them.id).state == "withdrawn"
    stored = {name: str(list(backends.database[name].find())) for name in backends.database.list_collection_names()}
    naming = {name for name, text in stored.items() if "ada@secret.example" in text or "Lovelace" in text}
    assert naming <= {"outbox"}  # the farewell, which the outbox forgets by itself
    assert mails(settings)[-1]["To"] == "ada@secret.example"
    for token in (caller.headers["Authorization"], f"Bearer {key}"):
        assert client.get("/api/v1/licences", headers={"Authorization": token}).status_code == 401


def test_nobody_logs_in_to_a_deleted_account_and_its_address_is_free(
    backends: Any, as_user: Any, client: Any, settings: Any
) -> None:
    caller = as_user(make_user(backends, email="ada@example.org"))
    caller.delete("/users/me")
    login = {"email": "ada@example.org", "password": PASSWORD}
    assert client.post("/api/v1/auth/login", json=login).status_code == 401
    person = {**login, "name": "Ada", "agreement": True, "password": "a long enough one"}
    client.post("/api/v1/auth/register", json=person)
    assert backends.users.find_by(email="ada@example.org").role == "guest"


def test_a_guest_can_go_too(as_actor: Any) -> None:
    guest = as_actor("guest")
    assert guest.delete("/users/me").status_code == 204
    assert guest.get("/users/me").status_code == 401


def test_who_alone_owns_something_stays_and_is_told_what(backends: Any, member: Any, run_jobs: Any) -> None:
    dataset = make_dataset(member, run_jobs, rows=ROWS)
    project = member.post("/projects", json={"title": "P"}).get_json()
    field = member.post("/fields", json={"name": "a", "type": "string"}).get_json()
    refused = member.delete("/users/me")
    assert refused.status_code == 409
    named = {fault["pointer"] for fault in refused.get_json()["errors"]}
    assert named == {f"/datasets/{dataset['id']}", f"/projects/{project['id']}", f"/fields/{field['id']}"}
    assert member.get("/users/me").get_json()["email"] == member.user.email
    assert team_of(backends, "projects", project["id"]) == {member.user.id: "owner"}


def test_what_has_another_owner_passes_to_them(backends: Any, member: Any, run_jobs: Any) -> None:
    dataset, heir = make_dataset(member, run_jobs, rows=ROWS), make_user(backends)
    put_in_team(backends, "datasets", dataset["id"], Member(heir.id, "owner"))
    assert member.delete("/users/me").status_code == 204
    assert team_of(backends, "datasets", dataset["id"]) == {heir.id: "owner"}


@pytest.mark.parametrize("heir", [{"disabled": True}, {"role": "guest"}])
def test_an_owner_who_can_not_act_is_no_heir(backends: Any, member: Any, run_jobs: Any, heir: Any) -> None:
    dataset = make_dataset(member, run_jobs, rows=ROWS)
    put_in_team(backends, "datasets", dataset["id"], Member(make_user(backends, **heir).id, "owner"))
    assert member.delete("/users/me").status_code == 409


def test_other_teams_are_left_whatever_the_grade(backends: Any, member: Any, as_actor: Any, run_jobs: Any) -> None:
    owner = as_actor("member")
    made = [make_dataset(owner, run_jobs, rows=ROWS) for _ in range(2)]
    for one, grade in zip(made, ("manager", "viewer"), strict=True):
        put_in_team(backends, "datasets", one["id"], Member(member.user.id, grade))
    assert member.delete("/users/me").status_code == 204
    assert [team_of(backends, "datasets", one["id"]) for one in made] == [{owner.user.id: "owner"}] * 2


@pytest.fixture
def world(backends: Any, as_user: Any, run_jobs: Any) -> World:
    return make_world(backends, as_user, run_jobs)


def test_a_consolidated_dataset_follows_its_project(backends: Any, world: World) -> None:
    manager = world.callers["manager"]
    assert manager.delete("/users/me").status_code == 204
    assert manager.user.id not in team_of(backends, "projects", world.ids["project_id"])
    assert team_of(backends, "datasets", world.dataset_id) == team_of(backends, "projects", world.ids["project_id"])


def test_a_consolidated_dataset_is_not_named_beside_its_project(world: World) -> None:
    named = [fault["pointer"] for fault in world.callers["owner"].delete("/users/me").get_json()["errors"]]
    assert f"/projects/{world.ids['project_id']}" in named
    assert f"/datasets/{world.dataset_id}" not in named


def test_the_last_active_admin_can_not_go(as_actor: Any) -> None:
    admin = as_actor("admin")
    assert admin.delete("/users/me").status_code == 409
    as_actor("admin")
    assert admin.delete("/users/me").status_code == 204


def test_two_owners_who_go_at_once_do_not_both_go(backends: Any, as_actor: Any) -> None:
    for _ in range(4):
        pair = [as_actor("member"), as_actor("member")]
        project = pair[0].post("/projects", json={"title": "P"}).get_json()
        put_in_team(backends, "projects", project["id"], Member(pair[1].user.id, "owner"))
        statuses: list[int] = []
        barrier = threading.Barrier(2)

        def go(caller: Any, statuses: Any = statuses, barrier: Any = barrier) -> None:
            barrier.wait()
            statuses.append(caller.delete("/users/me").status_code)

        threads = [threading.Thread(target=go, args=(caller,)) for caller in pair]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        owners = [who for who, grade in team_of(backends, "projects", project["id"]).items() if grade == "owner"]
        assert sorted(statuses) == [204, 409]
        assert [backends.users.get(who).is_active for who in owners] == [True]


class Killed(BaseException):
    """What a kill -9 looks like from inside: no writer comes after it."""


STEPS = (
    "projects.replace",
    "mail_links.delete",
    "api_keys.delete",
    "outbox.insert",
    "users.replace",
    "sessions.delete",
)


@pytest.mark.parametrize("step", STEPS)
def test_who_is_killed_at_any_step_can_ask_again(
    backends: Any, member: Any, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    heir = make_user(backends)
    project = member.post("/projects", json={"title": "P"}).get_json()
    put_in_team(backends, "projects", project["id"], Member(heir.id, "owner"))
    (session,) = backends.sessions.all_by()
    actor = member.user.acting(session.id)
    api_keys.create(backends, actor, lambda: {"title": "T", "scopes": ["read"]})
    mail_links.mint(backends, "reset", member.user, member.user.email)
    store, _, method = step.partition(".")

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(getattr(backends, store), method, killed)
        with pytest.raises(Killed):
            leaving.delete_me(backends, actor)
    ended = backends.users.get(member.user.id).deleted_at is not None
    assert ended == (step in ("sessions.delete", "outbox.insert"))
    assert member.get("/users/me").status_code == (401 if ended else 200)
    if not ended:
        leaving.delete_me(backends, actor)
    assert backends.users.get(member.user.id).email.endswith("@deleted.invalid")
    assert team_of(backends, "projects", project["id"]) == {heir.id: "owner"}
    assert (backends.api_keys.all_by(), backends.mail_links.all_by()) == ([], [])


def test_no_address_that_somebody_registered_keeps_an_account_from_going(
    backends: Any, member: Any, settings: Any
) -> None:
    make_user(backends, email=f"{member.user.id}@deleted.invalid")
    assert member.delete("/users/me").status_code == 204
    assert backends.users.get(member.user.id).deleted_at is not None
    assert [mail["To"] for mail in mails(settings)] == [member.user.email]


def test_nobody_is_told_of_a_deletion_that_did_not_happen(
    backends: Any, member: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def others_were_quicker(*_: Any) -> None:
        raise Conflict("no")

    with monkeypatch.context() as patch:
        patch.setattr(backends.users, "amend", others_were_quicker)
        assert member.delete("/users/me").status_code == 409
    assert mails(settings) == []


def test_who_deletes_twice_at_once_is_told_once(
    backends: Any, member: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = member.user.acting(backends.sessions.all_by()[0].id)
    require = users.require_other_admin

    def and_another_is_quicker(*args: Any) -> None:
        monkeypatch.setattr(users, "require_other_admin", require)
        leaving.delete_me(backends, actor)

    monkeypatch.setattr(users, "require_other_admin", and_another_is_quicker)
    leaving.delete_me(backends, actor)
    leaving.delete_me(backends, actor)
    assert [mail["To"] for mail in mails(settings)] == [member.user.email]


def test_mails_on_their_way_to_who_goes_are_dropped_but_the_farewell(
    backends: Any, member: Any, settings: Any, run_jobs: Any
) -> None:
    posting.post(backends, "password_changed", member.user.email, "en", user=member.user)
    waiting = replace(backends, wake=lambda job: None)
    posting.post(waiting, "reset", member.user.email, "en")
    posting.post(waiting, "email_change", "new@example.org", "en", user=member.user)
    leaving.delete_me(waiting, member.user.acting(backends.sessions.all_by()[0].id))
    kept = {one.template: (one.to, one.state) for one in backends.outbox.all_by()}
    assert kept == {
        "password_changed": ("", "sent"),
        "reset": ("", "dropped"),
        "email_change": ("", "dropped"),
        "account_deleted": (member.user.email, "waiting"),
    }
    run_jobs()
    assert [mail["To"] for mail in mails(settings)] == [member.user.email] * 2  # the one sent before, and the farewell


def test_a_deletion_is_recorded_without_a_name(backends: Any, member: Any) -> None:
    member.delete("/users/me")
    (entry,) = [entry for entry in backends.audit.in_order() if entry.action == "account.delete"]
    assert (entry.actor_id, entry.subject_id) == (member.user.id, member.user.id)
    assert member.user.email not in str(list(backends.audit.collection.find()))


def hand_over(caller: Any, whose: str, to: str) -> Any:
    return caller.post(f"/users/{whose}/handover", json={"to": to})


def test_an_admin_hands_over_all_that_an_account_owns(backends: Any, world: World) -> None:
    admin, owner, heir = world.callers["admin"], world.callers["owner"].user, make_user(backends)
    owned = [
        (kind, one.id)
        for kind in leaving.KINDS
        for one in teams.store_of(backends, kind).all_by(members=owner.id)
        if dict(team_of(backends, kind, one.id))[owner.id] == "owner"
    ]
    before = {key: team_of(backends, *key) for key in owned}
    answer = hand_over(admin, owner.id, heir.id)
    assert (answer.status_code, answer.get_json()) == (200, {"documents": len(owned)})
    for key in owned:
        expected: dict[str, str] = {who: grade for who, grade in before[key].items() if who != owner.id}
        assert team_of(backends, *key) == {**expected, heir.id: "owner"}
    (entry,) = [entry for entry in backends.audit.in_order() if entry.action == "admin.handover"]
    assert (entry.actor_id, entry.subject_id) == (admin.user.id, owner.id)
    assert entry.details == {"to": heir.id, "documents": len(owned)}
    assert hand_over(admin, owner.id, heir.id).get_json() == {"documents": 0}
    assert audit.verify(backends).fault is None


def test_whom_it_is_handed_to_keeps_no_second_grade(backends: Any, world: World) -> None:
    owner, viewer = world.callers["owner"].user, world.callers["viewer"].user
    hand_over(world.callers["admin"], owner.id, viewer.id)
    team = team_of(backends, "projects", world.ids["project_id"])
    assert (team[viewer.id], owner.id in team) == ("owner", False)


def test_what_is_not_owned_is_not_handed_over(backends: Any, world: World) -> None:
    manager, heir = world.callers["manager"].user, make_user(backends)
    assert hand_over(world.callers["admin"], manager.id, heir.id).get_json() == {"documents": 0}
    assert team_of(backends, "projects", world.ids["project_id"])[manager.id] == "manager"


WRONG_HEIRS: dict[str, Callable[[Any, Any], str]] = {
    "unknown": lambda backends, owner: "0" * 24,
    "guest": lambda backends, owner: make_user(backends, role="guest").id,
    "disabled": lambda backends, owner: make_user(backends, disabled=True).id,
    "themselves": lambda backends, owner: owner.id,
}


@pytest.mark.parametrize("wrong", WRONG_HEIRS)
def test_it_is_handed_to_active_people_only_and_the_refusal_is_the_same(
    backends: Any, member: Any, as_actor: Any, wrong: str
) -> None:
    admin = as_actor("admin")
    to = WRONG_HEIRS[wrong](backends, member.user)
    refused = hand_over(admin, member.user.id, to)
    assert refused.status_code == 422
    assert refused.get_json()["errors"] == [{"pointer": "/to", "message": f"there is no other active account {to!r}"}]


def test_only_admins_hand_over_and_only_accounts_that_are(member: Any, as_actor: Any) -> None:
    assert hand_over(as_actor("staff"), member.user.id, member.user.id).status_code == 403
    assert hand_over(as_actor("admin"), "nobody", member.user.id).status_code == 404


def test_what_a_disabled_account_owns_can_be_handed_over(backends: Any, member: Any, as_actor: Any) -> None:
    member.post("/projects", json={"title": "P"})
    admin, heir = as_actor("admin"), make_user(backends)
    admin.patch(f"/users/{member.user.id}", json={"disabled": True})
    assert hand_over(admin, member.user.id, heir.id).get_json() == {"documents": 1}
