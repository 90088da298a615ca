"""Groups of conditions, as texts of addresses; and what is said of names that are nearly right."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.conditions import MAX_DEPTH, MAX_TERMS, Filter, Group
from solidata_api.domain.datasets import TYPES, Column
from solidata_api.domain.errors import Invalid
from solidata_api.domain.places import Box, Circle, Place
from solidata_api.domain.queries import ROW_PARAMETERS, RowQuery, bind, operators_for

COLUMNS = (
    Column("a", "A", "integer"), Column("b", "B", "string"), Column("day", "Day", "date"),
    Column("amount", "Amount", "number"), Column("or", "Or", "string"),
)  # fmt: skip


def asked(*arguments: tuple[str, str], columns: tuple[Column, ...] = COLUMNS) -> RowQuery:
    return bind(arguments, columns, ROW_PARAMETERS)


def refusal(*arguments: tuple[str, str], columns: tuple[Column, ...] = COLUMNS) -> str:
    with pytest.raises(Invalid) as refused:
        asked(*arguments, columns=columns)
    (fault,) = refused.value.faults
    assert fault.pointer == arguments[-1][0]
    return fault.message


A1, B_BLANK = Filter("a", "exact", (1,)), Filter("b", "isnull")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("(a__exact.1)", [A1]),
        ("(a__exact.1,b__isnull)", [A1, B_BLANK]),
        ("(a__exact.1,and(a__less.2,b__isnull))", [A1, Group("and", (Filter("a", "less", (2,)), B_BLANK))]),
        ("(and(or(a__exact.1)))", [Group("and", (Group("or", (A1,)),))]),
        ("(day__less.2024-02-29)", [Filter("day", "less", (date(2024, 2, 29),))]),
        ("(amount__greater.-1.5)", [Filter("amount", "greater", (-1.5,))]),
        ("(a__in.(1,2,3),b__isnull)", [Filter("a", "in", (1, 2, 3)), B_BLANK]),
        ('(b__notin.(x,"y, z"))', [Filter("b", "notin", ("x", "y, z"))]),
        ("(b__exact.O'Brien .5)", [Filter("b", "exact", ("O'Brien .5",))]),
        ('(b__exact.5" or so)', [Filter("b", "exact", ('5" or so',))]),
        ('(b__exact."say ""x"", (y)")', [Filter("b", "exact", ('say "x", (y)',))]),
        ("(or__exact.x)", [Filter("or", "exact", ("x",))]),
    ],
)
def test_a_group_is_read_as_it_is_written(text: str, parts: list[Any]) -> None:
    assert asked(("or", text)).filters == (Group("or", tuple(parts)),)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), min_size=1, max_size=5))
def test_whatever_a_text_holds_a_group_can_ask_for_it(values: list[str]) -> None:
    terms = ",".join('b__exact."{}"'.format(value.replace('"', '""')) for value in values)
    assert asked(("or", f"({terms})")).filters == (Group("or", tuple(Filter("b", "exact", (one,)) for one in values)),)


def test_groups_and_filters_hold_together() -> None:
    query = asked(("or", "(a__exact.1)"), ("b__isnull", ""), ("or", "(b__isnull)"))
    assert query.filters == (B_BLANK, Group("or", (A1,)), Group("or", (B_BLANK,)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'(' is missing before the end"),
        ("a__exact.1", "'(' is missing before 'a__exact.1'"),
        ("(a__exact.1", "')' is missing before the end"),
        ("(a__exact.1))", "nothing may follow the last parenthesis, but ')' does"),
        ("(a__exact.1,)", "'' is no comparison"),
        ("()", "'' is no comparison"),
        ("(a.1)", "'a' is no comparison: one is written <column>__<operator>.<value>"),
        ("(a__exact)", "'.' is missing before ')'"),
        ("(a__exact.)", "a__exact: an empty value fits no cell"),
        ("(a__exact.x)", "a__exact: 'x' is no integer, which column 'a' is"),
        ("(a__in.1)", "'(' is missing before '1)'"),
        ("(b__isnull.x)", "')' is missing before '.x)'"),
        ('(b__exact."x)', "a quote is opened and not closed"),
        ('(b__exact."x"y)', "')' is missing before 'y)'"),
        ("(a__like.1)", "unknown operator 'like'; known for integer columns are exact, differs, in"),
        ("(a__contains.1)", "contains does not fit integer columns; these do: exact, differs, in"),
        ("(secret__exact.1)", "unknown column 'secret'"),
        ("(not(a__exact.1))", "'not' is no comparison"),
        ("(b__exact.\0)", "it holds a NUL character"),
    ],
)
def test_what_is_no_group_is_told_where_it_is_wrong(text: str, said: str) -> None:
    assert said in refusal(("or", text))


def test_depth_and_number_of_comparisons_are_bounded() -> None:
    deep = "and(" * (MAX_DEPTH - 1)
    assert asked(("or", f"({deep}a__exact.1{')' * MAX_DEPTH}")).filters
    assert f"more than {MAX_DEPTH} deep" in refusal(("or", f"({deep}and(a__exact.1{')' * (MAX_DEPTH + 1)}"))
    assert "deep" in refusal(("or", "(" + "and(" * 100_000))
    many = ",".join(["b__isnull"] * MAX_TERMS)
    assert asked(("or", f"({many})")).filters
    assert f"more than {MAX_TERMS} comparisons" in refusal(("or", f"({many},b__isnull)"))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("amont", "1", "unknown column or parameter 'amont'; did you mean 'amount'?"),
        ("Amount__less", "1", "unknown column 'Amount'; did you mean 'amount'?"),
        ("sort", "-dya,dat", "unknown column 'dya'"),
        ("perpage", "1", "unknown column or parameter 'perpage'; did you mean 'per_page'?"),
        ("zzz", "1", "unknown column or parameter 'zzz'"),
    ],
)
def test_the_nearest_name_is_offered(name: str, value: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        asked((name, value))
    assert refused.value.faults[0].message.startswith(said)


def test_a_name_that_is_not_visible_is_never_offered() -> None:
    assert refusal(("amont", "1"), columns=COLUMNS[:3]) == "unknown column or parameter 'amont'"


@pytest.mark.parametrize("kind", TYPES)
def test_the_operators_offered_for_a_type_are_those_that_it_takes(kind: str) -> None:
    column = Column("x", "X", kind)
    offered = {one.name for one in operators_for(column)}
    for name in ("exact", "contains", "less", "in", "isnull"):
        try:
            asked((f"x__{name}", ""), columns=(column,))
        except Invalid as error:
            fits = "does not fit" not in error.faults[0].message
        else:
            fits = True
        assert fits == (name in offered), name


LAT, LON = Column("lat", "Lat", "number", "latitude"), Column("lon", "Lon", "number", "longitude")


def test_a_place_is_told_by_degrees_then_points_then_geometries() -> None:
    point, shape = Column("p", "P", "geopoint"), Column("g", "G", "geojson")
    box = ("bbox", "1,2,3,4")
    assert asked(box, columns=(shape, point, LON, LAT)).place == Place("degrees", lat="lat", lon="lon")
    assert asked(box, columns=(shape, point, LON)).place == Place("geopoint", key="p")
    assert asked(box, columns=(shape, LAT)).place == Place("geojson", key="g")
    assert "no column here says where a row is" in refusal(box, columns=(LAT, *COLUMNS))
    assert asked(("near", "45.5,4,100"), columns=(shape,)).near == Circle(45.5, 4, 100)


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,2,3,4", "1,5,3,4", "181,2,3,4", "1,2,3,91", "nan,2,3,4"])
def test_what_is_no_box_is_refused(text: str) -> None:
    assert refusal(("bbox", text), columns=(LAT, LON))


def test_a_box_may_cross_the_180th_meridian() -> None:
    assert asked(("bbox", "170,-20,-170,-10"), columns=(LAT, LON)).box == Box(170, -20, -170, -10)


@pytest.mark.parametrize("text", ["1,2", "91,2,3", "1,181,3", "1,2,0", "1,2,-3", "1,2,inf", "1,2,1e9"])
def test_what_is_no_circle_is_refused(text: str) -> None:
    assert refusal(("near", text), columns=(LAT, LON))


def test_shuffling_and_sorting_exclude_each_other() -> None:
    assert asked(("shuffle", "x")).shuffle == "x"
    assert "exclude each other" in refusal(("sort", "a"), ("shuffle", "x"))
    assert "1 to 200 characters" in refusal(("shuffle", ""))


def test_a_total_may_be_left_out() -> None:
    assert asked().counted and not asked(("total", "none")).counted
    assert "it is exact or none" in refusal(("total", "maybe"))
