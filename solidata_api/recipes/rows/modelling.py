"""The end of a build: each column in its field's type, columns that are no field dropped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa

from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.check import modelled_schema
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.conversion import convert

_EXACT = 2**53


@dataclass(frozen=True, kw_only=True)
class Model(Step):
    """What `run` does after the last step of every recipe; no step that users write."""

    op: ClassVar = "model"
    group: ClassVar = "types"
    example: ClassVar = {"op": "model"}

    fields: tuple[BoundField, ...] = ()

    def schema_after(self, schema: Schema) -> Schema:
        return modelled_schema(schema, self.fields)

    def apply(self, table: Table, tools: Tools) -> StepResult:
        kinds = {field.name: field.type for field in self.fields if field.name in table.schema}
        result = convert(self, table, kinds)
        return replace(result, table=replace(result.table, frame=_in_order(result.table.frame, self.fields)))


def _in_order(frame: pd.DataFrame, fields: Sequence[BoundField]) -> pd.DataFrame:
    missing = {
        field.name: cells.blanks(cells.arrow_type(field.type), len(frame))
        for field in fields
        if field.name not in frame.columns
    }
    return cells.with_values(frame, missing)[[field.name for field in fields]]


class Totals:
    """Control totals: how many rows, and the sum of each numeric column."""

    def __init__(self, schema: Schema) -> None:
        self.rows = 0
        self._kinds = {column.key: column.type for column in schema if column.type in ("integer", "number")}
        self._integers = {key: 0 for key, kind in self._kinds.items() if kind == "integer"}
        self._numbers: dict[str, list[float]] = {key: [] for key, kind in self._kinds.items() if kind == "number"}

    def add(self, frame: pd.DataFrame) -> None:
        self.rows += len(frame)
        for key in self._integers:
            self._integers[key] += _exact_sum(cells.values(frame, key))
        for key, sums in self._numbers.items():
            sums.append(math.fsum(cells.values(frame, key).drop_null().to_numpy()))

    def told(self) -> dict[str, Any]:
        """The totals as reports show them; whole numbers that JSON readers would round are text."""
        # Fifteen digits are the same however the rows came in chunks.
        numbers = {key: float(f"{math.fsum(sums):.15g}") for key, sums in self._numbers.items()}
        integers = {key: total if abs(total) <= _EXACT else str(total) for key, total in self._integers.items()}
        sums = {**numbers, **integers}
        return {"rows": self.rows, **{key: sums[key] for key in self._kinds}}


def _exact_sum(column: pa.ChunkedArray) -> int:
    """A sum that can't overflow: high and low halves apart."""
    whole = column.drop_null().to_numpy().astype(np.int64)
    return (int((whole >> 32).sum()) << 32) + int((whole & 0xFFFFFFFF).sum())
