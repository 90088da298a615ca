"""Guessing passwords is limited per account, per address and overall, and no stranger locks an owner out by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from solidata_api.domain.errors import TooManyRequests, Unauthenticated
from solidata_api.domain.users import Client
from solidata_api.services import accounts, credentials, guesses, mail_links, sessions
from solidata_api.store.rates import RateStore
from tests.factories import PASSWORD, make_user
from tests.mailbox import body_of, mails

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
    token = mail_links.mint(limits, "reset", ada, EMAIL)
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


PERSON = {"password": "a long enough one", "name": "A", "agreement": True}
#: What anybody may have mailed to whatever address.
MAILS: dict[str, Callable[[Any, Any, str, Client], None]] = {
    "register": lambda backends, _, to, place: accounts.register(backends, lambda: {**PERSON, "email": to}, place),
    "resend": lambda backends, _, to, place: accounts.resend_confirmation(backends, lambda: {"email": to}, place),
    "forgot": lambda backends, _, to, place: credentials.forgot_password(backends, lambda: {"email": to}, place),
    "change": lambda backends, actor, to, place: credentials.ask_email_change(
        backends, actor, lambda: {"email": to, "password": PASSWORD}, place
    ),
}


@pytest.mark.parametrize("kind", MAILS)
def test_mails_of_one_kind_to_one_address_are_limited_whoever_asks(backends: Any, ada: Any, kind: str) -> None:
    limits = limited(backends, "off", rate_mail="2/hour")
    for n, to in enumerate((EMAIL, EMAIL.upper())):
        MAILS[kind](limits, make_user(backends).acting(), to, stranger(n))
    with pytest.raises(TooManyRequests) as told:
        MAILS[kind](limits, make_user(backends).acting(), EMAIL, stranger(9))
    assert told.value.retry_after is not None
    MAILS[kind](limits, make_user(backends).acting(), "other@example.org", stranger(9))


def test_registering_and_asking_for_the_confirmation_again_are_one_kind_of_mail(backends: Any) -> None:
    limits = limited(backends, "off", rate_mail="1/hour")
    MAILS["register"](limits, None, EMAIL, HOME)
    with pytest.raises(TooManyRequests):
        MAILS["resend"](limits, None, EMAIL, HOME)


def test_strangers_who_ask_for_other_mails_keep_no_owner_from_resetting(backends: Any, ada: Any) -> None:
    limits = limited(backends, "off", rate_mail="1/hour")
    for kind in ("register", "change"):
        MAILS[kind](limits, make_user(backends).acting(), EMAIL, CAFE)
    guesses.count_mail(limits, "invitation", EMAIL)
    MAILS["forgot"](limits, None, EMAIL, HOME)
    assert "/reset?token=" in body_of(mails(limits.settings)[-1])


@pytest.mark.parametrize("kind", MAILS)
def test_one_place_asks_for_only_so_many_mails_to_whatever_addresses(backends: Any, kind: str) -> None:
    limits = limited(backends, "off", rate_register="2/hour")
    actor = make_user(backends).acting()
    MAILS["forgot"](limits, actor, "0@example.org", HOME)
    MAILS[kind](limits, actor, "1@example.org", HOME)
    with pytest.raises(TooManyRequests):
        MAILS[kind](limits, actor, "2@example.org", HOME)
    MAILS[kind](limits, actor, "2@example.org", CAFE)


def test_a_place_that_asks_too_often_uses_up_nothing_of_the_recipients(backends: Any) -> None:
    limits = limited(backends, "off", rate_register="1/hour", rate_mail="1/hour")
    MAILS["forgot"](limits, None, "other@example.org", CAFE)
    with pytest.raises(TooManyRequests):
        MAILS["forgot"](limits, None, EMAIL, CAFE)
    MAILS["forgot"](limits, None, EMAIL, HOME)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/auth/password/forgot", {"email": EMAIL}),
        ("/auth/confirm/resend", {"email": EMAIL}),
        ("/auth/email/change", {"email": EMAIL, "password": PASSWORD}),
    ],
)
def test_the_api_counts_by_where_a_request_comes_from(
    app: Any, backends: Any, as_actor: Any, path: str, body: dict[str, str]
) -> None:
    caller = as_actor("member")
    app.extensions["solidata"] = limited(backends, "off", rate_register="1/hour", rate_mail="off")
    statuses = [
        caller.post(path, json=body, environ_base={"REMOTE_ADDR": address}).status_code
        for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2")
    ]
    assert statuses == [202, 429, 202]


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
