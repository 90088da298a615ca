"""Passwords: which are accepted, and that many at once do not take all memory."""

from __future__ import annotations

import threading

import pytest
from argon2 import PasswordHasher, extract_parameters

from solidata_api.domain.errors import Unavailable
from solidata_api.services import passwords

OWNER = ("ada@example.org", "Ada", "Lovelace")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "a long enough one",
        "ünïcödé ïs fïne",
        "            x1y2z3",
        "🐎🔋📎🐎🔋📎🦄🦊🐻🐼🐨🐯",
        "lovelace writes notes",
    ],
)
def test_long_and_uncommon_is_enough(password: str) -> None:
    assert passwords.faults(password, OWNER) == []


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("elevenchars", "at least 12 characters, this one 11"),
        ("x" * 257, "at most 256 characters, this one 257"),
        ("qwerty123456", "first that anybody"),
        ("QWERTY123456", "first that anybody"),
        ("passwordpassword", "first that anybody"),
        ("sunshine2026", "first that anybody"),
        ("aaaaaaaaaaaaaa", "first that anybody"),
        ("abcabcabcabcabc", "first that anybody"),
        ("abcdefghijklmn", "first that anybody"),
        ("987654321098765", "first that anybody"),
        ("ada@example.org", "own name or address"),
        ("AdaLovelace1815", "own name or address"),
        ("lovelace-solidata!", "own name or address"),
    ],
)
def test_what_anybody_would_guess_is_refused_saying_why(password: str, why: str) -> None:
    (fault,) = passwords.faults(password, OWNER)
    assert fault.pointer == "/password"
    assert why in fault.message


def test_the_same_letters_are_the_same_password_however_they_are_composed() -> None:
    assert passwords.fits(passwords.hashed("caf\u00e9 au lait noir"), "cafe\u0301 au lait noir")


def test_length_counts_composed_letters() -> None:
    assert passwords.faults("e\u0301" * 11) != []


def test_hashes_are_argon2id_of_the_documented_cost() -> None:
    used = extract_parameters(passwords.hashed("a long enough one"))
    assert (used.type.name, used.memory_cost, used.time_cost, used.parallelism) == ("ID", 19 * 1024, 2, 1)


def test_a_hash_of_other_parameters_is_outdated() -> None:
    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("x"))
    assert not passwords.is_outdated(passwords.hashed("x"))


@pytest.mark.parametrize("stored", ["", "!", "$argon2id$broken", "$2b$12$abc"])
def test_nothing_fits_what_is_no_hash(stored: str) -> None:
    assert not passwords.fits(stored, stored)


def test_only_so_many_are_hashed_at_once_and_the_rest_wait_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, lock, both = 0, 0, threading.Lock(), threading.Event()

    class Slow(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            both.wait(0.05)
            with lock:
                running -= 1
            return "hash"

    monkeypatch.setattr(passwords, "HASHER", Slow())
    threads = [threading.Thread(target=passwords.hashed, args=("x",)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == passwords.AT_ONCE


def test_who_waits_too_long_for_their_turn_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "PATIENCE_S", 0.01)
    monkeypatch.setattr(passwords, "_turns", threading.BoundedSemaphore(1))
    with passwords._turn(), pytest.raises(Unavailable) as told:
        passwords.hashed("x")
    assert told.value.retry_after == 2
