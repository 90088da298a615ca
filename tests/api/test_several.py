"""`options.sheets: "all"`: a dataset of each sheet, by one job."""

from __future__ import annotations

import io
from typing import Any

import openpyxl

from solidata_api.domain.errors import Cancelled
from solidata_api.services import imports, publishing
from tests.api.test_retry import upload


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


ROWS = [["code", "name"], ["01", "Ain"], ["02", "Aisne"]]
TWO = workbook(North=ROWS, South=[["a", "b"], ["x", "y"]])


def imported(caller: Any, run_jobs: Any, data: bytes = TWO, **options: Any) -> dict[str, Any]:
    asked = upload(caller, data, title="Book", options={"sheets": "all", **options})
    run_jobs()
    return caller.get(f"/jobs/{asked['id']}").get_json()


def test_each_sheet_becomes_a_dataset_of_its_name(member: Any, run_jobs: Any) -> None:
    result = imported(member, run_jobs)["result"]
    assert [one["sheet"] for one in result["datasets"]] == ["North", "South"]
    assert result["dataset_id"] == result["datasets"][0]["dataset_id"]
    titles = [member.get(f"/datasets/{one['dataset_id']}").get_json()["title"] for one in result["datasets"]]
    assert titles == ["Book – North", "Book – South"]
    rows = member.get(f"/datasets/{result['datasets'][1]['dataset_id']}/rows").get_json()["rows"]
    assert [(row["a"], row["b"]) for row in rows] == [("x", "y")]


def test_a_blank_sheet_is_skipped_and_named(member: Any, run_jobs: Any) -> None:
    result = imported(member, run_jobs, workbook(Blank=[], North=ROWS))["result"]
    assert [one["sheet"] for one in result["datasets"]] == ["North"]
    assert "Blank" in result["skipped"] + [one["sheet"] for one in result["failed"]]


def test_a_sheet_that_does_not_fit_keeps_none_of_the_others_back(member: Any, run_jobs: Any) -> None:
    result = imported(member, run_jobs, types={"code": "string"})["result"]
    assert [one["sheet"] for one in result["datasets"]] == ["North"]
    (failed,) = result["failed"]
    assert failed["sheet"] == "South" and failed["error"]["type"] == "/problems/wrong-option"


def test_where_every_sheet_fails_so_does_the_job_and_it_can_be_retried(member: Any, run_jobs: Any) -> None:
    job = imported(member, run_jobs, types={"nothing": "string"})
    assert job["state"] == "failed" and job["error"]["type"] == "/problems/wrong-option"
    again = member.post(f"/jobs/{job['id']}/retry", json={"options": {"types": None}}).get_json()
    run_jobs()
    assert len(member.get(f"/jobs/{again['id']}").get_json()["result"]["datasets"]) == 2


def test_all_share_the_file_and_keep_it_while_one_is_left(member: Any, run_jobs: Any, backends: Any) -> None:
    first, second = (one["dataset_id"] for one in imported(member, run_jobs)["result"]["datasets"])
    member.delete(f"/datasets/{first}?forever=true")
    assert member.get(f"/datasets/{second}/original").get_data() == TWO
    assert member.get(f"/datasets/{second}/rows").get_json()["total"] == 1
    member.delete(f"/datasets/{second}?forever=true")
    assert backends.tables.listed("uploads") == []


def test_an_attempt_killed_while_it_published_makes_nothing_twice(
    member: Any, run_jobs: Any, backends: Any, monkeypatch: Any
) -> None:
    asked = upload(member, TWO, title="Book", options={"sheets": "all"})
    publish, told = publishing.publish, []

    def killed_at_the_second(*arguments: Any) -> Any:
        told.append(arguments)
        if len(told) == 2:
            raise MemoryError
        return publish(*arguments)

    job = backends.jobs.claim(asked["id"])
    monkeypatch.setattr(publishing, "publish", killed_at_the_second)
    try:
        imports.execute(backends, job, lambda *_: None)
    except MemoryError:
        monkeypatch.setattr(publishing, "publish", publish)
    backends.jobs.requeue(job.id, job.fence)
    assert member.get("/datasets").get_json()["total"] == 1
    run_jobs()
    result = member.get(f"/jobs/{asked['id']}").get_json()["result"]
    assert [one["sheet"] for one in result["datasets"]] == ["North", "South"]
    assert member.get("/datasets").get_json()["total"] == 2


def test_what_a_cancelled_import_of_several_read_is_swept(
    member: Any, run_jobs: Any, backends: Any, monkeypatch: Any
) -> None:
    def cancelled(*_: Any) -> Any:
        raise Cancelled("cancelled")

    monkeypatch.setattr(publishing, "publish", cancelled)
    asked = upload(member, TWO, options={"sheets": "all"})
    run_jobs()
    assert backends.jobs.get(asked["id"]).state == "cancelled"
    root = backends.settings.data_dir / "tables"
    assert [path for path in root.rglob("*") if path.is_file()] == []


def test_a_reader_is_told_of_the_tables_that_they_may_read(
    member: Any, run_jobs: Any, as_actor: Any, backends: Any
) -> None:
    job = imported(member, run_jobs)
    first, second = (one["dataset_id"] for one in job["result"]["datasets"])
    editor = as_actor("member")
    member.put(f"/datasets/{first}/team/{editor.user.id}", json={"grade": "editor"})
    seen = editor.get(f"/jobs/{job['id']}").get_json()["result"]
    assert [one["dataset_id"] for one in seen["datasets"]] == [first]
    assert second not in str(seen)
