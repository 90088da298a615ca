"""Spellings, repeated rows, several values in a cell, constraints of the model, differences between sources."""

from __future__ import annotations

from solidata_api.recipes.base import Schema, SchemaColumn
from solidata_api.recipes.suggesting import Reading, fitting, suggest
from tests.recipes.suggesting.tables import evidence, steps, suggested
from tests.recipes.tables import field, source


def test_spellings_of_a_value_that_comes_again_become_the_most_frequent() -> None:
    found = suggested({"ville": ["Saint-Étienne", "Saint-Étienne", "ST ETIENNE", "SAINT ETIENNE", "Lyon", "Lyon"] * 2})
    assert steps(found, "cluster_values")[0] == {"column": "ville", "method": "fingerprint"}
    (first,) = [one for one in found if one["step"]["op"] == "cluster_values"][:1]
    assert first["evidence"]["count"] == 2


def test_names_that_stand_once_are_for_people_to_decide() -> None:
    found = suggested({"nom": ["Fontanès", "Fontanes", "Lyon", "Paris"]})
    assert steps(found, "cluster_values") == [{"column": "nom", "method": "fingerprint", "undecided": "leave"}]
    assert evidence(found, "cluster_values")["counted"] == "groups_proposed"


def test_another_order_of_words_is_for_people_to_decide() -> None:
    found = suggested({"echelle": [*["Other-National"] * 9, "National-Other", *["Local"] * 5]})
    assert steps(found, "cluster_values") == [{"column": "echelle", "method": "fingerprint", "undecided": "leave"}]


def test_near_values_are_for_people_to_decide() -> None:
    found = suggested({"ville": [*["Montpellier"] * 9, "Montpelier", *["Nîmes"] * 5]})
    assert steps(found, "cluster_values") == [{"column": "ville", "method": "edit_distance", "undecided": "leave"}]
    assert evidence(found, "cluster_values")["count"] == 1


def test_codes_take_the_case_that_most_have() -> None:
    assert steps(suggested({"code": ["2A004", "2B001", "2A010", "2A011", "2a012"]}), "clean") == [
        {"columns": ["code"], "case": "upper"}
    ]


def test_a_declared_key_is_what_rows_are_compared_by() -> None:
    data = {"code": ["1", "1", "2", None], "id": ["a", "b", "c", "c"]}
    assert steps(suggested(data, key=["code"]), "dedupe") == [{"keys": ["code"], "keep": {"*": "first"}}]
    assert steps(suggested(data, key=["other"]), "dedupe") == []


def test_without_a_key_a_column_that_looks_like_one_is_taken_else_whole_rows() -> None:
    ids = {"id": ["a", "b", "c", "d", "e", "e"], "v": ["1", "1", "2", "2", "3", "4"]}
    assert [one["keys"] for one in steps(suggested(ids), "dedupe")] == [["id"]]
    rows = {"nom": ["a", "b", "a"], "ville": ["x", "y", "x"]}
    assert steps(suggested(rows), "dedupe") == [{"keys": ["nom", "ville"]}]
    assert evidence(suggested(rows), "dedupe")["count"] == 1


def test_cells_of_as_many_pieces_are_split_and_lists_are_exploded_last() -> None:
    data = {"position": ["48.85,2.35", "45.76,4.83", "43.3,5.37"], "themes": ["eau;air", "eau", "air;eau"]}
    found = suggested(data)
    assert [one["step"]["op"] for one in found] == ["split_column", "explode"]
    assert steps(found, "split_column")[0]["into"] == ["position_1", "position_2"]
    assert evidence(found, "explode")["count"] == 2
    assert steps(suggested(data, key=["position"]), "explode") == []


def test_sentences_are_no_lists() -> None:
    assert suggested({"texte": ["Un marché, deux places", "Trois rues, un pont", "Rien"]}) == []


def test_constraints_of_the_model_that_cells_break_are_told_and_nothing_is_lost() -> None:
    model = [field("code", required=True), field("n", "integer", minimum=0)]
    found = suggested({"code": ["a", None], "n": [1, -1]}, {"n": "integer"}, fields=model)
    assert steps(found, "validate") == [{"rules": [{"model": True}], "on_error": "keep"}]
    assert evidence(found, "validate")["count"] == 2
    assert suggested({"code": ["a", "b"], "n": [1, 2]}, {"n": "integer"}, fields=model) == []


def test_sources_of_two_types_are_told_with_what_each_has() -> None:
    one, other = source("a", {"n": [1, 2]}, types={"n": "integer"}), source("b", {"n": ["1 000", "x", "3"]})
    (found,) = suggest(Reading([one, other], [one, other]), [field("n", "integer")])["suggestions"]
    assert found["step"] == {"op": "to_integer", "columns": ["n"]}
    assert "integer and string" in found["why"]
    assert found["evidence"]["sources"] == [{"dataset_id": "a", "count": 2}, {"dataset_id": "b", "count": 2}]


def test_keys_of_all_rows_are_compared_though_few_are_looked_at() -> None:
    every = source("a", {"code": [*map(str, range(100, 200)), " 100", "101"]})
    some = source("a", {"code": [*map(str, range(100, 120)), " 100"]})
    found = suggest(Reading([some], [every], whole=False), key=["code"])["suggestions"]
    assert evidence(found, "clean")["sampled"]
    told = evidence(found, "dedupe")
    assert (told["count"], told["rows"], told["sampled"]) == (2, 102, False)


def test_steps_that_do_not_fit_the_columns_are_left_out_with_what_builds_on_them() -> None:
    found = suggested({"position": ["48.85,2.35", "45.76,4.83"], "a": ["x ", "y"]})
    assert [one["step"]["op"] for one in fitting(found, Schema((SchemaColumn("a"),)))] == ["clean"]
