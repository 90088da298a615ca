"""Domains of addresses: which are one, and what mail servers are told."""

from __future__ import annotations

import pytest

from solidata_api.domain.addresses import domain_fault, sendable


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("ada@example.org", "ada@example.org"),
        ("ada@b\u00fccher.example", "ada@xn--bcher-kva.example"),
        ("\u00e9lise@fa\u00df.de", "\u00e9lise@xn--fa-hia.de"),
        ("nothing", "nothing"),
    ],
)
def test_mail_servers_are_told_domains_in_ascii(address: str, sent: str) -> None:
    assert sendable(address) == sent


@pytest.mark.parametrize("domain", ["ab--cd.org", "3com.example", "xn--bcher-kva.example", "a.b.c.d.example"])
def test_domains_that_exist_receive_mail(domain: str) -> None:
    assert domain_fault(domain) is None


def test_a_reserved_domain_is_named() -> None:
    assert domain_fault("x.INVALID") == "no domain ends in .invalid"


def test_a_domain_that_is_far_too_long_is_not_looked_at() -> None:
    assert domain_fault("\u00fc." * 100_000 + "org") is not None
