"""`clean`: texts without stray spaces and control characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, FLAG, Columns, choice, optional, param
from solidata_api.recipes.selection import picked

_SPACES = re.compile(r"\s+")
#: Zero-width space, byte order marks, soft hyphen and direction marks: invisible, yet no two texts compare with them.
_INVISIBLE = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad"
_WORD = re.compile(r"(^|[\s\-(/\"«.]|['’](?=\w\w))(\w)")


@dataclass(frozen=True, kw_only=True)
class Clean(Step):
    """Trim texts, squeeze runs of white space to one space, take out control and invisible characters, set the case.

    Tabs and line ends count as white space. What is then empty becomes blank. Numbers, dates and lists stay.
    """

    op: ClassVar = "clean"
    group: ClassVar = "text"
    example: ClassVar = {"op": "clean", "columns": ["name"], "case": "title"}

    columns: Columns = param(COLUMNS, "the columns to clean", example=["name"])
    trim: bool = param(FLAG, "take white space off both ends", default=True)
    squeeze: bool = param(FLAG, "make each run of white space one space", default=True)
    control: bool = param(FLAG, "take out control and invisible characters", default=True)
    case: str | None = param(
        optional(choice("upper", "lower", "title")), "the case to write in; null: as it is", default=None
    )

    def schema_after(self, schema: Schema) -> Schema:
        picked(self.columns, schema)
        return schema

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows import text
        from solidata_api.recipes.rows.canonical import is_plain

        keys = [key for key in picked(self.columns, table.schema) if is_plain(table.schema[key].type)]
        return text.rewritten(table, text.columns_of(keys), partial(map, self.cleaned), table.schema, tools.known(self))

    def cleaned(self, text: str) -> str:
        """One text, cleaned."""
        if self.control:
            text = "".join(filter(None, map(_without_control, text))) if not text.isprintable() else text
        if self.squeeze:
            text = _SPACES.sub(" ", text)
        if self.trim:
            text = text.strip()
        return _in_case(text, self.case)


def _without_control(char: str) -> str:
    if char in _INVISIBLE:
        return ""
    if char.isspace():
        return " " if unicodedata.category(char) != "Zs" else char
    return "" if unicodedata.category(char) == "Cc" else char


def _in_case(text: str, case: str | None) -> str:
    if case == "title":
        # `str.title` makes "Don'T"; in French the letter after an apostrophe is a capital where a word follows.
        return _WORD.sub(lambda found: found[1] + found[2].title(), text.lower())
    return {"upper": text.upper, "lower": text.lower}[case]() if case else text
