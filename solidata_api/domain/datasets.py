"""Datasets, their columns and their immutable versions, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from solidata_api.domain.documents import Document
from solidata_api.domain.recipes import RecipeRef

#: Table Schema's field types → how a value is held in Parquet and DuckDB. `text` also holds JSON text
#: (array, object, geojson). `datetime` is naive or UTC; `DATETIME_UTC` tells which by column.
STORAGE = {
    "string": "text",
    "integer": "int64",
    "number": "double",
    "boolean": "bool",
    "date": "date",
    "datetime": "timestamp",
    "time": "text",
    "year": "int64",
    "geopoint": "text",
    "geojson": "text",
    "array": "text",
    "object": "text",
    "any": "text",
}
TYPES = tuple(STORAGE)
#: Formats that say "this is a code, keep its text", Table Schema's and ours (DESIGN 4).
FORMATS = (
    "default", "email", "uri", "uuid", "phone", "siren", "siret", "insee_commune", "postcode_fr", "country",
    "iban", "latitude", "longitude", "markdown", "image",
)  # fmt: skip
CODE_FORMATS = ("siren", "siret", "insee_commune", "postcode_fr", "phone", "iban")


@dataclass(frozen=True)
class Column:
    """A column of a dataset. Levels belong here, by key; `gone` columns keep their last level."""

    key: str
    title: str
    type: str = "string"
    format: str | None = None
    open_level: str = "opendata"
    cap: str = "opendata"
    description: str = ""
    concept: str | None = None
    gone: bool = False


@dataclass(frozen=True)
class Part:
    """One immutable Parquet file, its path relative to DATA_URL."""

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Original:
    """The uploaded bytes of a version, its path relative to DATA_URL."""

    path: str
    filename: str
    bytes: int
    sha256: str
    media_type: str = "application/octet-stream"


#: How a load meets the rows that are there: in their place, behind them, or by key (changed there, new ones behind).
LOAD_MODES = ("replace", "append", "upsert")


@dataclass(frozen=True)
class Load:
    """One file that a version's rows come from, and how it was read: options as a body gives them."""

    original: Original
    options: dict[str, Any] = field(default_factory=dict)
    mode: str = "replace"


@dataclass(frozen=True)
class SourceVersion:
    """Which content of which dataset a build read."""

    dataset_id: str
    version: int


@dataclass(frozen=True)
class SourceRecipe:
    """A recipe that the rows of one source go through alone, before the mapping.

    Its steps are kept as they are, and with them the recipe and the version that they were taken from, if any.
    """

    steps: tuple[dict[str, Any], ...] = ()
    recipe_id: str | None = None
    version: int | None = None


@dataclass(frozen=True)
class Lineage:
    """The source columns whose values reach one consolidated column."""

    key: str
    sources: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Version:
    """One immutable content of a dataset. It is visible once its dataset's `versions` lists it."""

    id: str
    dataset_id: str
    n: int
    job_id: str
    columns: tuple[Column, ...]
    parts: tuple[Part, ...]
    origin_parts: tuple[Part, ...] = ()
    #: Every text that did not fit its column, or had none: row, column, text, reason.
    reject_parts: tuple[Part, ...] = ()
    #: Of a build: the corrections of its sources as they were, so that it can be made again.
    correction_parts: tuple[Part, ...] = ()
    row_count: int
    sha256: str
    report: dict[str, Any] = field(default_factory=dict)
    #: The file that was loaded last, and all whose rows are here, in the order in which they were loaded.
    original: Original | None = None
    loads: tuple[Load, ...] = ()
    #: The columns that its row ids are of; of none: all.
    key: tuple[str, ...] = ()
    sources: tuple[SourceVersion, ...] = ()
    recipe_version: int | None = None
    #: What made it, of a build: the steps and the recipe document that they were taken from, if they were; and by
    #: column the source columns that reach it.
    steps: tuple[dict[str, Any], ...] = ()
    #: By source, the recipe of its own that its rows went through first.
    source_recipes: dict[str, SourceRecipe] = field(default_factory=dict)
    taken_from: RecipeRef | None = None
    lineage: tuple[Lineage, ...] = ()
    #: What else made it: sources as they were mapped, references, fields. By it rows are made again (decision 33).
    inputs: dict[str, Any] = field(default_factory=dict)
    created_by: str
    created_at: datetime
    note: str = ""


def loads_of(version: Version) -> tuple[Load, ...]:
    """The files of a version; one that was made before several could be loaded tells its only one."""
    if version.loads or version.original is None:
        return version.loads
    return (Load(version.original),)


@dataclass(frozen=True)
class VersionRef:
    """A visible version of a dataset."""

    n: int
    version_id: str


@dataclass(frozen=True)
class Stale:
    """Since when, and why, a consolidated table no longer says what its sources say."""

    since: datetime
    reasons: tuple[str, ...]
    #: When one of the reasons was told last.
    last: datetime | None = None


@dataclass(frozen=True)
class Loan:
    """A source manager's consent that one restricted column is used in a project, up to a level."""

    by: str
    at: datetime
    up_to: str


@dataclass(frozen=True)
class LentSource:
    """The loans that a source gave for what is in a table, by column."""

    dataset_id: str
    loans: dict[str, Loan]


@dataclass(frozen=True, kw_only=True)
class Dataset(Document):
    """A table: `source` (imported) or `consolidated` (built by a project)."""

    kind: str
    slug: str
    licence: str = "notspecified"
    columns: tuple[Column, ...] = ()
    key: tuple[str, ...] = ()
    row_count: int = 0
    version: int = 0
    versions: tuple[VersionRef, ...] = ()
    sha256: str = ""
    project_id: str | None = None
    source: dict[str, Any] | None = None
    publisher: str | None = None
    contact: str | None = None
    frequency: str | None = None
    period: str | None = None
    area: str | None = None
    landing_page: str | None = None
    stale: Stale | None = None
    #: The source columns that reach each column, in this or any earlier version.
    lineage: tuple[Lineage, ...] = ()
    #: Of a table whose project was deleted: that one's id, and the loans that hold for what it made.
    former_project_id: str | None = None
    former_sources: tuple[LentSource, ...] = ()
    #: Hex secret that keys the row ids; never leaves the service.
    row_key: str = ""
    #: Its rights changed, and what is made from it has not followed yet.
    to_follow: bool = False
    #: Of one in the trash: since when, and until when its owners can take it back.
    deleted_at: datetime | None = None
    gone_at: datetime | None = None

    @property
    def live_columns(self) -> tuple[Column, ...]:
        """The columns of the current version, in order."""
        return tuple(column for column in self.columns if not column.gone)

    def former_loan(self, dataset_id: str, column: str) -> Loan | None:
        """The consent that outlived the project which made this table."""
        entry = next((one for one in self.former_sources if one.dataset_id == dataset_id), None)
        return entry.loans.get(column) if entry else None


def merged_columns(known: Sequence[Column], columns: Sequence[Column], level: str) -> tuple[Column, ...]:
    """The columns of a dataset once it has a version of these: known ones keep what people set, new ones start at a
    level, those that are there no more are `gone`."""
    before = {column.key: column for column in known}
    merged = []
    for column in columns:
        old = before.pop(column.key, None)
        if old is None:
            merged.append(replace(column, open_level=level))
        else:
            merged.append(replace(old, type=column.type, format=column.format, gone=False))
    return (*merged, *(replace(column, gone=True) for column in before.values()))


def mark_stale(old: Stale | None, reason: str, moment: datetime) -> Stale:
    """One more reason why a table is not up to date."""
    if old is None:
        return Stale(moment, (reason,), moment)
    return Stale(old.since, tuple(dict.fromkeys((*old.reasons, reason))), moment)


@dataclass(frozen=True)
class ReadOptions:
    """How to read an upload; what is None is detected (DESIGN 4, `options`)."""

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    #: The character before a quote or delimiter that is none; "" for none. Doubled quotes need none.
    escape: str | None = None
    skip_rows: int | None = None
    header_row: int | None = None
    #: How many rows the header has, from header_row on; 0: there is none.
    header_rows: int | None = None
    #: The row below the header that holds units; 0: there is none.
    units_row: int | None = None
    #: How many rows at the end are totals and notes; 0: all are data.
    footer_rows: int | None = None
    sheet: str | None = None
    #: "all": a dataset for each sheet.
    sheets: str | None = None
    #: The file to read of an archive that holds several; "*" for a dataset of each.
    entry: str | None = None
    records_path: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    #: A form of dates for all columns, or by column: `%d/%m/%Y`.
    dates: str | dict[str, str] | None = None
    #: By column, the words for true and those for false.
    booleans: dict[str, list[list[str]]] = field(default_factory=dict)
    #: Texts that mean empty, for all columns or by column.
    empty: list[str] | dict[str, list[str]] | None = None
    types: dict[str, str] = field(default_factory=dict)
    #: By column a format, "" for none.
    formats: dict[str, str] = field(default_factory=dict)
    #: Read only, and show what was found; a retry of the job publishes.
    draft: bool | None = None
