"""The row query (DESIGN 4): which rows and columns of a table, in which order. Pure values, no engine.

`tables/sql.py` compiles it for DuckDB; the `filter` step applies the same conditions to frames.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from solidata_api.domain.datasets import STORAGE, Column
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.domain.search import Search, parse_search

Value = str | int | float | bool | date | datetime


@dataclass(frozen=True)
class Operator:
    """One comparison: `values` says how many it takes, `negative` ones keep blank cells and all hold together."""

    name: str
    values: str  # "one", "list" or "none"
    negative: bool = False
    storages: tuple[str, ...] = ("text", "int64", "double", "bool", "date", "timestamp")


_TEXT = ("text",)
_ORDERED = ("text", "int64", "double", "date", "timestamp")
OPERATORS = (
    Operator("exact", "one"),
    Operator("differs", "one", negative=True),
    Operator("contains", "one", storages=_TEXT),
    Operator("notcontains", "one", negative=True, storages=_TEXT),
    Operator("startswith", "one", storages=_TEXT),
    Operator("in", "list"),
    Operator("notin", "list", negative=True),
    Operator("less", "one", storages=_ORDERED),
    Operator("greater", "one", storages=_ORDERED),
    Operator("strictly_less", "one", storages=_ORDERED),
    Operator("strictly_greater", "one", storages=_ORDERED),
    Operator("isnull", "none"),
    Operator("isnotnull", "none"),
)
_BY_NAME = {operator.name: operator for operator in OPERATORS}

#: Parameters that are never read as a column of that name, today's and those that DESIGN 4 keeps for later.
RESERVED = (
    "fields", "page", "per_page", "cursor", "sort", "orient", "version", "q", "bbox", "near", "shuffle", "or", "total",
    "highlight", "header", "delimiter", "bom", "_id", "limit", "group_by", "metrics", "having",
)  # fmt: skip
ROW_PARAMETERS = ("fields", "page", "per_page", "cursor", "sort", "orient", "version", "q", "highlight")
EXPORT_PARAMETERS = ("fields", "sort", "version", "header", "delimiter", "bom", "_id", "q")
MAX_PER_PAGE = 1000


@dataclass(frozen=True)
class Filter:
    """Conditions on one column with one operator: alternatives, or for a negative operator all of them.

    `values` are typed as the column is: str, int, float, bool, date, datetime (naive, or UTC).
    """

    column: str
    op: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Sort:
    column: str
    descending: bool = False


@dataclass(frozen=True)
class RowQuery:
    """A query whose columns are known and readable. `columns` are the keys answered, in order.

    `after` is the stored position (0-based) behind which an unsorted page starts, `skip` how many sorted
    or ranked rows lie before it; both come from a cursor. `page` counts from 1.
    """

    columns: tuple[str, ...]
    filters: tuple[Filter, ...] = ()
    sort: tuple[Sort, ...] = ()
    page: int = 1
    per_page: int = 20
    after: int | None = None
    skip: int | None = None
    search: Search | None = None
    #: The stored positions of the rows that `search` found, ascending; `tables` sets it before it makes SQL.
    found: Sequence[int] | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether rows are left out, so that positions and total are not the table's own."""
        return bool(self.filters) or self.found is not None


def bind(arguments: Iterable[tuple[str, str]], columns: Sequence[Column], parameters: Sequence[str]) -> RowQuery:
    """The query that these (name, text) pairs ask of these visible columns.

    `parameters` are the names this endpoint knows besides filters. Raises Invalid naming every unknown or
    hidden column, unknown operator or parameter, and value that does not fit.
    """
    arguments = list(arguments)
    faults: list[Fault] = []
    conditions = [(name, text) for name, text in arguments if name not in RESERVED]
    settings = [(name, text) for name, text in arguments if name in RESERVED]
    faults += [_unknown_parameter(name, columns) for name, _ in settings if name not in parameters]
    single = dict(settings)
    faults += [Fault(name, f"{name} is given {n} times") for name, n in _repeated(settings)]
    query = RowQuery(columns=tuple(column.key for column in columns))
    query = replace(query, filters=_collect(parse_filters, faults, conditions, columns) or ())
    query = replace(query, sort=_collect(parse_sort, faults, single.get("sort", ""), columns) or ())
    if "fields" in single:
        query = replace(query, columns=_collect(parse_fields, faults, single["fields"], columns) or ())
    query = replace(query, search=_collect(parse_search, faults, single.get("q", ""), columns))
    query = replace(query, page=_collect(_whole, faults, single.get("page", "1"), "page", 2**53) or 1)
    query = replace(query, per_page=_collect(_whole, faults, single.get("per_page", "20"), "per_page") or 20)
    if faults:
        raise Invalid("The query does not fit this table.", faults)
    return query


def parse_filters(items: Iterable[tuple[str, str]], columns: Sequence[Column]) -> tuple[Filter, ...]:
    """Filters from (`<column>__<op>` or `<column>`, text) pairs; the same pair of column and operator is gathered.

    Raises Invalid with one fault per pair that does not fit.
    """
    known = {column.key: column for column in columns}
    gathered: dict[tuple[str, str], tuple[Value, ...]] = {}
    faults: list[Fault] = []
    for name, text in items:
        try:
            column, operator = _term(name, known)
            values = _values(operator, column, text)
        except ValueError as error:
            faults.append(Fault(name, str(error)))
            continue
        gathered[column.key, operator.name] = gathered.get((column.key, operator.name), ()) + values
    if faults:
        raise Invalid("A filter does not fit this table.", faults)
    return tuple(Filter(column, op, values) for (column, op), values in gathered.items())


def parse_where(where: Mapping[str, Any], columns: Sequence[Column]) -> tuple[Filter, ...]:
    """Filters from a recipe's JSON object: `{"population__greater": 1000}`; a list holds repetitions."""
    items = []
    for name, value in where.items():
        items += [(name, as_text(one)) for one in (value if isinstance(value, list) else [value])]
    return parse_filters(items, columns)


def as_text(value: Any) -> str:
    """A JSON value as the text that a query string would hold."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def parse_sort(text: str, columns: Sequence[Column]) -> tuple[Sort, ...]:
    """`a,-b` as sort keys, the first one strongest. Raises Invalid naming a column that is not there."""
    known = {column.key for column in columns}
    keys = [part.strip() for part in text.split(",") if part.strip()]
    sorts = tuple(Sort(key.removeprefix("-"), key.startswith("-")) for key in keys)
    faults = [Fault("sort", f"unknown column {sort.column!r}") for sort in sorts if sort.column not in known]
    if faults:
        raise Invalid("The order names a column that is not there.", faults)
    return sorts


def parse_fields(text: str, columns: Sequence[Column]) -> tuple[str, ...]:
    """`a,b` as the keys to answer. Raises Invalid naming a column that is not there."""
    known = {column.key for column in columns}
    keys = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    faults = [Fault("fields", f"unknown column {key!r}") for key in keys if key not in known]
    if faults or not keys:
        raise Invalid("`fields` names no column that is there.", faults or [Fault("fields", "it is empty")])
    return keys


def typed(text: str, column: Column) -> Value:
    """The value that a text stands for in a column of this type. Raises ValueError with a sentence."""
    if text == "":
        raise ValueError(f"an empty value fits no cell; blank cells are asked with {column.key}__isnull")
    try:
        return _READERS[STORAGE[column.type]](text)
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:80]!r} is no {column.type}, which column {column.key!r} is") from None


def _term(name: str, known: Mapping[str, Column]) -> tuple[Column, Operator]:
    key, _, op = name.partition("__")
    if key not in known:
        raise ValueError(
            f"unknown column {key!r}" if op or name.startswith("_") else f"unknown column or parameter {key!r}"
        )
    operator = _BY_NAME.get(op or "exact")
    if operator is None or name.endswith("__"):
        raise ValueError(f"unknown operator {op!r}; known are {', '.join(_BY_NAME)}")
    if STORAGE[known[key].type] not in operator.storages:
        fitting = [other.name for other in OPERATORS if STORAGE[known[key].type] in other.storages]
        raise ValueError(f"{op} does not fit {known[key].type} columns; these do: {', '.join(fitting)}")
    return known[key], operator


def _values(operator: Operator, column: Column, text: str) -> tuple[Value, ...]:
    if "\x00" in text:
        raise ValueError("it holds a NUL character")
    if operator.values == "none":
        if text:
            raise ValueError(f"{operator.name} takes no value, but was given {text!r}")
        return ()
    if operator.values == "one":
        return (typed(text, column),)
    return tuple(typed(part, column) for part in _comma_list(text))


def _comma_list(text: str) -> list[str]:
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        raise ValueError(f"the list can't be read as one line of CSV: {error}") from None
    # An empty line of CSV holds no field; here it is one empty value, which `typed` refuses.
    return rows[0] if rows and rows[0] else [""]


def _whole(text: str, name: str, limit: int = MAX_PER_PAGE) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and 1 <= int(text) <= limit):
        raise Invalid(
            f"`{name}` does not fit.", [Fault(name, f"it is a whole number from 1 to {limit}, not {text[:80]!r}")]
        )
    return int(text)


def _integer(text: str) -> int:
    number = int(text) if text.removeprefix("-").isdigit() and text.isascii() else _no(text)
    return number if -(2**63) <= number < 2**63 else _no(text)


def _number(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) and "_" not in text else _no(text)


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()] if text.lower() in ("true", "false") else _no(text)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace(" ", "+") if text.count(" ") == 1 and "T" in text else text)
    return moment.astimezone(UTC) if moment.tzinfo else moment


def _no(text: str) -> Any:
    raise ValueError(text)


_READERS: dict[str, Any] = {
    "text": str,
    "int64": _integer,
    "double": _number,
    "bool": _boolean,
    "date": date.fromisoformat,
    "timestamp": _moment,
}


def _unknown_parameter(name: str, columns: Sequence[Column]) -> Fault:
    is_column = any(column.key == name for column in columns)
    hint = f"; the column of that name is asked with {name}__exact" if is_column else ""
    return Fault(name, f"unknown parameter {name!r}{hint}")


def _repeated(settings: list[tuple[str, str]]) -> list[tuple[str, int]]:
    names = [name for name, _ in settings]
    return [(name, names.count(name)) for name in dict.fromkeys(names) if names.count(name) > 1]


def _collect(parse: Any, faults: list[Fault], *arguments: Any) -> Any:
    try:
        return parse(*arguments)
    except Invalid as error:
        faults.extend(error.faults)
        return None
