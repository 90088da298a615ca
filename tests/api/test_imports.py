"""Importing files through the API: what is read, what is refused, in which words, and that nothing is left."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from solidata_api.demo import SHIPPED

EXPECTED = json.loads((SHIPPED / "expected.json").read_text())["files"]


def send(caller: Any, data: bytes, filename: str = "table.csv", **fields: Any) -> Any:
    form = {**fields, "file": (io.BytesIO(data), filename)}
    return caller.post("/datasets", data=form, content_type="multipart/form-data")


def read(caller: Any, run_jobs: Any, data: bytes, **fields: Any) -> Any:
    """The job of an import as its owner reads it once it has ended."""
    answer = send(caller, data, **fields)
    assert answer.status_code == 202, answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/jobs/{answer.get_json()['id']}"
    run_jobs()
    return caller.get(f"/jobs/{answer.get_json()['id']}").get_json()


def left_behind(settings: Any, backends: Any) -> list[Any]:
    files = [path for path in settings.data_dir.rglob("*") if path.is_file() and path.suffix != ".eml"]
    return files + backends.datasets.all_by() + backends.versions.all_by()


@pytest.mark.parametrize("name", EXPECTED)
def test_the_territoires_files_read_with_nothing_declared(member: Any, run_jobs: Any, name: str) -> None:
    # By content: the name given says nothing.
    job = read(member, run_jobs, (SHIPPED / name).read_bytes(), title="T")
    dataset = member.get(f"/datasets/{job['result']['dataset_id']}").get_json()
    assert dataset["row_count"] == EXPECTED[name]
    assert dataset["kind"] == "source"


def test_the_report_tells_what_was_detected(member: Any, run_jobs: Any) -> None:
    job = read(member, run_jobs, (SHIPPED / "bretagne.csv").read_bytes())
    report = member.get(f"/datasets/{job['result']['dataset_id']}/report").get_json()
    assert (report["encoding"], report["delimiter"], report["quote"], report["header_row"]) == ("cp1252", ";", '"', 1)
    assert report["columns"]["population_municipale"]["type"] == "integer"
    assert report["columns"]["code_insee"]["type"] == "string"
    assert report["misfits"] == {"count": 0, "cells": []}
    assert report["duration_s"] >= 0


def test_a_workbooks_sheet_and_header_below_titles_are_told(member: Any, run_jobs: Any) -> None:
    job = read(member, run_jobs, (SHIPPED / "occitanie.xlsx").read_bytes())
    report = member.get(f"/datasets/{job['result']['dataset_id']}/report").get_json()
    assert (report["sheet"], report["header_row"]) == ("Communes", 4)


def test_the_original_comes_back_byte_for_byte(member: Any, run_jobs: Any) -> None:
    data = (SHIPPED / "bretagne.csv").read_bytes()
    job = read(member, run_jobs, data)
    answer = member.get(f"/datasets/{job['result']['dataset_id']}/original")
    assert answer.data == data
    assert answer.content_type == "application/octet-stream"


@pytest.mark.parametrize(
    "filename", ["../../etc/passwd.csv", "a\r\nX-Evil: 1.csv", "<script>.csv", 'q"uote.csv', "é" * 300, ""]
)
def test_a_file_name_is_only_shown(member: Any, run_jobs: Any, filename: str) -> None:
    answer = send(member, b"a,b\n1,2\n", filename or "x")
    if answer.status_code == 422:
        # A line break ends the part's header: what follows is no file.
        assert "\r\n" in filename
        return
    run_jobs()
    (dataset,) = member.get("/datasets?mine=true").get_json()["items"]
    assert "/" not in dataset["title"] and "\n" not in dataset["title"] and len(dataset["title"]) <= 200
    original = member.get(f"/datasets/{dataset['id']}/original")
    assert "X-Evil" not in original.headers


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (b"%PDF-1.7\n...", "unknown-format", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "unknown-format", "a PNG image"),
        (b"<!DOCTYPE html><html><body>no</body></html>", "not-a-table", "an HTML page"),
        (b"PK\x03\x04broken", "unknown-format", "ZIP"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100, "unknown-format", "XLS"),
        (bytes(range(256)) * 20, "unknown-format", "no text"),
        (
            b"This is a letter to the town hall, not a table at all, and it goes on like that.\nYours sincerely.\n",
            "not-a-table",
            "no table",
        ),
        (b'{"total": 0, "items": []}', "not-a-table", "there are no records"),
        (b'{"a": [{"x": 1}], "b": [{"x": 2}]}', "not-a-table", "'a', 'b'"),
        (b'[{"a": 1}', "not-a-table", "line 1"),
        (b"  \n \n", "empty-file", "empty"),
    ],
)
def test_what_is_no_table_fails_in_a_sentence_and_leaves_only_its_file(
    member: Any, run_jobs: Any, settings: Any, backends: Any, data: bytes, kind: str, words: str
) -> None:
    job = read(member, run_jobs, data)
    assert job["state"] == "failed"
    assert job["error"]["type"] == f"/problems/{kind}"
    assert words in job["error"]["detail"]
    assert job["result"] is None
    kept = backends.tables.local_path(backends.jobs.get(job["id"]).upload)
    assert left_behind(settings, backends) == [kept]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sheet": "Nonsense"}, "'Communes'"),
        ({"types": {"nonsense": "integer"}}, "'nonsense'"),
        ({"header_row": 9000}, "9000"),
    ],
)
def test_an_option_that_does_not_fit_the_file_says_what_does(
    member: Any, run_jobs: Any, options: Any, words: str
) -> None:
    job = read(member, run_jobs, (SHIPPED / "occitanie.xlsx").read_bytes(), options=json.dumps(options))
    assert job["error"]["type"] == "/problems/wrong-option"
    assert words in json.dumps(job["error"], ensure_ascii=False)


def test_the_records_path_chooses_among_lists(member: Any, run_jobs: Any) -> None:
    data = b'{"a": [{"x": 1}], "b": {"c": [{"x": "01"}, {"x": "02"}]}}'
    job = read(member, run_jobs, data, options='{"records_path": "b.c"}')
    rows = member.get(f"/datasets/{job['result']['dataset_id']}/rows").get_json()["rows"]
    assert [row["x"] for row in rows] == ["01", "02"]


def test_a_declared_type_tells_its_misfits(member: Any, run_jobs: Any) -> None:
    data = b"name;n\na;1\nb;two\nc;3\n"
    job = read(member, run_jobs, data, options='{"types": {"n": "integer"}}')
    identifier = job["result"]["dataset_id"]
    assert [row["n"] for row in member.get(f"/datasets/{identifier}/rows").get_json()["rows"]] == [1, None, 3]
    misfits = member.get(f"/datasets/{identifier}/report").get_json()["misfits"]
    assert misfits == {"count": 1, "cells": [{"row": 3, "column": "n", "text": "two", "reason": "it is no integer"}]}


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"licence": "nonsense"}, "/licence"),
        ({"open_level": "nonsense"}, "/open_level"),
        ({"edit_level": "opendata"}, "/edit_level"),
        ({"kind": "consolidated"}, "/kind"),
        ({"options": '{"nonsense": 1}'}, "/options/nonsense"),
        ({"options": '{"encoding": "rot13"}'}, "/options/encoding"),
        ({"options": '{"delimiter": "ab"}'}, "/options/delimiter"),
        ({"options": '{"types": {"a": "integr"}}'}, "/options/types"),
        ({"options": "[]"}, "/options"),
        ({"title": ""}, "/title"),
    ],
)
def test_the_door_refuses_fields_that_do_not_fit(
    member: Any, settings: Any, backends: Any, fields: dict[str, str], pointer: str
) -> None:
    answer = send(member, b"a,b\n1,2\n", **fields)
    assert answer.status_code == 422
    assert pointer in [fault["pointer"] for fault in answer.get_json()["errors"]]
    assert left_behind(settings, backends) == []
    assert backends.jobs.all_by() == []


def test_an_empty_file_is_refused_at_the_door(member: Any, settings: Any, backends: Any) -> None:
    answer = send(member, b"")
    assert (answer.status_code, answer.get_json()["type"]) == (422, "/problems/empty-file")
    assert left_behind(settings, backends) == []


def test_no_file_is_refused_at_the_door(member: Any) -> None:
    answer = member.post("/datasets", data={"title": "T"}, content_type="multipart/form-data")
    assert answer.get_json()["errors"] == [
        {"pointer": "file", "message": "it is missing: send the table's file as the form field `file`"}
    ]


def test_options_that_are_no_json_are_named(member: Any) -> None:
    answer = send(member, b"a,b\n1,2\n", options="{bad")
    assert (answer.status_code, answer.get_json()["detail"][:21]) == (400, "The field `options`: ")


def test_an_unknown_field_is_told_every_one_there_is(member: Any) -> None:
    fault = send(member, b"a,b\n1,2\n", option="{}").get_json()["errors"][0]
    assert fault["pointer"] == "/option"
    assert fault["message"].startswith("unknown; known are file, options, title")


def test_another_media_type_is_refused(member: Any) -> None:
    assert member.post("/datasets", data=b"a,b", content_type="text/csv").status_code == 415


def test_an_upload_over_the_limit_names_limit_and_size(settings: Any, backends: Any, tmp_path: Path) -> None:
    from dataclasses import replace

    from solidata_api.api.identity import access_token
    from solidata_api.app import create_app
    from solidata_api.services import accounts
    from tests.conftest import Caller
    from tests.factories import make_user

    small = replace(settings, max_upload_mb=1)
    app = create_app(small, replace(backends, settings=small))
    user = make_user(backends)
    with app.app_context():
        caller = Caller(app, user, access_token(accounts.open_session(backends, user)))
    answer = send(caller, b"a,b\n" + b"1,2\n" * 600_000)
    assert (answer.status_code, answer.get_json()["type"]) == (413, "/problems/too-large")
    assert "MAX_UPLOAD_MB=1" in answer.get_json()["detail"]


def test_a_strangers_job_does_not_exist(member: Any, as_actor: Any, run_jobs: Any) -> None:
    job = send(member, b"a,b\n1,2\n").get_json()
    assert as_actor("member").get(f"/jobs/{job['id']}").status_code == 404
    assert as_actor("member").delete(f"/jobs/{job['id']}").status_code == 404


def test_a_waiting_job_is_cancelled_and_leaves_nothing(
    member: Any, run_jobs: Any, settings: Any, backends: Any
) -> None:
    job = send(member, b"a,b\n1,2\n").get_json()
    assert member.delete(f"/jobs/{job['id']}").get_json()["state"] == "cancelled"
    assert run_jobs() == []
    assert member.get("/datasets").get_json()["total"] == 0


def test_prefer_wait_holds_the_answer_no_longer_than_asked(member: Any) -> None:
    job = send(member, b"a,b\n1,2\n").get_json()
    answer = member.get(f"/jobs/{job['id']}", headers={"Prefer": "wait=1"})
    assert answer.get_json()["state"] == "queued"
    assert answer.headers["Preference-Applied"] == "wait=1"
