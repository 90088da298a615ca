"""`fold`: texts without case, accents and ligatures, to compare by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import name_faults
from solidata_api.recipes.base import Misfit, Schema, SchemaColumn, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, TEXT, Columns, optional, param
from solidata_api.recipes.selection import picked


@dataclass(frozen=True, kw_only=True)
class Fold(Step):
    """Write texts in lower case, without accents, ligatures opened: `Œuvre Élue` becomes `oeuvre elue`.

    In place, or into new columns, which then serve as keys. In place, columns that are no text stay as they are.
    """

    op: ClassVar = "fold"
    group: ClassVar = "text"
    example: ClassVar = {"op": "fold", "columns": ["name"], "into": "{column}_key"}

    columns: Columns = param(COLUMNS, "the columns to fold", example=["name"])
    into: str | None = param(
        optional(TEXT), "the column to write to, `{column}` standing for the key; null: in place", default=None,
        example="{column}_key",
    )  # fmt: skip

    def faults(self) -> Iterator[Fault]:
        if self.into is not None:
            yield from name_faults(self.into.replace("{column}", "c"), "into")

    def schema_after(self, schema: Schema) -> Schema:
        targets = self._targets(schema)
        if self.into is None:
            return schema
        new = [SchemaColumn(into, into, "string", None, schema[key].sources) for key, into in targets.items()]
        return schema.with_columns(*new)

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows import folding

        return folding.folded_into(table, self._targets(table.schema), self.schema_after(table.schema))

    def _targets(self, schema: Schema) -> dict[str, str]:
        keys = picked(self.columns, schema)
        if self.into is None:
            return {key: key for key in keys if schema[key].type in ("string", "any")}
        targets = {key: self.into.replace("{column}", key) for key in keys}
        if len(set(targets.values())) < len(targets):
            raise Misfit("into", f"{len(targets)} columns can't be written to one; put {{column}} in the name")
        for target in targets.values():
            for fault in name_faults(target):
                raise Misfit("into", fault.message)
        return targets
