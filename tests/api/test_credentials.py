"""Passwords and addresses: forgotten, reset, changed; and what ends with the old ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from solidata_api.domain.digests import digest
from solidata_api.services import api_keys, credentials, mail_links, passwords, sessions
from tests.factories import PASSWORD, make_user
from tests.mailbox import body_of, last_token, mails

API = "/api/v1/auth"
NEW = "another long enough one"
LOGIN = {"email": "ada@example.org", "password": PASSWORD}


@pytest.fixture
def ada(as_user: Any, backends: Any) -> Any:
    return as_user(make_user(backends, email="ada@example.org", name="Ada", surname="Lovelace"))


def logged_in(client: Any, password: str = PASSWORD, email: str = "ada@example.org") -> int:
    return client.post(f"{API}/login", json={"email": email, "password": password}).status_code


def forget(client: Any, settings: Any, email: str = "ada@example.org") -> str:
    assert client.post(f"{API}/password/forgot", json={"email": email}).status_code == 202
    return last_token(settings, "reset")


def reset(client: Any, token: str, password: str = NEW) -> Any:
    return client.post(f"{API}/password/reset", json={"token": token, "password": password})


def test_a_forgotten_password_is_reset_by_mail(client: Any, settings: Any, ada: Any) -> None:
    assert reset(client, forget(client, settings)).status_code == 204
    assert (logged_in(client), logged_in(client, NEW)) == (401, 200)
    assert [mail["To"] for mail in mails(settings)] == ["ada@example.org"] * 2


def test_a_reset_link_is_good_once(client: Any, settings: Any, ada: Any) -> None:
    token = forget(client, settings)
    assert reset(client, token).status_code == 204
    again = reset(client, token, "yet another long one")
    assert (again.status_code, again.get_json()["errors"][0]["pointer"]) == (422, "/token")


def test_a_token_that_is_none_is_refused_before_anything_is_hashed(
    client: Any, monkeypatch: pytest.MonkeyPatch, ada: Any, backends: Any
) -> None:
    monkeypatch.setattr(passwords, "HASHER", None)  # whoever uses it answers 500
    confirm = mail_links.mint(backends, "confirm", ada.user, ada.user.email)
    for token in ("nonsense", confirm):
        assert reset(client, token).get_json()["errors"][0]["pointer"] == "/token"
    assert backends.mail_links.find(digest(confirm)) is not None


def test_a_weak_password_does_not_cost_the_link(client: Any, settings: Any, ada: Any) -> None:
    token = forget(client, settings)
    for weak in ("short", "ada lovelace ada"):
        refused = reset(client, token, weak)
        assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/password")
    assert reset(client, token).status_code == 204


def test_a_reset_ends_every_session_and_every_link(client: Any, settings: Any, ada: Any, backends: Any) -> None:
    other, token = forget(client, settings), forget(client, settings)
    refresh = sessions.open_session(backends, ada.user).refresh_token
    reset(client, token)
    assert ada.get("/auth/me").status_code == 401
    assert client.post(f"{API}/refresh", headers={"Authorization": f"Bearer {refresh}"}).status_code == 401
    assert reset(client, other).status_code == 422
    assert (backends.sessions.all_by(), backends.mail_links.all_by()) == ([], [])


def test_sessions_end_with_the_password_even_if_the_writer_is_killed_right_after(ada: Any, backends: Any) -> None:
    backends.users.amend(ada.user.id, sessions.begin_epoch)
    assert backends.sessions.all_by() != []
    assert ada.get("/auth/me").status_code == 401


def test_a_reset_by_mail_also_confirms_the_address(client: Any, settings: Any, backends: Any) -> None:
    guest = make_user(backends, role="guest", email="ada@example.org")
    reset(client, forget(client, settings))
    assert backends.users.get(guest.id).role == "member"


def test_forgetting_gets_the_same_answer_for_whatever_address(client: Any, settings: Any, ada: Any) -> None:
    known = client.post(f"{API}/password/forgot", json={"email": "ada@example.org"})
    unknown = client.post(f"{API}/password/forgot", json={"email": "nobody@example.org"})
    assert (known.status_code, known.data) == (unknown.status_code, unknown.data) == (202, b"{}")
    assert [mail["To"] for mail in mails(settings)] == ["ada@example.org"]


def test_a_disabled_account_gets_no_link(client: Any, settings: Any, backends: Any) -> None:
    make_user(backends, email="ada@example.org", disabled=True)
    client.post(f"{API}/password/forgot", json={"email": "ada@example.org"})
    assert mails(settings) == []


def test_a_link_for_one_purpose_is_good_for_no_other(client: Any, ada: Any, backends: Any) -> None:
    paths = {"confirm": "confirm", "reset": "password/reset", "email": "email/confirm"}
    for purpose in paths:
        token = mail_links.mint(backends, purpose, ada.user, ada.user.email)
        for other, path in paths.items():
            if other != purpose:
                body = {"token": token} | ({"password": NEW} if other == "reset" else {})
                assert client.post(f"{API}/{path}", json=body).status_code == 422, (purpose, other)
    assert logged_in(client) == 200


def change(caller: Any, password: str = PASSWORD, new: str = NEW) -> Any:
    return caller.post("/auth/password/change", json={"password": password, "new_password": new})


def test_a_password_is_changed_by_the_present_one(client: Any, settings: Any, ada: Any) -> None:
    assert change(ada).status_code == 204
    assert (logged_in(client), logged_in(client, NEW)) == (401, 200)
    assert "ada@example.org" in mails(settings)[-1]["To"]


def test_a_wrong_present_password_changes_nothing(client: Any, ada: Any) -> None:
    refused = change(ada, "wrong wrong wrong")
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/password")
    assert logged_in(client) == 200


@pytest.mark.parametrize("weak", ["short", "qwerty123456", "Ada.Lovelace"])
def test_a_weak_new_password_is_refused_by_place(ada: Any, weak: str) -> None:
    refused = change(ada, new=weak)
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/new_password")


def test_changing_the_password_keeps_this_session_and_ends_the_others(ada: Any, as_user: Any) -> None:
    other = as_user(ada.user)
    change(ada)
    assert (ada.get("/auth/me").status_code, other.get("/auth/me").status_code) == (200, 401)


def test_changing_the_password_ends_links_mailed_before(client: Any, settings: Any, ada: Any) -> None:
    token = forget(client, settings)
    change(ada)
    assert reset(client, token, "yet another long one").status_code == 422


def ask_email(caller: Any, email: str = "Countess@Example.org", password: str = PASSWORD) -> Any:
    return caller.post("/auth/email/change", json={"email": email, "password": password})


def confirm_email(client: Any, token: str) -> Any:
    return client.post(f"{API}/email/confirm", json={"token": token})


def test_an_address_changes_once_the_mail_to_the_new_one_is_opened(client: Any, settings: Any, ada: Any) -> None:
    assert ask_email(ada).status_code == 202
    assert ada.get("/auth/me").get_json()["email"] == "ada@example.org"
    assert mails(settings)[-1]["To"] == "countess@example.org"
    assert confirm_email(client, last_token(settings, "email")).get_json()["email"] == "countess@example.org"
    assert (logged_in(client), logged_in(client, email="countess@example.org")) == (401, 200)
    assert mails(settings)[-1]["To"] == "ada@example.org"  # the notice
    assert "countess" not in body_of(mails(settings)[-1])


def test_changing_the_address_needs_the_password(settings: Any, ada: Any) -> None:
    refused = ask_email(ada, password="wrong wrong wrong")
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/password")
    assert mails(settings) == []


def test_an_address_that_is_none_is_refused(ada: Any) -> None:
    assert ask_email(ada, "a@b.org,c@d.org").get_json()["errors"][0]["pointer"] == "/email"


def test_asking_for_a_taken_address_says_nothing_and_confirming_it_conflicts(
    client: Any, settings: Any, ada: Any, backends: Any
) -> None:
    make_user(backends, email="countess@example.org")
    free, taken = ask_email(ada, "free@example.org"), ask_email(ada)
    assert (free.status_code, free.data) == (taken.status_code, taken.data)
    assert confirm_email(client, last_token(settings, "email")).status_code == 409
    assert backends.users.get(ada.user.id).email == "ada@example.org"


def test_two_who_confirm_the_same_address_do_not_both_get_it(
    client: Any, settings: Any, ada: Any, as_user: Any, backends: Any
) -> None:
    eve = as_user(make_user(backends))
    tokens = []
    for caller in (ada, eve):
        ask_email(caller)
        tokens.append(last_token(settings, "email"))
    assert [confirm_email(client, token).status_code for token in tokens] == [200, 409]


def test_a_new_address_ends_links_mailed_to_the_old_one(client: Any, settings: Any, ada: Any) -> None:
    token = forget(client, settings)
    ask_email(ada)
    confirm_email(client, last_token(settings, "email"))
    assert reset(client, token).status_code == 422


def test_a_guest_who_confirms_a_new_address_is_a_member(client: Any, settings: Any, as_actor: Any) -> None:
    guest = as_actor("guest")
    ask_email(guest)
    assert confirm_email(client, last_token(settings, "email")).get_json()["role"] == "member"


@pytest.mark.parametrize("path", ["/auth/password/change", "/auth/email/change", "/auth/logout"])
@pytest.mark.parametrize("scope", ["read", "write"])
def test_no_key_changes_how_an_account_is_proven(ada: Any, backends: Any, path: str, scope: str) -> None:
    actor = ada.user.acting(backends.sessions.all_by()[0].id)
    _, text = api_keys.create(backends, actor, lambda: {"title": "T", "scopes": [scope]})
    body = {"password": PASSWORD, "new_password": NEW, "email": "x@example.org"}
    answer = ada.post(path, json=body, headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 403


def test_mails_go_to_the_configured_address_whatever_the_host_header_says(client: Any, settings: Any, ada: Any) -> None:
    client.post(f"{API}/password/forgot", json={"email": "ada@example.org"}, headers={"Host": "evil.example"})
    assert "evil.example" not in body_of(mails(settings)[-1])
    assert last_token(settings, "reset")


def test_a_password_of_older_parameters_is_hashed_anew_at_the_next_log_in(client: Any, backends: Any) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    user = make_user(backends, email="ada@example.org", password_hash=old)
    assert logged_in(client) == 200
    renewed = backends.users.get(user.id)
    assert renewed.password_hash != old
    assert renewed.rev == user.rev
    assert logged_in(client) == 200


def test_nothing_of_a_credential_is_logged(
    client: Any, settings: Any, ada: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "solidata_api")
    token = forget(client, settings)
    reset(client, token)
    logged_in(client, "wrong wrong wrong")
    opened = client.post(f"{API}/login", json={**LOGIN, "password": NEW}).get_json()
    said = " ".join([*caplog.messages, *(str(vars(record)) for record in caplog.records)])
    for secret in (token, NEW, "wrong wrong", "ada@example.org", opened["refresh_token"], opened["access_token"]):
        assert secret not in said
    events = [record for record in caplog.records if record.name == "solidata_api.security"]
    assert {"a password was reset by mail", "a log-in was refused"} <= {record.getMessage() for record in events}
    assert all(record.user_id == ada.user.id for record in events if "password" in record.getMessage())


def test_the_reset_of_somebody_disabled_meanwhile_is_refused(
    client: Any, settings: Any, ada: Any, backends: Any
) -> None:
    token = forget(client, settings)
    backends.users.amend(ada.user.id, lambda user: replace(user, disabled=True))
    assert reset(client, token).status_code == 422


@pytest.fixture
def held_up(backends: Any) -> Any:
    """The same instance where mails wait: their jobs are run by who asks for it."""
    return replace(backends, wake=lambda job: None)


def test_an_address_change_that_a_thief_asked_for_does_not_outlive_the_reset(
    backends: Any, held_up: Any, ada: Any, client: Any, settings: Any, run_jobs: Any
) -> None:
    thief = ada.user.acting(backends.sessions.all_by()[0].id)
    body = {"email": "thief@example.org", "password": PASSWORD}
    credentials.ask_email_change(held_up, thief, lambda: body)
    token = mail_links.mint(backends, "reset", ada.user, ada.user.email)
    assert reset(client, token).status_code == 204
    run_jobs()
    assert "thief@example.org" not in [mail["To"] for mail in mails(settings)]
    assert backends.mail_links.all_by() == []


def test_a_link_made_while_the_password_is_being_reset_is_good_for_nothing(
    backends: Any, ada: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, made = mail_links.mint(backends, "reset", ada.user, ada.user.email), []
    kill_all = mail_links.kill_all

    def and_one_more(*args: Any) -> None:
        kill_all(*args)
        made.append(mail_links.mint(backends, "email", ada.user, "thief@example.org"))

    with monkeypatch.context() as patch:
        patch.setattr(mail_links, "kill_all", and_one_more)
        assert reset(client, token).status_code == 204
    assert confirm_email(client, made[0]).status_code == 422
    assert backends.users.get(ada.user.id).email == ada.user.email


def test_a_link_spent_while_the_password_is_being_reset_changes_nothing(
    backends: Any, ada: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = mail_links.mint(backends, "email", ada.user, "thief@example.org")
    spend = mail_links.spend

    def and_a_reset(*args: Any) -> Any:
        link = spend(*args)
        backends.users.amend(ada.user.id, sessions.begin_epoch)
        return link

    monkeypatch.setattr(mail_links, "spend", and_a_reset)
    assert confirm_email(client, token).status_code == 422
    assert backends.users.get(ada.user.id).email == ada.user.email


def test_a_new_address_ends_every_session(client: Any, settings: Any, ada: Any, backends: Any) -> None:
    refresh = sessions.open_session(backends, ada.user).refresh_token
    ask_email(ada)
    assert confirm_email(client, last_token(settings, "email")).status_code == 200
    assert ada.get("/auth/me").status_code == 401
    assert client.post(f"{API}/refresh", headers={"Authorization": f"Bearer {refresh}"}).status_code == 401
    assert backends.sessions.all_by() == []


def test_a_new_address_ends_them_by_the_write_that_sets_it(
    client: Any, ada: Any, backends: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "forget", lambda *_: None)  # as if killed before it tidies up
    assert confirm_email(client, mail_links.mint(backends, "email", ada.user, "new@example.org")).status_code == 200
    assert backends.sessions.all_by() != []
    assert ada.get("/auth/me").status_code == 401


@pytest.mark.parametrize("way", ["reset", "email"])
def test_a_guest_who_is_confirmed_on_the_way_is_recorded(client: Any, backends: Any, as_actor: Any, way: str) -> None:
    guest = as_actor("guest").user
    token = mail_links.mint(backends, way, guest, guest.email)
    answer = reset(client, token) if way == "reset" else confirm_email(client, token)
    assert answer.status_code < 300
    (entry,) = [entry for entry in backends.audit.in_order() if entry.action == "account.confirm"]
    assert (entry.actor_id, entry.subject_id, entry.details) == (guest.id, guest.id, {"role": ["guest", "member"]})


def test_a_member_who_resets_is_not_recorded_as_confirmed(client: Any, settings: Any, ada: Any, backends: Any) -> None:
    reset(client, forget(client, settings))
    assert list(backends.audit.in_order()) == []
