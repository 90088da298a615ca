"""Proposals of steps inside a recipe that is used, and of a source's own recipe: decided where the step stands."""

from __future__ import annotations

import io
from typing import Any

import pytest

CITIES = "city\nSaint-Étienne\nSaint-Étienne\nSAINT ETIENNE\nLyon\nLyon\nLYON\n"
GROUPS = {"op": "cluster_values", "column": "city", "undecided": "leave"}
CLEAN = {"op": "clean", "columns": ["city"]}
SAINT = {"values": ["Saint-Étienne", "SAINT ETIENNE"], "into": "Saint-Étienne"}
LYON = {"values": ["Lyon", "LYON"], "into": None}
DECIDED = [*["Saint-Étienne"] * 3, "Lyon", "Lyon", "LYON"]


class Place:
    """A project of the owner's with one source, and a recipe that somebody else shares."""

    def __init__(self, as_actor: Any, run_jobs: Any) -> None:
        self.owner, self.other, self.run_jobs = as_actor("member"), as_actor("member"), run_jobs
        form = {"file": (io.BytesIO(CITIES.encode()), "t.csv"), "title": "T"}
        self.owner.post("/datasets", data=form, content_type="multipart/form-data")
        self.source = run_jobs()[-1].result["dataset_id"]
        field = self.owner.post("/fields", json={"name": "city", "type": "string"}).get_json()["id"]
        model = self.owner.post("/models", json={"title": "M", "fields": [{"field_id": field}]}).get_json()["id"]
        self.project = f"/projects/{self.owner.post('/projects', json={'title': 'P'}).get_json()['id']}"
        self.owner.put(f"{self.project}/model", json={"model_id": model})
        self.map()
        body = {"title": "Cities", "steps": [CLEAN, GROUPS], "open_level": "commons"}
        self.recipe = self.other.post("/recipes", json=body).get_json()["id"]

    def map(self, **more: Any) -> Any:
        return self.put(f"/sources/{self.source}", {"mapping": {"city": "city"}, **more})

    def put(self, path: str, body: Any) -> Any:
        answer = self.owner.put(f"{self.project}{path}", json=body)
        assert answer.status_code == 200, answer.get_json()
        return answer.get_json()

    def use(self, **more: Any) -> dict[str, Any]:
        return {"op": "use", "recipe_id": self.recipe, "version": 1, **more}

    def build(self) -> list[str]:
        """The cities after a build."""
        self.owner.post(f"{self.project}/builds")
        job = self.run_jobs()[-1]
        assert job.state == "succeeded", job.error
        rows = self.owner.get(f"/datasets/{job.result['dataset_id']}/rows").get_json()["rows"]
        return [row["city"] for row in rows]

    def page(self, **query: Any) -> Any:
        return self.owner.get(f"{self.project}/reviews", query_string=query).get_json()

    def decide(self, *decisions: dict[str, Any], caller: Any = None, **more: Any) -> Any:
        body = {"decisions": list(decisions), **more}
        return (caller or self.owner).post(f"{self.project}/reviews/decisions", json=body)

    def decided(self, *decisions: dict[str, Any]) -> Any:
        answer = self.decide(*decisions)
        assert answer.status_code == 200, answer.get_json()
        return answer.get_json()


@pytest.fixture
def place(as_actor: Any, run_jobs: Any) -> Place:
    return Place(as_actor, run_jobs)


def where(page: Any) -> list[tuple[Any, ...]]:
    return [(one["step"], one.get("inner"), one.get("source"), one["op"]) for one in page["items"]]


def inside(*decisions: Any, at: int = 2) -> list[dict[str, Any]]:
    return [{"inner": [at], "decisions": list(decisions)}]


def faults(answer: Any, status: int = 422) -> list[str]:
    assert answer.status_code == status, answer.get_json()
    return [one["pointer"] for one in answer.get_json()["errors"]]


def test_a_step_of_a_used_recipe_is_decided_with_the_use_and_the_recipe_stays(place: Place) -> None:
    place.put("/recipe", {"steps": [CLEAN, place.use()]})
    place.build()
    page = place.page()
    assert (where(page), page["elsewhere"]) == ([(2, [2], None, "cluster_values")] * 2, [])
    steps = place.decided({"step": 2, "inner": [2], **SAINT}, {"step": 2, "inner": [2], **LYON})["recipe"]["steps"]
    assert steps[1]["decisions"] == inside(SAINT, LYON)
    assert steps[1]["steps"] == [CLEAN, GROUPS]
    shared = place.other.get(f"/recipes/{place.recipe}").get_json()
    assert (shared["version"], shared["steps"]) == (1, [CLEAN, GROUPS])
    assert place.page()["total"] == 0
    assert place.build() == DECIDED
    assert place.page()["total"] == 0
    # Undone, redone and taken back as any other decision.
    place.owner.post(f"{place.project}/recipe/undo")
    assert place.build() == ["Saint-Étienne", "Saint-Étienne", "SAINT ETIENNE", "Lyon", "Lyon", "LYON"]
    place.owner.post(f"{place.project}/recipe/redo")
    assert place.page()["total"] == 0
    back = place.decided({"step": 2, "inner": [2], "values": LYON["values"], "take_back": True})
    assert back["recipe"]["steps"][1]["decisions"] == inside(SAINT)
    assert [[one["value"] for one in item["values"]] for item in place.page()["items"]] == [["Lyon", "LYON"]]


def test_what_is_kept_with_a_use_is_kept_by_whoever_puts_it_again(place: Place) -> None:
    steps = place.put("/recipe", {"steps": [place.use(decisions=inside(SAINT))]})["recipe"]["steps"]
    assert steps == [place.use(steps=[CLEAN, GROUPS], decisions=inside(SAINT))]
    assert place.put("/recipe", {"steps": [CLEAN, *steps]})["recipe"]["steps"] == [CLEAN, *steps]
    body = {"title": "Mine", "steps": steps, "open_level": "commons"}
    mine = place.owner.post("/recipes", json=body).get_json()
    copied = place.owner.post(f"/recipes/{mine['id']}/copy", json={}).get_json()
    file = place.owner.get(f"/recipes/{mine['id']}/export.json").get_json()
    imported = place.other.post("/recipes/import", json=file)
    assert mine["steps"] == copied["steps"] == imported.get_json()["steps"] == steps
    # Nested once more, its decisions are the used recipe's own: they run, and others go over them.
    outer = {"op": "use", "recipe_id": mine["id"], "version": 1}
    place.put("/recipe", {"steps": [outer]})
    assert place.build()[:3] == ["Saint-Étienne"] * 3
    assert where(place.page()) == [(1, [1, 2], None, "cluster_values")]
    place.decided({"step": 1, "inner": [1, 2], **SAINT, "into": "St-Étienne"}, {"step": 1, "inner": [1, 2], **LYON})
    assert place.build() == [*["St-Étienne"] * 3, *DECIDED[3:]]
    answer = place.decide({"step": 1, "inner": [1, 2], "values": ["Saint-Denis"], "take_back": True})
    assert faults(answer) == ["/decisions/0/take_back"]


def test_decisions_go_along_when_the_use_is_moved_to_a_newer_version(place: Place) -> None:
    place.put("/recipe", {"steps": [place.use(decisions=inside(SAINT))]})
    newer = [GROUPS, {"op": "sort", "by": ["city"]}]
    place.other.patch(f"/recipes/{place.recipe}", json={"steps": newer})

    def patch(**body: Any) -> Any:
        answer = place.owner.patch(f"{place.project}/recipe/steps/1", json=body)
        assert answer.status_code == 200, answer.get_json()
        return answer.get_json()["recipe"]["steps"][0]

    assert patch(version=2) == place.use(version=2, steps=newer, decisions=inside(SAINT, at=1))
    place.other.patch(f"/recipes/{place.recipe}", json={"steps": [CLEAN]})
    assert patch(version=3)["decisions"] == []
    assert patch(version=1, decisions=inside(LYON))["decisions"] == inside(LYON)


def test_a_step_of_a_sources_own_recipe_is_decided_in_its_entry(place: Place) -> None:
    place.map(steps=[CLEAN, GROUPS])
    place.put("/recipe", {"steps": [GROUPS]})
    place.build()
    # The project's step stands behind that of the source, and is left with the same groups.
    both = [(2, None, place.source, "cluster_values")] * 2 + [(1, None, None, "cluster_values")] * 2
    assert where(place.page()) == both
    assert where(place.page(source=place.source)) == where(place.page(source=place.source, step=2)) == both[:2]
    assert where(place.page(step=1)) == both[2:]
    assert place.page(step=2)["total"] == place.page(source=place.source, step=1)["total"] == 0
    mine = {"step": 2, "source": place.source}
    decided = place.decided({**mine, **SAINT}, {**mine, **LYON}, {"step": 1, **LYON})
    (entry,) = decided["sources"]
    assert entry["recipe"] == {"version": None, "steps": [CLEAN, {**GROUPS, "decisions": [SAINT, LYON]}]}
    assert decided["recipe"]["steps"] == [{**GROUPS, "decisions": [LYON]}]
    assert decided["stale"]["reasons"] == ["the sources or their mapping changed", "the recipe changed"]
    assert [one["values"][0]["value"] for one in place.page()["items"]] == ["Saint-Étienne"]
    assert place.build() == DECIDED
    assert place.page()["total"] == 0
    place.decided({**mine, "values": LYON["values"], "take_back": True})
    assert where(place.page()) == []
    assert place.build() == DECIDED
    assert where(place.page()) == both[:1]
    decided = place.decided({**mine, **LYON}, {**mine, "take_back": True})
    assert decided["sources"][0]["recipe"]["steps"] == [CLEAN, {**GROUPS, "decisions": []}]
    assert decided["recipe"]["steps"] == [{**GROUPS, "decisions": [LYON]}]
    assert faults(place.decide({**mine, "take_back": True})) == ["/decisions/0/take_back"]


def test_a_source_with_a_shared_recipe_has_steps_of_its_own_once_they_are_decided(place: Place) -> None:
    place.map(recipe_id=place.recipe)
    place.build()
    (entry,) = place.decided({"step": 2, "source": place.source, **SAINT})["sources"]
    assert (entry["recipe_id"], entry["recipe"]["version"]) == (None, None)
    assert entry["recipe"]["steps"] == [CLEAN, {**GROUPS, "decisions": [SAINT]}]
    assert place.other.get(f"/recipes/{place.recipe}").get_json()["version"] == 1
    # With `use` it goes on using the recipe at its version.
    place.map(steps=[place.use()])
    assert [one["why"] for one in place.page()["elsewhere"]] == [
        "the step was changed, moved out or switched off since: build again"
    ]
    assert faults(place.decide({"step": 2, "source": place.source, **LYON})) == ["/decisions/0/step"]
    place.build()
    (entry,) = place.decided({"step": 1, "inner": [2], "source": place.source, **SAINT})["sources"]
    assert entry["recipe"]["steps"] == [place.use(steps=[CLEAN, GROUPS], decisions=inside(SAINT))]
    assert place.build()[:3] == ["Saint-Étienne"] * 3


def test_a_source_without_its_recipe_proposes_nothing_any_more(place: Place) -> None:
    place.map(steps=[GROUPS])
    place.build()
    place.map(steps=[])
    page = place.page()
    assert (page["items"], [(one["source"], one["step"]) for one in page["elsewhere"]]) == ([], [(place.source, 1)])
    assert faults(place.decide({"step": 1, "source": place.source, **SAINT})) == ["/decisions/0/step"]


def test_faults_are_told_where_they_were_asked_and_nothing_is_kept(place: Place) -> None:
    place.map(steps=[GROUPS])
    place.put("/recipe", {"steps": [place.use()]})
    place.build()
    fine = {"step": 1, "inner": [2], **LYON}
    wrong = {"step": 1, "inner": [2], "values": ["x"], "into": ""}
    assert faults(place.decide(fine, wrong)) == ["/decisions/1/into"]
    assert faults(place.decide(fine, {"step": 1, "source": place.source, "values": ["x"], "into": ""})) == [
        "/decisions/1/into"
    ]
    both = place.decide(fine, {"step": 1, "inner": [2], "values": ["Paris"], "into": "LYON2"},
                        {"step": 1, "inner": [2], "values": ["LYON2"], "into": "Lyon"})  # fmt: skip
    assert faults(both) == ["/decisions/1/into"]
    found = place.owner.get(place.project).get_json()
    assert (found["recipe"]["version"], found["sources"][0]["recipe"]["steps"]) == (1, [GROUPS])


def test_of_a_source_that_is_hidden_from_a_manager_only_the_count_is_told(place: Place, as_actor: Any) -> None:
    place.map(steps=[GROUPS])
    place.put("/recipe", {"steps": [GROUPS]})
    place.build()
    manager = as_actor("member")
    place.owner.put(f"{place.project}/team/{manager.user.id}", json={"grade": "manager"})
    page = manager.get(f"{place.project}/reviews").get_json()
    assert where(page) == [(1, None, None, "cluster_values")] * 2
    assert page["elsewhere"] == [
        {"step": 1, "op": "cluster_values", "source": None, "count": 2,
         "why": "the step is of a source that you may not read"},
    ]  # fmt: skip
    answer = place.decide({"step": 1, "source": place.source, **SAINT}, caller=manager)
    assert faults(answer) == ["/decisions/0/source"]
    assert place.decide({"step": 1, **SAINT}, caller=manager).status_code == 200
    editor = as_actor("member")
    place.owner.put(f"{place.project}/team/{editor.user.id}", json={"grade": "editor"})
    assert place.decide({"step": 1, "source": place.source, **SAINT}, caller=editor).status_code == 403


def test_a_pair_inside_is_decided_by_the_key_of_its_row(place: Place) -> None:
    form = {"file": (io.BytesIO(b"com;name\n69123;Lyonn\n"), "r.csv"), "title": "R", "open_level": "commons"}
    place.owner.post("/datasets", data=form, content_type="multipart/form-data")
    reference = place.run_jobs()[-1].result["dataset_id"]
    match = {"op": "match", "dataset_id": reference, "column": "city", "reference_column": "name", "key": "com",
             "columns": {"name": "found"}, "threshold": 100, "review": 60, "block": 1, "no_match": "blank"}  # fmt: skip
    write = {"op": "coalesce", "columns": ["found", "city"], "into": "city"}
    recipe = place.owner.post("/recipes", json={"title": "Matched", "steps": [match, write]}).get_json()["id"]
    for own in (True, False):
        use = {"op": "use", "recipe_id": recipe, "version": 1}
        place.map(steps=[use] if own else [])
        place.put("/recipe", {"steps": [] if own else [use]})
        place.build()
        named = {"step": 1, "inner": [1], **({"source": place.source} if own else {})}
        assert {(one["value"], one["op"]) for one in place.page()["items"]} == {("Lyon", "match"), ("LYON", "match")}
        place.decided({**named, "value": "Lyon", "reference": "69123"}, {**named, "value": "LYON", "reference": None})
        assert place.page()["total"] == 0
        assert place.build()[3:] == ["Lyonn", "Lyonn", "LYON"]
        assert place.page()["total"] == 0
