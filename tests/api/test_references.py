"""Steps that read rows of other datasets: their versions, and the rights that go with their columns."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.factories import csv_bytes, make_dataset

PEOPLE = [
    {"code": "01", "name": "Ain", "secret": "planted-a"},
    {"code": "02", "name": "Aisne", "secret": "planted-b"},
    {"code": "02", "name": "Aisne encore", "secret": "planted-c"},
    {"code": "03", "name": "Allier", "secret": "planted-d"},
]
PLACES = [{"place": "p", "dep": "01"}, {"place": "q", "dep": "03"}, {"place": "r", "dep": "99"}]


class Place:
    """An open reference with a private column, an open source, and a project that stacks the source; one owner."""

    def __init__(self, as_actor: Any, run_jobs: Any) -> None:
        self.owner, self.run_jobs = as_actor("member"), run_jobs
        self.reference = make_dataset(self.owner, run_jobs, rows=PEOPLE, open_level="opendata")["id"]
        closed = {"columns": [{"key": "secret", "open_level": "private"}]}
        assert self.owner.patch(f"/datasets/{self.reference}", json=closed).status_code == 200
        self.source = make_dataset(self.owner, run_jobs, rows=PLACES, open_level="opendata")["id"]
        self.project = self.project_of(self.owner)

    def project_of(self, caller: Any) -> str:
        names = ("place", "dep", "name", "secret", "status")
        fields = [caller.post("/fields", json={"name": name, "type": "string"}).get_json()["id"] for name in names]
        shape = {"title": "M", "fields": [{"field_id": one} for one in fields]}
        model = caller.post("/models", json=shape).get_json()
        project = (
            f"/projects/{caller.post('/projects', json={'title': 'P', 'open_level': 'opendata'}).get_json()['id']}"
        )
        caller.put(f"{project}/model", json={"model_id": model["id"]})
        mapping = {"place": "place", "dep": "dep"}
        assert caller.put(f"{project}/sources/{self.source}", json={"mapping": mapping}).status_code == 200
        return project

    def lookup(self, **change: Any) -> dict[str, Any]:
        step = {"op": "lookup", "dataset_id": self.reference, "on": {"dep": "code"}, "columns": {"name": "name"}}
        return {**step, "no_match": "blank", **change}

    def put(self, *steps: dict[str, Any], caller: Any = None, project: str = "") -> Any:
        return (caller or self.owner).put(f"{project or self.project}/recipe", json={"steps": list(steps)})

    def lend_for_us_alone(self) -> None:
        """What is lent without a word ends nowhere, since the lender manages the project too."""
        body = {"up_to": "private"}
        assert self.owner.put(f"{self.project}/sources/{self.reference}", json=body).status_code == 200

    def built(self) -> dict[str, Any]:
        assert self.owner.post(f"{self.project}/builds").status_code == 202
        job = self.run_jobs()[-1]
        assert job.state == "succeeded", job.error
        found: dict[str, Any] = job.result
        return found

    def check(self) -> dict[str, Any]:
        found: dict[str, Any] = self.owner.get(f"{self.project}/check").get_json()
        return found

    def reload(self, rows: list[dict[str, str]]) -> None:
        form = {"file": (io.BytesIO(csv_bytes(rows)), "table.csv")}
        path = f"/datasets/{self.reference}/reload"
        assert self.owner.post(path, data=form, content_type="multipart/form-data").status_code == 202
        assert self.run_jobs()[-1].state == "succeeded"


@pytest.fixture
def place(as_actor: Any, run_jobs: Any) -> Place:
    return Place(as_actor, run_jobs)


def cells_of(caller: Any, dataset: str, *keys: str) -> list[tuple[Any, ...]]:
    rows = caller.get(f"/datasets/{dataset}/rows").get_json()["rows"]
    return [tuple(row.get(key) for key in keys) for row in rows]


def test_a_step_attaches_what_it_reads_and_rows_tell_where_they_come_from(place: Place) -> None:
    assert place.put(place.lookup()).status_code == 200
    assert place.check()["problems"] == []
    dataset = place.built()["dataset_id"]
    assert cells_of(place.owner, dataset, "place", "name") == [("p", "Ain"), ("q", "Allier"), ("r", None)]
    row = place.owner.get(f"/datasets/{dataset}/rows").get_json()["rows"][0]["_id"]
    origins = place.owner.get(f"/datasets/{dataset}/rows/{row}/origin").get_json()["origins"]
    assert [one["dataset_id"] for one in origins] == [place.source, place.reference]
    report = place.owner.get(f"/datasets/{dataset}/report").get_json()
    assert report["sources"][1] == {"dataset_id": place.reference, "version": 1, "reference": True}
    columns = {one["key"]: one for one in place.owner.get(f"/datasets/{dataset}/lineage").get_json()["columns"]}
    assert place.reference in str(columns["name"]) and place.reference not in str(columns["place"])


def test_a_private_column_stays_private_where_it_is_looked_up(place: Place, anonymous: Any) -> None:
    columns = {"name": "name", "secret": "secret"}
    assert place.put(place.lookup(columns=columns)).status_code == 200
    place.lend_for_us_alone()
    dataset = place.built()["dataset_id"]
    assert place.owner.patch(f"/datasets/{dataset}", json={"open_level": "opendata"}).status_code == 200
    assert cells_of(place.owner, dataset, "secret") == [("planted-a",), ("planted-d",), (None,)]
    assert cells_of(anonymous, dataset, "name", "secret") == [("Ain", None), ("Allier", None), (None, None)]
    for path in ("/rows", "/report", "/schema", "/export.csv", "/lineage"):
        assert "planted" not in anonymous.get(f"/datasets/{dataset}{path}").get_data(as_text=True)
    (warning,) = [one for one in place.check()["warnings"] if one["where"] == "/columns/secret"]
    assert "its cap is" in warning["message"]


def test_who_may_not_read_a_column_can_not_take_it(place: Place, as_actor: Any) -> None:
    stranger = as_actor("member")
    project = place.project_of(stranger)
    assert place.put(place.lookup(), caller=stranger, project=project).status_code == 200
    for step in (place.lookup(columns={"secret": "secret"}), place.lookup(on={"dep": "secret"})):
        answer = place.put(step, caller=stranger, project=project)
        assert answer.status_code == 422
        assert "there is no column 'secret'" in str(answer.get_json())


@pytest.mark.parametrize("how", ["join", "lookup", "semi", "diff"])
def test_keys_that_are_hidden_match_in_no_preview_and_are_warned_of(place: Place, as_actor: Any, how: str) -> None:
    on = {"dataset_id": place.reference, "on": {"place": "secret"}}
    step = {
        "join": {"op": "join", **on, "columns": ["name"]},
        "lookup": place.lookup(**on),
        "semi": {"op": "join", **on, "how": "semi"},
        "diff": {"op": "diff", **on, "columns": {}, "version": 1, "removed": False},
    }[how]
    assert place.put(step).status_code == 200
    place.lend_for_us_alone()
    (warning,) = [one for one in place.check()["warnings"] if "column 'secret' only chooses" in one["message"]]
    assert warning["where"] == "/recipe/steps/0"
    place.owner.patch(place.project, json={"open_level": "commons", "edit_level": "commons"})
    told = as_actor("member").post(f"{place.project}/preview", json={"rows": 10}).get_json()
    assert told["rows"] == [] and "/recipe/steps/0" in told["withheld"]
    assert len(place.owner.post(f"{place.project}/preview", json={"rows": 10}).get_json()["rows"]) >= (how != "semi")


def test_a_status_tells_of_compared_columns_only_to_who_reads_them(place: Place, anonymous: Any) -> None:
    step = {"op": "diff", "dataset_id": place.reference, "on": {"dep": "code"}, "columns": {"place": "secret"}}
    assert place.put({**step, "version": 1}).status_code == 200
    place.lend_for_us_alone()
    dataset = place.built()["dataset_id"]
    assert place.owner.patch(f"/datasets/{dataset}", json={"open_level": "opendata"}).status_code == 200
    assert ("planted-b", "removed") in cells_of(place.owner, dataset, "place", "status")
    shown = anonymous.get(f"/datasets/{dataset}/rows").get_data(as_text=True)
    assert "removed" not in shown and "planted" not in shown


def test_diff_compares_with_the_version_before_and_a_version_may_be_said(place: Place) -> None:
    place.reload([{**PEOPLE[0], "name": "AIN"}, {"code": "99", "name": "Étranger", "secret": "s"}])
    place.put({"op": "diff", "dataset_id": place.reference, "on": {"dep": "code"}, "columns": {}})
    dataset = place.built()["dataset_id"]
    before = [("01", "unchanged"), ("03", "unchanged"), ("99", "added"), ("02", "removed"), ("02", "removed")]
    assert cells_of(place.owner, dataset, "dep", "status") == before
    assert place.put(place.lookup(version=1)).status_code == 200
    place.built()
    assert cells_of(place.owner, dataset, "dep", "name") == [("01", "Ain"), ("03", "Allier"), ("99", None)]
    read = place.owner.get(f"/datasets/{dataset}/lineage").get_json()["sources"]
    assert [one["version"] for one in read if one["dataset_id"] == place.reference] == [2, 1]
    place.put(place.lookup())
    place.built()
    assert cells_of(place.owner, dataset, "dep", "name") == [("01", "AIN"), ("03", None), ("99", "Étranger")]


def test_what_is_not_there_is_told_before_a_row_is_read(place: Place) -> None:
    place.put(place.lookup(version=7))
    (problem,) = place.check()["problems"]
    assert problem["where"] == "/recipe/steps/0/dataset_id" and "version 7" in problem["message"]
    # There is only one version, so none before it.
    place.put({"op": "diff", "dataset_id": place.reference, "on": {"dep": "code"}, "columns": {}})
    assert [one["where"] for one in place.check()["problems"]] == ["/recipe/steps/0/dataset_id"]
    place.put(place.lookup())
    assert place.check()["problems"] == []
    assert place.owner.delete(f"{place.project}/sources/{place.reference}").status_code == 200
    assert {one["where"] for one in place.check()["problems"]} == {"/recipe", "/recipe/steps/0/dataset_id"}


def test_a_newer_version_of_a_reference_makes_the_project_stale(place: Place) -> None:
    place.put(place.lookup())
    place.built()
    place.reload([PEOPLE[0]])
    assert place.owner.get(place.project).get_json()["stale"]["reasons"]


def test_a_private_column_of_an_old_version_that_is_gone_is_read_by_nobody(place: Place) -> None:
    place.reload([{"code": "01", "name": "Ain"}])
    place.put(place.lookup(columns={"secret": "secret"}, version=1))
    (problem,) = place.check()["problems"]
    assert problem["where"] == "/recipe/steps/0/columns" and "unknown column 'secret'" in problem["message"]


def test_a_preview_reads_what_a_reference_holds_now_though_it_keeps_what_it_read(place: Place) -> None:
    """One step by key and one by every value of a column; a correction and a reload are seen by the next preview."""
    rule = {"check": "foreign_key", "column": "dep", "dataset_id": place.reference, "reference_column": "code"}
    place.put(place.lookup(), {"op": "validate", "rules": [rule], "on_error": "reject_cell"})

    def seen() -> list[tuple[Any, Any]]:
        told = place.owner.post(f"{place.project}/preview", json={"step": 2}).get_json()
        return [(row["dep"], row["name"]) for row in told["after"]["rows"]]

    assert seen() == seen() == [("01", "Ain"), ("03", "Allier"), (None, None)]
    said = {"line": 2, "column": "name", "value": "AIN", "reason": "capitals"}
    assert place.owner.post(f"/datasets/{place.reference}/corrections", json=said).status_code == 201
    assert seen() == [("01", "AIN"), ("03", "Allier"), (None, None)]
    place.reload([{"code": "01", "name": "Ain", "secret": "s"}, {"code": "99", "name": "Étranger", "secret": "s"}])
    assert seen()[1:] == [(None, None), ("99", "Étranger")]
