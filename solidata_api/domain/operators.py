"""The comparisons of the row query (DESIGN 4): which there are, which fit a type, which values texts stand for."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from solidata_api.domain.datasets import STORAGE, Column

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


def operators_for(column: Column) -> tuple[Operator, ...]:
    """The comparisons that fit a column's type, in the order in which they are told."""
    return tuple(operator for operator in OPERATORS if STORAGE[column.type] in operator.storages)


def operator_for(name: str, column: Column) -> Operator:
    """The comparison of this name, where it fits the column. Raises ValueError naming those that fit."""
    operator = _BY_NAME.get(name)
    fitting = ", ".join(one.name for one in operators_for(column))
    if operator is None:
        raise ValueError(f"unknown operator {name!r}; known for {column.type} columns are {fitting}")
    if STORAGE[column.type] not in operator.storages:
        raise ValueError(f"{name} does not fit {column.type} columns; these do: {fitting}")
    return operator


def typed(text: str, column: Column) -> Value:
    """The value that a text stands for in a column of this type. Raises ValueError with a sentence."""
    if "\x00" in text:
        raise ValueError("it holds a NUL character")
    if text == "":
        raise ValueError(f"an empty value fits no cell; blank cells are asked with {column.key}__isnull")
    try:
        return _READERS[STORAGE[column.type]](text)
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:80]!r} is no {column.type}, which column {column.key!r} is") from None


def values_of(operator: Operator, column: Column, text: str) -> tuple[Value, ...]:
    """The values that a parameter's text gives a comparison. Raises ValueError with a sentence."""
    if operator.values == "none":
        if text:
            raise ValueError(f"{operator.name} takes no value, but was given {text[:80]!r}")
        return ()
    if operator.values == "one":
        return (typed(text, column),)
    return typed_list(comma_list(text), column)


def typed_list(texts: Sequence[str], column: Column) -> tuple[Value, ...]:
    """The values that texts stand for. Raises ValueError with a sentence."""
    return tuple(typed(text, column) for text in texts)


def comma_list(text: str) -> list[str]:
    """The fields of one line of CSV. Raises ValueError with a sentence."""
    if "\x00" in text:
        raise ValueError("it holds a NUL character")
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        raise ValueError(f"the list can't be read as one line of CSV: {error}") from None
    # An empty line of CSV holds no field; here it is one empty value, which `typed` refuses.
    return rows[0] if rows and rows[0] else [""]


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
