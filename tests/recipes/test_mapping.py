"""Mapping suggestions: one to one, with reasons, and silent where nothing fits."""

from __future__ import annotations

from solidata_api.recipes.mapping import ColumnProfile, SourceProfile, suggest
from tests.recipes.tables import field, fields


def profile(**columns: tuple[str, str, list[str]]) -> SourceProfile:
    """Columns as `key=(title, type, values)`."""
    return SourceProfile(
        "s",
        tuple(ColumnProfile(key, title, kind, None, tuple(values)) for key, (title, kind, values) in columns.items()),
    )


def test_headers_that_mean_the_same_find_each_other() -> None:
    found = suggest(
        fields("name", population="integer"),
        [profile(nom=("Nom", "string", ["Ain"]), habitants=("Habitants", "integer", ["12"]))],
    )
    assert {one["column"]: one["field"] for one in found} == {"nom": "name", "habitants": "population"}


def test_nonsense_is_proposed_for_nothing() -> None:
    assert suggest(fields("population"), [profile(couleur=("Couleur préférée", "string", ["bleu"]))]) == []


def test_a_field_is_proposed_once_in_a_source() -> None:
    columns = profile(
        nom=("Nom", "string", ["a"]), nom_2=("Nom", "string", ["b"]), libelle=("Libellé", "string", ["c"])
    )
    found = suggest([field("name")], [columns])
    assert len(found) == 1


def test_the_same_question_gets_the_same_answer() -> None:
    columns = profile(code=("Code", "string", ["01001"]), cp=("CP", "string", ["01000"]), nom=("Nom", "string", ["x"]))
    asked = fields("code", "postcode", "name")
    assert suggest(asked, [columns]) == suggest(asked, [columns])
