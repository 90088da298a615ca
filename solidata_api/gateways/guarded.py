"""Connections that strangers' addresses can't lead inside: the address that is checked is the one that is connected to.

The name stays the connection's, so that `Host`, the server name of TLS and its certificate are the asked ones. No proxy
is used, whatever the environment says. requests-hardened refused the same hostile addresses; it knows no exact
exceptions, follows an environment's proxies, hands secret headers to the next host and has no limit for the whole time.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from urllib3.connection import HTTPConnection, HTTPSConnection

from solidata_api.domain.web_addresses import origin
from solidata_api.gateways.public_addresses import resolved

CONNECT_S, READ_S = 10.0, 30.0


class NotPublic(Exception):
    """No address of this host may be connected to."""


@dataclass
class Deadline:
    """When all has to be done. At that moment the connections are shut, however slowly their servers drip."""

    at: float
    timers: list[threading.Timer] = field(default_factory=list)
    sockets: list[socket.socket] = field(default_factory=list)

    @property
    def left(self) -> float:
        return self.at - time.monotonic()

    @property
    def is_over(self) -> bool:
        return self.left <= 0

    def watch(self, sock: socket.socket) -> None:
        """Shut this socket when the time is over."""
        same = sock.dup()
        timer = threading.Timer(max(self.left, 0), _shut, [same])
        timer.daemon = True
        timer.start()
        self.timers.append(timer)
        self.sockets.append(same)

    def forget(self) -> None:
        """The connections are closed: nothing is to be watched."""
        for timer in self.timers:
            timer.cancel()
        for sock in self.sockets:
            sock.close()
        self.timers.clear()
        self.sockets.clear()


Connect = Callable[[str, int], socket.socket]


class _Plain(HTTPConnection):
    connect_to: Connect

    def _new_conn(self) -> socket.socket:
        return self.connect_to(self._dns_host, self.port)


class _Secure(HTTPSConnection):
    connect_to: Connect

    def _new_conn(self) -> socket.socket:
        return self.connect_to(self._dns_host, self.port or 443)


@dataclass(frozen=True)
class Door:
    """Opens guarded connections; `allowed` are exact `host:port` whose addresses are not looked at."""

    allowed: frozenset[str] = frozenset()

    def connect(self, address: str, deadline: Deadline) -> HTTPConnection:
        """A connection to the host of an address. Raises NotPublic, OSError."""
        scheme, host, port = origin(address)
        seconds = min(READ_S, max(deadline.left, 0.01))
        connection: _Plain | _Secure
        if scheme == "https":
            connection = _Secure(host, port, timeout=seconds, ssl_context=ssl.create_default_context())
        else:
            connection = _Plain(host, port, timeout=seconds)
        connection.connect_to = lambda name, at: self._socket(name, at, deadline)
        return connection

    def _socket(self, host: str, port: int, deadline: Deadline) -> socket.socket:
        any_address = f"{host.strip('[]').lower()}:{port}" in self.allowed
        addresses = resolved(host.strip("[]"), port, any_address=any_address)
        if not addresses:
            raise NotPublic(host)
        failed: OSError = OSError("no address")
        for address in addresses:
            if deadline.is_over:
                raise TimeoutError
            try:
                sock = socket.create_connection((address, port), min(CONNECT_S, deadline.left))
            except OSError as error:
                failed = error
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(max(0.01, min(READ_S, deadline.left)))
            deadline.watch(sock)
            return sock
        raise failed


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    finally:
        sock.close()
