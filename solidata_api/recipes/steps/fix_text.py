"""`fix_text`: texts that were read in the wrong encoding, made right again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, FLAG, Columns, choice, optional, param
from solidata_api.recipes.selection import picked


@dataclass(frozen=True, kw_only=True)
class FixText(Step):
    """Repair texts that were decoded in the wrong encoding, once or more often: `PrÃ©fecture` becomes `Préfecture`.

    By ftfy, which changes a text only where reading it in another encoding makes sense of it; a `�` stays, since what
    it was is lost. Nothing else is changed unless a parameter says so. Numbers, dates and lists stay.
    """

    op: ClassVar = "fix_text"
    group: ClassVar = "text"
    example: ClassVar = {"op": "fix_text", "columns": ["name"]}

    columns: Columns = param(COLUMNS, "the columns to repair", example=["name"])
    unescape: bool = param(FLAG, "also decode HTML entities: `&eacute;` is `é`", default=False)
    quotes: bool = param(FLAG, "also make curly quotes and apostrophes straight", default=False)
    ligatures: bool = param(FLAG, "also open ligatures of print: `ﬁ` is `fi` (`œ` stays)", default=False)
    width: bool = param(FLAG, "also give full-width and half-width letters their usual width", default=False)
    normalise: str | None = param(
        optional(choice("NFC", "NFKC")), "also write letters in this form of Unicode; null: as they are", default=None
    )

    def schema_after(self, schema: Schema) -> Schema:
        picked(self.columns, schema)
        return schema

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows import text
        from solidata_api.recipes.rows.canonical import is_plain

        keys = [key for key in picked(self.columns, table.schema) if is_plain(table.schema[key].type)]
        return text.rewritten(table, text.columns_of(keys), partial(map, self.fixer()), table.schema, tools.known(self))

    def fixer(self) -> Callable[[str], str]:
        """What repairs one text."""
        import ftfy

        form: Any = self.normalise
        config = ftfy.TextFixerConfig(
            unescape_html=self.unescape,
            uncurl_quotes=self.quotes,
            fix_latin_ligatures=self.ligatures,
            fix_character_width=self.width,
            normalization=form,
            remove_terminal_escapes=False,
            remove_control_chars=False,
            fix_line_breaks=False,
            fix_surrogates=False,
            explain=False,
        )
        return lambda text: ftfy.fix_text(text, config)
