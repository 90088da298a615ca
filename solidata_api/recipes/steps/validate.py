"""`validate`: rules that cells keep to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.datasets import Column
from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import list_of, param
from solidata_api.recipes.patterns import pattern
from solidata_api.recipes.rules import RULE, Rule, bound, fits, model_rules


@dataclass(frozen=True, kw_only=True)
class Validate(Step):
    """Hold columns against rules: what fails is counted, treated as `on_error` says, or stops the build.

    A rule is `{"check": …, "column": …, "on_failure": "warn" | "reject" | "stop"}`, `reject` where unsaid.
    `pattern` (RE2, the whole cell), `minimum`, `maximum`, `min_length`, `max_length` and `enum` have a `value`;
    `foreign_key` names a `dataset_id` and its `reference_column`, in which each value must be; `required` and `unique`
    stand alone (of equal cells the first is right).
    `{"model": true}` stands for every constraint of the model's fields. Blank cells fail `required` only.
    """

    op: ClassVar = "validate"
    group: ClassVar = "validate"
    bounded: ClassVar = (
        "only for `unique` the rows wait in memory once, as Arrow columns, with 16 bytes a row to compare by"
    )
    example: ClassVar = {
        "op": "validate",
        "rules": [{"check": "required", "column": "code", "on_failure": "warn"}, {"model": True}],
    }

    rules: tuple[Rule, ...] = param(
        list_of(RULE, most=500), "the rules", example=[{"check": "minimum", "column": "population", "value": 0}]
    )

    def schema_after(self, schema: Schema) -> Schema:
        for n, rule in enumerate(self.rules):
            fits(rule, n, schema)
        return schema

    def unfit(self, fields: Iterable[BoundField]) -> Iterator[Fault]:
        """Constraints of the model that can't be judged."""
        fields = tuple(fields)
        kinds = {field.name: Column(field.name, field.title, field.type) for field in fields}
        for n, rule in enumerate(self.rules):
            for one in model_rules(fields, "", kinds) if rule.check == "model" else ():
                try:
                    bound(one, kinds[one.column])
                    pattern(one.value) if one.check == "pattern" else None
                except ValueError as error:
                    yield Fault(f"rules/{n}", f"{one.check} of field {one.column!r}: {error}")

    def gathers(self, fields: Iterable[BoundField]) -> bool:
        return any(one.check == "unique" for _, one in self._expanded(fields, [field.name for field in fields]))

    def refusing(self, schema: Schema, fields: Iterable[BoundField]) -> Collection[str]:
        return [rule.column for _, rule in self._expanded(fields, schema.keys) if rule.on_failure == "reject"]

    def deciding(self, schema: Schema, fields: Iterable[BoundField]) -> Collection[str]:
        stopping = [rule.column for _, rule in self._expanded(fields, schema.keys) if rule.on_failure == "stop"]
        return [*super().deciding(schema, fields), *stopping]

    def references(self) -> Collection[tuple[str, str]]:
        return {(rule.dataset_id, rule.reference_column) for rule in self.rules if rule.check == "foreign_key"}

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.checks import judged

        return judged(self, table, tools, list(self._expanded(tools.fields, table.schema.keys)))

    def _expanded(self, fields: Iterable[BoundField], keys: Iterable[str]) -> Iterator[tuple[int, Rule]]:
        """Each rule with its number, `model` ones as all that they stand for."""
        for n, rule in enumerate(self.rules, start=1):
            expanded = model_rules(fields, rule.on_failure, keys) if rule.check == "model" else [rule]
            yield from ((n, one) for one in expanded)
