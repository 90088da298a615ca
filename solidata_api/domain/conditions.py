"""Conditions of the row query: one comparison, or groups of which any or all hold, read from parameters.

A group is written as the French national tabular API writes terms: `or=(a__exact.1,and(b__less.2,c__isnull))`. A value
that holds a comma or a parenthesis, or begins with a quote, stands in double quotes, with quotes inside doubled, as in
CSV; a list in parentheses: `a__in.(x,"y, z")`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from solidata_api.domain.datasets import Column
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.domain.hints import meant
from solidata_api.domain.operators import Operator, Value, operator_for, typed_list, values_of

#: How deep groups stand in groups, and how many comparisons one holds.
MAX_DEPTH = 5
MAX_TERMS = 100
_NAME = re.compile(r'[^.,()"]*')
_BARE = re.compile(r"[^,()]*")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')


@dataclass(frozen=True)
class Filter:
    """Conditions on one column with one operator: alternatives, or for a negative operator all of them.

    `values` are typed as the column is: str, int, float, bool, date, datetime (naive, or UTC).
    """

    column: str
    op: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Group:
    """Conditions of which one has to hold (`or`), or every one (`and`)."""

    kind: str
    parts: tuple[Filter | Group, ...]


Condition = Filter | Group


def parse_filters(
    items: Iterable[tuple[str, str]], columns: Sequence[Column], parameters: Sequence[str] = ()
) -> tuple[Filter, ...]:
    """Filters from (`<column>__<op>` or `<column>`, text) pairs; the same pair of column and operator is gathered.

    `parameters` are names that may have been meant instead. Raises Invalid with one fault per pair that does not fit.
    """
    known = {column.key: column for column in columns}
    gathered: dict[tuple[str, str], tuple[Value, ...]] = {}
    faults: list[Fault] = []
    for name, text in items:
        try:
            column, operator = _term(name, known, parameters)
            values = values_of(operator, column, text)
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


def parse_group(name: str, text: str, kind: str, columns: Sequence[Column]) -> Group:
    """The group that a parameter writes, such as `(a__exact.1,b__isnull)`. Raises Invalid naming the parameter."""
    try:
        return _GroupReader(text, columns).read(kind)
    except ValueError as error:
        raise Invalid("A group of conditions does not fit.", [Fault(name, str(error))]) from None


class _GroupReader:
    """One pass over a group's text; every fault is a ValueError with a sentence."""

    def __init__(self, text: str, columns: Sequence[Column]) -> None:
        self.text, self.at, self.terms = text, 0, 0
        self.known = {column.key: column for column in columns}

    def read(self, kind: str) -> Group:
        group = self._group(kind, 1)
        if self.at < len(self.text):
            raise ValueError(f"nothing may follow the last parenthesis, but {self._rest()} does")
        return group

    def _group(self, kind: str, depth: int) -> Group:
        if depth > MAX_DEPTH:
            raise ValueError(f"groups stand in groups more than {MAX_DEPTH} deep")
        self._expect("(")
        parts = [self._part(depth)]
        while self._takes(","):
            parts.append(self._part(depth))
        self._expect(")")
        return Group(kind, tuple(parts))

    def _part(self, depth: int) -> Condition:
        for kind in ("or", "and"):
            if self.text.startswith(f"{kind}(", self.at):
                self.at += len(kind)
                return self._group(kind, depth + 1)
        return self._filter()

    def _filter(self) -> Filter:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise ValueError(f"it holds more than {MAX_TERMS} comparisons")
        name = self._match(_NAME)
        if "__" not in name:
            raise ValueError(f"{name[:80]!r} is no comparison: one is written <column>__<operator>.<value>")
        column, operator = _term(name, self.known)
        if operator.values == "none":
            return Filter(column.key, operator.name)
        self._expect(".")
        try:
            texts = self._list() if operator.values == "list" else [self._value()]
            return Filter(column.key, operator.name, typed_list(texts, column))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None

    def _list(self) -> list[str]:
        self._expect("(")
        texts = [self._value()]
        while self._takes(","):
            texts.append(self._value())
        self._expect(")")
        return texts

    def _value(self) -> str:
        if not self.text.startswith('"', self.at):
            return self._match(_BARE)
        if not _QUOTED.match(self.text, self.at):
            raise ValueError(f"a quote is opened and not closed at {self._rest()}")
        return self._match(_QUOTED)[1:-1].replace('""', '"')

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        return found.group()

    def _takes(self, char: str) -> bool:
        if not self.text.startswith(char, self.at):
            return False
        self.at += 1
        return True

    def _expect(self, char: str) -> None:
        if not self._takes(char):
            raise ValueError(f"{char!r} is missing before {self._rest()}")

    def _rest(self) -> str:
        return repr(self.text[self.at : self.at + 40]) if self.at < len(self.text) else "the end"


def _term(name: str, known: Mapping[str, Column], parameters: Sequence[str] = ()) -> tuple[Column, Operator]:
    key, separator, op = name.partition("__")
    if key not in known:
        is_column = op or name.startswith("_")
        what, near = ("column", known) if is_column else ("column or parameter", [*known, *parameters])
        raise ValueError(f"unknown {what} {key!r}{meant(key, near)}")
    return known[key], operator_for(op if separator else "exact", known[key])
