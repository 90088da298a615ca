"""`to_number`: texts as numbers."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.frames import numbers
from solidata_api.recipes.parse import parse
from solidata_api.recipes.rows.conversion import ColumnReader, read_texts
from solidata_api.recipes.rows.numerals import as_double, decimal_reader, most_doubles
from tests.columns import columns
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "to_number", "columns": ["a", "b"]},
        {"op": "to_number", "columns": ["a"], "locale": "fr", "on_error": "keep"},
        {"op": "to_number", "columns": ["a", "c"], "locale": "en", "percent": "points", "on_error": "reject_row"},
    ],
    {"a": "string", "b": "integer", "c": "number"},
    texts=["1 234,56", "(12)", "12,5 %", "5 €", "1,234.5", "-0", "1e400"],
)


def read(text: str, locale: str | None = None, **parameters: object) -> object:
    step = {"op": "to_number", "columns": ["a"], "locale": locale, **parameters}
    return content(applied(step, {"a": [text]}))["a"][0]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1 234,56", 1234.56),
        ("1\u00a0234\u00a0567,5", 1234567.5),
        ("12\u202f345,6", 12345.6),
        ("1\u2009234", 1234.0),
        ("1.234,56", 1234.56),
        ("1'234,5", 1234.5),
        ("0,125", 0.125),
        (",5", 0.5),
        ("1,234", 1.234),
        ("(12)", -12.0),
        ("( 12,5 )", -12.5),
        ("-12,5", -12.5),
        ("−12,5", -12.5),
        ("12,5-", -12.5),
        ("+3", 3.0),
        ("1,5e3", 1500.0),
        ("12,5 %", 0.125),
        ("12%", 0.12),
        ("(3 %)", -0.03),
        ("1 500 €", 1500.0),
        ("€ 5", 5.0),
        ("-€5", -5.0),
        ("€ -5", -5.0),
        ("12 EUR", 12.0),
        ("(1 500,00 €)", -1500.0),
        ("007", 7.0),
        ("-0", 0.0),
    ],
)
def test_french(text: str, number: float) -> None:
    assert read(text, "fr") == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.56", 1234.56),
        ("1,234", 1234.0),
        ("12,345,678", 12345678.0),
        ("1 234.5", 1234.5),
        ("1.234", 1.234),
        (".5", 0.5),
        ("1.5E-3", 0.0015),
        ("(1,234.00)", -1234.0),
        ("50 %", 0.5),
    ],
)
def test_english(text: str, number: float) -> None:
    assert read(text, "en") == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1 234,5", 1234.5), ("1 234.5", 1234.5), ("1.234", 1.234), ("0,125", 0.125), ("1,5", 1.5),
        ("1,234.5", 1234.5), ("1.234,5", 1234.5), ("1,234,567", 1234567.0),
    ],
)  # fmt: skip
def test_without_a_locale_what_reads_in_one_way(text: str, number: float) -> None:
    assert read(text) == number


def test_without_a_locale_what_reads_in_two_ways_is_a_reject() -> None:
    result = applied({"op": "to_number", "columns": ["a"]}, {"a": ["1,234", "12,345"]})
    assert content(result)["a"] == [None, None]
    assert result.report.rejects[0]["reason"] == "its comma can mean thousands or decimals; a locale says which"


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("1.234", "fr"), ("1.5", "fr"), ("1,234.5", "fr"), ("1.234.567", "fr"), ("1 23,4", "fr"), ("12 34", "fr"),
        ("1,,5", "fr"), ("1,", "fr"), ("1 234,56", "en"), ("0,125", "en"), ("1,23", "en"), ("1,234 567", "en"),
        *((text, None) for text in ("douze", "", "-", "()", "(12", "12)", "--1", "(-1)", "-1-", "5--", "%", "€", "٣")),
        *((text, None) for text in ("5 $", "$5", "5 kg", "5 k€", "€ 5 €", "5 € %", "1²", "nan", "inf", "0x10")),
        *((text, None) for text in ("1e400", "1e-400", "9007199254740993", "1" * 5000, "1_000", "1" + " " * 50_000)),
    ],
)  # fmt: skip
def test_refuses(text: str, locale: str | None) -> None:
    result = applied({"op": "to_number", "columns": ["a"], "locale": locale}, {"a": [text]})
    assert content(result)["a"] == [None]
    assert [one["value"] for one in result.report.rejects] == [text]


def test_what_a_percentage_is() -> None:
    assert [read("12,5 %", "fr", percent=way) for way in ("share", "points", "reject")] == [0.125, 12.5, None]


def test_only_currencies_that_are_named_are_left_out() -> None:
    assert read("5 $", currencies=["$", "US$"]) == 5
    assert read("5 US$", currencies=["$", "US$"]) == 5
    assert read("5 €", currencies=["$"]) is None
    assert read("5 €", currencies=[]) is None


@pytest.mark.parametrize("text", ["1 234,56", "(12)", "-5", "12,5-", "1\u202f234", "1,5e3", "€ 5", "1 500,00 €", ",5"])
def test_imports_read_the_same_where_a_column_is_declared_a_number(text: str) -> None:
    bare = numbers.lenient(text, ",", numbers.SPACES + numbers.APOSTROPHES)
    assert bare is not None
    assert read(text, "fr") == numbers.real(bare)


def test_numbers_are_left_alone_and_integers_read_without_locale() -> None:
    step = {"op": "to_number", "columns": ["a", "b"], "locale": "fr"}
    result = applied(step, {"a": [0.5, None], "b": [12, 2**53 + 1]}, {"a": "number", "b": "integer"})
    assert content(result) == {"a": [0.5, None], "b": [12.0, None]}
    assert result.report.rejects[0]["reason"] == "as a number it would lose digits"


def test_on_error() -> None:
    step = {"op": "to_number", "columns": ["a"], "locale": "fr"}
    data = {"a": ["1 234,5", "x", None]}
    assert content(applied({**step, "on_error": "keep"}, data))["a"] == ["1234.5", "x", None]
    assert content(applied({**step, "on_error": "reject_row"}, data))["a"] == [1234.5, None]
    with pytest.raises(StepFailed, match="row 2 of source 1, column 'a', 'x': it is no number"):
        applied({**step, "on_error": "fail"}, data)


def test_the_column_is_a_number_of_the_same_sources() -> None:
    (step,) = parse([{"op": "to_number", "columns": ["a"], "max_rejects": 0.1}])
    before = table({"a": []}).schema
    assert (step.schema_after(before)["a"].type, step.schema_after(before)["a"].sources) == ("number", {("s", "a")})
    assert list(step.deciding(before, ())) == ["a"]


@pytest.mark.parametrize("sign", ["", " ", "5", "€ ", "-", "%", "1.", "("])
def test_currencies_that_would_be_part_of_a_number_are_refused(sign: str) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "to_number", "columns": ["a"], "currencies": ["€", sign]}])
    assert raised.value.faults[0].pointer == "/steps/0/currencies/1"


@given(st.floats(allow_nan=False, allow_infinity=False).map(lambda one: one or 0.0))
def test_what_is_written_reads_back(number: float) -> None:
    assert read(repr(number), "en") == number
    assert read(repr(number).replace(".", ","), "fr") == number


@given(st.text(alphabet="0123456789 \u202f.,-", min_size=1, max_size=12), st.sampled_from(["fr", "en", None]))
def test_what_is_read_at_once_is_what_is_read_one_by_one(text: str, locale: str | None) -> None:
    one = decimal_reader(locale, (), "share")
    for digits, decimals in ((15, 15), (9, 2), (9, 0)):
        found = most_doubles(locale, digits, decimals)(pa.chunked_array([[text]], pa.string()))[0].as_py()
        if found is not None:
            assert repr(found) == repr(as_double(one(text)))


@given(
    columns(st.text(alphabet="0123456789 \u202f\u00a0\u2009.,-+é", max_size=12)), st.sampled_from(["fr", "en", None])
)
def test_columns_are_read_as_each_text_is(column: pa.ChunkedArray, locale: str | None) -> None:
    read = decimal_reader(locale, (), "share")

    def one(text: str | None) -> float | None:
        try:
            return None if text is None else as_double(read(text))
        except ValueError:
            return None

    found = read_texts(
        column, ColumnReader(lambda text: as_double(read(text)), most_doubles(locale, 15, 15)), pa.float64()
    )
    assert list(map(repr, found.to_pylist())) == [repr(one(text)) for text in column.to_pylist()]


@pytest.mark.parametrize("text", ["0 123", "-0 123", "01 234", "-", "", "0", "-0", "1 234", "-1 234,5", "0,5", "00,5"])
def test_a_zero_in_front_is_told_from_other_digits(text: str) -> None:
    found = most_doubles("fr", 15, 15)(pa.chunked_array([["é"], [text]], pa.string()))
    is_plain = re.fullmatch(r"-?([0-9]+|[1-9][0-9]{0,2}( [0-9]{3})+)(,[0-9]+)?", text)
    assert found.is_valid().to_pylist() == [False, bool(is_plain)]


@given(st.lists(st.text(min_size=1, max_size=8), max_size=20))
def test_every_value_is_read_or_told(texts: list[str]) -> None:
    result = applied({"op": "to_number", "columns": ["a"]}, {"a": texts})
    blanks = [text for text, number in zip(texts, content(result)["a"], strict=True) if number is None]
    assert [one["value"] for one in result.report.rejects] == blanks
