"""The drift guard: sources that have a newer version than the last build read, held against that, before a build.

It looks at what was kept of both versions when they were published, and at nothing else (`docs/drift.md`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import drift, policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Version
from solidata_api.domain.drift import Drift, SeenColumn
from solidata_api.domain.errors import TooManyRequests, Unavailable
from solidata_api.recipes.base import Step
from solidata_api.recipes.mapping import ColumnProfile
from solidata_api.recipes.references import followed, matched
from solidata_api.recipes.renames import Rename, likely
from solidata_api.services import audit
from solidata_api.services.plans import Plan, PlannedSource

Remark = dict[str, str]
Told = dict[str, Any]
#: How long one check may count keys of several columns, all together, beside the query that it is at then.
COUNTING_S = 10.0


@dataclass(frozen=True)
class _Pair:
    """A source with the version that the last build read and its current one, in the columns that the actor reads."""

    source: PlannedSource
    before: Version
    after: Version
    old: tuple[Column, ...]
    new: tuple[Column, ...]


class _Counts:
    """How many rows of a version repeat a key of several columns, counted as long as one check may: there may be
    hundreds of steps, each of which finds rows by other columns, and whoever reads the project may ask."""

    def __init__(self, backends: Backends) -> None:
        self._tables = backends.tables
        self._left = COUNTING_S

    def repeated(self, version: Version, key: tuple[str, ...]) -> int | None:
        """None where counting takes more than a query may, or did before in this check."""
        if self._left < 0:
            return None
        begun = time.monotonic()
        try:
            return self._tables.repeated(version, key)
        except (Unavailable, TooManyRequests):
            self._left = -1.0
            return None
        finally:
            self._left -= time.monotonic() - begun


def guarded(backends: Backends, actor: Actor, plan: Plan, found: dict[str, Any]) -> dict[str, Any]:
    """What `check` found, with what this actor may know of how the sources moved: `drift`, and warnings of it.

    A mapped column that is gone is a problem already, which then names its likely new name.
    """
    told: list[Told] = []
    counts = _Counts(backends)
    for pair in _pairs(backends, actor, plan):
        moved = list(_of(backends, plan, pair, counts))
        if moved:
            audit.note_admin(backends, actor, "read", backends.datasets.name, pair.source.dataset)
        told += moved
    problems = [_renamed(remark, told) for remark in found["problems"]]
    known = {remark["where"] for remark in problems}
    warnings = [{"where": one["where"], "message": one["message"]} for one in told if not _at_mapping(one) & known]
    shown = [{name: value for name, value in one.items() if name != "message"} for one in told]
    return {**found, "problems": problems, "warnings": [*found["warnings"], *warnings], "drift": shown}


def _pairs(backends: Backends, actor: Actor, plan: Plan) -> Iterator[_Pair]:
    target = backends.datasets.find(plan.project.target_id)
    built = backends.versions.numbered(target, target.version) if target else None
    # The first of a dataset: a step may read an earlier version of it, too.
    read = {one.dataset_id: one.version for one in reversed(built.sources)} if built else {}
    for source in plan.sources:
        n = read.get(source.dataset.id)
        if n is None or n == source.version.n:
            continue
        before = backends.versions.numbered(source.dataset, n)
        keys = {column.key for column in policy.readable_columns(actor, source.dataset)}
        if before is not None and keys:
            old, new = (
                tuple(column for column in version.columns if column.key in keys)
                for version in (before, source.version)
            )
            yield _Pair(source, before, source.version, old, new)


def _of(backends: Backends, plan: Plan, pair: _Pair, counts: _Counts) -> Iterator[Told]:
    entry, is_mapped = pair.source.entry, not pair.source.entry.recipe
    before, after = _seen(backends, pair.before, pair.old), _seen(backends, pair.after, pair.new)
    keys, renames = _keys(plan, pair), _renames(before, after)
    for moved in drift.of_table(pair.before.row_count, pair.after.row_count):
        yield _told(pair, moved, None)
    used = entry.reads | {key for dataset_id, key in followed(_steps(plan)) if dataset_id == entry.dataset_id}
    for one in (before[column.key] for column in pair.old if column.key in used):
        for moved in drift.of_column(one, after.get(one.key), is_key=(one.key,) in keys):
            rename = renames.get(one.key) if moved.kind == "column_gone" else None
            field = entry.mapping.get(one.key) if is_mapped else None
            yield _told(pair, moved, _proposed(pair, rename, field) if rename else None)
    for several in (key for key in keys if len(key) > 1 and before.keys() & after.keys() >= {*key}):
        repeated = [counts.repeated(version, several) for version in (pair.before, pair.after)]
        for moved in drift.of_key(several, *repeated):
            yield _told(pair, moved, None)


def _steps(plan: Plan) -> list[Step]:
    """The steps of the project's recipe, and of those that its sources have for themselves."""
    return [*plan.steps, *(step for source in plan.sources for step in source.steps)]


def _seen(backends: Backends, version: Version, columns: Sequence[Column]) -> dict[str, SeenColumn]:
    kept = backends.tables.kept_profile(version) or {}
    rows = version.row_count
    return {one.key: SeenColumn(one.key, one.title, one.type, rows, kept.get(one.key)) for one in columns}


def _keys(plan: Plan, pair: _Pair) -> list[tuple[str, ...]]:
    """The columns that tell the rows of a source apart, together: by its own key or the model's, and where steps find
    single rows of it."""
    dataset, entry = pair.source.dataset, pair.source.entry
    mapped = {field: column for column, field in entry.mapping.items()}
    is_mapped = bool(plan.key) and not entry.recipe and all(field in mapped for field in plan.key)
    own = dataset.key or (tuple(mapped[field] for field in plan.key) if is_mapped else ())
    return list(dict.fromkeys((*([own] if own else []), *matched(_steps(plan), dataset.id))))


def _renames(before: dict[str, SeenColumn], after: dict[str, SeenColumn]) -> dict[str, Rename]:
    """By columns that are gone, used or not, their likely new names."""
    gone = [_profile(one) for key, one in before.items() if key not in after]
    new = [_profile(one) for key, one in after.items() if key not in before]
    return {one.column: one for one in likely(gone, new)} if gone and new else {}


def _profile(column: SeenColumn) -> ColumnProfile:
    return ColumnProfile(column.key, column.title, column.type, None, tuple(column.top))


def _proposed(pair: _Pair, rename: Rename, field: str | None) -> Told:
    told = {"dataset_id": pair.source.dataset.id, "column": rename.into, "score": rename.score, "why": rename.why}
    return told | ({"field": field} if field else {})


def _told(pair: _Pair, moved: Drift, proposed: Told | None) -> Told:
    dataset_id = pair.source.dataset.id
    at = f"/sources/{dataset_id}" + (f"/columns/{moved.column}" if moved.column else "")
    sentence = f"{moved.message} (version {pair.before.n} was built, {pair.after.n} is current)"
    return {
        "where": at,
        "kind": moved.kind,
        "dataset_id": dataset_id,
        "column": moved.column,
        "columns": list(moved.columns),
        "versions": {"before": pair.before.n, "after": pair.after.n},
        "before": moved.before,
        "after": moved.after,
        "proposed": proposed,
        "message": f"{sentence}; {_likely(proposed)}" if proposed else sentence,
    }


def _likely(proposed: Told) -> str:
    return f"{proposed['column']!r} is likely its new name (score {proposed['score']}: {proposed['why']})"


def _at_mapping(one: Told) -> set[str]:
    """Where `check` tells that a mapped column is gone."""
    return {f"/sources/{one['dataset_id']}/mapping/{one['column']}"} if one["kind"] == "column_gone" else set()


def _renamed(remark: Remark, told: Sequence[Told]) -> Remark:
    proposed = next((one["proposed"] for one in told if remark["where"] in _at_mapping(one) and one["proposed"]), None)
    return {**remark, "message": f"{remark['message']}; {_likely(proposed)}"} if proposed else remark
