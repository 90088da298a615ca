"""Re-reads: another type, format, option or key, and the kept files are read anew into the next version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset, Version, loads_of
from solidata_api.domain.errors import Conflict, Fault, Invalid
from solidata_api.domain.jobs import Job
from solidata_api.domain.options import laid_over, read_options
from solidata_api.services import new_versions, reloads
from solidata_api.services.new_versions import Base, Further
from solidata_api.services.reading import Report

#: What of a dataset's patch is about its reading, and what of a column's.
OF_READING, OF_COLUMNS = ("options", "key"), ("type", "format")


@dataclass(frozen=True)
class Reread:
    """What a patch asks of the reading: options laid over those of all files, and another key, or None: as it is."""

    options: dict[str, Any] = field(default_factory=dict)
    key: tuple[str, ...] | None = None

    @property
    def is_asked(self) -> bool:
        return bool(self.options) or self.key is not None


def parted(patch: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A patch without what it asks of the reading, and that."""
    infos = {name: value for name, value in patch.items() if name not in OF_READING}
    reading = {name: value for name, value in patch.items() if name in OF_READING}
    if patch.get("columns"):
        columns = patch["columns"]
        reading["columns"] = [{name: one[name] for name in ("key", *OF_COLUMNS) if name in one} for one in columns]
        infos["columns"] = [{name: value for name, value in one.items() if name not in OF_COLUMNS} for one in columns]
    return infos, reading


def asked(dataset: Dataset, reading: Mapping[str, Any], readable: set[str]) -> Reread:
    """What a patch asks of the reading of a dataset; raises Invalid, Conflict for a table that its project makes.

    `readable` are the keys of the columns that its sender reads.
    """
    options = dict(reading.get("options") or {})
    for name, by_column in (("types", "type"), ("formats", "format")):
        wanted = _of_columns(dataset, reading, by_column)
        if wanted:
            options[name] = {**(options.get(name) or {}), **wanted}
    key = _key(dataset, reading, readable)
    made = Reread(options, None if key == dataset.key else key)
    if made.is_asked and dataset.kind != "source":
        raise Conflict("This table is made by its project: its types and key are the model's.")
    reloads.refuse_several(options)
    read_options(laid_over({}, options))
    return made


def request(backends: Backends, actor: Actor, dataset: Dataset, wanted: Reread) -> Job:
    """Queue the reading; whoever calls has judged the actor already."""
    require_read(new_versions.current(backends, dataset))
    key = list(dataset.key if wanted.key is None else wanted.key)
    return new_versions.request(backends, actor, "reread", dataset, {"asked": wanted.options, "key": key})


def execute(backends: Backends, job: Job, report: Report) -> dict[str, Any]:
    """Read all files of the current version anew."""
    wanted = job.params["asked"]

    def make(actor: Actor, base: Base) -> dict[str, Any]:
        require_read(base[1])
        loads = [replace(one, options=laid_over(one.options, wanted)) for one in loads_of(base[1])]
        for one in loads:
            # Options that fit by themselves need not fit beside the earlier ones.
            read_options(one.options)
        return new_versions.read(backends, actor, job, base, Further(loads, tuple(job.params["key"]), wanted), report)

    return new_versions.perform(backends, job, "edit", make)


def require_read(version: Version) -> None:
    """Raise Conflict for a version that a recipe made: read anew, its file would lose what the recipe did."""
    if new_versions.ran(version):
        sentence = f"Version {version.n} was made by a recipe, whose steps say types and rows"
        raise Conflict(f"{sentence}: run another recipe, or reload or restore a version without one first.")


def _of_columns(dataset: Dataset, reading: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The columns that are to have another type or format; null: it is detected again."""
    held = {column.key: getattr(column, name) for column in dataset.live_columns}
    asked = {one["key"]: one[name] for one in reading.get("columns", []) if name in one}
    return {key: value for key, value in asked.items() if value is None or held.get(key, value) != value}


def _key(dataset: Dataset, reading: Mapping[str, Any], readable: set[str]) -> tuple[str, ...]:
    if "key" not in reading:
        return dataset.key
    live = {column.key for column in dataset.live_columns} & readable
    key = tuple(reading["key"] or ())
    faults = [Fault(f"/key/{n}", f"there is no column {one!r}") for n, one in enumerate(key) if one not in live]
    faults += [Fault("/key", "a column stands in it twice")] if len(set(key)) < len(key) else []
    if faults:
        raise Invalid("The key does not fit.", faults)
    return key
