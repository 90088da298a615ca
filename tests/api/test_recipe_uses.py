"""Where a recipe is used: in projects, in their sources, in steps of other recipes; told to who may see it there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.test_recipes import CLEAN, SORT, made
from tests.api.test_used_recipes import FOLD, use
from tests.factories import make_dataset

ROWS = [{"code": "02", "name": " Aisne"}, {"code": "01", "name": "Ain"}]


class Used:
    """A recipe at version 2, open to confirmed users; a project of its owner's with one source."""

    def __init__(self, member: Any, run_jobs: Any) -> None:
        self.owner, self.run_jobs = member, run_jobs
        self.recipe = made(member, CLEAN, open_level="commons")
        member.patch(self.recipe, json={"steps": [CLEAN, SORT]})
        self.id = self.recipe.rsplit("/", 1)[1]
        self.source = make_dataset(member, run_jobs, rows=ROWS)["id"]
        model = member.post(f"/models/from-dataset/{self.source}").get_json()["id"]
        self.project = f"/projects/{member.post('/projects', json={'title': 'Project'}).get_json()['id']}"
        self.put("model", {"model_id": model})
        self.put(f"sources/{self.source}", {"mapping": {"code": "code", "name": "name"}})

    def put(self, what: str, body: dict[str, Any]) -> None:
        answer = self.owner.put(f"{self.project}/{what}", json=body)
        assert answer.status_code == 200, answer.get_json()

    def uses(self, caller: Any = None) -> list[tuple[Any, ...]]:
        answer = (caller or self.owner).get(f"{self.recipe}/uses")
        assert answer.status_code == 200, answer.get_json()
        shown = answer.get_json()
        assert shown["total"] == len(shown["items"])
        return [tuple(one[name] for name in ("kind", "title", "where", "version", "newer")) for one in shown["items"]]


@pytest.fixture
def used(member: Any, run_jobs: Any) -> Used:
    return Used(member, run_jobs)


def test_each_place_says_its_version_and_whether_there_is_a_newer_one(used: Used) -> None:
    assert used.uses() == []
    used.put("recipe", {"recipe_id": used.id, "version": 1})
    body = {"mapping": {"code": "code", "name": "name"}, "recipe_id": used.id}
    used.put(f"sources/{used.source}", body)
    outer = made(used.owner, FOLD, use(used.recipe))
    assert used.uses() == [
        ("project", "Project", "/recipe", 1, 2),
        ("project", "Project", f"/sources/{used.source}/recipe", 2, None),
        ("recipe", "R", "/steps/1", 1, 2),
    ]
    used.owner.patch(outer, json={"steps": [use(used.recipe, 2)]})
    assert used.uses()[-1] == ("recipe", "R", "/steps/0", 2, None)
    used.owner.delete(outer)
    used.owner.delete(used.project)
    assert used.uses() == []


def test_what_a_used_recipe_uses_is_found_too_also_once_that_has_moved_on(used: Used) -> None:
    outer = made(used.owner, use(used.recipe), title="Outer")
    used.put("recipe", {"steps": [SORT, use(outer)]})
    used.owner.patch(outer, json={"steps": [FOLD]})
    assert used.uses() == [("project", "Project", "/recipe/steps/1/steps/0", 1, 2)]
    used.put("recipe", {"steps": [SORT]})
    assert used.uses() == []


def test_what_a_reader_may_not_see_is_not_there(used: Used, as_actor: Any) -> None:
    used.put("recipe", {"recipe_id": used.id, "version": 1})
    used.put(f"sources/{used.source}", {"mapping": {"code": "code", "name": "name"}, "recipe_id": used.id})
    hidden = made(used.owner, CLEAN)
    made(used.owner, use(used.recipe), title="Closed")
    opened = made(used.owner, use(used.recipe), title="Open", open_level="commons")
    made(used.owner, use(opened), use(hidden), title="Two", open_level="commons")
    reader, mate = as_actor("member"), as_actor("member")
    two = ("recipe", "Two", "/steps/0/steps/0", 1, 2)
    assert used.uses(reader) == [("recipe", "Open", "/steps/0", 1, 2), two]
    used.owner.patch(used.project, json={"open_level": "commons"})
    assert used.uses(reader)[0] == ("project", "Project", "/recipe", 1, 2) and len(used.uses(reader)) == 3
    used.owner.patch(opened, json={"open_level": "private", "edit_level": "private"})
    assert used.uses(reader) == [("project", "Project", "/recipe", 1, 2)]
    used.owner.put(f"{used.project}/team/{mate.user.id}", json={"grade": "viewer"})
    assert [one[2] for one in used.uses(mate)] == ["/recipe", f"/sources/{used.source}/recipe"]
    assert as_actor("anonymous").get(f"{used.recipe}/uses").status_code == 404


def test_pages_of_uses(used: Used) -> None:
    for title in ("B", "a", "C"):
        made(used.owner, use(used.recipe), title=title)
    page = used.owner.get(f"{used.recipe}/uses?per_page=2&page=2").get_json()
    assert ([one["title"] for one in page["items"]], page["total"]) == (["C"], 3)


def test_documents_stored_before_their_uses_were_kept_with_them_are_found_too(used: Used, backends: Any) -> None:
    made(used.owner, use(used.recipe), title="Old")
    made(used.owner, SORT)
    for store in (backends.recipes, backends.projects):
        store.collection.update_many({}, {"$unset": {"used_recipes": "", "used_at": ""}})
    assert used.uses() == [("recipe", "Old", "/steps/0", 1, 2)]
    for store in (backends.recipes, backends.projects):
        # Once is enough: whoever asks again reads what uses the recipe, and nothing else.
        assert store.collection.count_documents({}) > 0 == store.collection.count_documents({"used_recipes": None})
        assert store.using("nothing") == []
