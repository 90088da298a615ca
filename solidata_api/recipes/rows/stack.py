"""Stacking rows: the sources one under the other, each chunk as it comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.frames.row_ids import digests_of
from solidata_api.recipes.base import Schema, SchemaColumn, Table
from solidata_api.recipes.inputs import SourceInput
from solidata_api.recipes.rows import cells, origins
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.origins import Origins


class Prepared(Protocol):
    """A source whose rows went through steps of its own."""

    @property
    def rows(self) -> int: ...

    def tables(self) -> Iterator[Table]: ...

    def is_zoned(self, key: str) -> bool: ...


class Stacker:
    """Reads stacked tables; `rows` counts what each source gave, `warnings` tells what was decided on the way.

    `prepared` are the sources that have steps of their own, by place; `first` is the number of the first source.
    """

    def __init__(
        self,
        sources: Sequence[SourceInput],
        schema: Schema,
        prepared: Mapping[int, Prepared] = MappingProxyType({}),
        first: int = 0,
    ) -> None:
        self.sources = sources
        self.schema = schema
        self.prepared = prepared
        self.first = first
        self.rows = [0] * len(sources)
        self.warnings: list[str] = []
        self._stacked = 0
        self._types = {column.key: self._arrow_type(column.key) for column in schema}

    def tables(self) -> Iterator[Table]:
        """Tables in order of rows; at least one, so that steps always see the schema."""
        yield self.blank()
        for n, source in enumerate(self.sources):
            mapped = source.mapped
            if n in self.prepared:
                yield from self._prepared(n, mapped)
                continue
            for frame in source.frames([column.key for column in mapped.values()]):
                first, rows = sum(self.rows), len(frame)
                self.rows[n] += rows
                index = self._handles(rows)
                own = index.to_numpy()
                handles = own if first == self._stacked - rows else np.arange(first, first + rows, dtype=np.int64)
                ids = digests_of(cells.values(frame, "_id"))
                told = origins.stacked(handles, own, self.first + n, ids, _lines(frame))
                yield self._table(mapped, frame, index, told)

    def blank(self) -> Table:
        """A table without rows."""
        columns = {column.key: cells.blanks(self._types[column.key], 0) for column in self.schema}
        return Table(cells.build(columns, pd.Index([], dtype=np.int64)), self.schema, origins.none())

    def _prepared(self, n: int, mapped: Mapping[str, SchemaColumn]) -> Iterator[Table]:
        """The source's rows after its own steps; their origins take their place among those of the other sources."""
        first = sum(self.rows)
        for table in self.prepared[n].tables():
            self.rows[n] = self.prepared[n].rows
            index, told = self._handles(len(table.frame)), origins.placed(table, first)
            yield self._table(mapped, table.frame, index, told.of_owners(index.to_numpy()[told.owner]))
        self.rows[n] = self.prepared[n].rows

    def _handles(self, rows: int) -> pd.Index:
        """Handles for the rows that come next: a source's steps may make more rows than it has."""
        first = self._stacked
        self._stacked += rows
        return pd.Index(np.arange(first, self._stacked, dtype=np.int64))

    def _table(self, mapped: Mapping[str, SchemaColumn], frame: pd.DataFrame, index: pd.Index, told: Origins) -> Table:
        columns = {key: self._cells(frame, mapped.get(key), key) for key in self.schema.keys}
        return Table(cells.build(columns, index), self.schema, told)

    def _cells(self, frame: pd.DataFrame, column: SchemaColumn | None, key: str) -> Any:
        kind = self._types[key]
        if column is None:
            return cells.blanks(kind, len(frame))
        found = cells.values(frame, column.key)
        if column.type != self.schema[key].type:
            found = to_text(found, column.type)
        elif kind == cells.UTC and found.type.tz is None:
            found = pc.assume_timezone(found, "UTC")
        found = found if found.type == kind else pc.cast(found, kind)
        if pa.types.is_string(kind) and pc.any(pc.equal(found, "")).as_py():
            found = pc.if_else(pc.equal(found, ""), pa.scalar(None, kind), found)
        return found

    def _arrow_type(self, key: str) -> Any:
        kind = self.schema[key].type
        if kind != "datetime":
            return cells.arrow_type(kind)
        mapped = [(n, source.mapped[key].key) for n, source in enumerate(self.sources) if key in source.mapped]
        zoned = {self._is_zoned(n, column) for n, column in mapped}
        if zoned == {True, False}:
            self.warnings.append("moments without a time zone were stacked with moments of UTC and taken as UTC")
        return cells.UTC if True in zoned else cells.arrow_type(kind)

    def _is_zoned(self, n: int, column: str) -> bool:
        if n in self.prepared:
            return self.prepared[n].is_zoned(column)
        first = next(iter(self.sources[n].frames([column])), None)
        return first is not None and cells.values(first, column).type.tz is not None


def _lines(frame: pd.DataFrame) -> Any:
    """Source lines; a consolidated dataset has none."""
    return cells.values(frame, "_line") if "_line" in frame.columns else cells.blanks(pa.int64(), len(frame))
