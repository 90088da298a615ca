"""Reads of rows: pages, exports, one row and where it came from, each judged before an engine is asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import cursors, queries
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Dataset, Version
from solidata_api.domain.errors import Fault, Invalid, NotFound
from solidata_api.domain.queries import ROW_PARAMETERS, Filter, RowQuery
from solidata_api.services.datasets import reads_dataset, version

Arguments = list[tuple[str, str]]


@dataclass(frozen=True)
class Reading:
    """One read of rows, judged and bound: everything that makes its answer, before any engine is asked."""

    dataset: Dataset
    version: Version
    columns: tuple[Column, ...]
    query: RowQuery = field(default_factory=lambda: RowQuery(()))
    options: dict[str, str] = field(default_factory=dict)
    #: What its cursors belong to: the dataset, or a share link.
    cursor_of: str = ""

    @property
    def answered(self) -> tuple[Column, ...]:
        """The columns asked for, in the order asked."""
        by_key = {column.key: column for column in self.columns}
        return tuple(by_key[key] for key in self.query.columns)


@dataclass(frozen=True)
class RowPage:
    """A page of rows, each a JSON-ready mapping, and the cursor behind it."""

    reading: Reading
    rows: list[Any]
    total: int
    next: str | None


@dataclass(frozen=True)
class Origins:
    """Where a row came from, as far as its reader may know."""

    origins: tuple[dict[str, Any], ...]
    hidden: int


def reading(
    backends: Backends, actor: Actor, dataset_id: str, arguments: Arguments, parameters: tuple[str, ...]
) -> Reading:
    """Judge and bind a read of rows. A cursor goes on with the version that it began with."""
    asked = dict(arguments)
    n = asked.get("version")
    if "cursor" in asked and n is None:
        n = cursors.version_of(asked["cursor"])
    seen, found = version(backends, actor, dataset_id, n)
    judged = Reading(seen.dataset, found, seen.columns, cursor_of=seen.dataset.id)
    return bound(backends, judged, arguments, parameters)


def bound(
    backends: Backends,
    judged: Reading,
    arguments: Arguments,
    parameters: tuple[str, ...],
    fixed: tuple[Filter, ...] = (),
) -> Reading:
    """A judged read with what its caller asks; `fixed` are conditions that hold whatever that is."""
    asked = dict(arguments)
    query = queries.bind(arguments, judged.columns, parameters)
    query = replace(query, filters=(*query.filters, *fixed))
    if "cursor" in asked:
        query = _at_cursor(backends, judged, query, asked)
    choice(asked, "orient", ("records", "tabular"))
    options: dict[str, str] = {
        name: asked[name] for name in ("orient", "header", "delimiter", "bom", "_id") if name in asked
    }
    return replace(judged, query=query, options=options)


def row_reading(backends: Backends, actor: Actor, dataset_id: str, arguments: Arguments) -> Reading:
    """A read of rows, as `GET …/rows` asks it."""
    return reading(backends, actor, dataset_id, arguments, ROW_PARAMETERS)


def read_rows(backends: Backends, asked: Reading) -> RowPage:
    """A page of the rows that a judged reading asks for."""
    page = backends.tables.page(asked.version, asked.columns, asked.query)
    position = ("after", page.next_after) if page.next_after is not None else ("skip", page.next_skip)
    cursor = None
    if position[1] is not None:
        digest = cursors.digest(asked.query)
        cursor = cursors.encode(
            _cursor_key(backends), asked.cursor_of, asked.version.n, position[0], position[1], digest
        )
    return RowPage(asked, page.rows, page.total, cursor)


def row(backends: Backends, actor: Actor, dataset_id: str, row_id: str, n: str | None) -> dict[str, Any]:
    """One row by its id."""
    seen, found = version(backends, actor, dataset_id, n)
    values = backends.tables.row(found, seen.columns, row_id)
    if values is None:
        raise NotFound(f"There is no row {row_id!r} in version {found.n} of this dataset.")
    return values


def origin(backends: Backends, actor: Actor, dataset_id: str, row_id: str, n: str | None) -> Origins:
    """The source rows that a row was made of; those of datasets that the actor can't read are only counted."""
    row(backends, actor, dataset_id, row_id, n)
    _, found = version(backends, actor, dataset_id, n)
    every = backends.tables.origins(found, row_id)
    readable = {one for one in {entry[0] for entry in every} if reads_dataset(backends, actor, one)}
    shown = tuple(
        dict(zip(("dataset_id", "version", "row", "line"), entry, strict=True))
        for entry in every
        if entry[0] in readable
    )
    return Origins(shown, len(every) - len(shown))


def _at_cursor(backends: Backends, judged: Reading, query: RowQuery, asked: dict[str, str]) -> RowQuery:
    if "page" in asked:
        raise Invalid("The query does not fit this table.", [Fault("page", "`cursor` and `page` exclude each other")])
    digest = cursors.digest(query)
    how, position = cursors.decode(_cursor_key(backends), asked["cursor"], judged.cursor_of, judged.version.n, digest)
    return replace(query, after=position) if how == "after" else replace(query, skip=position)


def _cursor_key(backends: Backends) -> bytes:
    return b"cursor:" + backends.settings.secret_key.encode()


def choice(options: dict[str, str], name: str, choices: tuple[str, ...]) -> str:
    """The choice that an option names, the first where it names none. Raises Invalid."""
    value = options.get(name, choices[0])
    if value not in choices:
        raise Invalid(
            "The export does not fit.", [Fault(name, f"{value!r}: it is one of {', '.join(map(repr, choices))}")]
        )
    return value
