"""Groups, values and profiles of small tables, held against what is written here by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import orjson
import pytest

from solidata_api.domain.aggregates import bind_aggregate, bind_values
from solidata_api.domain.datasets import Column, Version
from solidata_api.domain.errors import Invalid
from solidata_api.tables import Tables
from tests.tables.test_serving import ask

TYPES = {"city": "string", "n": "integer", "x": "number", "ok": "boolean", "day": "date", "at": "datetime"}
ROWS = [
    ("Évreux", 1, 0.5, True, date(2024, 1, 31), datetime(2024, 1, 31, 10, 30)),
    ("Évreux", -1, 1.5, False, date(2024, 2, 1), datetime(2024, 1, 31, 10, 59)),
    ("evian", 2**60, None, None, date(2024, 2, 4), None),
    ("Zuydcoote", 250, 9.75, True, None, datetime(2025, 12, 29, 0, 0)),
    (None, None, 2.25, None, date(2025, 12, 29), None),
]


@pytest.fixture
def version(make_version: Callable[..., Version]) -> Version:
    return make_version(TYPES, ROWS)


def asked(tables: Tables, version: Version, text: str) -> tuple[list[dict[str, Any]], int]:
    arguments = [tuple(part.split("=", 1)) for part in text.split("&") if part]
    found = tables.aggregate(version, version.columns, bind_aggregate(arguments, version.columns))  # type: ignore[arg-type]
    return orjson.loads(orjson.dumps(found.groups)), found.total


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("", [{"count": 5}]),
        ("group_by=city", [
            {"city": "evian", "count": 1}, {"city": "Évreux", "count": 2}, {"city": "Zuydcoote", "count": 1},
            {"city": None, "count": 1},
        ]),
        ("group_by=city&sort=-count,-city&limit=2", [
            {"city": "Évreux", "count": 2}, {"city": "Zuydcoote", "count": 1},
        ]),
        ("metrics=count:x,sum:x,avg:x,min:x,max:x,median:x,distinct:city,p50:n,sum:n", [{
            "count:x": 4, "sum:x": 14.0, "avg:x": 3.5, "min:x": 0.5, "max:x": 9.75, "median:x": 1.875,
            "distinct:city": 3, "p50:n": 125.5, "sum:n": str(2**60 + 250),
        }]),
        ("metrics=min:day,max:day,max:at,max:n", [
            {"min:day": "2024-01-31", "max:day": "2025-12-29", "max:at": "2025-12-29T00:00:00", "max:n": str(2**60)},
        ]),
        ("group_by=ok&metrics=count", [{"ok": False, "count": 1}, {"ok": True, "count": 2}, {"ok": None, "count": 2}]),
        ("group_by=day:month", [
            {"day:month": "2024-01-01", "count": 1}, {"day:month": "2024-02-01", "count": 2},
            {"day:month": "2025-12-01", "count": 1}, {"day:month": None, "count": 1},
        ]),
        ("group_by=day:week&day__isnotnull=", [
            {"day:week": "2024-01-29", "count": 3}, {"day:week": "2025-12-29", "count": 1},
        ]),
        ("group_by=day:quarter&day__isnotnull=", [
            {"day:quarter": "2024-01-01", "count": 3}, {"day:quarter": "2025-10-01", "count": 1},
        ]),
        ("group_by=day:year&sort=-day:year&limit=1", [{"day:year": "2025-01-01", "count": 1}]),
        ("group_by=at:hour&at__isnotnull=", [
            {"at:hour": "2024-01-31T10:00:00", "count": 2}, {"at:hour": "2025-12-29T00:00:00", "count": 1},
        ]),
        ("group_by=at:day&at__isnotnull=", [
            {"at:day": "2024-01-31", "count": 2}, {"at:day": "2025-12-29", "count": 1},
        ]),
        ("group_by=n:100", [
            {"n:100": -100, "count": 1}, {"n:100": 0, "count": 1}, {"n:100": 200, "count": 1},
            {"n:100": str(2**60 - 2**60 % 100), "count": 1}, {"n:100": None, "count": 1},
        ]),
        ("group_by=x:0.1&x__less=2", [{"x:0.1": 0.5, "count": 1}, {"x:0.1": 1.5, "count": 1}]),
        ("group_by=x:4bins&x__isnotnull=", [{"x:4bins": 0.5, "count": 3}, {"x:4bins": 7.4375, "count": 1}]),
        ("group_by=x:4bins&x=0.5", [{"x:4bins": 0.5, "count": 1}]),
        ("group_by=x:4bins&x__greater=100", []),
        ("group_by=city,ok&or=(city__startswith.ev,n__exact.250)", [
            {"city": "evian", "ok": None, "count": 1}, {"city": "Évreux", "ok": False, "count": 1},
            {"city": "Évreux", "ok": True, "count": 1}, {"city": "Zuydcoote", "ok": True, "count": 1},
        ]),
        ("group_by=city&having=count__strictly_greater.2", []),
        ("group_by=city&metrics=count,sum:x&having=or(count__strictly_greater.2,sum:x__isnull)&sort=sum:x",
         [{"city": "evian", "count": 1, "sum:x": None}]),
        ("group_by=city&metrics=max:day&having=max:day__less.2024-02-01", [
            {"city": "Évreux", "max:day": "2024-02-01"},
        ]),
    ],
)  # fmt: skip
def test_an_aggregate_answers_these_groups(
    tables: Tables, version: Version, text: str, groups: list[dict[str, Any]]
) -> None:
    assert asked(tables, version, text)[0] == groups


def test_the_total_is_of_groups_without_the_limit(tables: Tables, version: Version) -> None:
    assert asked(tables, version, "group_by=city&limit=1")[1] == 4
    assert asked(tables, version, "group_by=city&having=count__exact.1&limit=1")[1] == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("group_by=nope", "unknown column 'nope'"),
        ("group_by=cty", "unknown column 'cty'; did you mean 'city'?"),
        ("group_by=day:hour", "'day' is grouped by day, week, month, quarter, year, not by 'hour'"),
        ("group_by=city:month", "'city' is a string column, which has no intervals"),
        ("group_by=n:0.5", "'n' is grouped by the width of its bins, a whole number"),
        ("group_by=x:0", "'x' is grouped by the width of its bins, a number"),
        ("group_by=x:-1", "'x' is grouped by the width of its bins, a number"),
        ("group_by=x:9999bins", "there are at most 1000 bins, not 9999"),
        ("metrics=sum:city", "sum does not fit string columns; these do: count, distinct"),
        ("metrics=total:x", "unknown metric 'total'"),
        ("metrics=cont:x", "did you mean 'count'?"),
        ("metrics=sum", "sum is told of a column: sum:<column>"),
        ("metrics=p100:x", "unknown metric 'p100'"),
        ("metrics=", "it is empty"),
        ("metrics=avg:nope", "unknown column 'nope'"),
        ("sort=x", "'x' is neither grouped by nor told; known are count"),
        ("having=x__less.1", "unknown column 'x'"),
        ("having=count__less.a", "'a' is no integer"),
        ("limit=0", "it is a whole number from 1 to 10000"),
        ("page=2", "unknown parameter 'page'"),
        ("limit=1&limit=2", "limit is given several times"),
    ],
)
def test_what_does_not_fit_is_told(version: Version, text: str, said: str) -> None:
    arguments = [tuple(part.split("=", 1)) for part in text.split("&")]
    with pytest.raises(Invalid) as refused:
        bind_aggregate(arguments, version.columns)  # type: ignore[arg-type]
    assert said in refused.value.faults[0].message


def test_a_column_named_like_a_metric_is_no_metric(tables: Tables, make_version: Callable[..., Version]) -> None:
    version = make_version({"count": "integer"}, [(7,), (7,), (8,)])
    with pytest.raises(Invalid, match="does not fit"):
        bind_aggregate([("group_by", "count")], version.columns)
    assert asked(tables, version, "group_by=count&metrics=sum:count")[0] == [
        {"count": 7, "sum:count": 14}, {"count": 8, "sum:count": 8},
    ]  # fmt: skip
    assert values(tables, version, "count", "") == [(7, 2), (8, 1)]


def values(tables: Tables, version: Version, key: str, text: str) -> list[tuple[Any, int]]:
    arguments = [tuple(part.split("=", 1)) for part in text.split("&") if part]
    query = bind_values(arguments, version.columns, key)  # type: ignore[arg-type]
    found = tables.aggregate(version, version.columns, query)
    return [tuple(one.values()) for one in orjson.loads(orjson.dumps(found.groups))]


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("city", "", [("Évreux", 2), ("evian", 1), ("Zuydcoote", 1)]),
        ("city", "sort=value", [("evian", 1), ("Évreux", 2), ("Zuydcoote", 1)]),
        ("city", "sort=-value&limit=1", [("Zuydcoote", 1)]),
        ("city", "q=ÉV", [("Évreux", 2), ("evian", 1)]),
        ("city", "q=vreux", []),
        ("city", "n__greater=2", [("evian", 1), ("Zuydcoote", 1)]),
        ("n", "q=2", [(250, 1)]),
        ("n", "q=1", [(1, 1), (str(2**60), 1)]),
        ("day", "q=2024-02&sort=value", [("2024-02-01", 1), ("2024-02-04", 1)]),
        ("ok", "q=T", [(True, 2)]),
    ],
)
def test_values_are_counted(
    tables: Tables, version: Version, key: str, text: str, expected: list[tuple[Any, int]]
) -> None:
    assert values(tables, version, key, text) == expected


def test_values_of_a_column_that_is_not_there_are_refused_like_any_other(version: Version) -> None:
    with pytest.raises(Invalid) as refused:
        bind_values([("sort", "size")], version.columns, "nope")
    assert [fault.message[:20] for fault in refused.value.faults] == ["unknown column 'nope", "it is count or value"]


def test_a_profile_tells_what_columns_hold(tables: Tables, version: Version) -> None:
    told = tables.profile(version)
    assert told["city"] == {
        "nulls": 1, "distinct": 3, "estimated": False, "min_length": 5, "max_length": 9,
        "top": [{"value": "Évreux", "count": 2}, {"value": "Zuydcoote", "count": 1}, {"value": "evian", "count": 1}],
    }  # fmt: skip
    x = told["x"]
    assert (x["min"], x["max"], x["mean"], x["quantiles"]["p50"]) == (0.5, 9.75, 3.5, 1.875)
    assert [one["count"] for one in x["histogram"]] == [1, 0, 1, 1, *[0] * 15, 1]
    assert (x["histogram"][0]["from"], x["histogram"][-1]["to"]) == (0.5, pytest.approx(9.75))
    assert (told["n"]["max"], told["n"]["min"]) == (str(2**60), -1)
    day = told["day"]
    assert (day["min"], day["max"], sum(one["count"] for one in day["histogram"])) == ("2024-01-31", "2025-12-29", 4)
    assert day["histogram"][0] == {"from": "2024-01-31", "to": "2024-03-06", "count": 3}
    assert told["at"]["histogram"][0]["from"] == "2024-01-31T10:30:00"
    assert told["ok"]["top"] == [{"value": True, "count": 2}, {"value": False, "count": 1}]


def test_a_profile_of_nothing_is_one(tables: Tables, make_version: Callable[..., Version]) -> None:
    empty = tables.profile(make_version(TYPES, []))
    blank = tables.profile(make_version(TYPES, [(None,) * 6]))
    for key in TYPES:
        assert empty[key] == {"nulls": 0, "distinct": 0, "estimated": False, "top": []}
        assert blank[key] == {"nulls": 1, "distinct": 0, "estimated": False, "top": []}


def test_a_profile_is_told_once_and_goes_with_its_version(tables: Tables, version: Version) -> None:
    told = tables.profile(version)
    tables.serving.close(version)
    assert tables.profile(version) == told
    assert not tables.serving.cache.path(version).exists()
    tables.delete(version)
    assert not list(tables.local_path(version.parts[0].path).parent.glob("*"))


def test_columns_of_one_value_and_of_json_have_a_profile(tables: Tables, make_version: Callable[..., Version]) -> None:
    version = make_version({"g": "geojson", "y": "year"}, [('{"type": "Point", "coordinates": [1, 2]}', 2024)] * 2)
    told = tables.profile(version)
    assert told["y"]["histogram"] == [{"from": 2024, "to": 2024, "count": 2}]
    assert told["g"]["top"][0]["count"] == 2


PLACES = {"lat": "number", "lon": "number"}


@pytest.fixture
def towns(make_version: Callable[..., Version]) -> Version:
    made = make_version(PLACES, [(48.8566, 2.3522), (45.764, 4.8357), (-17.7, 178.0), (None, 2.0), (-17.7, -178.0)])
    forms = {"lat": "latitude", "lon": "longitude"}
    return replace(made, columns=tuple(replace(column, format=forms[column.key]) for column in made.columns))


@pytest.fixture(params=["degrees", "geopoint", "geojson"])
def placed(request: Any, towns: Version, make_version: Callable[..., Version]) -> Version:
    """The same towns, as each kind of column holds them."""
    points = [(48.8566, 2.3522), (45.764, 4.8357), (-17.7, 178.0), None, (-17.7, -178.0)]
    if request.param == "degrees":
        return towns
    if request.param == "geopoint":
        return make_version({"p": "geopoint"}, [(f"{p[1]}, {p[0]}" if p else None,) for p in points])
    texts = [f'{{"type": "Point", "coordinates": [{p[1]}, {p[0]}]}}' if p else None for p in points]
    return make_version({"g": "geojson"}, [(text,) for text in texts])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bbox=2,45,5,49", [0, 1]),
        ("bbox=2.3522,48.8566,2.3522,48.8566", [0]),
        ("bbox=170,-20,-170,-10", [2, 4]),
        ("bbox=-170,-20,170,-10", []),
        ("near=45.76,4.83,1000", [1]),
        ("near=45.76,4.83,391000", [1]),
        ("near=45.76,4.83,393000", [1, 0]),
        ("near=-17.7,179.9,500000", [2, 4]),
        ("near=-17.7,-179.9,500000", [4, 2]),
        ("near=90,0,21000000", [0, 1, 2, 4]),
        ("near=45.76,4.83,393000&shuffle=x&bbox=4,45,5,46", [1]),
    ],
)
@pytest.mark.usefixtures("either_way")
def test_rows_are_found_by_where_they_lie(tables: Tables, placed: Version, text: str, expected: list[int]) -> None:
    assert ask(tables, placed, text) == expected


def test_a_geometry_lies_where_its_box_touches(tables: Tables, make_version: Callable[..., Version]) -> None:
    square = '{"type":"Polygon","coordinates":[[[0,0],[10,0],[10,10],[0,1e1],[0,0]]]}'
    points = ('{"type":"Point","coordinates":[-5.5,-5]}', '{"type":"Point","coordinates":[-6,-6]}')
    several = f'{{"type":"GeometryCollection","geometries":[{",".join(points)}]}}'
    version = make_version({"g": "geojson"}, [(square,), (several,), ('{"type":"Point","coordinates":[]}',)])
    assert ask(tables, version, "bbox=9,9,20,20") == [0]
    assert ask(tables, version, "bbox=-7,-7,1,1") == [0, 1]
    assert ask(tables, version, "near=5,5,1000") == [0]


@pytest.mark.usefixtures("either_way")
def test_a_shuffle_has_every_row_once_in_an_order_of_its_own(
    tables: Tables, make_version: Callable[..., Version]
) -> None:
    version = make_version({"n": "integer"}, [(n,) for n in range(200)])
    orders = {seed: ask(tables, version, f"shuffle={seed}&per_page=1000") for seed in ("a", "b", "1")}
    assert all(sorted(order) == list(range(200)) for order in orders.values())
    assert len({tuple(order) for order in [*orders.values(), list(range(200))]}) == 4
    pages = [ask(tables, version, f"shuffle=a&per_page=50&page={n}") for n in range(1, 5)]
    assert [one for page in pages for one in page] == orders["a"]


def test_the_columns_named_are_those_that_are_there() -> None:
    columns = (Column("a", "A", "number"),)
    assert bind_aggregate([("group_by", "a:10bins"), ("metrics", "p95:a")], columns).names == ["a:10bins", "p95:a"]
