"""Files that somebody damaged: bits turned, ends cut off, NULs, quotes and huge numbers put in, bad entries."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable

Damage = Callable[[bytes, random.Random], bytes]
INSERTS = (
    b"\x00" * 9,
    b'"',
    b"'",
    b'""",',
    b"9" * 400,
    b"1e999999999",
    b"-",
    b"\r",
    b"\n\n\n",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"," * 3000,
    b"[" * 3000,
    b"{" * 500,
    b"<a>" * 2000,
    b"&#0;&bogus;",
    b"x" * 70_000,
)


def damaged(data: bytes, chance: random.Random) -> bytes:
    """A file with one to three wounds. An archive is packed again half of the time, with one wounded entry."""
    if data.startswith(b"PK") and chance.random() < 0.6:
        return _with_damaged_entry(data, chance)
    for _ in range(chance.randint(1, 3)):
        data = chance.choice(DAMAGES)(data, chance)
    return data


def _turn_bits(data: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(chance.choice((1, 3, 20))):
        made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randint(1, len(data))]


def _without_a_part(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.choice((1, 10, 1000)) :] or b"x"


def _with_a_part_again(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    part = data[at : at + chance.choice((1, 50, 5000))]
    return data[:at] + part * chance.choice((2, 20)) + data[at:]


def _with_something_in_it(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(INSERTS) + data[at:]


def _with_another_number(data: bytes, chance: random.Random) -> bytes:
    """Digits for digits: sizes, counts and references that are wrong."""
    made = bytearray(data)
    digits = [n for n, byte in enumerate(made[:200_000]) if 48 <= byte <= 57]
    for at in chance.sample(digits, min(len(digits), 5)):
        made[at] = chance.choice(b"0123456789")
    return bytes(made)


def _with_damaged_entry(data: bytes, chance: random.Random) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [(one.filename, archive.read(one)) for one in archive.infolist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError):
        return data
    hit = chance.randrange(len(entries))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, (name, content) in enumerate(entries):
            if n != hit or content == b"":
                archive.writestr(name, content)
            elif chance.random() < 0.9:
                archive.writestr(name, chance.choice(DAMAGES)(content, chance))
    return made.getvalue()


DAMAGES: tuple[Damage, ...] = (
    _turn_bits,
    _cut,
    _without_a_part,
    _with_a_part_again,
    _with_something_in_it,
    _with_something_in_it,
    _with_another_number,
)
