"""Reload, retype, restore, compare, delete, prune: the versions of a dataset as its team and its readers meet them."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solidata_api.domain.documents import now
from solidata_api.services import housekeeping, uploads

CSV = b"code,nom,pop\n01,Ain,10\n02,Aisne,20\n03,Allier,30\n"


def send(caller: Any, path: str, data: bytes | None = None, **fields: Any) -> Any:
    form = {name: json.dumps(value) if name == "options" else value for name, value in fields.items()}
    if data is not None:
        form["file"] = (io.BytesIO(data), "table.csv")
    return caller.post(path, data=form, content_type="multipart/form-data")


@pytest.fixture
def other(as_actor: Any) -> Any:
    """Somebody who is in no team."""
    return as_actor("member")


@pytest.fixture
def dataset(member: Any, run_jobs: Any) -> str:
    answer = send(member, "/datasets", CSV, title="Départements")
    run_jobs()
    job = member.get(f"/jobs/{answer.get_json()['id']}").get_json()
    assert job["state"] == "succeeded", job
    return job["result"]["dataset_id"]


@pytest.fixture
def load(member: Any, run_jobs: Any, dataset: str) -> Any:
    """Reload the dataset, and give the job once it has ended."""

    def loaded(data: bytes | None = None, **fields: Any) -> dict[str, Any]:
        answer = send(member, f"/datasets/{dataset}/reload", data, **fields)
        assert answer.status_code == 202, answer.get_json()
        run_jobs()
        return member.get(f"/jobs/{answer.get_json()['id']}").get_json()

    return loaded


@pytest.fixture
def patch(member: Any, run_jobs: Any, dataset: str) -> Any:
    """Change how the dataset is read, and give the job once it has ended."""

    def patched(**values: Any) -> dict[str, Any]:
        answer = member.patch(f"/datasets/{dataset}", json=values)
        assert answer.status_code == 202, answer.get_json()
        run_jobs()
        return member.get(f"/jobs/{answer.get_json()['id']}").get_json()

    return patched


def rows(caller: Any, dataset: str, **query: Any) -> list[dict[str, Any]]:
    found = caller.get(f"/datasets/{dataset}/rows", query_string=query).get_json()["rows"]
    return [{name: value for name, value in row.items() if name != "_id"} for row in found]


def ids(caller: Any, dataset: str) -> dict[str, str]:
    found = caller.get(f"/datasets/{dataset}/rows").get_json()["rows"]
    return {row["code"]: row["_id"] for row in found}


def test_a_reload_makes_a_version_and_reports_the_difference(member: Any, dataset: str, load: Any) -> None:
    job = load(b"code;nom;surface\n01;Ain;1,5\n02;Aisne;2,5\n", note="2026")
    assert job["result"] == {"dataset_id": dataset, "version": 2}
    report = member.get(f"/datasets/{dataset}/report").get_json()
    assert report["difference"]["columns"] == {"added": ["surface"], "removed": ["pop"], "retyped": []}
    assert report["difference"]["rows"] == {"added": 0, "removed": 1, "changed": 0, "unchanged": 2}
    versions = member.get(f"/datasets/{dataset}/versions").get_json()["items"]
    assert [(one["n"], one["note"]) for one in versions] == [(2, "2026"), (1, "")]
    assert [row["code"] for row in rows(member, dataset, version=1)] == ["01", "02", "03"]


@pytest.mark.parametrize("which", ["from", "to"])
def test_a_diff_names_the_parameter_that_is_no_number(member: Any, dataset: str, which: str) -> None:
    answer = member.get(f"/datasets/{dataset}/diff?{which}=x")
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, which)


def test_a_retyped_column_is_told_in_the_report(member: Any, dataset: str, load: Any) -> None:
    load(CSV.replace(b"10", b"ten"))
    difference = member.get(f"/datasets/{dataset}/report").get_json()["difference"]
    assert difference["columns"]["retyped"] == [{"key": "pop", "from": "integer", "to": "string"}]


def test_levels_titles_and_row_ids_stay_over_a_reload(member: Any, dataset: str, load: Any) -> None:
    columns = [{"key": "pop", "open_level": "private", "title": "Population"}, {"key": "nom", "description": "Nom"}]
    assert member.patch(f"/datasets/{dataset}", json={"columns": columns}).status_code == 200
    before = ids(member, dataset)
    load(b"code,nom,pop\n03,Allier,30\n01,Ain,10\n04,Alpes,4\n")
    after = ids(member, dataset)
    assert {code: after[code] for code in ("01", "03")} == {code: before[code] for code in ("01", "03")}
    held = {one["key"]: one for one in member.get(f"/datasets/{dataset}").get_json()["columns"]}
    assert (held["pop"]["open_level"], held["pop"]["title"], held["nom"]["description"]) == (
        "private",
        "Population",
        "Nom",
    )


def test_a_column_is_found_by_the_title_that_it_was_given(member: Any, dataset: str, load: Any) -> None:
    member.patch(
        f"/datasets/{dataset}", json={"columns": [{"key": "pop", "title": "Habitants", "open_level": "private"}]}
    )
    load(b"Habitants,code,nom\n11,01,Ain\n")
    held = {one["key"]: one for one in member.get(f"/datasets/{dataset}").get_json()["columns"]}
    assert set(held) == {"code", "nom", "pop"} and held["pop"]["open_level"] == "private"
    assert rows(member, dataset) == [{"pop": 11, "code": "01", "nom": "Ain"}]


def test_a_new_column_of_a_shared_dataset_starts_private(member: Any, other: Any, dataset: str, load: Any) -> None:
    member.patch(f"/datasets/{dataset}", json={"open_level": "opendata"})
    load(b"code,nom,pop,secret\n01,Ain,10,x\n")
    assert rows(other, dataset) == [{"code": "01", "nom": "Ain", "pop": 10}]
    assert rows(member, dataset) == [{"code": "01", "nom": "Ain", "pop": 10, "secret": "x"}]
    told = other.get(f"/datasets/{dataset}/report").get_json()["difference"]
    assert told["columns"]["added"] == [] and told["rows"] is None


def test_unchanged_bytes_make_no_version(member: Any, dataset: str, load: Any, backends: Any) -> None:
    job = load(CSV)
    assert job["result"] == {"dataset_id": dataset, "version": 1, "unchanged": True}
    assert member.get(f"/datasets/{dataset}/versions").get_json()["total"] == 1
    assert sum(uploads.release(backends, path) for path, _ in backends.tables.listed("uploads")) == 1


def test_the_same_bytes_read_otherwise_make_a_version(dataset: str, load: Any) -> None:
    assert load(CSV, options={"types": {"pop": "string"}})["result"]["version"] == 2


def test_a_reload_reads_as_the_file_before_was_read(member: Any, dataset: str, load: Any) -> None:
    load(CSV, options={"types": {"pop": "string"}})
    load(CSV + b"04,Alpes,40\n")
    assert rows(member, dataset)[3] == {"code": "04", "nom": "Alpes", "pop": "40"}
    load(CSV + b"05,Alpes,50\n", options={"types": None})
    assert rows(member, dataset)[3]["pop"] == 50


def test_options_of_columns_that_are_gone_are_forgotten_but_not_those_asked_now(
    member: Any, dataset: str, load: Any
) -> None:
    load(CSV, options={"types": {"pop": "string"}})
    assert load(b"code,nom\n01,Ain\n")["state"] == "succeeded"
    failed = load(b"code,nom\n02,Aisne\n", options={"types": {"pop": "string"}})
    assert failed["state"] == "failed" and failed["error"]["errors"][0]["pointer"] == "/options/types/pop"


def test_append_puts_rows_behind_and_judges_types_anew(member: Any, dataset: str, load: Any) -> None:
    load(b"code,pop,x\n04,many,new\n", load_mode="append")
    assert rows(member, dataset) == [
        {"code": "01", "nom": "Ain", "pop": "10", "x": None},
        {"code": "02", "nom": "Aisne", "pop": "20", "x": None},
        {"code": "03", "nom": "Allier", "pop": "30", "x": None},
        {"code": "04", "nom": None, "pop": "many", "x": "new"},
    ]
    report = member.get(f"/datasets/{dataset}/report").get_json()
    assert report["loads"] == [
        {"filename": "table.csv", "mode": "replace", "first_row": 1},
        {"filename": "table.csv", "mode": "append", "first_row": 5},
    ]


def test_append_counts_lines_on_through_the_files(member: Any, dataset: str, load: Any) -> None:
    load(b"code,nom,pop\n04,Alpes,40\n05,too,5,many\n", load_mode="append", options={"types": {"pop": "integer"}})
    report = member.get(f"/datasets/{dataset}/report").get_json()
    assert [one["row"] for one in report["repairs"]["items"]] == [7]
    found = member.get(f"/datasets/{dataset}/rejects").get_json()["items"]
    assert [(one["row"], one["text"]) for one in found] == [(7, "many")]


def test_the_same_file_is_not_appended_twice_in_a_row(member: Any, dataset: str, load: Any) -> None:
    load(b"code,nom,pop\n04,Alpes,40\n", load_mode="append")
    assert load(b"code,nom,pop\n04,Alpes,40\n", load_mode="append")["result"]["unchanged"] is True
    assert len(rows(member, dataset)) == 4


def test_upsert_needs_a_key(member: Any, dataset: str) -> None:
    answer = send(member, f"/datasets/{dataset}/reload", CSV, load_mode="upsert")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/load_mode"


def test_upsert_changes_rows_where_they_stand_and_puts_new_ones_behind(
    member: Any, dataset: str, load: Any, patch: Any
) -> None:
    patch(key=["code"])
    before = ids(member, dataset)
    load(b"code,pop\n02,21\n04,40\n02,22\n", load_mode="upsert")
    assert rows(member, dataset) == [
        {"code": "01", "nom": "Ain", "pop": 10},
        {"code": "02", "nom": "Aisne", "pop": 22},
        {"code": "03", "nom": "Allier", "pop": 30},
        {"code": "04", "nom": None, "pop": 40},
    ]
    assert ids(member, dataset)["02"] == before["02"]
    report = member.get(f"/datasets/{dataset}/report").get_json()
    assert report["difference"]["rows"] == {"added": 1, "removed": 0, "changed": 1, "unchanged": 2}
    (told,) = report["repairs"]["items"]
    assert told["text"] == "02 | 21" and "key" in told["what"]
    assert report["key"] == {"columns": ["code"], "repeated": 0}


def test_upserts_after_upserts_and_appends_hold_their_order(member: Any, dataset: str, load: Any, patch: Any) -> None:
    patch(key=["code"])
    load(b"code,nom,pop\n05,Hautes,5\n", load_mode="append")
    load(b"code,nom\n05,Hautes-Alpes\n01,AIN\n", load_mode="upsert")
    load(b"code,nom\n06,Alpes-Maritimes\n05,HA\n,nobody\n", load_mode="upsert")
    assert [(row["code"], row["nom"], row["pop"]) for row in rows(member, dataset)] == [
        ("01", "AIN", 10),
        ("02", "Aisne", 20),
        ("03", "Allier", 30),
        ("05", "HA", 5),
        ("06", "Alpes-Maritimes", None),
        (None, "nobody", None),
    ]


def test_an_upsert_without_its_key_column_fails_and_changes_nothing(
    member: Any, dataset: str, load: Any, patch: Any
) -> None:
    patch(key=["code"])
    job = load(b"nom,pop\nAin,1\n", load_mode="upsert")
    assert job["state"] == "failed" and "'code'" in job["error"]["detail"]
    assert member.get(f"/datasets/{dataset}").get_json()["version"] == 2


def test_a_table_is_of_so_many_files_at_most(
    member: Any, dataset: str, load: Any, backends: Any, monkeypatch: Any
) -> None:
    object.__setattr__(backends.settings, "max_loads", 2)
    try:
        load(b"code,nom,pop\n04,Alpes,40\n", load_mode="append")
        answer = send(member, f"/datasets/{dataset}/reload", b"code\n05\n", load_mode="append")
    finally:
        object.__setattr__(backends.settings, "max_loads", 100)
    assert answer.status_code == 422 and "MAX_LOADS" in answer.get_json()["errors"][0]["message"]


def test_a_type_that_is_changed_reads_the_kept_file_again(member: Any, dataset: str, patch: Any) -> None:
    job = patch(columns=[{"key": "code", "type": "integer"}, {"key": "pop", "type": "string"}], title="Autre")
    assert (job["kind"], job["result"]["version"]) == ("reread", 2)
    assert rows(member, dataset)[0] == {"code": 1, "nom": "Ain", "pop": "10"}
    assert member.get(f"/datasets/{dataset}").get_json()["title"] == "Autre"
    patch(columns=[{"key": "code", "type": None}])
    assert rows(member, dataset)[0]["code"] == "01"


def test_what_does_not_fit_a_changed_type_is_kept_as_a_reject(member: Any, dataset: str, patch: Any) -> None:
    patch(columns=[{"key": "nom", "type": "integer"}])
    found = member.get(f"/datasets/{dataset}/rejects").get_json()
    assert [one["text"] for one in found["items"]] == ["Ain", "Aisne", "Allier"]


def test_an_option_that_is_changed_reads_the_kept_file_again(member: Any, dataset: str, patch: Any) -> None:
    patch(options={"header_rows": 0})
    assert len(rows(member, dataset)) == 4


def test_the_same_type_and_key_again_are_no_job(member: Any, dataset: str) -> None:
    answer = member.patch(f"/datasets/{dataset}", json={"columns": [{"key": "pop", "type": "integer"}], "key": []})
    assert answer.status_code == 200 and answer.get_json()["version"] == 1


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"key": ["none"]}, "/key/0"),
        ({"key": ["code", "code"]}, "/key"),
        ({"options": {"delimiter": "::"}}, "/options/delimiter"),
        ({"options": {"draft": True}}, "/options/draft"),
        ({"options": {"sheets": "all"}}, "/options/sheets"),
        ({"columns": [{"key": "none", "type": "string"}]}, "/columns/0/key"),
        ({"columns": [{"key": "pop", "type": "money"}]}, "/columns/0/type"),
    ],
)
def test_a_reading_that_does_not_fit_is_refused_at_the_door(
    member: Any, dataset: str, values: Any, pointer: str
) -> None:
    answer = member.patch(f"/datasets/{dataset}", json=values)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.get_json()["errors"]] == [pointer]


def test_a_hidden_column_is_no_key(member: Any, other: Any, dataset: str) -> None:
    member.patch(f"/datasets/{dataset}", json={"open_level": "commons", "edit_level": "commons"})
    member.patch(f"/datasets/{dataset}", json={"columns": [{"key": "pop", "open_level": "private"}]})
    answer = other.patch(f"/datasets/{dataset}", json={"key": ["pop"]})
    assert answer.status_code == 422 and answer.get_json()["errors"][0]["pointer"] == "/key/0"


def test_restore_makes_a_version_with_the_earlier_content(member: Any, dataset: str, load: Any, run_jobs: Any) -> None:
    first = member.get(f"/datasets/{dataset}").get_json()
    load(b"code,x\n09,y\n")
    answer = member.post(f"/datasets/{dataset}/versions/1/restore")
    assert answer.status_code == 202
    run_jobs()
    now_ = member.get(f"/datasets/{dataset}").get_json()
    assert (now_["version"], now_["sha256"], now_["columns"]) == (3, first["sha256"], first["columns"])
    assert rows(member, dataset) == rows(member, dataset, version=1)
    assert member.get(f"/datasets/{dataset}/original").data == CSV
    # It stands for itself: the version that it was made of may go.
    assert member.delete(f"/datasets/{dataset}/versions/1").status_code == 204
    assert len(rows(member, dataset)) == 3 and member.get(f"/datasets/{dataset}/original").data == CSV


def test_a_deleted_version_is_gone_with_its_rows_and_file(member: Any, dataset: str, load: Any, backends: Any) -> None:
    load(CSV + b"04,Alpes,40\n")
    assert member.delete(f"/datasets/{dataset}/versions/2").status_code == 409
    assert member.delete(f"/datasets/{dataset}/versions/1").status_code == 204
    assert member.get(f"/datasets/{dataset}/rows", query_string={"version": 1}).status_code == 404
    assert member.delete(f"/datasets/{dataset}/versions/1").status_code == 404
    assert len(backends.tables.listed("uploads")) == 1
    assert len(backends.tables.folders(f"datasets/{dataset}")) == 1
    assert [one.n for one in backends.versions.all_by(dataset_id=dataset)] == [2]


def test_a_file_that_a_later_version_needs_outlives_the_version_that_brought_it(
    member: Any, dataset: str, load: Any, patch: Any
) -> None:
    load(b"code,nom,pop\n04,Alpes,40\n", load_mode="append")
    assert member.delete(f"/datasets/{dataset}/versions/1").status_code == 204
    patch(columns=[{"key": "pop", "type": "string"}])
    assert [row["pop"] for row in rows(member, dataset)] == ["10", "20", "30", "40"]


def test_two_versions_are_compared_by_key(member: Any, dataset: str, load: Any, patch: Any) -> None:
    patch(key=["code"])
    load(b"code,nom,pop\n04,Alpes,40\n02,Aisne,21\n01,Ain,10\n")
    told = member.get(f"/datasets/{dataset}/diff").get_json()
    assert (told["from"], told["to"], told["keyed"], told["total"]) == (2, 3, True, 3)
    assert told["rows"] == {"added": 1, "removed": 1, "changed": 1, "unchanged": 1}
    assert [(one["change"], one["columns"]) for one in told["items"]] == [
        ("added", []),
        ("changed", ["pop"]),
        ("removed", []),
    ]
    changed = told["items"][1]
    assert (changed["before"]["pop"], changed["after"]["pop"]) == (20, 21)
    second = member.get(f"/datasets/{dataset}/diff", query_string={"page": 2, "per_page": 2}).get_json()
    assert [one["before"]["code"] for one in second["items"]] == ["03"]


def test_without_a_key_rows_are_compared_by_their_cells(member: Any, dataset: str, load: Any) -> None:
    load(CSV.replace(b"03,Allier,30", b"03,Allier,31") + b"01,Ain,10\n")
    told = member.get(f"/datasets/{dataset}/diff", query_string={"from": 1, "to": 2}).get_json()
    assert told["keyed"] is False
    assert told["rows"] == {"added": 2, "removed": 1, "changed": 0, "unchanged": 2}


def test_a_hidden_column_is_in_no_comparison(member: Any, other: Any, dataset: str, load: Any, patch: Any) -> None:
    patch(key=["code"])
    member.patch(
        f"/datasets/{dataset}", json={"open_level": "opendata", "columns": [{"key": "pop", "open_level": "private"}]}
    )
    load(CSV.replace(b"30", b"x") + b"04,Alpes,40\n")
    told = other.get(f"/datasets/{dataset}/diff").get_json()
    assert told["rows"] == {"added": 1, "removed": 0, "changed": 0, "unchanged": 3}
    assert told["columns"]["retyped"] == [] and "pop" not in json.dumps(told)
    assert member.get(f"/datasets/{dataset}/diff").get_json()["rows"]["changed"] == 1


def test_there_is_nothing_before_the_first_version(member: Any, dataset: str) -> None:
    assert member.get(f"/datasets/{dataset}/diff").status_code == 409
    assert member.get(f"/datasets/{dataset}/diff", query_string={"from": 7, "to": 1}).status_code == 404


def test_only_so_many_versions_are_kept(member: Any, dataset: str, load: Any, backends: Any) -> None:
    object.__setattr__(backends.settings, "keep_versions", 2)
    try:
        for n in range(4, 7):
            load(CSV + f"0{n},x,{n}\n".encode())
    finally:
        object.__setattr__(backends.settings, "keep_versions", 50)
    found = member.get(f"/datasets/{dataset}/versions").get_json()["items"]
    assert [one["n"] for one in found] == [4, 3]
    assert len(backends.tables.listed("uploads")) == 2


def test_old_versions_go_after_their_days_but_never_the_current_one(
    member: Any, dataset: str, load: Any, backends: Any
) -> None:
    load(CSV + b"04,x,4\n")
    for version in backends.versions.all_by(dataset_id=dataset):
        backends.versions.put(replace(version, created_at=now() - timedelta(days=10)))
    object.__setattr__(backends.settings, "keep_versions_days", 9)
    try:
        assert housekeeping.sweep(backends)["versions"] == 1
    finally:
        object.__setattr__(backends.settings, "keep_versions_days", 0)
    assert [one["n"] for one in member.get(f"/datasets/{dataset}/versions").get_json()["items"]] == [2]


def test_a_reload_that_another_one_overtook_fails_and_changes_nothing(member: Any, dataset: str, run_jobs: Any) -> None:
    jobs = [send(member, f"/datasets/{dataset}/reload", CSV + more).get_json() for more in (b"04,x,4\n", b"05,y,5\n")]
    run_jobs()
    states = [member.get(f"/jobs/{job['id']}").get_json()["state"] for job in jobs]
    assert sorted(states) == ["failed", "succeeded"]
    assert member.get(f"/datasets/{dataset}").get_json()["version"] == 2


def test_a_reload_that_failed_can_be_read_again(member: Any, dataset: str, load: Any, run_jobs: Any) -> None:
    failed = load(CSV + b"04,x,4\n", options={"types": {"nothing": "integer"}}, load_mode="append")
    assert failed["state"] == "failed" and failed["retry_until"]
    answer = member.post(f"/jobs/{failed['id']}/retry", json={"options": {"types": None}})
    assert answer.status_code == 202
    run_jobs()
    assert len(rows(member, dataset)) == 7


def test_a_project_is_told_that_a_source_has_a_new_version(member: Any, dataset: str, load: Any) -> None:
    project = member.post("/projects", json={"title": "P"}).get_json()["id"]
    assert member.put(f"/projects/{project}/sources/{dataset}", json={"mapping": {}}).status_code == 200
    load(CSV + b"04,x,4\n")
    told = member.get(f"/projects/{project}").get_json()
    assert told["stale"]["reasons"] == ["a source has a new version"]
    assert told["sources"][0]["stale"] == "a source has a new version"


def test_an_empty_table_is_filled_by_loads_under_its_own_columns(member: Any, run_jobs: Any) -> None:
    schema = {
        "fields": [
            {"name": "code", "title": "Code INSEE", "type": "string"},
            {"name": "n", "type": "integer"},
            {"name": "when", "type": "date"},
        ],
        "primaryKey": "code",
    }
    job = member.post("/datasets/from-source", json={"source": {"type": "rows", "schema": schema}, "title": "T"})
    run_jobs()
    dataset = member.get(f"/jobs/{job.get_json()['id']}").get_json()["result"]["dataset_id"]
    for data in (b"n,Code INSEE\n1,01\n2,02\n", b"code,n,extra\n2,x,y\n01,7,\n"):
        send(member, f"/datasets/{dataset}/reload", data, load_mode="upsert")
        run_jobs()
    assert rows(member, dataset) == [
        {"code": "01", "n": 7, "when": None, "extra": None},
        {"code": "02", "n": 2, "when": None, "extra": None},
        {"code": "2", "n": None, "when": None, "extra": "y"},
    ]
    assert [one["text"] for one in member.get(f"/datasets/{dataset}/rejects").get_json()["items"]] == ["x"]
    assert member.get(f"/datasets/{dataset}").get_json()["key"] == ["code"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"load_mode": "merge"}, "/load_mode"),
        ({"options": {"draft": True}}, "/options/draft"),
        ({"options": {"sheets": "all"}}, "/options/sheets"),
        ({"options": {"entry": "*"}}, "/options/entry"),
        ({"note": "x" * 1001}, "/note"),
        ({"title": "T"}, "/title"),
    ],
)
def test_a_reload_that_does_not_fit_is_refused_and_leaves_nothing(
    member: Any, dataset: str, backends: Any, fields: Any, pointer: str
) -> None:
    answer = send(member, f"/datasets/{dataset}/reload", CSV, **fields)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.get_json()["errors"]] == [pointer]
    assert len(backends.tables.listed("uploads")) == 1


def test_a_reload_without_a_file_needs_an_address(member: Any, dataset: str) -> None:
    answer = member.post(f"/datasets/{dataset}/reload")
    assert answer.status_code == 422 and answer.get_json()["errors"][0]["pointer"] == "file"
    assert send(member, f"/datasets/{dataset}/reload", b"").status_code == 422
