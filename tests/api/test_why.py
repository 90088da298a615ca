"""Why a cell is what it is: its source lines, the winner and the steps, cut down to what each reader may know."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from solidata_api.domain.documents import Member
from solidata_api.services import lineage
from tests.factories import make_dataset

OPEN = [{"code": "1", "name": "Ain "}, {"code": "2", "name": "Aisne"}]
CLOSED = [{"code": "2", "name": "L'Aisne secrete"}, {"code": "3", "name": "Allier"}]
STEPS = [
    {"op": "clean", "columns": ["name"]},
    {"op": "dedupe", "keys": ["code"], "keep": {"name": "longest"}},
    {"op": "sort", "by": ["-code"]},
]


class Story:
    """An open source and a private one, merged into an open table; one owner."""

    def __init__(self, backends: Any, as_actor: Any, run_jobs: Any) -> None:
        self.backends, self.run_jobs, self.owner = backends, run_jobs, as_actor("member")
        self.open = make_dataset(self.owner, run_jobs, rows=OPEN, title="Open", open_level="opendata")["id"]
        self.closed = make_dataset(self.owner, run_jobs, rows=CLOSED, title="secret-title")["id"]
        model = self.owner.post(f"/models/from-dataset/{self.open}").get_json()["id"]
        self.project = self.owner.post("/projects", json={"title": "P"}).get_json()["id"]
        self.owner.put(f"/projects/{self.project}/model", json={"model_id": model})
        for source in (self.open, self.closed):
            body = {"mapping": {"code": "code", "name": "name"}, "up_to": "opendata"}
            assert self.owner.put(f"/projects/{self.project}/sources/{source}", json=body).status_code == 200
        self.dataset = self.build(STEPS)
        opened = self.owner.patch(f"/datasets/{self.dataset}", json={"open_level": "opendata"})
        assert opened.status_code == 200, opened.get_json()

    def build(self, steps: list[dict[str, Any]]) -> str:
        put = self.owner.put(f"/projects/{self.project}/recipe", json={"steps": steps})
        assert put.status_code == 200, put.get_json()
        self.owner.post(f"/projects/{self.project}/builds")
        (job,) = self.run_jobs()
        assert job.state == "succeeded", job.error
        found: str = job.result["dataset_id"]
        return found

    def why(self, caller: Any, code: str, dataset: str = "") -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """The whole answer, and its cells by column."""
        base = f"/datasets/{dataset or self.dataset}/rows"
        (row,) = self.owner.get(f"{base}?code={code}").get_json()["rows"]
        answer = caller.get(f"{base}/{row['_id']}/why")
        assert answer.status_code == 200, answer.get_json()
        told = answer.get_json()
        return told, {one["column"]: one for one in told["cells"]}


@pytest.fixture
def story(backends: Any, as_actor: Any, run_jobs: Any) -> Story:
    return Story(backends, as_actor, run_jobs)


def test_who_reads_all_is_told_the_winner_and_the_steps(story: Story) -> None:
    told, cells = story.why(story.owner, "2")
    assert (told["trace"], told["remark"], told["hidden"], told["version"]) == ("exact", None, 0, 1)
    name = cells["name"]
    assert (name["winner"]["dataset_id"], name["winner"]["title"]) == (story.closed, "secret-title")
    assert (name["winner"]["line"], name["winner"]["value"]) == (2, "L'Aisne secrete")
    assert [(one["value"], one["used"]) for one in name["sources"]] == [("Aisne", False), ("L'Aisne secrete", True)]
    assert name["steps"] == [
        {"n": 1, "op": "clean", "changed": False, "before": "L'Aisne secrete", "after": "L'Aisne secrete"},
        {"n": 2, "op": "dedupe", "changed": True, "rows": 2, "before": "Aisne", "after": "L'Aisne secrete"},
    ]
    assert cells["code"]["winner"]["dataset_id"] == story.open


def test_a_cell_that_was_cleaned_tells_what_it_was(story: Story) -> None:
    _, cells = story.why(story.owner, "1")
    assert cells["name"]["winner"]["value"] == "Ain "
    (step,) = cells["name"]["steps"]
    assert (step["op"], step["before"], step["after"]) == ("clean", "Ain ", "Ain")


def test_others_are_told_of_what_they_read_and_how_much_is_hidden(story: Story, as_actor: Any) -> None:
    told, cells = story.why(as_actor("member"), "2")
    assert (told["trace"], told["hidden"]) == ("exact", 1)
    name = cells["name"]
    assert [(one["value"], one["used"]) for one in name["sources"]] == [("Aisne", False)]
    assert (name["hidden"], name["winner"]) == (1, None) and "steps" not in name
    assert cells["code"]["winner"]["line"] == 3
    text = str(told)
    assert story.closed not in text and "secret-title" not in text and str(story.project) not in text


def test_nobody_is_not_worth_a_worker_and_still_told_the_lines(story: Story, anonymous: Any) -> None:
    told, cells = story.why(anonymous, "1")
    assert told["trace"] == "none" and "log in" in told["remark"]
    assert [(one["value"], one["used"]) for one in cells["name"]["sources"]] == [("Ain ", None)]
    assert cells["name"]["winner"] is None
    assert story.backends.jobs.all_by(kind="why") == []


def test_a_column_hidden_from_the_reader_is_in_no_answer(story: Story, as_actor: Any) -> None:
    closed = {"columns": [{"key": "name", "open_level": "private"}]}
    assert story.owner.patch(f"/datasets/{story.dataset}", json=closed).status_code == 200
    told, cells = story.why(as_actor("member"), "1")
    assert list(cells) == ["code"] and "Ain" not in str(told)


def test_steps_hold_no_cell_that_only_others_may_read(backends: Any, as_actor: Any, run_jobs: Any) -> None:
    """A viewer of the project knows its recipe; of a private column that a step overwrote they are told nothing."""
    owner, viewer = as_actor("member"), as_actor("member")
    source = make_dataset(owner, run_jobs, rows=[*OPEN, *CLOSED], open_level="opendata")["id"]
    model = owner.post(f"/models/from-dataset/{source}").get_json()["id"]
    closed = {"columns": [{"key": "name", "open_level": "private"}]}
    assert owner.patch(f"/datasets/{source}", json=closed).status_code == 200
    path = f"/projects/{owner.post('/projects', json={'title': 'P'}).get_json()['id']}"
    owner.put(f"{path}/model", json={"model_id": model})
    owner.put(f"{path}/sources/{source}", json={"mapping": {"code": "code", "name": "name"}, "up_to": "private"})
    steps = [{"op": "set", "column": "name", "value": "same"}, {"op": "dedupe", "keys": ["code"]}]
    assert owner.put(f"{path}/recipe", json={"steps": steps}).status_code == 200
    owner.post(f"{path}/builds")
    dataset = run_jobs()[-1].result["dataset_id"]
    project = backends.projects.all_by(target_id=dataset)[0]
    team = (*project.team, Member(viewer.user.id, "viewer"))
    backends.projects.replace(replace(project, team=team, to_follow=True), project.rev)
    lineage.settle(backends, backends.projects.get(project.id))
    (row,) = viewer.get(f"/datasets/{dataset}/rows?code=3").get_json()["rows"]
    assert row["name"] == "same"
    found = {
        caller: {
            one["column"]: one for one in caller.get(f"/datasets/{dataset}/rows/{row['_id']}/why").get_json()["cells"]
        }
        for caller in (viewer, owner)
    }
    assert next(step["before"] for step in found[owner]["name"]["steps"]) == "Allier"
    assert found[viewer]["name"]["steps"][0] == {"n": 1, "op": "set", "changed": None}
    assert "Allier" not in str(found[viewer])


def test_a_step_that_looks_at_all_rows_is_replayed_with_all(story: Story, monkeypatch: Any) -> None:
    story.build([{"op": "fill", "columns": ["name"], "how": "down"}, *STEPS])
    assert story.why(story.owner, "2")[0]["trace"] == "exact"
    monkeypatch.setattr("solidata_api.services.replays.MOST_ROWS", 1)
    told, cells = story.why(story.owner, "2")
    assert told["trace"] == "partial" and "too many" in told["remark"]
    assert cells["name"]["winner"]["value"] == "L'Aisne secrete"


def test_what_can_not_be_made_again_says_so(story: Story) -> None:
    version = story.backends.versions.all_by(dataset_id=story.dataset)[0]
    story.backends.versions.delete(version.id)
    story.backends.versions.insert(replace(version, inputs={}))
    told, cells = story.why(story.owner, "2")
    assert told["trace"] == "none" and "built before" in told["remark"]
    assert {one["value"] for one in cells["name"]["sources"]} == {"Aisne", "L'Aisne secrete"}


def test_the_steps_of_a_source_are_told_with_it(story: Story) -> None:
    body = {"mapping": {"code": "code", "label": "name"}, "steps": [{"op": "rename", "columns": {"name": "label"}}]}
    put = story.owner.put(f"/projects/{story.project}/sources/{story.open}", json=body)
    assert put.status_code == 200, put.get_json()
    story.build(STEPS)
    told, cells = story.why(story.owner, "1")
    assert told["trace"] == "exact"
    assert [(one["op"], one.get("source")) for one in cells["name"]["steps"]] == [
        ("rename", story.open),
        ("clean", None),
    ]
    assert (cells["name"]["winner"]["column"], cells["name"]["winner"]["value"]) == ("name", "Ain ")


def test_a_corrected_cell_tells_what_it_was_corrected_to(story: Story) -> None:
    body = {"line": 2, "column": "name", "value": "Ain, corrected", "reason": "a slip"}
    made = story.owner.post(f"/datasets/{story.open}/corrections", json=body)
    assert made.status_code == 201, made.get_json()
    story.build(STEPS)
    told, cells = story.why(story.owner, "1")
    winner = cells["name"]["winner"]
    assert (told["trace"], winner["value"], winner["corrected"]) == ("exact", "Ain ", "Ain, corrected")
    assert "corrected" not in cells["code"]["winner"]


def test_a_row_of_a_source_is_made_of_itself(story: Story) -> None:
    told, cells = story.why(story.owner, "1", story.open)
    assert told["trace"] == "exact"
    assert cells["name"]["winner"]["line"] == 2 and cells["name"]["steps"] == []


def test_a_row_that_is_not_there_is_none(story: Story) -> None:
    assert story.owner.get(f"/datasets/{story.dataset}/rows/nothing/why").status_code == 404


def test_each_version_of_a_dataset_tells_its_own_cell(story: Story) -> None:
    rows = io.BytesIO(b"code,name\n2,Aisne of now\n")
    path = f"/datasets/{story.open}/reload"
    story.owner.post(path, data={"file": (rows, "t.csv")}, content_type="multipart/form-data")
    story.run_jobs()
    join = {"op": "join", "dataset_id": story.open, "version": 1, "on": {"code": "code"}, "columns": ["name"]}
    steps = [{**join, "prefix": "old_"}, {"op": "dedupe", "keys": ["code"]}]
    steps += [{"op": "select", "columns": ["code", "old_name"]}, {"op": "rename", "columns": {"old_name": "name"}}]
    _, cells = story.why(story.owner, "2", story.build(steps))
    assert cells["name"]["value"] == "Aisne"
    told = [(one["version"], one["value"], one["used"]) for one in cells["name"]["sources"] if one["value"]]
    assert (1, "Aisne", True) in told
    code = cells["code"]["sources"]
    assert [(one["version"], one["line"], one["value"]) for one in code if one["dataset_id"] == story.open] == [
        (2, 2, "2"), (1, 3, "2"),
    ]  # fmt: skip
