"""`country`: countries by name or code."""

from __future__ import annotations

import pytest

from solidata_api.domain.countries import BY_NAME, country_of
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content

LAW = Law(
    [
        {"op": "country", "columns": ["a"]},
        {"op": "country", "columns": ["a"], "to": "name_fr", "on_error": "keep"},
        {"op": "country", "columns": ["a"], "to": "numeric", "into": "b"},
    ],
    {"a": "string"},
    texts=["France", "Etats-Unis", "fr", "840", "4", "Kosovo", "Frnce"],
    idempotent=True,
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("FRANCE", "FR"), ("La France", "FR"), ("fra", "FR"), ("250", "FR"), ("4", "AF"), ("Etats Unis", "US"),
        ("U.S.A.", "US"), ("Royaume-Uni", "GB"), ("UK", "GB"), ("Côte d’Ivoire", "CI"), ("COTE D'IVOIRE", "CI"),
        ("CONGO (REPUBLIQUE DEMOCRATIQUE)", "CD"), ("Congo", "CG"), ("Iran, République islamique d'", "IR"),
        ("Bosnia and Herzegovina", "BA"), ("St. Lucia", "LC"), ("Saint Lucia", "LC"), ("ST", "ST"), ("LA", "LA"),
        ("Bahamas (the)", "BS"), ("Pays-Bas", "NL"), ("The Netherlands", "NL"), ("Niger", "NE"), ("Corée", "KR"),
        ("Réunion", "RE"), (" Belgique ", "BE"),
    ],
)  # fmt: skip
def test_names_and_codes_are_read_without_regard_to_accents_and_case(text: str, code: str) -> None:
    assert content(applied({"op": "country", "columns": ["a"]}, {"a": [text]}))["a"] == [code]


@pytest.mark.parametrize(
    ("form", "written"),
    [("alpha2", "DE"), ("alpha3", "DEU"), ("numeric", "276"), ("name_fr", "Allemagne"), ("name_en", "Germany")],
)
def test_forms(form: str, written: str) -> None:
    assert content(applied({"op": "country", "columns": ["a"], "to": form}, {"a": ["allemagne"]}))["a"] == [written]


@pytest.mark.parametrize(
    ("text", "form", "reason"),
    [
        ("Allemange", "alpha2", "it is no country; Allemagne (DE) is near"),
        ("Belgium.be", "alpha2", "it is no country; Belgique (BE) is near"),
        ("zzzzzz", "alpha2", "it is no country"),
        ("999", "alpha2", "it is no country"),
        ("Kosovo", "numeric", "it has no number"),
    ],
)
def test_the_unknown_is_a_reject_with_the_nearest_name(text: str, form: str, reason: str) -> None:
    result = applied({"op": "country", "columns": ["a"], "to": form}, {"a": [text]})
    assert content(result)["a"] == [None]
    assert result.report.rejects[0]["reason"] == reason


def test_numbers_that_are_whole_numbers_and_new_columns() -> None:
    result = applied({"op": "country", "columns": ["a"], "into": "c"}, {"a": [4, 250, None]}, {"a": "integer"})
    assert content(result) == {"a": [4, 250, None], "c": ["AF", "FR", None]}
    assert result.table.schema["c"].sources == {("s", "a")}


def test_every_country_is_read_back_from_each_form_that_is_written() -> None:
    for country in set(BY_NAME.values()):
        forms = [country.alpha2, country.alpha3, country.numeric, country.name_fr, country.name_en]
        assert {country_of(form) for form in forms if form} == {country}


def test_codes_are_those_of_the_standard() -> None:
    countries = set(BY_NAME.values())
    # ISO 3166-1 has 249; Kosovo's code is one that users assign themselves.
    assert len(countries) == 250
    assert len({one.alpha2 for one in countries}) == len({one.alpha3 for one in countries}) == 250
    assert len({one.numeric for one in countries if one.numeric}) == 249
