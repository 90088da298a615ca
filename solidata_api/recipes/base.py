"""What a recipe works on and what a step is: schemas, tables, reports, steps. Importing this reads no pandas.

A step is a frozen dataclass whose fields are its parameters; parsing, JSON Schema and docs come from them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from solidata_api.domain.datasets import Column
from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.parameters import FLAG, ON_ERROR, SHARE, TEXT, optional, param

if TYPE_CHECKING:
    import pandas as pd

    from solidata_api.recipes.references import Reference
    from solidata_api.recipes.rows.origins import Origins

#: A dataset and its version: None for the current one, 0 for the one before that.
Wanted = tuple[str, int | None]
#: The columns of a dataset at a version, or None where the project has no such source, or that one no such version.
ColumnsOf = Callable[[Wanted], Sequence[Column] | None]
#: How many rejects of a step a report tells one by one; all are counted, and kept beside the version.
KEPT_REJECTS = 1000
#: How many groups and pairs that people are to decide on are kept one by one; all are counted.
KEPT_REVIEWS = 1000


class Misfit(Exception):
    """A step that does not fit the columns it is given: which parameter, and why. `more` are further faults."""

    def __init__(self, parameter: str, message: str, *more: Fault) -> None:
        super().__init__(message)
        self.faults = (Fault(parameter, message), *more)


@dataclass(frozen=True)
class SchemaColumn:
    """A column on its way. `sources` are the source columns (dataset id, key) whose values reach it."""

    key: str
    title: str = ""
    type: str = "string"
    format: str | None = None
    sources: frozenset[tuple[str, str]] = frozenset()

    def as_column(self) -> Column:
        return Column(self.key, self.title or self.key, self.type, self.format)


@dataclass(frozen=True)
class Schema:
    """The columns of a table on its way, in order."""

    columns: tuple[SchemaColumn, ...] = ()

    def __iter__(self) -> Iterator[SchemaColumn]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def __getitem__(self, key: str) -> SchemaColumn:
        return self._by_key[key]

    @property
    def keys(self) -> list[str]:
        return [column.key for column in self.columns]

    @cached_property
    def _by_key(self) -> dict[str, SchemaColumn]:
        """Looked up once for each of thousands of columns."""
        return {column.key: column for column in reversed(self.columns)}

    def with_columns(self, *changed: SchemaColumn) -> Schema:
        """The schema with these columns in place of those of the same key, new ones at the end."""
        by_key = {column.key: column for column in changed}
        kept = tuple(by_key.pop(column.key, column) for column in self.columns)
        return Schema((*kept, *by_key.values()))

    def retyped(self, keys: Collection[str], kind: str) -> Schema:
        """The schema with these columns of another type; a format says how a type is written, so it goes too."""
        changed = (replace(self[key], type=kind, format=None) for key in keys if self[key].type != kind)
        return self.with_columns(*changed)

    def require(self, parameter: str, keys: Iterable[str]) -> None:
        """Raise Misfit naming every key that is no column here."""
        missing = [key for key in keys if key not in self]
        if missing:
            known = ", ".join(self.keys[:50]) or "none"
            faults = [Fault(parameter, f"unknown column {key!r}; the columns here are {known}") for key in missing]
            raise Misfit(faults[0].pointer, faults[0].message, *faults[1:])


@dataclass(frozen=True)
class Table:
    """Rows on their way.

    The index of `frame` holds row handles: whole numbers, each once in the whole build. They are the places in the
    order of stacking until a step that `renumbers` makes several rows of one; its rows have new handles, in order.
    `origins` has a line for each source row in each row: `handle` (the source row's place in the order of stacking,
    which never changes), `owner` (the handle of the row that it is now in), `source` (which of the stacked sources),
    `origin` (the source's row id, as a digest) and `line`. A source row whose row became several has a line for each.
    """

    frame: pd.DataFrame
    schema: Schema
    origins: Origins


class Reject(NamedTuple):
    """A cell that a step could not take: of its row the first source row, of its column the source columns."""

    source: int
    line: int | None
    origin: str
    column: str
    value: str | None
    reason: str
    sources: frozenset[tuple[str, str]] = frozenset()

    def told(self) -> dict[str, Any]:
        """As reports tell it: `row` is the line in the source."""
        return {
            "source": self.source, "row": self.line, "column": self.column, "value": self.value, "reason": self.reason
        }  # fmt: skip


@dataclass(frozen=True)
class StepReport:
    """The balance sheet of a step: rows_in + added = rows_out + rejected + merged + filtered."""

    rows_in: int
    rows_out: int
    added: int = 0
    rejected: int = 0
    merged: int = 0
    filtered: int = 0
    cells_changed: int = 0
    #: The first rejects, `{source, row, column, value, reason}`: `row` is the line in that source.
    rejects: tuple[dict[str, Any], ...] = ()
    rejects_count: int = 0
    #: All of them, by row; made when it is called.
    every_reject: Callable[[], Iterable[Reject]] = field(default=tuple, compare=False)
    #: How many rows have a reject at all: what `max_rejects` is a share of.
    rejecting_rows: int = 0
    #: Sentences that name no cell and no column → how often they hold.
    warnings: Mapping[str, int] = field(default_factory=dict)
    #: The first groups and pairs that the step proposes and nobody has decided on; they quote cells, as rejects do.
    reviews: tuple[dict[str, Any], ...] = ()
    reviews_count: int = 0

    @property
    def is_balanced(self) -> bool:
        return self.rows_in + self.added == self.rows_out + self.rejected + self.merged + self.filtered


@dataclass(frozen=True)
class StepResult:
    table: Table
    report: StepReport


def _no_reference(dataset_id: str, column: str) -> Collection[str]:
    raise LookupError(f"this run knows no column {column!r} of dataset {dataset_id!r}")


@dataclass(frozen=True)
class Tools:
    """What steps may reach for: reference columns in canonical text, the model, titles, other datasets' rows, a key."""

    reference: Callable[[str, str], Collection[str]] = _no_reference
    fields: tuple[BoundField, ...] = ()
    source_titles: tuple[str, ...] = ()
    #: Keys pseudonyms; set once a run has its row key. No message may show it.
    pseudonym_key: bytes = field(default=b"", repr=False)
    #: Datasets whose rows steps read; in origins they are numbered after the stacked sources.
    references: tuple[Reference, ...] = ()
    stacked: int = 1
    #: Whether the rows are a sample of the sources'.
    sampled: bool = False
    #: What is made once in a run and used for every chunk, such as a reference by key.
    memory: dict[Any, Any] = field(default_factory=dict)

    def known(self, step: Step) -> dict[Any, Any]:
        """What a step keeps in this run of values that it computed."""
        # The step is held with it: once it was gone, another one could have its id.
        found: tuple[Step, dict[Any, Any]] = self.memory.setdefault(("known", id(step)), (step, {}))
        return found[1]


def pointer(place: Sequence[int]) -> str:
    """A step's place as a JSON pointer below its recipe: `/steps/3`, or `/steps/3/steps/1` in a nested recipe."""
    return "".join(f"/steps/{n}" for n in place)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One operation of a recipe. Subclasses say what they do in their docstring, which users read."""

    op: ClassVar[str]
    group: ClassVar[str]
    scope: ClassVar[str] = "row"
    #: How a step that needs the whole table stays bounded.
    bounded: ClassVar[str] = ""
    #: Whether it makes several rows of one: `apply` counts handles from 0 in each table, and `run` goes on counting.
    renumbers: ClassVar[bool] = False
    #: Whether rows that become one fare without all others as they do among them, though it needs the whole table.
    is_local: ClassVar[bool] = False
    example: ClassVar[dict[str, Any]]

    on_error: str = param(ON_ERROR, "what becomes of a value that the step can't take", default="reject_cell")
    max_rejects: float | None = param(
        optional(SHARE), "the share of rows with a reject above which the build stops", default=None, example=0.05
    )
    note: str = param(TEXT, "why the step is there; for people", default="")
    off: bool = param(FLAG, "true leaves the step out", default=False)
    #: Where it stands in its recipe, from 0; in a nested one behind the place of the `use`. No parameter.
    place: tuple[int, ...] = field(default=(), compare=False, repr=False, kw_only=True)

    def faults(self) -> Iterable[Fault]:
        """What is wrong with these parameters together, whatever the columns; pointers are parameter names."""
        return ()

    def schema_after(self, schema: Schema) -> Schema:
        """The columns after this step; raises Misfit where it does not fit these."""
        return schema

    def gathers(self, fields: Iterable[BoundField]) -> bool:
        """Whether the step needs all rows at once, given the fields of the model."""
        return self.scope == "table"

    @property
    def parted_by(self) -> Sequence[str]:
        """The columns by which rows go together: of those that differ there, none matters to another. None: all do."""
        return ()

    def unfit(self, fields: Iterable[BoundField]) -> Iterable[Fault]:
        """What in the model's fields does not fit these parameters."""
        return ()

    def choosing(self, schema: Schema) -> Collection[str]:
        """Columns that only choose, order or match rows: their caps are not handed on (DESIGN 3)."""
        return ()

    def refusing(self, schema: Schema, fields: Iterable[BoundField]) -> Collection[str]:
        """Columns whose cells the step may refuse."""
        return ()

    def deciding(self, schema: Schema, fields: Iterable[BoundField]) -> Collection[str]:
        """Columns whose cells decide which rows go on, in which order, or whether the run does."""
        stops = self.on_error in ("reject_row", "fail") or self.max_rejects is not None
        return [*self.choosing(schema), *(self.refusing(schema, fields) if stops else ())]

    def references(self) -> Collection[tuple[str, str]]:
        """Columns of other datasets, as (dataset id, column key), that the parameters name."""
        return ()

    def choosing_references(self) -> Collection[tuple[str, str]]:
        """Those of `references` that only choose or match rows; values of the others reach columns, as sources."""
        return self.references()

    def tables(self) -> Collection[Wanted]:
        """Datasets whose rows the step reads, each at a version."""
        return ()

    def bound(self, columns_of: ColumnsOf) -> Step:
        """The step once the columns of `tables` are known, on which its schema depends."""
        return self

    @property
    def tells_titles(self) -> bool:
        """Whether it puts titles of sources into cells."""
        return False

    def taken_from(self, table: Table, places: Sequence[int], column: str) -> Sequence[int]:
        """Which rows before this step a cell of `column` after it is made of; `places` are those that became its row.

        By itself the first: rows that are merged keep its cells.
        """
        return places[:1]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        """The table after this step, and the balance sheet."""
        raise NotImplementedError
