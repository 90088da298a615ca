"""`split_column`: one text in several columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.new_columns import made
from solidata_api.recipes.parameters import KEY, NEW_KEY, PATTERN, TEXT, choice, list_of, optional, param, whole
from solidata_api.recipes.patterns import pattern

#: Most characters of a piece that is cut by its length.
LONGEST = 10_000


@dataclass(frozen=True, kw_only=True)
class SplitColumn(Step):
    """Cut the texts of a column in pieces: at a separator, at matches of an RE2 pattern, or after so many characters.

    The pieces go to the columns of `into`, in order; where there are fewer pieces, the later columns are blank, and so
    is an empty piece. With `rest: last` what is left over stays in the last column as it is, separators included; with
    `rest: reject` a text with more pieces than columns is a reject, and all its pieces are blank. With a pattern, a
    match of nothing separates nothing. Pieces keep the spaces around them (`clean` trims); other types than text are
    cut in canonical text. The column itself stays, unless `into` names it; `on_error: keep` then leaves it a text that
    is rejected.
    """

    op: ClassVar = "split_column"
    group: ClassVar = "columns"
    example: ClassVar = {"op": "split_column", "column": "position", "separator": ",", "into": ["lat", "lon"]}

    column: str = param(KEY, "the column to cut", example="position")
    into: tuple[str, ...] = param(list_of(NEW_KEY, most=100), "the columns of the pieces", example=["lat", "lon"])
    separator: str | None = param(optional(TEXT), "what stands between pieces, literally", default=None, example=",")
    pattern: str | None = param(
        optional(PATTERN), "an RE2 pattern of what stands between pieces, instead", default=None, example="[,;] *"
    )
    lengths: tuple[int, ...] | None = param(
        optional(list_of(whole(1, LONGEST), most=100)), "how many characters each piece has, instead", default=None,
        example=[2, 3],
    )  # fmt: skip
    rest: str = param(choice("last", "reject"), "what becomes of more pieces than columns", default="last")

    def faults(self) -> Iterator[Fault]:
        ways = [self.separator, self.pattern, self.lengths]
        if sum(way is not None for way in ways) != 1:
            yield Fault("separator", "give one of separator, pattern and lengths")
        if self.separator == "":
            yield Fault("separator", "an empty text separates nothing; lengths cut after so many characters")
        if self.lengths is not None and len(self.lengths) != len(self.into):
            yield Fault("lengths", f"there are {len(self.into)} columns and {len(self.lengths)} lengths")
        if len(set(self.into)) < len(self.into):
            yield Fault("into", "it names a column twice")

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("column", [self.column])
        return made(schema, "into", dict.fromkeys(self.into, "string"), [self.column])

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> Collection[str]:
        return [self.column] if self.rest == "reject" else []

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.making import parted, texts_of

        return parted(self, table, self.column, texts_of(table, self.column), self.into, self.pieces)

    def pieces(self, text: str) -> list[str | None]:
        """The pieces of one text, blank where there are none; raises ValueError for more than there are columns."""
        most = len(self.into)
        found = list(islice(self._places(text), most))
        if len(found) == most and self.rest == "reject":
            raise ValueError(f"it has more than {most} pieces")
        starts = [0, *(end for _, end in found[: most - 1])]
        ends = [*(start for start, _ in found[: most - 1]), len(text)]
        cut = [text[start:end] or None for start, end in zip(starts, ends, strict=True)]
        return cut + [None] * (most - len(cut))

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where each separator starts and ends."""
        if self.pattern is not None:
            spans = (found.span() for found in pattern(self.pattern).finditer(text))
            return ((start, end) for start, end in spans if end > start)
        if self.lengths is not None:
            return ((end, end) for end in accumulate(self.lengths) if end < len(text))
        return _separators(text, self.separator or "")


def _separators(text: str, separator: str) -> Iterator[tuple[int, int]]:
    at = text.find(separator)
    while at >= 0:
        yield at, at + len(separator)
        at = text.find(separator, at + len(separator))
