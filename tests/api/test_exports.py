"""Exports over HTTP: formats, ranges that go on where they broke off, names of files, and who may read what."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import pytest

from solidata_api.domain.exports import EXPORT_FORMATS
from solidata_api.services import ahead
from tests.factories import make_dataset
from tests.worlds import LATER

ROWS = [{"code": f"{n:03}", "name": f"n°{n}", "salary": f"planted-{n}"} for n in range(1, 40)]


@pytest.fixture
def table(member: Any, run_jobs: Any) -> dict[str, Any]:
    """A table of everybody, but for one column."""
    made = make_dataset(member, run_jobs, rows=ROWS, title='Données: été/2026 "x"', open_level="opendata")
    body = {"columns": [{"key": "salary", "open_level": "private"}]}
    answer = member.patch(f"/datasets/{made['id']}", json=body)
    assert answer.status_code == 200, answer.get_json()
    return made


def path(table: Any, form: str = "csv") -> str:
    return f"/datasets/{table['id']}/export.{form}"


@pytest.mark.parametrize("form", [form for form in EXPORT_FORMATS if form != "geojson"])
def test_every_format_is_sent_as_what_it_is_and_keeps_hidden_columns_back(
    table: Any, anonymous: Any, form: str
) -> None:
    answer = anonymous.get(path(table, form))
    assert answer.status_code == 200
    assert answer.content_type == EXPORT_FORMATS[form].media_type
    assert answer.headers["Accept-Ranges"] == "bytes" and answer.get_etag()[0]
    data = answer.data
    if form == "xlsx":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"".join(archive.read(name) for name in archive.namelist())
    assert b"salary" not in data and b"planted" not in data


def test_whoever_reads_more_columns_has_another_file(table: Any, anonymous: Any, member: Any) -> None:
    theirs, mine = anonymous.get(path(table)), member.get(path(table))
    assert theirs.get_etag() != mine.get_etag()
    assert b"planted-7" in mine.data and b"planted" not in theirs.data
    assert b"planted" not in anonymous.get(path(table)).data


def test_what_anybody_may_read_is_made_ahead(
    member: Any, anonymous: Any, run_jobs: Any, backends: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "LEAST_ROWS", 1)

    def kept() -> list[str]:
        files = backends.tables.exports.folder.glob("*.csv")
        indexes = backends.tables.searching.cache.folder.glob("*.v*[0-9]")
        return sorted(path.name for path in (*files, *indexes))

    make_dataset(member, run_jobs, rows=[{"a": "x01"}])
    assert kept() == []
    made = make_dataset(member, run_jobs, rows=[{"a": "x01"}], open_level="opendata")
    names = kept()
    assert len(names) == 2
    assert anonymous.get(path(made, "csv")).data == b"a\r\nx01\r\n"
    assert anonymous.get(f"/datasets/{made['id']}/rows?q=x01").get_json()["total"] == 1
    assert kept() == names


def test_a_file_is_named_after_its_table(table: Any, anonymous: Any) -> None:
    said = anonymous.get(path(table, "xlsx")).headers["Content-Disposition"]
    assert said.startswith('attachment; filename="Donn_es _t_ 2026 x.xlsx"')
    assert said.endswith("filename*=UTF-8''Donn%C3%A9es%20%C3%A9t%C3%A9%202026%20x.xlsx")


def test_a_format_that_is_none_is_a_404_and_one_without_places_a_422(table: Any, anonymous: Any) -> None:
    assert "csv, xlsx" in anonymous.get(path(table, "ods")).get_json()["detail"]
    assert anonymous.get(path(table, "ods")).status_code == 404
    refused = anonymous.get(path(table, "geojson"))
    assert refused.status_code == 422
    assert "longitude" in refused.get_json()["errors"][0]["message"]


def test_a_hidden_place_is_no_place(member: Any, anonymous: Any, run_jobs: Any) -> None:
    rows = [
        {"name": "x", "latitude": "48.85", "longitude": "2.35"},
        {"name": "y", "latitude": "1.5", "longitude": "2.5"},
    ]
    made = make_dataset(member, run_jobs, rows=rows, open_level="opendata")
    found = json.loads(anonymous.get(path(made, "geojson")).data)
    assert [one["geometry"]["coordinates"] for one in found["features"]] == [[2.35, 48.85], [2.5, 1.5]]
    member.patch(f"/datasets/{made['id']}", json={"columns": [{"key": "latitude", "open_level": "private"}]})
    assert anonymous.get(path(made, "geojson")).status_code == 422
    assert member.get(path(made, "geojson")).status_code == 200


@pytest.mark.parametrize(
    ("form", "query"), [("json", "bom=true"), ("parquet", "header=title"), ("xlsx", "delimiter=;")]
)
def test_what_a_format_does_not_know_is_a_422(table: Any, anonymous: Any, form: str, query: str) -> None:
    assert anonymous.get(f"{path(table, form)}?{query}").status_code == 422


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
class TestRanges:
    def test_a_file_can_be_gone_on_with(self, table: Any, anonymous: Any, form: str) -> None:
        whole = anonymous.get(path(table, form))
        data, tag = whole.data, whole.headers["ETag"]
        rest = anonymous.get(path(table, form), headers={"Range": "bytes=10-", "If-Range": tag})
        assert rest.status_code == 206
        assert rest.headers["Content-Range"] == f"bytes 10-{len(data) - 1}/{len(data)}"
        assert rest.headers["Content-Length"] == str(len(data) - 10)
        assert rest.headers["ETag"] == tag
        assert data[:10] + rest.data == data

    def test_also_where_nobody_asked_for_the_whole_before(self, table: Any, anonymous: Any, form: str) -> None:
        part = anonymous.get(path(table, form), headers={"Range": "bytes=-5"})
        assert part.status_code == 206
        assert part.data == anonymous.get(path(table, form)).data[-5:]

    def test_a_range_that_it_does_not_have_is_a_416(self, table: Any, anonymous: Any, form: str) -> None:
        size = len(anonymous.get(path(table, form)).data)
        answer = anonymous.get(path(table, form), headers={"Range": f"bytes={size}-"})
        assert answer.status_code == 416
        assert answer.headers["Content-Range"] == f"bytes */{size}"
        assert answer.get_json()["type"] == "/problems/range-not-satisfiable"

    @pytest.mark.parametrize(
        "headers",
        [
            {"Range": "bytes=0-1,3-4"}, {"Range": "rows=0-1"}, {"Range": "bytes=x"}, {"Range": "bytes=5-2"},
            {"Range": "bytes=0-1", "If-Range": '"other"'},
            {"Range": "bytes=0-1", "If-Range": "Wed, 21 Oct 2026 07:28:00 GMT"},
        ],
        ids=["several", "rows", "unread", "backwards", "other bytes", "a date"],
    )  # fmt: skip
    def test_the_whole_is_sent_where_no_range_can_be(
        self, table: Any, anonymous: Any, form: str, headers: dict[str, str]
    ) -> None:
        answer = anonymous.get(path(table, form), headers=headers)
        assert answer.status_code == 200
        assert answer.data == anonymous.get(path(table, form)).data

    def test_a_weak_tag_names_no_bytes(self, table: Any, anonymous: Any, form: str) -> None:
        tag = anonymous.get(path(table, form)).headers["ETag"]
        answer = anonymous.get(path(table, form), headers={"Range": "bytes=0-1", "If-Range": f"W/{tag}"})
        assert answer.status_code == 200

    def test_head_tells_the_size_once_it_is_known_and_knows_no_ranges(
        self, table: Any, anonymous: Any, form: str
    ) -> None:
        before = anonymous.call("HEAD", path(table, form))
        assert (before.status_code, before.data, "Content-Length" in before.headers) == (200, b"", False)
        whole = anonymous.get(path(table, form))
        size = len(whole.data)
        after = anonymous.call("HEAD", path(table, form), headers={"Range": "bytes=0-1"})
        assert after.status_code == 200
        assert after.headers["Content-Length"] == str(size)
        assert after.headers["ETag"] == before.headers["ETag"] == whole.headers["ETag"]


def test_who_has_the_bytes_already_gets_none(table: Any, anonymous: Any, backends: Any) -> None:
    tag = anonymous.call("HEAD", path(table, "json")).headers["ETag"]
    answer = anonymous.get(path(table, "json"), headers={"If-None-Match": tag, "Range": "bytes=0-1"})
    assert (answer.status_code, answer.data) == (304, b"")
    assert list(backends.tables.exports.folder.glob("*.json")) == []


@pytest.mark.parametrize("form", list(EXPORT_FORMATS))
def test_a_link_exports_every_format_of_what_it_shows(member: Any, anonymous: Any, run_jobs: Any, form: str) -> None:
    rows = [{"name": "x", "latitude": "48.85", "longitude": "2.35", "salary": "planted"}] * 2
    made = make_dataset(member, run_jobs, rows=rows)
    body = {"title": "L", "expires_at": LATER, "columns": ["name", "latitude", "longitude"]}
    link = member.post(f"/datasets/{made['id']}/links", json=body).get_json()["url"].rsplit("/", 1)[1]
    answer = anonymous.get(f"/links/{link}/export.{form}", headers={"Range": "bytes=0-1"})
    assert answer.status_code == 200
    assert answer.content_type == EXPORT_FORMATS[form].media_type
    assert f'filename="shared.{form}"' in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers and "Accept-Ranges" not in answer.headers
    if form == "csv":
        assert next(csv.reader(io.StringIO(answer.text))) == ["name", "latitude", "longitude"]
