"""`/recipes/<id>/reviews`: proposals of a run on one dataset, decided into the recipe and done in the next run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import make_dataset

ROWS = [{"city": city, "secret": "x"} for city in ("Lyon", "Lyon", "LYON", "Paris", "Paris", "PARIS")]
GROUPS = {"op": "cluster_values", "column": "city", "undecided": "leave"}
CLEAN = {"op": "clean", "columns": ["city"]}
LYON = {"values": ["Lyon", "LYON"], "into": "Lyon"}
PARIS = {"values": ["Paris", "PARIS"], "into": None}
DECIDED = ["Lyon", "Lyon", "Lyon", "Paris", "Paris", "PARIS"]


class Place:
    """A dataset that any member reads, and a recipe for it, of the owner; and somebody of no team."""

    def __init__(self, as_actor: Any, run_jobs: Any) -> None:
        self.owner, self.other, self.run_jobs = as_actor("member"), as_actor("member"), run_jobs
        self.dataset = make_dataset(self.owner, run_jobs, rows=ROWS, open_level="commons")["id"]
        self.recipe = self.make(CLEAN, GROUPS)

    def make(self, *steps: Any) -> str:
        body = {"title": "R", "steps": list(steps), "open_level": "commons"}
        return f"/recipes/{self.owner.post('/recipes', json=body).get_json()['id']}"

    def run(self, caller: Any = None, into: str = "new_dataset") -> str:
        """The dataset that a run made."""
        body = {"dataset_id": self.dataset, "into": into}
        answer = (caller or self.owner).post(f"{self.recipe}/runs", json=body)
        assert answer.status_code == 202, answer.get_json()
        job = self.run_jobs()[-1]
        assert job.state == "succeeded", job.error
        return str(job.result["dataset_id"])

    def cities(self, dataset: str) -> list[str]:
        return [row["city"] for row in self.owner.get(f"/datasets/{dataset}/rows").get_json()["rows"]]

    def page(self, caller: Any = None, **query: Any) -> Any:
        return (caller or self.owner).get(f"{self.recipe}/reviews", query_string=query)

    def decide(self, dataset: str, *decisions: Any, caller: Any = None, **more: Any) -> Any:
        body = {"dataset_id": dataset, "decisions": list(decisions), **more.pop("body", {})}
        return (caller or self.owner).post(f"{self.recipe}/reviews/decisions", json=body, **more)


@pytest.fixture
def place(as_actor: Any, run_jobs: Any) -> Place:
    return Place(as_actor, run_jobs)


def faults(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.get_json()
    return [one["pointer"] for one in answer.get_json()["errors"]]


def test_decisions_on_a_run_are_a_version_of_the_recipe_and_hold_in_the_next_run(place: Place) -> None:
    assert place.page().get_json()["version"] is None
    made = place.run()
    page = place.page().get_json()
    assert [(one["step"], one["op"], one["column"], "source" in one) for one in page["items"]] == [
        (2, "cluster_values", "city", False)
    ] * 2
    assert (page["dataset_id"], page["version"], page["elsewhere"]) == (made, 1, [])
    assert place.page(dataset_id=made, step=2).get_json()["items"] == page["items"]
    assert place.page(dataset_id=made, step=1).get_json()["total"] == 0
    decided = place.decide(made, {"step": 2, **LYON}, {"step": 2, **PARIS})
    assert decided.status_code == 200, decided.get_json()
    recipe = decided.get_json()
    assert (recipe["version"], recipe["steps"]) == (2, [CLEAN, {**GROUPS, "decisions": [LYON, PARIS]}])
    notes = [one["note"] for one in place.owner.get(f"{place.recipe}/versions").get_json()["items"]]
    assert notes == ["Decisions on proposals", ""]
    assert place.page().get_json()["total"] == 0
    again = place.run()
    assert place.cities(again) == DECIDED
    assert place.page(dataset_id=again).get_json()["total"] == 0
    # The first run is still known, and restoring the first version opens what it proposed.
    place.owner.post(f"{place.recipe}/versions/1/restore")
    assert place.page(dataset_id=made).get_json()["total"] == 2


def test_a_run_into_the_next_version_is_decided_by_that_version(place: Place) -> None:
    place.run(into="new_version")
    assert place.page(dataset_id=place.dataset).get_json()["version"] == 2
    assert faults(place.decide(place.dataset, {"step": 2, **LYON}, body={"version": 1})) == ["/dataset_id"]
    assert faults(place.decide(place.dataset, {"step": 2, **LYON}, body={"version": 9})) == ["/version"]
    assert place.decide(place.dataset, {"step": 2, **LYON}, {"step": 2, **PARIS}).status_code == 200
    place.run(into="new_version")
    assert place.cities(place.dataset) == DECIDED
    assert place.page().get_json()["total"] == 0


def test_a_step_inside_is_decided_with_the_use(place: Place) -> None:
    shared, place.recipe = place.recipe, place.make(CLEAN)
    use = {"op": "use", "recipe_id": shared.removeprefix("/recipes/"), "version": 1}
    place.recipe = place.make(use)
    made = place.run()
    assert [one["inner"] for one in place.page().get_json()["items"]] == [[2], [2]]
    decided = place.decide(made, {"step": 1, "inner": [2], **LYON}).get_json()
    inside = [{"inner": [2], "decisions": [LYON]}]
    assert decided["steps"] == [{**use, "steps": [CLEAN, GROUPS], "decisions": inside}]
    assert place.owner.get(shared).get_json()["version"] == 1
    assert place.cities(place.run())[:3] == ["Lyon"] * 3


def test_what_is_asked_of_another_run_or_does_not_fit_is_named(place: Place, run_jobs: Any) -> None:
    made, fine = place.run(), {"step": 2, **LYON}
    assert faults(place.page(dataset_id=place.dataset)) == ["/dataset_id"]
    assert faults(place.page(dataset_id="nobody")) == ["/dataset_id"]
    wrong = [{"step": 3, **LYON}, {"step": 1, **LYON}, {"step": 2, "inner": [1], **LYON}]
    assert faults(place.decide(made, fine, *wrong)) == ["/decisions/1/step", "/decisions/2/step", "/decisions/3/inner"]
    assert faults(place.decide(made, fine, {"step": 2, "values": ["y"], "into": ""})) == ["/decisions/1/into"]
    assert faults(place.decide(made, {**fine, "source": place.dataset})) == ["/decisions/0/source"]
    place.owner.patch(place.recipe, json={"steps": [CLEAN]})
    page = place.page().get_json()
    assert (page["items"], [one["count"] for one in page["elsewhere"]]) == ([], [2])
    assert faults(place.decide(made, fine)) == ["/decisions/0/step"]
    other = place.make(GROUPS)
    answer = place.owner.post(f"{other}/reviews/decisions", json={"dataset_id": made, "decisions": [fine]})
    assert faults(answer) == ["/dataset_id"]


def test_who_runs_a_recipe_of_others_sees_what_it_proposes_and_its_editors_decide(place: Place, as_actor: Any) -> None:
    theirs = place.run(place.other)
    assert place.page(place.other).get_json()["total"] == 2
    assert place.decide(theirs, {"step": 2, **LYON}, caller=place.other).status_code == 403
    # The owner of the recipe does not read what the other made.
    assert faults(place.page(dataset_id=theirs)) == ["/dataset_id"]
    assert faults(place.decide(theirs, {"step": 2, **LYON})) == ["/dataset_id"]
    assert place.page().get_json()["version"] is None
    # Of a copy they are editor, and nothing is lost.
    copied = place.other.post(f"{place.recipe}/copy", json={}).get_json()
    assert copied["steps"] == [CLEAN, GROUPS]
    mine = place.run()
    assert faults(place.page(place.other, dataset_id=mine)) == ["/dataset_id"]
    assert place.owner.put(f"/datasets/{mine}/team/{place.other.user.id}", json={"grade": "editor"}).status_code == 200
    assert place.page(place.other, dataset_id=mine).status_code == 403
    tag = place.owner.get(place.recipe).headers["ETag"]
    assert place.decide(mine, {"step": 2, **LYON}, headers={"If-Match": tag}).status_code == 200
    assert place.decide(mine, {"step": 2, **PARIS}, headers={"If-Match": tag}).status_code == 412


def test_cells_that_are_not_open_do_not_go_into_an_open_recipe(place: Place, run_jobs: Any) -> None:
    def close(key: str, level: str = "private") -> None:
        body = {"columns": [{"key": key, "open_level": level}]}
        assert place.owner.patch(f"/datasets/{place.dataset}", json=body).status_code == 200

    made, fine = place.run(), {"step": 2, **LYON}
    close("secret")
    refused = place.decide(made, fine)
    assert (refused.status_code, "read at commons" in refused.get_json()["detail"]) == (403, True)
    close("secret", "commons")
    assert place.decide(made, fine).status_code == 200
    place.owner.patch(place.recipe, json={"open_level": "opendata"})
    assert place.decide(made, fine).status_code == 403
    place.owner.patch(place.recipe, json={"open_level": "collective"})
    close("city")
    assert place.decide(made, {"step": 2, **PARIS}).status_code == 200
    # Nor do names of another dataset, once it is closed.
    names = [{"com": "1", "name": "Lyonn"}]
    reference = make_dataset(place.owner, run_jobs, rows=names, open_level="commons")["id"]
    close("city", "commons")
    place.recipe = place.make(
        {"op": "match", "dataset_id": reference, "column": "city", "reference_column": "name",
         "columns": {"com": "com"}, "no_match": "blank"}
    )  # fmt: skip
    made, pair = place.run(), {"step": 1, "value": "Lyon", "reference": "Lyonn"}
    assert place.decide(made, pair).status_code == 200
    place.owner.patch(f"/datasets/{reference}", json={"open_level": "collective"})
    assert place.decide(made, pair).status_code == 403


def test_what_a_build_made_is_no_run(place: Place) -> None:
    field = place.owner.post("/fields", json={"name": "city", "type": "string"}).get_json()["id"]
    model = place.owner.post("/models", json={"title": "M", "fields": [{"field_id": field}]}).get_json()["id"]
    project = f"/projects/{place.owner.post('/projects', json={'title': 'P'}).get_json()['id']}"
    place.owner.put(f"{project}/model", json={"model_id": model})
    recipe = place.recipe.removeprefix("/recipes/")
    place.owner.put(f"{project}/sources/{place.dataset}", json={"recipe_id": recipe, "mapping": {"city": "city"}})
    place.owner.post(f"{project}/builds")
    built = place.run_jobs()[-1].result["dataset_id"]
    assert faults(place.page(dataset_id=built)) == ["/dataset_id"]
