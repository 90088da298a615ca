"""Reading rows: every operator, order, page and cursor as DESIGN 4 says, held against plain Python."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solidata_api.domain import queries
from solidata_api.domain.datasets import Version
from solidata_api.domain.errors import Unavailable
from solidata_api.domain.folding import fold_text
from solidata_api.domain.queries import ROW_PARAMETERS, RowQuery, bind
from solidata_api.tables import Tables

TYPES = {"name": "string", "n": "integer", "x": "number", "ok": "boolean", "day": "date"}
ROWS = [
    ("Évreux", 3, 1.5, True, date(2026, 1, 1)),
    ("evreux", 1, -2.0, False, date(2025, 6, 30)),
    (None, 2, None, None, None),
    ("Œuvre 100%_\\", 2**60, 0.25, True, date(2026, 12, 31)),
    ("O'Brien; drop table rows", None, 3.0, False, None),
    ('zoë\n"quoted"', -7, 1e300, None, date(1900, 1, 1)),
]


def ask(tables: Tables, version: Version, text: str) -> list[Any]:
    """The positions of the rows that a query answers."""
    arguments = [tuple(part.split("=", 1)) for part in text.split("&") if part]
    page = tables.page(version, version.columns, bind(arguments, version.columns, ROW_PARAMETERS))  # type: ignore[arg-type]
    assert page.total is not None and page.total >= len(page.rows)
    return [int(row["_id"].removeprefix("r")) for row in page.rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [0, 1, 2, 3, 4, 5]),
        ("name=evreux", [1]),
        ("name__exact=Évreux", [0]),
        ("name__exact=Évreux&name__exact=evreux", [0, 1]),
        ("name__differs=evreux", [0, 2, 3, 4, 5]),
        ("name__differs=evreux&name__differs=Évreux", [2, 3, 4, 5]),
        ("name__contains=EVREU", [0, 1]),
        ("name__contains=oeuvre", [3]),
        ("name__contains=%", [3]),
        ("name__contains=_", [3]),
        ("name__contains=\\", [3]),
        ("name__notcontains=e", [2]),
        ("name__startswith=ÉVR", [0, 1]),
        ("name__contains='", [4]),
        ('name__in=evreux,"Évreux"', [0, 1]),
        ("name__notin=evreux,Évreux", [2, 3, 4, 5]),
        ("n__less=1", [1, 5]),
        ("n__strictly_less=1", [5]),
        ("n__greater=3", [0, 3]),
        ("n__strictly_greater=3", [3]),
        ("n__in=1,2,3", [0, 1, 2]),
        ("n__greater=0&n__less=2", [1, 2]),
        ("x__exact=0.25", [3]),
        ("ok=true", [0, 3]),
        ("ok__differs=true", [1, 2, 4, 5]),
        ("day__greater=2026-01-01", [0, 3]),
        ("day__less=2000-01-01", [5]),
        ("name__isnull=", [2]),
        ("day__isnotnull=", [0, 1, 3, 5]),
        ("sort=n", [5, 1, 2, 0, 3, 4]),
        ("sort=-n", [3, 0, 2, 1, 5, 4]),
        ("sort=name", [1, 0, 4, 3, 5, 2]),
        ("sort=-name", [5, 3, 4, 0, 1, 2]),
        ("sort=ok,-n", [1, 4, 3, 0, 2, 5]),
        ("per_page=2&page=2", [2, 3]),
        ("per_page=2&page=9", []),
        ("sort=n&per_page=2&page=2", [2, 0]),
        ("n__greater=0&per_page=2&page=2", [2, 3]),
    ],
)
@pytest.mark.usefixtures("either_way")
def test_a_query_answers_these_rows(
    tables: Tables, make_version: Callable[..., Version], text: str, expected: list[int]
) -> None:
    assert ask(tables, make_version(TYPES, ROWS), text) == expected


def test_values_are_json_as_design_says(tables: Tables, make_version: Callable[..., Version]) -> None:
    types = {**TYPES, "at": "datetime", "list": "array"}
    version = make_version(types, [(*ROWS[3], datetime(2026, 1, 2, 3, 4), '["a", 1]')])
    page = tables.page(version, version.columns, bind([], version.columns, ROW_PARAMETERS))
    assert orjson.loads(orjson.dumps(page.rows[0])) == {
        "_id": "r0",
        "name": "Œuvre 100%_\\",
        "n": str(2**60),
        "x": 0.25,
        "ok": True,
        "day": "2026-12-31",
        "at": "2026-01-02T03:04:00",
        "list": ["a", 1],
    }


def test_only_the_fields_asked_are_answered_in_their_order(
    tables: Tables, make_version: Callable[..., Version]
) -> None:
    version = make_version(TYPES, ROWS)
    page = tables.page(version, version.columns, bind([("fields", "x,name")], version.columns, ROW_PARAMETERS))
    assert list(page.rows[0]) == ["_id", "x", "name"]


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("text", ["", "sort=name", "n__isnotnull=", "sort=-n&name__isnotnull="])
@pytest.mark.parametrize("per_page", [1, 2, 4, 100])
def test_walking_by_cursor_meets_every_row_once(
    tables: Tables, make_version: Callable[..., Version], text: str, per_page: int
) -> None:
    version = make_version(TYPES, ROWS)
    expected, walked = ask(tables, version, f"{text}&per_page=1000"), []
    arguments = [tuple(part.split("=", 1)) for part in f"{text}&per_page={per_page}".split("&") if part]
    query = bind(arguments, version.columns, ROW_PARAMETERS)  # type: ignore[arg-type]
    while True:
        page = tables.page(version, version.columns, query)
        walked += [int(row["_id"].removeprefix("r")) for row in page.rows]
        if page.next_after is None:
            break
        query = replace(query, after=page.next_after)
    assert walked == expected


def test_a_table_without_rows_has_its_columns(tables: Tables, make_version: Callable[..., Version]) -> None:
    version = make_version(TYPES, [])
    assert ask(tables, version, "name__contains=a&sort=n") == []
    assert version.row_count == 0


def test_a_row_is_found_by_its_id(tables: Tables, make_version: Callable[..., Version]) -> None:
    version = make_version(TYPES, ROWS)
    assert (tables.row(version, version.columns[:2], "r3") or {})["name"] == "Œuvre 100%_\\"
    assert tables.row(version, version.columns, "' or 1=1 --") is None


def test_a_source_row_comes_from_its_line_and_a_built_one_from_its_origins(
    tables: Tables, make_version: Callable[..., Version]
) -> None:
    source = make_version(TYPES, ROWS)
    assert tables.origins(source, "r1") == [("d", 1, "r1", 3)]
    built = make_version(TYPES, ROWS, origins=[(0, "a", 1, "x", 2), (1, "a", 1, "y", 3), (1, "b", 4, "z", 9)])
    assert tables.origins(built, "r1") == [("a", 1, "y", 3), ("b", 4, "z", 9)]


def test_the_serving_file_is_made_again_when_missing_or_broken(
    tables: Tables, make_version: Callable[..., Version]
) -> None:
    version = make_version(TYPES, ROWS)
    tables.prepare(version)
    tables.serving.cache.path(version).write_bytes(b"broken")
    assert ask(tables, version, "n=1") == [1]


def test_the_cache_keeps_to_its_limit(tables: Tables, make_version: Callable[..., Version]) -> None:
    tables.serving.cache.limit = 1
    first, second = make_version(TYPES, ROWS), make_version(TYPES, ROWS)
    tables.prepare(first)
    tables.prepare(second)
    assert not tables.serving.cache.path(first).exists()
    assert ask(tables, first, "n=1") == [1]


def test_the_engine_reaches_no_other_file(tables: Tables, make_version: Callable[..., Version]) -> None:
    version = make_version(TYPES, ROWS)
    with tables.serving.cursor(version) as cursor:
        for sql in (
            "select * from read_csv('/etc/passwd')",
            "copy rows to '/tmp/leak.csv'",
            "set enable_external_access=true",
            "create table t(a int)",
        ):
            with pytest.raises(Exception, match=r"disabled|Permission|locked|read-only|Cannot"):
                cursor.execute(sql)


def test_a_query_over_its_time_is_unavailable(tables: Tables, make_version: Callable[..., Version]) -> None:
    tables.serving.limits = replace(tables.serving.limits, time_s=1)
    version = make_version(TYPES, ROWS)
    with pytest.raises(Unavailable, match="QUERY_TIME_LIMIT_S=1"), tables.serving.cursor(version) as cursor:
        cursor.execute(
            "select count(*) from range(100000000) a, range(100000) b where a.range % 7 = b.range % 11"
        ).fetchall()


def test_many_threads_read_at_once(tables: Tables, make_version: Callable[..., Version]) -> None:
    version, found = make_version(TYPES, ROWS), []
    threads = [threading.Thread(target=lambda: found.append(ask(tables, version, "sort=n"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[5, 1, 2, 0, 3, 4]] * 8


def test_deleting_leaves_nothing(tables: Tables, make_version: Callable[..., Version]) -> None:
    version = make_version(TYPES, ROWS)
    tables.prepare(version)
    tables.delete(version)
    assert not tables.serving.cache.path(version).exists()
    assert not tables.local_path(version.parts[0].path).exists()


CELLS = st.one_of(st.none(), st.sampled_from(["a", "B", "é", "É", "Ab", "ab%", "œ", "oe", "", " z", "10", "9"]))
SMALL = st.tuples(CELLS.map(lambda text: text or None), st.one_of(st.none(), st.integers(-3, 3)))
FILTERS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from([f"t__{op.name}" for op in queries.OPERATORS if op.values == "one"]),
            st.sampled_from(["a", "B", "É", "oe", "9"]),
        ),
        st.tuples(
            st.sampled_from(["n__exact", "n__differs", "n__less", "n__strictly_greater"]),
            st.sampled_from(["-1", "0", "2"]),
        ),
        st.tuples(st.sampled_from(["t__isnull", "t__isnotnull", "n__isnull"]), st.just("")),
    ),
    max_size=4,
)
SORTS = st.sampled_from(["", "t", "-t", "n", "-n", "n,-t", "-t,n"])


def holds(value: Any, op: str, wanted: Any) -> bool:
    if op in ("isnull", "isnotnull"):
        return (value is None) == (op == "isnull")
    if value is None:
        return op in ("differs", "notcontains")
    if op in ("contains", "notcontains"):
        return (fold_text(wanted) in fold_text(value)) == (op == "contains")
    if op == "startswith":
        return fold_text(value).startswith(fold_text(wanted))
    return {
        "exact": value == wanted,
        "differs": value != wanted,
        "less": value <= wanted,
        "greater": value >= wanted,
        "strictly_less": value < wanted,
        "strictly_greater": value > wanted,
    }[op]


def naive(rows: list[tuple[Any, Any]], filters: list[tuple[str, str]], sort: str) -> list[int]:
    """DESIGN 4, word by word."""

    def fits(row: tuple[Any, Any]) -> bool:
        groups: dict[str, list[bool]] = {}
        for name, text in filters:
            column, _, op = name.partition("__")
            value, wanted = (row[0], text) if column == "t" else (row[1], int(text) if text else None)
            groups.setdefault(name, []).append(holds(value, op, wanted))
        return all(
            (all if name.split("__")[1] in ("differs", "notcontains") else any)(group) for name, group in groups.items()
        )

    found = [position for position, row in enumerate(rows) if fits(row)]
    for key in reversed([part for part in sort.split(",") if part]):
        place = 0 if key.endswith("t") else 1
        filled = [one for one in found if rows[one][place] is not None]
        blank = [one for one in found if rows[one][place] is None]
        spelled = (lambda one: (fold_text(rows[one][0]), rows[one][0])) if place == 0 else (lambda one: rows[one][1])
        filled.sort(key=spelled, reverse=key.startswith("-"))
        if key.startswith("-"):
            # A stable sort that runs backwards turns ties round: put them right.
            filled = sorted(filled, key=spelled)
            filled = [one for group in reversed(_groups(filled, spelled)) for one in group]
        found = filled + blank
    return found


def _groups(ordered: list[int], key: Callable[[int], Any]) -> list[list[int]]:
    groups: list[list[int]] = []
    for one in ordered:
        if groups and key(groups[-1][0]) == key(one):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


@pytest.mark.usefixtures("either_way")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(SMALL, max_size=12), filters=FILTERS, sort=SORTS)
def test_any_query_answers_what_plain_python_does(
    tables: Tables,
    make_version: Callable[..., Version],
    rows: list[tuple[Any, Any]],
    filters: list[tuple[str, str]],
    sort: str,
) -> None:
    version = make_version({"t": "string", "n": "integer"}, rows)
    query: RowQuery = bind(
        [*filters, *([("sort", sort)] if sort else []), ("per_page", "1000")], version.columns, ROW_PARAMETERS
    )
    page = tables.page(version, version.columns, query)
    assert [int(row["_id"].removeprefix("r")) for row in page.rows] == naive(rows, filters, sort)
    assert page.total == len(page.rows)
