"""`explode`: one row for each of several values in a cell."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import Built, applied, built, content, fields, source, table

LAW = Law(
    [
        {"op": "explode", "column": "a", "separator": ";"},
        {"op": "explode", "column": "a", "separator": " | ", "trim": False},
        {"op": "explode", "column": "l"},
    ],
    {"a": "string", "l": "array", "n": "integer"},
    texts=["p;q", "p ; q;p", ";", "p | q"],
    # A cell of separators and white space alone holds no entry.
    blanks=True,
)


def entries(*cells: str | None, kind: str = "string", **parameters: Any) -> list[Any]:
    separator = {"separator": ";"} if kind != "array" else {}
    step = {"op": "explode", "column": "a", **separator, **parameters}
    return content(applied(step, {"a": list(cells)}, {"a": kind}))["a"]


def test_a_text_is_split_and_other_cells_are_repeated() -> None:
    data = {"siret": ["1", "2"], "themes": ["Culture; Sport ;Jeunesse", "Santé"]}
    assert content(applied({"op": "explode", "column": "themes", "separator": ";"}, data)) == {
        "siret": ["1", "1", "1", "2"],
        "themes": ["Culture", "Sport", "Jeunesse", "Santé"],
    }


def test_a_separator_is_taken_literally_and_may_be_long() -> None:
    assert entries("a.b", separator=".") == ["a", "b"]
    assert entries("a et b", separator=" et ") == ["a", "b"]


def test_entries_keep_their_white_space_where_told() -> None:
    assert entries("a ; b", trim=False) == ["a ", " b"]


def test_blank_entries_make_no_row() -> None:
    assert entries("a;;b; ;") == ["a", "b"]


@pytest.mark.parametrize(("cell", "kind"), [(None, "string"), (";", "string"), ("[]", "array"), ("[null]", "array")])
def test_a_row_without_an_entry_stays_one_row(cell: str | None, kind: str) -> None:
    assert entries(cell, kind=kind) == [None]


def test_entries_of_lists_are_canonical_text() -> None:
    assert entries('["a", 1, 2.0, 2.5, true, null, "x|y"]', kind="array") == ["a", "1", "2", "2.5", "true", "x|y"]
    assert entries('[["é"], {"k": 1}]', kind="array") == ['["é"]', '{"k":1}']


@pytest.mark.parametrize(
    ("on_error", "expected"), [("reject_cell", ["a", None]), ("reject_row", ["a"]), ("keep", ["a", "a, b"])]
)
def test_what_is_no_list_is_a_reject(on_error: str, expected: list[Any]) -> None:
    step = {"op": "explode", "column": "a", "on_error": on_error}
    result = applied(step, {"a": ['["a"]', "a, b"]}, {"a": "array"})
    assert content(result)["a"] == expected
    (reject,) = result.report.rejects
    assert (reject["row"], reject["value"], reject["reason"]) == (2, "a, b", "it is no list written in JSON")


def test_or_stops_the_build() -> None:
    with pytest.raises(StepFailed, match="row 1 of source 1, column 'a'"):
        applied({"op": "explode", "column": "a", "on_error": "fail"}, {"a": ['{"k": 1}']}, {"a": "array"})


def test_rows_added_are_told() -> None:
    report = applied({"op": "explode", "column": "a", "separator": ";"}, {"a": ["x;y", "z", None]}).report
    assert (report.rows_in, report.added, report.rows_out, report.cells_changed) == (3, 1, 4, 2)


def test_each_row_has_the_origins_of_the_one_it_comes_from() -> None:
    result = applied({"op": "explode", "column": "a", "separator": ";"}, {"a": ["x;y", "z"]})
    told = result.table.origins
    assert list(zip(told.owner, told.handle, told.line.to_pylist(), strict=True)) == [(0, 0, 1), (1, 0, 1), (2, 1, 2)]


@pytest.mark.parametrize(
    ("parameters", "kind", "message"),
    [
        ({}, "string", "column 'a' is string: what separates its entries"),
        ({"separator": ";"}, "array", "column 'a' is array: its entries need no separator"),
        ({"separator": ";"}, "integer", "column 'a' is integer: lists and texts"),
        ({"column": "x"}, "string", "unknown column 'x'"),
    ],
)
def test_columns_that_do_not_fit_are_named(parameters: dict[str, Any], kind: str, message: str) -> None:
    with pytest.raises(Misfit, match=message):
        parse([{"op": "explode", "column": "a", **parameters}])[0].schema_after(table({"a": []}, {"a": kind}).schema)


def test_an_empty_separator_is_refused() -> None:
    with pytest.raises(RecipeMisfit):
        parse([{"op": "explode", "column": "a", "separator": ""}])


def test_how_many_entries_a_cell_has_chooses_rows() -> None:
    step = parse([{"op": "explode", "column": "a", "separator": ";"}])[0]
    assert step.choosing(table({"a": [], "b": []}).schema) == ["a"]


def test_the_column_keeps_its_sources_and_becomes_text() -> None:
    after = parse([{"op": "explode", "column": "a"}])[0].schema_after(table({"a": []}, {"a": "array"}).schema)
    assert (after["a"].type, after["a"].sources) == ("string", frozenset({("s", "a")}))


CELLS = st.lists(st.none() | st.sampled_from(["x", "x;y", "z;x;y", ";"]), min_size=1, max_size=12)


def build(cells: list[Any], chunk: int) -> Built:
    steps = [{"op": "explode", "column": "a", "separator": ";"}, {"op": "clean", "columns": ["a"]}]
    inputs = [source("p", {"a": cells}, chunk=chunk), source("q", {"a": cells[:1]}, chunk=chunk)]
    return built(inputs, steps, fields("a"))


@given(CELLS, st.integers(1, 4))
def test_ids_and_origins_are_the_same_whatever_the_chunks(cells: list[Any], chunk: int) -> None:
    whole, parts = build(cells, 0), build(cells, chunk)
    assert (whole.content, whole.ids, whole.origins) == (parts.content, parts.ids, parts.origins)
    assert whole.report == parts.report
    assert len(set(whole.ids)) == len(whole.ids)
    counts = [max(1, len([one for one in (cell or "").split(";") if one])) for cell in [*cells, cells[0]]]
    assert [one["row"] for one in whole.origins] == list(range(sum(counts)))
    expected = [f"p{n + 1}" for n in range(len(cells))] + ["q1"]
    assert [one["origin"] for one in whole.origins] == [
        name for name, count in zip(expected, counts, strict=True) for _ in range(count)
    ]
