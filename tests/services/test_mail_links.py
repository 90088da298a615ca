"""Links in mails: once, for one purpose, while they fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solidata_api.backends import Backends
from solidata_api.domain.digests import digest
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Invalid
from solidata_api.services import mail_links, sessions
from tests.factories import make_user

TO = "ada@example.org"


def test_a_link_is_good_once_and_for_its_purpose_only(backends: Backends) -> None:
    user = make_user(backends, email=TO)
    token = mail_links.mint(backends, "reset", user, TO)
    with pytest.raises(Invalid) as raised:
        mail_links.spend(backends, token, "confirm")
    assert raised.value.faults[0].pointer == "/token"
    assert mail_links.spend(backends, token, "reset").user_id == user.id
    with pytest.raises(Invalid):
        mail_links.spend(backends, token, "reset")


@pytest.mark.parametrize("change", [{"email": "new@example.org"}, {"disabled": True}])
def test_a_link_dies_when_it_does_not_fit_its_account_any_more(backends: Backends, change: dict[str, Any]) -> None:
    user = make_user(backends, email=TO)
    token = mail_links.mint(backends, "reset", user, TO)
    backends.users.replace(replace(user, **change), user.rev)
    with pytest.raises(Invalid):
        mail_links.spend(backends, token, "reset")


def test_an_expired_link_is_not_good(backends: Backends) -> None:
    user = make_user(backends, email=TO)
    token = mail_links.mint(backends, "reset", user, TO)
    link = backends.mail_links.get(digest(token))
    backends.mail_links.put(replace(link, expires_at=now() - timedelta(seconds=1)))
    with pytest.raises(Invalid):
        mail_links.spend(backends, token, "reset")


def test_links_are_ended_by_purpose_or_all_and_nobody_elses(backends: Backends) -> None:
    user, other = make_user(backends, email=TO), make_user(backends)
    kept = mail_links.mint(backends, "reset", other, other.email)
    by_purpose = {name: mail_links.mint(backends, name, user, TO) for name in ("confirm", "reset")}
    mail_links.kill_all(backends, user.id, ["reset"])
    assert [link.purpose for link in backends.mail_links.all_by(user_id=user.id)] == ["confirm"]
    mail_links.kill_all(backends, user.id)
    for purpose, token in by_purpose.items():
        with pytest.raises(Invalid):
            mail_links.spend(backends, token, purpose)
    assert mail_links.spend(backends, kept, "reset").user_id == other.id


@pytest.mark.parametrize("purpose", ["confirm", "reset", "email"])
def test_a_link_dies_when_the_sessions_of_its_account_are_ended(backends: Backends, purpose: str) -> None:
    user = make_user(backends, email=TO)
    token = mail_links.mint(backends, purpose, user, TO)
    backends.users.amend(user.id, sessions.begin_epoch)
    with pytest.raises(Invalid):
        mail_links.spend(backends, token, purpose)


def test_a_link_made_for_an_account_as_it_was_before_is_born_dead(backends: Backends) -> None:
    seen = make_user(backends, email=TO)
    backends.users.amend(seen.id, sessions.begin_epoch)
    with pytest.raises(Invalid):
        mail_links.spend(backends, mail_links.mint(backends, "reset", seen, TO), "reset")
