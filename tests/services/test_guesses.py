"""Guessing passwords is limited per account, per address and overall, and no stranger locks an owner out by it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from solidata_api.domain.errors import TooManyRequests, Unauthenticated
from solidata_api.domain.users import Client
from solidata_api.services import accounts, credentials, mail_links, sessions
from solidata_api.store.rates import RateStore
from tests.factories import PASSWORD, make_user

HOME, CAFE = Client("192.0.2.1"), Client("198.51.100.7")
EMAIL = "ada@example.org"


def limited(backends: Any, rates: str, **settings: str) -> Any:
    """The same instance under these rates, counted as in production."""
    strict = replace(backends.settings, mode="production", rate_login=rates, **settings)
    return replace(backends, settings=strict, rates=RateStore(backends.database, strict))


@pytest.fixture
def ada(backends: Any) -> Any:
    return make_user(backends, email=EMAIL)


def stranger(n: int) -> Client:
    return Client(f"203.0.113.{n}")


def attempt(backends: Any, client: Client, password: str = "wrong wrong wrong", email: str = EMAIL) -> str:
    try:
        accounts.log_in(backends, lambda: {"email": email, "password": password}, client)
    except Unauthenticated:
        return "refused"
    except TooManyRequests:
        return "limited"
    return "in"


def test_one_account_is_guessed_at_only_so_often_from_wherever(backends: Any, ada: Any) -> None:
    limits = limited(backends, "3/hour; 100/hour; 100/hour")
    assert [attempt(limits, stranger(n)) for n in range(5)] == ["refused"] * 3 + ["limited"] * 2


def test_the_right_password_gets_no_further_than_a_wrong_one_once_limited(backends: Any, ada: Any) -> None:
    limits = limited(backends, "2/hour; 100/hour; 100/hour")
    for n in range(3):
        attempt(limits, stranger(n))
    assert attempt(limits, stranger(9), PASSWORD) == "limited"


def test_strangers_do_not_lock_the_owner_out_of_a_place_that_the_account_knows(backends: Any, ada: Any) -> None:
    limits = limited(backends, "3/hour; 100/hour; 100/hour")
    assert attempt(limits, HOME, PASSWORD) == "in"
    assert {attempt(limits, stranger(n)) for n in range(6)} == {"refused", "limited"}
    assert attempt(limits, HOME, PASSWORD) == "in"


def test_nor_when_they_use_up_what_strangers_have_together(backends: Any, ada: Any) -> None:
    limits = limited(backends, "100/hour; 100/hour; 3/hour")
    assert attempt(limits, HOME, PASSWORD) == "in"
    assert attempt(limits, stranger(8), email="other@example.org") == "refused"
    assert [attempt(limits, stranger(n)) for n in range(3)] == ["refused", "limited", "limited"]
    assert attempt(limits, HOME, PASSWORD) == "in"


def test_a_place_is_still_known_after_logging_out_there(backends: Any, ada: Any) -> None:
    limits = limited(backends, "3/hour; 100/hour; 100/hour")
    opened = accounts.log_in(limits, lambda: {"email": EMAIL, "password": PASSWORD}, HOME)
    sessions.log_out(limits, opened.user.acting(opened.session.id))
    for n in range(5):
        attempt(limits, stranger(n))
    assert attempt(limits, HOME, PASSWORD) == "in"


def test_an_owner_locked_out_of_a_new_place_gets_in_there_by_mail(backends: Any, ada: Any) -> None:
    limits = limited(backends, "2/hour; 100/hour; 100/hour")
    for n in range(3):
        attempt(limits, stranger(n))
    assert attempt(limits, CAFE, PASSWORD) == "limited"
    token = mail_links.mint(limits, "reset", ada.id, EMAIL)
    credentials.reset_password(limits, lambda: {"token": token, "password": "another long one"}, CAFE)
    assert attempt(limits, CAFE, "another long one") == "in"


def test_a_known_place_has_a_limit_of_its_own(backends: Any, ada: Any) -> None:
    limits = limited(backends, "3/hour; 100/hour; 100/hour")
    attempt(limits, HOME, PASSWORD)
    assert [attempt(limits, HOME) for _ in range(4)] == ["refused"] * 3 + ["limited"]


def test_a_new_password_forgets_the_places_of_the_old_one(backends: Any, ada: Any) -> None:
    sessions.open_session(backends, ada, CAFE)
    opened = sessions.open_session(backends, backends.users.get(ada.id), HOME)
    body = {"password": PASSWORD, "new_password": "another long one"}
    credentials.change_password(backends, ada.acting(opened.session.id), lambda: body, HOME)
    assert backends.users.get(ada.id).places == (sessions.place_of(backends, HOME),)


def test_one_address_tries_only_so_many_accounts(backends: Any, ada: Any) -> None:
    limits = limited(backends, "100/hour; 3/hour; 100/hour")
    tried = [attempt(limits, HOME, email=f"{n}@example.org") for n in range(5)]
    assert tried == ["refused"] * 3 + ["limited"] * 2


def test_the_addresses_of_one_ipv6_customer_are_one(backends: Any, ada: Any) -> None:
    limits = limited(backends, "100/hour; 2/hour; 100/hour")
    tried = [attempt(limits, Client(f"2001:db8:1:2::{n}"), email=f"{n}@example.org") for n in range(4)]
    assert tried == ["refused"] * 2 + ["limited"] * 2
    assert attempt(limits, Client("2001:db8:1:3::1")) == "refused"


def test_unknown_accounts_are_limited_alike(backends: Any, ada: Any) -> None:
    limits = limited(backends, "2/hour; 100/hour; 100/hour")
    known = [attempt(limits, stranger(n)) for n in range(4)]
    unknown = [attempt(limits, stranger(n), email="nobody@example.org") for n in range(4)]
    assert known == unknown


def test_the_same_address_written_otherwise_is_the_same_account(backends: Any, ada: Any) -> None:
    limits = limited(backends, "2/hour; 100/hour; 100/hour")
    tried = [
        attempt(limits, stranger(n), email=email)
        for n, email in enumerate([EMAIL, " ADA@example.org", "Ada@Example.Org "])
    ]
    assert tried == ["refused", "refused", "limited"]


def test_off_lifts_the_limits(backends: Any, ada: Any) -> None:
    limits = limited(backends, "off")
    assert [attempt(limits, HOME) for _ in range(12)] == ["refused"] * 12


def test_who_holds_a_token_guesses_the_present_password_only_so_often(backends: Any, ada: Any) -> None:
    limits = limited(backends, "2/hour; 100/hour; 100/hour")
    actor = ada.acting(sessions.open_session(backends, ada).session.id)
    body = {"password": "wrong wrong wrong", "email": "new@example.org", "new_password": "another long one"}
    with pytest.raises(Exception, match="present password"):
        credentials.change_password(limits, actor, lambda: body)
    with pytest.raises(Exception, match="present password"):
        credentials.ask_email_change(limits, actor, lambda: body)
    with pytest.raises(TooManyRequests):
        credentials.change_password(limits, actor, lambda: {**body, "password": PASSWORD})


def test_mails_to_one_address_are_limited_whoever_asks_for_whatever_mail(backends: Any, ada: Any) -> None:
    limits = limited(backends, "off", rate_mail="3/hour")
    actor = make_user(backends).acting()
    person = {"email": EMAIL, "password": "a long enough one", "name": "A", "agreement": True}
    accounts.register(limits, lambda: person)
    accounts.resend_confirmation(limits, lambda: {"email": EMAIL.upper()})
    credentials.forgot_password(limits, lambda: {"email": EMAIL})
    with pytest.raises(TooManyRequests) as told:
        credentials.ask_email_change(limits, actor, lambda: {"email": EMAIL, "password": PASSWORD})
    assert told.value.retry_after is not None
    credentials.forgot_password(limits, lambda: {"email": "other@example.org"})


def test_one_address_registers_only_so_often(backends: Any) -> None:
    limits = limited(backends, "off", rate_register="2/hour")
    person = {"password": "a long enough one", "name": "A", "agreement": True}
    for n in range(2):
        accounts.register(limits, lambda n=n: {**person, "email": f"{n}@example.org"}, HOME)
    with pytest.raises(TooManyRequests):
        accounts.register(limits, lambda: {**person, "email": "3@example.org"}, HOME)
    accounts.register(limits, lambda: {**person, "email": "3@example.org"}, CAFE)


def test_no_address_of_a_caller_is_stored(backends: Any, ada: Any) -> None:
    limits = limited(backends, "3/hour; 100/hour; 100/hour")
    attempt(limits, HOME, PASSWORD)
    attempt(limits, HOME)
    stored = str([list(backends.database[name].find()) for name in backends.database.list_collection_names()])
    assert HOME.address not in stored
