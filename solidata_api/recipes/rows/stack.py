"""Stacking rows: the sources one under the other, each chunk as it comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.datasets import Column
from solidata_api.recipes.base import Schema, Table
from solidata_api.recipes.inputs import SourceInput
from solidata_api.recipes.rows import cells, origins
from solidata_api.recipes.rows.canonical import to_text

_LINES = pd.ArrowDtype(pa.int64())


class Stacker:
    """Reads stacked tables; `rows` counts what each source gave, `warnings` tells what was decided on the way."""

    def __init__(self, sources: Sequence[SourceInput], schema: Schema) -> None:
        self.sources = sources
        self.schema = schema
        self.rows = [0] * len(sources)
        self.warnings: list[str] = []
        self._types = {column.key: self._arrow_type(column.key) for column in schema}

    def tables(self) -> Iterator[Table]:
        """Tables in order of rows; at least one, so that steps always see the schema."""
        yield self._empty()
        for n, source in enumerate(self.sources):
            mapped = source.mapped()
            for frame in source.frames([column.key for column in mapped.values()]):
                yield self._table(n, mapped, frame)

    def _table(self, n: int, mapped: Mapping[str, Column], frame: pd.DataFrame) -> Table:
        told = origins.stacked(sum(self.rows), n, frame["_id"], _lines(frame))
        self.rows[n] += len(frame)
        index = pd.Index(told["handle"].to_numpy(), dtype=np.int64)
        columns = {key: self._cells(frame, mapped.get(key), key) for key in self.schema.keys}
        return Table(cells.build(columns, index), self.schema, told)

    def _cells(self, frame: pd.DataFrame, column: Column | None, key: str) -> Any:
        kind = self._types[key]
        if column is None:
            return cells.blanks(kind, len(frame))
        found = cells.values(frame, column.key)
        if column.type != self.schema[key].type:
            found = to_text(found, column.type)
        elif kind == cells.UTC and found.type.tz is None:
            found = pc.assume_timezone(found, "UTC")
        found = found if found.type == kind else pc.cast(found, kind)
        if pa.types.is_string(kind):
            found = pc.if_else(pc.equal(found, ""), pa.scalar(None, kind), found)
        return found

    def _arrow_type(self, key: str) -> Any:
        kind = self.schema[key].type
        if kind != "datetime":
            return cells.arrow_type(kind)
        zoned = {self._is_zoned(source, source.mapped()[key].key) for source in self.sources if key in source.mapped()}
        if zoned == {True, False}:
            self.warnings.append("moments without a time zone were stacked with moments of UTC and taken as UTC")
        return cells.UTC if True in zoned else cells.arrow_type(kind)

    @staticmethod
    def _is_zoned(source: SourceInput, column: str) -> bool:
        first = next(iter(source.frames([column])), None)
        return first is not None and cells.values(first, column).type.tz is not None

    def _empty(self) -> Table:
        columns = {column.key: cells.blanks(self._types[column.key], 0) for column in self.schema}
        none = pd.Series([], dtype=pd.ArrowDtype(pa.string()))
        return Table(
            cells.build(columns, pd.Index([], dtype=np.int64)),
            self.schema,
            origins.stacked(0, 0, none, none.astype(_LINES)),
        )


def _lines(frame: pd.DataFrame) -> pd.Series:
    """Source lines; a consolidated dataset has none."""
    if "_line" in frame.columns:
        return frame["_line"].astype(_LINES)
    return pd.Series([None] * len(frame), dtype=_LINES)
