"""Invitations by mail: made, listed, withdrawn by a team; seen, accepted, declined by who is invited."""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solidata_api.app import create_app
from solidata_api.domain.documents import GRADES, Member, now
from solidata_api.services import invitations
from solidata_api.store.rates import RateStore
from tests.api.test_auth import body_of, mails
from tests.factories import make_user

ADDRESS = "grace@example.org"
KINDS = {
    "fields": {"name": "a", "type": "string"},
    "models": {"title": "M"},
    "recipes": {"title": "R"},
    "projects": {"title": "Communes"},
}


def make(caller: Any, kind: str = "projects") -> str:
    """A document owned by the caller; its path."""
    return f"/{kind}/{caller.post(f'/{kind}', json=KINDS[kind]).get_json()['id']}"


def invite(caller: Any, path: str, email: str = ADDRESS, grade: str = "editor") -> Any:
    return caller.post(f"{path}/invitations", json={"email": email, "grade": grade})


def token_of(mail: Any) -> str:
    return re.search(r"http://front\.example/invitation\?token=(\S+)", body_of(mail))[1]


def stored(backends: Any, path: str) -> Any:
    kind, identifier = path.strip("/").split("/")
    return getattr(backends, kind).get(identifier)


def grades(backends: Any, path: str) -> dict[str, str]:
    return {member.user_id: member.grade for member in stored(backends, path).team}


def set_grade(backends: Any, path: str, user_id: str, grade: str) -> None:
    document = stored(backends, path)
    team = (*(one for one in document.team if one.user_id != user_id), Member(user_id, grade))
    getattr(backends, path.split("/")[1]).replace(replace(document, team=team), document.rev)


@pytest.fixture
def path(member: Any) -> str:
    return make(member)


@pytest.fixture
def grace(backends: Any, as_user: Any) -> Any:
    return as_user(make_user(backends, email=ADDRESS, name="Grace"))


@pytest.fixture
def mailed(member: Any, path: str, settings: Any) -> str:
    """The token that Grace got by mail, to be editor of the member's project."""
    assert invite(member, path).status_code == 201
    return token_of(mails(settings)[-1])


@pytest.mark.parametrize("kind", KINDS)
def test_an_invitation_is_mailed_and_accepted(kind: str, member: Any, grace: Any, settings: Any) -> None:
    path = make(member, kind)
    made = invite(member, path)
    assert made.status_code == 201
    mail = mails(settings)[-1]
    assert mail["To"] == ADDRESS
    assert member.user.display_name in body_of(mail) and f"the {kind[:-1]}" in body_of(mail)
    answer = grace.post(f"/invitations/{token_of(mail)}/accept")
    assert (answer.status_code, answer.get_json()) == (
        200,
        {"kind": kind, "document_id": path.split("/")[2], "grade": "editor"},
    )
    assert grace.patch(path, json={"description": "D"}).status_code == 200


def test_the_answer_tells_the_invitation(member: Any, path: str, backends: Any) -> None:
    shown = invite(member, path, "  Grace@Example.ORG ", "viewer").get_json()
    (kept,) = backends.invitations.all_by(email=ADDRESS)
    assert shown == {
        "id": kept.id,
        "email": ADDRESS,
        "grade": "viewer",
        "state": "waiting",
        "expires_at": shown["expires_at"],
        "invited_by": {"id": member.user.id, "name": member.user.display_name},
        "created_at": shown["created_at"],
    }
    assert kept.expires_at - kept.created_at == timedelta(days=backends.settings.invitation_days)


def test_known_and_unknown_addresses_get_the_same_answer_by_the_same_work(
    member: Any, path: str, backends: Any, monkeypatch: Any
) -> None:
    """The worker looks accounts up; the request must not, or its time would tell."""
    make_user(backends, email="known@example.org")
    make_user(backends, email="guest@example.org", role="guest")
    inside = make_user(backends, email="inside@example.org")
    set_grade(backends, path, inside.id, "viewer")
    quiet = replace(backends, wake=lambda job: None)
    asked = watch(monkeypatch, quiet.users.collection)
    client = create_app(quiet.settings, quiet).test_client()
    shown, looked = [], []
    for name in ("known", "guest", "inside", "nobody"):
        asked.clear()
        body = {"email": f"{name}@example.org", "grade": "viewer"}
        answer = client.post(f"/api/v1{path}/invitations", json=body, headers=member.headers)
        assert answer.status_code == 201
        told = answer.get_json()
        shown.append({key: told[key] for key in told if key not in ("id", "email", "created_at", "expires_at")})
        looked.append(list(asked))
    assert all(one == shown[0] for one in shown)
    assert all(one == looked[0] for one in looked)
    assert "email" not in str(looked)


def watch(monkeypatch: Any, collection: Any) -> list[Any]:
    """What is asked of a collection from now on."""
    seen: list[Any] = []
    real = type(collection).find_one

    def find_one(self: Any, wanted: Any = None, *more: Any, **options: Any) -> Any:
        if self.name == collection.name:
            seen.append(wanted)
        return real(self, wanted, *more, **options)

    monkeypatch.setattr(type(collection), "find_one", find_one)
    return seen


@pytest.mark.parametrize("grade", GRADES)
@pytest.mark.parametrize("by", ["owner", "manager", "editor", "contributor", "viewer", "stranger", "admin"])
def test_each_grade_invites_up_to_its_own(
    by: str, grade: str, member: Any, path: str, as_actor: Any, backends: Any
) -> None:
    caller = as_actor("admin" if by == "admin" else "member")
    if by in GRADES:
        set_grade(backends, path, caller.user.id, by)
    may = by in ("owner", "admin") or (by == "manager" and grade != "owner")
    expected = 201 if may else 404 if by == "stranger" else 403
    assert invite(caller, path, grade=grade).status_code == expected
    assert len(backends.invitations.all_by(email=ADDRESS)) == may


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "no address", "grade": "viewer"}, "/email"),
        ({"email": "a@example.org, b@example.org", "grade": "viewer"}, "/email"),
        ({"email": "a@example.org\r\nBcc: b@example.org", "grade": "viewer"}, "/email"),
        ({"email": "a@example.org", "grade": "king"}, "/grade"),
        ({"email": ["a@example.org"], "grade": "viewer"}, "/email"),
        ({"email": "a@example.org", "grade": "viewer", "state": "accepted"}, "/state"),
    ],
)
def test_what_is_no_invitation_is_refused(body: Any, pointer: str, member: Any, path: str, backends: Any) -> None:
    answer = member.post(f"{path}/invitations", json=body)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == pointer
    assert backends.invitations.all_by() == []


def test_a_recipient_is_mailed_so_often_and_no_more(member: Any, path: str, backends: Any, settings: Any) -> None:
    settings = replace(settings, mode="preprod", rate_mail="2/hour")
    rates = RateStore(backends.database, settings)
    limited = replace(backends, settings=settings, rates=rates, wake=lambda job: None)
    client = create_app(settings, limited).test_client()
    body = {"email": ADDRESS, "grade": "viewer"}
    answers = [client.post(f"/api/v1{path}/invitations", json=body, headers=member.headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert int(answers[2].headers["Retry-After"]) >= 1
    other = client.post(f"/api/v1{path}/invitations", json={**body, "email": "x@example.org"}, headers=member.headers)
    assert other.status_code == 201


def test_one_person_invites_so_often_and_no_more_to_whatever_addresses(
    member: Any, path: str, backends: Any, settings: Any, as_user: Any
) -> None:
    settings = replace(settings, mode="preprod", rate_register="2/hour", rate_mail="off")
    limited = replace(backends, settings=settings, rates=RateStore(backends.database, settings), wake=lambda job: None)
    client = create_app(settings, limited).test_client()
    other = as_user(make_user(backends))
    set_grade(backends, path, other.user.id, "manager")

    def status(caller: Any, n: int) -> int:
        body = {"email": f"{n}@example.org", "grade": "viewer"}
        return client.post(f"/api/v1{path}/invitations", json=body, headers=caller.headers).status_code

    assert [status(member, n) for n in range(3)] == [201, 201, 429]
    assert status(other, 9) == 201


def test_so_many_wait_for_one_document_and_no_more(member: Any, path: str, backends: Any, settings: Any) -> None:
    settings = replace(settings, max_invitations=2)
    client = create_app(settings, replace(backends, settings=settings)).test_client()

    def ask(name: str) -> Any:
        body = {"email": f"{name}@example.org", "grade": "viewer"}
        return client.post(f"/api/v1{path}/invitations", json=body, headers=member.headers)

    first = ask("a").get_json()["id"]
    assert ask("b").status_code == 201
    refused = ask("c")
    assert refused.status_code == 409
    assert "MAX_INVITATIONS=2" in refused.get_json()["detail"]
    assert ask("b").status_code == 201  # takes the place of the earlier one
    member.delete(f"{path}/invitations/{first}")
    assert ask("c").status_code == 201


def test_inviting_again_ends_the_earlier_invitation(member: Any, path: str, grace: Any, settings: Any) -> None:
    invite(member, path, grade="viewer")
    invite(member, path, grade="editor")
    first, second = (token_of(mail) for mail in mails(settings))
    assert grace.post(f"/invitations/{first}/accept").status_code == 404
    assert grace.post(f"/invitations/{second}/accept").get_json()["grade"] == "editor"


def test_a_manager_inviting_again_leaves_the_offer_of_an_owner_alone(
    member: Any, path: str, as_actor: Any, backends: Any, grace: Any
) -> None:
    manager = as_actor()
    set_grade(backends, path, manager.user.id, "manager")
    invite(member, path, grade="owner")
    invite(manager, path, grade="viewer")
    assert sorted(one["grade"] for one in grace.get("/invitations").get_json()["items"]) == ["owner", "viewer"]


def test_the_list_tells_those_that_wait_and_those_that_ended_lately(
    member: Any, path: str, backends: Any, settings: Any, grace: Any
) -> None:
    ids = [invite(member, path, f"{name}@example.org").get_json()["id"] for name in ("a", "b", "c", "d", "e", "grace")]
    tokens = [token_of(mail) for mail in mails(settings)]
    member.post(f"/invitations/{tokens[1]}/decline")
    member.delete(f"{path}/invitations/{ids[2]}")
    past(backends, ids[3], expires_at=now() - timedelta(days=1))
    past(backends, ids[4], expires_at=now() - timedelta(days=31), forget_at=now() - timedelta(days=1))
    grace.post(f"/invitations/{tokens[5]}/accept")
    page = member.get(f"{path}/invitations").get_json()
    assert [(one["id"], one["state"]) for one in page["items"]] == [
        (ids[5], "accepted"),
        (ids[3], "expired"),
        (ids[2], "withdrawn"),
        (ids[1], "declined"),
        (ids[0], "waiting"),
    ]
    assert page["total"] == 5
    second = member.get(f"{path}/invitations?per_page=2&page=2").get_json()
    assert [one["id"] for one in second["items"]] == [ids[2], ids[1]]


def past(backends: Any, invitation_id: str, **values: Any) -> None:
    assert backends.invitations.put(replace(backends.invitations.get(invitation_id), **values))


def test_the_database_forgets_ended_invitations(backends: Any) -> None:
    indexes = backends.invitations.collection.index_information().values()
    assert any(one.get("expireAfterSeconds") == 0 and one["key"][0][0] == "forget_at" for one in indexes)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    ("by", "status"),
    [("anonymous", 401), ("guest", 403), ("stranger", 404), ("viewer", 403), ("contributor", 403), ("editor", 403)],
)
def test_invitations_are_for_who_manages_the_team(
    by: str, status: int, method: str, member: Any, path: str, as_actor: Any, backends: Any
) -> None:
    made = invite(member, path).get_json()["id"]
    caller = as_actor(by if by in ("anonymous", "guest") else "member")
    if by in GRADES:
        set_grade(backends, path, caller.user.id, by)
    address = f"{path}/invitations/{made}" if method == "DELETE" else f"{path}/invitations"
    options = {"json": {"email": "x@example.org", "grade": "viewer"}} if method == "POST" else {}
    assert caller.call(method, address, **options).status_code == status
    assert len(backends.invitations.all_by()) == 1


def test_a_withdrawn_invitation_is_worth_nothing(member: Any, path: str, grace: Any, mailed: str) -> None:
    (shown,) = member.get(f"{path}/invitations").get_json()["items"]
    assert member.delete(f"{path}/invitations/{shown['id']}").status_code == 204
    assert member.delete(f"{path}/invitations/{shown['id']}").status_code == 404
    assert grace.post(f"/invitations/{mailed}/accept").status_code == 404
    assert grace.post(f"/invitations/{shown['id']}/accept").status_code == 404
    assert grace.get("/invitations").get_json()["total"] == 0


def test_an_invitation_of_another_document_is_not_withdrawn(member: Any, path: str, as_actor: Any) -> None:
    made, other = invite(member, path).get_json()["id"], as_actor()
    assert other.delete(f"{make(other)}/invitations/{made}").status_code == 404
    assert member.delete(f"{make(member)}/invitations/{made}").status_code == 404
    assert member.get(f"{path}/invitations").get_json()["items"][0]["state"] == "waiting"


def test_a_manager_does_not_withdraw_the_offer_of_a_grade_above_its_own(
    member: Any, path: str, as_actor: Any, backends: Any
) -> None:
    manager, made = as_actor(), invite(member, path, grade="owner").get_json()["id"]
    set_grade(backends, path, manager.user.id, "manager")
    assert manager.delete(f"{path}/invitations/{made}").status_code == 403


def test_what_waits_for_my_address_is_told_to_me_alone(
    member: Any, path: str, grace: Any, as_actor: Any, mailed: str
) -> None:
    page = grace.get("/invitations").get_json()
    (shown,) = page["items"]
    assert shown == {
        "id": shown["id"],
        "kind": "projects",
        "document_id": path.split("/")[2],
        "title": "Communes",
        "grade": "editor",
        "invited_by": {"id": member.user.id, "name": member.user.display_name},
        "expires_at": shown["expires_at"],
    }
    assert (page["total"], page["page"], page["per_page"]) == (1, 1, 20)
    assert member.get("/invitations").get_json()["total"] == as_actor().get("/invitations").get_json()["total"] == 0
    assert [as_actor(role).get("/invitations").status_code for role in ("anonymous", "guest")] == [401, 403]


def test_the_account_of_the_address_accepts_by_id(grace: Any, path: str, backends: Any, mailed: str) -> None:
    (shown,) = grace.get("/invitations").get_json()["items"]
    assert grace.post(f"/invitations/{shown['id']}/accept").status_code == 200
    assert grades(backends, path)[grace.user.id] == "editor"
    assert grace.get("/invitations").get_json()["total"] == 0


def test_an_id_is_worth_nothing_to_others(member: Any, path: str, as_actor: Any, grace: Any, mailed: str) -> None:
    (shown,) = grace.get("/invitations").get_json()["items"]
    for role in ("member", "admin", "guest"):
        assert as_actor(role).post(f"/invitations/{shown['id']}/accept").status_code == 404
        assert as_actor(role).post(f"/invitations/{shown['id']}/decline").status_code == 404
    assert as_actor("anonymous").post(f"/invitations/{shown['id']}/decline").status_code == 404


def test_a_guest_of_the_address_can_not_use_the_id(backends: Any, as_user: Any, path: str, member: Any) -> None:
    """Whoever registered somebody else's address knows no mailed token."""
    guest = as_user(make_user(backends, email=ADDRESS, role="guest"))
    made = invite(member, path).get_json()["id"]
    assert guest.post(f"/invitations/{made}/accept").status_code == 404
    assert backends.users.get(guest.user.id).role == "guest"


def test_the_mailed_token_confirms_the_address(
    backends: Any, as_user: Any, path: str, member: Any, settings: Any
) -> None:
    guest = as_user(make_user(backends, email=ADDRESS, role="guest"))
    invite(member, path)
    assert guest.post(f"/invitations/{token_of(mails(settings)[-1])}/accept").status_code == 200
    assert backends.users.get(guest.user.id).role == "member"
    (entry,) = [entry for entry in backends.audit.in_order() if entry.action == "account.confirm"]
    assert (entry.actor_id, entry.subject_id) == (guest.user.id, guest.user.id)
    assert guest.get(path).status_code == 200
    assert guest.post("/projects", json={"title": "P"}).status_code == 201


def test_accepting_needs_an_account(anonymous: Any, path: str, backends: Any, mailed: str) -> None:
    assert anonymous.post(f"/invitations/{mailed}/accept").status_code == 401
    assert len(grades(backends, path)) == 1


@pytest.mark.parametrize("role", ["member", "guest", "admin"])
def test_the_token_is_for_the_invited_address_which_is_not_told(
    role: str, as_actor: Any, path: str, backends: Any, mailed: str
) -> None:
    other = as_actor(role)
    answer = other.post(f"/invitations/{mailed}/accept")
    assert answer.status_code == 403
    assert "another address" in answer.get_json()["detail"]
    assert ADDRESS not in answer.get_data(as_text=True)
    assert backends.users.get(other.user.id).role == role
    assert len(grades(backends, path)) == 1


def test_every_token_that_is_not_good_gets_the_same_answer(
    member: Any, path: str, grace: Any, backends: Any, settings: Any
) -> None:
    tokens = []
    for end in ("used", "declined", "withdrawn", "expired", "deleted", "lowered"):
        document = make(member)
        made = invite(member, document).get_json()["id"]
        tokens.append(token_of(mails(settings)[-1]))
        if end == "used":
            assert grace.post(f"/invitations/{tokens[-1]}/accept").status_code == 200
        elif end == "declined":
            assert grace.post(f"/invitations/{tokens[-1]}/decline").status_code == 204
        elif end == "withdrawn":
            assert member.delete(f"{document}/invitations/{made}").status_code == 204
        elif end == "expired":
            past(backends, made, expires_at=now() - timedelta(seconds=1))
        elif end == "deleted":
            assert member.delete(document).status_code == 204
        else:
            set_grade(backends, document, make_user(backends).id, "owner")
            set_grade(backends, document, member.user.id, "editor")
    answers = [grace.post(f"/invitations/{token}/accept") for token in [*tokens, "never-was", "$ne", "é" * 300]]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.get_json()["detail"] for answer in answers}) == 1
    assert grace.get("/invitations").get_json()["total"] == 0


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "guest"}])
def test_an_inviter_who_lost_the_account_can_not_grant_any_more(
    change: Any, member: Any, grace: Any, path: str, backends: Any, mailed: str
) -> None:
    user = backends.users.get(member.user.id)
    backends.users.replace(replace(user, **change), user.rev)
    assert grace.post(f"/invitations/{mailed}/accept").status_code == 404
    assert grace.user.id not in grades(backends, path)


def test_an_inviter_who_is_now_manager_can_not_have_made_an_owner(
    member: Any, grace: Any, path: str, backends: Any, settings: Any
) -> None:
    invite(member, path, grade="owner")
    set_grade(backends, path, make_user(backends).id, "owner")
    set_grade(backends, path, member.user.id, "manager")
    assert grace.post(f"/invitations/{token_of(mails(settings)[-1])}/accept").status_code == 404


@pytest.mark.parametrize(("held", "kept"), [("manager", "manager"), ("viewer", "editor"), ("editor", "editor")])
def test_who_is_in_the_team_already_keeps_the_higher_grade(
    held: str, kept: str, grace: Any, path: str, backends: Any, mailed: str
) -> None:
    set_grade(backends, path, grace.user.id, held)
    answer = grace.post(f"/invitations/{mailed}/accept")
    assert (answer.status_code, answer.get_json()["grade"]) == (200, kept)
    assert grades(backends, path)[grace.user.id] == kept


def test_a_full_team_takes_nobody_in_and_the_invitation_waits(
    grace: Any, member: Any, path: str, backends: Any, settings: Any, mailed: str
) -> None:
    settings = replace(settings, max_team=1)
    client = create_app(settings, replace(backends, settings=settings)).test_client()
    refused = client.post(f"/api/v1/invitations/{mailed}/accept", headers=grace.headers)
    assert refused.status_code == 409
    assert "MAX_TEAM=1" in refused.get_json()["detail"]
    assert grace.post(f"/invitations/{mailed}/accept").status_code == 200


def test_declining_needs_the_token_and_no_account(
    anonymous: Any, grace: Any, path: str, member: Any, mailed: str
) -> None:
    assert anonymous.post(f"/invitations/{mailed}/decline").status_code == 204
    assert anonymous.post(f"/invitations/{mailed}/decline").status_code == 404
    assert grace.post(f"/invitations/{mailed}/accept").status_code == 404
    assert member.get(f"{path}/invitations").get_json()["items"][0]["state"] == "declined"


def test_the_account_of_the_address_declines_by_id(grace: Any, path: str, backends: Any, mailed: str) -> None:
    (shown,) = grace.get("/invitations").get_json()["items"]
    assert grace.post(f"/invitations/{shown['id']}/decline").status_code == 204
    assert grace.user.id not in grades(backends, path)


def test_a_mail_sent_again_carries_the_only_token_that_works(grace: Any, backends: Any, mailed: str) -> None:
    (kept,) = backends.invitations.all_by(email=ADDRESS)
    again = invitations.new_token(backends, kept.id)
    assert grace.post(f"/invitations/{mailed}/accept").status_code == 404
    assert grace.post(f"/invitations/{again}/accept").status_code == 200
    assert invitations.new_token(backends, kept.id) is None


@pytest.mark.parametrize("kind", KINDS)
def test_invitations_to_a_deleted_document_are_withdrawn(kind: str, member: Any, backends: Any) -> None:
    path = make(member, kind)
    invite(member, path)
    assert member.delete(path).status_code == 204
    (kept,) = backends.invitations.all_by(email=ADDRESS)
    assert (kept.state, kept.token_hash) == ("withdrawn", None)


def test_the_token_is_in_no_answer_no_log_and_no_document(
    member: Any, grace: Any, path: str, backends: Any, settings: Any, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG, "solidata_api")
    answers = [invite(member, path)]
    token = token_of(mails(settings)[-1])
    answers += [
        member.get(f"{path}/invitations"),
        grace.get("/invitations"),
        member.post(f"/invitations/{token}/accept"),
        member.get(f"/invitations/{token}/accept"),
        member.post(f"/invitations/{token}"),
        grace.post(f"/invitations/{token}/accept"),
        grace.post(f"/invitations/{token}/accept"),
        grace.post(f"/invitations/{token}/decline"),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 403, 405, 404, 200, 404, 404]
    assert not [answer.request.path for answer in answers if token in answer.get_data(as_text=True)]
    assert token not in caplog.text
    assert not [record for record in caplog.records if token in str(vars(record))]
    database = backends.database
    assert not [name for name in database.list_collection_names() if token in str(list(database[name].find()))]


def test_no_address_is_in_the_log_or_the_audit_log(
    member: Any, grace: Any, mailed: str, backends: Any, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG, "solidata_api")
    grace.post(f"/invitations/{mailed}/accept")
    assert ADDRESS not in caplog.text
    assert ADDRESS not in str(list(backends.audit.collection.find()))


def test_the_audit_log_tells_who_invited_and_who_came(
    member: Any, grace: Any, path: str, mailed: str, backends: Any
) -> None:
    grace.post(f"/invitations/{mailed}/accept")
    (kept,) = backends.invitations.all_by(email=ADDRESS)
    told = [(one.action, one.actor_id, one.subject_id) for one in backends.audit.in_order()]
    document = path.split("/")[2]
    assert told == [
        ("invitation.create", member.user.id, document),
        ("invitation.accept", grace.user.id, document),
        ("rights.change", grace.user.id, document),
    ]
    accepted = list(backends.audit.in_order())[1]
    assert accepted.details == {"invitation_id": kept.id, "grade": "editor", "invited_by": member.user.id}


def test_of_two_acceptances_at_once_one_counts(grace: Any, path: str, backends: Any, mailed: str) -> None:
    found = at_once(*[lambda: grace.post(f"/invitations/{mailed}/accept").status_code] * 4)
    assert sorted(found) == [200, 404, 404, 404]
    assert grades(backends, path)[grace.user.id] == "editor"


def test_an_invitation_withdrawn_while_it_is_accepted_is_one_or_the_other(
    member: Any, grace: Any, backends: Any
) -> None:
    for _ in range(12):
        path = make(member)
        made = invite(member, path).get_json()["id"]
        found = at_once(
            lambda made=made: ("accept", grace.post(f"/invitations/{made}/accept").status_code),
            lambda path=path, made=made: ("withdraw", member.delete(f"{path}/invitations/{made}").status_code),
        )
        told = dict(found)
        inside = grace.user.id in grades(backends, path)
        assert inside == (told["accept"] == 200)
        assert (told["withdraw"] == 204) == (told["accept"] == 404)
        state = backends.invitations.get(made).state
        assert state == ("accepted" if inside else "withdrawn")


def at_once(*acts: Any) -> list[Any]:
    """What each act gives when all happen at the same time."""
    barrier, found = threading.Barrier(len(acts)), []

    def run(act: Any) -> None:
        barrier.wait()
        found.append(act())

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.parametrize("step", ["begin_accepting", "save", "end"])
def test_who_is_killed_while_accepting_accepts_again(
    step: str, grace: Any, path: str, backends: Any, mailed: str, monkeypatch: Any
) -> None:
    """Killed after any write: the invitation waits, or it is accepted and its place is taken."""

    class Killed(BaseException):
        pass

    stores = {"save": backends.projects}
    store = stores.get(step, backends.invitations)
    name = "replace" if step == "save" else step
    real = getattr(store, name)

    def act_and_die(*given: Any, **named: Any) -> None:
        real(*given, **named)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(store, name, act_and_die)
        grace.post(f"/invitations/{mailed}/accept")
    (kept,) = backends.invitations.all_by(email=ADDRESS)
    inside = grace.user.id in grades(backends, path)
    assert kept.state == "waiting" or (kept.state == "accepted" and inside)
    again = grace.post(f"/invitations/{mailed}/accept").status_code
    assert again == (200 if kept.state == "waiting" else 404)
    assert grades(backends, path)[grace.user.id] == "editor"
    assert backends.invitations.get(kept.id).state == "accepted"
