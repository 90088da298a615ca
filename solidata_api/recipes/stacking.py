"""Stacking: how the mapped columns of several sources become one schema, before a row is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from solidata_api.domain.datasets import Column
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, SchemaColumn, Step
from solidata_api.recipes.walking import Walk, walk


@dataclass(frozen=True)
class StackedSource:
    """A source as far as its columns go. `mapping` says the field of each column that is read: one of the source, or
    where it has a recipe of its own, one that this gives."""

    dataset_id: str
    title: str
    columns: tuple[Column, ...]
    mapping: Mapping[str, str]
    #: The source's own recipe, which its rows go through alone, before the mapping.
    steps: tuple[Step, ...] = ()

    @cached_property
    def begun(self) -> Schema:
        """The columns that there are before any step."""
        return Schema(tuple(_begun(self.dataset_id, column) for column in self.columns if not column.gone))

    @cached_property
    def walked(self) -> Walk:
        """The source's own recipe held against its columns; it knows no model."""
        return walk(f"/sources/{self.dataset_id}/recipe", self.steps, self.begun)

    @cached_property
    def mapped(self) -> Mapping[str, SchemaColumn]:
        """The columns to read, by field. What is not there (any more) is left out: `check` names it."""
        by_key = {column.key: column for column in self.walked.last}
        return {field: by_key[key] for key, field in self.mapping.items() if key in by_key}


def stacked_schema(sources: Sequence[StackedSource], fields: Sequence[BoundField]) -> Schema:
    """The columns that stacking makes: the model's fields that something fills, in its order, then other ones."""
    reached: dict[str, list[SchemaColumn]] = {field.name: [] for field in fields}
    for source in sources:
        for name, column in source.mapped.items():
            reached.setdefault(name, []).append(column)
    titles = {field.name: field.title for field in fields}
    return Schema(tuple(_column(name, titles.get(name, name), found) for name, found in reached.items() if found))


def _begun(dataset_id: str, column: Column) -> SchemaColumn:
    sources = frozenset([(dataset_id, column.key)])
    return SchemaColumn(column.key, column.title, column.type, column.format, sources)


def _column(name: str, title: str, found: list[SchemaColumn]) -> SchemaColumn:
    types = {column.type for column in found}
    formats = {column.format for column in found}
    kind = types.pop() if len(types) == 1 else "string"
    form = formats.pop() if len(formats) == 1 and not types else None
    return SchemaColumn(name, title, kind, form, frozenset().union(*(column.sources for column in found)))
