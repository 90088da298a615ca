"""Questions to a shared table over HTTP: groups, places, seeds, totals, values, profiles, and mistakes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import make_dataset

ROWS = [
    {"city": "Aÿ", "amount": 3, "day": "2024-01-05", "latitude": 49.05, "longitude": 4.0},
    {"city": "Évry", "amount": 5, "day": "2024-01-20", "latitude": 48.62, "longitude": 2.44},
    {"city": "Évry", "amount": 8, "day": "2024-03-02", "latitude": 48.63, "longitude": 2.45},
    {"city": "Lyon", "amount": 13, "day": "2024-03-09", "latitude": 45.76, "longitude": 4.84},
]


@pytest.fixture
def path(as_actor: Any, run_jobs: Any) -> str:
    options = {"formats": {"latitude": "latitude", "longitude": "longitude"}}
    made = make_dataset(as_actor("member"), run_jobs, rows=ROWS, open_level="opendata", options=options)
    return f"/datasets/{made['id']}"


@pytest.fixture
def anyone(as_actor: Any) -> Any:
    return as_actor("anonymous")


def test_rows_are_asked_in_every_way_and_walked(path: str, anyone: Any) -> None:
    for query in (
        "or=(city__exact.Aÿ,and(amount__greater.8,city__startswith.ly))",
        "bbox=2,45,5,49.5",
        "near=48.6,2.4,100000",
        "shuffle=monday",
        "sort=-amount",
        "sort=city&or=(amount__less.100)",
    ):
        whole = anyone.get(f"{path}/rows?{query}").get_json()
        assert whole["total"] == len(whole["rows"]) > 0, query
        walked, cursor = [], ""
        while cursor is not None:
            page = anyone.get(f"{path}/rows?{query}&per_page=1{cursor and '&cursor=' + cursor}").get_json()
            assert page["total"] == whole["total"]
            walked += page["rows"]
            cursor = page["next"]
        assert walked == whole["rows"], query


def test_a_total_is_left_out_on_demand_and_counted_again_on_the_next_page(path: str, anyone: Any) -> None:
    first = anyone.get(f"{path}/rows?city=Évry&per_page=1&total=none").get_json()
    assert first["total"] is None
    assert anyone.get(f"{path}/rows?city=Évry&per_page=1&cursor={first['next']}").get_json()["total"] == 2


def test_groups_over_time_are_told(path: str, anyone: Any) -> None:
    answer = anyone.get(f"{path}/aggregate?group_by=day:month&metrics=count,sum:amount&city__differs=Lyon")
    assert answer.get_json() == {
        "groups": [
            {"day:month": "2024-01-01", "count": 2, "sum:amount": 8},
            {"day:month": "2024-03-01", "count": 1, "sum:amount": 8},
        ],
        "total": 2,
        "version": 1,
    }


def test_values_are_told_with_their_counts(path: str, anyone: Any) -> None:
    assert anyone.get(f"{path}/values/city?q=ev").get_json() == {
        "column": {"key": "city", "title": "city", "type": "string"},
        "values": [{"value": "Évry", "count": 2}],
        "total": 1,
        "version": 1,
    }


def test_a_profile_is_there_once_rows_are(path: str, anyone: Any, backends: Any) -> None:
    (version,) = backends.versions.all_by(dataset_id=path.rsplit("/", 1)[1])
    folder = backends.tables.local_path(version.parts[0].path).parent
    assert [one.name for one in folder.glob("profile*")] == ["profile.1.json"]
    told = anyone.get(f"{path}/profile").get_json()
    assert (told["row_count"], told["version"]) == (4, 1)
    by_key = {column["key"]: column for column in told["columns"]}
    assert by_key["amount"]["mean"] == 7.25
    assert by_key["city"]["top"][0] == {"value": "Évry", "count": 2}


def test_a_profile_is_told_where_none_was_kept(path: str, anyone: Any, backends: Any) -> None:
    before = anyone.get(f"{path}/profile").get_json()
    (version,) = backends.versions.all_by(dataset_id=path.rsplit("/", 1)[1])
    next(backends.tables.local_path(version.parts[0].path).parent.glob("profile*")).unlink()
    assert anyone.get(f"{path}/profile").get_json() == before


def test_unchanged_groups_values_and_profiles_are_not_told_again(path: str, anyone: Any) -> None:
    for rest in ("aggregate?group_by=city", "values/city", "profile"):
        answer = anyone.get(f"{path}/{rest}")
        again = anyone.get(f"{path}/{rest}", headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b""), rest
    tags = {anyone.get(f"{path}/aggregate?group_by=city&limit={n}").headers["ETag"] for n in (1, 2)}
    assert len(tags) == 2


def test_mistakes_are_told_with_what_may_have_been_meant(path: str, anyone: Any) -> None:
    for query, pointer, said in (
        ("rows?amont=1", "amont", "did you mean 'amount'?"),
        ("rows?or=(city__exct.1)", "or", "known for string columns are exact"),
        ("rows?near=1,2", "near", "it is latitude,longitude,metres"),
        ("aggregate?group_by=day:moth", "group_by", "grouped by day, week, month, quarter, year"),
        ("aggregate?metrics=sum:city", "metrics", "sum does not fit string columns"),
        ("values/cty", "column", "did you mean 'city'?"),
        ("values/city?page=2", "page", "unknown parameter"),
    ):
        answer = anyone.get(f"{path}/{query}")
        assert answer.status_code == 422, query
        (fault,) = answer.get_json()["errors"]
        assert fault["pointer"].strip("/") == pointer and said in fault["message"], (query, fault)


def test_places_need_columns_that_tell_them(as_actor: Any, run_jobs: Any, anyone: Any) -> None:
    made = make_dataset(as_actor("member"), run_jobs, rows=[{"a": "x"}, {"a": "y"}], open_level="opendata")
    for query in ("rows?bbox=1,2,3,4", "rows?near=1,2,3", "export.csv?bbox=1,2,3,4", "aggregate?bbox=1,2,3,4"):
        answer = anyone.get(f"/datasets/{made['id']}/{query}")
        assert "no column here says where a row is" in answer.get_json()["errors"][0]["message"], query
