"""`match`: columns of a reference whose names are like ours."""

from __future__ import annotations

from typing import Any

import pytest

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.base import Misfit, StepResult
from solidata_api.recipes.parse import parse
from solidata_api.recipes.rows import nearness
from tests.recipes.laws import Law
from tests.recipes.tables import applied, built, content, fields, ready, reference, source, table

#: Communes as the code officiel géographique has them: code, department, name.
COMMUNES = [
    ("42218", "42", "Saint-Étienne"), ("69123", "69", "Lyon"), ("69266", "69", "Villeurbanne"),
    ("69259", "69", "Vénissieux"), ("93066", "93", "Saint-Denis"), ("97411", "974", "Saint-Denis"),
    ("94038", "94", "L'Haÿ-les-Roses"), ("13055", "13", "Marseille"), ("13001", "13", "Aix-en-Provence"),
    ("33063", "33", "Bordeaux"), ("31555", "31", "Toulouse"),
    ("44109", "44", "Nantes"), ("44184", "44", "Saint-Nazaire"),
    ("34172", "34", "Montpellier"), ("67482", "67", "Strasbourg"),
    ("35238", "35", "Rennes"), ("51454", "51", "Reims"),
    ("76351", "76", "Le Havre"), ("38185", "38", "Grenoble"), ("21231", "21", "Dijon"), ("49007", "49", "Angers"),
    ("30189", "30", "Nîmes"), ("63113", "63", "Clermont-Ferrand"), ("63300", "63", "Riom"), ("29019", "29", "Brest"),
    ("29232", "29", "Quimper"), ("37261", "37", "Tours"), ("87085", "87", "Limoges"), ("80021", "80", "Amiens"),
    ("57463", "57", "Metz"), ("25056", "25", "Besançon"), ("66136", "66", "Perpignan"), ("45234", "45", "Orléans"),
    ("68224", "68", "Mulhouse"), ("14118", "14", "Caen"), ("54395", "54", "Nancy"), ("95018", "95", "Argenteuil"),
    ("93048", "93", "Montreuil"), ("59512", "59", "Roubaix"),
    ("59599", "59", "Tourcoing"), ("84007", "84", "Avignon"),
    ("86194", "86", "Poitiers"), ("78646", "78", "Versailles"),
    ("64445", "64", "Pau"), ("17300", "17", "La Rochelle"),
    ("62193", "62", "Calais"), ("06029", "06", "Cannes"), ("06004", "06", "Antibes"), ("83069", "83", "Hyères"),
    ("62041", "62", "Arras"), ("62617", "62", "Noeux-les-Mines"), ("38563", "38", "Voiron"),
]  # fmt: skip
#: What files say, and the code of the commune that is meant; None where it is not in the reference.
LABELLED = [
    ("SAINT ETIENNE", "42218"), ("St Étienne", "42218"), ("Saint-Etiene", "42218"), ("Etienne (Saint)", "42218"),
    ("LYON", "69123"), ("Lyonn", "69123"),
    ("VILEURBANNE", "69266"), ("Villeurbane", "69266"), ("Venissieux", "69259"),
    ("Vénisssieux", "69259"), ("L HAY LES ROSES", "94038"),
    ("L’Haÿ les Roses", "94038"), ("Haÿ-les-Roses (L')", "94038"),
    ("Marseile", "13055"), ("Aix en Provence", "13001"), ("Aix-en-Provance", "13001"), ("Bordaux", "33063"),
    ("Bordeau", "33063"), ("Toulouze", "31555"), ("Nante", "44109"), ("St-Nazaire", "44184"), ("Montpelier", "34172"),
    ("Strasbourgh", "67482"), ("Strasboug", "67482"),
    ("Renne", "35238"), ("Havre (Le)", "76351"), ("LE HAVRE", "76351"),
    ("Grenobles", "38185"), ("Nimes", "30189"), ("Clermont Ferrand", "63113"), ("Clermond-Ferrand", "63113"),
    ("Quimpert", "29232"), ("Limoge", "87085"), ("Besancon", "25056"), ("Perpignant", "66136"), ("ORLEANS", "45234"),
    ("Mulhose", "68224"), ("Argenteuill", "95018"), ("Montreuil", "93048"), ("Roubaix ", "59512"),
    ("Tourcoin", "59599"), ("Avignion", "84007"),
    ("Poitier", "86194"), ("Versaille", "78646"), ("Rochelle (La)", "17300"),
    ("La Rochele", "17300"), ("Hyeres", "83069"), ("Nœux les Mines", "62617"), ("NOEUX-LES-MINE", "62617"),
    ("Brive-la-Gaillarde", None), ("Saint-Malo", None),
    ("Montreux", None), ("Montluçon", None), ("Lyons-la-Forêt", None),
    ("Riom-ès-Montagnes", None), ("Tournai", None), ("Villefranche-sur-Saône", None), ("Le Hâble", None),
    ("Bordes", None), ("Angoulême", None), ("Arras-sur-Rhône", None),
]  # fmt: skip
COG = reference(
    {
        "com": [code for code, _, _ in COMMUNES],
        "dep": [department for _, department, _ in COMMUNES],
        "libelle": [name for _, _, name in COMMUNES],
        "rank": list(range(len(COMMUNES))),
    },
    {"rank": "integer"},
)
MATCH = {
    "op": "match", "dataset_id": "r", "column": "city", "reference_column": "libelle", "key": "com",
    "columns": {"com": "code", "rank": "place"},
}  # fmt: skip
IN_DEPARTMENTS = {**MATCH, "equal": {"department": "dep"}}
LAW = Law(
    [
        MATCH,
        {**MATCH, "no_match": "blank", "scorer": "WRatio", "score": "likeness"},
        {**IN_DEPARTMENTS, "block": 0, "on_error": "reject_row", "review": None},
        {**MATCH, "on_error": "keep", "scorer": "token_set_ratio", "threshold": 60, "review": 40, "block": 1,
         "decisions": [{"value": "Lyonn", "reference": None}, {"value": "x|y", "reference": "42218"},
                       {"value": "a", "reference": "absent"}]},
    ],
    {"city": "string", "department": "string"},
    texts=["Saint-Denis", "Lyonn", "saint etiene", "93", "42", "69", "Lyon", "Montreux"],
    tools={"references": (COG,)},
)  # fmt: skip


def matched(change: dict[str, Any], *cities: str | None) -> StepResult:
    return applied({**MATCH, **change}, {"city": list(cities)}, references=(COG,))


def codes(change: dict[str, Any], *cities: str | None) -> list[Any]:
    return content(matched(change, *cities))["code"]


def reasons(change: dict[str, Any], *cities: str | None) -> list[str]:
    return [one["reason"] for one in matched(change, *cities).report.rejects]


def test_names_that_are_nearly_the_same_are_matched() -> None:
    result = matched({"score": "score"}, "SAINT ETIENNE", None, "Saint-Etiene", "Haÿ les Roses, L'")
    assert content(result)["code"] == ["42218", None, "42218", "94038"]
    assert content(result)["place"] == [0, None, 0, 6]
    assert content(result)["score"] == [100.0, None, 96.0, 100.0]
    assert result.report.rejects_count == 0
    assert result.report.cells_changed == 9


def test_recall_and_precision_on_labelled_names() -> None:
    """Nothing is matched wrongly; of what should be, nine of ten are, and nearly all of the others proposed."""
    result = matched({"no_match": "blank"}, *(name for name, _ in LABELLED))
    found = dict(zip(content(result)["city"], content(result)["code"], strict=True))
    proposed = {one["value"]: [row["reference"] for row in one["candidates"]] for one in result.report.reviews}
    findable = {name: code for name, code in LABELLED if code is not None}
    right = {name for name, code in findable.items() if found[name] == code}
    reached = right | {name for name, code in findable.items() if proposed.get(name) == [code]}
    assert [name for name, code in LABELLED if found[name] not in (None, code)] == []
    assert len(right) / len(findable) >= 0.9
    assert findable.keys() - reached == set()


def test_a_pair_below_the_threshold_is_proposed_and_left() -> None:
    result = matched({}, "St Étienne", "Lyon", "St Étienne")
    assert content(result)["code"] == [None, "69123", None]
    assert result.report.reviews == (
        {
            "column": "city",
            "value": "St Étienne",
            "equal": {},
            "count": 2,
            "score": 87.0,
            "candidates": [{"reference": "42218", "name": "Saint-Étienne"}],
            "candidates_count": 1,
        },
    )
    assert reasons({}, "St Étienne") == ["'Saint-Étienne' (42218) is like it with 87.0 of 100: that is to be reviewed"]
    assert matched({"no_match": "blank"}, "St Étienne").report.rejects_count == 0
    assert matched({"review": None}, "St Étienne").report.reviews_count == 0


def test_a_name_without_a_match_is_a_reject_or_blank() -> None:
    result = matched({}, "Brive-la-Gaillarde", "Lyon")
    assert content(result)["code"] == [None, "69123"]
    assert [one["reason"] for one in result.report.rejects] == ["no name of the reference is like it"]
    assert matched({"no_match": "blank"}, "Brive-la-Gaillarde").report.rejects_count == 0
    assert content(matched({"on_error": "reject_row"}, "Brive", "Lyon"))["city"] == ["Lyon"]
    with pytest.raises(StepFailed, match="no name of the reference is like it"):
        matched({"on_error": "fail"}, "Brive")


@pytest.mark.parametrize("no_match", ["reject", "blank"])
def test_equally_like_rows_are_a_reject_that_names_both(no_match: str) -> None:
    result = matched({"no_match": no_match}, "ST DENIS", "SAINT DENIS")
    assert content(result)["code"] == [None, None]
    assert result.report.rejects[-1]["reason"] == (
        "'Saint-Denis' (93066) and 'Saint-Denis' (97411) are like it with the same 100.0 of 100"
    )
    assert [one["reference"] for one in result.report.reviews[0]["candidates"]] == ["93066", "97411"]


def test_equal_columns_part_names() -> None:
    data = {"city": ["SAINT DENIS"] * 4, "department": ["974", "93", "75", None]}
    result = applied(IN_DEPARTMENTS, data, references=(COG,))
    assert content(result)["code"] == ["97411", "93066", None, None]
    assert [one["row"] for one in result.report.rejects] == [3]


def test_without_a_block_all_names_of_equal_columns_are_compared() -> None:
    data = {"city": ["Xxnissieuxx"], "department": ["69"]}
    found = applied({**IN_DEPARTMENTS, "threshold": 75, "block": 0}, data, references=(COG,))
    assert content(found)["code"] == ["69259"]
    parted = applied({**IN_DEPARTMENTS, "threshold": 75}, data, references=(COG,))
    assert content(parted)["code"] == [None]


@pytest.mark.parametrize(
    ("scorer", "code"), [("token_sort_ratio", None), ("token_set_ratio", "69266"), ("WRatio", "69266")]
)
def test_scorers(scorer: str, code: str | None) -> None:
    assert codes({"scorer": scorer}, "Villeurbanne ville") == [code]


def test_decisions_are_replayed_to_the_letter() -> None:
    decisions = [
        {"value": "Sainté", "reference": "42218"},
        {"value": "Lyonn", "reference": None},
        {"value": "Marseile", "reference": "13001"},
    ]
    result = matched({"decisions": decisions, "score": "score"}, "Sainté", "Lyonn", "Marseile", "sainté")
    assert content(result)["code"] == ["42218", None, "13001", None]
    assert content(result)["score"][:3] == [100.0, None, 100.0]
    assert [(one["value"]) for one in result.report.rejects] == ["sainté"]


def test_a_decision_is_about_rows_whose_equal_columns_are_equal() -> None:
    decisions = [{"value": "St D", "reference": "93066"}, {"value": "St D", "reference": "97411"}]
    data = {"city": ["St D"] * 3, "department": ["974", "93", "42"]}
    result = applied({**IN_DEPARTMENTS, "decisions": decisions}, data, references=(COG,))
    assert content(result)["code"] == ["97411", "93066", None]
    assert reasons({"decisions": decisions}, "St D") == [
        "2 rows of the reference are those that it was decided to be"
    ]  # fmt: skip


def test_a_decision_for_what_the_reference_has_not_or_has_twice_is_a_reject() -> None:
    assert reasons({"decisions": [{"value": "Lyon", "reference": "69381"}]}, "Lyon") == [
        "it was decided to be '69381', which the reference has not"
    ]
    by_name = {"key": None, "decisions": [{"value": "Denis", "reference": "Saint-Denis"}], "no_match": "blank"}
    assert reasons(by_name, "Denis") == ["2 rows of the reference are those that it was decided to be"]


def test_rows_have_the_matched_row_among_their_origins() -> None:
    sources = [source("s", {"city": ["LYON", "Brive", "Lyonn"]}, chunk=1)]
    run = built(sources, [{**MATCH, "no_match": "blank"}], fields("city", "code"), references=(COG,))
    assert run.content["code"] == ["69123", None, None]
    assert [one["origin"] for one in run.origins] == ["s1", "r2", "s2", "s3"]
    assert run.step("match")["reviews"]["count"] == 1


def test_what_reaches_which_column() -> None:
    step = ready({**IN_DEPARTMENTS, "score": "score", "on_error": "fail"}, {"references": (COG,)})
    before = table({"city": [], "department": []}).schema
    after = step.schema_after(before)
    assert after.keys == ["city", "department", "code", "place", "score"]
    assert after["code"].sources == {("r", "com")}
    assert (after["place"].type, after["place"].sources) == ("integer", {("r", "rank")})
    assert (after["score"].type, after["score"].sources) == ("number", {("s", "city"), ("r", "libelle")})
    assert set(step.references()) == {("r", "com"), ("r", "rank"), ("r", "libelle"), ("r", "dep")}
    assert set(step.choosing_references()) == {("r", "com"), ("r", "libelle"), ("r", "dep")}
    assert set(step.deciding(before, ())) == {"city", "department"}


def test_too_many_comparisons_stop_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearness, "MOST_COMPARISONS", 3)
    with pytest.raises(StepFailed, match="more than 3: too many values begin or end alike; give a larger block"):
        matched({"block": 1}, "Saint-Ouen")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"column": "x"}, "column"), ({"column": "n"}, "column"), ({"reference_column": "x"}, "reference_column"),
        ({"reference_column": "rank"}, "reference_column"), ({"key": "x"}, "key"), ({"equal": {"x": "dep"}}, "equal"),
        ({"equal": {"city": "x"}}, "equal"), ({"columns": {"x": "name"}}, "columns"),
        ({"columns": {"com": "city"}}, "columns"), ({"score": "city"}, "score"), ({"score": "code"}, "score"),
        ({"dataset_id": "z"}, "dataset_id"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(change: dict[str, Any], where: str) -> None:
    before = table({"city": [], "n": []}, {"n": "integer"}).schema
    with pytest.raises(Misfit) as error:
        ready({**MATCH, **change}, {"references": (COG,)}).schema_after(before)
    assert error.value.faults[0].pointer == where


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"columns": {"com": "a", "dep": "a"}}, "columns"),
        ({"review": 95}, "review"),
        ({"block": 0}, "block"),
        ({"scorer": "ratio"}, "scorer"),
        ({"threshold": 0}, "threshold"),
        ({"decisions": [{"value": "a"}]}, "decisions/0"),
        ({"decisions": [{"value": "a", "reference": 1}]}, "decisions/0/reference"),
        ({"decisions": [{"value": "a", "reference": "1"}, {"value": "a", "reference": None}]}, "decisions/1/value"),
        ({"decisions": [{"value": "a", "reference": "1"}, {"value": "a", "reference": "1"}]}, "decisions/1/value"),
    ],
)
def test_parameters_that_do_not_fit(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{**MATCH, **change}])
    assert raised.value.faults[0].pointer == f"/steps/0/{pointer}"
