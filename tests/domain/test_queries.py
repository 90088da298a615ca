"""The row query: what its parameters mean, and what each that does not fit is told."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.datasets import STORAGE, TYPES, Column
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.domain.queries import (
    EXPORT_PARAMETERS,
    OPERATORS,
    RESERVED,
    ROW_PARAMETERS,
    Filter,
    RowQuery,
    Sort,
    bind,
    parse_where,
)

COLUMNS = tuple(Column(f"a_{kind}", kind, kind) for kind in TYPES)
#: A text that stands for a value of each storage, and that value.
SAMPLES: dict[str, tuple[str, Any]] = {
    "text": ("Aÿ", "Aÿ"),
    "int64": ("-12", -12),
    "double": ("1.5", 1.5),
    "bool": ("true", True),
    "date": ("2024-02-29", date(2024, 2, 29)),
    "timestamp": ("2024-02-29T12:30:00Z", datetime(2024, 2, 29, 12, 30, tzinfo=UTC)),
}
ORDERED = ("less", "greater", "strictly_less", "strictly_greater")
TEXT_ONLY = ("contains", "notcontains", "startswith")


def asked(*arguments: tuple[str, str], columns: tuple[Column, ...] = COLUMNS) -> RowQuery:
    return bind(arguments, columns, ROW_PARAMETERS)


def faults(*arguments: tuple[str, str], columns: tuple[Column, ...] = COLUMNS) -> tuple[Fault, ...]:
    with pytest.raises(Invalid) as refused:
        asked(*arguments, columns=columns)
    return refused.value.faults


def test_nothing_asked_is_the_first_twenty_rows_of_every_column_in_stored_order() -> None:
    assert asked() == RowQuery(columns=tuple(column.key for column in COLUMNS), page=1, per_page=20)


def test_the_operators_are_those_of_the_contract() -> None:
    assert {operator.name for operator in OPERATORS} == {
        *("exact", "differs", "contains", "notcontains", "startswith", "in", "notin"),
        *(*ORDERED, "isnull", "isnotnull"),
    }


def test_the_negative_operators_are_those_that_keep_blank_cells() -> None:
    assert {operator.name for operator in OPERATORS if operator.negative} == {"differs", "notcontains", "notin"}


@pytest.mark.parametrize("column", COLUMNS, ids=TYPES)
@pytest.mark.parametrize("op", ["exact", "differs", "in", "notin"])
def test_equality_reads_a_value_of_the_columns_type(op: str, column: Column) -> None:
    text, value = SAMPLES[STORAGE[column.type]]
    assert asked((f"{column.key}__{op}", text)).filters == (Filter(column.key, op, (value,)),)


@pytest.mark.parametrize("column", COLUMNS, ids=TYPES)
@pytest.mark.parametrize("op", ORDERED)
def test_order_fits_every_type_but_booleans(op: str, column: Column) -> None:
    name, (text, value) = f"{column.key}__{op}", SAMPLES[STORAGE[column.type]]
    if column.type == "boolean":
        assert f"{op} does not fit boolean columns; these do: exact, differs" in faults((name, text))[0].message
    else:
        assert asked((name, text)).filters == (Filter(column.key, op, (value,)),)


@pytest.mark.parametrize("column", COLUMNS, ids=TYPES)
@pytest.mark.parametrize("op", TEXT_ONLY)
def test_parts_of_texts_are_asked_of_texts_only(op: str, column: Column) -> None:
    name = f"{column.key}__{op}"
    if STORAGE[column.type] == "text":
        assert asked((name, "Ay")).filters == (Filter(column.key, op, ("Ay",)),)
    else:
        assert f"{op} does not fit {column.type} columns" in faults((name, "1"))[0].message


@pytest.mark.parametrize("column", COLUMNS, ids=TYPES)
@pytest.mark.parametrize("op", ["isnull", "isnotnull"])
def test_blanks_are_asked_of_every_type_without_a_value(op: str, column: Column) -> None:
    assert asked((f"{column.key}__{op}", "")).filters == (Filter(column.key, op),)


def test_blanks_take_no_value() -> None:
    assert faults(("a_string__isnull", "true")) == (
        Fault("a_string__isnull", "isnull takes no value, but was given 'true'"),
    )


def test_a_column_alone_asks_for_the_exact_value() -> None:
    assert asked(("a_integer", "7")).filters == (Filter("a_integer", "exact", (7,)),)


@pytest.mark.parametrize("op", [operator.name for operator in OPERATORS if operator.values == "one"])
def test_the_same_column_and_operator_again_gathers_values(op: str) -> None:
    name = f"a_string__{op}"
    assert asked((name, "x"), ("a_date", "2024-01-01"), (name, "y")).filters[0] == Filter("a_string", op, ("x", "y"))


def test_a_column_alone_and_with_exact_are_the_same() -> None:
    assert asked(("a_string", "x"), ("a_string__exact", "y")).filters == (Filter("a_string", "exact", ("x", "y")),)


def test_different_operators_are_different_conditions() -> None:
    query = asked(("a_integer__greater", "1"), ("a_integer__less", "5"))
    assert query.filters == (Filter("a_integer", "greater", (1,)), Filter("a_integer", "less", (5,)))


def test_a_list_is_one_line_of_csv() -> None:
    assert asked(("a_string__in", '"Aÿ, le Grand",B,"say ""x"""')).filters[0].values == (
        "Aÿ, le Grand",
        "B",
        'say "x"',
    )


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), min_size=1))
def test_whatever_csv_can_quote_a_list_can_ask(values: list[str]) -> None:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="").writerow(values)
    assert asked(("a_string__in", line.getvalue())).filters[0].values == tuple(values)


def test_lists_given_again_are_one_list() -> None:
    assert asked(("a_integer__in", "1,2"), ("a_integer__in", "3")).filters[0].values == (1, 2, 3)


@pytest.mark.parametrize("text", ["", "\n", "a,,b", "a,"])
def test_an_empty_value_in_a_list_is_refused(text: str) -> None:
    (fault,) = faults(("a_string__in", text))
    assert "an empty value fits no cell" in fault.message


@pytest.mark.parametrize("text", ['"never closed', '"a"b', "two\nlines"])
def test_a_list_that_is_no_csv_is_refused(text: str) -> None:
    (fault,) = faults(("a_string__in", text))
    assert "can't be read as one line of CSV" in fault.message


def test_an_empty_value_is_refused_and_told_how_to_ask_for_blanks() -> None:
    assert "blank cells are asked with a_string__isnull" in faults(("a_string", ""))[0].message


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *(
            ("integer", text)
            for text in ("1.5", "x", " 1", "+1", "1_000", "１", "-", "9223372036854775808", "9" * 5000)
        ),
        *(("year", text) for text in ("MMXXIV", "2024.0")),
        *(("number", text) for text in ("1,5", "nan", "inf", "-Infinity", "1e999", "1_0")),
        *(("boolean", text) for text in ("oui", "1", "tru")),
        *(("date", text) for text in ("31/12/2024", "2023-02-29", "2024-01-01T00:00:00")),
        *(("datetime", text) for text in ("now", "2024-13-01T00:00:00Z", "0001-01-01T00:00:00+05:00")),
    ],
)
def test_a_value_that_does_not_fit_the_type_is_refused_naming_both(kind: str, text: str) -> None:
    (fault,) = faults((f"a_{kind}", text))
    assert fault.pointer == f"a_{kind}"
    assert fault.message == f"{text[:80]!r} is no {kind}, which column 'a_{kind}' is"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "-9223372036854775808", -(2**63)),
        ("integer", "9007199254740993", 2**53 + 1),
        ("number", "-1e3", -1000.0),
        ("boolean", "False", False),
        ("datetime", "2024-01-01T10:00:00", datetime(2024, 1, 1, 10)),
        ("datetime", "2024-01-01T10:00:00+02:00", datetime(2024, 1, 1, 8, tzinfo=UTC)),
        ("datetime", "2024-01-01", datetime(2024, 1, 1)),
    ],
)
def test_a_value_is_read_as_its_type_writes_it(kind: str, text: str, value: object) -> None:
    assert asked((f"a_{kind}", text)).filters[0].values == (value,)


def test_a_zone_whose_plus_was_lost_in_the_address_is_understood() -> None:
    (value,) = asked(("a_datetime", "2024-01-01T10:00:00 02:00")).filters[0].values
    assert value == datetime(2024, 1, 1, 8, tzinfo=UTC)


def test_a_nul_character_is_refused() -> None:
    assert faults(("a_string__contains", "a\0b"))[0].message == "it holds a NUL character"


@pytest.mark.parametrize("name", ["a_string__like", "a_string__", "a_string__exact__", "a_string__EXACT"])
def test_an_unknown_operator_is_refused_naming_the_known(name: str) -> None:
    (fault,) = faults((name, "x"))
    assert fault.pointer == name
    assert fault.message.startswith("unknown operator") and "startswith" in fault.message


@pytest.mark.parametrize("op", ["", "__exact", "__less", "__like", "__"])
def test_a_column_that_is_not_among_the_visible_ones_is_unknown_whatever_is_asked_of_it(op: str) -> None:
    (fault,) = faults((f"secret{op}", "x"))
    assert fault.message == ("unknown column 'secret'" if op.strip("_") else "unknown column or parameter 'secret'")


@pytest.mark.parametrize("name", ["sort", "fields"])
def test_a_hidden_column_is_unknown_to_order_and_choice(name: str) -> None:
    assert faults((name, "a_string,secret")) == (Fault(name, "unknown column 'secret'"),)


def test_every_fault_is_told_at_once() -> None:
    wrong = faults(("nowhere", "1"), ("a_integer", "x"), ("sort", "-gone"), ("fields", "gone"), ("per_page", "0"))
    assert [fault.pointer for fault in wrong] == ["nowhere", "a_integer", "sort", "fields", "per_page"]


def test_order_is_a_list_of_columns_the_strongest_first() -> None:
    assert asked(("sort", "a_string, -a_integer")).sort == (Sort("a_string"), Sort("a_integer", descending=True))


def test_fields_are_answered_in_the_order_asked_each_once() -> None:
    assert asked(("fields", "a_date,a_string,a_date")).columns == ("a_date", "a_string")


def test_no_fields_at_all_are_refused() -> None:
    assert faults(("fields", " , ")) == (Fault("fields", "it is empty"),)


def test_a_page_and_its_size_are_read() -> None:
    query = asked(("page", "3"), ("per_page", "1000"))
    assert (query.page, query.per_page) == (3, 1000)


@pytest.mark.parametrize("text", ["0", "-1", "1001", "1.0", "", "²", "1e2", "9" * 5000, "0" * 20 + "1001"])
def test_a_page_size_outside_its_limits_is_refused_naming_them(text: str) -> None:
    (fault,) = faults(("per_page", text))
    assert fault == Fault("per_page", f"it is a whole number from 1 to 1000, not {text[:80]!r}")


def test_the_last_page_that_can_be_asked_stays_within_64_bits() -> None:
    query = asked(("page", str(2**53)), ("per_page", "1000"))
    assert query.page * query.per_page < 2**63
    assert faults(("page", str(2**53 + 1)))


@pytest.mark.parametrize("name", [name for name in ROW_PARAMETERS if name != "or"])
def test_a_parameter_given_twice_is_refused(name: str) -> None:
    value = {"sort": "a_string", "fields": "a_string"}.get(name, "1")
    assert Fault(name, f"{name} is given 2 times") in faults((name, value), (name, value))


@pytest.mark.parametrize("name", sorted(set(RESERVED) - set(ROW_PARAMETERS)))
def test_a_parameter_of_another_endpoint_is_unknown_here(name: str) -> None:
    assert faults((name, "1")) == (Fault(name, f"unknown parameter {name!r}"),)


def test_a_column_that_is_named_like_a_parameter_is_asked_with_an_operator() -> None:
    columns = (Column("total", "Total", "integer"),)
    assert asked(("total__exact", "5"), columns=columns).filters == (Filter("total", "exact", (5,)),)


def test_a_column_that_is_named_like_a_parameter_is_told_how_to_be_asked() -> None:
    (fault,) = faults(("total", "5"), columns=(Column("total", "Total", "integer"),))
    assert fault.message == "it is exact or none, not '5'; the column of that name is asked with total__exact"
    (fault,) = faults(("limit", "5"), columns=(Column("limit", "Limit", "integer"),))
    assert fault.message == "unknown parameter 'limit'; the column of that name is asked with limit__exact"


@pytest.mark.parametrize("parameters", [ROW_PARAMETERS, EXPORT_PARAMETERS])
def test_what_endpoints_know_is_reserved(parameters: tuple[str, ...]) -> None:
    assert set(parameters) <= set(RESERVED)


def test_a_recipes_conditions_are_those_of_the_query() -> None:
    where = {"a_integer__greater": 1000, "a_string__in": "a,b", "a_boolean": True, "a_number__less": 1.5}
    assert parse_where(where, COLUMNS) == (
        Filter("a_integer", "greater", (1000,)),
        Filter("a_string", "in", ("a", "b")),
        Filter("a_boolean", "exact", (True,)),
        Filter("a_number", "less", (1.5,)),
    )


def test_a_list_in_a_recipes_condition_is_a_repetition() -> None:
    assert parse_where({"a_string": ["x", "y"]}, COLUMNS) == (Filter("a_string", "exact", ("x", "y")),)


def test_a_recipes_blanks_are_asked_with_null() -> None:
    assert parse_where({"a_string__isnull": None}, COLUMNS) == (Filter("a_string", "isnull"),)


def test_a_recipes_condition_that_does_not_fit_names_its_term() -> None:
    with pytest.raises(Invalid) as refused:
        parse_where({"a_integer__greater": "many", "nowhere": 1}, COLUMNS)
    assert [fault.pointer for fault in refused.value.faults] == ["a_integer__greater", "nowhere"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*RESERVED, *(f"a_{kind}" for kind in TYPES)]) | st.text(max_size=5),
            st.sampled_from(["", *(f"__{operator.name}" for operator in OPERATORS)]),
            st.text(max_size=8) | st.sampled_from([text for text, _ in SAMPLES.values()]),
        ),
        max_size=4,
    )
)
def test_whatever_is_asked_is_bound_or_told_where_it_does_not_fit(parts: list[tuple[str, str, str]]) -> None:
    arguments = [(name + op, text) for name, op, text in parts]
    try:
        query = asked(*arguments)
    except Invalid as error:
        assert error.faults and {fault.pointer for fault in error.faults} <= {name for name, _ in arguments}
    else:
        assert all(one.values or one.op in ("isnull", "isnotnull") for one in query.filters)
