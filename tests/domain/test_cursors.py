"""Cursors: they bring back where they were made, and nobody can make or move one."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain import cursors
from solidata_api.domain.cursors import Position
from solidata_api.domain.errors import Invalid
from solidata_api.domain.queries import Box, Circle, Filter, Group, Place, RowQuery, Sort

KEY = b"a key"
QUERY = RowQuery(columns=("a", "b"), filters=(Filter("a", "exact", ("x",)),), sort=(Sort("b"),))
ASKED = cursors.digest(QUERY)
CURSOR = cursors.encode(KEY, "d", 3, Position(41, 99), ASKED)


def refusal(text: str, dataset_id: str = "d", version: int = 3, query: bytes = ASKED, key: bytes = KEY) -> str:
    with pytest.raises(Invalid) as refused:
        cursors.decode(key, text, dataset_id, version, query)
    (fault,) = refused.value.faults
    assert fault.pointer == "cursor"
    return fault.message


POSITIONS = st.builds(Position, st.integers(0, 2**64 - 1), st.none() | st.integers(0, 2**64 - 2))


@given(POSITIONS, st.integers(1, 2**32 - 1))
def test_a_cursor_brings_back_its_position(position: Position, version: int) -> None:
    text = cursors.encode(KEY, "d", version, position, ASKED)
    assert cursors.decode(KEY, text, "d", version, ASKED) == position
    assert cursors.version_of(text) == str(version)


def test_a_cursor_needs_no_quoting_in_an_address() -> None:
    assert CURSOR.isascii() and not set(CURSOR) & set("+/=&?#%")


def test_a_cursor_of_another_dataset_is_refused() -> None:
    assert "not one that this dataset gave" in refusal(CURSOR, dataset_id="e")


def test_a_cursor_of_another_service_is_refused() -> None:
    assert "not one that this dataset gave" in refusal(CURSOR, key=b"another key")


def test_a_cursor_of_another_version_is_refused_naming_it() -> None:
    assert refusal(CURSOR, version=4) == "it belongs to version 3"


@pytest.mark.parametrize(
    "other",
    [
        replace(QUERY, filters=()),
        replace(QUERY, sort=(Sort("b", descending=True),)),
        replace(QUERY, columns=("b", "a")),
        replace(QUERY, filters=(Filter("a", "exact", (date(2024, 1, 1),)),)),
        replace(QUERY, filters=(*QUERY.filters, Group("or", (Filter("b", "isnull"),)))),
        replace(QUERY, shuffle="seed"),
        replace(QUERY, box=Box(1, 2, 3, 4), place=Place("geojson", key="g")),
        replace(QUERY, near=Circle(1, 2, 3), place=Place("geojson", key="g")),
    ],
)
def test_a_cursor_of_another_query_is_refused(other: RowQuery) -> None:
    assert "another query" in refusal(CURSOR, query=cursors.digest(other))


def test_the_size_and_number_of_a_page_make_no_other_query() -> None:
    other = replace(QUERY, page=7, per_page=500, after=3, counted=False, known_total=9)
    assert cursors.digest(other) == ASKED


@given(st.integers(0, len(CURSOR) * 6 - 5), st.data())
def test_a_cursor_that_was_changed_anywhere_is_refused(bit: int, data: st.DataObject) -> None:
    raw = bytearray(base64.urlsafe_b64decode(CURSOR + "=" * (-len(CURSOR) % 4)))
    raw[bit // 8 % len(raw)] ^= 1 << bit % 8
    assert refusal(base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("="))


@given(st.text() | st.binary().map(lambda data: base64.urlsafe_b64encode(data).decode()))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    assert refusal(text)


@pytest.mark.parametrize("text", ["", "x", "é", "12", CURSOR + "A", CURSOR[:-2]])
def test_the_version_of_what_is_no_cursor_is_not_told(text: str) -> None:
    with pytest.raises(Invalid):
        cursors.version_of(text)
