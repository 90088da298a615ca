"""Descriptions of datasets for machines: each judged as a read of the dataset, and cut to what its reader may know."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import orjson

from solidata_api.backends import Backends
from solidata_api.domain import atom, data_package, dcat, openapi, policy, schema_org
from solidata_api.domain.actors import Actor
from solidata_api.domain.catalogue import Search
from solidata_api.domain.datasets import Dataset, Version
from solidata_api.domain.descriptors import FILE_TYPES, Described, url_of
from solidata_api.domain.models import bind
from solidata_api.services import catalogue, datasets, versions
from solidata_api.services.datasets import SeenDataset
from solidata_api.store.mongo import Page, Paging

API = "/api/v1"
#: Steps that change no cell: behind them a rule still holds.
_HARMLESS = ("sort", "filter", "rename")


def describe_openapi(backends: Backends, actor: Actor, dataset_id: str, files: Iterable[str]) -> dict[str, Any]:
    """OpenAPI 3.1 of the columns that the actor may read."""
    return openapi.describe(_current(backends, actor, dataset_id, files))


def describe_schema_org(backends: Backends, actor: Actor, dataset_id: str, files: Iterable[str]) -> dict[str, Any]:
    """schema.org's Dataset."""
    return schema_org.dataset(_current(backends, actor, dataset_id, files))


def describe_dcat(backends: Backends, actor: Actor, dataset_id: str, files: Iterable[str]) -> dict[str, Any]:
    """DCAT-AP 3 of one dataset, as JSON-LD."""
    return dcat.document(dcat.dataset(_current(backends, actor, dataset_id, files)))


def describe_catalogue(
    backends: Backends, actor: Actor, asked: Search, paging: Paging, files: Iterable[str], address: Callable[[int], str]
) -> tuple[dict[str, Any], Page[Dataset]]:
    """DCAT-AP 3 of one page of the catalogue, as JSON-LD; `address` gives that of a page by its number."""
    page = catalogue.listed(backends, actor, asked, paging)
    offered = tuple(files)
    described = [_described(backends, datasets.seen_by(backends, actor, one), offered) for one in page.items]
    last = max(1, -(-page.total // page.per_page))
    numbers = {"first": 1, "previous": page.page - 1, "next": page.page + 1, "last": last}
    told = dcat.CataloguePage(
        f"{_api(backends)}/catalog",
        backends.settings.service_url,
        address(page.page),
        {name: address(n) for name, n in numbers.items() if 1 <= n <= last},
        page.total,
    )
    return dcat.catalogue(told, described), page


def schema(backends: Backends, actor: Actor, dataset_id: str, n: str | None) -> dict[str, Any]:
    """The Table Schema of the readable columns."""
    return data_package.schema(_of_version(backends, actor, dataset_id, n)[0])


def dictionary(backends: Backends, actor: Actor, dataset_id: str, n: str | None) -> tuple[str, bytes]:
    """The readable columns as CSV, and a file name for it."""
    described, _ = _of_version(backends, actor, dataset_id, n)
    return f"{described.dataset.slug}.schema.csv", data_package.dictionary(described)


def package(backends: Backends, actor: Actor, dataset_id: str, n: str | None) -> dict[str, Any]:
    """The Data Package descriptor of a version."""
    return data_package.package(*_of_version(backends, actor, dataset_id, n))


def changes(backends: Backends, actor: Actor, dataset_id: str) -> bytes:
    """The newest versions as an Atom feed."""
    seen, listed = versions.list_(backends, actor, dataset_id)
    described = replace(_described(backends, seen, ()), columns=seen.readable)
    return atom.feed(described, listed[: atom.ENTRIES + 1])


def licence_url(backends: Backends, dataset: Dataset) -> str | None:
    """The address of a dataset's licence, where it has one that can stand in a header."""
    address = url_of(backends.licences.known(dataset.licence))
    return address if address and address.isascii() else None


def json_ld(document: dict[str, Any]) -> bytes:
    """A JSON-LD document as bytes."""
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


@lru_cache(maxsize=8)
def turtle(document: bytes) -> bytes:
    """A JSON-LD document as Turtle (https://www.w3.org/TR/turtle/); a page of 100 datasets takes a second to write, so
    the last few are remembered: harvesters come again, and to each process."""
    from rdflib import Graph

    return Graph().parse(data=document, format="json-ld").serialize(format="turtle", encoding="utf-8")


def _current(backends: Backends, actor: Actor, dataset_id: str, files: Iterable[str]) -> Described:
    return _described(backends, datasets.get(backends, actor, dataset_id), tuple(files))


def _of_version(backends: Backends, actor: Actor, dataset_id: str, n: str | None) -> tuple[Described, Version]:
    seen, version = datasets.version(backends, actor, dataset_id, n)
    return replace(
        _described(backends, seen, ("csv",)), constraints=_constraints(backends, actor, seen, version)
    ), version


def _described(backends: Backends, seen: SeenDataset, files: tuple[str, ...]) -> Described:
    return Described(
        seen.dataset,
        seen.columns,
        backends.licences.known(seen.dataset.licence),
        _api(backends),
        tuple(one for one in FILE_TYPES if one.name in files),
        reads_all=seen.reads_all,
    )


def _api(backends: Backends) -> str:
    return backends.settings.service_url + API


def _constraints(backends: Backends, actor: Actor, seen: SeenDataset, version: Version) -> dict[str, dict[str, Any]]:
    """The constraints of a model that a build held every row against, for those who may read the model.

    Only of the current version while nothing has moved on: the model may say something else since.
    """
    project = backends.projects.find(seen.dataset.project_id) if seen.dataset.project_id else None
    if project is None or project.model_id is None or seen.stale or version.n != seen.dataset.version:
        return {}
    model = backends.models.find(project.model_id)
    if model is None or not _held_against_model(version) or not policy.can(actor, "read", model):
        return {}
    fields = backends.fields.get_many(entry.field_id for entry in model.fields)
    if any(one.updated_at > version.created_at for one in (model, *fields)):
        return {}
    bound = bind(model, fields)
    told = {one.name: {**one.constraints, **({"required": True} if one.required else {})} for one in bound}
    return {column.key: told[column.key] for column in seen.columns if told.get(column.key)}


def _held_against_model(version: Version) -> bool:
    """Whether the last step that touched cells refused the rows that keep not to the model's constraints."""
    steps = [step for step in version.steps if step.get("op") not in _HARMLESS and not step.get("off")]
    rules = steps[-1].get("rules", ()) if steps and steps[-1].get("op") == "validate" else ()
    return any(rule.get("model") and rule.get("on_failure", "reject") in ("reject", "stop") for rule in rules)
