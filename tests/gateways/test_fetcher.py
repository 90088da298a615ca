"""The guarded fetcher against servers that answer as real ones do: hostile, slow, endless, broken, and good."""

from __future__ import annotations

import gzip
import socket
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from solidata_api.domain.documents import now
from solidata_api.domain.errors import FetchFailed, SolidataError, TooLarge
from solidata_api.domain.web_addresses import clean
from solidata_api.gateways.answered import Answer
from solidata_api.gateways.fetcher import Fetcher, Known, open_fetcher
from solidata_api.gateways.guarded import Door
from solidata_api.gateways.public_addresses import is_public
from solidata_api.settings import Settings
from tests import smtp
from tests.servers import Exchange, Site, serving

CSV = b"code,name\n01,Ain\n02,Aisne\n"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as one:
        yield one


def fetcher_for(*sites: Site, **changes: Any) -> Fetcher:
    """One that may reach these servers, and waits little between attempts."""
    opened = open_fetcher(Settings(fetch_allow=tuple(one.where for one in sites), fetch_timeout_s=5, max_upload_mb=1))
    return replace(opened, pause_s=0.01, **changes)


def got(
    fetcher: Fetcher, url: str, headers: Mapping[str, str] | None = None, known: Known | None = None
) -> tuple[bytes, Answer] | None:
    fetching = fetcher.begin(clean(url), headers or {}, lambda *_: None)
    return fetching.get(clean(url), lambda answer: (b"".join(answer.pieces()), answer), known)


def body_of(fetcher: Fetcher, url: str, headers: Mapping[str, str] | None = None) -> bytes:
    found = got(fetcher, url, headers)
    assert found is not None
    return found[0]


def failure(fetcher: Fetcher, url: str, headers: Mapping[str, str] | None = None) -> str:
    with pytest.raises(SolidataError) as caught:
        got(fetcher, url, headers)
    return caught.value.detail


def test_the_very_bytes_arrive_with_what_the_server_calls_them(site: Site) -> None:
    url = site.gives("/communes.csv", CSV, {"Content-Type": "text/csv; charset=utf-8"})
    found = got(fetcher_for(site), url)
    assert found is not None
    assert (found[0], found[1].filename, found[1].media_type) == (CSV, "communes.csv", "text/csv")


def test_a_name_in_content_disposition_wins_and_loses_its_folders(site: Site) -> None:
    url = site.gives("/x", CSV, {"Content-Disposition": "attachment; filename*=UTF-8''..%2F..%2Fd%C3%A9c%C3%A8s.csv"})
    found = got(fetcher_for(site), url)
    assert found is not None and found[1].filename == "décès.csv"


def test_it_says_who_asks_and_sends_no_cookie(site: Site) -> None:
    site.gives("/b", CSV)
    site.routes["/a"] = lambda one: one.say(302, b"", {"Location": "/b", "Set-Cookie": "session=1; Path=/"})
    assert body_of(fetcher_for(site), site.url("/a")) == CSV
    assert site.asked[1].headers["user-agent"].startswith("Solidata (+http")
    assert "cookie" not in site.asked[1].headers
    assert site.asked[1].headers["host"] == site.where


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0.0.0.0", "0", "localhost",
        "localhost.", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
        "[2001:0:7f00:1::]", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "192.88.99.1", "198.18.0.1", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[2001:db8::1]",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(site: Site, host: str) -> None:
    site.gives("/t.csv", CSV)
    told = failure(fetcher_for(), f"http://{host}:{site.port}/t.csv")
    assert "its address is not a public one" in told
    assert site.asked == []


def test_a_name_of_a_private_address_is_told_like_an_unknown_one(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, {"inside.example": [["10.1.2.3"]], "unknown.example": [[]]})
    inside, unknown = (failure(fetcher_for(), f"http://{name}.example/") for name in ("inside", "unknown"))
    assert inside.replace("inside", "unknown") == unknown
    assert "10.1.2.3" not in inside


def test_of_a_name_with_public_and_private_addresses_only_the_public_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, {"both.example": [["127.0.0.1", "93.184.216.34", "::1"]]})
    tried = connections(monkeypatch)
    failure(fetcher_for(attempts=1), "http://both.example/")
    assert tried == [("93.184.216.34", 80)]


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers with a public address first and a private one next (DNS rebinding)."""
    resolve(monkeypatch, {"turns.example": [["93.184.216.34"], ["127.0.0.1"]]})
    tried = connections(monkeypatch)
    failure(fetcher_for(attempts=2), "http://turns.example/")
    assert tried == [("93.184.216.34", 80)]


def test_the_environments_proxies_are_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, site.url(""))
    assert "not a public one" in failure(fetcher_for(), "http://169.254.169.254/latest/meta-data")
    assert site.asked == []


def test_netrc_is_not_read(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    body_of(fetcher_for(site), site.gives("/t.csv", CSV))
    assert "authorization" not in site.asked[0].headers


def test_an_exception_is_of_one_host_and_port_exactly(site: Site) -> None:
    with serving() as other:
        other.gives("/t.csv", CSV)
        assert "not a public one" in failure(fetcher_for(site), other.url("/t.csv"))
        assert other.asked == []


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest", "http://[::1]/", "http://2130706433/"])
def test_a_redirect_to_an_address_inside_is_refused(site: Site, target: str) -> None:
    assert "not a public one" in failure(fetcher_for(site), site.redirects("/a", target))


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://h/x", "gopher://h", "//u:p@h/", "http://h:0/", "http://["]
)
def test_a_redirect_to_something_else_than_a_web_page_is_refused(site: Site, target: str) -> None:
    assert "not followed" in failure(fetcher_for(site), site.redirects("/a", target))


def test_five_redirects_are_followed_and_six_are_not(site: Site) -> None:
    for n in range(6):
        site.redirects(f"/{n}", f"/{n + 1}", (301, 302, 303, 307, 308, 302)[n])
    site.gives("/6", CSV)
    assert body_of(fetcher_for(site), site.url("/1")) == CSV
    assert failure(fetcher_for(site), site.url("/0")) == f"{site.where} redirects more than 5 times."


def test_secret_headers_go_to_the_origin_that_was_asked_and_no_other(site: Site) -> None:
    with serving() as other:
        url = site.redirects("/a", "/b")
        site.redirects("/b", other.url("/c"))
        other.redirects("/c", site.gives("/d", CSV))
        assert body_of(fetcher_for(site, other), url, {"X-Api-Key": "s3cret", "Authorization": "Bearer t"}) == CSV
        assert [one.headers.get("x-api-key") for one in site.asked] == ["s3cret"] * 3
        assert [one.headers.keys() & {"x-api-key", "authorization"} for one in other.asked] == [set()]


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server whose certificate is trusted here."""
    public, context = smtp.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    with serving(context) as one:
        yield one


def test_https_is_spoken_and_the_certificate_checked(secure: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    url = secure.gives("/t.csv", CSV)
    assert body_of(fetcher_for(secure), url) == CSV
    monkeypatch.delenv("SSL_CERT_FILE")
    assert failure(fetcher_for(secure), url) == f"The certificate of {secure.where} can't be trusted."


def test_the_certificate_is_of_the_name_asked_not_of_the_address(secure: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, {"other.example": [["127.0.0.1"]]})
    fetcher = replace(fetcher_for(), door=Door(frozenset([f"other.example:{secure.port}"])))
    told = failure(fetcher, f"https://other.example:{secure.port}/t.csv")
    assert "can't be trusted" in told


def test_from_https_to_http_secret_headers_do_not_go(secure: Site, site: Site) -> None:
    url = secure.redirects("/a", site.gives("/t.csv", CSV))
    told = failure(fetcher_for(secure, site), url, {"X-Api-Key": "s3cret"})
    assert "from https to http" in told and "s3cret" not in told
    assert site.asked == []
    assert body_of(fetcher_for(secure, site), url) == CSV


def test_an_endless_body_stops_at_the_limit(site: Site) -> None:
    def endless(one: Exchange) -> None:
        one.begin({"Content-Type": "text/csv"})
        while True:
            one.wfile.write(b"a,b\n" * 10_000)

    site.routes["/endless"] = endless
    with pytest.raises(TooLarge, match="MAX_UPLOAD_MB=1 "):
        got(fetcher_for(site), site.url("/endless"))


def test_a_length_beyond_the_limit_is_refused_before_the_body(site: Site) -> None:
    def announced(one: Exchange) -> None:
        one.begin({"Content-Length": str(10**12)})
        time.sleep(0.2)

    site.routes["/big"] = announced
    with pytest.raises(TooLarge, match="1000000000000 bytes"):
        got(fetcher_for(site), site.url("/big"))


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_is_counted_while_it_inflates(site: Site, encoding: str) -> None:
    zeros = b"\x00" * (64 << 20)
    body = gzip.compress(zeros, mtime=0) if encoding == "gzip" else zlib.compress(zeros)
    url = site.gives("/bomb", body, {"Content-Encoding": encoding})
    with pytest.raises(TooLarge) as caught:
        got(fetcher_for(site), url)
    assert int(caught.value.detail.split(" sends ")[1].split()[0]) < 2 << 20


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(CSV, mtime=0)),
        ("x-gzip", gzip.compress(CSV[:10], mtime=0) + gzip.compress(CSV[10:], mtime=0)),
        ("gzip", gzip.compress(CSV, mtime=0) + b"\x00" * 100),
        ("deflate", zlib.compress(CSV)),
        ("deflate", zlib.compress(CSV)[2:-4]),
        ("identity", CSV),
        ("", CSV),
    ],
)
def test_encoded_bodies_arrive_as_they_were(site: Site, encoding: str, body: bytes) -> None:
    url = site.gives("/t.csv", body, {"Content-Encoding": encoding} if encoding else {})
    assert body_of(fetcher_for(site), url) == CSV


def test_encoded_bodies_of_many_pieces_arrive_whole(site: Site) -> None:
    rows = b"".join(b"%d,%d\n" % (n, n * n) for n in range(60_000))
    url = site.gives("/t.csv", gzip.compress(rows, mtime=0), {"Content-Encoding": "gzip"})
    assert body_of(fetcher_for(site), url) == rows


@pytest.mark.parametrize(
    ("encoding", "body", "told"),
    [
        ("gzip", gzip.compress(CSV * 1000, mtime=0)[:-30], "ended in the middle"),
        ("gzip", CSV, "is not encoded as gzip"),
        ("br", b"\x0b\x02\x80abc\x03", "is encoded as 'br'"),
    ],
)
def test_an_encoding_that_is_broken_or_unknown_fails(site: Site, encoding: str, body: bytes, told: str) -> None:
    url = site.gives("/t.csv", body, {"Content-Encoding": encoding})
    assert told in failure(fetcher_for(site), url)


def test_a_body_that_is_cut_short_fails_instead_of_being_half_a_table(site: Site) -> None:
    def cut(one: Exchange) -> None:
        one.begin({"Content-Length": str(len(CSV) + 100)})
        one.wfile.write(CSV)

    def cut_in_chunks(one: Exchange) -> None:
        one.begin({"Transfer-Encoding": "chunked"})
        one.wfile.write(b"%x\r\n%s\r\n" % (len(CSV), CSV))

    site.routes |= {"/cut": cut, "/chunks": cut_in_chunks}
    for path in ("/cut", "/chunks"):
        assert "(3 attempts)" in failure(fetcher_for(site), site.url(path))
    assert len(site.asked) == 6


def test_chunks_arrive_as_one(site: Site) -> None:
    def chunked(one: Exchange) -> None:
        one.begin({"Transfer-Encoding": "chunked"})
        one.wfile.write(b"".join(b"1\r\n%c\r\n" % byte for byte in CSV) + b"0\r\n\r\n")

    site.routes["/t"] = chunked
    assert body_of(fetcher_for(site), site.url("/t")) == CSV


def test_a_body_that_breaks_off_once_is_fetched_again_whole(site: Site) -> None:
    def flaky(one: Exchange) -> None:
        one.begin({"Content-Length": str(len(CSV))})
        one.wfile.write(CSV if len(site.asked) > 1 else CSV[:5])

    site.routes["/t"] = flaky
    assert body_of(fetcher_for(site), site.url("/t")) == CSV


def test_server_errors_are_tried_again(site: Site) -> None:
    url = site.gives_in_turn("/t", (500, b"", {}), (503, b"", {}), (200, CSV, {}))
    assert body_of(fetcher_for(site), url) == CSV
    assert len(site.asked) == 3


def test_server_errors_that_stay_fail_with_their_status(site: Site) -> None:
    url = site.gives("/t", b"Traceback: secret", status=502)
    assert failure(fetcher_for(site), url) == f"{site.where} answered 502 Bad Gateway (3 attempts)."


@pytest.mark.parametrize("status", [204, 206, 400, 401, 403, 404, 410, 451])
def test_other_statuses_are_final(site: Site, status: int) -> None:
    assert f"answered {status} " in failure(fetcher_for(site), site.gives("/t", b"", status=status))
    assert len(site.asked) == 1


def test_too_many_requests_waits_as_long_as_the_server_says(site: Site) -> None:
    url = site.gives_in_turn("/t", (429, b"", {"Retry-After": "1"}), (200, CSV, {}))
    started = time.monotonic()
    assert body_of(fetcher_for(site), url) == CSV
    assert 1.0 <= time.monotonic() - started < 3


def test_retry_after_may_be_a_moment(site: Site) -> None:
    moment = format_datetime(now() + timedelta(seconds=2), usegmt=True)
    url = site.gives_in_turn("/t", (503, b"", {"Retry-After": moment}), (200, CSV, {}))
    started = time.monotonic()
    assert body_of(fetcher_for(site), url) == CSV
    assert time.monotonic() - started >= 0.8


@pytest.mark.parametrize("nonsense", ["soon", "-1", "9" * 30])
def test_a_retry_after_beyond_the_time_fails_at_once_and_nonsense_does_no_harm(site: Site, nonsense: str) -> None:
    url = site.gives_in_turn("/t", (429, b"", {"Retry-After": "3600"}))
    assert "beyond FETCH_TIMEOUT_S=5" in failure(fetcher_for(site), url)
    url = site.gives_in_turn("/n", (429, b"", {"Retry-After": nonsense}), (200, CSV, {}))
    fetched = got_or_failed(fetcher_for(site), url)
    assert fetched == CSV or "beyond FETCH_TIMEOUT_S" in str(fetched)


def got_or_failed(fetcher: Fetcher, url: str) -> bytes | str:
    try:
        return body_of(fetcher, url)
    except FetchFailed as error:
        return error.detail


def test_a_server_that_drips_is_left_at_the_limit(site: Site) -> None:
    def drip(one: Exchange) -> None:
        one.begin({"Content-Length": "1000"})
        for _ in range(100):
            one.wfile.write(b"a")
            time.sleep(0.1)

    site.routes["/drip"] = drip
    assert took_at_most(3, fetcher_for(site, total_s=1), site.url("/drip"))


def test_a_head_that_drips_is_left_at_the_limit(site: Site) -> None:
    def drip(one: Exchange) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 1000:
            one.wfile.write(bytes([byte]))
            time.sleep(0.05)

    site.routes["/drip"] = drip
    assert took_at_most(3, fetcher_for(site, total_s=1), site.url("/drip"))


def test_a_body_without_length_that_the_limit_cuts_is_no_whole_one(site: Site) -> None:
    def drip(one: Exchange) -> None:
        one.begin()
        for _ in range(100):
            one.wfile.write(b"a,b\n")
            time.sleep(0.1)

    site.routes["/drip"] = drip
    assert took_at_most(3, fetcher_for(site, total_s=1), site.url("/drip"))


def test_a_server_that_says_nothing_is_left_at_the_limit(site: Site) -> None:
    site.routes["/mute"] = lambda _: time.sleep(5)
    assert took_at_most(3, fetcher_for(site, total_s=1), site.url("/mute"))


def test_an_endless_head_fails(site: Site) -> None:
    def head(one: Exchange) -> None:
        one.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-A: 1\r\n" * 100_000)

    site.routes["/head"] = head
    assert "could not be reached, or broke off" in failure(fetcher_for(site), site.url("/head"))


def test_something_that_speaks_no_http_fails(site: Site) -> None:
    site.routes["/ssh"] = lambda one: one.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    assert "could not be reached, or broke off" in failure(fetcher_for(site), site.url("/ssh"))


def test_nobody_there_fails_after_all_attempts() -> None:
    port = smtp.free_port()
    fetcher = replace(fetcher_for(), door=Door(frozenset([f"127.0.0.1:{port}"])))
    assert failure(fetcher, f"http://127.0.0.1:{port}/") == (
        f"127.0.0.1:{port} could not be reached, or broke off (3 attempts)."
    )


def test_what_did_not_change_is_not_sent_again(site: Site) -> None:
    def conditional(one: Exchange) -> None:
        fresh = one.asked.headers.get("if-none-match") == '"v1"'
        one.say(304 if fresh else 200, b"" if fresh else CSV, {"ETag": '"v1"'})

    site.routes["/t"] = conditional
    assert got(fetcher_for(site), site.url("/t"), known=Known(etag='"v1"')) is None
    assert got(fetcher_for(site), site.url("/t"), known=Known(etag='"v0"')) is not None
    assert body_of(fetcher_for(site), site.url("/t")) == CSV


def test_the_moment_of_the_last_change_is_sent(site: Site) -> None:
    url = site.gives("/t", CSV)
    got(fetcher_for(site), url, known=Known(last_modified="Wed, 21 Oct 2026 07:28:00 GMT"))
    assert site.asked[0].headers["if-modified-since"] == "Wed, 21 Oct 2026 07:28:00 GMT"


def test_a_304_that_nobody_asked_for_fails(site: Site) -> None:
    assert "answered 304" in failure(fetcher_for(site), site.gives("/t", b"", status=304))


def test_the_query_of_an_address_is_in_no_error(site: Site) -> None:
    url = site.gives("/t", b"", status=403) + "?apikey=s3cret"
    assert "s3cret" not in failure(fetcher_for(site), url)
    assert site.asked[0].query == {"apikey": "s3cret"}


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("93.184.216.34", True), ("2606:4700::6810:84e5", True), ("2001:4860:4860::8888", True),
        ("172.15.255.255", True), ("172.32.0.0", True), ("100.63.255.255", True), ("100.128.0.0", True),
        ("fe80::1%lo", False), ("::", False), ("::8.8.8.8", False), ("::ffff:8.8.8.8", False), ("nonsense", False),
        ("64:ff9b:1::1", False), ("5f00::1", False), ("3fff::1", False), ("2001:20::1", False), ("fec0::1", False),
    ],
)  # fmt: skip
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


def took_at_most(seconds: float, fetcher: Fetcher, url: str) -> bool:
    started = time.monotonic()
    told = failure(fetcher, url)
    assert "FETCH_TIMEOUT_S=1" in told
    return time.monotonic() - started < seconds


def resolve(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[list[str]]]) -> None:
    """These names are answered by these addresses, one answer after the other, the last one for ever."""
    real = socket.getaddrinfo

    def answer(host: str, port: int, *args: Any, **options: Any) -> Any:
        if host not in names:
            return real(host, port, *args, **options)
        answers = names[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [found for one in addresses for found in real(one, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def connections(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What is connected to; nobody answers there."""
    tried: list[tuple[str, int]] = []

    def refuse(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    return tried
