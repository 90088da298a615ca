"""Ids that stand as examples in the Swagger UI: of documents that everybody reads, so that they work when tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.actors import ANONYMOUS
from solidata_api.domain.projects import Project
from solidata_api.services import documents, projects, rows
from solidata_api.services.documents import ListQuery
from solidata_api.store.listing import ListedStore

_FIRST = ListQuery({}, sort="created_at", per_page=1)


@dataclass(frozen=True)
class Examples:
    """Path parameter → an id; what has no public document has no example. `source_id` and `mapping` are a project's."""

    ids: dict[str, str]
    source_id: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)


def public(backends: Backends) -> Examples:
    """Examples that anonymous may read now."""
    ids = {"licence_id": "other-closed", "tag_id": "territoires", "n": "1"}
    project: Project | None = _first(backends, backends.projects)
    stores = (("model_id", backends.models), ("field_id", backends.fields), ("recipe_id", backends.recipes))
    for name, store in stores:
        one = _first(backends, store)
        ids |= {name: one.id} if one else {}
    built = _first(backends, backends.datasets, kind="consolidated")
    if built is not None:
        ids |= {"dataset_id": built.slug, **_first_row(backends, built.id)}
    if project is None:
        return Examples(ids)
    ids["project_id"] = project.id
    (seen,) = projects.seen(backends, ANONYMOUS, [project])
    source = next((one for one in seen.sources if one.dataset_id is not None), None)
    return Examples(ids, source.dataset_id, source.mapping) if source else Examples(ids)


def _first(backends: Backends, store: ListedStore[Any], **equals: str) -> Any:
    query = ListQuery(equals, sort="created_at", per_page=1) if equals else _FIRST
    found = documents.list_(backends, store, ANONYMOUS, query)
    return found.items[0] if found.items else None


def _first_row(backends: Backends, dataset_id: str) -> dict[str, str]:
    reading = rows.row_reading(backends, ANONYMOUS, dataset_id, [("per_page", "1")])
    found = rows.read_rows(backends, reading).rows
    return {"row_id": str(found[0]["_id"]) if found else "", "column": reading.columns[0].key}
