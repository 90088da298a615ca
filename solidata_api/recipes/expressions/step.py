"""What the steps that fill a column by an expression have in common."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.expressions import Node, columns_of
from solidata_api.recipes.expressions.parameters import filled


class FillingStep(Step):
    """A step that fills `column`, a parameter of its own, with what `node` gives in each row."""

    column: str

    def node(self, schema: Schema) -> Node:
        """What to fill the column with; raises Misfit where it does not fit the columns."""
        raise NotImplementedError

    def schema_after(self, schema: Schema) -> Schema:
        return filled(schema, self.column, self.node(schema), keeps=self.on_error == "keep")

    def refusing(self, schema: Schema, fields: Iterable[BoundField]) -> Collection[str]:
        return columns_of(self.node(schema))

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.expressions import filling

        return filling.filled(self, table, self.column, self.node(table.schema))
