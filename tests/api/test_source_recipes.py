"""Sources of a project with recipes of their own: what is made of them, and the rights that go with their columns."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

import pytest

from solidata_api.services import lineage, sources
from tests.factories import csv_bytes, make_dataset

ROWS = [
    {"raw_name": " Ain ", "dep": "1", "secret": "planted-a"},
    {"raw_name": "Aisne", "dep": "2", "secret": "planted-b"},
    {"raw_name": "Allier", "dep": "x", "secret": "planted-a"},
]
STEPS = [
    {"op": "rename", "columns": {"raw_name": "label"}},
    {"op": "clean", "columns": ["label"], "case": "upper"},
    {"op": "sort", "by": ["-label"]},
]
MAPPING = {"label": "name", "dep": "dep"}
FILTER = {"op": "filter", "where": "secret = 'planted-a'"}


class Place:
    """A lender's open dataset with a private column, and a project of somebody else, who reads the rest."""

    def __init__(self, as_actor: Any, run_jobs: Any) -> None:
        self.lender, self.owner, self.run_jobs = as_actor("member"), as_actor("member"), run_jobs
        self.source = make_dataset(self.lender, run_jobs, rows=ROWS, open_level="opendata")["id"]
        self.level("secret", "private")
        fields = [self.owner.post("/fields", json={"name": name, "type": "string"}).get_json()["id"]
                  for name in ("name", "dep", "secret")]  # fmt: skip
        shape = {"title": "M", "fields": [{"field_id": one} for one in fields], "open_level": "commons"}
        model = self.owner.post("/models", json=shape).get_json()["id"]
        body = {"title": "P", "open_level": "opendata"}
        self.project = f"/projects/{self.owner.post('/projects', json=body).get_json()['id']}"
        assert self.owner.put(f"{self.project}/model", json={"model_id": model}).status_code == 200

    def level(self, column: str, level: str) -> None:
        body = {"columns": [{"key": column, "open_level": level}]}
        assert self.lender.patch(f"/datasets/{self.source}", json=body).status_code == 200

    def put(self, steps: Any = None, mapping: Any = None, caller: Any = None, **more: Any) -> Any:
        body = {"mapping": MAPPING if mapping is None else mapping, **({"steps": steps} if steps is not None else {})}
        return (caller or self.owner).put(f"{self.project}/sources/{self.source}", json=body | more)

    def let_lender_in(self) -> None:
        """The lender edits the project, without managing it."""
        body = {"grade": "editor"}
        assert self.owner.put(f"{self.project}/team/{self.lender.user.id}", json=body).status_code == 200

    def build(self) -> Any:
        assert self.owner.post(f"{self.project}/builds").status_code == 202
        return self.run_jobs()[-1]

    def built(self) -> str:
        job = self.build()
        assert job.state == "succeeded", job.error
        return str(job.result["dataset_id"])

    def check(self) -> dict[str, Any]:
        found: dict[str, Any] = self.owner.get(f"{self.project}/check").get_json()
        return found


@pytest.fixture
def place(as_actor: Any, run_jobs: Any) -> Place:
    return Place(as_actor, run_jobs)


def faults(answer: Any, status: int = 422) -> list[tuple[str, str]]:
    assert answer.status_code == status, answer.get_json()
    return [(one["pointer"], one["message"]) for one in answer.get_json().get("errors", [])]


def column(dataset: dict[str, Any], key: str) -> dict[str, Any]:
    return next(one for one in dataset["columns"] if one["key"] == key)


def test_a_source_goes_through_its_own_recipe_before_its_mapping(place: Place, anonymous: Any) -> None:
    entry = place.put(STEPS).get_json()["sources"][0]
    assert (entry["recipe_id"], entry["recipe"]) == (None, {"version": None, "steps": STEPS})
    dataset = place.built()
    rows = place.owner.get(f"/datasets/{dataset}/rows").get_json()["rows"]
    assert [(row["name"], row["dep"]) for row in rows] == [("ALLIER", "x"), ("AISNE", "2"), ("AIN", "1")]
    origin = place.owner.get(f"/datasets/{dataset}/rows/{rows[2]['_id']}/origin").get_json()["origins"]
    assert [(one["dataset_id"], one["line"]) for one in origin] == [(place.source, 2)]
    steps = place.owner.get(f"/datasets/{dataset}/report").get_json()["steps"]
    told = [(one.get("source"), one["n"], one["op"], one["rows_out"]) for one in steps]
    own = [(place.source, n, step["op"], 3) for n, step in enumerate(STEPS, start=1)]
    assert told == [*own, (None, 0, "stack", 3), (None, 1, "model", 3)]
    lineage = place.owner.get(f"/datasets/{dataset}/lineage").get_json()
    assert lineage["sources"][0]["recipe"]["steps"] == STEPS
    assert lineage["columns"][0]["from"] == [{"dataset_id": place.source, "column": "raw_name"}]
    (outside,) = anonymous.get(place.project).get_json()["sources"]
    assert (outside["mapping"], outside["recipe"]["steps"]) == ({}, [{"op": step["op"]} for step in STEPS])


def test_a_mapping_is_proposed_of_the_columns_that_the_recipe_gives(place: Place) -> None:
    place.put([{"op": "rename", "columns": {"raw_name": "name"}}], {})
    found = place.owner.post(f"{place.project}/mapping/suggest").get_json()["proposals"]
    assert {one["column"]: one["field"] for one in found} == {"name": "name", "dep": "dep"}


def test_without_steps_a_source_has_no_recipe_any_more_and_unsaid_it_keeps_it(place: Place) -> None:
    place.put(STEPS)
    kept = place.owner.put(f"{place.project}/sources/{place.source}", json={"mapping": {"label": "name"}})
    assert kept.get_json()["sources"][0]["recipe"]["steps"] == STEPS
    assert place.put([], {"raw_name": "name"}).get_json()["sources"][0]["recipe"] is None
    assert place.check()["buildable"]


def test_a_recipe_document_is_taken_at_its_version_and_stays_there(place: Place, as_actor: Any) -> None:
    recipe = place.owner.post("/recipes", json={"title": "R", "steps": STEPS}).get_json()["id"]
    entry = place.put(recipe_id=recipe).get_json()["sources"][0]
    assert (entry["recipe_id"], entry["recipe"]) == (recipe, {"version": 1, "steps": STEPS})
    place.owner.patch(f"/recipes/{recipe}", json={"steps": STEPS[:1]})
    assert place.owner.get(place.project).get_json()["sources"][0]["recipe"]["version"] == 1
    again = place.put(recipe_id=recipe).get_json()["sources"][0]["recipe"]
    assert again == {"version": 2, "steps": STEPS[:1]}
    assert faults(place.put(STEPS, recipe_id=recipe)) == [("/steps", "give a recipe_id or steps, not both")]
    other = as_actor("member").post("/recipes", json={"title": "R", "steps": STEPS}).get_json()["id"]
    hidden, unknown = (faults(place.put(recipe_id=one))[0][1] for one in (other, "0" * 24))
    assert hidden.replace(other, "…") == unknown.replace("0" * 24, "…")


def test_what_does_not_fit_is_refused_at_its_place_and_a_hidden_column_is_like_none(place: Place) -> None:
    assert faults(place.put([{"op": "clean"}]))[0][0] == "/steps/0/columns"
    (fault,) = faults(place.put([*STEPS, {"op": "clean", "columns": ["raw_name"]}]))
    assert fault[0] == "/steps/3/columns"
    assert faults(place.put(STEPS, {"raw_name": "name"})) == [
        ("/mapping/raw_name", "the recipe of this source gives no such column; it gives label, dep")
    ]
    hidden, unknown = (faults(place.put([{"op": "clean", "columns": [key]}], {})) for key in ("secret", "nothing"))
    assert hidden[0][1].replace("secret", "nothing") == unknown[0][1]
    assert "secret" not in unknown[0][1]


def test_a_newer_version_that_lacks_a_column_is_told_by_check(place: Place) -> None:
    place.put(STEPS)
    form = {"file": (io.BytesIO(csv_bytes([{"dep": "1"}])), "table.csv")}
    place.lender.post(f"/datasets/{place.source}/reload", data=form, content_type="multipart/form-data")
    place.run_jobs()
    (problem,) = place.check()["problems"]
    assert problem["where"] == f"/sources/{place.source}/recipe/steps/0/columns"
    refused = place.owner.post(f"{place.project}/builds")
    assert problem["where"] in [pointer for pointer, _ in faults(refused, refused.status_code)]


def test_a_private_column_is_lent_where_the_recipe_takes_or_names_it(place: Place) -> None:
    place.let_lender_in()
    taken = [*STEPS, {"op": "copy", "columns": {"secret": "copied"}}]
    entry = place.put(taken, {**MAPPING, "copied": "secret"}, place.lender).get_json()["sources"][0]
    assert entry["loan"]["columns"] == ["secret"]
    # Who neither reads nor lends it goes on with what uses it already, and no further.
    assert place.put(taken, {**MAPPING, "copied": "secret"}).status_code == 200
    dataset = place.owner.get(f"/datasets/{place.built()}").get_json()
    assert (column(dataset, "secret")["cap"], column(dataset, "name")["cap"]) == ("collective", "opendata")
    place.level("dep", "private")
    refused = place.owner.get(f"{place.project}/check").get_json()["problems"]
    assert [one["where"] for one in refused] == [f"/sources/{place.source}"]


def test_what_neither_takes_nor_names_a_private_column_goes_without_it(place: Place) -> None:
    every = {"op": "clean", "columns": {"match": ".*"}, "case": "upper"}
    place.let_lender_in()
    entry = place.put([every], {"raw_name": "name"}, place.lender).get_json()["sources"][0]
    assert entry["loan"] is None
    found = place.owner.post(f"{place.project}/preview", json={}).get_json()
    assert [one["name"] for one in found["rows"]] == ["AIN", "AISNE", "ALLIER"]


def test_a_viewer_of_the_source_may_not_put_its_private_column_to_use(place: Place, as_actor: Any) -> None:
    body = {"open_level": "collective", "columns": [{"key": "secret", "open_level": "opendata"}]}
    assert place.lender.patch(f"/datasets/{place.source}", json=body).status_code == 200
    viewer = {"grade": "viewer"}
    assert place.lender.put(f"/datasets/{place.source}/team/{place.owner.user.id}", json=viewer).status_code == 200
    place.let_lender_in()
    place.put(STEPS, caller=place.lender)
    refused = place.put([*STEPS, FILTER])
    assert (refused.status_code, "'secret'" in refused.get_json()["detail"]) == (403, True)
    assert place.put(STEPS[1:], {}).status_code == 422


def test_rows_that_a_hidden_column_chose_are_not_previewed_and_the_choice_hands_on_no_cap(
    place: Place, as_actor: Any
) -> None:
    place.let_lender_in()
    assert place.put([*STEPS, FILTER], caller=place.lender, up_to="private").status_code == 200
    where = f"/sources/{place.source}/recipe/steps/3"
    assert where in [one["where"] for one in place.check()["warnings"]]
    editor = as_actor("member")
    assert place.owner.put(f"{place.project}/team/{editor.user.id}", json={"grade": "editor"}).status_code == 200
    other = editor.post(f"{place.project}/preview", json={}).get_json()
    assert (other["rows"], where in other["withheld"]) == ([], True)
    # The lender reads it in the source, and managers of the project what was lent to them.
    for caller in (place.lender, place.owner):
        found = caller.post(f"{place.project}/preview", json={}).get_json()
        assert [row["name"] for row in found["rows"]] == ["ALLIER", "AIN"]
    dataset = place.owner.get(f"/datasets/{place.built()}").get_json()
    assert {one["cap"] for one in dataset["columns"] if one["key"] in ("name", "dep")} == {"opendata"}


def test_a_column_that_is_no_longer_lent_stops_the_build_by_its_entry_alone(place: Place) -> None:
    place.let_lender_in()
    place.put([*STEPS, FILTER], caller=place.lender)
    place.owner.post(f"{place.project}/builds")
    project = place.project.removeprefix("/projects/")
    assert place.lender.delete(f"/datasets/{place.source}/loans/{project}").status_code == 204
    job = place.run_jobs()[-1]
    assert (job.state, job.error.kind) == ("failed", "source-unusable")
    assert place.source in job.error.detail and "secret" not in job.error.detail
    assert [one["where"] for one in place.check()["problems"]] == [f"/sources/{place.source}"]


def test_what_a_source_is_joined_with_is_a_source_too_and_caps_what_is_taken(place: Place, run_jobs: Any) -> None:
    labels = [{"code": "1", "label": "Ain (01)"}, {"code": "2", "label": "Aisne (02)"}]
    reference = make_dataset(place.owner, run_jobs, rows=labels)["id"]
    join = {"op": "join", "dataset_id": reference, "on": {"dep": "code"}, "columns": ["label"]}
    attached = place.put([join], {"label": "name", "dep": "dep"}).get_json()["sources"]
    assert [(one["dataset_id"], one["loan"] and one["loan"]["columns"]) for one in attached] == [
        (place.source, None), (reference, ["code", "label"]),
    ]  # fmt: skip
    assert place.owner.put(f"{place.project}/sources/{reference}", json={"up_to": "private"}).status_code == 200
    dataset = place.owner.get(f"/datasets/{place.built()}").get_json()
    assert (column(dataset, "name")["cap"], column(dataset, "dep")["cap"]) == ("private", "opendata")
    assert dataset["row_count"] == 3
    # Attached by nobody else's word: who does not read it can't join it.
    refused = place.put([join], caller=place.lender)
    assert refused.status_code in (403, 404)


def test_a_report_names_no_source_that_its_reader_may_not_read(place: Place, anonymous: Any) -> None:
    place.put(STEPS)
    dataset = place.built()
    body = {"open_level": "opendata"}
    assert place.owner.patch(f"/datasets/{dataset}", json=body).status_code == 200
    closed = {"open_level": "collective", "edit_level": "collective"}
    known = anonymous.get(f"/datasets/{dataset}/report").get_json()["steps"]
    assert [one["source"] for one in known if "source" in one] == [place.source] * 3
    # Its table is as open as its sources are: only a column left open elsewhere tells of a closed one.
    other = make_dataset(place.owner, place.run_jobs, rows=[{"dep": "9"}], open_level="opendata")["id"]
    assert place.owner.put(f"{place.project}/sources/{other}", json={"mapping": {"dep": "dep"}}).status_code == 200
    place.put(STEPS, {"label": "name"})
    place.built()
    place.lender.patch(f"/datasets/{place.source}", json=closed)
    answer = anonymous.get(f"/datasets/{dataset}/report")
    assert place.source not in answer.get_data(as_text=True)


def test_a_project_has_so_many_bytes_and_can_always_be_made_smaller(place: Place, monkeypatch: Any) -> None:
    """A document that is full could not be told that a source was closed."""
    noted = [{"op": "clean", "columns": ["dep"], "note": "n" * 9000}] * 10
    assert place.put(noted, {}).status_code == 200
    monkeypatch.setattr(sources, "MOST_BYTES", 50_000)
    ((pointer, message),) = faults(place.put([*noted, *noted], {}))
    assert pointer == "" and "at most 50000 bytes" in message
    assert faults(place.owner.put(f"{place.project}/recipe", json={"steps": noted}))[0][0] == ""
    assert place.put(noted[:9], {}).status_code == 200
    assert place.put(noted[:2], {}).status_code == 200


def test_a_project_has_so_many_steps_with_those_of_its_sources(place: Place, monkeypatch: Any) -> None:
    """Whoever reads a project may have all of them followed, by a check."""
    steps = [{"op": "clean", "columns": ["dep"]}] * 6
    assert place.put(steps, {}).status_code == 200
    monkeypatch.setattr(sources, "MOST_STEPS", 10)
    ((pointer, message),) = faults(place.owner.put(f"{place.project}/recipe", json={"steps": steps}))
    assert pointer == "" and "at most 10 steps" in message and "12" in message
    assert place.owner.put(f"{place.project}/recipe", json={"steps": steps[:4]}).status_code == 200


def test_closing_reaches_every_table_though_a_project_can_not_be_told(
    place: Place, backends: Any, monkeypatch: Any
) -> None:
    place.put(STEPS)
    first = place.built()
    copied = {"title": "P2", "open_level": "opendata"}
    model = place.owner.get(place.project).get_json()["model_id"]
    place.project = f"/projects/{place.owner.post('/projects', json=copied).get_json()['id']}"
    assert place.owner.put(f"{place.project}/model", json={"model_id": model}).status_code == 200
    place.put(STEPS)
    second = place.built()

    def full(*_: Any) -> None:
        raise RuntimeError("the document is too large")

    monkeypatch.setattr(lineage, "_tell", full)
    with suppress(RuntimeError):
        place.lender.patch(
            f"/datasets/{place.source}", json={"columns": [{"key": "raw_name", "open_level": "private"}]}
        )
    for dataset in (first, second):
        assert next(one for one in backends.datasets.find(dataset).columns if one.key == "name").cap == "private"
    lineage.catch_up(backends)
    assert backends.datasets.all_by(to_follow=True) == []


def preview(caller: Any, place: Place, **asked: Any) -> Any:
    answer = caller.post(f"{place.project}/preview", json={"source": place.source, **asked})
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def test_a_step_of_a_source_is_looked_at_before_and_after_it(place: Place) -> None:
    made = place.owner.post("/recipes", json={"title": "R", "steps": STEPS[1:]}).get_json()
    use = {"op": "use", "recipe_id": made["id"], "version": made["version"]}
    assert place.put([STEPS[0], use]).status_code == 200
    # The project's own recipe comes behind it, and need not fit.
    steps = [{"op": "clean", "columns": ["name"], "case": "lower"}, {"op": "clean", "columns": ["nonsense"]}]
    assert place.owner.put(f"{place.project}/recipe", json={"steps": steps}).status_code == 200
    told = preview(place.owner, place, step=2, inner=[1])
    assert told["step"] == {"n": 2, "op": "clean", "source": place.source, "inner": [1]}
    labels = [[row["label"] for row in told[side]["rows"]] for side in ("before", "after")]
    assert labels == [[" Ain ", "Aisne", "Allier"], ["AIN", "AISNE", "ALLIER"]]
    assert [one["key"] for one in told["before"]["columns"]] == ["label", "dep"]
    assert told["changed"][0] == {"before": [0], "after": 0, "what": "changed", "cells": ["label"]}
    assert (told["counts"], told["sample"]) == ({"changed": 3, "moved": 0}, {"rows": 3, "of": 3})
    (line,) = told["steps"]
    assert (line["source"], line["inner"], line["op"]) == (place.source, [1], "clean") and told["last_build"] is None
    assert place.owner.put(f"{place.project}/recipe", json={"steps": steps[:1]}).status_code == 200
    place.built()
    (counted,) = preview(place.owner, place, step=2, inner=[1])["last_build"]["steps"]
    assert (counted["source"], counted["inner"], counted["rows_out"]) == (place.source, [1], 3)
    place.put([use | {"off": True}, STEPS[0]])
    assert preview(place.owner, place, step=1)["last_build"] is None, "its recipe is another one"


def test_a_step_of_a_source_that_is_nowhere_or_does_not_fit(place: Place) -> None:
    place.put(STEPS)
    answer = place.owner.post(f"{place.project}/preview", json={"step": 4, "source": place.source})
    assert faults(answer) == [("/step", "the recipe of this source has 3 steps: there is no 4")]
    body = {"columns": [{"key": "raw_name", "open_level": "private"}]}
    assert place.lender.patch(f"/datasets/{place.source}", json=body).status_code == 200
    answer = place.owner.post(f"{place.project}/preview", json={"step": 1, "source": place.source})
    assert [pointer for pointer, _ in faults(answer)] == [f"/sources/{place.source}"]


def test_a_hidden_column_that_decides_in_a_source_withholds_its_step_and_later_ones(
    place: Place, as_actor: Any
) -> None:
    place.let_lender_in()
    steps = [STEPS[0], FILTER, STEPS[1]]
    assert place.put(steps, caller=place.lender, up_to="private").status_code == 200
    editor = as_actor("member")
    assert place.owner.put(f"{place.project}/team/{editor.user.id}", json={"grade": "editor"}).status_code == 200
    told = [preview(editor, place, step=n) for n in (1, 2, 3)]
    assert [len(one["after"]["rows"]) for one in told] == [3, 0, 0]
    assert all(f"/sources/{place.source}/recipe/steps/1" in one["withheld"] for one in told[1:])
    assert "secret" not in str(told[0]) and "planted" not in str(told)
    assert preview(place.lender, place, step=2)["counts"] == {"same": 2, "filtered": 1, "moved": 0}


def test_rejects_of_a_source_are_quoted_to_who_sees_all_that_its_step_has(place: Place, as_actor: Any) -> None:
    """A column that reaches no field: whoever reads all of the table need not read it."""
    place.let_lender_in()
    steps = [{"op": "to_integer", "columns": ["secret"]}, *STEPS]
    assert place.put(steps, caller=place.lender, up_to="private").status_code == 200
    editor = as_actor("member")
    assert place.owner.put(f"{place.project}/team/{editor.user.id}", json={"grade": "editor"}).status_code == 200
    told = preview(editor, place, step=1)
    assert "planted" not in str(told) and told["steps"][0]["rejects"] == {"count": None, "items": []}
    assert preview(place.owner, place, step=1)["steps"][0]["rejects"]["count"] == 3
