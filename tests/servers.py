"""Web servers on ports of this machine that answer as real ones do, well and badly."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request that arrived."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


Route = Callable[["Exchange"], None]


class Exchange(BaseHTTPRequestHandler):
    """One request and its answer; routes write whatever they want, also what no server should."""

    protocol_version = "HTTP/1.1"
    site: Site

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.asked = Asked(parts.path, query, {name.lower(): value for name, value in self.headers.items()})
        self.site.asked.append(self.asked)
        self.close_connection = True
        with suppress(OSError):  # the other side may have had enough
            self.site.routes.get(parts.path, lambda one: one.say(404, b"not here"))(self)

    def say(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """An ordinary answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def say_json(self, value: Any, headers: Mapping[str, str] | None = None) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        self.say(200, text.encode(), {"Content-Type": "application/json", **(headers or {})})

    def begin(self, headers: Mapping[str, str] | None = None) -> None:
        """A head whose body the route writes by itself."""
        self.send_response(200)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@dataclass
class Site:
    """A server: its routes, and what it was asked."""

    routes: dict[str, Route] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    scheme: str = "http"

    @property
    def where(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"{self.scheme}://{self.where}{path}"

    def gives(self, path: str, body: bytes, headers: Mapping[str, str] | None = None, status: int = 200) -> str:
        """The address of a route that always answers alike."""
        self.routes[path] = lambda one: one.say(status, body, headers)
        return self.url(path)

    def gives_in_turn(self, path: str, *answers: tuple[int, bytes, Mapping[str, str]]) -> str:
        """The address of a route that answers one after the other, then always the last."""
        waiting = list(answers)

        def next_one(one: Exchange) -> None:
            one.say(*(waiting.pop(0) if len(waiting) > 1 else waiting[0]))

        self.routes[path] = next_one
        return self.url(path)

    def redirects(self, path: str, to: str, status: int = 302) -> str:
        self.routes[path] = lambda one: one.say(status, b"", {"Location": to})
        return self.url(path)


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A server, over TLS where a context is given, until the block ends."""
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("One", (Exchange,), {"site": site}))
    server.daemon_threads = True
    server.block_on_close = False
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        site.scheme = "https"
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
