"""Random viewers asking random questions of a table with columns of every level, against plain Python.

What a reader may see is said here anew, in the words of DESIGN 3 and 4, and answered by going through all rows.
`QUERY_PAIRS` says how many (viewer, query) pairs are thrown, `QUERY_SEED` which.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import orjson
import pytest

from solidata_api.domain import policy
from solidata_api.domain.actors import ANONYMOUS, Actor
from solidata_api.domain.aggregates import bind_aggregate, bind_values
from solidata_api.domain.datasets import Column, Dataset, Version
from solidata_api.domain.documents import Member, now
from solidata_api.domain.errors import Invalid
from solidata_api.domain.folding import fold_text
from solidata_api.domain.queries import ROW_PARAMETERS, bind
from solidata_api.tables import Tables, paging

PAIRS = int(os.environ.get("QUERY_PAIRS", "10000"))
SEED = int(os.environ.get("QUERY_SEED", "20261125"))
TYPES = {
    "t": "string", "n": "integer", "x": "number", "day": "date", "ok": "boolean", "secret": "string",
    "salary": "integer", "lat": "number", "lon": "number", "born": "date",
}  # fmt: skip
LEVELS = {
    "t": "opendata", "n": "opendata", "x": "commons", "day": "opendata", "ok": "collective", "secret": "private",
    "salary": "collective", "lat": "opendata", "lon": "commons", "born": "private",
}  # fmt: skip
ORDERED = ("integer", "number", "date")
VIEWERS = {
    "anonymous": ("opendata",),
    "guest": ("opendata",),
    "member": ("opendata", "commons"),
    "viewer": ("opendata", "commons", "collective"),
    "editor": ("opendata", "commons", "collective"),
    "manager": ("opendata", "commons", "collective", "private"),
    "owner": ("opendata", "commons", "collective", "private"),
}
TEXTS = ("a", "Ab", "é", "É", "oeil", "Œil", "b c", 'q"x', "a,b", "(z)", "10", "9", "Zed")
#: Texts that nothing but the hidden columns hold.
PLANTED = ("planted-one", "planted-two")
ROWS = 40


@dataclass
class Asked:
    """A question as pairs of names and texts, and what answers it row by row."""

    pairs: list[tuple[str, str]]
    tests: list[Callable[[dict[str, Any]], bool]]
    used: set[str]


def rows_of(chance: random.Random) -> list[dict[str, Any]]:
    def maybe(value: Any) -> Any:
        return None if chance.random() < 0.15 else value

    return [
        {
            "t": maybe(chance.choice(TEXTS)),
            "n": maybe(chance.randint(-5, 5)),
            "x": maybe(chance.choice([-1.5, 0.0, 0.25, 2.5, 1e9])),
            "day": maybe(date(2024, 1, 1) + timedelta(days=chance.randint(0, 400))),
            "ok": maybe(chance.random() < 0.5),
            "secret": maybe(chance.choice(PLANTED)),
            "salary": maybe(chance.randint(7_654_320, 7_654_325)),
            "lat": maybe(round(chance.uniform(44, 46), 3)),
            "lon": maybe(round(chance.uniform(3, 6), 3)),
            "born": maybe(date(1812, 5, 1) + timedelta(days=chance.randint(0, 5))),
        }
        for _ in range(ROWS)
    ]


@pytest.fixture
def table(make_version: Callable[..., Version]) -> tuple[Dataset, Version, list[dict[str, Any]]]:
    rows = rows_of(random.Random(SEED))
    version = make_version(TYPES, [tuple(row.values()) for row in rows])
    forms = {"lat": "latitude", "lon": "longitude"}
    columns = tuple(Column(key, key, kind, forms.get(key), LEVELS[key]) for key, kind in TYPES.items())
    team = tuple(Member(grade, grade) for grade in ("viewer", "editor", "manager", "owner"))
    moment = now()
    dataset = Dataset(
        id="d", title="T", open_level="opendata", team=team, created_at=moment, updated_at=moment,
        kind="source", slug="t", columns=columns,
    )  # fmt: skip
    return dataset, replace(version, columns=columns), rows


def actor_of(name: str) -> Actor:
    if name == "anonymous":
        return ANONYMOUS
    return Actor(user_id=name, role="guest" if name == "guest" else "member")


@pytest.mark.parametrize("quarter", range(4))
def test_no_answer_differs_and_none_leaks(
    tables: Tables,
    table: tuple[Dataset, Version, list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    quarter: int,
) -> None:
    dataset, version, rows = table
    chance = random.Random(f"{SEED} {quarter}")
    for n in range(PAIRS // 4):
        # Pages as of small tables, and now and then as of large ones.
        monkeypatch.setattr(paging, "SMALL", chance.choice([20_000, 20_000, 0]))
        viewer = chance.choice(list(VIEWERS))
        columns = policy.readable_columns(actor_of(viewer), dataset)
        visible = [key for key, level in LEVELS.items() if level in VIEWERS[viewer]]
        assert [column.key for column in columns] == visible
        kind = chance.choices((check_rows, check_groups, check_values), (6, 3, 1))[0]
        told = f"QUERY_SEED={SEED}, quarter {quarter}, pair {n}, {viewer}"
        kind(chance, tables, version, columns, visible, rows, told)


def check_rows(
    chance: random.Random, tables: Tables, version: Version, columns: Any, visible: list[str], rows: Any, told: str
) -> None:
    asked = question(chance, visible)
    order, keys = ordering(chance, asked, visible)
    per_page = chance.choice([2, 9, 100])
    asked.pairs.append(("per_page", str(per_page)))
    told = f"{told}: {asked.pairs}"
    query = bound(lambda: bind(asked.pairs, columns, ROW_PARAMETERS), asked, visible, told)
    if query is None:
        return
    expected = order([n for n, row in enumerate(rows) if all(test(row) for test in asked.tests)])
    found: list[int] = []
    for _ in range(2):
        page = tables.page(version, columns, query)
        text = orjson.dumps(page.rows).decode()
        check_no_leak(text, visible, told)
        positions = [int(row["_id"][1:]) for row in page.rows]
        assert page.total == (len(expected) if query.counted else None), told
        for row, position in zip(page.rows, positions, strict=True):
            assert row == {"_id": f"r{position}"} | {key: rows[position][key] for key in keys}, told
        found += positions
        if page.next_after is None:
            break
        query = replace(query, after=page.next_after, known_total=page.total if chance.random() < 0.5 else None)
    assert found == expected[: len(found)], told
    assert len(found) == min(len(expected), 2 * per_page), told


def check_groups(
    chance: random.Random, tables: Tables, version: Version, columns: Any, visible: list[str], rows: Any, told: str
) -> None:
    asked = question(chance, visible)
    keys = [grouping(chance, any_key(chance, visible)) for _ in range(chance.choice([0, 1, 1, 2]))]
    keys = list({name: (name, read) for name, read in keys}.values())
    metrics = [metric(chance, any_key(chance, visible)) for _ in range(chance.choice([0, 1, 2]))]
    metrics = list({"count": ("count", len), **{name: (name, work) for name, work in metrics}}.values())
    asked.pairs.append(("metrics", ",".join(name for name, _ in metrics)))
    asked.pairs += [("group_by", ",".join(name for name, _ in keys))] if keys else []
    asked.used |= {name.split(":")[0] for name, _ in keys} | {name.split(":")[-1] for name, _ in metrics} - {"count"}
    asked.pairs += [("having", "count__strictly_greater.2")] if (having := chance.random() < 0.2) else []
    told = f"{told}: {asked.pairs}"
    query = bound(lambda: bind_aggregate(asked.pairs, columns), asked, visible, told)
    if query is None:
        return
    kept = [row for row in rows if all(test(row) for test in asked.tests)]
    groups: dict[tuple[Any, ...], list[Any]] = {} if keys else {(): []}
    for row in kept:
        groups.setdefault(tuple(read(row) for _, read in keys), []).append(row)
    expected = {
        key: [work(members) for _, work in metrics] for key, members in groups.items() if not having or len(members) > 2
    }
    found = tables.aggregate(version, columns, query)
    assert found.total == len(expected), told
    assert len(found.groups) == min(len(expected), 100), told
    check_no_leak(orjson.dumps(found.groups).decode(), visible, told)
    order = [tuple(sortable(group[name]) for name, _ in keys) for group in found.groups]
    assert order == sorted(order), told
    for group in found.groups:
        values = [group[name] for name, _ in metrics]
        wanted = expected[tuple(group[name] for name, _ in keys)]
        assert all(same(a, b) for a, b in zip(values, wanted, strict=True)), (told, group, wanted)


def check_values(
    chance: random.Random, tables: Tables, version: Version, columns: Any, visible: list[str], rows: Any, told: str
) -> None:
    asked, key = question(chance, visible), any_key(chance, visible)
    asked.used.add(key)
    start = chance.choice(["", "", "a", "É", "o", "2024-0", "-", "plan", "7654", "tr"])
    pairs = [*asked.pairs, *([("q", start)] if start else []), ("sort", "-count")]
    told = f"{told}: {key} {pairs}"
    query = bound(lambda: bind_values(pairs, columns, key), asked, visible, told)
    if query is None:
        return
    counts: dict[Any, int] = {}
    for row in rows:
        if (
            row[key] is not None
            and all(test(row) for test in asked.tests)
            and written(row[key]).startswith(fold_text(start))
        ):
            counts[row[key]] = counts.get(row[key], 0) + 1
    found = [(group[key], group[" count"]) for group in tables.aggregate(version, columns, query).groups]
    assert found == sorted(counts.items(), key=lambda one: (-one[1], sortable(one[0]))), told


def bound(work: Callable[[], Any], asked: Asked, visible: list[str], told: str) -> Any:
    """The query, or None where it is refused as it has to be: for what is hidden as for what is nowhere."""
    unseen = asked.used - set(visible)
    try:
        query = work()
    except Invalid as refused:
        said = [fault.message for fault in refused.faults]
        assert unseen or ("lon" not in visible and any("where a row is" in one for one in said)), (told, said)
        # A group of conditions is told its first fault only.
        assert not unseen - {"lat", "lon"} or any(f"'{name}'" in one for name in unseen for one in said), (told, said)
        for one in said:
            assert one.startswith(("unknown column", "no column here says")), (told, one)
            hint = one.partition("; did you mean ")[2].strip("?'")
            assert not hint or hint in (*visible, *ROW_PARAMETERS), (told, one)
        return None
    assert not unseen, told
    return query


def question(chance: random.Random, visible: list[str]) -> Asked:
    asked = Asked([], [], set())
    terms = [comparison(chance, any_key(chance, visible)) for _ in range(chance.choice([0, 0, 1, 1, 2, 3]))]
    gathered: dict[str, list[Any]] = {}
    for name, _, text, test in terms:
        asked.pairs.append((name, text))
        gathered.setdefault(name, []).append(test)
        asked.used.add(name.split("__")[0])
    for name, tests in gathered.items():
        negative = name.split("__")[1] in ("differs", "notcontains", "notin")
        asked.tests.append(every(tests) if negative else some(tests))
    if chance.random() < 0.3:
        text, test = group(chance, visible, asked.used, "or", 1)
        asked.pairs.append(("or", text))
        asked.tests.append(test)
    if chance.random() < 0.15:
        west, south = chance.choice([(3.0, 44.0), (4.5, 45.0), (5.5, 44.2)])
        asked.pairs.append(("bbox", f"{west},{south},{west + 1},{south + 0.75}"))
        asked.used |= {"lat", "lon"}
        asked.tests.append(
            lambda row: row["lat"] is not None and row["lon"] is not None
            and south <= row["lat"] <= south + 0.75 and west <= row["lon"] <= west + 1
        )  # fmt: skip
    return asked


def every(tests: list[Any]) -> Callable[[Any], bool]:
    return lambda row: all(test(row) for test in tests)


def some(tests: list[Any]) -> Callable[[Any], bool]:
    return lambda row: any(test(row) for test in tests)


def group(
    chance: random.Random, visible: list[str], used: set[str], kind: str, depth: int
) -> tuple[str, Callable[[Any], bool]]:
    texts, tests = [], []
    for _ in range(chance.randint(1, 3)):
        if depth < 3 and chance.random() < 0.3:
            inner = chance.choice(["or", "and"])
            text, test = group(chance, visible, used, inner, depth + 1)
            texts.append(inner + text)
        else:
            name, op, value, test = comparison(chance, any_key(chance, visible))
            used.add(name.split("__")[0])
            quoted = '"{}"'.format(value.replace('"', '""'))
            blank, listed = op in ("isnull", "isnotnull"), op in ("in", "notin")
            texts.append(name if blank else f"{name}.({value})" if listed else f"{name}.{quoted}")
        tests.append(test)
    return f"({','.join(texts)})", some(tests) if kind == "or" else every(tests)


def comparison(chance: random.Random, key: str) -> tuple[str, str, str, Callable[[Any], bool]]:
    """(`<column>__<op>`, op, text, test of a row)."""
    kind = TYPES.get(key, "string")
    ops = ["exact", "differs", "in", "notin", "isnull", "isnotnull"]
    ops += ["contains", "notcontains", "startswith"] if kind == "string" else []
    ops += ["less", "greater", "strictly_less", "strictly_greater"] if kind in (*ORDERED, "string") else []
    op = chance.choice(ops)
    values = [value_for(chance, key) for _ in range(2 if op in ("in", "notin") else 1)]
    text = "" if op in ("isnull", "isnotnull") else ",".join(map(spelled, values))
    if op in ("in", "notin") and kind == "string":
        text = ",".join('"{}"'.format(value.replace('"', '""')) for value in values)
    return f"{key}__{op}", op, text, lambda row: holds(row.get(key), op, values)


def value_for(chance: random.Random, key: str) -> Any:
    return {
        "string": lambda: chance.choice((*TEXTS, *PLANTED)),
        "integer": lambda: chance.choice([chance.randint(-5, 5), 7_654_322]),
        "number": lambda: chance.choice([-1.5, 0.25, 2.5, 45.0, 4.5]),
        "date": lambda: chance.choice([date(2024, 1, 1) + timedelta(days=chance.randint(0, 400)), date(1812, 5, 3)]),
        "boolean": lambda: chance.random() < 0.5,
    }[TYPES.get(key, "string")]()


def holds(value: Any, op: str, wanted: list[Any]) -> bool:
    if op in ("isnull", "isnotnull"):
        return (value is None) == (op == "isnull")
    if value is None:
        return op in ("differs", "notcontains", "notin")
    (first, *_) = wanted
    if op in ("in", "notin"):
        return (value in wanted) == (op == "in")
    if op in ("contains", "notcontains"):
        return (fold_text(first) in fold_text(value)) == (op == "contains")
    if op == "startswith":
        return fold_text(value).startswith(fold_text(first))
    return {
        "exact": value == first, "differs": value != first, "less": value <= first, "greater": value >= first,
        "strictly_less": value < first, "strictly_greater": value > first,
    }[op]  # fmt: skip


def ordering(
    chance: random.Random, asked: Asked, visible: list[str]
) -> tuple[Callable[[list[int]], list[int]], list[str]]:
    """The order of positions that a question asks for, and the columns that it asks for."""
    keys = list(visible)
    if chance.random() < 0.3:
        keys = list(dict.fromkeys(any_key(chance, visible) for _ in range(chance.randint(1, 3))))
        asked.pairs.append(("fields", ",".join(keys)))
        asked.used |= set(keys)
    if chance.random() < 0.1:
        asked.pairs.append(("total", "none"))
    if chance.random() < 0.5:
        return (lambda positions: positions), keys
    sorts = [(any_key(chance, visible), chance.random() < 0.5) for _ in range(chance.randint(1, 2))]
    asked.pairs.append(("sort", ",".join(("-" if down else "") + key for key, down in sorts)))
    asked.used |= {key for key, _ in sorts}
    return (lambda positions: in_order(positions, sorts)), keys


ALL_ROWS = rows_of(random.Random(SEED))


def in_order(positions: list[int], sorts: list[tuple[str, bool]]) -> list[int]:
    for key, down in reversed(sorts):
        filled = [n for n in positions if ALL_ROWS[n].get(key) is not None]
        blank = [n for n in positions if ALL_ROWS[n].get(key) is None]
        by_value: dict[Any, list[int]] = {}
        for n in filled:
            by_value.setdefault(sortable(ALL_ROWS[n][key]), []).append(n)
        positions = [n for value in sorted(by_value, reverse=down) for n in by_value[value]] + blank
    return positions


def sortable(value: Any) -> Any:
    """Blanks last; texts without case and accents, then as they are."""
    if value is None:
        return (1,)
    return (0, fold_text(value), value) if isinstance(value, str) else (0, value)


def grouping(chance: random.Random, key: str) -> tuple[str, Callable[[Any], Any]]:
    kind = TYPES.get(key, "string")
    plain = (key, lambda row: row.get(key))
    if chance.random() < 0.5 or kind not in ORDERED:
        return plain
    if kind == "date":
        name = chance.choice(["day", "week", "month", "quarter", "year"])
        return f"{key}:{name}", lambda row: None if row[key] is None else start_of(row[key], name)
    width = chance.choice([1, 2, 3, 100])
    return f"{key}:{width}", lambda row: None if row[key] is None else math.floor(row[key] / width) * width


def start_of(day: date, interval: str) -> date:
    return {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
        "year": day.replace(month=1, day=1),
    }[interval]


def metric(chance: random.Random, key: str) -> tuple[str, Callable[[list[Any]], Any]]:
    kind = TYPES.get(key, "string")
    names = ["count", "distinct"]
    names += ["sum", "avg", "median"] if kind in ("integer", "number") else []
    names += ["min", "max"] if kind in ORDERED else []
    name = chance.choice(names)

    def work(members: list[Any]) -> Any:
        values = sorted(row[key] for row in members if row.get(key) is not None)
        if name in ("count", "distinct"):
            return len(values if name == "count" else set(values))
        if not values:
            return None
        middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2 if name == "median" else None
        return {"sum": sum, "avg": lambda some: sum(some) / len(some), "min": min, "max": max}.get(
            name, lambda _: middle
        )(values)

    return f"{name}:{key}", work


def any_key(chance: random.Random, visible: list[str]) -> str:
    """Mostly a visible column, now and then one that is hidden or nowhere."""
    return chance.choice([*TYPES, "nowhere"]) if chance.random() < 0.06 else chance.choice(visible)


def same(found: Any, wanted: Any) -> bool:
    if isinstance(found, float) and wanted is not None:
        return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9)
    return bool(found == wanted)


def written(value: Any) -> str:
    return fold_text(str(value))


def spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_no_leak(text: str, visible: list[str], told: str) -> None:
    for key, words in {"secret": PLANTED, "salary": ("765432",), "born": ("1812-",)}.items():
        if key not in visible:
            assert not any(word in text for word in words), told
            assert f'"{key}' not in text, told
