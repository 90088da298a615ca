"""`strip_html`: the text of cells that hold HTML."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.html_text import text_of
from solidata_api.recipes.parameters import COLUMNS, FLAG, Columns, param
from solidata_api.recipes.selection import picked


@dataclass(frozen=True, kw_only=True)
class StripHtml(Step):
    """Take HTML out of texts: `<p>Mairie&nbsp;de <b>Lyon</b></p>` becomes `Mairie de Lyon`.

    Tags, comments, scripts, styles and templates go; entities that end in `;` are decoded, once. Where a block begins
    or ends, such as a paragraph, a cell or `<br>`, stands a space, or with `lines` a line end; other runs of white
    space become one space. What only looks like a tag stays: `a < b`, `<jean@mairie.fr>`. Texts without `<` and `&`
    stay as they are; cells of nothing but tags become blank. Numbers, dates and lists stay.
    """

    op: ClassVar = "strip_html"
    group: ClassVar = "text"
    example: ClassVar = {"op": "strip_html", "columns": ["description"]}

    columns: Columns = param(COLUMNS, "the columns to take HTML out of", example=["description"])
    lines: bool = param(FLAG, "write a line for each block; false: all in one line", default=False)

    def schema_after(self, schema: Schema) -> Schema:
        picked(self.columns, schema)
        return schema

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows import text
        from solidata_api.recipes.rows.canonical import is_plain

        keys = [key for key in picked(self.columns, table.schema) if is_plain(table.schema[key].type)]
        into = text.columns_of(keys)
        return text.rewritten(
            table, into, partial(map, partial(text_of, lines=self.lines)), table.schema, tools.known(self)
        )
