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
    start = {"kind": "projects", "document_id": "p", "grade": "viewer", "invited_by": "u", "created_at": now()}
    start |= {"expires_at": later, "forget_at": later}
    backends.invitations.insert(Invitation(id=new_id(), email=email, **{**start, **changes}))


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


def test_an_invited_address_makes_an_account(client: Any, sign_up: Any, backends: Any, settings: Any) -> None:
    sign_up("invitation")
    invite(backends)
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
    ],
)
def test_an_address_without_a_live_invitation_is_told_so_by_mail_only(
    client: Any, sign_up: Any, backends: Any, settings: Any, invitation: Any
) -> None:
    sign_up("invitation")
    if invitation:
        invite(backends, **invitation)
    answer = client.post(f"{API}/register", json=PERSON)
    assert (answer.status_code, answer.get_json()) == (202, {})
    assert backends.users.all_by() == []
    (mail,) = mails(settings)
    assert mail["To"] == "ada@example.org"
    assert "token=" not in body_of(mail)


def test_an_address_is_one_account_however_it_is_written(client: Any, backends: Any) -> None:
    for email in ("Ada@example.org", "ADA@EXAMPLE.ORG", " ada@example.org ", "\uff41da@example.org"):
        client.post(f"{API}/register", json={**PERSON, "email": email})
    client.post(f"{API}/register", json={**PERSON, "email": "zoe\u0301@example.org"})
    client.post(f"{API}/register", json={**PERSON, "email": "ZO\u00c9@example.org"})
    kept = sorted(user.email for user in backends.users.all_by())
    assert kept == ["ada@example.org", "zo\u00e9@example.org", "\uff41da@example.org"]


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
