"""Who may make an account, by SIGN_UP; and that nobody becomes admin by being first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solidata_api.domain.documents import new_id, now
from solidata_api.domain.invitations import Invitation
from tests.factories import make_user
from tests.mailbox import body_of, last_token, mails

API = "/api/v1/auth"
PERSON = {"email": "Ada@example.org", "password": "a long enough one", "name": "Ada", "agreement": True}


@pytest.fixture
def sign_up(app: Any, backends: Any) -> Any:
    def set_to(how: str) -> None:
        app.extensions["solidata"] = replace(backends, settings=replace(backends.settings, sign_up=how))

    return set_to


def invite(backends: Any, email: str = "ada@example.org", **changes: Any) -> None:
    later = now() + timedelta(days=1)
    start = {"kind": "projects", "grade": "viewer", "created_at": now(), "expires_at": later, "forget_at": later}
    backends.invitations.insert(Invitation(id=new_id(), email=email, **{**start, **changes}))


@pytest.fixture
def offer(member: Any) -> dict[str, Any]:
    """What a member offers who owns a project."""
    project = member.post("/projects", json={"title": "P"}).get_json()
    return {"document_id": project["id"], "invited_by": member.user.id}


def register(client: Any, **changes: Any) -> None:
    answer = client.post(f"{API}/register", json={**PERSON, **changes})
    assert (answer.status_code, answer.get_json()) == (202, {})


def confirm(client: Any, token: str) -> int:
    return client.post(f"{API}/confirm", json={"token": token}).status_code


def log_in(client: Any, password: str) -> Any:
    return client.post(f"{API}/login", json={"email": "ada@example.org", "password": password})


def test_the_first_confirmed_user_of_an_empty_instance_does_not_become_admin(
    client: Any, settings: Any, backends: Any
) -> None:
    client.post(f"{API}/register", json=PERSON)
    assert client.post(f"{API}/confirm", json={"token": last_token(settings, "confirm")}).status_code == 200
    assert [user.role for user in backends.users.all_by()] == ["member"]


def test_closed_refuses_everybody_before_anything_is_read(client: Any, sign_up: Any, backends: Any) -> None:
    sign_up("closed")
    make_user(backends, email="ada@example.org")
    for body in (PERSON, {**PERSON, "email": "eve@example.org"}, {"nonsense": 1}):
        assert client.post(f"{API}/register", json=body).status_code == 403
    assert len(backends.users.all_by()) == 1


def test_an_invited_address_makes_an_account(
    client: Any, sign_up: Any, backends: Any, settings: Any, offer: Any
) -> None:
    sign_up("invitation")
    invite(backends, document_id="gone", invited_by="gone")
    invite(backends, **offer)
    assert client.post(f"{API}/register", json=PERSON).status_code == 202
    assert client.post(f"{API}/confirm", json={"token": last_token(settings, "confirm")}).status_code == 200


@pytest.mark.parametrize(
    "invitation",
    [
        None,
        {"email": "other@example.org"},
        {"state": "withdrawn"},
        {"state": "accepted"},
        {"expires_at": now() - timedelta(hours=1)},
        {"document_id": "gone"},
        {"invited_by": "gone"},
    ],
)
def test_an_address_without_a_live_invitation_is_told_so_by_mail_only(
    client: Any, sign_up: Any, backends: Any, settings: Any, offer: Any, invitation: Any
) -> None:
    sign_up("invitation")
    if invitation:
        invite(backends, **{**offer, **invitation})
    register(client)
    assert backends.users.find_by(email="ada@example.org") is None
    (mail,) = mails(settings)
    assert mail["To"] == "ada@example.org"
    assert "token=" not in body_of(mail)


def disabled(backends: Any, user: Any, offer: Any) -> None:
    backends.users.amend(user.id, lambda one: replace(one, disabled=True))


def out_of_the_team(backends: Any, user: Any, offer: Any) -> None:
    project = backends.projects.get(offer["document_id"])
    backends.projects.replace(replace(project, team=()), project.rev)


@pytest.mark.parametrize("leave", [disabled, out_of_the_team])
def test_an_inviter_who_may_not_invite_any_more_opens_no_sign_up(
    client: Any, sign_up: Any, backends: Any, member: Any, offer: Any, leave: Any
) -> None:
    sign_up("invitation")
    invite(backends, **offer)
    leave(backends, member.user, offer)
    register(client)
    assert backends.users.find_by(email="ada@example.org") is None


def test_an_address_is_one_account_however_it_is_written(client: Any, backends: Any) -> None:
    for email in ("Ada@example.org", "ADA@EXAMPLE.ORG", " ada@example.org ", "\uff41da@example.org"):
        client.post(f"{API}/register", json={**PERSON, "email": email})
    client.post(f"{API}/register", json={**PERSON, "email": "zoe\u0301@example.org"})
    client.post(f"{API}/register", json={**PERSON, "email": "ZO\u00c9@example.org"})
    for domain in ("B\u00fccher.example", "xn--bcher-kva.example", "bu\u0308cher.example"):
        client.post(f"{API}/register", json={**PERSON, "email": f"a@{domain}"})
    kept = sorted(user.email for user in backends.users.all_by())
    assert kept == ["a@b\u00fccher.example", "ada@example.org", "zo\u00e9@example.org", "\uff41da@example.org"]


def test_two_who_register_the_same_address_at_once_make_one_account(client: Any, backends: Any, app: Any) -> None:
    import threading

    statuses: list[int] = []

    def register() -> None:
        statuses.append(app.test_client().post(f"{API}/register", json=PERSON).status_code)

    threads = [threading.Thread(target=register) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [202] * 4
    assert len(backends.users.all_by()) == 1


def test_a_confirmation_link_dies_with_its_address(client: Any, settings: Any, backends: Any) -> None:
    client.post(f"{API}/register", json=PERSON)
    (user,) = backends.users.all_by()
    backends.users.amend(user.id, lambda one: replace(one, email="other@example.org"))
    assert client.post(f"{API}/confirm", json={"token": last_token(settings, "confirm")}).status_code == 422
    assert backends.users.get(user.id).role == "guest"


STRANGER = {"password": "the stranger's own", "name": "Mallory", "surname": "M", "lang": "fr"}
OWNER = {"password": "the owner's own one", "name": "Ada"}


def test_an_owner_who_registers_after_a_stranger_gets_an_account_of_their_own_making(
    client: Any, settings: Any, backends: Any, app: Any
) -> None:
    register(client, **STRANGER)
    theirs = log_in(client, STRANGER["password"]).get_json()
    register(client, **OWNER)
    assert confirm(client, last_token(settings, "confirm")) == 200
    (user,) = backends.users.all_by()
    assert (user.name, user.surname, user.lang, user.places) == ("Ada", "", "en", ())
    assert log_in(client, STRANGER["password"]).status_code == 401
    for path, token in (("me", "access_token"), ("refresh", "refresh_token")):
        headers = {"Authorization": f"Bearer {theirs[token]}"}
        method = "GET" if path == "me" else "POST"
        assert client.open(f"{API}/{path}", method=method, headers=headers).status_code == 401
    assert log_in(client, OWNER["password"]).get_json()["user"]["role"] == "member"


def test_a_link_mailed_before_somebody_registered_again_is_good_for_nothing(client: Any, settings: Any) -> None:
    register(client, **OWNER)
    token = last_token(settings, "confirm")
    register(client, **STRANGER)
    assert confirm(client, token) == 422


@pytest.mark.parametrize("state", [{"role": "member"}, {"role": "guest", "disabled": True}])
def test_registering_again_changes_no_account_that_is_confirmed_or_disabled(
    client: Any, backends: Any, settings: Any, state: Any
) -> None:
    user = make_user(backends, email="ada@example.org", **state)
    register(client, **STRANGER)
    assert backends.users.get(user.id) == user
    assert "token=" not in body_of(mails(settings)[-1])


def test_registering_again_while_the_account_is_confirmed_changes_nothing(
    client: Any, backends: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user(backends, email="ada@example.org", role="guest")
    find_by = backends.users.find_by

    def and_confirmed_meanwhile(**equals: Any) -> Any:
        found = find_by(**equals)
        monkeypatch.setattr(backends.users, "find_by", find_by)
        backends.users.amend(user.id, lambda one: replace(one, role="member"))
        return found

    monkeypatch.setattr(backends.users, "find_by", and_confirmed_meanwhile)
    register(client, **STRANGER)
    assert backends.users.get(user.id).password_hash == user.password_hash


def test_registrations_and_confirmations_are_told_to_the_security_log_without_a_name(
    client: Any, settings: Any, backends: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "solidata_api.security")
    register(client)
    confirm(client, last_token(settings, "confirm"))
    (user,) = backends.users.all_by()
    told = [record for record in caplog.records if record.getMessage().startswith(("a registration", "an account"))]
    assert [record.getMessage() for record in told] == [
        "a registration, answered by the mail confirm",
        "an account was confirmed",
    ]
    assert {record.user_id for record in told} == {user.id}
    assert "ada@example.org" not in " ".join(str(vars(record)) for record in caplog.records)


def test_a_confirmation_is_recorded_as_a_change_of_rights(client: Any, settings: Any, backends: Any) -> None:
    register(client)
    confirm(client, last_token(settings, "confirm"))
    (user,) = backends.users.all_by()
    (entry,) = backends.audit.in_order()
    assert (entry.action, entry.actor_id, entry.subject_kind) == ("account.confirm", user.id, "users")
    assert (entry.subject_id, entry.details) == (user.id, {"role": ["guest", "member"]})
