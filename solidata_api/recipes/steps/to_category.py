"""`to_category`: only the values of a vocabulary."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.categories import Categories, same_when_folded
from solidata_api.recipes.parameters import COLUMNS, FLAG, KEY, TEXT, Columns, list_of, optional, param
from solidata_api.recipes.selection import picked


@dataclass(frozen=True, kw_only=True)
class ToCategory(Step):
    """Hold columns to a vocabulary: a list of values, or the values of a column of another dataset.

    A value outside of it is a reject, which names the nearest value of the vocabulary, if one is near. Values are
    compared to the letter, in canonical text. With `folded` one that differs only in case, accents and spaces around
    is taken too, and written as the vocabulary writes it; where the vocabulary has several such values it is a reject.
    The column becomes text. A dataset that is named by `dataset_id` must be a source of the project; its column then
    counts among those whose values reach these columns. With `on_error: keep` a reject keeps its text.
    """

    op: ClassVar = "to_category"
    group: ClassVar = "types"
    example: ClassVar = {
        "op": "to_category",
        "columns": ["kind"],
        "values": ["école", "collège", "lycée"],
        "folded": True,
    }

    columns: Columns = param(COLUMNS, "the columns to hold", example=["kind"])
    values: tuple[str, ...] | None = param(
        optional(list_of(TEXT)), "the vocabulary", default=None, example=["école", "collège", "lycée"]
    )
    dataset_id: str | None = param(
        optional(TEXT), "the dataset that has the vocabulary, instead", default=None, example="66f1c0ffee"
    )
    reference_column: str | None = param(optional(KEY), "the column of that dataset", default=None, example="label")
    folded: bool = param(FLAG, "take what differs only in case, accents and spaces around", default=False)

    def faults(self) -> Iterator[Fault]:
        if (self.values is None) == (self.dataset_id is None):
            yield Fault("values", "give either values or a dataset_id")
        if (self.dataset_id is None) != (self.reference_column is None):
            yield Fault("reference_column", "dataset_id and reference_column go together")
        for n, value in enumerate(self.values or ()):
            if not value.strip():
                yield Fault(f"values/{n}", "an empty text is no value; blank cells stay blank")
        for one, other in same_when_folded(self.values or ()) if self.folded else ():
            yield Fault("values", f"{one!r} and {other!r} are the same without case and accents")

    def schema_after(self, schema: Schema) -> Schema:
        keys = picked(self.columns, schema)
        # What is written, and what rejects propose, is of the reference: who may not read it may not read these.
        found = schema.retyped(keys, "string")
        more = frozenset(self.references())
        return found.with_columns(*(replace(found[key], sources=found[key].sources | more) for key in keys))

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> Collection[str]:
        return picked(self.columns, schema)

    def references(self) -> Collection[tuple[str, str]]:
        return {(self.dataset_id, self.reference_column)} if self.dataset_id and self.reference_column else set()

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.conversion import reread

        categories = Categories(self._words(tools), is_folded=self.folded)
        return reread(self, table, dict.fromkeys(picked(self.columns, table.schema), categories.read), "string")

    def _words(self, tools: Tools) -> Iterable[str]:
        if self.dataset_id and self.reference_column:
            # A set has no order of its own.
            return sorted(tools.reference(self.dataset_id, self.reference_column))
        return self.values or ()
