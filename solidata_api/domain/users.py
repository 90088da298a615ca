"""Accounts, their sessions, their API keys, and the links that we mail."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network

from solidata_api.domain.actors import Actor
from solidata_api.domain.addresses import domain_fault, folded, normal_domain
from solidata_api.domain.errors import Fault
from solidata_api.domain.folding import fold_text

MIN_PASSWORD = 12
MAX_PASSWORD = 256
LANGUAGES = ("en", "fr")
#: What an admin may make of an account; `guest` is who has not confirmed an address yet.
GIVEN_ROLES = ("member", "staff", "admin")
#: How an API key begins, so that people and secret scanners know one when they see it.
KEY_PREFIX = "sdk_"
#: One address, no display name, no second recipient, no control characters: it goes into a mail header.
_EMAIL = re.compile(
    r"[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]+@[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]+\.[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f.]+"
)

#: Proxies may append the port: 192.0.2.1:1111, [2001:db8::1]:443.
_WITH_PORT = re.compile(r"(?:\[([^\]]+)\]|([0-9.]+))(?::[0-9]+)?")


@dataclass(frozen=True, kw_only=True)
class User:
    """An account. `email` is in normal form; `password_hash` is argon2id.

    `epoch` grows when every session must end at once: sessions of an older one are good for nothing, nor are links
    mailed before or on their way. `places` are keyed hashes of the networks that its owner logged in from, the latest
    first.
    """

    id: str
    email: str
    password_hash: str
    name: str
    surname: str = ""
    role: str = "guest"
    lang: str = "en"
    disabled: bool = False
    deleted_at: datetime | None = None
    epoch: int = 0
    places: tuple[str, ...] = ()
    created_at: datetime
    updated_at: datetime
    rev: int = 1

    @property
    def display_name(self) -> str:
        return " ".join(part for part in (self.name, self.surname) if part)

    @property
    def is_active(self) -> bool:
        """Whether others meet this account: confirmed, and neither disabled nor deleted."""
        return self.role != "guest" and not self.disabled and self.deleted_at is None

    @property
    def words(self) -> tuple[str, ...]:
        """What anybody knows of its owner, and would guess a password from."""
        return (self.email, self.name, self.surname)

    def acting(self, session_id: str | None = None) -> Actor:
        return Actor(self.role, self.id, session_id)


@dataclass(frozen=True, kw_only=True)
class Session:
    """One log-in: a family of refresh tokens of which one is current. Hashes only.

    `recent_hashes` are honoured for a short time after a rotation, so that neither a lost answer nor two tabs
    refreshing at once log out; used later they are a theft, and the family ends.
    """

    id: str
    user_id: str
    current_hash: str
    recent_hashes: tuple[str, ...] = ()
    rotated_at: datetime
    created_at: datetime
    expires_at: datetime
    revoked: bool = False
    epoch: int = 0
    #: Where it was used last: the browser's name for itself, and a keyed hash of its network.
    agent: str = ""
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key for machines, which acts as its owner within its scopes. Of its secret only the hash is kept."""

    id: str
    user_id: str
    title: str
    scopes: tuple[str, ...]
    secret_hash: str
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True)
class Client:
    """Where a request comes from."""

    address: str = ""
    agent: str = ""

    @property
    def network(self) -> str:
        """What counts as one place: an IPv4 address, or the /64 that an IPv6 customer has all to themselves."""
        parts = _WITH_PORT.fullmatch(self.address)
        bare = (parts[1] or parts[2]) if parts else self.address
        try:
            address = ip_address(bare.partition("%")[0])
        except ValueError:
            return self.address
        if address.version == 4:
            return str(address)
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))


@dataclass(frozen=True, kw_only=True)
class MailLink:
    """A single-use secret that we mailed; `id` is its hash, `purpose` the one thing it is good for.

    `email` is the address that it is about: for `confirm` and `reset` the account's, for `email` the new one. `epoch`
    is the account's when it was asked for: a link of an older one is good for nothing.
    """

    id: str
    purpose: str
    user_id: str
    email: str
    epoch: int = 0
    expires_at: datetime


def normal_email(text: str) -> str:
    """The one form in which an address is kept and compared: composed, case-folded, without margins; its domain as
    people read it, however it was written."""
    local, at, domain = text.strip().rpartition("@")
    return folded(local) + at + normal_domain(domain)


def email_faults(text: str, pointer: str = "/email") -> list[Fault]:
    """Why a text is no single e-mail address, if so. Judged as it will be kept: composing can make a `;`."""
    longest = max(len(text), len(normal_email(text)))
    if longest > 254:
        return [Fault(pointer, f"an address has at most 254 characters, this one {longest}")]
    if not (_EMAIL.fullmatch(text.strip()) and _EMAIL.fullmatch(normal_email(text))):
        return [Fault(pointer, "it is one e-mail address, such as ada@example.org")]
    fault = domain_fault(text.strip().rpartition("@")[2])
    return [Fault(pointer, fault)] if fault else []


def name_faults(names: dict[str, str]) -> list[Fault]:
    """Why names (`name`, `surname`) can't be shown, if so; only a `name` is needed."""
    faults = [
        Fault(f"/{part}", "it holds control characters")
        for part, text in names.items()
        if any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in text)
    ]
    return faults + [Fault("/name", "it is blank")] * ("name" in names and not names["name"].strip())


def normal_password(text: str) -> str:
    """One form for what different keyboards make of the same letters (NIST SP 800-63B-4)."""
    return unicodedata.normalize("NFC", text)


def is_own(password: str, words: Iterable[str]) -> bool:
    """Whether a password is little more than its owner's address or name, or ours."""
    left = fold_text(password)
    parts = {part for word in (*words, "solidata") for part in (word, *re.split(r"[\W_]+", word))}
    known = sorted({fold_text(part) for part in parts if len(part) > 2}, key=len, reverse=True)
    for part in known:
        left = left.replace(part, "")
    return left != fold_text(password) and len(re.sub(r"[\W_]", "", left)) < 6
