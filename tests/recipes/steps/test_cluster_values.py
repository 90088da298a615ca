"""`cluster_values`: near-equal values of a column become one."""

from __future__ import annotations

from typing import Any

import pytest

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.base import KEPT_REVIEWS, Misfit, StepResult
from solidata_api.recipes.parse import parse
from solidata_api.recipes.rows import clustering, nearness
from tests.recipes.laws import Law
from tests.recipes.tables import applied, built, content, fields, source, table

STEP = {"op": "cluster_values", "column": "a"}
EDITS = {**STEP, "method": "edit_distance"}
CITIES = ["Saint-Étienne", "SAINT ETIENNE", "Saint-Étienne", "St Etienne", "Lyon", "Lyons", "LYON", "lot 1", "lot 2"]
LAW = Law(
    [
        STEP,
        {**STEP, "undecided": "leave"},
        {**STEP, "method": "ngram", "n": 1},
        {**EDITS, "threshold": 60, "block": 1, "undecided": "apply"},
        {**EDITS, "threshold": 60, "block": 1, "undecided": "apply",
         "decisions": [{"values": ["Lyons", "absent"], "into": "Lyon"}, {"values": ["LYON"], "into": None}]},
        {**STEP, "decisions": [{"values": ["St Etienne", "A "], "into": "a"}, {"values": ["é"], "into": "E"}]},
    ],
    {"a": "string", "b": "integer"},
    texts=[*CITIES, "lyon", "LyonS", "Lion", "A", "E", "lot 01"],
    idempotent=True,
)  # fmt: skip


def made(change: dict[str, Any], *texts: str | None) -> StepResult:
    return applied({**STEP, **change}, {"a": list(texts)})


def written(change: dict[str, Any], *texts: str | None) -> list[Any]:
    return content(made(change, *texts))["a"]


def test_a_group_is_written_as_its_most_frequent_value() -> None:
    result = made({}, "SAINT ETIENNE", "Saint-Étienne", None, "Étienne, Saint", "Saint-Étienne", "Lyon")
    assert content(result)["a"] == ["Saint-Étienne", "Saint-Étienne", None, "Saint-Étienne", "Saint-Étienne", "Lyon"]
    assert result.report.cells_changed == 2
    assert result.report.rejects_count == 0


def test_of_equally_frequent_values_the_first_is_written() -> None:
    assert written({}, "lyon", "LYON", "Lyon") == ["lyon"] * 3


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("L'Haÿ-les-Roses", "L HAY LES ROSES", True),
        ("S.N.C.F.", "sncf", True),
        ("Mairie de Nœux", "MAIRIE DE NOEUX", True),
        ("de la Mairie de Lyon", "Lyon, de la Mairie", True),
        ("Lyon", "Lyons", False),
        ("Lot 1.5", "Lot 1,5", True),
        ("Lot 1.5", "Lot 15", False),
        ("Rue 1 lot 2", "Rue 2 lot 1", False),
        ("Lot 10 %", "Lot 10 €", False),
        ("C++", "C", False),
        ("01/02/2024", "02-01-2024", False),
        ("12 34", "34.12", False),
        ("?", "!", False),
    ],
)
def test_fingerprints(one: str, other: str, is_same: bool) -> None:
    assert written({}, one, other) == [one, one if is_same else other]


@pytest.mark.parametrize(
    ("one", "other", "n", "is_same"),
    [
        ("Ville neuve", "Villeneuve", None, True),
        ("Krzysztof", "Krzystzof", 1, True),
        ("Krzysztof", "Krzystzof", 2, False),
        ("Lot 112", "Lot 1112", 2, False),
        ("a", "A", 5, True),
        ("112", "1112", 2, False),
    ],
)
def test_ngrams(one: str, other: str, n: int | None, is_same: bool) -> None:
    assert written({"method": "ngram", "n": n}, one, other) == [one, one if is_same else other]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Villeurbanne", "Vileurbanne", True),
        ("Villeurbanne", "Xilleurbanne", True),
        ("Bordeaux", "BORDÉAUX", True),
        ("Bordeaux", "Bordelais", False),
        ("Collège Jules Ferry 1", "Collège Jules Ferry 2", False),
        ("Villeurbanne", "Xilleurbannx", False),
    ],
)
def test_edit_distances(one: str, other: str, is_same: bool) -> None:
    change = {"method": "edit_distance", "undecided": "apply", "threshold": 80}
    assert written(change, one, other) == [one, one if is_same else other]


def test_what_begins_and_ends_otherwise_is_not_compared() -> None:
    change = {"method": "edit_distance", "undecided": "apply", "threshold": 60}
    assert written({**change, "block": 3}, "Yvetot", "Ivetots") == ["Yvetot", "Ivetots"]
    assert written({**change, "block": 1}, "Yvetot", "Ivetot") == ["Yvetot", "Yvetot"]


def test_a_score_that_is_just_the_threshold_is_enough() -> None:
    """One letter of ten, and two of five, which rapidfuzz itself takes for a little more than they are."""
    for threshold, one, other in ((90, "abcdefghij", "abcdefghix"), (60, "1a1", "1aa1a")):
        change = {"method": "edit_distance", "undecided": "apply", "threshold": threshold, "block": 1}
        assert written(change, one, other) == [one, one]
        assert written({**change, "threshold": threshold + 1}, one, other) == [one, other]


def test_edit_distances_do_not_chain() -> None:
    """The third is near the second, but not near the first, which is the middle of the group."""
    change = {"method": "edit_distance", "undecided": "apply", "threshold": 80}
    assert written(change, "abcdefgh", "abcdefgh", "abcdefgx", "abcdefxxx") == [
        "abcdefgh", "abcdefgh", "abcdefgh", "abcdefxxx",
    ]  # fmt: skip


def test_edit_distances_are_proposed_only_and_keys_are_carried_out_unless_told() -> None:
    result = made({"method": "edit_distance"}, "Villeurbanne", "Villeurbanne", "Vileurbanne", "Lyon")
    assert result.report.cells_changed == 0
    assert result.report.reviews == (
        {
            "column": "a",
            "values": [{"value": "Villeurbanne", "count": 2}, {"value": "Vileurbanne", "count": 1}],
            "values_count": 2,
            "count": 3,
            "into": "Villeurbanne",
            "score": 91.7,
            "applied": False,
        },
    )
    left = made({"undecided": "leave"}, "Lyon", "LYON")
    assert content(left)["a"] == ["Lyon", "LYON"]
    assert [one["applied"] for one in left.report.reviews] == [False]
    assert [one["applied"] for one in made({}, "Lyon", "LYON").report.reviews] == [True]


def test_accepted_and_corrected_groups_are_written_as_decided() -> None:
    decisions = [{"values": ["LYON", "Lyon", "Lugdunum"], "into": "Lyon (69)"}]
    result = made({"decisions": decisions}, "LYON", "Lyon", "Lugdunum", "Paris")
    assert content(result)["a"] == ["Lyon (69)"] * 3 + ["Paris"]
    assert result.report.reviews_count == 0


def test_refused_values_stay_apart() -> None:
    decisions = [{"values": ["Pont Saint-Pierre", "Saint-Pierre, Pont"], "into": None}]
    texts = ["Pont Saint-Pierre", "Saint-Pierre, Pont", "PONT SAINT PIERRE", "pont saint pierre"]
    result = made({"decisions": decisions}, *texts)
    assert content(result)["a"] == [*texts[:3], "PONT SAINT PIERRE"]


@pytest.mark.parametrize("method", ["fingerprint", "edit_distance"])
def test_a_value_that_comes_later_joins_the_decided_group(method: str) -> None:
    """The rule carries on to new data, even where the values it was decided on are gone."""
    change = {"method": method, "undecided": "apply", "decisions": [{"values": ["LYON 3"], "into": "Lyon III"}]}
    result = made(change, "Lyon-3", "Lyon-3", "Nancy")
    assert content(result)["a"] == ["Lyon III", "Lyon III", "Nancy"]
    assert [(one["into"], one["count"]) for one in result.report.reviews] == [("Lyon III", 2)]


@pytest.mark.parametrize("method", ["fingerprint", "edit_distance"])
def test_a_value_near_two_decided_ones_stays_and_is_put_to_review(method: str) -> None:
    decisions = [{"values": ["LYON"], "into": "Lyon (Rhône)"}, {"values": ["lyon"], "into": "Lyon (Virginie)"}]
    result = made({"method": method, "undecided": "apply", "decisions": decisions}, "Lyon", "LYON", "lyon")
    assert content(result)["a"] == ["Lyon", "Lyon (Rhône)", "Lyon (Virginie)"]
    (review,) = result.report.reviews
    assert (review["into"], review["applied"], review["values"]) == (None, False, [{"value": "Lyon", "count": 1}])


def test_decisions_are_to_the_letter() -> None:
    assert written({"undecided": "leave", "decisions": [{"values": ["LYON"], "into": "Lyon"}]}, "LYON ", "LYON") == [
        "LYON ", "Lyon",
    ]  # fmt: skip


def test_reviews_are_those_of_the_most_cells_first_and_all_are_counted() -> None:
    texts = [spelling for n in range(KEPT_REVIEWS + 5) for spelling in (f"ville {n}", f"VILLE {n}")]
    report = made({}, *texts, "VILLE 7").report
    assert (len(report.reviews), report.reviews_count) == (KEPT_REVIEWS, KEPT_REVIEWS + 5)
    assert [(one["into"], one["count"]) for one in report.reviews[:2]] == [("VILLE 7", 3), ("ville 0", 2)]


def test_a_group_of_very_many_values_quotes_the_first() -> None:
    texts = [f"Lyon{'!' * n}" for n in range(150)]
    (review,) = made({}, *texts).report.reviews
    assert (len(review["values"]), review["values_count"], review["count"]) == (100, 150, 150)


def test_a_build_tells_reviews_of_the_whole_column() -> None:
    sources = [source("s", {"a": ["Lyon", "LYON", "lyon", "lyon"]}, chunk=1)]
    run = built(sources, [STEP], fields("a"))
    assert run.content["a"] == ["lyon"] * 4
    reviews = run.step("cluster_values")["reviews"]
    assert (reviews["count"], reviews["items"][0]["into"]) == (1, "lyon")
    assert "reviews" not in built(sources, [{**STEP, "off": True}], fields("a")).report["steps"][0]


def test_limits_stop_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "MOST_VALUES", 2)
    with pytest.raises(StepFailed, match="3 distinct values, more than 2"):
        made({}, "a", "b", "c")


def test_too_many_comparisons_stop_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"Commune {letter}" for letter in "abcdefghij"]
    monkeypatch.setattr(nearness, "MOST_PAIRS", 10)
    with pytest.raises(StepFailed, match="more than 10 pairs are alike: too many"):
        made({"method": "edit_distance"}, *texts)
    monkeypatch.undo()
    monkeypatch.setattr(nearness, "MOST_COMPARISONS", 10)
    with pytest.raises(StepFailed, match="it takes 100 comparisons, more than 10"):
        made({"method": "edit_distance"}, *texts)


def test_only_texts_are_clustered() -> None:
    (step,) = parse([{"op": "cluster_values", "column": "n"}])
    with pytest.raises(Misfit, match="column 'n' is integer"):
        step.schema_after(table({"n": [1]}, {"n": "integer"}).schema)
    with pytest.raises(Misfit, match="unknown column 'n'"):
        step.schema_after(table({"a": []}).schema)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"n": 2}, "n"),
        ({"threshold": 90}, "threshold"),
        ({"method": "ngram", "block": 3}, "block"),
        ({"method": "phonetic"}, "method"),
        ({"method": "edit_distance", "threshold": 20}, "threshold"),
        ({"decisions": [{"values": ["a"]}]}, "decisions/0"),
        ({"decisions": [{"values": [], "into": "a"}]}, "decisions/0/values"),
        ({"decisions": [{"values": ["a"], "into": ""}]}, "decisions/0/into"),
        ({"decisions": [{"values": ["a"], "into": "b"}, {"values": ["a"], "into": None}]}, "decisions/1/values"),
        ({"decisions": [{"values": ["a"], "into": "b"}, {"values": ["b"], "into": "c"}]}, "decisions/0/into"),
    ],
)
def test_parameters_that_do_not_fit(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{**STEP, **change}])
    assert raised.value.faults[0].pointer == f"/steps/0/{pointer}"
