"""Groups of rows, with what is told of each: one grouping by the engine, on numbers where moments or bins are asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from solidata_api.domain.aggregates import AggregateQuery, GroupKey, Metric
from solidata_api.domain.datasets import STORAGE, Column, Version
from solidata_api.tables.names import folded, is_text, names, quoted
from solidata_api.tables.records import mend
from solidata_api.tables.serving import Serving, zoned_columns
from solidata_api.tables.sql import Statement, chosen, where

#: How a moment becomes a number of its interval, which the engine groups faster than moments cut short.
_INTERVALS = {
    "year": "year({0})",
    "quarter": "year({0}) * 4 + quarter({0}) - 1",
    "month": "year({0}) * 12 + month({0}) - 1",
    "week": "{0}::date - (isodow({0}) - 1)::integer",
    "day": "{0}::date",
    "hour": "date_trunc('hour', {0})",
}
_STARTS: dict[str, Callable[[int], date]] = {
    "year": lambda n: date(n, 1, 1),
    "quarter": lambda n: date(n // 4, n % 4 * 3 + 1, 1),
    "month": lambda n: date(n // 12, n % 12 + 1, 1),
}
_FUNCTIONS = {
    "count": "count({0})",
    "distinct": "count(distinct {0})",
    "sum": "sum({0})",
    "avg": "avg({0})",
    "min": "min({0})",
    "max": "max({0})",
    "median": "quantile_cont({0}, 0.5)",
}


@dataclass(frozen=True)
class Groups:
    """Groups ready for JSON, and how many there are without the limit."""

    groups: list[dict[str, Any]]
    total: int


@dataclass(frozen=True)
class _Key:
    """One thing grouped by, in the engine and as it is told."""

    asked: GroupKey
    sql: str
    tell: Callable[[Any], Any] = lambda value: value


def aggregate(serving: Serving, version: Version, columns: Sequence[Column], query: AggregateQuery) -> Groups:
    """The groups of a query. `columns` are those that may be asked for."""
    by_key = {column.key: column for column in columns}
    with serving.cursor(version, heavy=True) as cursor:
        condition = chosen(query.rows, columns)

        def bounds(key: str) -> tuple[Any, Any]:
            sql = f"select min({quoted(key)}), max({quoted(key)}) from rows{condition.sql}"
            low, high = cursor.execute(sql, condition.values).fetchone() or (None, None)
            return low, high

        keys = [_key(one, by_key[one.column], bounds) for one in query.groups]
        statement = _statement(query, keys, by_key, condition)
        rows = cursor.execute(statement.sql, statement.values).fetchall()
        zoned = zoned_columns(cursor, columns)
    return Groups(_told(rows, query, keys, by_key, zoned), rows[0][-1] if rows else 0)


def _statement(query: AggregateQuery, keys: list[_Key], by_key: dict[str, Column], condition: Statement) -> Statement:
    """Group, leave groups out, order, limit; the last value of each row is the number of all groups."""
    named = names(query.names)
    inner = [f"{key.sql} as {quoted(key.asked.name)}" for key in keys]
    inner += [f"{_metric(metric)} as {quoted(metric.name)}" for metric in query.metrics]
    ordered, copies = _order(query, by_key)
    grouped = f" group by {', '.join(str(n + 1) for n in range(len(keys)))}" if keys else ""
    told = [Column(metric.name, metric.name, metric.type) for metric in query.metrics]
    having = where(query.having, told)
    sql = (
        f"select {named}, count(*) over () from"
        f" (select {', '.join([*inner, *copies])} from rows{condition.sql}{grouped}){having.sql}"
        f"{ordered} limit {query.limit}"
    )
    return Statement(sql, (*condition.values, *having.values))


def _order(query: AggregateQuery, by_key: dict[str, Column]) -> tuple[str, list[str]]:
    """` order by …`, and the folded copies that it needs; groups that are equal in it by what they are grouped by."""
    texts = {one.name: one.column for one in query.groups if is_text(by_key[one.column])}
    sorts = [(sort.column, sort.descending) for sort in query.sort]
    if not sorts:
        sorts = [(one.name, False) for one in query.groups]
    terms, copies = [], []
    for name, descending in sorts:
        way = "desc nulls last" if descending else "asc nulls last"
        if name in texts:
            copy = quoted(f"folded {name}")
            copies.append(f"any_value({folded(texts[name])}) as {copy}")
            terms.append(f"{copy} {way}")
        terms.append(f"{quoted(name)} {way}")
    named = {name for name, _ in sorts}
    terms += [f"{quoted(one.name)} asc nulls last" for one in query.groups if one.name not in named]
    return (f" order by {', '.join(terms)}" if terms else ""), copies


def _metric(metric: Metric) -> str:
    if metric.column is None:
        return "count(*)"
    if metric.share is not None:
        return f"quantile_cont({quoted(metric.column)}, {metric.share})"
    return _FUNCTIONS[metric.function].format(quoted(metric.column))


def _key(asked: GroupKey, column: Column, bounds: Callable[[str], tuple[Any, Any]]) -> _Key:
    name = quoted(asked.column)
    if asked.interval is not None:
        start = _STARTS.get(asked.interval)
        sql = _INTERVALS[asked.interval].format(name)
        return _Key(asked, sql, lambda n: start(n) if start and n is not None else n)
    if asked.width is not None and STORAGE[column.type] == "int64":
        width = int(asked.width)
        return _Key(asked, f"({name} - ({name} % {width} + {width}) % {width})")
    if asked.width is not None:
        step = Decimal(repr(asked.width))
        return _Key(
            asked, f"floor({name} / {asked.width!r})", lambda n: None if n is None else float(step * Decimal(n))
        )
    return _Key(asked, name) if asked.bins is None else _binned(asked, asked.bins, *bounds(asked.column))


def _binned(asked: GroupKey, bins: int, low: Any, high: Any) -> _Key:
    """As many bins of one width from the least to the greatest value; each is told by where it begins."""
    name = quoted(asked.column)
    width = (float(high) - float(low)) / bins if low is not None else 0.0
    if not 0 < width < float("inf"):
        return _Key(asked, f"case when {name} is not null then 0 end", lambda n: None if n is None else low)
    sql = f"least(greatest(floor(({name} - {low!r}::double) / {width!r}), 0), {bins - 1})"
    return _Key(asked, sql, lambda n: None if n is None else float(low) + n * width)


def _told(
    rows: list[tuple[Any, ...]],
    query: AggregateQuery,
    keys: list[_Key],
    by_key: dict[str, Column],
    zoned: frozenset[str],
) -> list[dict[str, Any]]:
    groups = [dict(zip(query.names, row[:-1], strict=True)) for row in rows]
    for key in keys:
        for group in groups:
            group[key.asked.name] = key.tell(group[key.asked.name])
        by_time = key.asked.interval not in (None, "hour")
        mend(groups, key.asked.name, by_key[key.asked.column].type, key.asked.column in zoned and not by_time)
    for metric in query.metrics:
        of_column = metric.function in ("min", "max") and metric.column in zoned
        mend(groups, metric.name, metric.type, of_column)
    return groups
