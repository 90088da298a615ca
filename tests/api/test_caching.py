"""What caches may keep of reads of tables, how they ask again, and the answers that are kept in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from solidata_api.api import access, caching
from solidata_api.api.caching import AnswerCache, Made
from tests.factories import make_dataset

ROWS = [{"code": f"{n:03}", "name": f"Commune {n}", "secret": f"s{n}"} for n in range(1, 31)]
READS = (
    "rows",
    "rows?name__contains=une&sort=-code",
    "aggregate?group_by=name",
    "values/name",
    "profile",
    "export.csv",
)
CLOSED = {"columns": [{"key": key, "open_level": "private"} for key in ROWS[0]]}


@pytest.fixture
def table(member: Any, run_jobs: Any) -> str:
    """A table of everybody, but for one column."""
    made = make_dataset(member, run_jobs, rows=ROWS, open_level="opendata")
    path = f"/datasets/{made['id']}"
    assert member.patch(path, json={"columns": [{"key": "secret", "open_level": "private"}]}).status_code == 200
    return path


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a minute later for caches."""
    monkeypatch.setattr(caching, "now", lambda: datetime.now(UTC) + timedelta(minutes=1))


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Whoever asks an engine fails, once this is called."""

    def forbid() -> None:
        def asked(*_: Any, **__: Any) -> None:
            raise AssertionError("an engine was asked")

        monkeypatch.setattr("solidata_api.tables.serving.Serving.cursor", asked)
        monkeypatch.setattr("solidata_api.tables.exports.ExportCache.open", asked)
        monkeypatch.setattr("solidata_api.tables.Tables.profile", asked)

    return forbid


def one_row(table: str, caller: Any) -> str:
    return f"rows/{caller.get(f'{table}/rows').get_json()['rows'][0]['_id']}"


def and_version(path: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}version=1"


def test_what_everybody_may_have_is_public_and_a_named_version_for_a_year(
    table: str, anonymous: Any, member: Any
) -> None:
    for read in (*READS, one_row(table, anonymous)):
        assert anonymous.get(f"{table}/{read}").headers["Cache-Control"] == "public, no-cache", read
        pinned = f"{table}/{and_version(read)}"
        assert anonymous.get(pinned).headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert member.get(pinned).headers["Cache-Control"] == "private, no-cache"
        varied = ", ".join(anonymous.get(pinned).headers.getlist("Vary"))
        assert {"Authorization", "Accept-Encoding", "Origin"} <= set(varied.split(", "))
    # A slug is free again once its table is gone for good.
    slug = anonymous.get(table).get_json()["slug"]
    assert anonymous.get(f"/datasets/{slug}/rows?version=1").headers["Cache-Control"] == "public, no-cache"
    # A token that speaks for nobody is a token.
    headers = {"Authorization": f"Bearer {anonymous.post('/auth/anonymous').get_json()['access_token']}"}
    assert anonymous.get(f"{table}/rows", headers=headers).headers["Cache-Control"] == "private, no-cache"


def test_what_nobody_may_read_without_account_and_mistakes_are_not_kept(
    table: str, anonymous: Any, member: Any
) -> None:
    assert anonymous.get(f"{table}/rows?nonsense=1&version=1").headers["Cache-Control"] == "no-store"
    assert anonymous.get(f"{table}/rows/none?version=1").headers["Cache-Control"] == "no-store"
    member.patch(table, json=CLOSED)
    assert anonymous.get(f"{table}/rows?version=1").headers["Cache-Control"] == "no-store"
    assert member.get(f"{table}/rows?version=1").headers["Cache-Control"] == "private, no-cache"


def test_the_time_of_the_last_change_is_told_once_it_is_over(
    table: str, anonymous: Any, later: None, no_engine: Any
) -> None:
    reads = [f"{table}/{read}" for read in READS]
    told = [anonymous.get(read).last_modified for read in reads]
    assert None not in told
    assert len(set(told)) == 1
    no_engine()
    for read in reads:
        same = anonymous.get(read, headers={"If-Modified-Since": "Wed, 01 Jan 2200 00:00:00 GMT"})
        assert (same.status_code, same.data) == (304, b"")
        # An ETag decides, where there is one.
        both = {"If-Modified-Since": "Wed, 01 Jan 2200 00:00:00 GMT", "If-None-Match": '"other"'}
        assert anonymous.get(read, headers=both).status_code in (200, 500)


def test_a_change_of_this_very_second_has_no_time(table: str, anonymous: Any, member: Any) -> None:
    member.patch(table, json={"description": "new"})
    assert anonymous.get(f"{table}/rows").last_modified is None


def test_a_change_is_told_to_who_asks_by_time(table: str, anonymous: Any, member: Any, later: None) -> None:
    before = anonymous.get(f"{table}/rows").last_modified - timedelta(seconds=1)
    headers = {"If-Modified-Since": before.strftime("%a, %d %b %Y %H:%M:%S GMT")}
    assert anonymous.get(f"{table}/rows", headers=headers).status_code == 200
    # What a person may read changes without the table's doing: the time says nothing to them.
    headers = {"If-Modified-Since": "Wed, 01 Jan 2200 00:00:00 GMT"}
    assert member.get(f"{table}/rows", headers=headers).status_code == 200


def test_who_has_it_and_who_asks_again_asks_no_engine(table: str, anonymous: Any, no_engine: Any) -> None:
    reads = [f"{table}/{read}" for read in (*READS, one_row(table, anonymous))]
    before = [anonymous.get(read) for read in reads]
    no_engine()
    for read, one in zip(reads, before, strict=True):
        same = anonymous.get(read, headers={"If-None-Match": one.headers["ETag"]})
        assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", one.headers["ETag"])
        if "export" not in read:
            again = anonymous.get(read)
            assert (again.data, again.headers.get("Link")) == (one.data, one.headers.get("Link"))
            assert again.headers["ETag"] == one.headers["ETag"]


def test_kept_answers_are_for_those_who_may_have_them(table: str, anonymous: Any, member: Any) -> None:
    for read in ("rows", "profile", one_row(table, member)):
        mine = member.get(f"{table}/{read}").data
        theirs = anonymous.get(f"{table}/{read}").data
        assert b"secret" in mine
        assert b"secret" not in theirs
        assert member.get(f"{table}/{read}").data == mine
    member.patch(table, json={"columns": [{"key": "name", "open_level": "private"}]})
    assert b"Commune" not in anonymous.get(f"{table}/rows").data
    member.patch(table, json=CLOSED)
    for read in ("rows", "profile"):
        assert anonymous.get(f"{table}/{read}").status_code == 404


def test_an_answer_of_this_question_is_no_answer_to_another(table: str, anonymous: Any) -> None:
    queries = (
        "per_page=2",
        "per_page=3",
        "per_page=2&page=2",
        "per_page=2&orient=tabular",
        "fields=name",
        "sort=-code",
    )
    first = [anonymous.get(f"{table}/rows?{query}").data for query in queries]
    assert len(set(first)) == len(queries)
    assert [anonymous.get(f"{table}/rows?{query}").data for query in queries] == first


def test_kept_answers_are_bounded_and_the_least_read_goes_first() -> None:
    cache = AnswerCache(1)
    for n in range(10):
        cache.put(f"t{n}", Made(b"x" * 100_000))
        cache.get("t0")
    cache.put("t10", Made(b"x" * 100_000))
    assert cache.size <= 1 << 20
    assert cache.get("t0") is not None
    assert cache.get("t1") is None
    cache.put("large", Made(b"x" * (1 << 20) + b"x"))
    cache.put("passing", Made(b"x", is_lasting=False))
    assert cache.get("large") is None
    assert cache.get("passing") is None
    for n in range(1000):
        cache.put("same", Made(b"x" * 100))
        cache.put(f"small{n}", Made(b""))
    assert cache.size <= 1 << 20


def read_routes() -> list[str]:
    found = {
        one.path for one in access.OPERATIONS.values() if one.method == "GET" and one.path.startswith("/datasets/<")
    }
    return sorted(found)


@pytest.mark.parametrize("route", read_routes())
def test_every_read_answers_head_and_options(table: str, member: Any, route: str) -> None:
    identifier = table.rpartition("/")[2]
    values = {
        "dataset_id": identifier,
        "row_id": one_row(table, member)[5:],
        "column": "name",
        "format": "csv",
        "n": "1",
    }
    path = route
    for name, value in values.items():
        path = path.replace(f"<string:{name}>", value)
    options = member.call("OPTIONS", path)
    assert options.status_code == 200
    assert options.data == b""
    assert {"GET", "HEAD", "OPTIONS"} <= set(options.headers["Allow"].split(", "))
    whole, head = member.get(path), member.call("HEAD", path)
    assert head.status_code == whole.status_code
    assert head.data == b""
    for name in ("Content-Type", "ETag", "Cache-Control", "Content-Length", "Last-Modified", "Link"):
        assert head.headers.get(name) == whole.headers.get(name), name
