"""Where a table came from, cut down to what each reader may know; and why it is stale."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from solidata_api.domain.documents import Member
from solidata_api.services import lineage
from tests.factories import make_dataset
from tests.worlds import ROWS

SECRET = "secret-title"
STEPS = [{"op": "clean", "columns": ["name"]}, {"op": "sort", "by": ["code"]}]


class Story:
    """Two sources, one of them hidden from the others; a project built of both, its table open to everybody."""

    def __init__(self, backends: Any, as_actor: Any, run_jobs: Any) -> None:
        self.backends, self.run_jobs, self.owner = backends, run_jobs, as_actor("member")
        self.open = make_dataset(self.owner, run_jobs, rows=ROWS, open_level="opendata")["id"]
        self.hidden = make_dataset(self.owner, run_jobs, rows=ROWS, title=SECRET)["id"]
        self.model = self.owner.post(f"/models/from-dataset/{self.open}").get_json()["id"]
        self.project = self.owner.post("/projects", json={"title": "Made by"}).get_json()["id"]
        self.owner.put(f"/projects/{self.project}/model", json={"model_id": self.model})
        for source, keys in ((self.open, ("code", "name")), (self.hidden, ("code", "population"))):
            mapping = {key: key for key in keys}
            assert self.put(f"sources/{source}", {"mapping": mapping}).status_code == 200
        self.put("recipe", {"steps": STEPS})
        self.dataset = self.build()
        opened = self.owner.patch(f"/datasets/{self.dataset}", json={"open_level": "opendata"})
        assert opened.status_code == 200

    def put(self, rest: str, body: Any) -> Any:
        return self.owner.put(f"/projects/{self.project}/{rest}", json=body)

    def build(self) -> str:
        self.owner.post(f"/projects/{self.project}/builds")
        (job,) = self.run_jobs()
        assert job.state == "succeeded", job.error
        return job.result["dataset_id"]

    def join(self, store: Any, identifier: str, caller: Any, grade: str) -> None:
        document = store.get(identifier)
        team = (*document.team, Member(caller.user.id, grade))
        store.replace(replace(document, team=team, to_follow=True), document.rev)
        lineage.settle(self.backends, store.get(identifier))


@pytest.fixture
def story(backends: Any, as_actor: Any, run_jobs: Any) -> Story:
    return Story(backends, as_actor, run_jobs)


def told(caller: Any, dataset: str, query: str = "") -> dict[str, Any]:
    answer = caller.get(f"/datasets/{dataset}/lineage{query}")
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def test_who_reads_all_learns_all(story: Story) -> None:
    found = told(story.owner, story.dataset)
    assert (found["dataset_id"], found["version"], found["project_id"]) == (story.dataset, 1, story.project)
    assert found["recipe"] == {"version": 1, "steps": STEPS, "taken_from": None}
    assert {(one["dataset_id"], one["version"]) for one in found["sources"]} == {(story.open, 1), (story.hidden, 1)}
    assert found["hidden"] == 0
    by_key = {one["key"]: (one["from"], one["hidden"]) for one in found["columns"]}
    assert by_key["name"] == ([{"dataset_id": story.open, "column": "name"}], 0)
    assert {one["dataset_id"] for one in by_key["code"][0]} == {story.open, story.hidden}
    assert by_key["population"] == ([{"dataset_id": story.hidden, "column": "population"}], 0)


def test_others_learn_of_what_they_read_and_how_much_is_hidden(story: Story, anonymous: Any) -> None:
    found = told(anonymous, story.dataset)
    assert "project_id" not in found and "recipe" not in found
    assert [one["dataset_id"] for one in found["sources"]] == [story.open]
    assert found["hidden"] == 1
    by_key = {one["key"]: (one["from"], one["hidden"]) for one in found["columns"]}
    assert by_key["code"] == ([{"dataset_id": story.open, "column": "code"}], 1)
    assert by_key["population"] == ([], 1)
    text = str(found)
    assert story.hidden not in text and SECRET not in text


def test_a_hidden_column_is_in_no_lineage(story: Story, anonymous: Any) -> None:
    story.owner.patch(f"/datasets/{story.open}", json={"columns": [{"key": "name", "open_level": "private"}]})
    assert "name" not in str(told(anonymous, story.dataset))
    assert "name" not in str(told(anonymous, story.open))


def test_a_hidden_source_column_is_only_counted(story: Story, anonymous: Any) -> None:
    """The result may be open where its source column is lent, and stays closed itself."""
    story.owner.patch(f"/datasets/{story.hidden}", json={"columns": [{"key": "code", "open_level": "private"}]})
    story.owner.patch(f"/datasets/{story.hidden}", json={"open_level": "opendata"})
    found = told(anonymous, story.dataset)
    by_key = {one["key"]: (one["from"], one["hidden"]) for one in found["columns"]}
    assert by_key["code"] == ([{"dataset_id": story.open, "column": "code"}], 1)


def test_the_recipe_is_for_who_works_on_the_project(story: Story, as_actor: Any) -> None:
    story.owner.patch(f"/projects/{story.project}", json={"open_level": "opendata"})
    stranger, viewer = as_actor("member"), as_actor("member")
    story.join(story.backends.projects, story.project, viewer, "viewer")
    assert told(stranger, story.dataset)["project_id"] == story.project
    assert "recipe" not in told(stranger, story.dataset)
    assert told(viewer, story.dataset)["recipe"]["steps"] == STEPS
    steps = stranger.get(f"/projects/{story.project}").get_json()["recipe"]["steps"]
    assert steps == [{"op": "clean"}, {"op": "sort"}]
    assert viewer.get(f"/projects/{story.project}").get_json()["recipe"]["steps"] == STEPS


def test_each_version_tells_its_own_recipe_and_sources(story: Story) -> None:
    story.put("recipe", {"steps": STEPS[:1]})
    story.owner.delete(f"/projects/{story.project}/sources/{story.hidden}")
    story.build()
    first, second = (told(story.owner, story.dataset, f"?version={n}") for n in (1, 2))
    assert (first["recipe"], second["recipe"]) == (
        {"version": 1, "steps": STEPS, "taken_from": None},
        {"version": 2, "steps": STEPS[:1], "taken_from": None},
    )
    assert (len(first["sources"]), len(second["sources"])) == (2, 1)
    population = [next(one for one in found["columns"] if one["key"] == "population") for found in (first, second)]
    assert [len(one["from"]) for one in population] == [1, 0]
    assert story.owner.get(f"/datasets/{story.dataset}/lineage?version=3").status_code == 404
    assert story.owner.get(f"/datasets/{story.dataset}/lineage?nonsense=1").status_code == 422


def test_an_import_comes_from_nowhere(story: Story, anonymous: Any) -> None:
    found = told(anonymous, story.open)
    assert (found["sources"], found["hidden"], "recipe" in found) == ([], 0, False)
    assert [one["key"] for one in found["columns"]] == list(ROWS[0])


def test_what_is_hidden_has_no_lineage(story: Story, anonymous: Any) -> None:
    assert anonymous.get(f"/datasets/{story.hidden}/lineage").status_code == 404


def test_a_table_tells_why_it_is_stale_without_naming_a_source(story: Story, anonymous: Any) -> None:
    assert anonymous.get(f"/datasets/{story.dataset}").get_json()["stale"] is None
    story.owner.delete(f"/datasets/{story.hidden}")
    stale = anonymous.get(f"/datasets/{story.dataset}").get_json()["stale"]
    assert stale["reasons"] == ["a source was deleted"] and stale["since"]
    story.owner.delete(f"/projects/{story.project}/sources/{story.hidden}")
    story.build()
    assert anonymous.get(f"/datasets/{story.dataset}").get_json()["stale"] is None


def test_a_table_that_outlived_its_project_tells_that_a_source_was_deleted(story: Story) -> None:
    story.owner.delete(f"/projects/{story.project}")
    story.owner.delete(f"/datasets/{story.hidden}")
    assert story.owner.get(f"/datasets/{story.dataset}").get_json()["stale"]["reasons"] == ["a source was deleted"]
    assert told(story.owner, story.dataset)["recipe"]["steps"] == STEPS


def test_who_only_reads_a_project_learns_of_no_source_column_or_person(story: Story, anonymous: Any) -> None:
    story.owner.patch(f"/projects/{story.project}", json={"open_level": "opendata"})
    story.put("recipe", {"steps": [{"op": "clean", "columns": ["nonsense_column"]}]})
    story.owner.delete(f"/datasets/{story.hidden}")
    for rest in ("", "/check", "/builds"):
        text = anonymous.get(f"/projects/{story.project}{rest}").get_data(as_text=True)
        assert story.hidden not in text and "nonsense_column" not in text
        assert story.owner.user.id not in text
    check = anonymous.get(f"/projects/{story.project}/check").get_json()
    assert not check["buildable"] and {"/sources", "/recipe"} <= {one["where"] for one in check["problems"]}
    assert "nonsense_column" in story.owner.get(f"/projects/{story.project}/check").get_data(as_text=True)


def test_check_warns_where_a_column_that_only_chooses_is_stricter_than_the_result(story: Story) -> None:
    story.owner.patch(f"/datasets/{story.hidden}", json={"columns": [{"key": "population", "open_level": "private"}]})
    story.put(f"sources/{story.hidden}", {"mapping": {"population": "population"}, "up_to": "private"})
    story.put("recipe", {"steps": [{"op": "filter", "where": {"population__greater": 1}}]})
    warnings = story.owner.get(f"/projects/{story.project}/check").get_json()["warnings"]
    (warning,) = [one for one in warnings if one["where"] == "/recipe/steps/0"]
    assert "'population'" in warning["message"] and "private" in warning["message"]


def test_a_table_deleted_and_built_again_is_another_one(story: Story) -> None:
    """Else what was made of the old one would be judged by the new one's levels."""
    story.owner.delete(f"/datasets/{story.dataset}")
    assert story.owner.get(f"/projects/{story.project}").get_json()["dataset_id"] is None
    assert story.build() != story.dataset


def test_titles_of_sources_are_put_into_cells_only_where_the_builder_reads_them(story: Story, as_actor: Any) -> None:
    editor = as_actor("member")
    story.join(story.backends.projects, story.project, editor, "editor")
    story.put("recipe", {"steps": [{"op": "set", "column": "name", "from": "source_title"}]})
    editor.post(f"/projects/{story.project}/builds")
    (job,) = story.run_jobs()
    assert job.state == "succeeded"
    assert SECRET not in story.owner.get(f"/datasets/{story.dataset}/rows").get_data(as_text=True)
    story.build()
    assert SECRET in story.owner.get(f"/datasets/{story.dataset}/rows").get_data(as_text=True)
