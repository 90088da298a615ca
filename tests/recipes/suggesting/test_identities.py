"""Numbers with check digits, telephone numbers and countries; what is wrong is told and stays."""

from __future__ import annotations

from tests.recipes.suggesting.tables import evidence, steps, suggested

SIRETS = ["73282932000074", "73282932000074", "732 829 320 00074", "73282932000075"]


def test_wrong_siret_are_found_by_header_and_check_digits() -> None:
    found = suggested({"siret": SIRETS})
    assert steps(found, "check_id") == [{"columns": ["siret"], "kind": "siret", "on_error": "keep"}]
    told = evidence(found, "check_id")
    assert (told["counted"], told["count"], told["refused"]) == ("cells_changed_or_refused", 2, 1)
    assert {"column": "siret", "value": "732 829 320 00074", "becomes": "73282932000074", "count": 1} in told[
        "examples"
    ]
    assert "check digits" in told["examples"][0]["refused"]


def test_right_numbers_need_no_step() -> None:
    assert steps(suggested({"siret": SIRETS[:2], "siren": ["732829320", "732829320"]}), "check_id") == []


def test_vat_and_iban_are_known_by_their_headers() -> None:
    found = suggested(
        {"n_tva": ["FR 40 303265045", "FR40303265045"], "iban": ["FR76 3000 6000 0112 3456 7890 189"] * 2}
    )
    assert [one["kind"] for one in steps(found, "check_id")] == ["vat", "iban"]


def test_telephone_numbers_get_one_form() -> None:
    found = suggested({"tel": ["01 23 45 67 89", "+33123456789", "15"]})
    assert steps(found, "phone") == [{"columns": ["tel"], "region": "FR", "on_error": "keep"}]
    assert evidence(found, "phone")["refused"] == 1


def test_countries_get_the_form_that_most_have() -> None:
    found = suggested({"pays": ["France", "FR", "Allemagne", "Italie"], "iso": ["FR", "DE", "IT", "FR"]})
    assert steps(found, "country") == [{"columns": ["pays"], "to": "name_fr", "on_error": "keep"}]
