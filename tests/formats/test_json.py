"""JSON as APIs answer it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from solidata_api.domain.errors import NotATable, SolidataError, TooLarge, UnknownFormat, WrongOption
from solidata_api.formats import json_stream
from solidata_api.formats.base import Limits

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


def test_numbers_are_told_from_texts_also_within_lists(read: Reading) -> None:
    got = read(b'[{"a": [1.50, "1.50", -0, 1E5, NaN, 12345678901234567890, {"n": 7}]}]')
    assert got.rows == [('[1.50,"1.50",-0,1E5,NaN,12345678901234567890,{"n":7}]',)]


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
        b"[{}]",
        b'[{"a": 1},]',
        b'{"a": "unclosed',
        b'{"items": []}',
        b"{}",
        b"[]",
        b"[{a: 1}]",
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


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b'{"a": 1, "b": "x"}', [(1, "x")]),
        (b'{"a": [1, 2], "b": ["x", "y"]}', [(1, "x"), (2, "y")]),
        (b'{"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}}', [(1, "x"), (2, "y")]),
        (b'{"FR": {"n": 1, "c": "x"}, "DE": {"n": 2, "c": "y"}}', [("FR", 1, "x"), ("DE", 2, "y")]),
        (b'[["a", "b"], [1, "x"], [2, "y"]]', [(1, "x"), (2, "y")]),
        (b'{"columns": ["a", "b"], "index": [0, 1], "data": [[1, "x"], [2, "y"]]}', [(1, "x"), (2, "y")]),
        (b'{"schema": {"fields": [{"name": "a"}, {"name": "b"}]}, "data": [{"a": 1, "b": "x"}]}', [(1, "x")]),
        (b"[1, 2, 3]", [(1,), (2,), (3,)]),
        (b'["x", "y"]', [("x",), ("y",)]),
    ],
)
def test_every_orientation_is_read(read: Reading, data: bytes, rows: list[tuple[Any, ...]]) -> None:
    assert read(data).rows == rows


def test_a_name_that_stands_twice_keeps_both_values(read: Reading) -> None:
    got = read(b'[{"a": 1, "a": 2}]')
    assert (list(got.types), got.rows, got.told["repairs"]["count"]) == (["a", "a_2"], [(1, 2)], 1)


def test_numbers_in_lists_keep_their_text_too(read: Reading) -> None:
    assert read(b'[{"a": [1.50, {"b": 10000000000000000000000}]}]').rows == [('[1.50,{"b":10000000000000000000000}]',)]


def test_what_is_no_number_in_json_is_kept_as_text(read: Reading) -> None:
    assert read(b'[{"a": NaN}, {"a": -Infinity}, {"a": 1}]').rows == [("NaN",), ("-Infinity",), ("1",)]


def test_a_path_may_hold_names_with_points(read: Reading) -> None:
    data = b'{"x.y": {"z": [{"a": 1}]}, "q": [{"b": 2}]}'
    got = read(data, records_path=r"x\.y.z")
    assert (got.rows, got.told["records_path"]) == ([(1,)], r"x\.y.z")
    with pytest.raises(NotATable, match="records_path"):
        read(data)


def test_what_is_no_object_among_objects_is_rejected_and_kept(read: Reading) -> None:
    got = read(b'[{"a": 1}, null, "stray", {"a": 2}]')
    assert (got.rows, got.lines, got.told["rejected_rows"]) == ([(1,), (2,)], [1, 4], 1)
    assert [one[:3] for one in got.rejects] == [(3, "", "stray")]


def test_lists_of_uneven_length_lose_nothing(read: Reading) -> None:
    got = read(b'{"columns": ["a", "b"], "data": [[1, "x", "more"], [2]]}')
    assert got.rows == [(1, "x"), (2, None)]
    assert [one[:3] for one in got.rejects] == [(1, "", "more")]
    assert got.told["repairs"]["count"] == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_json_in_other_encodings_is_known(read: Reading, encoding: str) -> None:
    assert read('[{"a": "é"}, {"a": "€"}]'.encode(encoding)).rows == [("é",), ("€",)]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b'callback([{"a": 1}]);', "JSONP"),
        (b'// note\n[{"a": 1}]', "comments"),
        (b'/* note */ {"a": [{"b": 1}]}', "comments"),
        (b'{"type": "Topology", "objects": {}}', "TopoJSON"),
    ],
)
def test_kin_of_json_is_refused_by_its_name(read: Reading, data: bytes, word: str) -> None:
    with pytest.raises(UnknownFormat, match=word):
        read(data)


def test_what_is_broken_is_told_with_its_place(read: Reading) -> None:
    with pytest.raises(NotATable, match="line 3, column 10"):
        read(b'[\n{"a": 1},\n{"a": 2},]')


def test_elements_that_straddle_the_window_are_whole(read: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "BLOCK", 7)
    records = [{"n": n, "t": "x" * (n % 40), "l": [n, {"k": "é"}]} for n in range(300)]
    got = read(json.dumps({"meta": {"a": 123456}, "d": records}, indent=1).encode())
    assert [row[0] for row in got.rows] == list(range(300))
    assert [row[1] or "" for row in got.rows] == [one["t"] for one in records]


def test_a_value_longer_than_the_window_may_be_is_refused(read: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "BLOCK", 100)
    monkeypatch.setattr(json_stream, "LONGEST", 1000)
    with pytest.raises(TooLarge, match="longer than"):
        read(b'[{"a": "' + b"x" * 5000 + b'"}]')


def test_more_names_than_columns_may_be_are_refused(read: Reading) -> None:
    with pytest.raises(TooLarge, match="MAX_COLUMNS=10"):
        read(json.dumps([{f"c{n}": n} for n in range(11)]).encode(), limits=Limits(max_columns=10))
