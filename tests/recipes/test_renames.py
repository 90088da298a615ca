"""Columns that got another name are found by header and by values, and nothing is made up."""

from __future__ import annotations

from typing import Any

from solidata_api.recipes.mapping import ColumnProfile
from solidata_api.recipes.renames import likely


def column(key: str, *values: Any, kind: str = "string") -> ColumnProfile:
    return ColumnProfile(key, key, kind, None, values)


def test_another_word_for_the_same_is_its_new_name() -> None:
    gone = [column("population", 12, 30, kind="integer"), column("nom", "Ain", "Jura")]
    new = [column("libelle", "Ain", "Jura"), column("habitants", 12, 31, kind="integer")]
    found = {one.column: one.into for one in likely(gone, new)}
    assert found == {"population": "habitants", "nom": "libelle"}


def test_the_same_values_are_it_whatever_the_header() -> None:
    (found,) = likely([column("statut", "ouvert", "fermé", "travaux")], [column("x1", "ouvert", "fermé", "travaux")])
    assert (found.into, found.score) == ("x1", 0.9)
    assert "100%" in found.why


def test_other_values_under_another_header_are_another_column() -> None:
    assert likely([column("statut", "ouvert", "fermé", "neuf")], [column("couleur", "rouge", "vert", "bleu")]) == []
    assert (
        likely([column("a", True, False, True, kind="boolean")], [column("b", True, False, True, kind="boolean")]) == []
    )


def test_each_new_column_is_one_old_one() -> None:
    values = ("x", "y", "z", "w")
    found = likely([column("a", *values), column("b", *values[:3], "q")], [column("c", *values)])
    assert [(one.column, one.into) for one in found] == [("a", "c")]
