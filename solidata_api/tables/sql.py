"""RowQuery → SQL for DuckDB: every value bound, every identifier quoted, text folded as it is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from solidata_api.domain.datasets import STORAGE, Column
from solidata_api.domain.folding import fold_text
from solidata_api.domain.queries import Filter, Sort, Value

Condition = tuple[str, list[Any]]
#: Up to so many positions are bound as a list.
FEW = 1000


@dataclass(frozen=True)
class Statement:
    """SQL and the values bound in it."""

    sql: str
    values: tuple[Any, ...] = ()


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def folded(key: str) -> str:
    """The stored column that holds a text column's folded copy."""
    return quoted(f"_f_{key}")


def is_text(column: Column) -> bool:
    return STORAGE[column.type] == "text"


def where(filters: Sequence[Filter], columns: Sequence[Column], found: Sequence[int] | None = None) -> Statement:
    """The condition that all filters hold, of rows that a search found where there was one: ` where …`, or nothing."""
    by_key = {column.key: column for column in columns}
    made = [_condition(one, by_key[one.column]) for one in filters]
    if found is not None:
        made.append(_among(found))
    if not made:
        return Statement("")
    values = tuple(_bound(value) for _, values in made for value in values)
    return Statement(" where " + " and ".join(sql for sql, _ in made), values)


def order(sorts: Sequence[Sort], columns: Sequence[Column]) -> str:
    """` order by …`: typed, text by its folded copy and then itself, blanks last both ways, ties in stored order."""
    by_key = {column.key: column for column in columns}
    terms = [term for sort in sorts for term in _terms(sort, by_key[sort.column])]
    return " order by " + ", ".join([*terms, "rowid"])


def _terms(sort: Sort, column: Column) -> list[str]:
    way = "desc nulls last" if sort.descending else "asc nulls last"
    names = [folded(column.key), quoted(column.key)] if is_text(column) else [quoted(column.key)]
    return [f"{name} {way}" for name in names]


def _condition(one: Filter, column: Column) -> Condition:
    return _OPERATORS[one.op](column, one.values)


def _among(found: Sequence[int]) -> Condition:
    """That a row's stored position is one of these, which ascend. Many are handed over as bits: that is 5 × faster."""
    if len(found) <= FEW:
        return "rowid in (select unnest(?::bigint[]))", [list(found)]
    bits = bytearray(b"0") * (found[-1] + 1)
    for position in found:
        bits[position] = 49
    return "case when rowid <= ? then get_bit(?::bit, rowid::int) = 1 else false end", [found[-1], bits.decode()]


def _bound(value: Any) -> Any:
    """Moments are stored without zone, in UTC."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _compared(sign: str) -> Callable[[Column, Sequence[Value]], Condition]:
    def condition(column: Column, values: Sequence[Value]) -> Condition:
        return "(" + " or ".join(f"{quoted(column.key)} {sign} ?" for _ in values) + ")", list(values)

    return condition


def _equal(column: Column, values: Sequence[Value]) -> Condition:
    marks = ", ".join("?" for _ in values)
    return f"{quoted(column.key)} in ({marks})", list(values)


def _unequal(column: Column, values: Sequence[Value]) -> Condition:
    condition, bound = _equal(column, values)
    return f"({quoted(column.key)} is null or not {condition})", bound


def _holding(function: str) -> Callable[[Column, Sequence[Value]], Condition]:
    def condition(column: Column, values: Sequence[Value]) -> Condition:
        terms = " or ".join(f"{function}({folded(column.key)}, ?)" for _ in values)
        return f"({terms})", [fold_text(str(value)) for value in values]

    return condition


def _not_holding(column: Column, values: Sequence[Value]) -> Condition:
    condition, bound = _holding("contains")(column, values)
    return f"({quoted(column.key)} is null or not {condition})", bound


_OPERATORS: dict[str, Callable[[Column, Sequence[Value]], Condition]] = {
    "exact": _equal,
    "in": _equal,
    "differs": _unequal,
    "notin": _unequal,
    "contains": _holding("contains"),
    "startswith": _holding("starts_with"),
    "notcontains": _not_holding,
    "less": _compared("<="),
    "greater": _compared(">="),
    "strictly_less": _compared("<"),
    "strictly_greater": _compared(">"),
    "isnull": lambda column, _: (f"{quoted(column.key)} is null", []),
    "isnotnull": lambda column, _: (f"{quoted(column.key)} is not null", []),
}
