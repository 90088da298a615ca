"""Ids of rows: the same ones for ever for the same cells, and for equal rows one each."""

from __future__ import annotations

import hashlib
import struct
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidata_api.frames import row_ids
from solidata_api.frames.row_ids import DIGEST, RowIds, digests_of, stored, text_of

KEY = b"k" * 16
Row = tuple[str | None, ...]


def ids(rows: list[Row], width: int, chunk: int = 1000) -> list[str]:
    made = RowIds(KEY)
    digests = [
        made.digests([pa.array([row[n] for row in some], pa.string()) for n in range(width)], len(some))
        for some in (rows[start : start + chunk] for start in range(0, len(rows), chunk))
    ]
    return text_of(pa.chunked_array([made.ids(some) for some in digests], DIGEST)).to_pylist()


def siphash(key: bytes, data: bytes) -> int:
    """SipHash-2-4 as its paper has it (https://www.aumasson.jp/siphash/siphash.pdf, section 2)."""
    mask = 2**64 - 1
    k0, k1 = struct.unpack("<2Q", key)
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def rounds(times: int) -> None:
        def rotated(n: int, by: int) -> int:
            return (n << by | n >> (64 - by)) & mask

        for _ in range(times):
            v[0], v[2] = (v[0] + v[1]) & mask, (v[2] + v[3]) & mask
            v[1], v[3] = rotated(v[1], 13) ^ v[0], rotated(v[3], 16) ^ v[2]
            v[0] = rotated(v[0], 32)
            v[2], v[0] = (v[2] + v[1]) & mask, (v[0] + v[3]) & mask
            v[1], v[3] = rotated(v[1], 17) ^ v[2], rotated(v[3], 21) ^ v[0]
            v[2] = rotated(v[2], 32)

    words = data + bytes(7 - len(data) % 8) + bytes([len(data) % 256])
    for (word,) in struct.iter_unpack("<Q", words):
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def mixed(hashed: int) -> int:
    """What pandas does to a hash at the end: one to one."""
    for by, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        hashed = (hashed ^ hashed >> by) * factor % 2**64
    return hashed ^ hashed >> 31


def spelled_by_hand(rows: list[Row]) -> list[str]:
    """What decision 25 says: two keyed hashes of the cells, parted; of equal rows the later ones by rank."""
    keys = [hashlib.blake2b(digest_size=16, key=KEY, person=part).digest() for part in (b"head", b"tail")]

    def keyed(data: bytes) -> bytes:
        return b"".join(mixed(siphash(key, data)).to_bytes(8, "little") for key in keys)[:12]

    def cell(text: str | None) -> str:
        return "\x1e-" if text is None else text.replace("\x1e", "\x1ee").replace("\x1f", "\x1es")

    seen: Counter[bytes] = Counter()
    found = []
    for row in rows:
        digest = keyed("\x1f".join(map(cell, row)).encode())
        rank = seen[digest]
        seen[digest] += 1
        found.append((keyed(digest + b"#%d" % rank) if rank else digest).hex())
    return found


def test_the_hash_is_siphash() -> None:
    """The first and last vectors of the authors' reference implementation."""
    key = bytes(range(16))
    assert siphash(key, b"") == 0x726FDB47DD0E0E31
    assert siphash(key, bytes(range(63))) == 0x958A324CEB064572


def test_ids_are_what_they_were_in_earlier_releases() -> None:
    rows: list[Row] = [("Évreux", "12", None), ("Évreux", "12", None), (None, None, "🙂"), ("", "-", "\x1f\x1ea")]
    assert ids(rows, 3) == FIXED


FIXED = [
    "2ed7c43583e45a4836a89c77",
    "d31a2ce9a32a64d38e2c039e",
    "0b5d23134cd1ae4eefe86ecb",
    "27e51f00025ab0b0080b2b8f",
]


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            *[st.one_of(st.none(), st.sampled_from(["", "a", "\x1e", "\x1f", "\x1e-", "s"]), st.text(max_size=4))] * 2
        ),
        max_size=40,
    ),
    chunk=st.integers(1, 9),
)
def test_any_rows_have_the_ids_of_the_rule_wherever_they_are_cut(rows: list[Row], chunk: int) -> None:
    assert ids(rows, 2, chunk) == spelled_by_hand(rows)


@given(rows=st.lists(st.tuples(*[st.none() | st.text("\x1e\x1fes-a", max_size=3)] * 3), max_size=60, unique=True))
def test_no_two_rows_are_spelled_the_same(rows: list[Row]) -> None:
    assert len(set(ids(rows, 3))) == len(rows)


def test_parts_of_columns_are_read_where_they_begin() -> None:
    rows: list[Row] = [("\x1f", "a"), ("b", None), ("c", "\x1e"), ("d", "é")]
    columns = [pa.array([row[n] for row in rows], pa.string()) for n in range(2)]
    made = RowIds(KEY)
    digests = [made.digests([column.slice(n, 1) for column in columns], 1) for n in range(4)]
    assert [made.ids(one)[0].as_py().hex() for one in digests] == spelled_by_hand(rows)


def test_equal_rows_are_found_in_parts_of_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_ids, "SORTED_ROWS", 50)
    rows: list[Row] = [(str(n % 90), str(n % 4)) for n in range(700)]
    assert ids(rows, 2, 64) == spelled_by_hand(rows)


def test_rows_of_no_columns_have_ids_of_their_own() -> None:
    assert len(set(ids([(), (), ()], 0))) == 3


@given(st.lists(st.binary(min_size=12, max_size=12), max_size=6), st.integers(0, 6))
def test_ids_are_texts_for_people_and_back(made: list[bytes], cut: int) -> None:
    whole = pa.array(made, DIGEST)
    column = pa.chunked_array([whole.slice(0, cut), whole.slice(cut)], DIGEST)
    texts = text_of(column)
    assert texts.to_pylist() == [one.hex() for one in made]
    assert text_of(texts) is texts and digests_of(column) is column
    assert digests_of(texts).to_pylist() == made
    assert stored(texts.to_pylist(), DIGEST).to_pylist() == made


def test_what_is_no_id_is_none_of_a_version() -> None:
    known = "0123456789abcdef01234567"
    asked = ["r1", "", known, known.upper(), known + "00", "\u0660" * 24]
    assert stored(asked, DIGEST).to_pylist() == [bytes.fromhex(known)]
    # Versions written before ids were digests hold them as texts.
    assert stored(asked, pa.string()).to_pylist() == asked
