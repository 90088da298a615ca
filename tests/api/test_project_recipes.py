"""Versions of a project's recipe: undo, redo, one step changed, moved, switched off; what a build names."""

from __future__ import annotations

from typing import Any

import pytest

from solidata_api.services import project_recipes
from tests.factories import make_dataset

ROWS = [{"code": "01", "name": " Ain"}, {"code": "02", "name": "Aisne "}]
CLEAN, SORT, FOLD = (
    {"op": "clean", "columns": ["name"]},
    {"op": "sort", "by": ["-code"]},
    {"op": "fold", "columns": ["name"]},
)


@pytest.fixture
def project(member: Any, run_jobs: Any) -> str:
    source = make_dataset(member, run_jobs, rows=ROWS)["id"]
    model = member.post(f"/models/from-dataset/{source}").get_json()["id"]
    made = f"/projects/{member.post('/projects', json={'title': 'P'}).get_json()['id']}"
    member.put(f"{made}/model", json={"model_id": model})
    member.put(f"{made}/sources/{source}", json={"mapping": {"code": "code", "name": "name"}})
    return made


def put(caller: Any, project: str, *steps: Any) -> Any:
    answer = caller.put(f"{project}/recipe", json={"steps": list(steps)})
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()["recipe"]


def moved(caller: Any, project: str, where: str) -> tuple[int, list[str]]:
    answer = caller.post(f"{project}/recipe/{where}")
    assert answer.status_code == 200, answer.get_json()
    recipe = answer.get_json()["recipe"]
    return recipe["version"], [step["op"] for step in recipe["steps"]]


def test_undo_and_redo_move_between_versions_and_a_change_forgets_none(member: Any, project: str) -> None:
    put(member, project, CLEAN)
    put(member, project, CLEAN, SORT)
    assert moved(member, project, "undo") == (1, ["clean"])
    assert moved(member, project, "undo") == (0, [])
    assert moved(member, project, "redo") == (1, ["clean"])
    assert put(member, project, CLEAN, FOLD)["version"] == 3, "2 is taken for ever"
    assert moved(member, project, "undo") == (1, ["clean"]), "what 3 was made of, not what has the number before it"
    assert moved(member, project, "redo") == (3, ["clean", "fold"])
    listed = member.get(f"{project}/recipe/versions").get_json()["items"]
    assert [(one["version"], one["made_from"], one["is_current"]) for one in listed] == [
        (3, 1, True), (2, 1, False), (1, 0, False), (0, None, False),
    ]  # fmt: skip
    assert listed[1]["steps"] == [CLEAN, SORT] and listed[1]["by"] == member.user.id


def test_nothing_to_undo_or_redo_is_a_conflict(member: Any, project: str) -> None:
    assert [member.post(f"{project}/recipe/{one}").status_code for one in ("undo", "redo")] == [409, 409]
    put(member, project, CLEAN)
    assert member.post(f"{project}/recipe/redo").status_code == 409


def test_undo_honours_if_match(member: Any, project: str) -> None:
    old = member.get(project).headers["ETag"]
    put(member, project, CLEAN)
    assert member.post(f"{project}/recipe/undo", headers={"If-Match": old}).status_code == 412
    new = member.get(project).headers["ETag"]
    assert member.post(f"{project}/recipe/undo", headers={"If-Match": new}).status_code == 200


def test_a_build_names_the_version_that_it_ran_and_undoing_to_it_leaves_nothing_stale(
    member: Any, project: str, run_jobs: Any
) -> None:
    put(member, project, CLEAN)
    put(member, project, SORT)
    moved(member, project, "undo")
    member.post(f"{project}/builds")
    run_jobs()
    (build,) = member.get(f"{project}/builds").get_json()["items"]
    assert (build["state"], build["recipe_version"]) == ("succeeded", 1)
    assert member.post(f"{project}/recipe/redo").get_json()["stale"]["reasons"] == ["the recipe changed"]
    assert member.post(f"{project}/recipe/undo").get_json()["stale"] is None
    put(member, project, FOLD)
    assert member.get(project).get_json()["stale"] is not None
    assert member.post(f"{project}/recipe/undo").get_json()["stale"] is None


def test_other_reasons_to_be_stale_stay(member: Any, project: str, run_jobs: Any) -> None:
    put(member, project, CLEAN)
    member.post(f"{project}/builds")
    run_jobs()
    put(member, project, SORT)
    source = member.get(project).get_json()["sources"][0]["dataset_id"]
    member.put(f"{project}/sources/{source}", json={"mapping": {"code": "code"}})
    stale = member.post(f"{project}/recipe/undo").get_json()["stale"]
    assert stale["reasons"] == ["the sources or their mapping changed"]


def test_one_step_is_changed_moved_and_switched_off(member: Any, project: str) -> None:
    put(member, project, {**CLEAN, "note": "why"}, FOLD, SORT)

    def patch(n: int, body: Any) -> Any:
        return member.patch(f"{project}/recipe/steps/{n}", json=body).get_json()["recipe"]

    assert patch(1, {"place": 3})["steps"] == [FOLD, SORT, {**CLEAN, "note": "why"}]
    assert patch(3, {"off": True, "note": None})["steps"][2] == {**CLEAN, "off": True}
    assert patch(2, {"by": ["code", "name"], "place": 1})["steps"][0] == {"op": "sort", "by": ["code", "name"]}
    assert patch(3, {"off": None})["version"] == 5
    assert moved(member, project, "undo")[0] == 4


@pytest.mark.parametrize(
    ("n", "body", "status", "pointer"),
    [
        ("2", {"off": True}, 404, None),
        ("0", {"off": True}, 404, None),
        ("x", {"off": True}, 404, None),
        ("1", {"place": 2}, 422, "/place"),
        ("1", {"place": 0}, 422, "/place"),
        ("1", {"columns": None}, 422, "/columns"),
        ("1", {"nonsense": 1}, 422, "/nonsense"),
        ("1", {"off": "yes"}, 422, "/off"),
    ],
)
def test_a_step_that_is_not_there_or_does_not_read_is_named(
    member: Any, project: str, n: str, body: Any, status: int, pointer: str | None
) -> None:
    put(member, project, CLEAN)
    answer = member.patch(f"{project}/recipe/steps/{n}", json=body)
    assert answer.status_code == status
    assert pointer is None or pointer in [fault["pointer"] for fault in answer.get_json()["errors"]]
    assert member.get(project).get_json()["recipe"]["version"] == 1


def test_who_only_reads_the_project_sees_no_parameter_of_any_version(member: Any, as_actor: Any, project: str) -> None:
    put(member, project, CLEAN)
    put(member, project, SORT)
    member.patch(project, json={"open_level": "commons"})
    listed = as_actor("member").get(f"{project}/recipe/versions").get_json()["items"]
    assert [one["steps"] for one in listed] == [[{"op": "sort"}], [{"op": "clean"}], []]
    assert not any("by" in one for one in listed)


def test_the_oldest_versions_go_first_and_undo_says_so(
    member: Any, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_recipes, "KEPT", 2)
    for n in range(4):
        put(member, project, {**CLEAN, "note": str(n)})
    listed = member.get(f"{project}/recipe/versions").get_json()["items"]
    assert [one["version"] for one in listed] == [4, 3, 2]
    assert [moved(member, project, "undo")[0] for _ in range(2)] == [3, 2]
    answer = member.post(f"{project}/recipe/undo")
    assert answer.status_code == 409 and "2 are kept" in answer.get_json()["detail"]


def test_a_change_that_is_refused_lets_no_version_go(
    member: Any, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project_recipes, "KEPT", 2)
    put(member, project, CLEAN)
    put(member, project, SORT)
    unknown = {"op": "join", "dataset_id": "0" * 24, "on": {"code": "code"}, "columns": ["name"]}
    assert member.put(f"{project}/recipe", json={"steps": [unknown]}).status_code == 422
    assert [moved(member, project, "undo")[0] for _ in range(2)] == [1, 0]


def test_the_versions_go_with_their_project(member: Any, project: str, backends: Any) -> None:
    put(member, project, CLEAN)
    assert backends.project_recipes.all_by(project_id=project.rsplit("/", 1)[1])
    member.delete(project)
    assert backends.project_recipes.all_by(project_id=project.rsplit("/", 1)[1]) == []


def test_an_undo_brings_back_no_column_that_the_caller_may_no_longer_read(
    member: Any, as_actor: Any, project: str, run_jobs: Any
) -> None:
    """A version that names another dataset is set under the same rules as when it was written."""
    other = as_actor("member")
    foreign = make_dataset(other, run_jobs, rows=[{"code": "01", "more": "x"}], open_level="commons")["id"]
    lookup = {"op": "lookup", "dataset_id": foreign, "on": {"code": "code"}, "columns": {"more": "more"}}
    put(member, project, lookup)
    member.patch(f"{project}/recipe/steps/1", json={"off": True})
    assert member.delete(f"{project}/sources/{foreign}").status_code == 200
    assert (
        other.patch(f"/datasets/{foreign}", json={"open_level": "private", "edit_level": "private"}).status_code == 200
    )
    answer = member.post(f"{project}/recipe/undo")
    assert answer.status_code == 422 and answer.get_json()["errors"][0]["pointer"] == "/steps/0"


def test_two_versions_of_a_projects_recipe_side_by_side(member: Any, as_actor: Any, project: str) -> None:
    assert member.get(f"{project}/recipe/diff").status_code == 409
    put(member, project, CLEAN, SORT)
    put(member, project, SORT)
    moved(member, project, "undo")
    put(member, project, {**CLEAN, "off": True}, SORT)
    shown = member.get(f"{project}/recipe/diff").get_json()
    assert (shown["from"], shown["to"]) == (1, 3), "what 3 was made of, not what has the number before it"
    (changed,) = shown["items"]
    assert (changed["op"], changed["parameters"]) == ("clean", [{"name": "off", "before": None, "after": True}])
    assert member.get(f"{project}/recipe/diff?from=2").get_json()["steps"]["added"] == 1
    assert member.get(f"{project}/recipe/diff?from=8").status_code == 404
    member.patch(project, json={"open_level": "commons"})
    outside = as_actor("member").get(f"{project}/recipe/diff?from=2").get_json()
    assert [(one["change"], one["op"], one["parameters"]) for one in outside["items"]] == [("added", "clean", [])]
    assert as_actor("member").get(f"{project}/recipe/diff").get_json()["items"] == []
