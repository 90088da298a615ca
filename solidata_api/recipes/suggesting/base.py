"""What a detector is shown of a table, and what it proposes. Importing this reads no pandas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import SchemaColumn, Table

#: Distinct texts of a column, spread over them, by which shares are judged; what a step then does is counted in all.
TRIED = 500


@dataclass(frozen=True)
class SeenColumn:
    """A column as detectors see it: what it is, and its distinct cells in canonical text with how often each stands."""

    column: SchemaColumn
    counts: Mapping[str, int]
    #: The model's field of that name, in a project.
    field: BoundField | None = None
    #: The types that the sources hold it in, where they differ.
    types: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.column.key

    @property
    def is_text(self) -> bool:
        return self.column.type in ("string", "any")

    @cached_property
    def filled(self) -> int:
        """How many cells are not blank."""
        return sum(self.counts.values())

    @property
    def format(self) -> str | None:
        """What the model, else the import, says of how its values are written."""
        return (self.field.format if self.field else None) or self.column.format

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of its headers, folded."""
        from solidata_api.frames.formats import header_words

        return header_words(self.key.replace("_", " ")) | header_words(self.column.title)

    @property
    def says_code(self) -> bool:
        """Whether its header or format says that digits are a code there, and no quantity."""
        from solidata_api.domain.datasets import CODE_FORMATS
        from solidata_api.frames.formats import CODE_WORDS

        return bool(self.words & CODE_WORDS) or self.format in CODE_FORMATS

    @cached_property
    def tried(self) -> list[str]:
        """Some of the distinct texts, spread over all of them."""
        texts = list(self.counts)
        most = min(len(texts), TRIED)
        return [texts[n * len(texts) // most] for n in range(most)]

    def may_become(self, *kinds: str) -> bool:
        """Whether text here may become one of these types: always in a dataset, in a project as the model says."""
        return self.is_text and (self.field is None or self.field.type in kinds)

    def share(self, test: Callable[[str], object]) -> float:
        """The share of its filled cells whose text passes a test, by the texts that are tried."""
        tried = sum(self.counts[text] for text in self.tried)
        return sum(self.counts[text] for text in self.tried if test(text)) / tried if tried else 0.0

    def any(self, test: Callable[[str], object]) -> bool:
        return any(map(test, self.counts))


@dataclass(frozen=True)
class View:
    """A table as the steps before have left it. `whole` says that no row of it is missing."""

    table: Table
    columns: tuple[SeenColumn, ...]
    fields: tuple[BoundField, ...] = ()
    #: The columns that tell rows apart, as the model or the dataset declares them.
    key: tuple[str, ...] = ()
    whole: bool = True
    rows: int = 0

    @property
    def texts(self) -> list[SeenColumn]:
        """The columns of text that have a value."""
        return [one for one in self.columns if one.is_text and one.counts]


@dataclass(frozen=True)
class Proposal:
    """A step that a detector proposes. Those with a `column` and equal parameters become one step on all of them."""

    op: str
    why: str
    #: How sure it is, from 0 to 1.
    score: float
    params: Mapping[str, Any] = field(default_factory=dict)
    column: str | None = None


Detector = Callable[[View], Iterable[Proposal]]


def read_by(reader: Callable[[str], Any]) -> Callable[[str], Any]:
    """The reader with None for what it refuses."""

    def read(text: str) -> Any:
        try:
            return reader(text)
        except ValueError:
            return None

    return read


def reads(reader: Callable[[str], Any]) -> Callable[[str], bool]:
    """Whether the reader takes a text."""
    read = read_by(reader)
    return lambda text: read(text) is not None


def listed(words: Sequence[str], most: int = 5) -> str:
    """Some words in a sentence."""
    shown = ", ".join(words[:most])
    return f"{shown} and {len(words) - most} more" if len(words) > most else shown
