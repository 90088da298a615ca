"""`dedupe`: one row where several say the same thing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.recipes.base import Misfit, Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import KEY, TEXT, choice, list_of, map_of, optional, param

RULES = ("first", "last", "longest", "most_frequent", "source_priority", "freshest")


@dataclass(frozen=True, kw_only=True)
class Dedupe(Step):
    """Merge rows whose keys are equal, to the letter, in canonical text; the first row's place is kept.

    Without `keep` the first row wins as a whole. `keep` says by column, `*` for all others, which value wins: the
    `first`, the `last`, the `longest` text, the `most_frequent`, by `source_priority` (the source attached first) or
    the `freshest` (of the row with the latest `fresh_by`). Of equals the first wins, and a blank never beats a value.
    Rows whose key is blank or partly blank are never merged; the report counts them. Merged rows keep all origins.
    """

    op: ClassVar = "dedupe"
    group: ClassVar = "duplicates"
    scope: ClassVar = "table"
    is_local: ClassVar = True
    bounded: ClassVar = (
        "the rows wait in memory once, as Arrow columns, with some 40 bytes a row to group and choose by; beyond 256 MB"
        " of cells they wait on disk, in 64 parts by a hash of the keys, and one part is in memory at a time"
    )
    example: ClassVar = {"op": "dedupe", "keys": ["code"], "keep": {"name": "longest", "*": "first"}}

    keys: tuple[str, ...] = param(
        list_of(KEY, most=50), "the columns that say which rows are the same", example=["code"]
    )
    keep: dict[str, str] | None = param(
        optional(map_of(TEXT, choice(*RULES), least=0)), "which value wins, by column; `*`: all others", default=None,
        example={"name": "longest"},
    )  # fmt: skip
    fresh_by: str | None = param(
        optional(KEY), "for `freshest`: the column that says how fresh a row is", default=None, example="updated"
    )

    def faults(self) -> Iterator[Fault]:
        rules = (self.keep or {}).values()
        if "freshest" in rules and self.fresh_by is None:
            yield Fault("fresh_by", "the rule freshest needs a column that says how fresh a row is")
        if self.fresh_by is not None and "freshest" not in rules:
            yield Fault("fresh_by", "no rule is freshest, so nothing uses it")

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("keys", self.keys)
        schema.require("keep", [key for key in self.keep or {} if key != "*"])
        schema.require("fresh_by", [self.fresh_by] if self.fresh_by else [])
        if self.fresh_by and schema[self.fresh_by].type not in ("date", "datetime", "integer", "number", "year"):
            kind = schema[self.fresh_by].type
            raise Misfit(
                "fresh_by", f"column {self.fresh_by!r} is {kind}: dates, moments and numbers say what is later"
            )
        return schema

    @property
    def parted_by(self) -> Sequence[str]:
        return self.keys

    def choosing(self, schema: Schema) -> Collection[str]:
        return [*self.keys, *([self.fresh_by] if self.fresh_by else [])]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.merging import merged

        rules = {key: self._rule(key) for key in table.schema.keys if key not in self.keys}
        return merged(table, self.keys, {key: rule for key, rule in rules.items() if rule}, self.fresh_by)

    def taken_from(self, table: Table, places: Sequence[int], column: str) -> Sequence[int]:
        from solidata_api.recipes.rows.merging import survivor

        rule = None if column in self.keys else self._rule(column)
        return [survivor(table, places, column, rule, self.fresh_by)] if rule else places[:1]

    def _rule(self, key: str) -> str | None:
        keep = self.keep or {}
        return keep.get(key, keep.get("*"))
