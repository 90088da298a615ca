"""The row query (DESIGN 4): which rows and columns of a table, in which order. Pure values, no engine.

`tables/sql.py` compiles it for DuckDB; the `filter` step applies the same conditions to frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from solidata_api.domain.conditions import Condition, Filter, Group, as_text, parse_filters, parse_group, parse_where
from solidata_api.domain.datasets import Column
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.domain.hints import meant
from solidata_api.domain.operators import OPERATORS, Operator, Value, operators_for, typed
from solidata_api.domain.places import Box, Circle, Place, parse_box, parse_circle, place_of
from solidata_api.domain.search import Search, parse_search

#: Parameters that are never read as a column of that name, today's and those that DESIGN 4 keeps for later.
RESERVED = (
    "fields", "page", "per_page", "cursor", "sort", "orient", "version", "q", "bbox", "near", "shuffle", "or", "total",
    "highlight", "header", "delimiter", "bom", "_id", "limit", "group_by", "metrics", "having",
)  # fmt: skip
#: Those that choose rows, wherever rows are read, counted or exported.
CHOOSING = ("or", "bbox", "near")
ROW_PARAMETERS = (
    "fields", "page", "per_page", "cursor", "sort", "orient", "version", "shuffle", "total",
    "q", "highlight", *CHOOSING,
)  # fmt: skip
EXPORT_PARAMETERS = ("fields", "sort", "version", "header", "delimiter", "bom", "_id", "shuffle", "q", *CHOOSING)
MAX_PER_PAGE = 1000
MAX_SEED = 200
_UNFIT = "The query does not fit this table."


@dataclass(frozen=True)
class Sort:
    column: str
    descending: bool = False


@dataclass(frozen=True)
class RowQuery:
    """A query whose columns are known and readable. `columns` are the keys answered, in order.

    `filters` all hold; so do `box` and `near`, which are asked of `place`, and `search`. The order is `sort`, else
    `shuffle`, else how far from `near`, else the rank in `search`, else the stored one. `after` is the stored position
    (0-based) of the row behind which a page starts, by rank its place in the ranking; it comes from a cursor with
    `known_total`. `page` counts from 1. `counted`: with the total.
    """

    columns: tuple[str, ...]
    filters: tuple[Condition, ...] = ()
    sort: tuple[Sort, ...] = ()
    page: int = 1
    per_page: int = 20
    after: int | None = None
    shuffle: str | None = None
    box: Box | None = None
    near: Circle | None = None
    place: Place | None = None
    counted: bool = True
    known_total: int | None = None
    search: Search | None = None
    #: The stored positions of the rows that `search` found, ascending; `tables` sets it before it makes SQL.
    found: Sequence[int] | None = None

    @property
    def chooses(self) -> bool:
        """Whether some rows may be left out."""
        return bool(self.filters or self.box or self.near) or self.found is not None

    @property
    def orders(self) -> bool:
        """Whether the order is another than the stored one."""
        return bool(self.sort or self.shuffle is not None or self.near)


def bind(arguments: Iterable[tuple[str, str]], columns: Sequence[Column], parameters: Sequence[str]) -> RowQuery:
    """The query that these (name, text) pairs ask of these visible columns.

    `parameters` are the names this endpoint knows besides filters. Raises Invalid naming every unknown or
    hidden column, unknown operator or parameter, and value that does not fit.
    """
    arguments = list(arguments)
    faults: list[Fault] = []
    settings = [(name, text) for name, text in arguments if name in RESERVED]
    faults += [_unknown_parameter(name, columns, parameters) for name, _ in settings if name not in parameters]
    single = dict(settings)
    # Groups may be several, as filters are: all of them hold.
    faults += [Fault(name, f"{name} is given {n} times") for name, n in _repeated(settings) if name != "or"]
    query = RowQuery(columns=tuple(column.key for column in columns))
    query = replace(query, filters=_conditions(arguments, columns, parameters, faults))
    query = replace(query, sort=_collect(parse_sort, faults, single.get("sort", ""), columns) or ())
    if "fields" in single:
        query = replace(query, columns=_collect(parse_fields, faults, single["fields"], columns) or ())
    query = replace(query, search=_collect(parse_search, faults, single.get("q", ""), columns))
    query = replace(
        query, **_paging(single, columns, faults), **_ordering(single, faults), **_placing(single, columns, faults)
    )
    if faults:
        raise Invalid(_UNFIT, faults)
    return query


def parse_sort(text: str, columns: Sequence[Column]) -> tuple[Sort, ...]:
    """`a,-b` as sort keys, the first one strongest. Raises Invalid naming a column that is not there."""
    known = {column.key for column in columns}
    keys = [part.strip() for part in text.split(",") if part.strip()]
    sorts = tuple(Sort(key.removeprefix("-"), key.startswith("-")) for key in keys)
    faults = [unknown_column("sort", sort.column, columns) for sort in sorts if sort.column not in known]
    if faults:
        raise Invalid("The order names a column that is not there.", faults)
    return sorts


def parse_fields(text: str, columns: Sequence[Column]) -> tuple[str, ...]:
    """`a,b` as the keys to answer. Raises Invalid naming a column that is not there."""
    known = {column.key for column in columns}
    keys = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    faults = [unknown_column("fields", key, columns) for key in keys if key not in known]
    if faults or not keys:
        raise Invalid("`fields` names no column that is there.", faults or [Fault("fields", "it is empty")])
    return keys


def unknown_column(pointer: str, key: str, columns: Sequence[Column]) -> Fault:
    """What is said of a column that is not among the visible ones, be it hidden or nowhere."""
    return Fault(pointer, f"unknown column {key!r}{meant(key, (column.key for column in columns))}")


def whole(text: str, name: str, limit: int = MAX_PER_PAGE) -> int:
    """A whole number from 1 to a limit. Raises Invalid naming parameter, limit and value."""
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and 1 <= int(text) <= limit):
        raise Invalid(
            f"`{name}` does not fit.", [Fault(name, f"it is a whole number from 1 to {limit}, not {text[:80]!r}")]
        )
    return int(text)


def _conditions(
    arguments: Sequence[tuple[str, str]], columns: Sequence[Column], parameters: Sequence[str], faults: list[Fault]
) -> tuple[Condition, ...]:
    pairs = [(name, text) for name, text in arguments if name not in RESERVED]
    filters = _collect(parse_filters, faults, pairs, columns, parameters) or ()
    texts = [text for name, text in arguments if name == "or" and "or" in parameters]
    groups = (_collect(parse_group, faults, "or", text, "or", columns) for text in texts)
    return (*filters, *(group for group in groups if group))


def _paging(single: dict[str, str], columns: Sequence[Column], faults: list[Fault]) -> dict[str, Any]:
    total = single.get("total", "exact")
    if total not in ("exact", "none"):
        faults.append(Fault("total", f"it is exact or none, not {total[:80]!r}{_asked_else('total', columns)}"))
    return {
        "page": _collect(whole, faults, single.get("page", "1"), "page", 2**53) or 1,
        "per_page": _collect(whole, faults, single.get("per_page", "20"), "per_page") or 20,
        "counted": total == "exact",
    }


def _ordering(single: dict[str, str], faults: list[Fault]) -> dict[str, Any]:
    seed = single.get("shuffle")
    if seed is not None and "sort" in single:
        faults.append(Fault("shuffle", "`shuffle` and `sort` exclude each other"))
    if seed is not None and not 1 <= len(seed) <= MAX_SEED:
        faults.append(Fault("shuffle", f"the seed is a text of 1 to {MAX_SEED} characters, not {len(seed)}"))
    return {"shuffle": seed}


def _placing(single: dict[str, str], columns: Sequence[Column], faults: list[Fault]) -> dict[str, Any]:
    asked = [name for name in ("bbox", "near") if name in single]
    if not asked:
        return {}
    place = place_of(columns)
    if place is None:
        why = "no column here says where a row is: a latitude and a longitude by format, a geopoint or a geojson"
        faults += [Fault(name, why) for name in asked]
    reading = {"bbox": ("box", partial(_collect, parse_box)), "near": ("near", partial(_collect, parse_circle))}
    return {"place": place, **{reading[name][0]: reading[name][1](faults, single[name]) for name in asked}}


def _unknown_parameter(name: str, columns: Sequence[Column], parameters: Sequence[str]) -> Fault:
    return Fault(name, f"unknown parameter {name!r}{_asked_else(name, columns) or meant(name, parameters)}")


def _asked_else(name: str, columns: Sequence[Column]) -> str:
    is_column = any(column.key == name for column in columns)
    return f"; the column of that name is asked with {name}__exact" if is_column else ""


def _repeated(settings: list[tuple[str, str]]) -> list[tuple[str, int]]:
    names = [name for name, _ in settings]
    return [(name, names.count(name)) for name in dict.fromkeys(names) if names.count(name) > 1]


def _collect(parse: Any, faults: list[Fault], *arguments: Any) -> Any:
    try:
        return parse(*arguments)
    except Invalid as error:
        faults.extend(error.faults)
        return None


__all__ = [
    "CHOOSING", "EXPORT_PARAMETERS", "OPERATORS", "RESERVED", "ROW_PARAMETERS", "Box", "Circle", "Condition", "Filter",
    "Group", "Operator", "Place", "RowQuery", "Sort", "Value", "as_text", "bind", "operators_for", "parse_fields",
    "parse_filters", "parse_sort", "parse_where", "typed", "unknown_column", "whole",
]  # fmt: skip
