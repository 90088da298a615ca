"""The type of a column, told by all its cells."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from solidata_api.domain.errors import WrongOption
from tests.frames.columns import column, columns


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["0", "12", "-5"], [0, 12, -5]),
        (["1 234", "5"], [1234, 5]),
        (["1\u00a0234", "-1\u202f234\u202f567"], [1234, -1234567]),
        (["1'234", "12\u2019345"], [1234, 12345]),
        (["1,234,567", "5"], [1234567, 5]),
        (["1.234.567", "5"], [1234567, 5]),
        ([" 12", "3 "], [12, 3]),
        (["9007199254740993", "1"], [9007199254740993, 1]),
        (["999999999999999999", "1"], [999999999999999999, 1]),
    ],
)
def test_whole_numbers_are_read_with_any_sign_between_thousands(cells: list[str], values: list[int]) -> None:
    found = column(cells)
    assert (found.type, found.values, found.misfits) == ("integer", values, [])


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1.5", "-2"], [1.5, -2.0]),
        (["1,5", "1 234,56"], [1.5, 1234.56]),
        (["1'234.50", "2"], [1234.5, 2.0]),
        (["1.234.567,89", "5"], [1234567.89, 5.0]),
        (["1,234,567.89", "5"], [1234567.89, 5.0]),
        (["3.2E-05", "0.1"], [3.2e-05, 0.1]),
        (["+1,5", "-0,3"], [1.5, -0.3]),
        (["\u22125,5", "3"], [-5.5, 3.0]),
        ([".5", "1.5"], [0.5, 1.5]),
    ],
)
def test_decimals_are_read_with_point_or_comma(cells: list[str], values: list[float]) -> None:
    found = column(cells)
    assert (found.type, found.values, found.misfits) == ("number", values, [])


@pytest.mark.parametrize(
    "cells",
    [
        ["007", "8"],
        ["1e5", "2e5"],
        ["1E-05", "2E-05"],
        ["1.5", "1e5"],
        ["12345678901234567890", "1"],
        ["1 234 567 890 123 456 789", "1"],
        ["-0", "1"],
        ["+5", "3"],
        ["+33612345678", "+33712345678"],
        ["12,5 %", "3 %"],
        ["1 200 €", "3 €"],
        ["(5)", "6"],
        ["1 2", "3"],
        ["1.5", "1,5"],
        ["1,23,456", "1"],
        ["Infinity", "1"],
        ["x", "x"],
        ["2024-01", "2024-02"],
        ["janv.-24", "févr.-24"],
        ["25:30", "12:00"],
        ["9:30", "10:30"],
    ],
)
def test_what_holds_more_than_a_value_stays_text(cells: list[str]) -> None:
    found = column(cells)
    assert (found.type, found.values) == ("string", cells)


def test_one_sign_that_could_part_thousands_is_judged_from_the_whole_column() -> None:
    alone = column(["1,234", "2,345"])
    assert (alone.values, alone.verdict.confidence) == ([1.234, 2.345], 0.6)
    beside = column(["1,234", "987", "2,345", "12,456"])
    assert (beside.values, beside.verdict.confidence) == ([1234, 987, 2345, 12456], 0.6)
    assert column(["1,234", "0,345", "5", "7,123", "8,456"]).values == [1.234, 0.345, 5.0, 7.123, 8.456]
    assert column(["1,234", "5", "7,12", "8,456", "9,456"]).type == "number"


def test_other_columns_tell_which_sign_parts_decimals() -> None:
    found = columns({"a": ["1.5", "2.25"], "b": ["1,234", "2,345"]})
    assert (found["b"].values, found["b"].verdict.confidence) == ([1234, 2345], 0.8)
    assert columns({"a": ["1,5", "2,25"], "b": ["1,234", "2,345"]})["b"].values == [1.234, 2.345]


def test_options_say_which_sign_is_which() -> None:
    assert column(["1.234", "12"], decimal=",").values == [1234, 12]
    assert column(["1,234", "12"], thousands=",").values == [1234, 12]
    assert column(["1 234", "12"], thousands="").type == "string"
    assert column(["1.5", "12"], decimal=",").type == "string"


def test_a_decimal_that_comes_late_is_seen() -> None:
    found = column([*(str(n) for n in range(5000)), "5.5"])
    assert (found.type, found.values[-1], found.values[4999]) == ("number", 5.5, 4999.0)


@pytest.mark.parametrize("late", ["1,234.5", "1.234,5"])
def test_thousands_that_come_late_are_seen(late: str) -> None:
    assert column([*(str(n % 999) for n in range(5000)), late]).values[-1] == 1234.5


def test_a_power_that_comes_late_is_seen() -> None:
    assert column([*(f"{n}.25" for n in range(3000)), "3.2E-05"]).values[-1] == 3.2e-05


def test_one_misfit_keeps_text_and_says_what_it_nearly_was() -> None:
    found = column(["1"] * 1500 + ["abc"] + ["2"] * 1500)
    assert found.type == "string"
    assert found.told["nearly"] == {
        "type": "integer",
        "share": 0.999667,
        "count": 1,
        "misfits": [{"row": 1502, "text": "abc"}],
    }


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["TRUE", "false"], [True, False]),
        (["Vrai", "FAUX"], [True, False]),
        (["oui", "Non"], [True, False]),
        (["yes", "no"], [True, False]),
        (["ja", "Nein"], [True, False]),
        (["sí", "no"], [True, False]),
        (["O", "N"], [True, False]),
        (["y", "n"], [True, False]),
        (["t", "f"], [True, False]),
    ],
)
def test_pairs_of_words_are_booleans(cells: list[str], values: list[bool]) -> None:
    found = column(cells)
    assert (found.type, found.values) == ("boolean", values)


@pytest.mark.parametrize("cells", [["O", "O"], ["N", "N"], ["oui", "yes"], ["oui", "peut-être"]])
def test_half_a_pair_of_letters_or_two_pairs_are_no_booleans(cells: list[str]) -> None:
    assert column(cells).type == "string"


def test_ones_and_zeros_stay_integers() -> None:
    assert column(["1", "0"]).values == [1, 0]


def test_options_say_the_words_of_a_boolean() -> None:
    found = column(["A", "b", "C"], booleans={"valeur": [["A"], ["B"]]})
    assert (found.type, found.values) == ("boolean", [True, False, None])
    assert found.misfits == [{"row": 4, "column": "valeur", "text": "C", "reason": "it is no boolean"}]


@pytest.mark.parametrize("word", ["NA", "N/A", "nd", "n.d.", "-", "--", "null", "#N/A", "s", "…", "..", "NaN", " ns "])
def test_words_that_mean_empty_are_so_among_numbers_and_kept_as_rejects(word: str) -> None:
    found = column(["12", word, "1.5", word])
    assert (found.type, found.values) == ("number", [12.0, None, 1.5, None])
    assert found.told["empty"] == {word: 2}
    assert [(one["row"], one["text"], one["reason"]) for one in found.misfits] == [
        (3, word, "taken for empty"),
        (5, word, "taken for empty"),
    ]


def test_words_that_mean_empty_are_so_among_dates_and_booleans() -> None:
    assert column(["2024-01-31", "nd"]).values == [date(2024, 1, 31), None]
    assert column(["oui", "NA", "non"]).values == [True, None, False]


def test_among_texts_na_is_a_text() -> None:
    found = column(["FR", "NA", "DE"])
    assert (found.type, found.values, found.told.get("empty")) == ("string", ["FR", "NA", "DE"], None)


def test_a_column_of_nothing_but_such_words_keeps_them() -> None:
    assert column(["NA", "nd", "NA"]).values == ["NA", "nd", "NA"]
    assert column(["NA"] * 40 + ["1"]).values[0] == "NA"


def test_chunks_of_such_words_before_the_first_number_are_empty_too() -> None:
    found = column(["nd"] * 20 + ["1"] * 10, chunk=5)
    assert (found.type, found.told["empty"], len(found.misfits)) == ("integer", {"nd": 20}, 20)


def test_options_say_what_means_empty() -> None:
    assert column(["12", "nd"], empty=[]).values == ["12", "nd"]
    found = column(["12", "zz"], empty=["zz"])
    assert (found.values, found.told["empty"], found.misfits) == ([12, None], {"zz": 1}, [])
    assert column(["a", "zz"], empty={"valeur": ["zz"]}).values == ["a", None]
    assert column(["a", "zz"], empty={"valeur": []}).values == ["a", "zz"]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["2024-01-31", "2023-12-01"], [date(2024, 1, 31), date(2023, 12, 1)]),
        (["31/12/2024", "1/2/2024"], [date(2024, 12, 31), date(2024, 2, 1)]),
        (["12/31/2024", "1/2/2024"], [date(2024, 12, 31), date(2024, 1, 2)]),
        (["31.12.2024", "01.02.2024"], [date(2024, 12, 31), date(2024, 2, 1)]),
        (["31/12/24", "01/02/69"], [date(2024, 12, 31), date(1969, 2, 1)]),
        (["12 janvier 2024", "1er MARS 2023"], [date(2024, 1, 12), date(2023, 3, 1)]),
        (["Jan 3, 2024", "August 12, 2023"], [date(2024, 1, 3), date(2023, 8, 12)]),
        (["12-févr.-2024", "3-août-2023"], [date(2024, 2, 12), date(2023, 8, 3)]),
        (["2024-01-31T12:30:00Z"], [datetime(2024, 1, 31, 12, 30, tzinfo=UTC)]),
        (["2024-01-31 12:30:00.5+02:00"], [datetime(2024, 1, 31, 10, 30, 0, 500000, tzinfo=UTC)]),
        (["31/12/2024 8:05", "1/2/2024 18:05:09"], [datetime(2024, 12, 31, 8, 5), datetime(2024, 2, 1, 18, 5, 9)]),
        (["12/31/2024 1:05 PM"], [datetime(2024, 12, 31, 13, 5)]),
        (["12:30", "08:05:10"], ["12:30", "08:05:10"]),
    ],
)
def test_dates_and_hours_are_read(cells: list[str], values: list[Any]) -> None:
    found = column(cells)
    assert (found.values, found.misfits) == (values, [])
    assert found.type in ("date", "datetime", "time")


def test_days_and_months_that_could_be_either_way_round_are_less_sure() -> None:
    found = column(["01/02/2024", "03/04/2024"])
    assert (found.values, found.verdict.confidence) == ([date(2024, 2, 1), date(2024, 4, 3)], 0.8)


def test_other_columns_tell_whether_the_month_comes_first() -> None:
    found = columns({"a": ["12/31/2024", "1/30/2024"], "b": ["01/02/2024", "03/04/2024"]})
    assert found["b"].values == [date(2024, 1, 2), date(2024, 3, 4)]


@pytest.mark.parametrize(
    "cells", [["31/02/2024", "01/02/2024"], ["2024-02-30", "2024-02-01"], ["2024-01-31", "31/01/2024"]]
)
def test_impossible_days_and_two_formats_stay_text(cells: list[str]) -> None:
    assert column(cells).values == cells


def test_eight_digits_are_days_only_where_the_header_says_so() -> None:
    assert column(["20240131", "20231201"], "Date de création").values == [date(2024, 1, 31), date(2023, 12, 1)]
    assert column(["20240131", "20231201"], "n").type == "integer"
    assert column(["20240131", "20240230"], "date").type == "integer"


def test_options_say_the_form_of_dates() -> None:
    found = column(["12-31-2024", "x"], dates={"valeur": "%m-%d-%Y"})
    assert (found.type, found.values) == ("date", [date(2024, 12, 31), None])
    assert found.misfits[0]["reason"] == "it is no date of the form %m-%d-%Y"
    assert column(["01/02/2024"], dates="%m/%d/%Y").values == [date(2024, 1, 2)]
    assert column(["word", "x"], dates="%m/%d/%Y").type == "string"


def test_years_are_integers_unless_declared() -> None:
    assert column(["2019", "2020"], "Année").type == "integer"
    assert column(["2019", "2020"], "Année", types={"Année": "year"}).type == "year"


def test_lists_and_objects_in_json_are_told() -> None:
    assert column(["[1]", '["x"]']).type == "array"
    assert column(['{"a": 1}', "{}"]).type == "object"
    assert column(["[1]", "[1"]).type == "string"


def test_options_of_columns_that_are_not_there_are_refused() -> None:
    with pytest.raises(WrongOption) as caught:
        column(["1"], types={"zz": "date"}, empty={"yy": []}, formats={"valeur": ""})
    assert [fault.pointer for fault in caught.value.faults] == ["/options/types/zz", "/options/empty/yy"]


def test_forms_of_dates_that_say_no_day_are_refused() -> None:
    with pytest.raises(WrongOption) as caught:
        column(["1"], dates={"valeur": "%m/%Y"})
    assert [fault.pointer for fault in caught.value.faults] == ["/options/dates/valeur"]
    assert "does not say the day" in caught.value.faults[0].message


def test_blank_columns_are_text() -> None:
    assert column([None, None]).values == [None, None]
    assert column([]).type == "string"
