"""Column keys: the contract's form, each once, whatever the headers are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.column_keys import column_keys
from solidata_api.domain.models import name_faults

FORM = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
headers = st.lists(st.text(max_size=70) | st.sampled_from(["", "a", "A", "a_2", "é", "1", "x" * 70]), max_size=30)


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("Libellé de la commune", "libelle_de_la_commune"),
        ("  Code  INSEE ", "code_insee"),
        ("Œuvre", "oeuvre"),
        ("Straße", "strasse"),
        ("2024", "c_2024"),
        ("Taux (%)", "taux"),
        ("__a__b__", "a_b"),
        ("nom_", "nom"),
        ("ﬁn №1", "fin_no1"),
        ("ÉTÉ", "ete"),
        ("", "column_1"),
        ("人口", "column_1"),
        ("x" * 61, "x" * 60),
        ("x" * 59 + " y", "x" * 59),
    ],
)
def test_a_header_becomes_a_key(header: str, key: str) -> None:
    assert column_keys([header]) == [key]


def test_a_header_without_letters_is_numbered_by_its_place() -> None:
    assert column_keys(["a", "", "%"]) == ["a", "column_2", "column_3"]


def test_headers_that_repeat_are_counted_from_two() -> None:
    assert column_keys(["a", "A", "á"]) == ["a", "a_2", "a_3"]


def test_a_count_that_is_a_header_itself_is_passed_over() -> None:
    assert column_keys(["a", "a_2", "a"]) == ["a", "a_2", "a_3"]


def test_a_counted_key_stays_within_the_limit() -> None:
    assert column_keys(["x" * 80] * 10)[9] == "x" * 57 + "_10"


@given(headers)
def test_each_header_has_one_key_of_its_own(texts: list[str]) -> None:
    keys = column_keys(texts)
    assert len(keys) == len(texts) == len(set(keys))


@given(headers)
def test_every_key_has_the_form_and_the_length(texts: list[str]) -> None:
    assert all(FORM.fullmatch(key) and len(key) <= 60 for key in column_keys(texts))


@given(headers)
def test_every_key_is_a_good_field_name(texts: list[str]) -> None:
    assert not any(name_faults(key) for key in column_keys(texts))


@given(headers)
def test_keys_are_their_own_keys(texts: list[str]) -> None:
    keys = column_keys(texts)
    assert column_keys(keys) == keys
