"""What stands before and after every route: hosts, proxies, limits on reading, headers, origins."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from gunicorn.config import Config

from solidata_api import web
from solidata_api.app import create_app
from solidata_api.store.rates import RateStore

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
PAGES = ("/", "/problems", "/problems/not-found", "/confirm", "/health/live", "/health/ready", "/nothing/there")
ANSWERS = (
    "/api/v1/licences", "/api/v1/fields/none", "/api/v1/users/me", "/api/v1/swagger.json", "/api/v1/nothing",
    "/api/v1/fields?page=-1",
)  # fmt: skip


@pytest.fixture
def under(settings: Any, backends: Any) -> Any:
    """A client of the same instance under changed settings."""

    def opened(**changes: Any) -> FlaskClient:
        changed = replace(settings, **changes)
        rates = RateStore(backends.database, changed)
        return create_app(changed, replace(backends, settings=changed, rates=rates)).test_client()

    return opened


@pytest.mark.parametrize("path", [*PAGES, *ANSWERS, "/api/v1/docs", "/swaggerui/swagger-ui.css"])
def test_every_answer_carries_the_headers_that_browsers_need(client: Any, path: str) -> None:
    answer = client.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "geolocation=()" in answer.headers["Permissions-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ANSWERS)
def test_data_shown_as_a_page_loads_nothing(client: Any, path: str) -> None:
    policy = client.get(path).headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "unsafe" not in policy


def test_the_swagger_page_runs_its_own_scripts_only(client: Any) -> None:
    policy = client.get("/api/v1/docs").headers["Content-Security-Policy"]
    (scripts,) = [part for part in policy.split("; ") if part.startswith("script-src")]
    assert scripts.startswith("script-src 'self' 'sha256-")
    assert "unsafe" not in scripts


def test_a_crash_of_ours_carries_the_headers_too(own_app: Any, monkeypatch: Any) -> None:
    own_app.add_url_rule("/api/v1/crash", "crash", lambda: 1 / 0)
    answer = own_app.test_client().get("/api/v1/crash")
    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers["Cache-Control"] == "no-store"


def test_only_an_instance_under_https_asks_browsers_to_stay_with_it(under: Any) -> None:
    def told(mode: str, url: str) -> str | None:
        return under(mode=mode, front_url=url).get("/health/live").headers.get("Strict-Transport-Security")

    assert told("production", "https://data.example.org") == "max-age=31536000"
    assert told("preprod", "http://data.example.org") is None
    assert told("dev", "https://data.example.org") is None


@pytest.mark.parametrize("path", ANSWERS[:-1])
def test_no_cache_on_the_way_keeps_an_answer(member: Any, path: str) -> None:
    answer = member.get(path)
    assert {"no-store", "private", "no-cache"} & set(answer.headers["Cache-Control"].split(", "))
    assert "public" not in answer.headers["Cache-Control"]
    assert "Authorization" in answer.headers["Vary"]


def test_what_a_change_answers_is_not_kept_anywhere(member: Any) -> None:
    answer = member.post("/users/me/keys", json={"title": "K", "scopes": ["read"]})
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ["evil.example", "data.example.org.evil.example", "evil.example:80", "a b", ""])
def test_a_request_under_a_foreign_host_is_refused(under: Any, host: str) -> None:
    client = under(trusted_hosts=("data.example.org",))
    for path in ("/api/v1/licences", "/api/v1/nothing", "/", "/nothing", "/health/live"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert answer.content_type == "application/problem+json"
        assert answer.get_json()["type"] == "/problems/malformed-request"
        assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    "host", ["data.example.org", "data.example.org:443", "a.example.net", "localhost:4000", "127.0.0.1"]
)
def test_our_hosts_and_the_machine_itself_are_answered(under: Any, host: str) -> None:
    client = under(trusted_hosts=("data.example.org", ".example.net"))
    assert client.get("/api/v1/licences", headers={"Host": host}).status_code == 200


def test_a_foreign_host_is_refused_before_a_token_is_looked_at(under: Any) -> None:
    client = under(trusted_hosts=("data.example.org",))
    answer = client.get("/api/v1/licences", headers={"Host": "evil.example", "Authorization": "Bearer broken"})
    assert answer.status_code == 400


FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}


def seen_by(client: FlaskClient, headers: dict[str, str]) -> tuple[Any, ...]:
    from flask import request

    client.application.add_url_rule(
        "/seen", "seen", lambda: {"seen": [request.remote_addr, request.scheme, request.host]}
    )
    return tuple(client.get("/seen", headers=headers).get_json()["seen"])


def test_what_a_client_says_of_itself_is_not_believed(under: Any) -> None:
    assert seen_by(under(), FORWARDED) == ("127.0.0.1", "http", "localhost")


def test_as_many_proxies_are_believed_as_stand_in_front(under: Any) -> None:
    forged = {**FORWARDED, "X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Forwarded-Host": "data.example.org"}
    assert seen_by(under(trusted_proxies=1), forged) == ("203.0.113.9", "https", "data.example.org")
    assert seen_by(under(trusted_proxies=2), {**forged, "X-Forwarded-For": "192.0.2.1, 198.51.100.1, 203.0.113.9"}) == (
        "198.51.100.1", "http", "localhost",
    )  # fmt: skip


def test_gunicorn_believes_no_forwarded_header_either() -> None:
    config = Config()
    for name in ("forwarded_allow_ips", "limit_request_line", "limit_request_fields", "limit_request_field_size"):
        config.set(name, getattr(web, name))
    assert config.forwarded_allow_ips == []
    assert config.settings["header_map"].get() == "drop"
    assert config.limit_request_fields == 100


def test_a_client_that_falls_silent_is_let_go() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        web.bound_silence([listener], 1)
        with socket.create_connection(listener.getsockname()) as client:
            client.sendall(b"GET / HT")
            served, _ = listener.accept()
            with served:
                served.setblocking(True)
                assert served.recv(100) == b"GET / HT"
                started = time.monotonic()
                with pytest.raises(BlockingIOError):
                    served.recv(100)
                assert 0.9 < time.monotonic() - started < 3


def test_reads_without_an_account_are_limited_by_address(under: Any) -> None:
    client = under(mode="production", rate_anon_read="3/minute")
    first = [client.get("/api/v1/licences", environ_overrides={"REMOTE_ADDR": "192.0.2.1"}) for _ in range(4)]
    assert [answer.status_code for answer in first] == [200, 200, 200, 429]
    assert first[-1].get_json()["type"] == "/problems/too-many-requests"
    assert "3 per minute" in first[-1].get_json()["detail"]
    assert 1 <= int(first[-1].headers["Retry-After"]) <= 66
    other = client.get("/api/v1/licences", environ_overrides={"REMOTE_ADDR": "192.0.2.2"})
    assert other.status_code == 200


def test_a_customer_of_ipv6_is_one_reader(under: Any) -> None:
    client = under(mode="production", rate_anon_read="2/minute")

    def status(address: str) -> int:
        return client.get("/api/v1/licences", environ_overrides={"REMOTE_ADDR": address}).status_code

    assert [status(f"2001:db8:1:2::{n}") for n in range(1, 4)] == [200, 200, 429]
    assert status("2001:db8:1:3::1") == 200


def test_heads_and_misses_count_as_reads(under: Any) -> None:
    client = under(mode="production", rate_anon_read="2/minute")
    assert client.head("/api/v1/licences").status_code == 200
    assert client.get("/api/v1/fields/none").status_code == 404
    assert client.get("/api/v1/fields/none").status_code == 429


def test_who_has_an_account_reads_without_that_limit(under: Any, member: Any) -> None:
    client = under(mode="production", rate_anon_read="1/minute")
    statuses = {client.get("/api/v1/licences", headers=member.headers).status_code for _ in range(5)}
    assert statuses == {200}


def test_writes_and_health_are_not_counted_as_reads(under: Any) -> None:
    client = under(mode="production", rate_anon_read="1/minute")
    assert {client.get("/health/live").status_code for _ in range(3)} == {200}
    assert {client.post("/api/v1/auth/anonymous").status_code for _ in range(3)} == {200}


def test_a_browser_may_send_and_see_what_our_clients_need(client: Any) -> None:
    asked = {
        "Origin": "http://front.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "idempotency-key, if-match, prefer",
    }
    allowed = client.options("/api/v1/fields", headers=asked).headers
    assert {"idempotency-key", "if-match", "prefer"} <= set(allowed["Access-Control-Allow-Headers"].lower().split(", "))
    answer = client.get("/api/v1/licences", headers={"Origin": "http://front.example"})
    seen = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"ETag", "Link", "Location", "Retry-After", "X-Request-Id", "Idempotent-Replayed"} <= seen
    assert "Origin" in answer.headers.getlist("Vary")


def test_browsers_never_send_credentials_along(client: Any) -> None:
    for answer in (
        client.get("/api/v1/licences", headers={"Origin": "http://front.example"}),
        client.get("/api/v1/users/me", headers={"Origin": "http://front.example"}),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "http://front.example"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers


def test_an_origin_of_production_is_one_that_is_listed(under: Any) -> None:
    client = under(mode="production", cors_origins=("https://front.example",))
    for origin in ("http://localhost:3000", "http://front.example", "https://xfront.example", "null"):
        answer = client.get("/api/v1/licences", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_slashes_too_many_lead_nowhere(client: Any) -> None:
    answer = client.get("//api//v1/fields", headers={"Host": "evil.example"})
    assert answer.status_code == 404
    assert "evil.example" not in answer.get_data(as_text=True)


def test_methods_that_nobody_offers_share_one_figure(client: Any) -> None:
    for method in ("EVIL1", "EVIL2"):
        client.open("/nothing", method=method)
    figures = client.get("/health/metrics").get_data(as_text=True)
    assert "EVIL" not in figures
    assert 'method="other"' in figures
