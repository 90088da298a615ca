"""The aggregate query (DESIGN 4): by what rows are grouped, what is told of each group, and which groups. Pure values.

`group_by=category,date:month,amount:100,lat:20bins` · `metrics=count,sum:amount,p95:amount` ·
`having=count__greater.10,or(sum:amount__less.5,avg:amount__isnull)` · `sort=-count,category` · `limit=100`
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from solidata_api.domain.conditions import Condition, Filter, parse_group
from solidata_api.domain.datasets import STORAGE, Column
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.domain.hints import meant
from solidata_api.domain.queries import CHOOSING, RowQuery, Sort, bind, unknown_column, whole

#: Lengths of time by which moments are grouped; a week begins on Monday (ISO 8601).
INTERVALS = {
    "date": ("day", "week", "month", "quarter", "year"),
    "timestamp": ("hour", "day", "week", "month", "quarter", "year"),
}
MAX_BINS = 1000
MAX_LIMIT = 10_000
MAX_NAMED = 20
_NUMBERS = ("int64", "double")
_ORDERED = (*_NUMBERS, "date", "timestamp")
_ANY = (*_ORDERED, "text", "bool")
#: What is told of a column in a group: the storages that it fits, and the type of what it tells (None: the column's).
FUNCTIONS: dict[str, tuple[tuple[str, ...], str | None]] = {
    "count": (_ANY, "integer"),
    "distinct": (_ANY, "integer"),
    "sum": (_NUMBERS, None),
    "avg": (_NUMBERS, "number"),
    "min": (_ORDERED, None),
    "max": (_ORDERED, None),
    "median": (_NUMBERS, "number"),
}
_PERCENTILE = re.compile(r"p([1-9][0-9]?)")
AGGREGATE_PARAMETERS = ("group_by", "metrics", "having", "sort", "limit", "version", *CHOOSING)
VALUE_PARAMETERS = ("q", "sort", "limit", "version", *CHOOSING)
_UNFIT = "The query does not fit this table."


@dataclass(frozen=True)
class GroupKey:
    """One thing by which rows are grouped, named as it was asked: a column as it is, by interval, or by bins."""

    name: str
    column: str
    interval: str | None = None
    width: float | None = None
    bins: int | None = None


@dataclass(frozen=True)
class Metric:
    """One thing told of each group, named as it was asked. `count` without a column counts rows."""

    name: str
    function: str
    column: str | None = None
    type: str = "integer"

    @property
    def share(self) -> float | None:
        """Of a percentile: which, from 0 to 1."""
        found = _PERCENTILE.fullmatch(self.function)
        return int(found.group(1)) / 100 if found else None


@dataclass(frozen=True)
class AggregateQuery:
    """What is asked of groups of the rows that `rows` chooses. `having` speaks of metrics, `sort` of both."""

    groups: tuple[GroupKey, ...]
    metrics: tuple[Metric, ...]
    rows: RowQuery
    having: tuple[Condition, ...] = ()
    sort: tuple[Sort, ...] = ()
    limit: int = 100

    @property
    def names(self) -> list[str]:
        """What each group has: what it is grouped by, then what is told of it."""
        return [*(key.name for key in self.groups), *(metric.name for metric in self.metrics)]


#: How many rows have a value, under a name that no column has.
COUNT = Metric(" count", "count")


def functions_for(column: Column) -> tuple[str, ...]:
    """The metrics that fit a column's type; percentiles are `p1` to `p99`."""
    fitting = tuple(name for name, (storages, _) in FUNCTIONS.items() if STORAGE[column.type] in storages)
    return (*fitting, "p1…p99") if STORAGE[column.type] in _NUMBERS else fitting


def bind_aggregate(arguments: Iterable[tuple[str, str]], columns: Sequence[Column]) -> AggregateQuery:
    """The aggregate that these (name, text) pairs ask of these visible columns. Raises Invalid naming every misfit."""
    own, rest = _divided(arguments, AGGREGATE_PARAMETERS)
    faults: list[Fault] = []
    groups = _each(faults, "group_by", own.get("group_by", ""), lambda text: _group_key(text, columns))
    metrics = _each(faults, "metrics", own.get("metrics", "count"), lambda text: _metric(text, columns))
    if not metrics and not faults:
        faults.append(Fault("metrics", "it is empty"))
    rows = _read(faults, bind, rest, columns, ("version", "q", *CHOOSING)) or RowQuery(())
    made = AggregateQuery(tuple(groups), tuple(metrics), rows)
    faults += [
        Fault("metrics", f"{one!r} is grouped by and told under one name: ask another metric, such as count:<column>")
        for one in {key.name for key in groups} & {metric.name for metric in metrics}
    ]
    if not faults:
        made = replace(made, sort=tuple(_each(faults, "sort", own.get("sort", ""), lambda text: _sort(text, made))))
        made = replace(made, having=_read(faults, _having, own.get("having"), made) or ())
    made = replace(made, limit=_read(faults, whole, own.get("limit", "100"), "limit", MAX_LIMIT) or 100)
    if faults:
        raise Invalid(_UNFIT, faults)
    return made


def bind_values(arguments: Iterable[tuple[str, str]], columns: Sequence[Column], key: str) -> AggregateQuery:
    """The distinct values of one column with their counts, the most frequent first; `q` begins those that are wanted.

    Raises Invalid, also for a column that is not among the visible ones.
    """
    own, rest = _divided(arguments, VALUE_PARAMETERS)
    faults = [] if any(column.key == key for column in columns) else [unknown_column("column", key, columns)]
    rows = _read(faults, bind, rest, columns, ("version", *CHOOSING)) or RowQuery(())
    only: tuple[Condition, ...] = (Filter(key, "isnotnull"),)
    if own.get("q"):
        only = (*only, Filter(key, "startswith", (own["q"],)))
    sorts = {"count": COUNT.name, "value": key}
    wanted = own.get("sort", "-count")
    if wanted.removeprefix("-") not in sorts:
        faults.append(Fault("sort", f"it is count or value, descending with a - before it, not {wanted[:80]!r}"))
    limit = _read(faults, whole, own.get("limit", "100"), "limit", MAX_LIMIT)
    if faults:
        raise Invalid(_UNFIT, faults)
    first = Sort(sorts[wanted.removeprefix("-")], wanted.startswith("-"))
    return AggregateQuery(
        (GroupKey(key, key),),
        (COUNT,),
        replace(rows, filters=(*rows.filters, *only)),
        sort=(first, *(() if first.column == key else (Sort(key),))),
        limit=limit or 100,
    )


def _divided(arguments: Iterable[tuple[str, str]], own: Sequence[str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The parameters that only aggregates have, and what is left for the rows' query; it also refuses repetitions."""
    mine = [name for name in own if name not in ("version", *CHOOSING)]
    taken: dict[str, str] = {}
    rest = []
    for name, text in arguments:
        if name in mine and name not in taken:
            taken[name] = text
        elif name in mine:
            raise Invalid(_UNFIT, [Fault(name, f"{name} is given several times")])
        else:
            rest.append((name, text))
    return taken, rest


def _group_key(text: str, columns: Sequence[Column]) -> GroupKey:
    key, separator, how = text.partition(":")
    column = _column(key, columns)
    if not separator:
        return GroupKey(text, key)
    storage = STORAGE[column.type]
    if how in INTERVALS.get(storage, ()):
        return GroupKey(text, key, interval=how)
    if storage in INTERVALS:
        raise ValueError(f"{key!r} is grouped by {', '.join(INTERVALS[storage])}, not by {how[:40]!r}")
    if storage not in _NUMBERS:
        raise ValueError(f"{key!r} is a {column.type} column, which has no intervals: group by {key!r} alone")
    if found := re.fullmatch(r"([1-9][0-9]{0,3})bins", how):
        if int(found.group(1)) > MAX_BINS:
            raise ValueError(f"there are at most {MAX_BINS} bins, not {found.group(1)}")
        return GroupKey(text, key, bins=int(found.group(1)))
    return GroupKey(text, key, width=_width(key, how, storage))


def _width(key: str, text: str, storage: str) -> float:
    try:
        width = float(text) if storage == "double" else int(text)
    except ValueError:
        width = 0
    if not (math.isfinite(width) and 1e-9 <= width <= 1e15) or "_" in text:
        kind = "number" if storage == "double" else "whole number"
        raise ValueError(
            f"{key!r} is grouped by the width of its bins, a {kind}, or by `<n>bins`, not by {text[:40]!r}"
        )
    return width


def _metric(text: str, columns: Sequence[Column]) -> Metric:
    function, separator, key = text.partition(":")
    if text == "count":
        return Metric("count", "count")
    if function not in FUNCTIONS and not _PERCENTILE.fullmatch(function):
        known = ", ".join(FUNCTIONS)
        raise ValueError(f"unknown metric {function[:40]!r}{meant(function, FUNCTIONS)}; known are {known}, p1 to p99")
    if not separator:
        raise ValueError(f"{function} is told of a column: {function}:<column>")
    column = _column(key, columns)
    storages, kind = FUNCTIONS.get(function, (_NUMBERS, "number"))
    if STORAGE[column.type] not in storages:
        raise ValueError(f"{function} does not fit {column.type} columns; these do: {', '.join(functions_for(column))}")
    told = column.type if kind is None and function != "sum" else kind or _sum_type(column)
    return Metric(text, function, key, told)


def _sum_type(column: Column) -> str:
    return "integer" if STORAGE[column.type] == "int64" else "number"


def _sort(text: str, made: AggregateQuery) -> Sort:
    name = text.removeprefix("-")
    known = made.names
    if name not in known:
        raise ValueError(
            f"{name[:80]!r} is neither grouped by nor told{meant(name, known)}; known are {', '.join(known)}"
        )
    return Sort(name, text.startswith("-"))


def _having(text: str | None, made: AggregateQuery) -> tuple[Condition, ...]:
    if text is None:
        return ()
    told = [Column(metric.name, metric.name, metric.type) for metric in made.metrics]
    return (parse_group("having", f"({text})", "and", told),)


def _column(key: str, columns: Sequence[Column]) -> Column:
    found = next((column for column in columns if column.key == key), None)
    if found is None:
        raise ValueError(unknown_column("", key, columns).message)
    return found


def _each(faults: list[Fault], name: str, text: str, read: Callable[[str], Any]) -> list[Any]:
    """What each part of a comma list stands for, each once."""
    parts = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if len(parts) > MAX_NAMED:
        faults.append(Fault(name, f"it names at most {MAX_NAMED}, not {len(parts)}"))
        return []
    made = []
    for part in parts:
        try:
            made.append(read(part))
        except ValueError as error:
            faults.append(Fault(name, str(error)))
    return made


def _read(faults: list[Fault], parse: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return parse(*arguments)
    except Invalid as error:
        faults.extend(error.faults)
        return None
