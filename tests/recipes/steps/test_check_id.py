"""`check_id`: check digits of SIREN, SIRET, VAT and IBAN."""

from __future__ import annotations

import pytest

from solidata_api.domain.errors import StepFailed
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "check_id", "columns": ["a"], "kind": "siren"},
        {"op": "check_id", "columns": ["a"], "kind": "siret", "on_error": "keep"},
        {"op": "check_id", "columns": ["a"], "kind": "iban", "on_error": "reject_row"},
        {"op": "check_id", "columns": ["a"], "kind": "vat", "into": "ok"},
    ],
    {"a": "string"},
    texts=["732 829 320", "73282932000074", "FR7630006000011234567890189", "FR40303265045", "732829321", "-"],
    idempotent=True,
)


def checked(text: str, kind: str, **parameters: object) -> tuple[object, list[str]]:
    result = applied({"op": "check_id", "columns": ["a"], "kind": kind, **parameters}, {"a": [text]})
    return content(result)["a"][0], [one["reason"] for one in result.report.rejects]


@pytest.mark.parametrize(
    ("kind", "text", "written"),
    [
        ("siren", "732 829 320", "732829320"),
        ("siren", "732\xa0829\u202f320", "732829320"),
        ("siren", "732.829.320", "732829320"),
        ("siret", "732 829 320 00074", "73282932000074"),
        ("siret", "35600000049837", "35600000049837"),
        ("siret", "356 000 000 00048", "35600000000048"),
        ("vat", "FR 40 303 265 045", "FR40303265045"),
        ("vat", "fr40303265045", "FR40303265045"),
        ("vat", "BE0403.170.701", "BE0403170701"),
        ("vat", "EL094259216", "EL094259216"),
        ("iban", "fr76 3000 6000 0112 3456 7890 189", "FR7630006000011234567890189"),
        ("iban", "DE89-3704-0044-0532-0130-00", "DE89370400440532013000"),
    ],
)
def test_right_numbers_are_written_without_separators(kind: str, text: str, written: str) -> None:
    assert checked(text, kind) == (written, [])


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("siren", "732829321", "it is not a SIREN: its check digits do not fit"),
        ("siren", "73282932", "a SIREN has 9 digits, this one 8"),
        ("siren", "000000000", "it is not a SIREN: its check digits do not fit"),
        ("siren", "73282932O", "a SIREN has digits only"),
        ("siren", "٧٣٢٨٢٩٣٢٠", "a SIREN has digits only"),
        ("siret", "73282932000075", "it is not a SIRET: its check digits do not fit"),
        ("siret", "7.32829E+13", "a SIRET has digits only"),
        # Its fourteen digits fit, the first nine do not.
        ("siret", "73282932100007", "it is not a SIRET: its check digits do not fit"),
        ("siret", "35600000049838", "it is not a SIRET: its check digits do not fit"),
        ("vat", "40303265045", "it is not a VAT number"),
        ("vat", "FR41303265045", "it is not a VAT number"),
        ("iban", "FR7630006000011234567890188", "it is not an IBAN"),
        ("iban", "FR76", "it is not an IBAN"),
    ],
)
def test_wrong_numbers_are_rejects(kind: str, text: str, reason: str) -> None:
    assert checked(text, kind) == (None, [reason])


def test_a_siret_whose_siren_is_wrong_has_digits_that_fit_as_a_whole() -> None:
    from stdnum import luhn

    assert luhn.is_valid("73282932100007")
    assert not luhn.is_valid("732829321")


def test_whole_numbers_are_read_and_become_text() -> None:
    step = {"op": "check_id", "columns": ["a"], "kind": "siren"}
    result = applied(step, {"a": [732829320, None, 12]}, {"a": "integer"})
    assert content(result)["a"] == ["732829320", None, None]
    assert result.table.schema["a"].format == "siren"


def test_on_error() -> None:
    data = {"a": ["1-2", "732 829 320"]}
    step = {"op": "check_id", "columns": ["a"], "kind": "siren"}
    assert content(applied({**step, "on_error": "keep"}, data))["a"] == ["1-2", "732829320"]
    assert content(applied({**step, "on_error": "reject_row"}, data))["a"] == ["732829320"]
    with pytest.raises(StepFailed, match="a SIREN has 9 digits, this one 2"):
        applied({**step, "on_error": "fail"}, data)


def test_a_boolean_column_tells_and_nothing_is_a_reject() -> None:
    step = {"op": "check_id", "columns": ["a"], "kind": "siren", "into": "{column}_valid"}
    result = applied(step, {"a": ["732 829 320", "1", None]})
    assert content(result) == {"a": ["732 829 320", "1", None], "a_valid": [True, False, None]}
    assert result.table.schema["a_valid"].type == "boolean"
    assert result.table.schema["a_valid"].sources == {("s", "a")}
    assert (result.report.rejects_count, result.report.cells_changed) == (0, 2)
    failing = parse([{**step, "on_error": "fail"}])[0]
    assert list(failing.deciding(table({"a": []}).schema, ())) == []
