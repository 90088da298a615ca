"""Addresses that people give, in the one form in which they are kept."""

from __future__ import annotations

import pytest

from solidata_api.domain.web_addresses import NoAddress, clean, host_of, name_of, origin


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" http://Example.ORG ", "http://example.org/"),
        ("https://h.example:443/a#part", "https://h.example/a"),
        ("http://h.example:8080/a/b?x=1&y=[2]", "http://h.example:8080/a/b?x=1&y=[2]"),
        ("https://h.example/mon fichier é.csv?q=é à", "https://h.example/mon%20fichier%20%C3%A9.csv?q=%C3%A9%20%C3%A0"),
        ("https://h.example/a%20b?c=%2F", "https://h.example/a%20b?c=%2F"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://[2606:4700:0::1]:81/", "http://[2606:4700::1]:81/"),
    ],
)
def test_an_address_is_kept_in_one_form(given: str, kept: str) -> None:
    assert clean(given) == kept
    assert clean(kept) == kept


@pytest.mark.parametrize(
    "given",
    [
        "", "h.example", "ftp://h.example", "http://", "http:///a", "http://a b/", "http://a\\b/", "http://h\n.example/",
        "http://u@h.example/", "http://u:p@h.example/", "http://h.example:0/", "http://h.example:99999/", "http://[::1/",
        "http://[::1%25lo]/", "http://<h>/", "http://h..example/", "http://" + "a" * 300, "http://h/" + "a" * 5000,
    ],
)  # fmt: skip
def test_what_is_none_is_refused(given: str) -> None:
    with pytest.raises(NoAddress):
        clean(given)


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin("https://h.example/a") == origin("https://h.example/b") == ("https", "h.example", 443)
    assert origin("http://h.example/") != origin("https://h.example/")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://h.example/a/communes.csv?x=1", "communes.csv"),
        ("https://h.example/a/d%C3%A9c%C3%A8s.csv", "décès.csv"),
        ("https://h.example:81/api/records", "h.example"),
        ("https://h.example/", "h.example"),
        ("https://h.example/..%2f..%2fetc%2fpasswd.txt", "passwd.txt"),
    ],
)
def test_a_name_is_the_files_or_the_hosts(address: str, name: str) -> None:
    assert name_of(address) == name


def test_errors_tell_host_and_port_only() -> None:
    assert host_of("https://h.example:8443/a?key=secret") == "h.example:8443"
