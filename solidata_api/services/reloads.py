"""Reloads: a file, or what lies at a dataset's address now, becomes its next version (DESIGN 4, `load_mode`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import IO, Any

from solidata_api.backends import Backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import LOAD_MODES, Dataset, Load, Original, Version, loads_of
from solidata_api.domain.errors import Conflict, Fault, Invalid
from solidata_api.domain.jobs import Job
from solidata_api.domain.options import laid_over, read_options, said
from solidata_api.services import documents, fetching, new_versions, uploads
from solidata_api.services.new_versions import Base, Further
from solidata_api.services.reading import Report


@dataclass(frozen=True)
class Reloading:
    """What came through the door: a file, or None to ask the dataset's address again, and the fields beside it."""

    stream: IO[bytes] | None
    filename: str = ""
    media_type: str = ""
    options: Mapping[str, Any] | None = None
    load_mode: str = "replace"
    note: str = ""


def request_reload(backends: Backends, actor: Actor, dataset_id: str, receive: Callable[[], Reloading]) -> Job:
    """Keep the file, if one came, and queue its reading into the next version.

    Raises NotFound, Forbidden, Conflict for a table that its project makes, Invalid, EmptyFile.
    """
    dataset = documents.readable(backends, backends.datasets, actor, dataset_id, "contribute")
    require_source(dataset, "loaded")
    asked = receive()
    before = new_versions.current(backends, dataset)
    _check(backends, dataset, before, asked)
    options = dict(asked.options or {})
    params: dict[str, Any] = {"mode": asked.load_mode, "note": asked.note, "asked": options}
    params["options"] = asdict(read_options(laid_over(_earlier(before), options)))
    if asked.stream is not None:
        params["original"] = asdict(uploads.keep(backends, asked.stream, asked.filename, asked.media_type))
    return new_versions.request(backends, actor, "reload", dataset, params)


def again(backends: Backends, actor: Actor, failed: Job, options: Mapping[str, Any]) -> Job:
    """Queue a reload that failed once more, with options laid over its own, onto the version of now."""
    dataset = documents.readable(backends, backends.datasets, actor, failed.params["dataset_id"], "contribute")
    refuse_several(options)
    params: dict[str, Any] = {
        name: failed.params[name] for name in ("original", "source", "mode", "note") if name in failed.params
    }
    params["asked"] = laid_over(failed.params["asked"], options)
    params["options"] = asdict(read_options(laid_over(failed.params["options"], options)))
    return new_versions.request(backends, actor, "reload", dataset, params)


def execute(backends: Backends, job: Job, report: Report) -> dict[str, Any]:
    """Read the file, or what the address gives, and publish it; what is unchanged makes no version."""

    def make(actor: Actor, base: Base) -> dict[str, Any]:
        fetched = fetching.refetched(backends, job, base[0], report)
        return _unchanged(base[0]) if fetched is None else _load(backends, actor, fetched, base, report)

    return new_versions.perform(backends, job, "contribute", make)


def require_source(dataset: Dataset, what: str) -> None:
    """Raise Conflict for a table that a project makes."""
    if dataset.kind != "source":
        raise Conflict(f"This table is made of others and can't be {what}: build its project, or run the recipe anew.")


def _load(backends: Backends, actor: Actor, job: Job, base: Base, report: Report) -> dict[str, Any]:
    dataset, before = base
    mode = job.params["mode"]
    load = Load(Original(**job.params["original"]), said(job.params["options"]), mode)
    earlier = loads_of(before)
    is_run = new_versions.ran(before) is not None
    # A file that came once more is to be read without the recipe; an address with nothing new is left alone.
    if _is_same(load, earlier[-1:]) and not (is_run and not job.params.get("source")):
        # The file goes with the next sweep: this job may still be tried again.
        _settle(backends, dataset, job)
        return _unchanged(dataset)
    loads = (load,) if mode == "replace" else (*earlier, load)
    source = _source(dataset, job, load.original)
    told = {**fetching.told(job.params), **({"run_left": before.n} if is_run else {})}
    further = Further(loads, dataset.key, job.params["asked"], source, job.params["note"], told)
    return new_versions.read(backends, actor, job, base, further, report)


def _settle(backends: Backends, dataset: Dataset, job: Job) -> None:
    """Keep what the server says of bytes that are the same, so that it can say 304 the next time."""
    if job.params.get("source"):
        backends.datasets.set_quietly(dataset.id, dataset.rev, source=dict(job.params["source"]))


def _check(backends: Backends, dataset: Dataset, before: Version, asked: Reloading) -> None:
    faults: list[Fault] = []
    if asked.load_mode not in LOAD_MODES:
        faults.append(Fault("/load_mode", f"it is one of {', '.join(LOAD_MODES)}, not {asked.load_mode[:40]!r}"))
    if asked.load_mode == "upsert" and not dataset.key:
        faults.append(Fault("/load_mode", 'rows are changed by key, and this dataset has none: PATCH {"key": […]} it'))
    if asked.load_mode != "replace" and new_versions.ran(before):
        sentence = f"rows of version {before.n} were made by a recipe: send the table whole, to replace"
        faults.append(Fault("/load_mode", sentence))
    if asked.load_mode != "replace" and len(loads_of(before)) >= backends.settings.max_loads:
        most = backends.settings.max_loads
        faults.append(
            Fault("/load_mode", f"the table is of {most} files already (MAX_LOADS): send it whole, to replace")
        )
    if asked.stream is None and (dataset.source or {}).get("type") != "url":
        faults.append(Fault("file", "it is missing, and this dataset comes from no address"))
    _refuse([*faults, *_option_faults(asked.options or {})])


def refuse_several(options: Mapping[str, Any]) -> None:
    """Raise Invalid for options that make a draft, or several tables: a version is of one, and published."""
    _refuse(_option_faults(options))


def _option_faults(options: Mapping[str, Any]) -> list[Fault]:
    told = {"draft": "a new version is published", "sheets": "a version is of one table: name its `sheet`"}
    faults = [Fault(f"/options/{name}", sentence) for name, sentence in told.items() if options.get(name)]
    if options.get("entry") == "*":
        faults.append(Fault("/options/entry", "a version is of one table: name one file"))
    return faults


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise Invalid("The new version does not fit.", faults)


def _earlier(before: Version) -> dict[str, Any]:
    """How the last file was read: the next one is read so too, unless it says otherwise."""
    loads = loads_of(before)
    return dict(loads[-1].options) if loads else {}


def _is_same(load: Load, last: tuple[Load, ...]) -> bool:
    return any(
        (load.original.sha256, load.options, load.mode) == (one.original.sha256, one.options, one.mode) for one in last
    )


def _unchanged(dataset: Dataset) -> dict[str, Any]:
    return {"dataset_id": dataset.id, "version": dataset.version, "unchanged": True}


def _source(dataset: Dataset, job: Job, original: Original) -> dict[str, Any] | None:
    """Where the dataset comes from, from now on. One with an address keeps it, also when a file came."""
    if job.params.get("source"):
        return dict(job.params["source"])
    source = dataset.source or {}
    if source.get("type") == "rows":
        return None
    about = {"filename": original.filename, "bytes": original.bytes, "media_type": original.media_type}
    if source.get("type") == "url":
        # What the server said of its own bytes holds no more.
        return {**{name: value for name, value in source.items() if name not in ("etag", "last_modified")}, **about}
    return {"type": "file", **about}
