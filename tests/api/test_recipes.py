"""Recipes as documents: their versions, what a reader sees of their steps, and what goes with them."""

from __future__ import annotations

from typing import Any

import pytest

from solidata_api.services import recipes
from tests.factories import make_dataset

CLEAN = {"op": "clean", "columns": ["name"]}
SORT = {"op": "sort", "by": ["code"]}


def made(caller: Any, *steps: dict[str, Any], **more: Any) -> str:
    """A recipe of the caller's; its path."""
    answer = caller.post("/recipes", json={"title": "R", "steps": list(steps), **more})
    assert answer.status_code == 201, answer.get_json()
    return f"/recipes/{answer.get_json()['id']}"


def problem(answer: Any, status: int) -> list[tuple[str, str]]:
    assert answer.status_code == status, answer.get_json()
    return [(one["pointer"], one["message"]) for one in answer.get_json().get("errors", [])]


def test_each_change_of_steps_is_a_version_that_stays(member: Any) -> None:
    path = made(member, CLEAN, note="First")
    assert member.patch(path, json={"steps": [CLEAN, SORT], "note": "In order"}).get_json()["version"] == 2
    assert member.patch(path, json={"title": "Other", "steps": [CLEAN, SORT]}).get_json()["version"] == 2
    listed = member.get(f"{path}/versions").get_json()
    assert [(one["version"], one["note"], "steps" in one) for one in listed["items"]] == [
        (2, "In order", False),
        (1, "First", False),
    ]
    first = member.get(f"{path}/versions/1").get_json()
    assert (first["steps"], first["created_by"]) == ([CLEAN], member.user.id)
    assert member.get(f"{path}/versions/2").get_json()["steps"] == [CLEAN, SORT]
    for n in ("3", "0", "01", "x"):
        problem(member.get(f"{path}/versions/{n}"), 404)


def test_an_old_version_comes_back_as_a_new_one(member: Any) -> None:
    path = made(member, CLEAN)
    member.patch(path, json={"steps": [SORT]})
    answer = member.post(f"{path}/versions/1/restore")
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/api/v1{path}/versions/3")
    assert (answer.get_json()["version"], answer.get_json()["steps"]) == (3, [CLEAN])
    assert member.get(f"{path}/versions/2").get_json()["steps"] == [SORT]
    problem(member.post(f"{path}/versions/3/restore"), 409)
    problem(member.post(f"{path}/versions/4/restore"), 404)


def test_steps_are_read_at_the_door_and_faults_point_at_them(member: Any) -> None:
    wrong = [CLEAN, SORT, {"op": "clean"}, {"op": "nonsense"}, {"op": "clean", "columns": ["a"], "colour": 1}]
    path = made(member, CLEAN)
    for answer in (
        member.post("/recipes", json={"title": "R", "steps": wrong}),
        member.patch(path, json={"steps": wrong}),
    ):
        pointers = [pointer for pointer, _ in problem(answer, 422)]
        assert pointers == ["/steps/2/columns", "/steps/3/op", "/steps/4/colour"]
    assert member.get(path).get_json()["version"] == 1


def test_a_note_is_of_a_new_version(member: Any) -> None:
    path = made(member, CLEAN)
    assert [pointer for pointer, _ in problem(member.patch(path, json={"note": "Why"}), 422)] == ["/note"]


def test_there_are_so_many_versions_and_no_more(member: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "MAX_VERSIONS", 2)
    path = made(member, CLEAN)
    member.patch(path, json={"steps": []})
    answer = member.patch(path, json={"steps": [SORT]})
    problem(answer, 409)
    assert "at most 2 versions, and this one has 2" in answer.get_json()["detail"]
    assert member.patch(path, json={"title": "T"}).status_code == 200


def test_of_two_who_change_it_at_once_the_second_is_told(member: Any) -> None:
    path = made(member, CLEAN)
    seen = {"If-Match": member.get(path).headers["ETag"]}
    assert member.patch(path, json={"steps": [SORT]}, headers=seen).status_code == 200
    problem(member.patch(path, json={"steps": []}, headers=seen), 412)
    problem(member.post(f"{path}/versions/1/restore", headers=seen), 412)


def test_a_step_that_names_what_a_reader_may_not_read_is_cut_to_its_op(
    member: Any, as_actor: Any, run_jobs: Any
) -> None:
    """Its parameters name a dataset and columns, and a hidden one does not exist for its reader."""
    open_one = make_dataset(member, run_jobs, rows=[{"code": "01", "label": "Ain", "kept_back": "x"}])["id"]
    levels = {"open_level": "commons", "columns": [{"key": "kept_back", "open_level": "private"}]}
    assert member.patch(f"/datasets/{open_one}", json=levels).status_code == 200
    seen = {"op": "lookup", "dataset_id": open_one, "on": {"code": "code"}, "columns": {"label": "label"}}
    hidden = {**seen, "columns": {"kept_back": "b"}}
    unknown = {**seen, "dataset_id": "0" * 24}
    path = made(member, CLEAN, seen, hidden, unknown, open_level="commons")
    reader = as_actor("member")
    cut = [CLEAN, seen, {"op": "lookup"}, {"op": "lookup"}]
    assert reader.get(path).get_json()["steps"] == cut
    assert reader.get(f"{path}/versions/1").get_json()["steps"] == cut
    assert ["steps" in one for one in reader.get("/recipes").get_json()["items"]] == [False]
    assert member.get(path).get_json()["steps"] == [CLEAN, seen, hidden, unknown]


def test_who_made_a_version_is_told_to_its_team(member: Any, as_actor: Any) -> None:
    path = made(member, CLEAN, open_level="commons")
    assert "created_by" not in as_actor("member").get(f"{path}/versions/1").get_json()


def test_a_deleted_recipe_leaves_nothing(member: Any, backends: Any) -> None:
    path, kept = made(member, CLEAN), made(member, CLEAN)
    member.patch(path, json={"steps": []})
    assert member.delete(path).status_code == 204
    assert member.get(path).status_code == member.get(f"{path}/versions").status_code == 404
    left = {one.recipe_id for one in backends.recipe_versions.all_by()}
    assert left == {kept.rsplit("/", 1)[1]}


def test_two_versions_side_by_side(member: Any) -> None:
    path = made(member, CLEAN, SORT)
    problem(member.get(f"{path}/diff"), 409)
    member.patch(path, json={"steps": [SORT, {**CLEAN, "case": "upper"}, {"op": "fold", "columns": ["name"]}]})
    member.patch(path, json={"steps": [SORT]})
    shown = member.get(f"{path}/diff?from=1&to=2").get_json()
    assert (shown["from"], shown["to"]) == (1, 2)
    assert shown["steps"] == {"added": 1, "removed": 0, "moved": 0, "changed": 1, "unchanged": 1}
    changed, added = shown["items"]
    assert (changed["change"], changed["before"], changed["after"], changed["moved"]) == ("changed", 1, 2, True)
    assert changed["parameters"] == [{"name": "case", "before": None, "after": "upper"}]
    assert (added["change"], added["op"], added["before"], added["after"]) == ("added", "fold", None, 3)
    latest = member.get(f"{path}/diff").get_json()
    assert (latest["from"], latest["to"], latest["steps"]["removed"]) == (2, 3, 2)
    assert member.get(f"{path}/diff?from=3&to=1").get_json()["steps"]["added"] == 1
    assert member.get(f"{path}/diff?from=2&to=2").get_json()["items"] == []


@pytest.mark.parametrize(
    ("asked", "status"), [("from=9", 404), ("to=0", 404), ("from=x", 422), ("to=-1", 422), ("with=1", 422)]
)
def test_a_version_that_is_none_can_not_be_compared(member: Any, asked: str, status: int) -> None:
    path = made(member, CLEAN)
    member.patch(path, json={"steps": [SORT]})
    faults = problem(member.get(f"{path}/diff?{asked}"), status)
    assert [pointer for pointer, _ in faults] == ([asked.partition("=")[0]] if status == 422 else [])


def test_a_diff_tells_nothing_of_what_a_reader_may_not_read(member: Any, as_actor: Any, run_jobs: Any) -> None:
    table = make_dataset(member, run_jobs, rows=[{"code": "01", "label": "Ain"}])["id"]
    lookup = {"op": "lookup", "dataset_id": table, "on": {"code": "code"}, "columns": {"label": "label"}}
    path = made(member, lookup, open_level="commons")
    member.patch(path, json={"steps": [{**lookup, "columns": {"label": "name"}}, CLEAN]})
    reader = as_actor("member")
    shown = reader.get(f"{path}/diff").get_json()
    assert [(one["change"], one["op"]) for one in shown["items"]] == [("added", "clean")]
    assert [one["change"] for one in member.get(f"{path}/diff").get_json()["items"]] == ["changed", "added"]
