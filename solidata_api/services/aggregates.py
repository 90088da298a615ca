"""Groups of rows, the values of a column and what columns hold, each judged before an engine is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.aggregates import COUNT, AggregateQuery, bind_aggregate, bind_values
from solidata_api.domain.datasets import Column
from solidata_api.services.rows import Arguments, Reading, judged
from solidata_api.tables import Groups


@dataclass(frozen=True)
class Asked:
    """A judged and bound question about groups: everything that makes its answer, before any engine is asked."""

    reading: Reading
    query: AggregateQuery


@dataclass(frozen=True)
class Values:
    """The distinct values of a column, each with its count, and how many there are without the limit."""

    column: Column
    values: list[dict[str, Any]]
    total: int


def aggregate_reading(backends: Backends, actor: Actor, dataset_id: str, arguments: Arguments) -> Asked:
    """Judge and bind `GET …/aggregate`."""
    read = judged(backends, actor, dataset_id, dict(arguments).get("version"))
    return Asked(read, bind_aggregate(arguments, read.columns))


def values_reading(backends: Backends, actor: Actor, dataset_id: str, key: str, arguments: Arguments) -> Asked:
    """Judge and bind `GET …/values/<column>`."""
    read = judged(backends, actor, dataset_id, dict(arguments).get("version"))
    return Asked(read, bind_values(arguments, read.columns, key))


def read_groups(backends: Backends, asked: Asked) -> Groups:
    """The groups that a judged question asks for."""
    return backends.tables.aggregate(asked.reading.version, asked.reading.columns, asked.query)


def read_values(backends: Backends, asked: Asked) -> Values:
    """The values that a judged question asks for."""
    key = asked.query.groups[0].column
    found = read_groups(backends, asked)
    column = next(column for column in asked.reading.columns if column.key == key)
    return Values(column, [{"value": one[key], "count": one[COUNT.name]} for one in found.groups], found.total)


def read_profile(backends: Backends, read: Reading) -> dict[str, Any]:
    """What each readable column holds, by key; told now where no worker has told it."""
    told = backends.tables.profile(read.version)
    return {column.key: told[column.key] for column in read.columns}
