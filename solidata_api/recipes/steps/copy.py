"""`copy`: the same values in a second column."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from solidata_api.recipes.base import Misfit, Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.new_columns import require_free
from solidata_api.recipes.parameters import KEY, NEW_KEY, map_of, param
from solidata_api.recipes.selection import first_twice


@dataclass(frozen=True, kw_only=True)
class Copy(Step):
    """Write the values of columns to new columns, so that one can be changed and the other stay as it was.

    Copies have the type and format of what they copy, and come behind the other columns. A column that is there
    already is never written over.
    """

    op: ClassVar = "copy"
    group: ClassVar = "columns"
    example: ClassVar = {"op": "copy", "columns": {"name": "name_as_published"}}

    columns: dict[str, str] = param(
        map_of(KEY, NEW_KEY), "the new column of each column", example={"name": "name_as_published"}
    )

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("columns", self.columns)
        targets = list(self.columns.values())
        twice = first_twice(targets)
        if twice is not None:
            raise Misfit("columns", f"two columns would be copied to {twice!r}")
        require_free(schema, "columns", targets)
        copies = (replace(schema[key], key=into, title=into) for key, into in self.columns.items())
        return schema.with_columns(*copies)

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows import cells
        from solidata_api.recipes.rows.making import written

        copies = {into: cells.values(table.frame, key) for key, into in self.columns.items()}
        return written(table, copies, self.schema_after(table.schema))
