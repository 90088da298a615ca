"""Sessions: listed with where they are used, ended one by one or all at once."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solidata_api.domain.documents import now
from solidata_api.domain.errors import Unauthenticated
from solidata_api.domain.users import Client
from solidata_api.services import sessions
from tests.factories import PASSWORD, make_user

PATH = "/users/me/sessions"


def listed(caller: Any) -> list[dict[str, Any]]:
    return caller.get(PATH).get_json()["items"]


def test_a_session_says_what_it_is_used_with_and_which_one_asks(client: Any, backends: Any, as_user: Any) -> None:
    user = make_user(backends, email="ada@example.org")
    login = {"email": "ada@example.org", "password": PASSWORD}
    client.post("/api/v1/auth/login", json=login, headers={"User-Agent": "Browser/1.0 " + "x" * 300})
    here = as_user(user)
    first, second = sorted(listed(here), key=lambda one: one["current"])
    assert first["agent"] == ("Browser/1.0 " + "x" * 300)[:200]
    assert (first["current"], second["current"]) == (False, True)
    assert set(first) == {"id", "created_at", "last_used_at", "expires_at", "agent", "current"}


def test_sessions_come_in_pages(backends: Any, member: Any) -> None:
    for _ in range(3):
        sessions.open_session(backends, member.user)
    page = member.get(f"{PATH}?per_page=3&page=2").get_json()
    assert (len(page["items"]), page["total"], page["page"], page["per_page"]) == (1, 4, 2, 3)
    assert member.get(f"{PATH}?tag=x").status_code == 422


def test_a_session_is_ended_by_its_id(backends: Any, member: Any, as_user: Any) -> None:
    other = as_user(member.user)
    (found,) = [one for one in listed(member) if not one["current"]]
    assert member.delete(f"{PATH}/{found['id']}").status_code == 204
    assert (other.get("/auth/me").status_code, member.get("/auth/me").status_code) == (401, 200)
    assert member.delete(f"{PATH}/{found['id']}").status_code == 404


def test_the_session_that_asks_can_be_ended_too(member: Any) -> None:
    (found,) = listed(member)
    assert member.delete(f"{PATH}/{found['id']}").status_code == 204
    assert member.get("/auth/me").status_code == 401


def test_another_accounts_session_is_as_unknown_as_none(member: Any, as_actor: Any) -> None:
    other = as_actor("member")
    (theirs,) = listed(other)
    hidden, unknown = (member.delete(f"{PATH}/{one}") for one in (theirs["id"], "0" * 24))
    assert hidden.status_code == unknown.status_code == 404
    assert other.get("/auth/me").status_code == 200


def test_expired_sessions_are_not_listed_and_good_for_nothing(backends: Any, member: Any) -> None:
    opened = sessions.open_session(backends, member.user)
    backends.sessions.put(replace(opened.session, expires_at=now() - timedelta(seconds=1)))
    assert len(listed(member)) == 1
    with pytest.raises(Unauthenticated):
        sessions.identify(backends, member.user.id, opened.session.id)


def test_logging_out_everywhere_is_one_write_even_if_the_writer_is_killed_after_it(
    backends: Any, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = sessions.open_session(backends, member.user)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sessions, "forget", killed)
    with pytest.raises(KeyboardInterrupt):
        sessions.log_out(backends, member.user.acting(opened.session.id), everywhere=True)
    assert member.get("/auth/me").status_code == 401
    with pytest.raises(Unauthenticated):
        sessions.refresh(backends, opened.refresh_token)


def test_all_is_true_or_false(member: Any) -> None:
    assert member.post("/auth/logout?all=maybe").status_code == 422
    assert member.get("/auth/me").status_code == 200


def test_a_refresh_tells_where_the_session_is_used_now(backends: Any, member: Any) -> None:
    opened = sessions.open_session(backends, member.user, Client("192.0.2.1", "Old/1"))
    sessions.refresh(backends, opened.refresh_token, Client("192.0.2.2", "New/2"))
    session = backends.sessions.get(opened.session.id)
    assert (session.agent, session.place) == ("New/2", sessions.place_of(backends, Client("192.0.2.2")))


def test_many_refreshes_at_once_with_one_token_log_nobody_out(backends: Any, member: Any) -> None:
    opened = sessions.open_session(backends, member.user)
    results: list[Any] = []

    def refresh() -> None:
        results.append(sessions.refresh(backends, opened.refresh_token))

    threads = [threading.Thread(target=refresh) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert sessions.refresh(backends, results[-1].refresh_token)


@pytest.mark.parametrize("token", ["", ".", "x", "x.y", "sdk_x_y", f"{'0' * 24}.x"])
def test_what_is_no_refresh_token_is_refused(backends: Any, token: str) -> None:
    with pytest.raises(Unauthenticated):
        sessions.refresh(backends, token)


def test_only_the_last_places_are_remembered(backends: Any, member: Any) -> None:
    for n in range(sessions.PLACES + 3):
        sessions.open_session(backends, backends.users.get(member.user.id), Client(f"192.0.2.{n}"))
    places = backends.users.get(member.user.id).places
    assert len(places) == sessions.PLACES
    assert places[0] == sessions.place_of(backends, Client(f"192.0.2.{sessions.PLACES + 2}"))


def test_a_place_is_no_address_and_means_nothing_elsewhere(backends: Any) -> None:
    other = replace(backends, settings=replace(backends.settings, secret_key="x" * 64))
    client = Client("192.0.2.1")
    assert "192.0.2.1" not in sessions.place_of(backends, client)
    assert sessions.place_of(backends, client) != sessions.place_of(other, client)


@pytest.mark.parametrize("garbage", ["garbage", "x" * 75, "\u00e9" * 75, "\udcff" * 40])
def test_the_id_of_a_session_is_not_enough_to_end_it(backends: Any, member: Any, garbage: str) -> None:
    opened = sessions.open_session(backends, member.user)
    with pytest.raises(Unauthenticated):
        sessions.refresh(backends, f"{opened.session.id}.{garbage}")
    assert sessions.refresh(backends, opened.refresh_token)


def test_the_token_of_another_session_ends_none(backends: Any, member: Any, as_actor: Any) -> None:
    opened, other = (sessions.open_session(backends, user) for user in (member.user, as_actor("member").user))
    _, _, secret = other.refresh_token.partition(".")
    with pytest.raises(Unauthenticated):
        sessions.refresh(backends, f"{opened.session.id}.{secret}")
    assert sessions.refresh(backends, opened.refresh_token)


def test_a_refresh_token_made_before_they_had_a_seal_is_good_until_it_is_spent(backends: Any, member: Any) -> None:
    opened = sessions.open_session(backends, member.user)
    before = replace(opened.session, current_hash=hashlib.sha256(b"unsealed").hexdigest())
    backends.sessions.put(before)
    assert sessions.refresh(backends, f"{opened.session.id}.unsealed")
