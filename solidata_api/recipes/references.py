"""What steps read of other datasets: those are sources too (DESIGN 3). Decision 26."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from solidata_api.domain.datasets import Column
from solidata_api.domain.models import name_faults
from solidata_api.recipes.base import ColumnsOf, Misfit, Schema, SchemaColumn, Step, Wanted
from solidata_api.recipes.inputs import Frames
from solidata_api.recipes.parameters import TEXT, optional, param, whole

if TYPE_CHECKING:
    import pyarrow as pa

#: Gives what was made for this before, at this very content of a dataset, or makes it.
Keeps = Callable[[Hashable, "Callable[[], pa.Table]"], "pa.Table"]


def references(steps: Iterable[Step]) -> set[tuple[str, str]]:
    """Each (dataset id, column key) that a step in use names."""
    return {reference for step in steps if not step.off for reference in step.references()}


def followed(steps: Iterable[Step]) -> set[tuple[str, str]]:
    """Those of `references` that are read at the current version of their dataset, or relative to it."""
    return {one for step in steps if not step.off and not _is_pinned(step) for one in step.references()}


def matched(steps: Iterable[Step], dataset_id: str) -> list[tuple[str, ...]]:
    """The columns by which steps in use find single rows of a dataset, together; each once."""
    found = (step for step in steps if isinstance(step, ReferenceStep) and step.dataset_id == dataset_id)
    keys = (tuple(step.matched_by) for step in found if not step.off and not _is_pinned(step))
    return [key for key in dict.fromkeys(keys) if key]


def _is_pinned(step: Step) -> bool:
    return any(version for _, version in step.tables())


def tables(steps: Iterable[Step]) -> list[Wanted]:
    """Each dataset whose rows a step in use reads, at which version, in the order of the steps."""
    return list(dict.fromkeys(wanted for step in steps if not step.off for wanted in step.tables()))


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A dataset that steps read rows of, at the version that the run has pinned.

    `frames(keys)` gives its rows in order, with `_id`, `_line` where there is one, and these columns. The title is
    empty where whoever builds may not read it. With `keeps`, as previews have it, a step reads the rows alone that are
    like its own, and what was read is kept for the next preview.
    """

    wanted: Wanted
    version: int
    columns: tuple[Column, ...]
    frames: Frames
    title: str = ""
    keeps: Keeps | None = None

    @property
    def dataset_id(self) -> str:
        return self.wanted[0]


@dataclass(frozen=True, kw_only=True)
class ReferenceStep(Step):
    """A step that reads rows of another dataset. It fits columns once it is bound."""

    dataset_id: str = param(
        TEXT, "the other dataset, by id; it becomes a source of the project", example="65f0c0ffee65f0c0ffee65f0"
    )
    version: int | None = param(
        optional(whole(1, 2**31)), "its version; null: the current one", default=None, example=3
    )
    #: Its columns, no parameter.
    known: tuple[Column, ...] | None = field(default=None, compare=False, repr=False)

    @property
    def wanted(self) -> Wanted:
        """The dataset and its version, as the run has to find them."""
        return self.dataset_id, self.version

    @property
    def matched_by(self) -> Sequence[str]:
        """The columns of the other dataset that are meant to tell its rows apart; none where that does not matter."""
        return ()

    def tables(self) -> Sequence[Wanted]:
        return [self.wanted]

    def bound(self, columns_of: ColumnsOf) -> Step:
        found = columns_of(self.wanted)
        return replace(self, known=None if found is None else tuple(found))

    def theirs(self, parameter: str, keys: Iterable[str]) -> dict[str, Column]:
        """Columns of the other dataset. Raises Misfit where it is unknown, or one of these is."""
        if self.known is None:
            which = "" if self.version is None else f", or has no version {self.version}"
            raise Misfit("dataset_id", f"dataset {self.dataset_id!r} is none of the sources here{which}")
        there = Schema(tuple(SchemaColumn(column.key) for column in self.known))
        there.require(parameter, keys)
        by_key = {column.key: column for column in self.known}
        return {key: by_key[key] for key in keys}

    def taken(self, schema: Schema, names: dict[str, str], parameter: str) -> Schema:
        """The schema with columns of the other dataset at its end, each under a name that no column has."""
        columns = self.theirs("columns", names)
        for key, name in names.items():
            for fault in name_faults(name):
                raise Misfit(parameter, fault.message)
            if name in schema:
                raise Misfit(parameter, f"there is a column {name!r} already; give {key!r} another name here")
        return schema.with_columns(*(self._taken(columns[key], name) for key, name in names.items()))

    def _taken(self, column: Column, name: str) -> SchemaColumn:
        sources = frozenset([(self.dataset_id, column.key)])
        return SchemaColumn(name, column.title or name, column.type, column.format, sources)


def bound(steps: Iterable[Step], columns_of: ColumnsOf) -> tuple[Step, ...]:
    """The steps of a recipe, each with the columns of the datasets that it reads."""
    return tuple(step.bound(columns_of) for step in steps)
