"""`/datasets/<id>/rejects`: nothing of a file is lost silently."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest


def test_every_text_that_no_cell_holds_is_listed_by_row(member: Any, run_jobs: Any) -> None:
    even = "".join(f"{n};x\n" for n in range(2, 1502))
    odd = "".join(f"n{n};x;beyond {n}\n" for n in range(1502, 3002))
    options = json.dumps({"header_row": 1, "types": {"a": "integer"}})
    form = {"file": (io.BytesIO(f"a;b\n{even}{odd}".encode()), "t.csv"), "title": "T", "options": options}
    answer = member.post("/datasets", data=form, content_type="multipart/form-data")
    run_jobs()
    dataset = member.get(f"/jobs/{answer.get_json()['id']}").get_json()["result"]["dataset_id"]
    page = member.get(f"/datasets/{dataset}/rejects?per_page=100&page=30").get_json()
    assert page["total"] == 3000
    told = [(one["row"], one["column"], one["text"]) for one in page["items"]]
    assert told[-2:] == [(3001, "a", "n3001"), (3001, "", "beyond 3001")]


def test_a_table_that_fits_has_no_rejects(member: Any, run_jobs: Any) -> None:
    form = {"file": (io.BytesIO(b"a;b\n1;x\n2;y\n"), "t.csv"), "title": "T"}
    answer = member.post("/datasets", data=form, content_type="multipart/form-data")
    run_jobs()
    dataset = member.get(f"/jobs/{answer.get_json()['id']}").get_json()["result"]["dataset_id"]
    assert member.get(f"/datasets/{dataset}/rejects").get_json()["items"] == []


def imported(member: Any, run_jobs: Any, data: bytes, **options: Any) -> str:
    form = {"file": (io.BytesIO(data), "t.csv"), "title": "T", "options": json.dumps(options)}
    answer = member.post("/datasets", data=form, content_type="multipart/form-data")
    run_jobs()
    return member.get(f"/jobs/{answer.get_json()['id']}").get_json()["result"]["dataset_id"]


def lines(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.get_json()
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_csv_of_a_file_names_rows_by_id_and_guards_formulas(member: Any, run_jobs: Any) -> None:
    dataset = imported(member, run_jobs, b"a;b\n1;x\n=2+3;y\n3;z\n", types={"a": "integer"})
    answer = member.get(f"/datasets/{dataset}/rejects.csv")
    assert answer.headers["X-Formula-Guard"] == "apostrophe"
    (told,) = lines(answer)
    row = member.get(f"/datasets/{dataset}/rows?b=y").get_json()["rows"][0]
    assert (told["source"], told["line"], told["row_id"]) == (dataset, "3", row["_id"])
    assert (told["column"], told["value"], told["correction"]) == ("a", "'=2+3", "")


@pytest.fixture
def built(member: Any, run_jobs: Any) -> dict[str, str]:
    """A built project of one source, two of whose cells do not fit the model."""
    source = imported(member, run_jobs, b"code;amount\n1;ten\n2;20\n3;thirty\n", types={"amount": "string"})
    made = [member.post("/fields", json={"name": name, "type": kind}).get_json()["id"]
            for name, kind in (("code", "string"), ("price", "integer"))]  # fmt: skip
    model = member.post("/models", json={"title": "M", "fields": [{"field_id": one} for one in made]}).get_json()["id"]
    project = member.post("/projects", json={"title": "P"}).get_json()["id"]
    member.put(f"/projects/{project}/model", json={"model_id": model})
    mapping = {"code": "code", "amount": "price"}
    member.put(f"/projects/{project}/sources/{source}", json={"mapping": mapping})
    member.post(f"/projects/{project}/builds")
    (job,) = run_jobs()
    assert job.state == "succeeded", job.error
    return {"source": source, "project": project, "dataset": job.result["dataset_id"]}


def test_all_rejects_of_a_build_are_kept_beside_its_version(member: Any, built: dict[str, str]) -> None:
    told = lines(member.get(f"/datasets/{built['dataset']}/rejects.csv"))
    rows = {row["code"]: row["_id"] for row in member.get(f"/datasets/{built['source']}/rows").get_json()["rows"]}
    assert [(one["step"], one["op"], one["line"], one["value"]) for one in told] == [
        ("1", "model", "2", "ten"), ("1", "model", "4", "thirty"),
    ]  # fmt: skip
    assert {(one["source"], one["source_column"], one["column"]) for one in told} == {
        (built["source"], "amount", "price")
    }
    assert [one["row_id"] for one in told] == [rows["1"], rows["3"]]
    page = member.get(f"/datasets/{built['dataset']}/rejects?per_page=1&page=2").get_json()
    assert (page["total"], page["items"][0]["text"]) == (2, "thirty")
    assert member.get(f"/datasets/{built['dataset']}/report").get_json()["rejects"] == {"count": 2, "kept": 2}


def test_rejects_of_a_build_are_for_managers_and_name_only_sources_that_these_read(
    member: Any, built: dict[str, str], as_actor: Any
) -> None:
    other = as_actor("member")
    for grade, status in (("editor", 403), ("manager", 200)):
        member.put(f"/projects/{built['project']}/team/{other.user.id}", json={"grade": grade})
        assert other.get(f"/datasets/{built['dataset']}/rejects").status_code == status
        assert other.get(f"/datasets/{built['dataset']}/rejects.csv").status_code == status
    told = lines(other.get(f"/datasets/{built['dataset']}/rejects.csv"))
    assert {(one["source"], one["row_id"], one["line"], one["source_column"]) for one in told} == {("", "", "", "")}
