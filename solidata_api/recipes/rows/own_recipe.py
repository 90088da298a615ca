"""A source whose rows go through a recipe of its own before they are stacked. Decision 29."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from solidata_api.recipes.base import Table
from solidata_api.recipes.inputs import SourceInput
from solidata_api.recipes.ledger import Line
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.chain import Chain
from solidata_api.recipes.rows.stack import Stacker


class OwnRecipe:
    """The rows of one source after its own steps, and the lines of the balance sheet of these; `read`: before."""

    def __init__(self, number: int, source: SourceInput, chain: Chain) -> None:
        self._chain = chain
        self.steps = [step for step in source.steps if not step.off]
        self.lines = [Line.of(step, source.dataset_id) for step in self.steps]
        alone = replace(source, steps=(), mapping={key: key for key in source.begun.keys})
        self.read = Stacker([alone], source.begun, first=number)

    @property
    def rows(self) -> int:
        """How many rows the source has given so far."""
        return self.read.rows[0]

    def tables(self) -> Iterator[Table]:
        """The source's tables after its steps, at least one. Once only."""
        return self._chain.after(self.read.tables(), zip(self.lines, self.steps, strict=True))

    def is_zoned(self, key: str) -> bool:
        """Whether the moments of a column are of UTC once the steps are done."""
        blank = self._chain.blank_after(self.read.blank(), self.steps)
        return cells.values(blank.frame, key).type.tz is not None
