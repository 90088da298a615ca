"""Stacking: how the mapped columns of several sources become one schema, before a row is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from solidata_api.domain.datasets import Column
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, SchemaColumn


@dataclass(frozen=True)
class StackedSource:
    """A source as far as its columns go. `mapping` says the field of each source column that is read."""

    dataset_id: str
    title: str
    columns: tuple[Column, ...]
    mapping: Mapping[str, str]

    def mapped(self) -> dict[str, Column]:
        """The columns to read, by field. What the source no longer has is left out: `check` names it."""
        by_key = {column.key: column for column in self.columns if not column.gone}
        return {field: by_key[key] for key, field in self.mapping.items() if key in by_key}


def stacked_schema(sources: Sequence[StackedSource], fields: Sequence[BoundField]) -> Schema:
    """The columns that stacking makes: the model's fields that something fills, in its order, then other ones."""
    reached: dict[str, list[tuple[str, Column]]] = {field.name: [] for field in fields}
    for source in sources:
        for name, column in source.mapped().items():
            reached.setdefault(name, []).append((source.dataset_id, column))
    titles = {field.name: field.title for field in fields}
    return Schema(tuple(_column(name, titles.get(name, name), found) for name, found in reached.items() if found))


def _column(name: str, title: str, found: list[tuple[str, Column]]) -> SchemaColumn:
    types = {column.type for _, column in found}
    formats = {column.format for _, column in found}
    kind = types.pop() if len(types) == 1 else "string"
    form = formats.pop() if len(formats) == 1 and not types else None
    return SchemaColumn(name, title, kind, form, frozenset((dataset_id, column.key) for dataset_id, column in found))
