"""Answers in the coding that their caller asks for, with ETags of their own."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
import zstandard

from tests.factories import make_dataset

ROWS = [{"code": f"{n:03}", "name": f"Commune {n}"} for n in range(1, 101)]


@pytest.fixture
def rows(member: Any, run_jobs: Any) -> str:
    made = make_dataset(member, run_jobs, rows=ROWS, open_level="opendata")
    return f"/datasets/{made['id']}/rows?per_page=100"


def unpacked(answer: Any) -> bytes:
    ways = {"gzip": gzip.decompress, "zstd": zstandard.decompress, None: bytes}
    data: bytes = ways[answer.headers.get("Content-Encoding")](answer.data)
    return data


@pytest.mark.parametrize(
    ("asked", "coding"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("*", "zstd"),
        ("zstd;q=0, *", "gzip"),
        ("identity, gzip;q=0.5", None),
        ("br", None),
        ("gzip;q=0", None),
        ("", None),
    ],
)
def test_an_answer_comes_in_the_coding_asked_for(rows: str, anonymous: Any, asked: str, coding: str | None) -> None:
    plain = anonymous.get(rows)
    answer = anonymous.get(rows, headers={"Accept-Encoding": asked})
    assert answer.headers.get("Content-Encoding") == coding
    assert unpacked(answer) == plain.data
    assert answer.content_length == len(answer.data)
    assert (len(answer.data) < len(plain.data) / 2) is (coding is not None)
    assert (answer.headers["ETag"] != plain.headers["ETag"]) is (coding is not None)
    assert "Accept-Encoding" in plain.vary


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_who_has_compressed_bytes_is_told_so_before_an_engine_is_asked(
    rows: str, anonymous: Any, coding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = anonymous.get(rows, headers={"Accept-Encoding": coding})
    plain = anonymous.get(rows)
    monkeypatch.setattr("solidata_api.tables.serving.Serving.cursor", lambda *_: 1 / 0)
    monkeypatch.setattr("solidata_api.api.caching.AnswerCache.get", lambda *_: None)
    for seen in (first, plain):
        for named in (seen.headers["ETag"], f'"other", {seen.headers["ETag"]}', f"W/{seen.headers['ETag']}"):
            asked = {"Accept-Encoding": coding, "If-None-Match": named}
            for method in ("GET", "HEAD"):
                same = anonymous.call(method, rows, headers=asked)
                assert (same.status_code, same.data) == (304, b"")
                assert same.headers["ETag"] == seen.headers["ETag"]
                assert "Content-Encoding" not in same.headers
    other = {"Accept-Encoding": coding, "If-None-Match": f'"other-{coding}"'}
    assert anonymous.get(rows, headers=other).status_code == 500


def test_the_same_bytes_come_again_and_head_tells_of_them(rows: str, anonymous: Any) -> None:
    for coding in ("gzip", "zstd"):
        asked = {"Accept-Encoding": coding}
        first, again = anonymous.get(rows, headers=asked), anonymous.get(rows, headers=asked)
        assert (first.data, first.headers["ETag"]) == (again.data, again.headers["ETag"])
        head = anonymous.call("HEAD", rows, headers=asked)
        assert head.data == b""
        for name in ("Content-Encoding", "Content-Length", "ETag", "Content-Type"):
            assert head.headers[name] == first.headers[name]


def test_short_answers_and_exports_are_left_as_they_are(rows: str, anonymous: Any) -> None:
    asked = {"Accept-Encoding": "gzip, zstd"}
    short = anonymous.get(rows.replace("100", "1"), headers=asked)
    assert "Content-Encoding" not in short.headers
    whole = anonymous.get(rows.replace("rows?per_page=100", "export.json"), headers=asked)
    assert len(whole.data) > 3000
    assert "Content-Encoding" not in whole.headers
    ranged = anonymous.get(
        rows.replace("rows?per_page=100", "export.json"),
        headers={**asked, "Range": "bytes=10-2999", "If-Range": whole.headers["ETag"]},
    )
    assert (ranged.status_code, ranged.data) == (206, whole.data[10:3000])


def test_a_document_read_compressed_can_be_changed_by_its_etag(member: Any) -> None:
    made = member.post("/projects", json={"title": "P", "description": "words " * 400})
    path = made.headers["Location"]
    seen = member.get(path, headers={"Accept-Encoding": "gzip"})
    assert seen.headers["ETag"].endswith('-gzip"')
    assert member.get(path, headers={"If-None-Match": seen.headers["ETag"]}).status_code == 304
    assert member.patch(path, json={"title": "Q"}, headers={"If-Match": seen.headers["ETag"]}).status_code == 200
    assert member.patch(path, json={"title": "R"}, headers={"If-Match": seen.headers["ETag"]}).status_code == 412
