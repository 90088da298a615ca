"""`formula`: a column computed from others."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.base import Misfit, Schema, SchemaColumn
from solidata_api.recipes.parse import parse
from solidata_api.recipes.patterns import pattern as compiled
from solidata_api.recipes.readers import READERS
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "formula", "column": "made", "expression": "div(i, j) * i & coalesce(t, '?') & number(t)"},
        {"op": "formula", "column": "made", "expression": "if(b, i / n, n - j)", "on_error": "reject_row"},
        {"op": "formula", "column": "made", "expression": "add_days(d, i)", "on_error": "fail"},
        {"op": "formula", "column": "t", "expression": "coalesce(text(integer(t) + 1), t)", "on_error": "keep"},
        {"op": "formula", "column": "t", "expression": "coalesce(upper(trim(t)), t)"},
        {"op": "formula", "column": "j", "expression": "coalesce(j * 3, 0)", "on_error": "keep"},
    ],
    {"t": "string", "i": "integer", "j": "integer", "n": "number", "b": "boolean", "d": "date"},
    texts=["12", "1 234", "x", " y "],
)
#: Communes as INSEE publishes them: a code that is text, numbers with gaps.
COMMUNES: dict[str, list[Any]] = {
    "code": ["01001", "2A004", "97411", None],
    "population": [776, 71361, 153810, None],
    "area": [15.95, 82.03, 142.79, 0.0],
    "updated": [date(2023, 1, 1), date(2024, 2, 29), None, date(9999, 12, 31)],
}
TYPES = {"population": "integer", "area": "number", "updated": "date"}


def made(expression: str, data: dict[str, list[Any]] = COMMUNES, types: Any = None, **more: Any) -> Any:
    return applied({"op": "formula", "column": "made", "expression": expression, **more}, data, types or TYPES)


def refused(step: dict[str, Any], schema: Schema) -> Any:
    with pytest.raises(Misfit) as raised:
        parse([{"op": "formula", **step}])[0].schema_after(schema)
    return raised.value.faults[0]


@pytest.mark.parametrize(
    ("expression", "kind", "expected"),
    [
        ("round(population / area, 1)", "number", [48.7, 869.9, 1077.2, None]),
        ("left(code, 2)", "string", ["01", "2A", "97", None]),
        ("if(starts_with(code, '97'), left(code, 3), left(code, 2))", "string", ["01", "2A", "974", None]),
        ("population > 1000", "boolean", [False, True, True, None]),
        ("population * 2", "integer", [1552, 142722, 307620, None]),
        ("add_days(updated, -1)", "date", [date(2022, 12, 31), date(2024, 2, 28), None, date(9999, 12, 30)]),
        ("datetime(updated)", "datetime", [datetime(2023, 1, 1), datetime(2024, 2, 29), None, datetime(9999, 12, 31)]),
        ("code & ' (' & population & ')'", "string", ["01001 (776)", "2A004 (71361)", "97411 (153810)", None]),
        ("'FR'", "string", ["FR"] * 4),
        ("1 + 1", "integer", [2] * 4),
        ("text(blank)", "string", [None] * 4),
    ],
)
def test_a_column_is_what_the_expression_gives_in_its_type(expression: str, kind: str, expected: list[Any]) -> None:
    result = made(expression)
    assert content(result)["made"] == expected
    assert result.table.schema["made"].type == kind
    assert result.report.rejects == ()


def test_the_column_may_be_one_that_it_reads() -> None:
    result = applied(
        {"op": "formula", "column": "code", "expression": "pad_left(code, 5, '0')"}, {"code": ["1001", None]}
    )
    assert content(result) == {"code": ["01001", None]}
    assert result.report.cells_changed == 1


def test_a_replaced_column_keeps_its_title_and_loses_its_format() -> None:
    before = Schema((SchemaColumn("n", "Nombre", "string", "siren", frozenset({("s", "n")})),))
    after = parse([{"op": "formula", "column": "n", "expression": "integer(n)"}])[0].schema_after(before)
    assert after["n"] == SchemaColumn("n", "Nombre", "integer", None, frozenset({("s", "n")}))


def test_an_empty_text_is_a_blank_cell() -> None:
    assert content(made("replace(code, code, '')"))["made"] == [None] * 4


@pytest.mark.parametrize(
    ("expression", "row", "value", "reason"),
    [
        ("population / (area - 15.95)", 1, "776, 0", "division by zero, in population / (area - 15.95)"),
        ("power(population, 100)", 2, "71361", "the power is no finite number, in power(population, 100)"),
        ("add_days(updated, 1)", 4, "9999-12-31",
         "the day would be outside the years 1 to 9999, in add_days(updated, 1)"),
        ("integer(code) + 1", 2, "2A004", "it is no whole number, in integer(code)"),
        ("mid(code, population - 776)", 1, "01001, 0", "characters are counted from 1, in mid(code, population - 776)"),
        ("replace(code, '0', '" + "x" * 4000 + "')", 1, "01001",
         "the text would have more than 10000 characters, in replace(code, '0', '" + "x" * 39 + "…"),
    ],
)  # fmt: skip
def test_what_cant_be_computed_is_a_reject_with_its_values_and_its_part(
    expression: str, row: int, value: str, reason: str
) -> None:
    result = made(expression)
    assert {"source": 0, "row": row, "column": "made", "value": value, "reason": reason} in result.report.rejects
    assert content(result)["made"][row - 1] is None


@pytest.mark.parametrize(
    ("expression", "bad"),
    [
        ("i + j", [2, 4]),
        ("i - j", [3]),
        ("i * j", [2, 3, 4]),
        ("-i", [3]),
        ("abs(i)", [3]),
        ("div(i, -1)", [3]),
        ("number(i)", [2, 4]),
        ("round(number(text(i)) * 10)", [2, 3, 4]),
    ],
)
def test_integers_do_not_turn_over(expression: str, bad: list[int]) -> None:
    data = {"i": [1, 2**63 - 1, -(2**63), 2**62 + 1, None], "j": [-1, 2, 3, 2**62 + 1, 1]}
    result = made(expression, data, {"i": "integer", "j": "integer"})
    assert [reject["row"] for reject in result.report.rejects] == bad
    assert [n for n, cell in enumerate(content(result)["made"], start=1) if cell is None] == [*bad, 5]


def test_remainder_by_minus_one_is_nothing() -> None:
    assert content(made("mod(i, -1)", {"i": [-(2**63), 5]}, {"i": "integer"}))["made"] == [0, 0]


def test_what_is_not_needed_is_no_reject() -> None:
    result = made("if(area = 0, blank, population / area)")
    assert result.report.rejects == ()
    assert content(made("population > 0 or 1 / (area - area) > 0"))["made"] == [True, True, True, None]


def test_reject_row_drops_the_row() -> None:
    result = made("integer(code)", on_error="reject_row")
    assert content(result)["made"] == [1001, 97411, None]
    assert (result.report.rejected, result.report.rejects_count) == (1, 1)


def test_fail_stops_at_the_row() -> None:
    with pytest.raises(StepFailed, match=r"row 2 of source 1, column 'made', '2A004': it is no whole number"):
        made("integer(code)", on_error="fail")


def test_keep_leaves_the_cell_and_makes_a_column_of_two_types_text() -> None:
    step = {"op": "formula", "column": "code", "expression": "integer(code)", "on_error": "keep"}
    result = applied(step, COMMUNES, TYPES)
    assert content(result)["code"] == ["1001", "2A004", "97411", None]
    assert result.table.schema["code"].type == "string"
    assert result.report.rejects_count == 1


def test_keep_of_one_type_keeps_the_type() -> None:
    step = {"op": "formula", "column": "n", "expression": "10 / n", "on_error": "keep"}
    result = applied(step, {"n": [4.0, 0.0, None]}, {"n": "number"})
    assert content(result)["n"] == [2.5, 0.0, None]
    assert result.table.schema["n"].type == "number"


def test_moments_of_utc_stay_so_and_meet_those_without_a_zone() -> None:
    data = {"at": [datetime(2024, 3, 31, 1, 30)], "naive": [datetime(2024, 3, 31, 2, 30)]}
    types = {"at": "datetime_utc", "naive": "datetime"}
    assert content(made("add_days(at, 1)", data, types))["made"] == [datetime(2024, 4, 1, 1, 30, tzinfo=UTC)]
    assert content(made("at < naive", data, types))["made"] == [True]
    assert content(made("max(at, naive)", data, types))["made"] == [datetime(2024, 3, 31, 2, 30, tzinfo=UTC)]
    assert content(made("text(at) & ' ' & text(naive)", data, types))["made"] == [
        "2024-03-31T01:30:00Z 2024-03-31T02:30:00"
    ]


def test_other_types_take_part_as_the_nearest() -> None:
    data = {"tags": ['["a","b"]', None], "since": [1999, None], "at": ["12:30:00", None], "any": ["x", None]}
    types = {"tags": "array", "since": "year", "at": "time", "any": "any"}
    assert content(made("tags & at & any", data, types))["made"] == ["a|b12:30:00x", None]
    assert content(made("since + 1", data, types))["made"] == [2000, None]


def test_sources_are_those_of_every_column_in_the_expression_conditions_too() -> None:
    schema = table({"a": [], "b": [], "c": [], "d": []}, {"a": "boolean"}).schema
    step = parse([{"op": "formula", "column": "made", "expression": "if(a and b is blank, 'x', left(c, 1))"}])[0]
    assert step.schema_after(schema)["made"].sources == {("s", "a"), ("s", "b"), ("s", "c")}


def test_a_replaced_column_has_its_own_source_only_where_it_is_read_or_kept() -> None:
    schema = table({"a": [], "b": []}).schema
    step = {"op": "formula", "column": "a", "expression": "upper(b)"}
    assert parse([step])[0].schema_after(schema)["a"].sources == {("s", "b")}
    keeping = parse([{**step, "on_error": "keep"}])[0]
    assert keeping.schema_after(schema)["a"].sources == {("s", "a"), ("s", "b")}


def test_columns_decide_where_rejects_stop_rows() -> None:
    schema = table({"a": [], "b": []}).schema
    step = {"op": "formula", "column": "made", "expression": "number(a) & b"}
    assert list(parse([step])[0].deciding(schema, ())) == []
    assert list(parse([{**step, "on_error": "reject_row"}])[0].deciding(schema, ())) == ["a", "b"]
    assert list(parse([{**step, "max_rejects": 0.5}])[0].deciding(schema, ())) == ["a", "b"]


def test_a_syntax_error_is_a_fault_of_the_recipe() -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "formula", "column": "made", "expression": "a +"}])
    fault = raised.value.faults[0]
    assert (fault.pointer, fault.message) == ("/steps/0/expression", "the expression ends too soon (character 4: a +→)")


def test_an_expression_that_does_not_fit_the_columns_names_them() -> None:
    schema = table({"population": [], "name": []}, {"population": "integer"}).schema
    fault = refused({"column": "x", "expression": "populaton * 2"}, schema)
    assert fault.pointer == "expression"
    assert fault.message == "unknown column 'populaton'; did you mean 'population'? (character 1: →populaton * 2)"


def test_a_bare_blank_has_no_type() -> None:
    fault = refused({"column": "x", "expression": "blank"}, Schema())
    assert (fault.pointer, "nothing tells its type" in fault.message) == ("expression", True)


@pytest.mark.parametrize("column", ["Made", "made__x", ""])
def test_the_columns_name_is_a_key(column: str) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "formula", "column": column, "expression": "1"}])
    assert raised.value.faults[0].pointer == "/steps/0/column"


def test_no_rows_give_a_column_without_cells() -> None:
    result = made("integer(code) + population / area", {key: [] for key in COMMUNES})
    assert content(result)["made"] == []
    assert result.table.schema["made"].type == "number"


DIGITS = st.from_regex(r"[-+−]?[0-9]{1,20}(?:[.,][0-9]{1,16})?(?:e[0-9])?", fullmatch=True)


@settings(deadline=None)
@given(st.lists(DIGITS, min_size=1, max_size=12))
@pytest.mark.parametrize("kind", ["integer", "number"])
def test_texts_read_as_the_readers_of_types_read_them(kind: str, texts: list[str]) -> None:
    result = made(f"{kind}(t)", {"t": texts}, {})
    refusals = {reject["row"]: reject["reason"].split(", in ")[0] for reject in result.report.rejects}
    for row, (text, cell) in enumerate(zip(texts, content(result)["made"], strict=True), start=1):
        try:
            assert cell == READERS[kind](text)
        except ValueError as error:
            assert (cell, refusals[row]) == (None, str(error))


@pytest.mark.parametrize("pattern", ["a|b", r"\Qa+b", "(?i)É.*", ".", "^a$", r"a\z", "(a)(b)?"])
def test_a_whole_text_matches_as_in_validate(pattern: str) -> None:
    texts = ["a", "ab", "b", "a+b", "évreux", "a\n", "\n", "🙂"]
    wanted = [compiled(pattern).fullmatch(text) is not None for text in texts]
    assert content(made(f'matches(t, "{pattern}")', {"t": texts}, {}))["made"] == wanted
