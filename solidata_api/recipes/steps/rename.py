"""`rename`: new keys for columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from solidata_api.recipes.base import Misfit, Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import KEY, NEW_KEY, map_of, param
from solidata_api.recipes.selection import first_twice


@dataclass(frozen=True, kw_only=True)
class Rename(Step):
    """Give columns new keys; all at once, so two may swap theirs."""

    op: ClassVar = "rename"
    group: ClassVar = "columns"
    example: ClassVar = {"op": "rename", "columns": {"nom": "name"}}

    columns: dict[str, str] = param(map_of(KEY, NEW_KEY), "the new key of each column", example={"nom": "name"})

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("columns", self.columns)
        keys = [self.columns.get(key, key) for key in schema.keys]
        twice = first_twice(keys)
        if twice is not None:
            raise Misfit("columns", f"two columns would be called {twice!r}")
        named = zip(schema, keys, strict=True)
        return Schema(tuple(one if one.key == key else replace(one, key=key) for one, key in named))

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.text import unmerged

        frame = table.frame.rename(columns=self.columns)
        after = Table(frame, self.schema_after(table.schema), table.origins)
        return unmerged(after, rows_in=len(table.frame))
