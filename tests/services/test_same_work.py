"""Known and unknown accounts: not only the same answer, but the same work before it, so that time tells nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from pymongo import monitoring

from solidata_api.domain.documents import new_id, now
from solidata_api.domain.invitations import Invitation
from solidata_api.services import passwords
from solidata_api.services.passwords import HASHER
from tests.factories import make_user


class Commands(monitoring.CommandListener):
    """Which commands were sent to which collection, while somebody listens."""

    def __init__(self) -> None:
        self.heard: Counter[tuple[str, str]] | None = None

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if self.heard is not None:
            self.heard[event.command_name, str(event.command.get(event.command_name))] += 1

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None: ...

    def failed(self, event: monitoring.CommandFailedEvent) -> None: ...


COMMANDS = Commands()
monitoring.register(COMMANDS)  # for connections made from now on, hence on import


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a password was hashed or held against a hash."""
    counted: Counter[str] = Counter()

    class Counting(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            counted["argon2"] += 1
            return super().hash(password, salt=salt)

        def verify(self, hash: str | bytes, password: str | bytes) -> Any:
            counted["argon2"] += 1
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "HASHER", Counting(HASHER.time_cost, HASHER.memory_cost, HASHER.parallelism))
    passwords.nobodys_hash()
    return counted


@pytest.fixture
def work(app: Any, hashes: Counter[str], backends: Any) -> Callable[..., Any]:
    """Ask, with the mail's job left to others as in production; what the request itself did, and its answer."""
    app.extensions["solidata"] = replace(backends, wake=lambda job: None)

    def done(caller: Any, path: str, body: dict[str, Any]) -> tuple[Counter[Any], int, bytes]:
        hashes.clear()
        COMMANDS.heard = Counter()
        try:
            answer = caller.post(path, json=body)
        finally:
            commands, COMMANDS.heard = COMMANDS.heard, None
        return Counter(hashes) + kinds(commands), answer.status_code, answer.data

    return done


#: Work that stores something, whatever the collection; a hash is named for itself.
WRITES = ("insert", "update", "delete", "findAndModify")


def kinds(commands: Counter[tuple[str, str]]) -> Counter[str]:
    """How many writes and reads, those of the limits' windows apart."""
    counted: Counter[str] = Counter()
    for (name, collection), times in commands.items():
        kind = name if name in WRITES else "read"
        counted[f"{kind} {'rates' if collection.startswith('rate') else 'documents'}"] += times
    return counted


PERSON = {"password": "a long enough one", "name": "Ada", "agreement": True}


def test_log_ins_refused_for_known_and_unknown_accounts_cost_the_same(anonymous: Any, backends: Any, work: Any) -> None:
    make_user(backends, email="known@example.org")
    make_user(backends, email="disabled@example.org", disabled=True)
    done = [
        work(anonymous, "/auth/login", {"email": f"{name}@example.org", "password": "wrong wrong wrong"})
        for name in ("warm-up", "known", "unknown", "disabled")
    ]
    costs = [cost for cost, _, _ in done[1:]]
    assert costs[0] == costs[1] == costs[2]
    assert costs[0]["argon2"] == 1
    assert [status for _, status, _ in done] == [401] * 4


@pytest.mark.parametrize("path", ["/auth/password/forgot", "/auth/confirm/resend"])
def test_asking_for_mails_costs_the_same_for_whatever_address(
    anonymous: Any, backends: Any, work: Any, path: str
) -> None:
    make_user(backends, email="member@example.org")
    make_user(backends, email="guest@example.org", role="guest")
    done = [work(anonymous, path, {"email": f"{name}@example.org"}) for name in ("member", "guest", "unknown")]
    assert done[0] == done[1] == done[2]
    assert done[0][0]["insert documents"] == 2  # the outbox, and the job of the mail


def test_registering_costs_the_same_for_known_and_unknown_addresses(anonymous: Any, backends: Any, work: Any) -> None:
    make_user(backends, email="known@example.org")
    work(anonymous, "/auth/register", {**PERSON, "email": "warm-up@example.org"})
    known = work(anonymous, "/auth/register", {**PERSON, "email": "known@example.org"})
    unknown = work(anonymous, "/auth/register", {**PERSON, "email": "unknown@example.org"})
    assert known == unknown
    assert known[0]["argon2"] == 1
    assert backends.users.find_by(email="unknown@example.org") is not None


def test_registering_again_before_confirming_costs_the_same(anonymous: Any, backends: Any, work: Any) -> None:
    make_user(backends, email="guest@example.org", role="guest")
    work(anonymous, "/auth/register", {**PERSON, "email": "warm-up@example.org"})
    guest, *answered = work(anonymous, "/auth/register", {**PERSON, "email": "guest@example.org"})
    unknown, *expected = work(anonymous, "/auth/register", {**PERSON, "email": "unknown@example.org"})
    assert answered == expected
    # The account is changed instead of made: one write for the other, and nothing more.
    assert guest.pop("update documents") == 1
    assert unknown["insert documents"] - guest["insert documents"] == 1
    assert {**guest, "insert documents": 0} == {**unknown, "insert documents": 0}


def invite(backends: Any, email: str, **changes: Any) -> None:
    start = {"kind": "projects", "document_id": "p", "grade": "viewer", "invited_by": "u", "created_at": now()}
    later = now() + timedelta(days=1)
    backends.invitations.insert(
        Invitation(id=new_id(), email=email, **{**start, "expires_at": later, "forget_at": later, **changes})
    )


@pytest.fixture
def by_invitation(app: Any, backends: Any, work: Any) -> Any:
    """An instance where only invited addresses may make accounts."""
    app.extensions["solidata"] = replace(
        app.extensions["solidata"], settings=replace(backends.settings, sign_up="invitation")
    )
    return work


def test_registering_by_invitation_costs_the_same_invited_or_not(
    anonymous: Any, backends: Any, by_invitation: Any, member: Any
) -> None:
    make_user(backends, email="known@example.org")
    project = member.post("/projects", json={"title": "P"}).get_json()
    invite(backends, "invited@example.org", document_id=project["id"], invited_by=member.user.id)
    invite(backends, "lapsed@example.org", document_id=project["id"], invited_by="somebody who has left")
    by_invitation(anonymous, "/auth/register", {**PERSON, "email": "warm-up@example.org"})
    done = [
        by_invitation(anonymous, "/auth/register", {**PERSON, "email": f"{name}@example.org"})
        for name in ("known", "invited", "unknown", "lapsed")
    ]
    assert done[0] == done[1] == done[2] == done[3]
    assert backends.users.find_by(email="invited@example.org") is not None
    assert backends.users.find_by(email="unknown@example.org") is None


def test_changing_to_a_taken_address_costs_the_same(as_actor: Any, backends: Any, work: Any) -> None:
    make_user(backends, email="taken@example.org")
    caller = as_actor("member")
    body = {"password": "correct horse battery"}
    work(caller, "/auth/email/change", {**body, "email": "warm-up@example.org"})
    taken = work(caller, "/auth/email/change", {**body, "email": "taken@example.org"})
    free = work(caller, "/auth/email/change", {**body, "email": "free@example.org"})
    assert taken == free


def test_the_first_unknown_address_of_a_process_costs_no_second_hash(
    anonymous: Any, backends: Any, hashes: Counter[str]
) -> None:
    passwords.nobodys_hash.cache_clear()
    make_user(backends, email="known@example.org")
    body = {"password": "wrong wrong wrong", "email": "known@example.org"}
    anonymous.post("/auth/login", json=body)
    first = hashes["argon2"]
    anonymous.post("/auth/login", json={**body, "email": "unknown@example.org"})
    assert (first, hashes["argon2"] - first) == (2, 1)  # made for whoever comes first, known or not
