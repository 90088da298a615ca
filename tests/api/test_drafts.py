"""`options.draft`: the file is read and shown, nothing is made until its sender publishes."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

from solidata_api.domain.documents import now
from solidata_api.services import drafts
from tests.api.test_retry import upload
from tests.api.test_several import TWO, workbook

TABLE = b"code;total\n01001;1\n01002;2\n01003;x\n"


def draft(caller: Any, run_jobs: Any, data: bytes = TABLE, **options: Any) -> dict[str, Any]:
    asked = upload(caller, data, options={"draft": True, **options})
    run_jobs()
    job = caller.get(f"/jobs/{asked['id']}").get_json()
    assert job["state"] == "succeeded", job["error"]
    return job


def retried(caller: Any, run_jobs: Any, job: dict[str, Any], **options: Any) -> dict[str, Any]:
    answer = caller.post(f"/jobs/{job['id']}/retry", json={"options": options})
    assert answer.status_code == 202, answer.get_json()
    run_jobs()
    return caller.get(f"/jobs/{answer.get_json()['id']}").get_json()


def test_a_draft_shows_columns_rows_options_and_report(member: Any, run_jobs: Any) -> None:
    shown = draft(member, run_jobs)["result"]["draft"]
    assert [column["key"] for column in shown["columns"]] == ["code", "total"]
    assert shown["columns"][0]["sample"] == ["01001", "01002", "01003"]
    assert shown["columns"][0]["confidence"] is not None
    assert shown["rows"][0]["code"] == "01001" and shown["row_count"] == 3
    assert shown["options"]["delimiter"] == ";" and shown["options"]["types"]["code"] == "string"
    assert shown["report"]["delimiter"] == ";" and shown["cut"] is False


def test_a_draft_makes_no_dataset_and_leaves_no_rows(member: Any, run_jobs: Any, backends: Any) -> None:
    draft(member, run_jobs)
    assert backends.datasets.all_by() == backends.versions.all_by() == []
    folder = backends.settings.data_dir / "tables" / "datasets"
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_the_user_corrects_and_publishes(member: Any, run_jobs: Any) -> None:
    job = retried(member, run_jobs, draft(member, run_jobs), types={"total": "integer"})
    dataset = member.get(f"/datasets/{job['result']['dataset_id']}").get_json()
    assert {column["key"]: column["type"] for column in dataset["columns"]}["total"] == "integer"
    cells = member.get(f"/datasets/{dataset['id']}/report").get_json()["misfits"]["cells"]
    assert [cell["text"] for cell in cells] == ["x"]


def test_a_draft_of_every_sheet_shows_each(member: Any, run_jobs: Any, backends: Any) -> None:
    data = workbook(
        Communes=[["code", "n"], ["01", 1]], Blank=[], Villes=[["nom", "d"], ["Ain", "2026-01-31"], ["x", "y"]]
    )
    job = draft(member, run_jobs, data, sheets="all")
    shown = job["result"]["draft"]
    assert [(one["sheet"], one["row_count"]) for one in shown["tables"]] == [("Communes", 1), ("Villes", 2)]
    assert [[column["key"] for column in one["columns"]] for one in shown["tables"]] == [["code", "n"], ["nom", "d"]]
    assert shown["tables"][1]["rows"] == [{"nom": "Ain", "d": "2026-01-31"}, {"nom": "x", "d": "y"}]
    assert shown["tables"][1]["options"]["sheet"] == "Villes"
    assert shown["columns"] == shown["tables"][0]["columns"] and shown["row_count"] == 1
    assert [one["sheet"] for one in shown["failed"]] == ["Blank"]
    assert shown["failed"][0]["error"]["type"].startswith("/problems/")
    assert not [path for path in (backends.settings.data_dir / "tables" / "datasets").rglob("*") if path.is_file()]
    done = retried(member, run_jobs, job)["result"]
    assert [one["sheet"] for one in done["datasets"]] == ["Communes", "Villes"]


def test_one_sheet_of_a_draft_of_all_can_be_published(member: Any, run_jobs: Any) -> None:
    job = draft(member, run_jobs, TWO, sheets="all")
    south = job["result"]["draft"]["tables"][1]
    done = retried(member, run_jobs, job, **{**south["options"], "sheets": None})["result"]
    rows = member.get(f"/datasets/{done['dataset_id']}/rows").get_json()["rows"]
    assert [{key: row[key] for key in ("a", "b")} for row in rows] == south["rows"]


def test_options_of_a_draft_of_all_give_the_same_reading(member: Any, run_jobs: Any) -> None:
    first = draft(member, run_jobs, TWO, sheets="all")
    options = first["result"]["draft"]["options"]
    again = retried(member, run_jobs, first, draft=True, **options)["result"]["draft"]
    assert again["tables"] and [one["rows"] for one in again["tables"]] == [
        one["rows"] for one in first["result"]["draft"]["tables"]
    ]


def test_a_draft_of_an_archive_shows_each_entry(member: Any, run_jobs: Any) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.csv", "x;y\n1;2\n")
        archive.writestr("b.csv", "p;q\n3;4\n5;6\n")
    shown = draft(member, run_jobs, file.getvalue(), entry="*")["result"]["draft"]
    assert [(one["sheet"], one["row_count"]) for one in shown["tables"]] == [("a.csv", 1), ("b.csv", 2)]


def test_of_tables_without_room_the_rows_go_first(member: Any, run_jobs: Any, monkeypatch: Any) -> None:
    whole = draft(member, run_jobs, TWO, sheets="all")["result"]["draft"]["tables"]
    monkeypatch.setattr(drafts, "ALL_BYTES", len(json.dumps(whole[0])))
    first, second = draft(member, run_jobs, TWO, sheets="all")["result"]["draft"]["tables"]
    assert first["rows"] == whole[0]["rows"] and not first["cut"]
    assert (second["sheet"], second["row_count"], second["rows"], second["cut"]) == ("South", 1, [], True)


def test_a_draft_read_again_as_a_draft_shows_again(member: Any, run_jobs: Any, backends: Any) -> None:
    again = retried(member, run_jobs, draft(member, run_jobs), draft=True, delimiter=",")
    assert [column["key"] for column in again["result"]["draft"]["columns"]] == ["code_total"]
    assert backends.datasets.all_by() == []


def test_the_options_that_a_draft_shows_give_the_same_reading(member: Any, run_jobs: Any) -> None:
    first = draft(member, run_jobs)
    options = first["result"]["draft"]["options"]
    again = retried(member, run_jobs, first, draft=True, **options)["result"]["draft"]
    assert again["rows"] == first["result"]["draft"]["rows"]
    assert again["options"] == options


def test_long_cells_are_cut_and_said_to_be(member: Any, run_jobs: Any) -> None:
    shown = draft(member, run_jobs, b"a,b\n" + b"z" * 500 + b",1\n")["result"]["draft"]
    assert shown["rows"][0]["a"] == "z" * drafts.LONGEST + "…" and shown["cut"] is True


def test_a_draft_shows_the_first_rows_only(member: Any, run_jobs: Any) -> None:
    data = b"a,b\n" + b"".join(b"%d,x\n" % n for n in range(120))
    shown = draft(member, run_jobs, data)["result"]["draft"]
    assert len(shown["rows"]) == drafts.ROWS and shown["row_count"] == 120


def test_a_list_of_jobs_holds_no_rows_of_drafts(member: Any, run_jobs: Any) -> None:
    draft(member, run_jobs)
    (job,) = member.get("/jobs").get_json()["items"]
    assert job["result"] == {"draft": {"row_count": 3}}


def test_a_draft_is_for_who_sent_it_and_an_admins_look_is_recorded(as_actor: Any, run_jobs: Any, backends: Any) -> None:
    owner, admin = as_actor("member"), as_actor("admin")
    job = draft(owner, run_jobs)
    assert as_actor("member").get(f"/jobs/{job['id']}").status_code == 404
    assert admin.get(f"/jobs/{job['id']}").status_code == 200
    assert [one.action for one in backends.audit.in_order() if one.subject_id == job["id"]] == ["admin.read"]


def test_what_a_draft_read_ends_with_its_time(member: Any, run_jobs: Any, backends: Any) -> None:
    job = draft(member, run_jobs)
    kept = backends.drafts.get(job["id"])
    assert timedelta(hours=23) < kept.expires_at - now() <= timedelta(hours=24)
    backends.drafts.delete(job["id"])  # what the database does then
    assert member.get(f"/jobs/{job['id']}").get_json()["result"] == {"draft": {"row_count": 3}}


def test_a_draft_of_known_bytes_says_who_has_them(member: Any, run_jobs: Any) -> None:
    first = upload(member, TABLE)
    run_jobs()
    known = member.get(f"/jobs/{first['id']}").get_json()["result"]["dataset_id"]
    assert draft(member, run_jobs)["result"]["draft"]["duplicate_of"] == [known]
