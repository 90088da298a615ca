"""Which rows are looked at to suggest steps: a sample of each source, and for keys all of them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, Table, Tools
from solidata_api.recipes.inputs import SourceInput

#: The most cells that are looked at, in so many rows at most; and for each source at least so many rows.
CELLS, ROWS, LEAST = 80_000, 10_000, 100
#: Keys are compared in all rows up to so many.
KEYED_ROWS = 1_000_000


@dataclass(frozen=True)
class Reading:
    """Sources to look at: `some` gives a sample of their rows, `every` gives all; both are in the same order."""

    some: Sequence[SourceInput]
    every: Sequence[SourceInput]
    #: Whether `some` gives all rows.
    whole: bool = True

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.every)

    @property
    def has_keys(self) -> bool:
        """Whether all rows can be compared by some columns within the time of a short job."""
        return self.rows <= KEYED_ROWS and not any(one.steps for one in self.every)


def rows_of_each(columns: int, rows: Sequence[int]) -> list[int]:
    """How many rows to look at in each source of so many rows: small ones whole, the others as many each."""
    left = max(LEAST * len(rows), min(ROWS, CELLS // max(1, columns)))
    wanted = [0] * len(rows)
    for done, place in enumerate(sorted(range(len(rows)), key=lambda one: rows[one])):
        wanted[place] = min(rows[place], left // (len(rows) - done))
        left -= wanted[place]
    return wanted


def stacked(sources: Sequence[SourceInput], fields: Sequence[BoundField], titles: Mapping[str, str]) -> Table:
    """The sources stacked, each after its own steps."""
    from solidata_api.recipes.rows.chain import Chain
    from solidata_api.recipes.rows.chunks import gathered
    from solidata_api.recipes.rows.own_recipe import OwnRecipe
    from solidata_api.recipes.rows.stack import Stacker
    from solidata_api.recipes.stacking import stacked_schema

    schema = stacked_schema(sources, fields)
    titled = Schema(tuple(replace(one, title=titles.get(one.key, one.title)) for one in schema))
    # What a source's recipe makes pseudonyms of is looked at under a key of this look alone, as in a preview.
    tools = Tools(fields=tuple(fields), stacked=len(sources), pseudonym_key=secrets.token_bytes(16))
    chain = Chain(tools, lambda *_: None)
    prepared = {n: OwnRecipe(n, one, chain) for n, one in enumerate(sources) if one.steps}
    return gathered(Stacker(sources, titled, prepared).tables())


def narrowed(source: SourceInput, keys: Sequence[str]) -> SourceInput:
    """The source with only those columns that fill these."""
    return replace(source, mapping={column: field for column, field in source.mapping.items() if field in keys})
