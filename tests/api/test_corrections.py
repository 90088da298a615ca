"""`/datasets/<id>/corrections`: cells of a source mended in a layer that builds and previews read through."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

ROWS = b"code;city;amount\n1;Paris;10\n2;Lyonn;ten\n3;Nice;30\n"


def send(caller: Any, run_jobs: Any, path: str, data: bytes, **options: Any) -> str:
    form = {"file": (io.BytesIO(data), "t.csv"), **options}
    answer = caller.post(path, data=form, content_type="multipart/form-data")
    assert answer.status_code == 202, answer.get_json()
    (job,) = run_jobs()
    assert job.state == "succeeded", job.error
    return job.result["dataset_id"]


@pytest.fixture
def source(member: Any, run_jobs: Any) -> str:
    """The path of a source with a cell that does not fit its type, and one that is wrong."""
    options = json.dumps({"types": {"amount": "integer", "code": "string"}})
    return f"/datasets/{send(member, run_jobs, '/datasets', ROWS, title='T', options=options)}"


@pytest.fixture
def project(member: Any, source: str) -> str:
    """The path of a project that is made of it, not built yet."""
    kinds = {"code": "string", "city": "string", "amount": "integer"}
    made = [member.post("/fields", json={"name": name, "type": kind}).get_json()["id"] for name, kind in kinds.items()]
    model = member.post("/models", json={"title": "M", "fields": [{"field_id": one} for one in made]}).get_json()["id"]
    path = f"/projects/{member.post('/projects', json={'title': 'P'}).get_json()['id']}"
    member.put(f"{path}/model", json={"model_id": model})
    member.put(f"{path}/sources/{source.rpartition('/')[2]}", json={"mapping": {name: name for name in kinds}})
    return path


def correct(caller: Any, source: str, status: int = 201, **said: Any) -> Any:
    answer = caller.post(f"{source}/corrections", json=said)
    assert answer.status_code == status, answer.get_json()
    return answer.get_json()


def build(member: Any, run_jobs: Any, project: str) -> str:
    """The path of the built table."""
    member.post(f"{project}/builds")
    (job,) = run_jobs()
    assert job.state == "succeeded", job.error
    return f"/datasets/{job.result['dataset_id']}"


def cells(member: Any, path: str) -> list[tuple[Any, ...]]:
    rows = member.get(f"{path}/rows").get_json()["rows"]
    return [(row["code"], row["city"], row["amount"]) for row in rows]


def pointers(answer: dict[str, Any]) -> list[str]:
    return [one["pointer"] for one in answer["errors"]]


def test_builds_and_previews_read_what_is_said_and_the_source_stays_what_its_file_says(
    member: Any, run_jobs: Any, source: str, project: str
) -> None:
    rows = member.get(f"{source}/rows").get_json()["rows"]
    made = correct(member, source, row_id=rows[1]["_id"], column="city", value="Lyon", reason="a slip")
    assert (made["old"], made["value"], made["by"], made["state"]) == ("Lyonn", "Lyon", member.user.id, "applies")
    correct(member, source, line=3, column="amount", value=20)
    wanted = [("1", "Paris", 10), ("2", "Lyon", 20), ("3", "Nice", 30)]
    preview = member.post(f"{project}/preview", json={"rows": 10}).get_json()["rows"]
    assert [(row["code"], row["city"], row["amount"]) for row in preview] == wanted
    table = build(member, run_jobs, project)
    assert cells(member, table) == wanted
    told = member.get(f"{table}/report").get_json()["corrections"]
    identifier = source.rpartition("/")[2]
    assert told == [
        {"dataset_id": identifier, "version": 1, "count": 2, "applied": 2, "lost": {"count": 0, "items": []}}
    ]
    assert member.get(f"{source}/rows").get_json()["rows"] == rows


def test_a_later_one_takes_its_place_and_one_that_is_undone_is_gone(
    member: Any, run_jobs: Any, source: str, project: str
) -> None:
    correct(member, source, line=3, column="city", value="Lion", reason="so it sounds")
    table = build(member, run_jobs, project)
    made = correct(member, source, line=3, column="city", value=None)
    assert member.get(project).get_json()["stale"]["reasons"] == ["a source was corrected"]
    (listed,) = member.get(f"{source}/corrections").get_json()["items"]
    assert listed == made
    assert (made["value"], made["old"]) == (None, "Lyonn")
    assert [(one["value"], one["reason"]) for one in made["earlier"]] == [("Lion", "so it sounds")]
    build(member, run_jobs, project)
    assert cells(member, table)[1] == ("2", None, None)
    assert member.delete(f"{source}/corrections/{made['id']}").status_code == 204
    assert member.delete(f"{source}/corrections/{made['id']}").status_code == 404
    build(member, run_jobs, project)
    assert cells(member, table)[1] == ("2", "Lyonn", None)


def test_rows_have_the_ids_of_what_their_file_says_so_that_more_cells_can_be_corrected(
    member: Any, source: str
) -> None:
    row = member.get(f"{source}/rows").get_json()["rows"][0]["_id"]
    first = correct(member, source, row_id=row, column="city", value="Paname")
    second = correct(member, source, row_id=row, column="code", value="75")
    assert {first["row_id"], second["row_id"]} == {row}


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"line": 2, "column": "amount", "value": "ten"}, "/value"),
        ({"line": 2, "column": "amount", "value": [1]}, "/value"),
        ({"line": 2, "column": "nothing", "value": "x"}, "/column"),
        ({"line": 99, "column": "city", "value": "x"}, "/line"),
        ({"row_id": "nobody", "column": "city", "value": "x"}, "/row_id"),
        ({"column": "city", "value": "x"}, "/row_id"),
        ({"row_id": "a", "line": 2, "column": "city", "value": "x"}, "/row_id"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_is(member: Any, source: str, said: Any, pointer: str) -> None:
    assert pointers(correct(member, source, 422, **said)) == [pointer]
    assert member.get(f"{source}/corrections").get_json()["total"] == 0


def test_a_reload_tells_which_corrections_still_find_their_row(
    member: Any, run_jobs: Any, source: str, project: str
) -> None:
    kept = correct(member, source, line=2, column="city", value="Paname")
    lost = correct(member, source, line=3, column="city", value="Lyon")
    send(member, run_jobs, f"{source}/reload", b"code;city;amount\n3;Nice;30\n1;Paris;10\n")
    told = member.get(f"{source}/report").get_json()["corrections"]
    assert told == {"count": 2, "lost": {"count": 1, "items": [{"id": lost["id"], "why": "row_gone"}]}}
    listed = {one["id"]: one["state"] for one in member.get(f"{source}/corrections").get_json()["items"]}
    assert listed == {kept["id"]: "applies", lost["id"]: "row_gone"}
    table = build(member, run_jobs, project)
    assert cells(member, table) == [("3", "Nice", 30), ("1", "Paname", 10)]
    (built,) = member.get(f"{table}/report").get_json()["corrections"]
    assert (built["applied"], built["lost"]["items"]) == (1, [{"id": lost["id"], "why": "row_gone"}])


def test_a_hidden_column_can_not_be_corrected_and_its_corrections_are_no_ones_business(
    member: Any, source: str, as_actor: Any
) -> None:
    other = as_actor("member")
    member.put(f"{source}/team/{other.user.id}", json={"grade": "contributor"})
    made = correct(member, source, line=2, column="city", value="Paname")
    shown = correct(other, source, line=2, column="code", value="75")
    member.patch(source, json={"columns": [{"key": "city", "open_level": "private"}]})
    page = other.get(f"{source}/corrections").get_json()
    assert (page["total"], [one["id"] for one in page["items"]]) == (1, [shown["id"]])
    hidden = correct(other, source, 422, line=2, column="city", value="x")
    unknown = correct(other, source, 422, line=2, column="no", value="x")
    assert hidden["errors"][0]["message"].replace("city", "no") == unknown["errors"][0]["message"]
    assert other.delete(f"{source}/corrections/{made['id']}").status_code == 404


def filled_in(answer: Any, corrections: dict[str, str]) -> bytes:
    """Rejects as they were downloaded, with these corrections by the value that was refused."""
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    made = io.StringIO()
    writer = csv.DictWriter(made, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows({**row, "correction": corrections.get(row["value"], "")} for row in rows)
    # As a spreadsheet may save it.
    return made.getvalue().encode("utf-8-sig")


def correct_by_file(caller: Any, source: str, data: bytes) -> Any:
    form = {"file": (io.BytesIO(data), "rejects.csv")}
    return caller.post(f"{source}/corrections/file", data=form, content_type="multipart/form-data")


def test_rejects_of_a_file_are_sent_back_corrected(member: Any, run_jobs: Any, source: str, project: str) -> None:
    data = filled_in(member.get(f"{source}/rejects.csv"), {"ten": "20"})
    assert correct_by_file(member, source, data).get_json() == {"made": 1, "blank": 0, "of_other_sources": 0}
    (listed,) = member.get(f"{source}/corrections").get_json()["items"]
    assert (listed["column"], listed["value"], listed["old"]) == ("amount", "20", None)
    assert cells(member, build(member, run_jobs, project))[1] == ("2", "Lyonn", 20)


def test_rejects_of_a_build_are_sent_back_to_the_source_that_they_are_of(
    member: Any, run_jobs: Any, source: str, project: str
) -> None:
    other = "/datasets/" + send(member, run_jobs, "/datasets", b"id;total\n8;many\n9;few\n", title="U")
    mapping = {"id": "code", "total": "amount"}
    member.put(f"{project}/sources/{other.rpartition('/')[2]}", json={"mapping": mapping})
    member.put(f"{project}/sources/{source.rpartition('/')[2]}", json={"mapping": {"code": "code", "city": "amount"}})
    table = build(member, run_jobs, project)
    data = filled_in(member.get(f"{table}/rejects.csv"), {"many": "80", "Paris": "10"})
    assert correct_by_file(member, other, data).get_json() == {"made": 1, "blank": 3, "of_other_sources": 1}
    build(member, run_jobs, project)
    assert [row[2] for row in cells(member, table)] == [None, None, None, 80, None]


def test_a_file_is_taken_whole_or_not_at_all(member: Any, source: str) -> None:
    data = b"line,column,correction\n2,city,Paname\n3,amount,eleven\n99,city,x\n,city,x\n"
    refused = correct_by_file(member, source, data)
    assert (refused.status_code, pointers(refused.get_json())) == (422, ["/lines/5/row_id"])
    refused = correct_by_file(member, source, data.rpartition(b",city")[0])
    assert pointers(refused.get_json()) == ["/lines/3/value"]
    assert member.get(f"{source}/corrections").get_json()["total"] == 0
    assert pointers(correct_by_file(member, source, b"a,b\n1,2\n").get_json()) == ["file"]


def test_with_the_dataset_its_corrections_are_gone(member: Any, source: str, backends: Any) -> None:
    made = correct(member, source, line=2, column="city", value="x")
    member.delete(f"{source}?forever=true")
    assert backends.corrections.find(made["id"]) is None


def test_other_datasets_that_steps_read_are_corrected_too(
    member: Any, run_jobs: Any, source: str, project: str
) -> None:
    names = send(member, run_jobs, "/datasets", b"key;name\nA;Paris\nB;Lyonn\nC;Nizza\n", title="N")
    rules = [{"column": "city", "check": "foreign_key", "dataset_id": names, "reference_column": "name",
              "on_failure": "reject"}]  # fmt: skip
    recipe = member.put(f"{project}/recipe", json={"steps": [{"op": "validate", "rules": rules}]})
    assert recipe.status_code == 200, recipe.get_json()
    correct(member, f"/datasets/{names}", line=4, column="name", value="Nice")
    table = build(member, run_jobs, project)
    assert [row[1] for row in cells(member, table)] == ["Paris", "Lyonn", "Nice"]


def test_a_built_table_is_corrected_in_its_sources(member: Any, run_jobs: Any, project: str) -> None:
    table = build(member, run_jobs, project)
    assert correct(member, table, 409, line=2, column="city", value="x")["type"] == "/problems/conflict"


def test_why_a_cell_is_what_it_is_is_told_under_the_corrections_of_its_build(
    member: Any, run_jobs: Any, source: str, project: str
) -> None:
    correct(member, source, line=3, column="city", value="Lyon")
    table = build(member, run_jobs, project)
    correct(member, source, line=3, column="city", value="Limoges")
    row = member.get(f"{table}/rows").get_json()["rows"][1]
    told = member.get(f"{table}/rows/{row['_id']}/why").get_json()
    assert "Lyon" in json.dumps(told) and "Limoges" not in json.dumps(told)
