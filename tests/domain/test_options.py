"""Reading options: what fits, and what each that does not is told before a file is read."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.datasets import TYPES, ReadOptions
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.domain.options import DELIMITERS, read_options

_NAMES = [entry.name for entry in fields(ReadOptions)]
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def faults(**given: Any) -> tuple[Fault, ...]:
    with pytest.raises(Invalid) as refused:
        read_options(given)
    return refused.value.faults


def test_nothing_said_is_everything_detected() -> None:
    assert read_options({}) == ReadOptions()


@pytest.mark.parametrize("name", _NAMES)
def test_null_is_detected_too(name: str) -> None:
    assert read_options({name: None}) == ReadOptions()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("encoding", value) for value in ("utf-8", "UTF8", "cp1252", "ISO-8859-15", "latin1", "utf-16")),
        *(("delimiter", value) for value in (*DELIMITERS, ":", " ", "^", "\x1f", "\x01")),
        *(("quote", value) for value in ('"', "'", "")),
        *(("escape", value) for value in ("\\", "")),
        *(("header_row", value) for value in (1, 10_000)),
        *(("header_rows", value) for value in (0, 1, 10)),
        *(("units_row", value) for value in (0, 10_000)),
        *(("footer_rows", value) for value in (0, 3)),
        *(("thousands", value) for value in (" ", "\u202f", ".", "'", "")),
        *(("dates", value) for value in ("%d/%m/%Y", {"jour": "%d.%m.%y"})),
        ("booleans", {"actif": [["ouvert"], ["fermé", "clos"]]}),
        *(("empty", value) for value in ([], ["nd", "-"], {"prix": ["nc"]})),
        *(("formats", value) for value in ({"ville": "insee_commune"}, {"code": ""})),
        *(("entry", value) for value in ("a/b.csv", "*")),
        *(("skip_rows", value) for value in (0, 10_000)),
        ("sheet", "Données 2024"),
        ("records_path", "result.records"),
        *(("decimal", value) for value in (".", ",")),
        ("types", {"code": "string", "a.b": "integer"}),
        ("types", {}),
    ],
)
def test_an_option_that_fits_is_kept_as_it_is(name: str, value: Any) -> None:
    assert getattr(read_options({name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("encoding", value) for value in ("klingon", "rot13", "zlib", "hex", "", 5, "utf-8\0")),
        *(("delimiter", value) for value in ("", ",,", '"', "\n", "\r", "\0", "a", "7", 5)),
        *(("quote", value) for value in ("`", "''", 5)),
        *(("escape", value) for value in ("/", "\\\\", 1)),
        *(("header_rows", value) for value in (-1, 11, True)),
        *(("units_row", value) for value in (-1, 10_001, "2")),
        *(("footer_rows", value) for value in (-1, 10_001, 1.5)),
        *(("thousands", value) for value in (";", "  ", 1)),
        *(
            ("dates", value)
            for value in ("", "jj/mm", ["%d"], {"jour": 5}, "%d" * 50, "%d/%m/%Q", "%d/%m/%Y %", "%H:%M")
        ),
        *(("booleans", value) for value in ([], {"a": ["oui", "non"]}, {"a": [["oui"], []]}, {"a": [["oui"]]})),
        *(("empty", value) for value in ("nd", [5], {"a": "nd"})),
        *(("formats", value) for value in ([], {"a": "klingon"}, {"a": None}, {"a": ["email"]})),
        *(("entry", value) for value in (5, "x" * 501)),
        *(("header_row", value) for value in (0, -1, 10_001, 1.0, "1", True)),
        *(("skip_rows", value) for value in (-1, 10_001, False)),
        *(("sheet", value) for value in (0, -1, True, 1.5, "x" * 501)),
        *(("records_path", value) for value in (["a"], "x" * 501)),
        *(("decimal", value) for value in ("", ";", 1)),
        *(("types", value) for value in ("string", ["code"], {"code": "text"}, {"code": None}, {"code": ["string"]})),
    ],
)
def test_an_option_that_does_not_fit_is_refused_naming_it(name: str, value: Any) -> None:
    (fault,) = faults(**{name: value})
    assert fault.pointer == f"/options/{name}"


def test_a_sheet_may_be_a_number_in_json_too() -> None:
    assert read_options({"sheet": 2}).sheet == read_options({"sheet": "2"}).sheet == "2"


def test_an_unknown_option_is_refused_naming_the_known() -> None:
    (fault,) = faults(separator=";")
    assert fault.pointer == "/options/separator"
    assert all(name in fault.message for name in _NAMES)


def test_a_form_of_dates_that_no_reader_knows_is_refused_saying_which_part_and_column() -> None:
    (fault,) = faults(dates={"jour": "%d/%m/%Y", "le": "%d/%m/%J"})
    assert "'le'" in fault.message and "%J is unknown; known are %T, %Y" in fault.message
    (fault,) = faults(dates="%m/%Y")
    assert "does not say the day" in fault.message


def test_an_unknown_type_is_refused_naming_column_and_known_types() -> None:
    (fault,) = faults(types={"code": "text"})
    assert "'code': 'text'" in fault.message and all(kind in fault.message for kind in TYPES)


def test_every_option_that_does_not_fit_is_told() -> None:
    assert [fault.pointer for fault in faults(what=1, delimiter=",,", decimal=";")] == [
        "/options/what",
        "/options/delimiter",
        "/options/decimal",
    ]


def test_the_quote_is_no_delimiter() -> None:
    (fault,) = faults(delimiter="'", quote="'")
    assert fault.pointer == "/options/quote"


def test_thousands_are_not_divided_by_the_decimal_sign() -> None:
    (fault,) = faults(decimal=",", thousands=",")
    assert fault.pointer == "/options/thousands"


def test_units_need_a_header() -> None:
    (fault,) = faults(header_rows=0, units_row=2)
    assert fault.pointer == "/options/units_row"


def test_a_long_value_is_not_said_back_in_full() -> None:
    assert len(faults(sheet="x" * 100_000)[0].message) < 300


@given(st.dictionaries(st.sampled_from(_NAMES) | st.text(max_size=3), _json))
def test_whatever_is_given_is_read_or_told_where_it_does_not_fit(given: dict[str, Any]) -> None:
    try:
        read_options(given)
    except Invalid as error:
        assert {fault.pointer for fault in error.faults} <= {f"/options/{name}" for name in given}
