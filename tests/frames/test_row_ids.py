"""Ids of rows: the same ones for ever for the same cells, and for equal rows one each."""

from __future__ import annotations

import hashlib
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidata_api.frames import row_ids
from solidata_api.frames.row_ids import RowIds

KEY = b"k" * 16
Row = tuple[str | None, ...]


def ids(rows: list[Row], width: int, chunk: int = 1000) -> list[str]:
    made = RowIds(KEY)
    digests = [
        made.digests([pa.array([row[n] for row in some], pa.string()) for n in range(width)], len(some))
        for some in (rows[start : start + chunk] for start in range(0, len(rows), chunk))
    ]
    return [one for some in digests for one in made.ids(some).to_pylist()]


def spelled_by_hand(rows: list[Row]) -> list[str]:
    """What DESIGN says: a keyed hash of the cells with their lengths; of equal rows the later ones by rank."""

    def keyed(data: bytes) -> bytes:
        return hashlib.blake2b(data, digest_size=12, key=KEY).digest()

    seen: Counter[bytes] = Counter()
    found = []
    for row in rows:
        digest = keyed("".join("-" if cell is None else f"{len(cell)}:{cell}" for cell in row).encode())
        rank = seen[digest]
        seen[digest] += 1
        found.append((keyed(digest + b"#%d" % rank) if rank else digest).hex())
    return found


def test_ids_are_what_they_were_in_earlier_releases() -> None:
    rows: list[Row] = [("Évreux", "12", None), ("Évreux", "12", None), (None, None, "🙂"), ("", "-", "1:a")]
    assert ids(rows, 3) == FIXED


FIXED = [
    "067b0d098dca9c4c3ba9ce2b",
    "92382c983a866dc5210d9967",
    "5f706aec4eb3a6742500c122",
    "ab85ad54318cc2a3023ffb33",
]


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(
        st.tuples(*[st.one_of(st.none(), st.sampled_from(["", "a", "-", "1:a"]), st.text(max_size=4))] * 2), max_size=40
    ),
    chunk=st.integers(1, 9),
)
def test_any_rows_have_the_ids_of_the_rule_wherever_they_are_cut(rows: list[Row], chunk: int) -> None:
    assert ids(rows, 2, chunk) == spelled_by_hand(rows)


def test_long_cells_are_spelled_like_short_ones() -> None:
    rows: list[Row] = [("x" * 5000, None), ("é" * 1023, "y"), ("é" * 1024, "y"), (None, "z")]
    assert ids(rows, 2) == spelled_by_hand(rows)


def test_equal_rows_are_found_in_parts_of_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_ids, "SORTED_ROWS", 50)
    rows: list[Row] = [(str(n % 90), str(n % 4)) for n in range(700)]
    assert ids(rows, 2, 64) == spelled_by_hand(rows)


def test_rows_of_no_columns_have_ids_of_their_own() -> None:
    assert len(set(ids([(), (), ()], 0))) == 3
