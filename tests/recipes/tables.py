"""Small tables, sources and models for the tests of recipes, written as literals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from solidata_api.domain.datasets import Column
from solidata_api.domain.models import BoundField
from solidata_api.frames.arrow import arrow_type
from solidata_api.frames.row_ids import DIGEST
from solidata_api.recipes import references
from solidata_api.recipes.base import Schema, SchemaColumn, Step, StepResult, Table, Tools, Wanted
from solidata_api.recipes.parse import parse
from solidata_api.recipes.references import Reference
from solidata_api.recipes.rows import cells, origins
from solidata_api.recipes.run import RunResult, SourceInput, run

Cells = Mapping[str, Sequence[Any]]
LINES = pd.ArrowDtype(pa.int64())
KEY = b"a key of sixteen"


def frame(data: Cells, types: Mapping[str, str] | None = None, first: int = 1, name: str = "") -> pd.DataFrame:
    """A frame as sources give it; ids are `<name><line>`."""
    rows = len(next(iter(data.values()), []))
    lines = range(first, first + rows)
    columns = {key: pa.chunked_array([pa.array(values, arrow(key, types))]) for key, values in data.items()}
    built = cells.build(columns, pd.RangeIndex(rows))
    built.insert(0, "_line", pd.Series(list(lines), dtype=LINES))
    built.insert(0, "_id", cells.series(pa.array([ident(f"{name}{line}") for line in lines], DIGEST)))
    return built


def ident(name: str) -> bytes:
    """A row id that tells its name."""
    return name.encode().ljust(DIGEST.byte_width, b"\0")


def named(digest: bytes | str) -> str:
    """The name that such an id, or its text, tells."""
    return (bytes.fromhex(digest) if isinstance(digest, str) else digest).rstrip(b"\0").decode()


def arrow(key: str, types: Mapping[str, str] | None) -> Any:
    kind = (types or {}).get(key, "string")
    return cells.UTC if kind == "datetime_utc" else arrow_type(kind)


def table(data: Cells, types: Mapping[str, str] | None = None) -> Table:
    """A table of one source, as a step is given it."""
    told = frame(data, types)
    schema = Schema(tuple(SchemaColumn(key, key, _kind(types, key), None, frozenset({("s", key)})) for key in data))
    handles = told.index.to_numpy()
    begun = origins.stacked(handles, handles, 0, cells.values(told, "_id"), cells.values(told, "_line"))
    return Table(told.drop(columns=["_id", "_line"]), schema, begun)


def applied(step: dict[str, Any], data: Cells, types: Mapping[str, str] | None = None, **tools: Any) -> StepResult:
    """What one step, as JSON, makes of a table; its balance and its schema are held against the frame."""
    before = table(data, types)
    parsed = ready(step, tools)
    result = parsed.apply(before, Tools(**tools))
    assert result.report.is_balanced
    assert result.table.schema == parsed.schema_after(before.schema)
    assert list(result.table.frame.columns) == result.table.schema.keys
    for column in result.table.schema:
        found = cells.values(result.table.frame, column.key).type
        assert found in (arrow_type(column.type), cells.UTC), (column, found)
    return result


def ready(step: dict[str, Any], tools: Mapping[str, Any]) -> Step:
    """A step as a run has it: read, and bound to the references of its tools."""
    return bound([step], tools.get("references", ()))[0]


def bound(steps: Sequence[dict[str, Any]], found: Sequence[Reference] = ()) -> tuple[Step, ...]:
    """The steps of a recipe as JSON, bound to the references of a run."""
    columns: dict[Wanted, Any] = {one.wanted: one.columns for one in found}
    return references.bound(parse(steps), columns.get)


def reference(
    data: Cells, types: Mapping[str, str] | None = None, wanted: Wanted = ("r", None), n: int = 1
) -> Reference:
    """A dataset that steps read rows of; its ids are `r<line>`."""
    whole = frame(data, types, name=wanted[0])

    def frames(keys: list[str]) -> Iterator[pd.DataFrame]:
        # In two parts, as versions are.
        for part in (whole.iloc[:1], whole.iloc[1:]):
            yield part[["_id", "_line", *keys]].reset_index(drop=True)

    columns = tuple(Column(key, key.title(), _kind(types, key)) for key in data)
    return Reference(wanted=wanted, version=n, columns=columns, frames=frames, title="Reference")


def content(result: StepResult) -> dict[str, list[Any]]:
    """A table's cells by column."""
    return as_lists(result.table.frame)


def as_lists(found: pd.DataFrame) -> dict[str, list[Any]]:
    return {key: cells.values(found, key).to_pylist() for key in found.columns}


def source(
    name: str,
    data: Cells,
    mapping: Mapping[str, str] | None = None,
    types: Mapping[str, str] | None = None,
    chunk: int = 0,
) -> SourceInput:
    """A source whose rows come in chunks of so many (0: all at once), mapped on fields of the same names if unsaid."""
    whole = frame(data, types, name=name)
    size = chunk or max(len(whole), 1)

    def frames(keys: list[str]) -> Iterator[pd.DataFrame]:
        for start in range(0, len(whole), size):
            yield whole.iloc[start : start + size][["_id", "_line", *keys]].reset_index(drop=True)

    return SourceInput(
        dataset_id=name,
        version=1,
        title=name.title(),
        columns=tuple(Column(key, key, _kind(types, key)) for key in data),
        mapping=mapping if mapping is not None else {key: key for key in data},
        frames=frames,
        rows=len(whole),
    )


def fields(*names: str, **types: str) -> tuple[BoundField, ...]:
    """Model fields: text ones by name, others as `name="integer"`."""
    return tuple(field(name, kind) for name, kind in [*((name, "string") for name in names), *types.items()])


def field(name: str, kind: str = "string", *, required: bool = False, **constraints: Any) -> BoundField:
    return BoundField(f"id of {name}", name, name, kind, None, constraints, required, "opendata")


class Built:
    """A run read to its end."""

    def __init__(self, result: RunResult, key: Sequence[str] = ()) -> None:
        made = list(result.chunks(KEY, key))
        self.chunks = [one.rows for one in made]
        self.origins = [{**row, "origin": named(row["origin"])} for one in made for row in one.origins.to_pylist()]
        self.report = result.report
        self.columns = result.columns
        whole = pd.concat(self.chunks) if self.chunks else pd.DataFrame({"_id": []})
        self.content = as_lists(whole) if self.chunks else {}
        self.ids = self.content.pop("_id", [])

    def step(self, op: str) -> dict[str, Any]:
        return next(step for step in self.report["steps"] if step["op"] == op)


def built(
    sources: Sequence[SourceInput],
    steps: list[dict[str, Any]],
    model: Sequence[BoundField],
    key: Sequence[str] = (),
    **tools: Any,
) -> Built:
    """A whole build."""
    read = bound(steps, tools.get("references", ()))
    return Built(run(sources, read, model, Tools(**tools)), key)


def _kind(types: Mapping[str, str] | None, key: str) -> str:
    return (types or {}).get(key, "string").removesuffix("_utc")
