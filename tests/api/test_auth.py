"""The story of an account."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from flask_jwt_extended import create_access_token

from solidata_api.domain.documents import now
from solidata_api.services import sessions
from tests.factories import PASSWORD, make_user
from tests.mailbox import body_of, mails, token_of

ACCOUNT = {
    "email": "Ada@Example.org",
    "password": "a long enough one",
    "name": "Ada",
    "surname": "Lovelace",
    "agreement": True,
}


def test_an_account_is_registered_confirmed_used_and_left(client: Any, settings: Any) -> None:
    assert client.post("/api/v1/auth/register", json=ACCOUNT).status_code == 202
    token = token_of(mails(settings)[0])
    login = {"email": "ada@example.org", "password": ACCOUNT["password"]}
    guest = client.post("/api/v1/auth/login", json=login).get_json()
    assert guest["user"]["role"] == "guest"
    assert client.post("/api/v1/auth/confirm", json={"token": token}).get_json()["role"] == "member"
    # The guest's token speaks for a member from now on.
    headers = {"Authorization": f"Bearer {guest['access_token']}"}
    me = client.get("/api/v1/auth/me", headers=headers).get_json()
    assert (me["role"], me["email"], me["surname"]) == ("member", "ada@example.org", "Lovelace")
    assert client.post("/api/v1/auth/logout", headers=headers).status_code == 204
    assert client.get("/api/v1/auth/me", headers=headers).status_code == 401
    refresh = {"Authorization": f"Bearer {guest['refresh_token']}"}
    assert client.post("/api/v1/auth/refresh", headers=refresh).status_code == 401


def test_a_known_address_gets_the_same_answer_and_another_mail(client: Any, settings: Any) -> None:
    first = client.post("/api/v1/auth/register", json=ACCOUNT)
    client.post("/api/v1/auth/confirm", json={"token": token_of(mails(settings)[0])})
    second = client.post("/api/v1/auth/register", json=ACCOUNT)
    assert (first.status_code, first.data) == (second.status_code, second.data)
    assert [mail["To"] for mail in mails(settings)] == ["ada@example.org"] * 2
    assert "already" in body_of(mails(settings)[1])


def test_a_confirmation_link_is_good_once(client: Any, settings: Any) -> None:
    client.post("/api/v1/auth/register", json=ACCOUNT)
    token = token_of(mails(settings)[0])
    assert client.post("/api/v1/auth/confirm", json={"token": token}).status_code == 200
    assert client.post("/api/v1/auth/confirm", json={"token": token}).status_code == 422


def test_a_link_is_kept_as_its_hash_only(client: Any, settings: Any, backends: Any) -> None:
    client.post("/api/v1/auth/register", json=ACCOUNT)
    token = token_of(mails(settings)[0])
    assert token not in str(list(backends.mail_links.collection.find()))


def test_mails_are_in_the_language_of_the_account(client: Any, settings: Any) -> None:
    client.post("/api/v1/auth/register", json=ACCOUNT | {"lang": "fr"})
    assert "Bonjour Ada Lovelace" in body_of(mails(settings)[0])


def test_another_mail_is_sent_to_guests_only(client: Any, settings: Any, backends: Any) -> None:
    make_user(backends, email="member@example.org")
    make_user(backends, email="guest@example.org", role="guest")
    for address in ("member@example.org", "guest@example.org", "nobody@example.org"):
        assert client.post("/api/v1/auth/confirm/resend", json={"email": address}).status_code == 202
    assert [mail["To"] for mail in mails(settings)] == ["guest@example.org"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "no address"}, "/email"),
        ({"email": "a@b.org,c@d.org"}, "/email"),
        ({"email": "a@b.org\r\nBcc: c@d.org"}, "/email"),
        ({"password": "short"}, "/password"),
        ({"password": "123qweasdzxc"}, "/password"),
        ({"password": "aaaaaaaaaaaaaa"}, "/password"),
        ({"agreement": False}, "/agreement"),
        ({"lang": "xx"}, "/lang"),
        ({"role": "admin"}, "/role"),
        ({"disabled": False}, "/disabled"),
        ({"_id": "x"}, "/_id"),
        ({"team": []}, "/team"),
        ({"password": "ada lovelace 1815"}, "/password"),
        ({"password": "x" * 257}, "/password"),
        ({"name": "Ada\nBcc: eve@example.org"}, "/name"),
        ({"name": "  "}, "/name"),
        ({"email": {"ne": "x"}}, "/email"),
    ],
)
def test_an_account_that_does_not_fit_is_refused_by_place(client: Any, change: dict[str, Any], pointer: str) -> None:
    answer = client.post("/api/v1/auth/register", json=ACCOUNT | change)
    assert answer.status_code == 422
    assert pointer in [fault["pointer"] for fault in answer.get_json()["errors"]]


def test_wrong_password_and_unknown_address_get_the_same_answer(client: Any, backends: Any) -> None:
    make_user(backends, email="ada@example.org")
    wrong = client.post("/api/v1/auth/login", json={"email": "ada@example.org", "password": "wrong wrong wrong"})
    unknown = client.post("/api/v1/auth/login", json={"email": "eve@example.org", "password": "wrong wrong wrong"})
    assert wrong.status_code == unknown.status_code == 401
    assert {**wrong.get_json(), "request_id": ""} == {**unknown.get_json(), "request_id": ""}


def test_a_disabled_account_can_do_nothing(client: Any, backends: Any, as_user: Any) -> None:
    user = make_user(backends, email="ada@example.org")
    caller = as_user(user)
    backends.users.replace(replace(user, disabled=True), user.rev)
    assert caller.get("/auth/me").status_code == 401
    assert caller.get("/licences").status_code == 401
    assert client.post("/api/v1/auth/login", json={"email": "ada@example.org", "password": PASSWORD}).status_code == 401


def log_in(client: Any, backends: Any) -> dict[str, Any]:
    make_user(backends, email="ada@example.org")
    return client.post("/api/v1/auth/login", json={"email": "ada@example.org", "password": PASSWORD}).get_json()


def refreshed(client: Any, token: str) -> Any:
    return client.post("/api/v1/auth/refresh", headers={"Authorization": f"Bearer {token}"})


def test_refreshing_rotates(client: Any, backends: Any) -> None:
    first = log_in(client, backends)["refresh_token"]
    second = refreshed(client, first).get_json()["refresh_token"]
    assert second != first
    assert refreshed(client, second).status_code == 200


def test_a_lost_answer_does_not_log_out(client: Any, backends: Any) -> None:
    first = log_in(client, backends)["refresh_token"]
    refreshed(client, first)
    again = refreshed(client, first)
    assert again.status_code == 200
    assert refreshed(client, again.get_json()["refresh_token"]).status_code == 200


def test_a_refresh_token_used_again_later_ends_the_session(client: Any, backends: Any) -> None:
    opened = log_in(client, backends)
    second = refreshed(client, opened["refresh_token"]).get_json()["refresh_token"]
    (session,) = backends.sessions.all_by()
    backends.sessions.put(replace(session, rotated_at=now() - timedelta(minutes=5)))
    assert refreshed(client, opened["refresh_token"]).status_code == 401
    assert refreshed(client, second).status_code == 401
    headers = {"Authorization": f"Bearer {opened['access_token']}"}
    assert client.get("/api/v1/auth/me", headers=headers).status_code == 401


def test_logging_out_everywhere_ends_every_session(client: Any, backends: Any) -> None:
    first = log_in(client, backends)
    second = client.post("/api/v1/auth/login", json={"email": "ada@example.org", "password": PASSWORD}).get_json()
    client.post("/api/v1/auth/logout?all=true", headers={"Authorization": f"Bearer {first['access_token']}"})
    assert (
        client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {second['access_token']}"}).status_code == 401
    )


def forged(app: Any, backends: Any, key_id: str | None = None, **changes: Any) -> str:
    """An access token of a live session, good but for the changes."""
    user = make_user(backends)
    session = sessions.open_session(backends, user).session
    claims = {"sid": session.id, "purpose": "access", **changes.pop("claims", {})}
    with app.app_context():
        headers = {"kid": app.config["SOLIDATA_KEY_ID"] if key_id is None else key_id}
        return create_access_token(identity=user.id, additional_claims=claims, additional_headers=headers, **changes)


def status_of(app: Any, token: str, path: str = "/api/v1/auth/me") -> int:
    return app.test_client().get(path, headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_that_is_forged_without_a_fault_would_be_good(app: Any, backends: Any) -> None:
    assert status_of(app, forged(app, backends)) == 200


@pytest.mark.parametrize("purpose", ["confirm", "reset", "email", "refresh", "", None])
def test_a_token_made_for_another_purpose_opens_nothing(app: Any, backends: Any, purpose: Any) -> None:
    assert status_of(app, forged(app, backends, claims={"purpose": purpose})) == 401


@pytest.mark.parametrize("key_id", ["", "other", "../../dev/null", "0' or '1'='1"])
def test_a_token_that_names_a_foreign_key_opens_nothing(app: Any, backends: Any, key_id: str) -> None:
    assert status_of(app, forged(app, backends, key_id=key_id)) == 401


def test_a_token_that_is_expired_opens_nothing(app: Any, backends: Any) -> None:
    assert status_of(app, forged(app, backends, expires_delta=timedelta(seconds=-1))) == 401


@pytest.mark.parametrize("claim", [{"iss": "other"}, {"aud": "other"}, {"sid": "other"}, {"type": "refresh"}])
def test_a_token_of_another_issuer_audience_session_or_type_opens_nothing(
    app: Any, backends: Any, claim: dict[str, str]
) -> None:
    assert status_of(app, forged(app, backends, claims=claim)) == 401


def test_a_token_signed_by_another_secret_opens_nothing(app: Any, backends: Any, settings: Any) -> None:
    claims = jwt.decode(forged(app, backends), options={"verify_signature": False})
    headers = {"kid": app.config["SOLIDATA_KEY_ID"]}
    own, other = (jwt.encode(claims, key, "HS256", headers) for key in (settings.secret_key, "x" * 64))
    assert (status_of(app, own), status_of(app, other)) == (200, 401)


def test_no_token_is_read_from_the_address(app: Any, backends: Any) -> None:
    token = forged(app, backends)
    for name in ("access_token", "token", "jwt", "key", "api_key"):
        assert app.test_client().get(f"/api/v1/auth/me?{name}={token}").status_code == 401


def test_an_anonymous_token_speaks_for_nobody(client: Any, app: Any) -> None:
    answer = client.post("/api/v1/auth/anonymous").get_json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 900)
    assert status_of(app, answer["access_token"], "/api/v1/licences") == 200
    assert status_of(app, answer["access_token"], "/api/v1/auth/me") == 401
    assert status_of(app, answer["access_token"], "/api/v1/jobs") == 401


@pytest.mark.parametrize("algorithm", ["none", "HS512"])
def test_a_token_of_another_algorithm_opens_nothing(app: Any, settings: Any, backends: Any, algorithm: str) -> None:
    claims = jwt.decode(forged(app, backends), options={"verify_signature": False})
    key = "" if algorithm == "none" else settings.secret_key
    token = jwt.encode(claims, key, algorithm, {"kid": app.config["SOLIDATA_KEY_ID"]})
    assert status_of(app, token) == 401


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer  ", "Bearer a b", "nonsense", "Bearer eyJ.eyJ.x"])
def test_a_header_that_is_no_good_bearer_is_a_401_also_where_none_is_needed(client: Any, header: str) -> None:
    answer = client.get("/api/v1/licences", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_confirmation_page_posts_its_token_and_nothing_leaks_it(client: Any) -> None:
    answer = client.get("/confirm?token=secret")
    assert answer.status_code == 200
    assert b"secret" not in answer.data
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
