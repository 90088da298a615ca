"""JSON as APIs answer it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from solidata_api.domain.errors import NotATable, SolidataError, TooLarge, WrongOption

Reading = Callable[..., Any]


def test_the_only_list_of_objects_is_the_table(read: Reading) -> None:
    got = read(b'{"meta": {"tags": ["x"]}, "data": {"items": [{"a": 1}, {"a": 2}]}}')
    assert got.told["records_path"] == "data.items"
    assert (got.rows, got.lines) == ([(1,), (2,)], [1, 2])


def test_a_list_at_the_top_has_the_empty_path(read: Reading) -> None:
    assert read(b'[{"a": "x"}]').told["records_path"] == ""


def test_objects_are_flattened_and_lists_stay_one_cell(read: Reading) -> None:
    got = read(b'[{"nom": "Afa", "dep": {"code": "2A", "x": {"y": null}}, "cp": ["20167"], "e": {}}]')
    assert got.types == {"nom": "string", "dep_code": "string", "dep_x_y": "string", "cp": "array", "e": "object"}
    assert got.rows == [("Afa", "2A", None, '["20167"]', "{}")]


def test_a_list_inside_a_record_is_the_records(read: Reading) -> None:
    got = read(b'[{"a": 1, "parts": [{"b": 2}]}]')
    assert list(got.types) == ["a", "parts"]


def test_properties_that_come_later_are_columns_too(read: Reading) -> None:
    assert read(b'[{"a": 1}, {"b": "x"}]').rows == [(1, None), (None, "x")]


def test_numbers_keep_their_text(read: Reading) -> None:
    got = read(b'[{"big": 12345678901234567890, "x": 1.50, "n": 7}]')
    assert got.rows == [("12345678901234567890", 1.5, 7)]


def test_booleans_and_nulls_are_read(read: Reading) -> None:
    assert read(b'[{"a": true, "b": null}, {"a": false, "b": "x"}]').rows == [(True, None), (False, "x")]


def test_codes_in_texts_keep_zeros(read: Reading) -> None:
    assert read(b'[{"code": "01"}, {"code": "02"}]').rows == [("01",), ("02",)]


def test_a_records_path_that_is_not_there_lists_those_that_are(read: Reading) -> None:
    with pytest.raises(WrongOption, match=r"'a', 'b'"):
        read(b'{"a": [{"x": 1}], "b": [{"x": 1}]}', records_path="c")


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1}',
        b'{"a": [1, 2]}',
        b"[{}]",
        b'[{"a": 1},]',
        b'{"a": "unclosed',
        b'[{"a": 1, "a": 2}]',
        b'{"a": [{"x": 1}], "b": [{"x": 2}]}',
    ],
)
def test_what_holds_no_records_is_no_table(read: Reading, data: bytes) -> None:
    with pytest.raises(NotATable):
        read(data)


def test_depth_is_bounded(read: Reading) -> None:
    with pytest.raises((TooLarge, NotATable)):
        read(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)


@pytest.mark.parametrize("text", ["\ud83d", "a\x00b", "\u2028"])
def test_odd_characters_do_no_harm(read: Reading, text: str) -> None:
    try:
        got = read(json.dumps([{"a": text + "x"}]).encode())
    except SolidataError:
        return
    assert got.rows[0][0].endswith("x")
