"""`unpivot`: columns as rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit
from solidata_api.recipes.base import Misfit, Schema, SchemaColumn, Tools
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, built, content, fields, source, table

LAW = Law(
    [
        {"op": "unpivot", "columns": ["a", "b"], "skip_blank": skip_blank, "names": names}
        for skip_blank in (True, False)
        for names in ("key", "title")
    ]
    + [{"op": "unpivot", "columns": {"match": "[and]"}, "name_into": "what", "value_into": "a", "skip_blank": True}],
    {"a": "string", "b": "string", "n": "integer", "d": "date"},
)

#: INSEE's way: one column a year.
COMMUNES: dict[str, list[Any]] = {
    "code": ["29019", "35238"],
    "p_2019": [139602, 220488],
    "p_2020": [139456, None],
    "name": ["Brest", "Rennes"],
}
TYPES = {"p_2019": "integer", "p_2020": "integer"}
STEP = {"op": "unpivot", "columns": {"match": "p_[0-9]{4}"}, "name_into": "year", "value_into": "population"}


def test_each_column_becomes_a_row_and_other_cells_are_repeated() -> None:
    assert content(applied(STEP, COMMUNES, TYPES)) == {
        "code": ["29019", "29019", "35238", "35238"],
        "name": ["Brest", "Brest", "Rennes", "Rennes"],
        "year": ["p_2019", "p_2020", "p_2019", "p_2020"],
        "population": [139602, 139456, 220488, None],
    }


def test_columns_come_in_the_order_named() -> None:
    found = content(applied({**STEP, "columns": ["p_2020", "p_2019"]}, COMMUNES, TYPES))
    assert found["year"] == ["p_2020", "p_2019"] * 2


def test_blank_cells_make_no_row_where_told_and_rows_of_nothing_else_are_filtered() -> None:
    data = {"k": ["x", "y", "z"], "a": ["1", None, None], "b": ["2", "3", None]}
    result = applied({"op": "unpivot", "columns": ["a", "b"], "skip_blank": True}, data)
    assert content(result) == {"k": ["x", "x", "y"], "name": ["a", "b", "b"], "value": ["1", "2", "3"]}
    assert (result.report.rows_in, result.report.added, result.report.filtered) == (3, 1, 1)


def test_a_row_of_blanks_stays_where_not() -> None:
    report = applied(STEP, COMMUNES, TYPES).report
    assert (report.rows_in, report.added, report.rows_out, report.filtered) == (2, 2, 4, 0)


def test_values_of_several_types_become_canonical_text() -> None:
    data: dict[str, list[Any]] = {"n": [1], "x": [2.0], "d": [date(2024, 1, 31)], "b": [True], "l": ['["a", "b"]']}
    types = {"n": "integer", "x": "number", "d": "date", "b": "boolean", "l": "array"}
    found = content(applied({"op": "unpivot", "columns": list(data)}, data, types))
    assert found["value"] == ["1", "2", "2024-01-31", "true", "a|b"]


def test_moments_without_a_zone_beside_such_with_one_are_utc() -> None:
    data = {"m": [datetime(2024, 1, 31, 12)], "u": [datetime(2024, 1, 31, 13, tzinfo=UTC)]}
    found = content(applied({"op": "unpivot", "columns": ["m", "u"]}, data, {"m": "datetime", "u": "datetime_utc"}))
    assert found["value"] == [datetime(2024, 1, 31, hour, tzinfo=UTC) for hour in (12, 13)]


def test_columns_may_be_called_by_their_titles() -> None:
    before = table({"a": ["x"], "b": ["y"]})
    titled = Schema(tuple(replace(column, title=f"Année {column.key}") for column in before.schema))
    step = parse([{"op": "unpivot", "columns": ["a", "b"], "names": "title"}])[0]
    after = step.apply(replace(before, schema=titled), Tools()).table
    assert after.frame["name"].tolist() == ["Année a", "Année b"]
    with pytest.raises(Misfit, match="one title"):
        step.schema_after(Schema(tuple(replace(column, title="Année") for column in before.schema)))


def test_values_have_the_sources_of_all_columns_and_names_have_none() -> None:
    after = parse([STEP])[0].schema_after(table(COMMUNES, TYPES).schema)
    assert after["population"].sources == {("s", "p_2019"), ("s", "p_2020")}
    assert (after["year"].sources, after["code"].sources) == (frozenset(), {("s", "code")})


def test_columns_of_one_format_keep_it() -> None:
    step = parse([{"op": "unpivot", "columns": ["a", "b"]}])[0]
    phones = Schema((SchemaColumn("a", format="phone"), SchemaColumn("b", format="phone")))
    assert step.schema_after(phones)["value"].format == "phone"
    assert step.schema_after(Schema((SchemaColumn("a", format="phone"), SchemaColumn("b"))))["value"].format is None


def test_columns_choose_rows_only_where_blanks_make_none() -> None:
    schema = table(COMMUNES, TYPES).schema
    assert list(parse([STEP])[0].choosing(schema)) == []
    assert parse([{**STEP, "skip_blank": True}])[0].choosing(schema) == ["p_2019", "p_2020"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"columns": ["x"]}, "unknown column 'x'"),
        ({"columns": {"match": "x"}}, "no column matches"),
        ({"name_into": "code"}, "there is a column 'code' already"),
        ({"value_into": "name"}, "there is a column 'name' already"),
    ],
)
def test_columns_that_do_not_fit_are_named(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(Misfit, match=message):
        parse([{**STEP, **parameters}])[0].schema_after(table(COMMUNES, TYPES).schema)


def test_names_and_values_are_two_columns() -> None:
    with pytest.raises(RecipeMisfit):
        parse([{**STEP, "value_into": "year"}])


@given(
    st.lists(st.tuples(st.none() | st.just("x"), st.none() | st.just("y")), min_size=1, max_size=8), st.integers(1, 3)
)
def test_ids_and_origins_are_the_same_whatever_the_chunks(
    rows: list[tuple[str | None, str | None]], chunk: int
) -> None:
    data = {"a": [row[0] for row in rows], "b": [row[1] for row in rows]}
    steps = [{"op": "unpivot", "columns": ["a", "b"], "skip_blank": True}]
    whole, parts = (built([source("p", data, chunk=size)], steps, fields("name", "value")) for size in (0, chunk))
    assert (whole.content, whole.ids, whole.origins) == (parts.content, parts.ids, parts.origins)
    expected = [(n + 1, cell) for n, row in enumerate(rows) for cell in row if cell]
    assert [one["line"] for one in whole.origins] == [line for line, _ in expected]
    assert whole.content.get("value", []) == [cell for _, cell in expected]
    assert len(set(whole.ids)) == len(expected)
