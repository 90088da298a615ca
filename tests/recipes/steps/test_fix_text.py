"""`fix_text`: texts that were read in the wrong encoding."""

from __future__ import annotations

import pytest

from tests.recipes.laws import Law
from tests.recipes.tables import applied, content

LAW = Law(
    [{"op": "fix_text", "columns": ["a"]}, {"op": "fix_text", "columns": ["a"], "unescape": True, "normalise": "NFC"}],
    {"a": "string"},
    texts=["PrÃ©fecture", "nÂ°5", "lâ€™Ain", "Ã", "caf\u0065\u0301", "&eacute;", "\x85"],
)


def fixed(text: str, **parameters: object) -> object:
    return content(applied({"op": "fix_text", "columns": ["a"], **parameters}, {"a": [text]}))["a"][0]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("PrÃ©fecture de lâ€™Ain", "Préfecture de l’Ain"),
        ("PÃ‰RIGUEUX", "PÉRIGUEUX"),
        ("nÂ°5", "n°5"),
        ("Å“uvre", "œuvre"),
        ("dÃ©jÃ\xa0 vu", "déjà vu"),
        ("Ã  Paris", "à Paris"),
        ("l'ÃƒÂ©tÃƒÂ©", "l'été"),
    ],
)
def test_texts_decoded_in_the_wrong_encoding_are_repaired_however_often(wrong: str, right: str) -> None:
    assert fixed(wrong) == right


@pytest.mark.parametrize(
    "text", ["Préfecture", "fran�ais", "L&#39;eau", "“x”", "ﬁn", "ＡＢ", "e\u0301", "a\x00b", "a\r\nb"]
)
def test_nothing_else_is_changed(text: str) -> None:
    assert fixed(text) == text


@pytest.mark.parametrize(
    ("parameter", "text", "right"),
    [
        ({"unescape": True}, "L&#39;&eacute;t&eacute;", "L'été"),
        ({"quotes": True}, "l’Ain “x”", 'l\'Ain "x"'),
        ({"ligatures": True}, "ﬁn œuvre", "fin œuvre"),
        ({"width": True}, "ＡＢ１", "AB1"),
        ({"normalise": "NFC"}, "e\u0301", "é"),
        ({"normalise": "NFKC"}, "x²", "x2"),
    ],
)
def test_further_repairs_are_asked_for_one_by_one(parameter: dict[str, object], text: str, right: str) -> None:
    assert fixed(text) == text
    assert fixed(text, **parameter) == right


def test_blanks_and_other_types_stay_and_changes_are_counted() -> None:
    result = applied(
        {"op": "fix_text", "columns": ["a", "b"]}, {"a": ["Ã©", None, "é"], "b": [1, 2, 3]}, {"b": "integer"}
    )
    assert content(result) == {"a": ["é", None, "é"], "b": [1, 2, 3]}
    assert result.report.cells_changed == 1
