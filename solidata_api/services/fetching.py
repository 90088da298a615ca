"""Datasets from addresses: what is fetched in a worker becomes the original, and is read like an upload.

`fetched` does so for a first import, `refetch` for a dataset that has an address already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import IO, Any, cast

from solidata_api.backends import Backends
from solidata_api.domain import fetching as sources
from solidata_api.domain import policy, web_addresses
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset, Original
from solidata_api.domain.documents import new_id, now
from solidata_api.domain.errors import Cancelled, EmptyFile, Fault, FetchFailed, Invalid, TooLarge
from solidata_api.domain.fetching import Web
from solidata_api.domain.jobs import Job, Subject
from solidata_api.domain.options import read_options
from solidata_api.gateways.answered import Answer
from solidata_api.gateways.fetcher import Known
from solidata_api.gateways.paging import Pages
from solidata_api.services import documents, fetch_failures, schemas, sealing
from solidata_api.services.bodies import Body
from solidata_api.services.jobs import enqueue
from solidata_api.services.reading import Report

INFOS = ("title", "description", "licence", "tags", "open_level", "edit_level")
#: What counts as a fetch that failed.
FAILURES = (FetchFailed, TooLarge, EmptyFile)
Source = dict[str, Any]


@dataclass(frozen=True)
class Fetched:
    """What was fetched: the kept bytes, and the dataset's `source` from now on."""

    original: Original
    source: Source


def request_from_source(backends: Backends, actor: Actor, body: Body) -> Job:
    """Queue the import of an address, or an empty table; raises for what can be seen before anything is asked."""
    policy.require_confirmed(actor)
    asked = body()
    dataset_id, source = new_id(), asked["source"]
    infos = {name: asked[name] for name in INFOS if asked.get(name) is not None}
    documents.check_licence(backends, infos.get("licence"))
    documents.check_first_levels(actor, infos)
    _check_kind(asked)
    if source["type"] == "rows":
        stored, title = schemas.checked(backends, source["schema"]), schemas.title_of(source["schema"])
    else:
        stored = sealed(backends, dataset_id, sources.read(_with_path(asked)))
        title = web_addresses.name_of(stored["url"])
    options = {name: value for name, value in asked.get("options", {}).items() if name != "records_path"}
    params = {
        "dataset_id": dataset_id,
        "source": stored,
        "infos": {"title": title[:200], **infos},
        "options": asdict(read_options(options)),
    }
    return enqueue(backends, actor, "import", params, Subject("dataset", dataset_id))


def fetched(backends: Backends, job: Job, report: Report) -> Job:
    """An import with its original: of an address it is fetched now, unless an earlier attempt or job did."""
    source = job.params.get("source")
    if source is None or source["type"] != "url" or (job.upload is not None and backends.tables.has(job.upload)):
        return job
    try:
        found = fetch(backends, job.params["dataset_id"], source, report, known=False)
    except FAILURES:
        _keep(backends, job, source=fetch_failures.of_import(backends, job, source))
        raise
    assert found is not None, "nothing was known before"
    options = dict(job.params["options"])
    if options.get("records_path") is None:
        options |= _path_option(found.source)
    return _keep(backends, job, original=asdict(found.original), source=found.source, options=options)


def refetched(backends: Backends, job: Job, dataset: Dataset, report: Report) -> Job | None:
    """A reload with its original: of an address it is fetched now, unless a file came or an earlier attempt fetched it.

    None where the server has nothing new.
    """
    if job.upload is not None and backends.tables.has(job.upload):
        return job
    found = refetch(backends, dataset, report)
    if found is None:
        return None
    options = job.params["options"]
    if options.get("records_path") is None:
        options = {**options, **_path_option(found.source)}
    return _keep(backends, job, original=asdict(found.original), source=found.source, options=options)


def refetch(backends: Backends, dataset: Dataset, report: Report) -> Fetched | None:
    """A dataset's address fetched again, with the headers kept for it; None where the server has nothing new.

    Raises Invalid where the dataset has no address, and what fetching raises: its owners are told of the second failure
    in a row. The caller stores the `source` that comes back, or tells `fetch_failures.settled` that all went well.
    """
    source = dataset.source or {}
    if source.get("type") != "url":
        raise Invalid("This dataset comes from no address: send a file.", [Fault("file", "it is missing")])
    try:
        found = fetch(backends, dataset.id, source, report, known=True)
    except FAILURES:
        fetch_failures.of_dataset(backends, dataset.id)
        raise
    if found is None:
        fetch_failures.settled(backends, dataset.id)
    return found


def fetch(
    backends: Backends, dataset_id: str, source: Mapping[str, Any], report: Report, *, known: bool
) -> Fetched | None:
    """The bytes at a source's address, kept; None for 304 where `known` allows it. Raises FetchFailed, TooLarge."""
    headers = opened(backends, dataset_id, source)
    url, paging = source["url"], sources.paging_of(source)
    fetching = backends.fetcher.begin(url, headers, report)
    path = f"uploads/{new_id()}"
    if paging is not None:
        pages = Pages(fetching, url, paging, source.get("records_path"), backends.settings.fetch_max_pages)
        kept = backends.tables.keep(path, _stream(iter(pages)))
        name = f"{web_addresses.name_of(url).removesuffix('.json')}.json"
        about = {"filename": name, "media_type": "application/json", "pages": pages.told}
        return _fetched(backends, source, path, kept, about)
    before = Known(source.get("etag"), source.get("last_modified")) if known else None
    found = fetching.get(url, _keeper(backends, path), before)
    return None if found is None else _fetched(backends, source, path, *found)


def source_for(backends: Backends, params: Mapping[str, Any], dataset_id: str) -> Source | None:
    """The `source` of a dataset that an import makes, its secrets sealed for that one; None for an upload."""
    source = params.get("source")
    if source is None or not source.get("secrets") or params["dataset_id"] == dataset_id:
        return cast("Source | None", source)
    headers = opened(backends, params["dataset_id"], source)
    return {**source, "secrets": sealing.seal(backends, dataset_id, headers)}


def told(params: Mapping[str, Any]) -> dict[str, Any]:
    """What the import report says of the pages that were fetched."""
    pages = (params.get("source") or {}).get("pages")
    return {"fetched": pages} if pages else {}


def moved(backends: Backends, params: Mapping[str, Any], dataset_id: str) -> dict[str, Any]:
    """The parameters of an import that is to make another dataset: a retry."""
    source = source_for(backends, params, dataset_id)
    return {**params, "dataset_id": dataset_id, **({"source": source} if source else {})}


def _check_kind(asked: Mapping[str, Any]) -> None:
    source, kind = asked["source"], asked["source"]["type"]
    wanted = {"url": ("url",), "rows": ("schema",)}[kind]
    others = {"url": ("schema",), "rows": ("url", "records_path", "headers", "paging")}[kind]
    faults = [Fault(f"/source/{name}", "it is missing") for name in wanted if name not in source]
    faults += [Fault(f"/source/{name}", f"a source of type {kind} has none") for name in others if name in source]
    if kind == "rows" and asked.get("options"):
        faults.append(Fault("/options", "there is no file to read: the schema says all"))
    if faults:
        raise Invalid("The source does not fit.", faults)


def _with_path(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The source of a body; where records lie may also be said among the options, as for files."""
    source, option = dict(asked["source"]), asked.get("options", {}).get("records_path")
    if option is not None and source.setdefault("records_path", option) != option:
        raise Invalid("The source does not fit.", [Fault("/options/records_path", "the source says another one")])
    return source


def sealed(backends: Backends, dataset_id: str, web: Web) -> Source:
    """The source of a dataset, its headers encrypted for this one."""
    return sources.stored(web, sealing.seal(backends, dataset_id, dict(web.headers)) if web.headers else None)


def opened(backends: Backends, dataset_id: str, source: Mapping[str, Any]) -> dict[str, str]:
    """The headers that a dataset's source is asked with; raises FetchFailed where they can't be read any more."""
    if not source.get("secrets"):
        return {}
    try:
        headers: dict[str, str] = sealing.unseal(backends, dataset_id, source["secrets"])
    except sealing.CantOpen:
        raise FetchFailed(
            "The headers of this source can't be read any more, for SECRET_KEY has changed: make the dataset anew."
        ) from None
    return headers


def _keeper(backends: Backends, path: str) -> Callable[[Answer], tuple[tuple[int, str], dict[str, Any]]]:
    def keep(answer: Answer) -> tuple[tuple[int, str], dict[str, Any]]:
        kept = backends.tables.keep(path, _stream(answer.pieces()))
        about = {
            "filename": answer.filename,
            "media_type": answer.media_type,
            "etag": answer.headers.get("etag"),
            "last_modified": answer.headers.get("last-modified"),
        }
        return kept, about

    return keep


def _fetched(
    backends: Backends, source: Mapping[str, Any], path: str, kept: tuple[int, str], about: Mapping[str, Any]
) -> Fetched:
    size, sha256 = kept
    if size == 0:
        backends.tables.discard(path)
        told = "gave no records" if source.get("paging") else "gave an empty file: 0 bytes"
        raise EmptyFile(f"{web_addresses.host_of(source['url'])} {told}.")
    original = Original(path, about["filename"], size, sha256, about["media_type"])
    forgotten = ("etag", "last_modified", "pages", "failures", "told")
    rest = {name: value for name, value in source.items() if name not in forgotten}
    return Fetched(original, {**rest, **about, "bytes": size, "fetched_at": now()})


def _path_option(source: Source) -> dict[str, Any]:
    """Where the records lie in the original: of pages it is the list itself."""
    path = source.get("records_path")
    return {} if source.get("paging") or path is None else {"records_path": path}


def _keep(backends: Backends, job: Job, **params: Any) -> Job:
    """The job with these parameters, also for later attempts and retries."""
    changed = {**job.params, **params}
    if not backends.jobs.set_params(job.id, job.fence, changed):
        raise Cancelled("The job was cancelled, or taken up by another attempt.")
    return replace(job, params=changed)


class _Stream:
    """Pieces as a file that is being read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces

    def read(self, _size: int = -1) -> bytes:
        return next((piece for piece in self.pieces if piece), b"")


def _stream(pieces: Iterator[bytes]) -> IO[bytes]:
    return cast("IO[bytes]", _Stream(pieces))
