"""Rejects of steps in a source's own recipe, in a `use` and in a run: corrected in place, and done again after."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

ROWS = b"code;amount\n1;10\n2;ten\n3;30\n"
TEXT = '{"types": {"code": "string", "amount": "string"}}'
WHOLE = {"op": "to_integer", "columns": ["sum"]}
MADE = {"made": 1, "blank": 0, "of_other_sources": 0}
STEPS = [{"op": "rename", "columns": {"amount": "sum"}}, WHOLE]


class Place:
    """A source with a text that is no number, and what sends its rejects back."""

    def __init__(self, member: Any, run_jobs: Any) -> None:
        self.member, self.run_jobs = member, run_jobs
        self.source = self.upload("/datasets", ROWS, options=TEXT)

    def upload(self, path: str, data: bytes, **more: Any) -> str:
        form = {"file": (io.BytesIO(data), "t.csv"), **more}
        answer = self.member.post(path, data=form, content_type="multipart/form-data")
        assert answer.status_code == 202, answer.get_json()
        return str(self.run_jobs()[-1].result["dataset_id"])

    def project(self, *steps: Any, kind: str = "integer", **entry: Any) -> str:
        """The path of a project of the source, whose entry has this recipe."""
        fields = [
            self.member.post("/fields", json={"name": name, "type": type_}).get_json()["id"]
            for name, type_ in (("code", "string"), ("sum", kind))
        ]
        shape = {"title": "M", "fields": [{"field_id": one} for one in fields]}
        model = self.member.post("/models", json=shape).get_json()["id"]
        path = f"/projects/{self.member.post('/projects', json={'title': 'P'}).get_json()['id']}"
        self.member.put(f"{path}/model", json={"model_id": model})
        answer = self.member.put(f"{path}/sources/{self.source}", json=entry)
        assert answer.status_code == 200, answer.get_json()
        assert self.member.put(f"{path}/recipe", json={"steps": list(steps)}).status_code == 200
        return path

    def build(self, project: str) -> str:
        self.member.post(f"{project}/builds")
        job = self.run_jobs()[-1]
        assert job.state == "succeeded", job.error
        return f"/datasets/{job.result['dataset_id']}"

    def recipe(self, *steps: Any) -> str:
        made = self.member.post("/recipes", json={"title": "R", "steps": list(steps)})
        assert made.status_code == 201, made.get_json()
        return str(made.get_json()["id"])

    def run(self, recipe: str, into: str) -> str:
        answer = self.member.post(f"/recipes/{recipe}/runs", json={"dataset_id": self.source, "into": into})
        assert answer.status_code == 202, answer.get_json()
        job = self.run_jobs()[-1]
        assert job.state == "succeeded", job.error
        return f"/datasets/{job.result['dataset_id']}"

    def amounts(self, table: str, key: str = "sum") -> list[tuple[str, Any]]:
        return [(row["code"], row[key]) for row in self.member.get(f"{table}/rows").get_json()["rows"]]

    def rejects(self, table: str, version: int | None = None) -> list[dict[str, str]]:
        query = {"version": version} if version else {}
        text = self.member.get(f"{table}/rejects.csv", query_string=query).get_data(as_text=True)
        return list(csv.DictReader(io.StringIO(text)))

    def send_back(self, table: str, correction: str, version: int | None = None) -> Any:
        """The rejects as they were downloaded, with this in the only line."""
        (line,) = self.rejects(table, version)
        line["correction"] = correction
        out = io.StringIO()
        writer = csv.DictWriter(out, line.keys())
        writer.writeheader()
        writer.writerow(line)
        form = {"file": (io.BytesIO(out.getvalue().encode()), "rejects.csv")}
        path = f"/datasets/{self.source}/corrections/file"
        return self.member.post(path, data=form, content_type="multipart/form-data").get_json()


@pytest.fixture
def place(member: Any, run_jobs: Any) -> Place:
    return Place(member, run_jobs)


def where(place: Place, table: str) -> list[tuple[str, ...]]:
    names = ("recipe", "step", "op", "line", "source_column", "column", "value")
    return [tuple(one[name] for name in names) for one in place.rejects(table)]


def test_rejects_of_a_sources_own_recipe_are_corrected_in_place_and_hold_in_the_next_build(place: Place) -> None:
    project = place.project(steps=STEPS, mapping={"code": "code", "sum": "sum"})
    table = place.build(project)
    assert where(place, table) == [("source", "2", "to_integer", "3", "amount", "sum", "ten")]
    assert place.amounts(table) == [("1", 10), ("2", None), ("3", 30)]
    assert place.send_back(table, "20") == MADE
    assert place.member.get(project).get_json()["stale"]["reasons"] == ["a source was corrected"]
    place.build(project)
    assert place.amounts(table) == [("1", 10), ("2", 20), ("3", 30)]
    assert place.rejects(table) == []


def test_rejects_inside_a_used_recipe_say_their_step_and_are_corrected(place: Place) -> None:
    use = {"op": "use", "recipe_id": place.recipe(WHOLE), "version": 1}
    project = place.project(use, kind="string", mapping={"code": "code", "amount": "sum"})
    table = place.build(project)
    (reject,) = place.member.get(f"{table}/rejects").get_json()["items"]
    assert (reject["step"], reject["op"], reject["source_column"]) == ("1.1", "to_integer", "amount")
    assert place.send_back(table, "20") == MADE
    place.build(project)
    assert (place.rejects(table), place.amounts(table)[1]) == ([], ("2", "20"))


@pytest.mark.parametrize("nests", [False, True])
def test_rejects_of_a_run_are_corrected_in_the_dataset_that_it_read(place: Place, nests: bool) -> None:
    recipe = place.recipe(*STEPS)
    if nests:
        recipe = place.recipe({"op": "use", "recipe_id": recipe, "version": 1})
    table = place.run(recipe, "new_dataset")
    assert [one[3:] for one in where(place, table)] == [("3", "amount", "sum", "ten")]
    assert place.send_back(table, "20") == MADE
    again = place.run(recipe, "new_dataset")
    assert (place.rejects(again), place.amounts(again)[1]) == ([], ("2", 20))


def test_rejects_of_a_run_into_the_next_version_are_corrected_in_the_version_before_it(place: Place) -> None:
    """Its rows are others by now, and so are its columns."""
    recipe = place.recipe(*STEPS)
    table = place.run(recipe, "new_version")
    assert [one[3:] for one in where(place, table)] == [("3", "amount", "sum", "ten")]
    before = "; a recipe made it of version 1: restore that, correct it, and run the recipe again"
    answer = place.send_back(table, "20")
    assert [one["message"] for one in answer["errors"]] == [f"there is no column 'amount'{before}"]
    assert place.member.post(f"{table}/versions/1/restore").status_code == 202
    place.run_jobs()
    assert place.send_back(table, "20", version=2) == MADE
    place.run(recipe, "new_version")
    assert (place.rejects(table), place.amounts(table)) == ([], [("1", 10), ("2", 20), ("3", 30)])


def test_of_a_run_that_keeps_the_columns_rows_are_found_by_their_key(place: Place) -> None:
    recipe = place.recipe(WHOLE | {"columns": ["amount"]})
    table = place.run(recipe, "new_version")
    (fault,) = place.send_back(table, "20")["errors"]
    assert (fault["pointer"], "restore that" in fault["message"]) == ("/lines/2/row_id", True)
    place.member.post(f"{table}/versions/1/restore")
    place.run_jobs()
    place.member.patch(table, json={"key": ["code"]})
    place.run_jobs()
    place.run(recipe, "new_version")
    assert place.send_back(table, "20") == MADE
    place.run(recipe, "new_version")
    assert (place.rejects(table), place.amounts(table, "amount")[1]) == ([], ("2", 20))
