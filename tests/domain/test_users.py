"""Accounts: which addresses are one address, and who an account acts as."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.actors import Actor
from solidata_api.domain.users import Client, User, email_faults, name_faults, normal_email
from tests.domain.documents import MOMENT


def make_user(**values: Any) -> User:
    start = {"id": "u", "email": "ada@example.org", "password_hash": "x", "name": "Ada", "surname": "Lovelace"}
    return User(**{**start, **values}, created_at=MOMENT, updated_at=MOMENT)


@pytest.mark.parametrize(
    "email", ["ada@example.org", "ada.b+tag@sub.example.org", "élise@exemple.fr", " ada@example.org ", "o'neil@a.ie"]
)
def test_one_address_fits(email: str) -> None:
    assert email_faults(email) == []


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@localhost",
        "ada@example.",
        "ada@@example.org",
        "ada@example.org,ben@example.org",
        "ada@example.org;ben@example.org",
        "ada@example.org ben@example.org",
        "Ada <ada@example.org>",
        '"ada"@example.org',
        "ada@example.org\r\nBcc: ben@example.org",
        "ada@example.org\nBcc:ben@example.org",
        "ada\0@example.org",
        "ada\u2028x@example.org",
        "ada@[127.0.0.1]",
        "ada@-example.org",
        "ada@exam_ple.org",
        "ada@xn--a.org",
        "ada@\u0661.example",
        f"ada@{'x' * 64}.org",
        "ada@deleted.invalid",
        "ada@DELETED.\uff29nvalid",
    ],
)
def test_anything_but_one_address_is_refused(email: str) -> None:
    (fault,) = email_faults(email)
    assert fault.pointer == "/email"


def test_an_address_that_is_too_long_is_told_the_limit_and_its_length() -> None:
    (fault,) = email_faults("a" * 250 + "@example.org")
    assert "254" in fault.message and "262" in fault.message


@given(st.text())
def test_no_address_that_fits_can_break_out_of_its_mail_header(text: str) -> None:
    for email in (f"{text}@example.org", f"ada@{text}", f"ada@a.{text}"):
        if not email_faults(email):
            kept = normal_email(email)
            assert kept.count("@") == 1
            assert not any(char.isspace() or char in ',;<>"' or ord(char) < 32 for char in kept)


def test_addresses_are_kept_without_case_and_margins() -> None:
    assert normal_email("  Ada@Example.ORG ") == "ada@example.org"


@pytest.mark.parametrize(
    ("name", "surname", "shown"), [("Ada", "Lovelace", "Ada Lovelace"), ("", "Lovelace", "Lovelace"), ("", "", "")]
)
def test_the_display_name_is_name_and_surname(name: str, surname: str, shown: str) -> None:
    assert make_user(name=name, surname=surname).display_name == shown


def test_an_account_acts_in_its_role_and_session() -> None:
    assert make_user(role="staff").acting("s") == Actor("staff", "u", "s")


def test_a_new_account_acts_as_a_guest() -> None:
    actor = make_user().acting()
    assert (actor.is_known, actor.is_confirmed, actor.is_admin) == (True, False, False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ADA@Example.org", "ada@example.org"),
        ("zoe\u0301@a.fr", "ZO\u00c9@a.fr"),
        ("STRASSE@a.de", "stra\u00dfe@a.de"),
        ("a@B\u00dcCHER.example", "a@xn--bcher-kva.example"),
        ("a@XN--BCHER-KVA.Example", "a@b\u00fccher.example"),
        ("a@bu\u0308cher.example", "a@b\u00fccher.example"),
        ("a@\uff45xample.org", "a@example.org"),
    ],
)
def test_one_address_has_one_form(one: str, other: str) -> None:
    assert normal_email(one) == normal_email(other)


@given(st.one_of(st.text(), st.text().map(lambda text: f"ada@{text}.org"), st.text().map(lambda text: f"a@xn--{text}")))
def test_the_form_of_an_address_is_final(text: str) -> None:
    assert normal_email(normal_email(text)) == normal_email(text)


def test_an_address_is_kept_as_people_read_it() -> None:
    assert normal_email("Ada@xn--bcher-kva.example") == "ada@b\u00fccher.example"


def test_domains_that_only_look_alike_to_old_software_are_two() -> None:
    assert normal_email("a@fa\u00df.de") != normal_email("a@fass.de")


def test_an_address_that_composing_breaks_is_refused() -> None:
    assert email_faults("a\u037eb@example.org") != []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "unix:", False),
        ("192.0.2.1:1111", "192.0.2.1:2222", True),
        ("192.0.2.1:1111", "192.0.2.1", True),
        ("192.0.2.1:1111", "192.0.2.2:1111", False),
        ("[2001:db8::1]:443", "2001:db8::2", True),
        ("[2001:db8::1]", "[2001:db8::2]:80", True),
        ("[2001:db8:0:1::1]:443", "[2001:db8:0:2::1]:443", False),
    ],
)
def test_a_network_is_an_ipv4_address_or_an_ipv6_64(one: str, other: str, same: bool) -> None:
    assert (Client(one).network == Client(other).network) == same


@pytest.mark.parametrize(
    ("role", "disabled", "active"), [("member", False, True), ("guest", False, False), ("admin", True, False)]
)
def test_others_meet_confirmed_accounts_that_are_not_disabled(role: str, disabled: bool, active: bool) -> None:
    assert make_user(role=role, disabled=disabled).is_active == active


@pytest.mark.parametrize(
    ("names", "pointers"),
    [
        ({"name": "Ada", "surname": ""}, []),
        ({"name": "Zoé-Anaïs", "surname": "d'Œuvre 2"}, []),
        ({"name": " "}, ["/name"]),
        ({"surname": " "}, []),
        ({"name": "a\nb", "surname": "\x00"}, ["/name", "/surname"]),
        ({"name": "a\u2028b"}, ["/name"]),
    ],
)
def test_names_hold_no_control_characters(names: dict[str, str], pointers: list[str]) -> None:
    assert [fault.pointer for fault in name_faults(names)] == pointers
