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
    total: int | None
    next: str | None
    #: Of a search: whether the rows come by rank; None where nothing is ranked.
    ranked: bool | None = None
    #: By row, with `highlight=true`: the fragments of its cells that hold what was searched for, as HTML.
    highlights: list[dict[str, list[str]]] | None = None


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
    return bound(backends, judged(backends, actor, dataset_id, n), arguments, parameters)


def judged(backends: Backends, actor: Actor, dataset_id: str, n: str | None) -> Reading:
    """A read of a version, with the columns that may be asked for, before anything is asked."""
    seen, found = version(backends, actor, dataset_id, n)
    return Reading(seen.dataset, found, seen.columns, cursor_of=seen.dataset.id)


def bound(
    backends: Backends,
    read: Reading,
    arguments: Arguments,
    parameters: tuple[str, ...],
    fixed: tuple[Filter, ...] = (),
) -> Reading:
    """A judged read with what its caller asks; `fixed` are conditions that hold whatever that is."""
    asked = dict(arguments)
    query = queries.bind(arguments, read.columns, parameters)
    query = replace(query, filters=(*query.filters, *fixed))
    if fixed and query.search is not None:
        # How rare a word is counts in a rank, and would tell of rows that these conditions hide.
        query = replace(query, search=replace(query.search, is_ranked=False))
    if "cursor" in asked:
        query = _at_cursor(backends, read, query, asked)
    choice(asked, "orient", ("records", "tabular"))
    choice(asked, "highlight", ("false", "true"))
    options: dict[str, str] = {
        name: asked[name] for name in ("orient", "highlight", "header", "delimiter", "bom", "_id") if name in asked
    }
    return replace(read, query=query, options=options)


def row_reading(backends: Backends, actor: Actor, dataset_id: str, arguments: Arguments) -> Reading:
    """A read of rows, as `GET …/rows` asks it."""
    return reading(backends, actor, dataset_id, arguments, ROW_PARAMETERS)


def read_rows(backends: Backends, asked: Reading) -> RowPage:
    """A page of the rows that a judged reading asks for."""
    page = backends.tables.page(asked.version, asked.columns, asked.query)
    cursor = None
    if page.next_after is not None:
        position, digest = (
            cursors.Position(page.next_after, page.total),
            cursors.digest(_ordered(asked.query, page.ranked)),
        )
        cursor = cursors.encode(_cursor_key(backends), asked.cursor_of, asked.version.n, position, digest)
    return RowPage(asked, page.rows, page.total, cursor, page.ranked, _highlights(backends, asked, page.rows))


def _ordered(query: RowQuery, ranked: bool | None) -> RowQuery:
    """The query as its page was ordered: a search whose page came in stored order goes on in that."""
    if ranked is False and query.search is not None:
        return replace(query, search=replace(query.search, is_ranked=False))
    return query


def _highlights(backends: Backends, asked: Reading, rows: list[Any]) -> list[dict[str, list[str]]] | None:
    if asked.query.search is None or asked.options.get("highlight") != "true":
        return None
    return backends.tables.marked(asked.query.search, rows)


def row(backends: Backends, actor: Actor, dataset_id: str, row_id: str, n: str | None) -> dict[str, Any]:
    """One row by its id."""
    return read_row(backends, judged(backends, actor, dataset_id, n), row_id)


def read_row(backends: Backends, read: Reading, row_id: str) -> dict[str, Any]:
    """One row of a judged reading. Raises NotFound."""
    values = backends.tables.row(read.version, read.columns, row_id)
    if values is None:
        raise NotFound(f"There is no row {row_id!r} in version {read.version.n} of this dataset.")
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


def _at_cursor(backends: Backends, read: Reading, query: RowQuery, asked: dict[str, str]) -> RowQuery:
    if "page" in asked:
        raise Invalid("The query does not fit this table.", [Fault("page", "`cursor` and `page` exclude each other")])
    key, text = _cursor_key(backends), asked["cursor"]
    try:
        at = cursors.decode(key, text, read.cursor_of, read.version.n, cursors.digest(query))
    except Invalid:
        query = _ordered(query, ranked=False)
        at = cursors.decode(key, text, read.cursor_of, read.version.n, cursors.digest(query))
    return replace(query, after=at.after, known_total=at.total)


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
