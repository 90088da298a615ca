"""Rows made again by the recipe and the sources that their version was built of, to tell how they came to be.

Imports pandas inside functions: worker only. Decision 33.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.corrections import Laid
from solidata_api.domain.datasets import Version
from solidata_api.domain.jobs import Job
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Step
from solidata_api.recipes.parse import parse
from solidata_api.services.corrected import Corrected
from solidata_api.services.reading import Report

#: Stacked rows up to which a recipe is run on all, where one of its steps makes something else of fewer rows.
MOST_ROWS = 200_000
#: Origins of one row up to which these are read.
MOST_ORIGINS = 200_000
GONE = "a version that it was made of is deleted"
TOO_OLD = "it was built before versions kept what their rows can be made again by"
TOO_MANY = f"it is made of more than {MOST_ORIGINS} source rows"

Told = dict[str, Any]


class CannotReplay(Exception):
    """Rows of a version can't be made again; it says why."""


def inputs_of(sources: Sequence[Any], references: Sequence[Any], fields: Sequence[BoundField]) -> dict[str, Any]:
    """What a version keeps of a run besides its recipe: the sources as they are mapped, references, fields."""
    return {
        "sources": [{**_pinned(one), "mapping": dict(one.mapping)} for one in sources],
        "references": [{**_pinned(one), "asked": one.wanted[1]} for one in references],
        "fields": [asdict(field) for field in fields],
    }


def execute(backends: Backends, job: Job, _: Report) -> dict[str, Any]:
    """How the wanted cells of a row came to be: `{cells: {column: {made_of, steps}}, unlike, whole}`, or `{why_not}`;
    and the `seconds` of processor that this took.

    Whoever asks is judged by `why`, which tells them a part of this.
    """
    started = time.process_time()
    version = backends.versions.get(job.params["version_id"])
    try:
        told = _traced(backends, version, job.params["row_id"], job.params["columns"])
    except CannotReplay as error:
        told = {"why_not": str(error)}
    return {**told, "seconds": time.process_time() - started}


def _traced(backends: Backends, version: Version, row_id: str, columns: Sequence[str]) -> Told:
    from solidata_api.recipes.rows.trace import Trace

    told = backends.tables.origins(version, row_id)
    if len(told) > MOST_ORIGINS:
        raise CannotReplay(TOO_MANY)
    run = _Again(backends, version)
    alone = run.is_local or run.rows > MOST_ROWS
    trace = Trace(run.replay([one[2] for one in told] if alone else None))
    stored = _stored(backends, version, row_id, columns)
    place = _place(backends, trace, version, row_id, stored, [(one[0], one[2]) for one in told], alone=alone)
    if place is None:
        raise CannotReplay("made again without other rows, it is not there")
    made = trace.texts(place)
    return {
        "cells": {key: _cell(run, trace, place, key) for key in columns if made[key] == stored[key]},
        "unlike": [key for key in columns if made[key] != stored[key]],
        "whole": run.is_local or not alone,
    }


def _cell(run: _Again, trace: Any, place: int, key: str) -> Told:
    """What a cell is made of, each source cell as it was `corrected`, if it was; and the steps that touched it."""
    told = trace.cell(place, key)
    made_of = []
    for one in told["made_of"]:
        corrected = run.laid(one.dataset_id, one.version).get((one.row, one.column))
        made_of.append({**asdict(one), **({"corrected": corrected.value} if corrected else {})})
    return {**told, "made_of": made_of}


def _place(
    backends: Backends,
    trace: Any,
    version: Version,
    row_id: str,
    stored: Mapping[str, str | None],
    origins: list[tuple[str, str]],
    *,
    alone: bool,
) -> int | None:
    """Where the row stands among those made again: of several with its origins the one most like it."""
    if not alone:
        return backends.tables.place(version, row_id)
    places: list[int] = trace.places_of(origins)
    return max(places, key=lambda one: sum(trace.texts(one)[key] == text for key, text in stored.items()), default=None)


def _stored(backends: Backends, version: Version, row_id: str, columns: Sequence[str]) -> dict[str, str | None]:
    """The row as it was built, in canonical text."""
    from solidata_api.recipes.rows import cells
    from solidata_api.recipes.rows.canonical import to_text

    kinds = {column.key: column.type for column in version.columns}
    parts = [part for part in backends.tables.rows_of(version, columns, [row_id]) if len(part)]
    return {key: to_text(cells.values(parts[0], key), kinds[key])[0].as_py() for key in columns}


class _Again:
    """The run that made a version, ready to be made once more. Raises CannotReplay where something of it is gone."""

    def __init__(self, backends: Backends, version: Version) -> None:
        if not version.inputs:
            raise CannotReplay(TOO_OLD)
        self.backends, self.version = backends, version
        # Asked for each source cell that the row is made of.
        self.found, self.laid = cache(self._found), cache(self._laid)
        self.corrected = Corrected(backends, version)
        self.fields = tuple(BoundField(**field) for field in version.inputs["fields"])
        self.sources = [(told, self._pinned_at(told)) for told in version.inputs["sources"]]
        self.rows = sum(found.row_count for _, found in self.sources)
        columns = {(one["dataset_id"], one["asked"]): self._columns(one) for one in version.inputs["references"]}
        self._columns_of = columns.get
        self.steps = self._bound(version.steps)
        self.own = {dataset_id: self._bound(recipe.steps) for dataset_id, recipe in version.source_recipes.items()}

    @property
    def is_local(self) -> bool:
        """Whether every step makes of a row alone what it makes of it among all."""
        own = [step for steps in self.own.values() for step in steps if not step.off]
        rest = [step for step in self.steps if not step.off]
        gathering = [*(one for one in own if one.gathers(())), *(one for one in rest if one.gathers(self.fields))]
        return all(step.is_local for step in gathering)

    def replay(self, ids: Sequence[str] | None) -> Any:
        """The run, made of those rows of its sources that have these ids; None: of all."""
        from solidata_api.recipes.base import Tools
        from solidata_api.recipes.references import Reference
        from solidata_api.recipes.rows.replay import Replay
        from solidata_api.recipes.run import SourceInput, run

        inputs = [
            SourceInput(
                **_named(told),
                columns=self._columns(told),
                mapping=told["mapping"],
                steps=self.own.get(told["dataset_id"], ()),
                frames=self._frames(one, ids),
            )
            for told, one in self.sources
        ]
        references = tuple(
            Reference(
                wanted=(told["dataset_id"], told["asked"]),
                version=told["version"],
                columns=self._columns(told),
                frames=self._frames(self._pinned_at(told), None),
                title=told["title"],
            )
            for told in self.version.inputs["references"]
        )
        tools = Tools(reference=self._values, fields=self.fields, references=references)
        row_key = bytes.fromhex(self.backends.datasets.get(self.version.dataset_id).row_key)
        return Replay(run(inputs, self.steps, self.fields, tools), row_key)

    def _laid(self, dataset_id: str, n: int) -> dict[tuple[str, str], Laid]:
        """The corrections that were laid over a source version, by row and column."""
        laid = self.corrected.over(self.found(dataset_id, n)) if self.corrected.of(dataset_id) else []
        return {(one.row_id, one.column): one for one in laid}

    def _bound(self, steps: Sequence[dict[str, Any]]) -> tuple[Step, ...]:
        from solidata_api.recipes.references import bound

        return bound(parse(list(steps)), self._columns_of)

    def _values(self, dataset_id: str, column: str) -> frozenset[str]:
        n = next(one.version for one in self.version.sources if one.dataset_id == dataset_id)
        return self.corrected.values(self.found(dataset_id, n), column)

    def _columns(self, told: Told) -> Any:
        keys = set(told["keys"])
        return tuple(column for column in self._pinned_at(told).columns if column.key in keys)

    def _pinned_at(self, told: Told) -> Version:
        return self.found(told["dataset_id"], told["version"])

    def _found(self, dataset_id: str, n: int) -> Version:
        found = self.backends.versions.numbered(self.backends.datasets.find(dataset_id), n)
        if found is None:
            raise CannotReplay(GONE)
        return found

    def _frames(self, version: Version, ids: Sequence[str] | None) -> Callable[[list[str]], Iterator[Any]]:
        def frames(keys: list[str]) -> Iterator[Any]:
            if ids is None:
                return self.corrected.frames(version)(keys)
            return self.corrected.laid(version, self.backends.tables.rows_of(version, keys, ids), keys)

        return frames


def _pinned(one: Any) -> Told:
    return {
        "dataset_id": one.dataset_id,
        "version": one.version,
        "title": one.title,
        "keys": [column.key for column in one.columns],
    }


def _named(told: Told) -> Told:
    return {name: told[name] for name in ("dataset_id", "version", "title")}
