"""`match`: columns of a reference whose names are like ours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Misfit, Schema, SchemaColumn, StepResult, Table, Tools
from solidata_api.recipes.decisions import MATCHES, Matched, match_faults
from solidata_api.recipes.parameters import KEY, NEW_KEY, choice, map_of, optional, param, whole
from solidata_api.recipes.references import ReferenceStep
from solidata_api.recipes.selection import with_new

SCORERS = ("token_sort_ratio", "token_set_ratio", "WRatio")
_TEXTS = ("string", "any")


@dataclass(frozen=True, kw_only=True)
class Match(ReferenceStep):
    """Look up columns of a reference dataset by a name that is nearly the same: `ST ETIENNE` and `Saint-Étienne`.

    Names are compared word by word in alphabetical order, without case, accents and punctuation, by a scorer of
    rapidfuzz; only with names that begin or end with the same `block` letters then, and whose `equal` columns are
    equal, to the letter, in canonical text. The most alike row of the reference is taken if its score is `threshold`
    or more. One from `review` up to that is proposed only, among the report's reviews. Several that are most alike,
    with one score, are a reject that names them, and proposed too: nothing is chosen by chance. A name without a match
    is a reject, or with `no_match: blank` just blank. Where the name or an equal column is blank, nothing is looked up.

    `decisions` come first, whatever the score: the `value`, to the letter, is the row whose `key` is `reference`; where
    that row's equal columns differ the decision is not about it. With null it is no row, which is no reject. A row that
    the reference has not, or has several times, is a reject. Of a reject only the new cells are blank. Rows have the
    reference's row among their origins.
    """

    op: ClassVar = "match"
    group: ClassVar = "join and union"
    scope: ClassVar = "table"
    is_local: ClassVar = True
    bounded: ClassVar = (
        "the rows wait in memory once, as Arrow columns, and so do columns and names of the reference; more than 500 "
        "million pairs to compare, long names counting more, stop the build"
    )
    example: ClassVar = {
        "op": "match", "dataset_id": "65f0c0ffee65f0c0ffee65f0", "column": "city", "reference_column": "libelle",
        "key": "com", "equal": {"department": "dep"}, "columns": {"com": "commune_code"}, "score": "commune_score",
        "decisions": [{"value": "St Etiene", "reference": "42218"}],
    }  # fmt: skip

    column: str = param(KEY, "our column of names", example="city")
    reference_column: str = param(KEY, "their column of names", example="libelle")
    key: str | None = param(
        optional(KEY), "their column by which decisions name a row; null: that of the names", default=None,
        example="com",
    )  # fmt: skip
    equal: dict[str, str] | None = param(
        optional(map_of(KEY, KEY)), "columns that must be equal, as `{ours: theirs}`", default=None,
        example={"department": "dep"},
    )  # fmt: skip
    block: int = param(
        whole(0, 50), "how many first or last letters are the same; 0: only the equal columns are", default=3
    )
    scorer: str = param(choice(*SCORERS), "how likeness is measured, as rapidfuzz calls it", default=SCORERS[0])
    threshold: int = param(whole(1, 100), "the score, of 100, from which names are the same", default=90)
    review: int | None = param(
        optional(whole(1, 100)), "the score from which pairs are proposed; null: none are", default=75
    )
    columns: dict[str, str] = param(
        map_of(KEY, NEW_KEY), "the columns to take, as `{theirs: ours}`", example={"com": "commune_code"}
    )
    score: str | None = param(
        optional(NEW_KEY), "a new column for the score; 100 where it was decided", default=None,
        example="commune_score",
    )  # fmt: skip
    no_match: str = param(choice("reject", "blank"), "what a name without a match is", default="reject")
    decisions: tuple[Matched, ...] = param(
        MATCHES, "pairs that people accepted or corrected, as `{value, reference}`, or refused (`reference` null)",
        default=(),
        example=[{"value": "St Etiene", "reference": "42218"}],
    )  # fmt: skip

    def faults(self) -> Iterator[Fault]:
        if len(set(self.columns.values())) < len(self.columns):
            yield Fault("columns", "two columns would have the same key here")
        if self.review is not None and self.review > self.threshold:
            yield Fault("review", f"it is at most the threshold, {self.threshold}")
        if not self.block and not self.equal:
            yield Fault("block", "without equal columns each name would be compared with all")
        yield from match_faults(self.decisions)

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("column", [self.column])
        schema.require("equal", self._equal)
        theirs = self.theirs("reference_column", [self.reference_column])
        self.theirs("equal", self._equal.values())
        self.theirs("key", [self.key] if self.key else [])
        for parameter, kind in (
            ("column", schema[self.column].type), ("reference_column", theirs[self.reference_column].type),
        ):  # fmt: skip
            if kind not in _TEXTS:
                raise Misfit(
                    parameter, f"column {getattr(self, parameter)!r} is {kind}: only texts are like one another"
                )
        after = self.taken(schema, self.columns, "columns")
        if self.score is None:
            return after
        # It tells how far the names are apart.
        sources = schema[self.column].sources | {(self.dataset_id, self.reference_column)}
        return with_new("score", after, SchemaColumn(self.score, self.score, "number", None, sources))

    def choosing(self, schema: Schema) -> Collection[str]:
        return [self.column, *self._equal]

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> Collection[str]:
        return [self.column, *self._equal]

    @property
    def matched_by(self) -> Sequence[str]:
        return [self._key]

    def references(self) -> Collection[tuple[str, str]]:
        return {*self.choosing_references(), *((self.dataset_id, key) for key in self.columns)}

    def choosing_references(self) -> Collection[tuple[str, str]]:
        return {(self.dataset_id, key) for key in (self.reference_column, self._key, *self._equal.values())}

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.candidates import Search
        from solidata_api.recipes.rows.matching import Terms, matched

        terms = Terms(
            column=self.column,
            reference_column=self.reference_column,
            key=self._key,
            equal=self._equal,
            search=Search(self.block, self.scorer, self.threshold if self.review is None else self.review),
            threshold=self.threshold,
            refuses_missing=self.no_match == "reject",
            decisions=self.decisions,
        )
        return matched(self, table, tools, terms, self.columns, self.score)

    @property
    def _key(self) -> str:
        return self.key or self.reference_column

    @property
    def _equal(self) -> dict[str, str]:
        return self.equal or {}
