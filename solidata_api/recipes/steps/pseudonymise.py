"""`pseudonymise`: something that stands for a value where the value itself must not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, Columns, param
from solidata_api.recipes.pseudonyms import pseudonym
from solidata_api.recipes.selection import picked


@dataclass(frozen=True, kw_only=True)
class Pseudonymise(Step):
    """Replace values by pseudonyms: 32 hexadecimal characters that can't be turned back without the project's key.

    A pseudonym is the first 16 bytes of HMAC-SHA-256 over the value in canonical text, keyed by a secret of the
    project's dataset that is never shown. The same value has the same pseudonym in all columns, sources and builds of
    a project, and another one in every other project. Values that differ in a space or a capital have different ones:
    `clean` or `fold` come before. Blank stays blank. No value is a reject.

    A preview has a key of its own each time: its pseudonyms are equal where values are, and are those of no build and
    of no other preview. The column keeps the cap of its values: whoever may build the project with rows of their own
    can find out which pseudonym a value has that they guess, by a build that all who work on the project see.
    """

    op: ClassVar = "pseudonymise"
    group: ClassVar = "columns"
    example: ClassVar = {"op": "pseudonymise", "columns": ["email"]}

    columns: Columns = param(COLUMNS, "the columns to replace", example=["email"])

    def schema_after(self, schema: Schema) -> Schema:
        keys = picked(self.columns, schema)
        # A format would say that the text is an address or a number still.
        return schema.with_columns(*(replace(schema[key], type="string", format=None) for key in keys))

    def apply(self, table: Table, tools: Tools) -> StepResult:
        import pyarrow as pa

        from solidata_api.recipes.rows import cells
        from solidata_api.recipes.rows.making import texts_of, written

        columns = {
            key: cells.each_distinct(
                texts_of(table, key), lambda text: pseudonym(tools.pseudonym_key, text), pa.string()
            )
            for key in picked(self.columns, table.schema)
        }
        return written(table, columns, self.schema_after(table.schema))
