"""`cluster_values`: near-equal values of a column become one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.recipes import likeness
from solidata_api.recipes.base import Misfit, Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.decisions import GROUPS, Grouped, group_faults
from solidata_api.recipes.parameters import KEY, choice, optional, param, whole

if TYPE_CHECKING:
    from solidata_api.recipes.rows.clustering import Group, Values

METHODS = ("fingerprint", "ngram", "edit_distance")
_ONLY = {"n": "ngram", "threshold": "edit_distance", "block": "edit_distance"}


@dataclass(frozen=True, kw_only=True)
class ClusterValues(Step):
    """Write near-equal values of a text column as one: `SAINT ETIENNE` and `Saint-Étienne`.

    `fingerprint` compares words, each once and in alphabetical order, without case, accents and punctuation; `ngram`
    runs of `n` characters instead; `edit_distance` counts the letters to change, of those of the longer value, among
    values that begin or end with the same letters. Values that differ in their numbers are never one, and those
    without a letter stay as they are. A group is written as its most frequent value, of equals the first. Each member
    is near that one by itself, not through others.

    `decisions` come first and are to the letter: their values are written `into` what they say; with null each stays
    as it is. A value that is near decided ones belongs to them; near two that are written differently it stays. What
    nobody has decided on is among the report's reviews, and is carried out (`apply`) or only proposed (`leave`): by
    themselves equal keys are carried out, and edit distances are proposed. Blank stays blank. Nothing is a reject.
    """

    op: ClassVar = "cluster_values"
    group: ClassVar = "duplicates"
    scope: ClassVar = "table"
    bounded: ClassVar = (
        "the rows wait in memory once, as Arrow columns, and each distinct value with its key; a column with more than "
        "a million, or with more than 500 million pairs to compare, long texts counting more, stops the build"
    )
    example: ClassVar = {
        "op": "cluster_values", "column": "city", "method": "fingerprint",
        "decisions": [{"values": ["St Etienne", "SAINT ETIENNE"], "into": "Saint-Étienne"}],
    }  # fmt: skip

    column: str = param(KEY, "the text column", example="city")
    method: str = param(choice(*METHODS), "how values are compared", default="fingerprint")
    n: int | None = param(optional(whole(1, 10)), "for `ngram`: characters in a run; null: 2", default=None, example=2)
    threshold: int | None = param(
        optional(whole(50, 100)), "for `edit_distance`: how much of 100 stays the same; null: 85", default=None,
        example=90,
    )  # fmt: skip
    block: int | None = param(
        optional(whole(1, 50)), "for `edit_distance`: how many first or last letters are the same; null: 3",
        default=None, example=4,
    )  # fmt: skip
    undecided: str | None = param(
        optional(choice("apply", "leave")), "what becomes of groups that nobody has decided on", default=None,
        example="leave",
    )  # fmt: skip
    decisions: tuple[Grouped, ...] = param(
        GROUPS, "groups that people accepted or corrected, as `{values, into}`, or refused (`into` null)", default=(),
        example=[{"values": ["St Etienne"], "into": "Saint-Étienne"}],
    )  # fmt: skip

    def faults(self) -> Iterator[Fault]:
        for name, method in _ONLY.items():
            if getattr(self, name) is not None and self.method != method:
                yield Fault(name, f"it belongs to the method {method}")
        yield from group_faults(self.decisions)

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("column", [self.column])
        kind = schema[self.column].type
        if kind not in ("string", "any"):
            raise Misfit("column", f"column {self.column!r} is {kind}: only texts are near one another")
        return schema

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.clustering import clustered

        applies = (self.undecided or ("leave" if self.method == "edit_distance" else "apply")) == "apply"
        return clustered(table, self.column, self._groups, self.decisions, applies=applies)

    def _groups(self, values: Values) -> Iterable[Group]:
        from solidata_api.recipes.rows.clustering import by_key, by_nearness
        from solidata_api.recipes.rows.edits import near_values

        if self.method == "edit_distance":
            return by_nearness(values, near_values(values, self.threshold or 85, self.block or 3))
        key_of = partial(likeness.ngram, n=self.n or 2) if self.method == "ngram" else likeness.fingerprint
        return by_key(values, key_of)
