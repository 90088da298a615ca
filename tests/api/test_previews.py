"""Previews before and after a step, and the columns after each step: what is shown, and to whom it is not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.test_hidden_columns import CLOSED, COLUMN, DECIDING, MAPPING, ROWS, WORD, Place

UPPER = {"op": "clean", "columns": ["name"], "case": "upper"}
SORT = {"op": "sort", "by": ["-code"]}


@pytest.fixture
def place(backends: Any, as_actor: Any, run_jobs: Any) -> Place:
    return Place(backends, as_actor, run_jobs)


def put(place: Place, *steps: Any) -> None:
    answer = place.owner.put(f"{place.project}/recipe", json={"steps": list(steps)})
    assert answer.status_code == 200, answer.get_json()


def previewed(caller: Any, place: Place, **asked: Any) -> Any:
    answer = caller.post(f"{place.project}/preview", json=asked)
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def test_rows_before_and_after_a_step_with_its_counts_of_the_last_build(place: Place) -> None:
    put(place, SORT, UPPER)
    told = previewed(place.owner, place, step=2)
    assert told["step"] == {"n": 2, "op": "clean"}
    assert [[row["name"] for row in told[side]["rows"]] for side in ("before", "after")] == [
        ["Allier", "Aisne", "Ain"], ["ALLIER", "AISNE", "AIN"],
    ]  # fmt: skip
    assert told["changed"][0] == {"before": [0], "after": 0, "what": "changed", "cells": ["name"]}
    assert told["counts"] == {"changed": 3, "moved": 0} and told["steps"][0]["cells_changed"] == 3
    assert told["sample"] == {"rows": 3, "of": 3} and told["last_build"] is None
    place.build()
    counted = previewed(place.owner, place, step=2)["last_build"]
    assert (counted["version"], counted["recipe_version"], counted["stale"]) == (2, 1, False)
    assert [(one["op"], one["rows_out"]) for one in counted["steps"]] == [("clean", 3)]
    put(place, UPPER)
    assert previewed(place.owner, place, step=1)["last_build"] is None, "it ran another version of the recipe"


def test_a_step_can_be_looked_at_before_those_behind_it_fit(place: Place) -> None:
    put(place, UPPER, {"op": "clean", "columns": ["nonsense"]})
    assert previewed(place.owner, place, step=1)["counts"]["changed"] == 3
    for step, pointer in ((2, "/recipe/steps/1/columns"), (3, "/recipe/steps/1/columns"), (4, "/step")):
        answer = place.owner.post(f"{place.project}/preview", json={"step": step})
        assert answer.status_code == 422
        assert answer.get_json()["errors"][0]["pointer"] == pointer


TOUCHING = [
    {"op": "clean", "columns": [COLUMN, "name"], "case": "upper"},
    {"op": "copy", "columns": {COLUMN: "other"}},
    {"op": "formula", "column": "name", "expression": f"concat({COLUMN}, code)"},
    {"op": "rename", "columns": {COLUMN: "other"}},
    {"op": "to_integer", "columns": [COLUMN]},
]


def test_a_hidden_column_is_on_neither_side_of_a_step(place: Place) -> None:
    """Under no name, in no mark, count or reject; its owner sees all of it."""
    for step in TOUCHING:
        put(place, step)
        for n in (1, 2):
            told = previewed(place.editor, place, step=n)
            assert WORD not in str(told).lower() and COLUMN not in str(told), (step, n)
            assert {one["cells_changed"] for one in told["steps"]} == {None}
            keys = {column["key"] for side in ("before", "after") for column in told[side]["columns"]}
            assert {"code", "n"} <= keys <= {"code", "name", "n"}
            assert all(row.keys() <= keys for side in ("before", "after") for row in told[side]["rows"])
        assert WORD in str(previewed(place.owner, place, step=1)).lower()


def test_a_hidden_column_that_decides_withholds_its_step_and_later_ones_only(place: Place) -> None:
    put(place, UPPER, *DECIDING["filter"])
    assert previewed(place.editor, place, step=1)["after"]["rows"]
    for n in (2, 3):
        told = previewed(place.editor, place, step=n)
        assert (told["before"]["rows"], told["after"]["rows"], told["changed"]) == ([], [], [])
        assert "/recipe/steps/1" in told["withheld"] and not {"counts", "steps", "last_build"} & told.keys()
    assert previewed(place.owner, place, step=2)["counts"] == {"same": 2, "filtered": 1, "moved": 0}


def test_what_the_tables_owners_closed_is_closed_before_the_end_too(place: Place) -> None:
    """Lent without a limit, then closed in the table alone: the column itself, and a copy that the end drops."""
    body = {"mapping": MAPPING, "up_to": "opendata"}
    assert place.owner.put(f"{place.project}/sources/{place.source}", json=body).status_code == 200
    assert place.owner.patch(f"/datasets/{place.table}", json=CLOSED).status_code == 200
    put(place, {"op": "copy", "columns": {COLUMN: "other"}})
    assert WORD not in str(previewed(place.editor, place, step=1))


def test_check_follows_columns_types_and_levels_for_who_works_on_it(place: Place, as_actor: Any) -> None:
    put(
        place,
        {"op": "to_integer", "columns": ["code"]},
        {**SORT, "off": True},
        {"op": "copy", "columns": {COLUMN: "x"}},
    )
    steps = place.editor.get(f"{place.project}/check").get_json()["steps"]
    assert [(one["n"], one["op"], one.get("off")) for one in steps] == [
        (0, "stack", None), (1, "to_integer", None), (2, "sort", True), (3, "copy", None), (4, "model", None),
    ]  # fmt: skip
    types = [{column["key"]: column["type"] for column in one["columns"]} for one in steps]
    assert (types[0]["code"], types[1]["code"], types[2]["code"]) == ("string", "integer", "integer")
    caps = {column["key"]: column["cap"] for column in steps[3]["columns"]}
    assert caps == {"code": "opendata", "name": "opendata", "n": "opendata", COLUMN: "private", "x": "private"}
    ended = {column["key"]: column["open_level"] for column in steps[4]["columns"]}
    assert ended == {"code": "opendata", "name": "opendata", "n": "opendata", COLUMN: "private"}
    place.owner.patch(place.project, json={"open_level": "commons"})
    assert "steps" not in as_actor("member").get(f"{place.project}/check").get_json()


def test_check_names_the_first_step_that_does_not_fit_and_its_parameter(place: Place) -> None:
    put(place, UPPER, {"op": "clean", "columns": ["nonsense"]}, SORT)
    steps = place.owner.get(f"{place.project}/check").get_json()["steps"]
    assert [one["columns"] is None for one in steps] == [False, False, True, True]
    (problem,) = steps[2]["problems"]
    assert problem["parameter"] == "columns" and "'nonsense'" in problem["message"]
    assert "problems" not in steps[3]


def test_check_follows_the_recipe_that_a_source_has_for_itself(place: Place) -> None:
    """Whoever works on the project and does not read the source sees what it uses of that, and no more."""
    steps = [{"op": "copy", "columns": {COLUMN: "x"}}, {"op": "fold", "columns": ["name"]}]
    body = {"mapping": {"code": "code", "name": "name"}, "steps": steps, "up_to": "private"}
    assert place.owner.put(f"{place.project}/sources/{place.source}", json=body).status_code == 200
    told = [place.owner.get(f"{place.project}/check"), place.editor.get(f"{place.project}/check")]
    found = [[one for one in answer.get_json()["steps"] if "source" in one] for answer in told]
    assert [(one["n"], one["op"]) for one in found[0]] == [(0, "source"), (1, "copy"), (2, "fold")]
    assert [column["key"] for column in found[0][1]["columns"]] == ["code", "name", COLUMN, "n", "x"]
    assert found[0] == found[1], "its column is used, so they know of it"


def test_a_sample_is_of_all_of_a_table_and_as_large_as_asked(place: Place, run_jobs: Any) -> None:
    from tests.factories import make_dataset

    rows = [{"code": f"{n:05d}", "name": f"n{n}"} for n in range(3000)]
    large = make_dataset(place.owner, run_jobs, rows=rows)["id"]
    place.owner.put(f"{place.project}/sources/{large}", json={"mapping": {"code": "code", "name": "name"}})
    put(place, UPPER)
    told = previewed(place.owner, place, step=1, sample=100, rows=1000)
    assert told["sample"] == {"rows": 100, "of": 3003}
    codes = [row["code"] for row in told["before"]["rows"]]
    assert codes[:3] == [row["code"] for row in ROWS] and codes[-1] > "02600" and len(codes) == 100
    assert told == previewed(place.owner, place, step=1, sample=100, rows=1000)
    answer = place.owner.post(f"{place.project}/preview", json={"sample": 10_001})
    assert answer.get_json()["errors"][0]["pointer"] == "/sample"


def nested(place: Place, *steps: Any) -> dict[str, Any]:
    """A step that uses a recipe of these."""
    made = place.owner.post("/recipes", json={"title": "R", "steps": list(steps)}).get_json()
    return {"op": "use", "recipe_id": made["id"], "version": made["version"]}


def test_a_step_inside_a_recipe_that_is_used_is_looked_at_alone(place: Place) -> None:
    fold = {"op": "fold", "columns": ["name"]}
    put(place, SORT, nested(place, UPPER, nested(place, fold, UPPER)))
    whole = previewed(place.owner, place, step=2)
    assert whole["step"] == {"n": 2, "op": "use"}
    assert [one["inner"] for one in whole["steps"]] == [[1], [2, 1], [2, 2]]
    first, last = (previewed(place.owner, place, step=2, inner=inner) for inner in ([1], [2, 2]))
    assert first["step"] == {"n": 2, "op": "clean", "inner": [1]} and last["step"]["inner"] == [2, 2]
    names = [[row["name"] for row in told[side]["rows"]] for told in (first, last) for side in ("before", "after")]
    assert names == [
        ["Allier", "Aisne", "Ain"], ["ALLIER", "AISNE", "AIN"], ["allier", "aisne", "ain"], ["ALLIER", "AISNE", "AIN"],
    ]  # fmt: skip
    assert [(one["op"], one["inner"]) for one in last["steps"]] == [("clean", [2, 2])]
    used = previewed(place.owner, place, step=2, inner=[2])
    assert used["step"]["op"] == "use" and [one["inner"] for one in used["steps"]] == [[2, 1], [2, 2]]
    place.build()
    built = previewed(place.owner, place, step=2, inner=[2])["last_build"]["steps"]
    assert [(one["op"], one["inner"], one["rows_out"]) for one in built] == [("fold", [2, 1], 3), ("clean", [2, 2], 3)]


def test_what_comes_behind_a_step_inside_need_not_fit(place: Place) -> None:
    put(place, nested(place, UPPER, {"op": "clean", "columns": ["nonsense"]}, UPPER))
    assert previewed(place.owner, place, step=1, inner=[1])["counts"]["changed"] == 3
    for inner in ([2], [3]):
        answer = place.owner.post(f"{place.project}/preview", json={"step": 1, "inner": inner})
        pointers = [one["pointer"] for one in answer.get_json()["errors"]]
        assert (answer.status_code, pointers) == (422, ["/recipe/steps/0/steps/1/columns"])


def test_a_step_that_is_nowhere_is_told_by_its_number(place: Place) -> None:
    put(place, UPPER, nested(place, UPPER))
    wrong = {
        ("/inner/0", "step 1 uses no recipe: there is no 1.1"): {"step": 1, "inner": [1]},
        ("/inner/0", "step 2 uses a recipe of 1 steps: there is no 2.2"): {"step": 2, "inner": [2]},
        ("/inner/1", "step 2.1 uses no recipe: there is no 2.1.1"): {"step": 2, "inner": [1, 1]},
        ("/inner", "say with `step` which step it is"): {"inner": [1]},
        ("/source", "say with `step` which step it is"): {"source": place.source},
        ("/source", f"the project maps no source {place.source!r} that has a recipe of its own"): {
            "step": 1, "source": place.source,
        },
        ("/step", "the recipe has 2 steps, and 3 gives fields their types: there is no 3"): {"step": 3, "inner": [1]},
    }  # fmt: skip
    for told, asked in wrong.items():
        answer = place.owner.post(f"{place.project}/preview", json=asked)
        (error,) = answer.get_json()["errors"]
        assert (answer.status_code, (error["pointer"], error["message"])) == (422, told)


def test_a_hidden_column_that_decides_inside_withholds_its_step_and_later_ones_only(place: Place) -> None:
    put(place, nested(place, UPPER, *DECIDING["filter"], UPPER))
    assert previewed(place.editor, place, step=1, inner=[1])["after"]["rows"]
    for inner in ([2], [3], []):
        told = previewed(place.editor, place, step=1, inner=inner)
        assert told["after"]["rows"] == [] and "/recipe/steps/0/steps/1" in told["withheld"]


def test_a_hidden_column_is_on_neither_side_of_a_step_of_a_source(place: Place) -> None:
    """Under no name, in no mark, count or reject, be it mapped or not; its owner sees all of it."""
    for mapping in ({"code": "code", COLUMN: COLUMN}, {"code": "code"}):
        for step in TOUCHING[:3]:
            body = {"mapping": mapping, "steps": [step], "up_to": "private"}
            assert place.owner.put(f"{place.project}/sources/{place.source}", json=body).status_code == 200
            told = previewed(place.editor, place, step=1, source=place.source)
            assert WORD not in str(told).lower() and COLUMN not in str(told), (step, mapping)
            assert told["after"]["rows"] and {one["cells_changed"] for one in told["steps"]} == {None}
            assert WORD in str(previewed(place.owner, place, step=1, source=place.source)).lower()
