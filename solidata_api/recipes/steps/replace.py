"""`replace`: other words for some words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, FLAG, PATTERN, TEXT, Columns, Kind, Wrong, list_of, optional, param
from solidata_api.recipes.patterns import pattern, replacement_faults, substituted
from solidata_api.recipes.selection import picked

_TEXTS = list_of(TEXT)


def _read_pair(value: object) -> tuple[str, str]:
    if not isinstance(value, list) or len(value) != 2:
        raise Wrong("it is a pair of texts [from, to]")
    before, after = _TEXTS.read(value)
    if not before:
        raise Wrong("it replaces an empty text; blank cells hold none")
    return before, after


_PAIR = Kind({"type": "array", "items": TEXT.schema, "minItems": 2, "maxItems": 2}, _read_pair)


@dataclass(frozen=True, kw_only=True)
class Replace(Step):
    r"""Replace texts by others: literal pairs, one after the other, or the matches of an RE2 pattern.

    In `with`, `\1` to `\9` stand for the groups of the pattern. With `whole_cell` a cell is replaced only where all of
    it is equal or matches. Other types are taken in canonical text and become text. What is then empty becomes blank.
    """

    op: ClassVar = "replace"
    group: ClassVar = "text"
    example: ClassVar = {"op": "replace", "columns": ["name"], "pairs": [["St ", "Saint "], ["Ste ", "Sainte "]]}

    columns: Columns = param(COLUMNS, "the columns to change", example=["name"])
    pairs: tuple[tuple[str, str], ...] = param(
        list_of(_PAIR, least=0), "what to replace by what", default=(), example=[["St ", "Saint "]]
    )
    pattern: str | None = param(optional(PATTERN), "an RE2 pattern, instead of pairs", default=None, example="^St ")
    with_: str = param(TEXT, "what the matches of the pattern become", default="", example="Saint ")
    whole_cell: bool = param(FLAG, "only where the whole cell is equal or matches", default=False)

    def faults(self) -> Iterator[Fault]:
        if bool(self.pairs) == (self.pattern is not None):
            yield Fault("pairs", "give either pairs or a pattern")
        if self.pattern is None and self.with_:
            yield Fault("with", "it belongs to a pattern, and there is none")
        if self.pattern is not None:
            fault = replacement_faults(pattern(self.pattern), self.with_)
            if fault:
                yield Fault("with", fault)

    def schema_after(self, schema: Schema) -> Schema:
        return schema.retyped(picked(self.columns, schema), "string")

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows import text

        keys = picked(self.columns, table.schema)
        return text.rewritten(
            table,
            text.columns_of(keys),
            partial(map, self.replacement()),
            self.schema_after(table.schema),
            tools.known(self),
        )

    def replacement(self) -> Callable[[str], str]:
        """What makes of one text the other."""
        if self.pattern is not None:
            compiled = pattern(self.pattern)
            return lambda text: substituted(compiled, self.with_, text, whole=self.whole_cell)
        if self.whole_cell:
            table = dict(reversed(self.pairs))
            return lambda text: table.get(text, text)
        return self._with_pairs

    def _with_pairs(self, text: str) -> str:
        for before, after in self.pairs:
            text = text.replace(before, after)
        return text
