"""`extract`: what a pattern finds in a text, in columns of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField, name_faults
from solidata_api.recipes.base import Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.new_columns import made
from solidata_api.recipes.parameters import FLAG, KEY, PATTERN, param
from solidata_api.recipes.patterns import pattern

_GROUP = re.compile(r"\(\?P?<(\w+)>")


@dataclass(frozen=True, kw_only=True)
class Extract(Step):
    r"""Find an RE2 pattern in the texts of a column, and write each of its named groups to a column of that name.

    `(?P<postcode>[0-9]{5}) (?P<city>.+)` makes the columns `postcode` and `city`. The first match counts; with
    `whole_cell` the pattern must match all of the text. A text without a match is a reject, and all these columns are
    blank then. A group that takes no part in the match, or finds nothing, is blank. Groups without a name are not
    written. Other types than text are looked at in canonical text. The column itself stays, unless a group has its
    name; `on_error: keep` then leaves it a text that is rejected.
    """

    op: ClassVar = "extract"
    group: ClassVar = "columns"
    example: ClassVar = {"op": "extract", "column": "address", "pattern": "(?P<postcode>[0-9]{5}) (?P<city>.+)$"}

    column: str = param(KEY, "the column to look at", example="address")
    pattern: str = param(PATTERN, "an RE2 pattern with named groups", example="(?P<postcode>[0-9]{5}) (?P<city>.+)$")
    whole_cell: bool = param(FLAG, "only where the whole cell matches", default=False)

    def faults(self) -> Iterator[Fault]:
        if not self.names:
            yield Fault("pattern", "it has no named group, such as (?P<postcode>[0-9]{5})")
        opened = _GROUP.findall(self.pattern)
        for name in self.names:
            yield from name_faults(name, "pattern")
            if opened.count(name) > 1:
                # RE2 for Python takes it, and forgets one of the two.
                yield Fault("pattern", f"it has two groups called {name!r}")

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("column", [self.column])
        return made(schema, "pattern", dict.fromkeys(self.names, "string"), [self.column])

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> Collection[str]:
        return [self.column]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows.extracting import most_groups
        from solidata_api.recipes.rows.making import parted, texts_of

        def most_for(kind: Any) -> Callable[[Any], Any]:
            return most_groups(self.pattern, self.names, kind, whole=self.whole_cell)

        # Arrow takes patterns only whose groups all have names; what \\Q opens might quote what is put behind it.
        is_plain = pattern(self.pattern).groups == len(self.names) and r"\Q" not in self.pattern
        fast = most_for if is_plain else None
        return parted(self, table, self.column, texts_of(table, self.column), self.names, self.groups, fast)

    @property
    def names(self) -> list[str]:
        """The named groups, in order."""
        groups = pattern(self.pattern).groupindex
        return sorted(groups, key=groups.__getitem__)

    def groups(self, text: str) -> list[str | None]:
        """What the named groups find in one text. Raises ValueError where the pattern does not match."""
        compiled = pattern(self.pattern)
        found = compiled.fullmatch(text) if self.whole_cell else compiled.search(text)
        if found is None:
            raise ValueError("the pattern does not match it")
        return [found.group(name) or None for name in self.names]
