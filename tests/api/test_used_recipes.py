"""`use`: a recipe nested in another, kept as it was, for the team of what uses it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.test_recipes import CLEAN, SORT, made, problem
from tests.factories import make_dataset

FOLD = {"op": "fold", "columns": ["name"]}


def use(path: str, version: int = 1, **more: Any) -> dict[str, Any]:
    return {"op": "use", "recipe_id": path.rsplit("/", 1)[1], "version": version, **more}


def steps_of(caller: Any, path: str) -> Any:
    return caller.get(path).get_json()["steps"]


def test_what_is_used_stays_as_it_was(member: Any) -> None:
    inner = made(member, CLEAN)
    outer = made(member, use(inner), SORT)
    kept = [use(inner, steps=[CLEAN]), SORT]
    assert steps_of(member, outer) == kept
    member.patch(inner, json={"steps": [FOLD]})
    assert steps_of(member, outer) == kept
    member.delete(inner)
    assert steps_of(member, outer) == kept
    # What is there may go on being used, said with its steps or without.
    assert member.patch(outer, json={"steps": [SORT, use(inner)]}).get_json()["steps"] == [SORT, kept[0]]
    assert member.patch(outer, json={"steps": kept}).get_json()["steps"] == kept
    # In another recipe it is as unknown as ever.
    assert [one for one, _ in problem(member.post("/recipes", json={"title": "R", "steps": kept}), 422)] == [
        "/steps/0/recipe_id"
    ]


def test_a_version_is_the_one_that_is_named(member: Any) -> None:
    inner = made(member, CLEAN)
    member.patch(inner, json={"steps": [FOLD]})
    outer = made(member, use(inner, 1), use(inner, 2))
    assert [one["steps"] for one in steps_of(member, outer)] == [[CLEAN], [FOLD]]


def test_recipes_that_are_hidden_and_unknown_ones_are_refused_alike(member: Any, as_actor: Any) -> None:
    hidden, known = made(as_actor("member"), CLEAN), made(member, CLEAN)
    told = set()
    for step in (use(hidden), use("/recipes/nowhere"), use(known, 7)):
        ((pointer, message),) = problem(member.post("/recipes", json={"title": "R", "steps": [SORT, step]}), 422)
        told.add((pointer, message.replace(step["recipe_id"], "…").replace("7", "1")))
    assert len(told) == 1


def test_steps_that_are_not_those_of_the_version_are_refused(member: Any) -> None:
    inner = made(member, CLEAN)
    made(member, use(inner, steps=[CLEAN]))
    answer = member.post("/recipes", json={"title": "R", "steps": [use(inner, steps=[SORT])]})
    assert [one for one, _ in problem(answer, 422)] == ["/steps/0/steps"]


def test_a_recipe_uses_neither_itself_nor_what_uses_it(member: Any) -> None:
    first = made(member, CLEAN)
    second = made(member, use(first))
    for step in (use(first), use(second)):
        answer = member.patch(first, json={"steps": [SORT, step]})
        assert [one for one, _ in problem(answer, 422)] == ["/steps/1/recipe_id"]


def test_a_team_reads_what_its_recipe_uses_and_others_what_they_may(member: Any, as_actor: Any) -> None:
    closed, opened = made(member, CLEAN), made(member, FOLD, open_level="commons")
    outer = made(member, use(closed), use(opened), open_level="commons")
    mate, reader = as_actor("member"), as_actor("member")
    member.put(f"{outer}/team/{mate.user.id}", json={"grade": "viewer"})
    assert mate.get(closed).status_code == 404
    assert steps_of(mate, outer) == [use(closed, steps=[CLEAN]), use(opened, steps=[FOLD])]
    assert steps_of(reader, outer) == [{"op": "use"}, use(opened, steps=[FOLD])]
    # Who does not read it whole can't use it, and so learns nothing of the rest.
    answer = reader.post("/recipes", json={"title": "R", "steps": [use(outer)]})
    assert [one for one, _ in problem(answer, 422)] == ["/steps/0/recipe_id"]
    assert mate.post("/recipes", json={"title": "R", "steps": [use(outer)]}).status_code == 201


@pytest.fixture
def project(member: Any, run_jobs: Any) -> str:
    """A project with one mapped source; its path."""
    source = make_dataset(member, run_jobs, rows=[{"code": "02", "name": " b "}, {"code": "01", "name": " A"}])["id"]
    model = member.post(f"/models/from-dataset/{source}").get_json()["id"]
    path = f"/projects/{member.post('/projects', json={'title': 'P'}).get_json()['id']}"
    member.put(f"{path}/model", json={"model_id": model})
    member.put(f"{path}/sources/{source}", json={"mapping": {"code": "code", "name": "name"}})
    return path


def test_a_build_runs_what_its_project_uses(member: Any, run_jobs: Any, project: str) -> None:
    inner = made(member, CLEAN, FOLD)
    assert member.put(f"{project}/recipe", json={"steps": [use(inner), SORT]}).status_code == 200
    member.delete(inner)
    member.post(f"{project}/builds")
    (job,) = run_jobs()
    assert job.state == "succeeded", job.error
    rows = member.get(f"/datasets/{job.result['dataset_id']}/rows").get_json()["rows"]
    assert [(row["code"], row["name"]) for row in rows] == [("01", "a"), ("02", "b")]
    lines = member.get(f"{project}/builds").get_json()["items"][0]["report"]["steps"]
    assert [(one["n"], one.get("inner"), one["op"]) for one in lines[1:4]] == [
        (1, [1], "clean"),
        (1, [2], "fold"),
        (2, None, "sort"),
    ]


def test_one_step_goes_to_another_version(member: Any, project: str) -> None:
    inner = made(member, CLEAN)
    member.patch(inner, json={"steps": [FOLD]})
    member.put(f"{project}/recipe", json={"steps": [SORT, use(inner)]})
    moved = member.patch(f"{project}/recipe/steps/2", json={"version": 2}).get_json()
    assert moved["recipe"]["steps"] == [SORT, use(inner, 2, steps=[FOLD])]
    assert [one for one, _ in problem(member.patch(f"{project}/recipe/steps/2", json={"version": 3}), 422)] == [
        "/recipe_id"
    ]


def test_a_project_takes_a_recipe_at_a_version_and_says_which(
    member: Any, as_actor: Any, run_jobs: Any, project: str
) -> None:
    recipe = made(member, CLEAN, title="Names")
    member.patch(recipe, json={"steps": [CLEAN, FOLD]})
    ref = {"recipe_id": recipe.rsplit("/", 1)[1], "version": 1}
    put = member.put(f"{project}/recipe", json=ref).get_json()["recipe"]
    assert put == {"version": 1, "steps": [CLEAN], "taken_from": ref}
    told = member.get(f"{project}/check").get_json()["warnings"]
    assert [one["where"] for one in told] == ["/recipe"]
    assert "'Names' is at version 2" in told[0]["message"] and "version 1 of it is used" in told[0]["message"]
    member.post(f"{project}/builds")
    # What is put after a build was asked for is what the build runs, and says so.
    member.put(f"{project}/recipe", json={"recipe_id": ref["recipe_id"]})
    (job,) = run_jobs()
    assert job.state == "succeeded", job.error
    (build,) = member.get(f"{project}/builds").get_json()["items"]
    assert (build["recipe_version"], build["taken_from"]) == (2, {**ref, "version": 2})
    lineage = member.get(f"/datasets/{job.result['dataset_id']}/lineage").get_json()
    assert lineage["recipe"] == {"version": 2, "steps": [CLEAN, FOLD], "taken_from": {**ref, "version": 2}}
    assert member.get(f"{project}/check").get_json()["warnings"] == []
    # Whoever reads the project and not the recipe is not told of it.
    member.patch(project, json={"open_level": "commons"})
    reader = as_actor("member")
    assert reader.get(project).get_json()["recipe"]["taken_from"] is None
    assert reader.get(f"{project}/builds").get_json()["items"][0]["taken_from"] is None
    # A change of the steps makes them the project's own; undo goes back.
    assert member.patch(f"{project}/recipe/steps/1", json={"note": "N"}).get_json()["recipe"]["taken_from"] is None
    assert member.post(f"{project}/recipe/undo").get_json()["recipe"]["taken_from"] == {**ref, "version": 2}


def test_a_project_keeps_a_recipe_that_is_gone(member: Any, as_actor: Any, project: str) -> None:
    recipe, mate = made(member, CLEAN), as_actor("member")
    ref = {"recipe_id": recipe.rsplit("/", 1)[1], "version": 1}
    member.put(f"{project}/recipe", json=ref)
    member.put(f"{project}/team/{mate.user.id}", json={"grade": "editor"})
    assert mate.get(project).get_json()["recipe"]["taken_from"] == ref
    # Who works on the project may put again what it has, and no other version of what they do not read.
    assert mate.put(f"{project}/recipe", json=ref).get_json()["recipe"]["steps"] == [CLEAN]
    assert [one for one, _ in problem(mate.put(f"{project}/recipe", json={**ref, "version": 2}), 422)] == ["/recipe_id"]
    member.patch(recipe, json={"steps": [FOLD]})
    assert mate.get(f"{project}/check").get_json()["warnings"] == []
    member.delete(recipe)
    assert member.get(project).get_json()["recipe"]["steps"] == [CLEAN]
    told = member.get(f"{project}/check").get_json()
    assert (told["buildable"], told["problems"], told["warnings"]) == (True, [], [])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/recipe_id"),
        ({"steps": [], "recipe_id": "x"}, "/recipe_id"),
        ({"steps": [], "version": 1}, "/version"),
        ({"recipe_id": "x"}, "/recipe_id"),
        ({"recipe_id": "x", "version": 0}, "/version"),
    ],
)
def test_a_project_has_steps_or_takes_a_recipe(member: Any, body: dict[str, Any], pointer: str) -> None:
    path = f"/projects/{member.post('/projects', json={'title': 'P'}).get_json()['id']}"
    assert [one for one, _ in problem(member.put(f"{path}/recipe", json=body), 422)] == [pointer]


def test_what_is_used_inside_says_too_that_there_is_a_newer_version(member: Any, project: str) -> None:
    inner = made(member, CLEAN)
    member.put(f"{project}/recipe", json={"steps": [SORT, use(inner)]})
    member.patch(inner, json={"steps": [FOLD]})
    assert [one["where"] for one in member.get(f"{project}/check").get_json()["warnings"]] == ["/recipe/steps/1"]


def test_what_nested_steps_read_of_other_datasets_is_lent_as_by_any_step(
    member: Any, as_actor: Any, run_jobs: Any, project: str
) -> None:
    labels = make_dataset(member, run_jobs, rows=[{"com": "01", "label": "Ain"}])["id"]
    lookup = {"op": "lookup", "dataset_id": labels, "on": {"code": "com"}, "columns": {"label": "label"}}
    inner = made(member, lookup, open_level="commons")
    outer, mate = made(member, use(inner)), as_actor("member")
    for path in (inner, outer, project):
        member.put(f"{path}/team/{mate.user.id}", json={"grade": "editor"})
    # Who reads the recipes and not the dataset can't bring it in.
    answer = mate.put(f"{project}/recipe", json={"recipe_id": outer.rsplit("/", 1)[1]})
    sentence = f"there is no dataset {labels!r} that you may read"
    assert problem(answer, 422) == [("/recipe_id", f"{sentence}, as /steps/0/steps/0 asks")]
    unknown = [{**lookup, "dataset_id": one} for one in ("0" * 24, "1" * 24)]
    told = problem(mate.put(f"{project}/recipe", json={"steps": [SORT, *unknown, {**unknown[0], "off": True}]}), 422)
    assert [one for one, _ in told] == ["/steps/1", "/steps/2"]
    sources = member.put(f"{project}/recipe", json={"recipe_id": outer.rsplit("/", 1)[1]}).get_json()["sources"]
    assert [one["loan"]["columns"] for one in sources if one["dataset_id"] == labels] == [["com", "label"]]


def test_a_recipe_is_bounded_with_all_that_it_uses(member: Any) -> None:
    pairs = [[f"{n}" * 100, "x" * 100] for n in range(1000, 2000)]
    inner = made(member, {"op": "replace", "columns": ["name"], "pairs": pairs})
    made(member, use(inner))
    ((pointer, message),) = problem(member.post("/recipes", json={"title": "R", "steps": [use(inner)] * 3}), 422)
    assert pointer == "/steps" and "MAX_JSON_KB=1024" in message
