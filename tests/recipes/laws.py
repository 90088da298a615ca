"""How each step is tried on random tables by `test_laws`: every step's own test module holds a `LAW`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from hypothesis import strategies as st

#: What random text cells hold besides the texts of a law: blanks, accents, digits with zeros, spaces, signs.
TEXTS = ("", "a", "A ", "é", "001", "12", "1 234", "12,5", "2024-01-31", "x|y", "  ", "\x00", "🙂", "oui")
_CELLS: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.one_of(st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1)),
    "number": st.one_of(st.integers(-3, 3).map(float), st.floats(allow_nan=False, allow_infinity=False)),
    "boolean": st.booleans(),
    "date": st.dates(date(1583, 1, 1), date(2999, 12, 31)),
    "datetime": st.datetimes(datetime(1583, 1, 1), datetime(2999, 12, 31)),
    "year": st.integers(0, 9999),
    "array": st.lists(st.sampled_from(["a", "b", "é"]), max_size=3).map(lambda one: str(one).replace("'", '"')),
}


@dataclass(frozen=True)
class Law:
    """A step as JSON, in one or more ways, and the columns of the tables it is tried on, with their types."""

    steps: Sequence[dict[str, Any]]
    types: Mapping[str, str]
    #: Texts that text cells are drawn from too, so that the step has something to do.
    texts: Sequence[str] = ()
    #: Whether doing it twice is doing it once.
    idempotent: bool = False
    #: Whether cells of columns that stay may become blank without being a reject.
    blanks: bool = False
    tools: Mapping[str, Any] = field(default_factory=dict)

    def tables(self) -> st.SearchStrategy[dict[str, list[Any]]]:
        """Random tables: cells by column."""
        return st.integers(0, 12).flatmap(self._of_rows)

    def _of_rows(self, rows: int) -> st.SearchStrategy[dict[str, list[Any]]]:
        return st.fixed_dictionaries(
            {
                key: st.lists(st.none() | self._cell(kind), min_size=rows, max_size=rows)
                for key, kind in self.types.items()
            }
        )

    def _cell(self, kind: str) -> st.SearchStrategy[Any]:
        texts = st.sampled_from([one for one in (*TEXTS, *self.texts) if one])
        if self.texts:
            texts = st.one_of(texts, st.sampled_from(list(self.texts)))
        return _CELLS.get(kind, texts | st.text(min_size=1, max_size=4))
