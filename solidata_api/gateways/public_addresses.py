"""Which network addresses are public: the only ones that what strangers name is fetched from.

Lists of our own rather than `ipaddress.is_global`, whose answers differ from one Python to the next. For IPv6 only what
is given to networks is public, without the ranges that stand for IPv4 addresses: IPv4-mapped, NAT64 and translated ones
lie outside of it, 6to4 and Teredo are taken out.
"""

from __future__ import annotations

import ipaddress
import socket

_NOT_PUBLIC_4 = tuple(
    ipaddress.IPv4Network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_GIVEN_6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    ipaddress.IPv6Network(one) for one in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


def is_public(address: str) -> bool:
    """Whether an address that a name was resolved to is a public one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return not any(found in one for one in _NOT_PUBLIC_4)
    return found.scope_id is None and found in _GIVEN_6 and not any(found in one for one in _NOT_PUBLIC_6)


def resolved(host: str, port: int, *, any_address: bool) -> list[str]:
    """The addresses of a host that may be connected to, in the system's order: public ones only, or any."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found if entry[0] in (socket.AF_INET, socket.AF_INET6))
    return [one for one in addresses if any_address or is_public(one)]
