"""`to_boolean`: texts as true or false."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.folding import fold_text
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.parameters import COLUMNS, FLAG, TEXT, Columns, list_of, optional, param
from solidata_api.recipes.selection import picked

#: What imports take for true and false, and the cross of a form.
TRUE = ("true", "vrai", "oui", "yes", "ja", "si", "o", "y", "t", "v", "1", "x")
FALSE = ("false", "faux", "non", "no", "nein", "n", "f", "0")


@dataclass(frozen=True, kw_only=True)
class ToBoolean(Step):
    """Read columns as true or false, by lists of words: `oui` and `non`, `vrai` and `faux`, `1` and `0`, `x`.

    Words are compared without case, accents and spaces around; own lists take the place of those that are there. A text
    in neither list is a reject. Blank cells stay blank, unless `blank` says what they are: in a column of crosses,
    `"blank": false`. Columns that are boolean already are left alone but for their blank cells. With `on_error: keep`
    the column stays text, since it holds both.
    """

    op: ClassVar = "to_boolean"
    group: ClassVar = "types"
    example: ClassVar = {"op": "to_boolean", "columns": ["accessible"], "true": ["x"], "false": [], "blank": False}

    columns: Columns = param(COLUMNS, "the columns to read", example=["accessible"])
    true: tuple[str, ...] = param(list_of(TEXT, most=200), "the words for true", default=TRUE, example=["oui"])
    false: tuple[str, ...] = param(
        list_of(TEXT, least=0, most=200), "the words for false", default=FALSE, example=["non", "sans objet"]
    )
    blank: bool | None = param(optional(FLAG), "what a blank cell is; null: blank", default=None, example=False)

    def faults(self) -> Iterator[Fault]:
        for name in ("true", "false"):
            for n, word in enumerate(getattr(self, name)):
                if not word.strip():
                    yield Fault(f"{name}/{n}", "an empty text is no word; blank says what blank cells are")
        both = {_folded(word) for word in self.true} & {_folded(word) for word in self.false}
        for word in sorted(both):
            yield Fault("false", f"{word!r} can't be both true and false")

    def schema_after(self, schema: Schema) -> Schema:
        return schema.retyped(self.refusing(schema), "string" if self.on_error == "keep" else "boolean")

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> list[str]:
        return [key for key in picked(self.columns, schema) if schema[key].type != "boolean"]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.conversion import convert
        from solidata_api.recipes.rows.making import filled

        keys = picked(self.columns, table.schema)
        result = convert(self, table, dict.fromkeys(keys, "boolean"), lambda *_: self.reader())
        return result if self.blank is None else filled(table, result, keys, self.blank)

    def reader(self) -> Any:
        """What reads one text; it raises ValueError where no list has it."""
        words = {_folded(word): truth for truth in (True, False) for word in (self.true if truth else self.false)}
        told = ", ".join([*self.true, *self.false][:30])

        def read(text: str) -> bool:
            found = words.get(_folded(text))
            if found is None:
                raise ValueError(f"it is none of {told}")
            return found

        return read


def _folded(text: str) -> str:
    return fold_text(text.strip())
