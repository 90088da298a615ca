"""Recipes that travel: copied, exported as one file, imported on this instance and on others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.test_recipes import CLEAN, SORT, made, problem
from tests.api.test_used_recipes import FOLD, steps_of, use

LOOKUP = {"op": "lookup", "dataset_id": "0" * 24, "on": {"code": "c"}, "columns": {"l": "label"}}
FILE = {"format": "solidata-recipe", "format_version": 1, "title": "R", "steps": [CLEAN]}


def test_a_copy_is_the_callers_and_says_where_it_came_from(member: Any, as_actor: Any) -> None:
    origin = made(member, CLEAN, title="Names", description="D", tags=["t"], open_level="commons")
    member.patch(origin, json={"steps": [CLEAN, SORT]})
    other = as_actor("member")
    answer = other.post(f"{origin}/copy", json={})
    copy = answer.get_json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/api/v1/recipes/{copy['id']}")
    infos = {name: copy[name] for name in ("title", "description", "tags", "steps", "version", "open_level")}
    assert infos == {
        "title": "Names", "description": "D", "tags": ["t"], "steps": [CLEAN, SORT], "version": 1,
        "open_level": "collective",
    }  # fmt: skip
    assert [one["user_id"] for one in copy["team"]] == [other.user.id]
    assert copy["copied_from"] == {"recipe_id": origin.rsplit("/", 1)[1], "version": 2}
    assert other.post(f"{origin}/copy", json={"title": "Mine"}).get_json()["title"] == "Mine"
    # Who may not read the origin is not told of it, nor is anybody once it is closed or gone.
    member.patch(origin, json={"open_level": "collective"})
    assert other.get(f"/recipes/{copy['id']}").get_json()["copied_from"] is None
    problem(other.post(f"{origin}/copy", json={}), 404)


def test_who_reads_a_recipe_in_part_can_neither_copy_nor_export_it(member: Any, as_actor: Any) -> None:
    path, reader = made(member, CLEAN, LOOKUP, open_level="opendata"), as_actor("member")
    problem(reader.post(f"{path}/copy", json={}), 403)
    problem(reader.get(f"{path}/export.json"), 403)
    assert member.post(f"{path}/copy", json={}).get_json()["steps"] == [CLEAN, LOOKUP]
    # An earlier version without that step travels.
    member.patch(path, json={"steps": [CLEAN]})
    assert reader.get(f"{path}/export.json").status_code == 200
    problem(reader.get(f"{path}/export.json?version=1"), 403)


def test_a_file_holds_all_that_a_recipe_uses_and_gives_the_same_steps_elsewhere(member: Any, backends: Any) -> None:
    innermost = made(member, CLEAN)
    inner = made(member, use(innermost), FOLD)
    outer = made(member, use(inner), LOOKUP, title="À copier / 1", tags=["t"])
    answer = member.get(f"{outer}/export.json")
    file = answer.get_json()
    assert answer.headers["Content-Disposition"].endswith("''%C3%80%20copier%20-%201.recipe.json")
    assert file == {
        "format": "solidata-recipe", "format_version": 1, "title": "À copier / 1", "description": "", "tags": ["t"],
        "licence": "notspecified",
        "steps": [use(inner, steps=[use(innermost, steps=[CLEAN]), FOLD]), LOOKUP],
    }  # fmt: skip
    # Elsewhere nothing of this is known.
    for path in (outer, inner, innermost):
        assert member.delete(path).status_code == 204
    columns = [{"key": key, "type": "string"} for key in ("code", "name")]
    told = member.post("/recipes/check", json={"columns": columns, "steps": file["steps"]}).get_json()
    assert {one["where"] for one in told["problems"]} == {"/steps/1/dataset_id"}
    imported = member.post("/recipes/import", json=file).get_json()
    assert imported["steps"] == file["steps"]
    assert member.get(f"/recipes/{imported['id']}/export.json").get_json() == file
    # And what came in goes on as any other.
    again = f"/recipes/{imported['id']}"
    assert member.patch(again, json={"steps": [SORT, use(inner)]}).get_json()["steps"][1] == file["steps"][0]


def test_an_earlier_version_is_exported_too(member: Any) -> None:
    path = made(member, CLEAN)
    member.patch(path, json={"steps": [SORT]})
    assert member.get(f"{path}/export.json?version=1").get_json()["steps"] == [CLEAN]
    problem(member.get(f"{path}/export.json?version=3"), 404)
    problem(member.get(f"{path}/export.json?n=3"), 422)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"format": "other"}, "/format"),
        ({"format_version": 2}, "/format_version"),
        ({"version": 3}, "/version"),
        ({"open_level": "opendata"}, "/open_level"),
        ({"licence": "none-such"}, "/licence"),
        ({"steps": [CLEAN, {"op": "clean"}]}, "/steps/1/columns"),
        ({"steps": [{"op": "use", "recipe_id": "x", "version": 1, "steps": [{"op": "sort"}]}]}, "/steps/0/steps/0/by"),
        ({"steps": [{"op": "use", "recipe_id": "x", "version": 1}]}, "/steps/0/recipe_id"),
        ({"title": None}, "/title"),
    ],
)
def test_a_file_that_is_none_is_refused_with_the_place(member: Any, changes: dict[str, Any], pointer: str) -> None:
    answer = member.post("/recipes/import", json={**FILE, **changes})
    assert pointer in [one for one, _ in problem(answer, 422)]
    assert member.get("/recipes").get_json()["total"] == 0


def test_a_file_does_not_speak_for_a_recipe_that_is_known_here(member: Any) -> None:
    known = made(member, CLEAN)
    answer = member.post("/recipes/import", json={**FILE, "steps": [use(known, steps=[SORT])]})
    assert [one for one, _ in problem(answer, 422)] == ["/steps/0/steps"]
    imported = member.post("/recipes/import", json={**FILE, "steps": [use(known, steps=[CLEAN])]})
    assert steps_of(member, imported.headers["Location"]) == [use(known, steps=[CLEAN])]
