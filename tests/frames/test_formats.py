"""What a column holds: proposed by its values and header, with the share of values that fit."""

from __future__ import annotations

import pytest

from tests.frames.columns import column

SIRENS = ["732829320", "552100554", "542065479", "356000000", "775670417", "423646512", "383474814", "552032534",
          "542107651", "444608442", "552081317"]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "cells", "form"),
    [
        ("Courriel", ["a@b.fr", "jean.dupont@mairie.example"], "email"),
        ("Site", ["https://example.org/a?b=c", "http://x.example"], "uri"),
        ("Photo", ["https://example.org/a.JPG", "http://x.example/b.png?w=3"], "image"),
        ("cle", ["123e4567-e89b-12d3-a456-426614174000"], "uuid"),
        ("Téléphone", ["0612345678", "01 23 45 67 89"], "phone"),
        ("contact", ["+33 6 12 34 56 78", "+44 20 7946 0958"], "phone"),
        ("contact", ["06.12.34.56.78", "01 23 45 67 89"], "phone"),
        ("CP", ["75001", "01000"], "postcode_fr"),
        ("Code INSEE", ["01001", "2A004", "97101"], "insee_commune"),
        ("N° SIREN", ["732829320", "732 829 320"], "siren"),
        ("siret", ["73282932000074", "35600000000048"], "siret"),
        ("n", SIRENS, "siren"),
        ("IBAN", ["FR76 3000 6000 0112 3456 7890 189", "DE89370400440532013000"], "iban"),
        ("Pays", ["France", "Allemagne", "Côte d'Ivoire"], "country"),
        ("Country code", ["FR", "NA", "DE"], "country"),
        ("iso3", ["FRA", "DEU"], "country"),
    ],
)
def test_formats_of_texts_are_proposed(header: str, cells: list[str], form: str) -> None:
    found = column(cells, header)
    assert (found.type, found.verdict.format, found.values) == ("string", form, cells)


@pytest.mark.parametrize(
    ("header", "cells", "form"),
    [("Latitude", ["48.85", "-43.2"], "latitude"), ("lon", ["2,35", "-179,9"], "longitude")],
)
def test_latitude_and_longitude_are_formats_of_numbers(header: str, cells: list[str], form: str) -> None:
    found = column(cells, header)
    assert (found.type, found.verdict.format) == ("number", form)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Latitude", ["148.85", "48.2"]),
        ("siren", ["123456789", "987654321"]),
        ("IBAN", ["FR7630006000011234567890188"]),
        ("Pays", ["Bretagne", "Alsace"]),
        ("CP", ["99999", "00000"]),
        ("reference", ["0612345678", "0712345678"]),
        ("texte", ["a@b", "pas de courriel"]),
        ("n", ["732829320", "552100554"]),
    ],
)
def test_what_only_looks_like_a_format_is_not_proposed(header: str, cells: list[str]) -> None:
    assert column(cells, header).verdict.format is None


def test_most_values_are_enough_and_their_share_is_told() -> None:
    found = column([*(f"u{n}@example.org" for n in range(96)), "néant", "aucun", "à venir", "?"])
    assert (found.verdict.format, found.told["format_confidence"]) == ("email", 0.96)
    assert found.values[-1] == "?"
    assert column([*(f"u{n}@example.org" for n in range(90)), *"abcdefghij"]).verdict.format is None


def test_quantities_are_no_codes_by_their_form() -> None:
    found = column(["75001", "13002"], "Population de la commune")
    assert (found.type, found.verdict.format) == ("integer", None)


@pytest.mark.parametrize("header", ["Code", "CP", "Téléphone", "N° SIRET", "code_postal", "codePostal", "zip"])
def test_digits_under_a_header_that_says_code_stay_text(header: str) -> None:
    assert column(["22001", "75056"], header).type == "string"


@pytest.mark.parametrize("header", ["Encodage", "decode", "Identifiant", "telescopes", "Zipf"])
def test_code_words_are_whole_words(header: str) -> None:
    assert column(["22001", "75056"], header).type == "integer"


def test_options_say_a_format_or_none() -> None:
    assert column(["75001", "13002"], "n", formats={"n": "postcode_fr"}).values == ["75001", "13002"]
    assert column(["a@b.fr"], "x", formats={"x": ""}).verdict.format is None
    assert column(["x"], "x", formats={"x": "markdown"}).told["format"] == "markdown"
