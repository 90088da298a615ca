"""`/licences` and `/tags`: vocabularies that everybody reads and staff keep."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response
from flask_restx import Namespace, Resource

from solidata_api.api.answers import API, document, list_query, nothing, page_answer
from solidata_api.api.context import backends
from solidata_api.api.describe import PAGING, answers, asks, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import vocabularies as shapes
from solidata_api.services import vocabularies
from solidata_api.services.bodies import Body


def vocabulary(noun: str, kind: str, description: str) -> Namespace:
    """The namespace of one vocabulary."""
    ns = Namespace(noun, description=description, path=f"/{noun}")
    shape, new, changed = shapes.SHAPES[noun]

    @ns.route("", endpoint=noun)
    class Entries(Resource):
        @parameters(ns, **{name: PAGING[name] for name in ("page", "per_page", "q")})
        @answers(ns, f"{kind}Page", shapes.page_of(shape), "a page, by title")
        def get(self) -> Response:
            """List the entries."""
            page = vocabularies.list_(backends(), noun, list_query())
            return page_answer(page, [_view(entry) for entry in page.items])

        @ns.doc(security="access")
        @asks(ns, f"{kind}New", new)
        @answers(ns, kind, shape, "made", code=201, others={409: "there is one of this id"})
        def post(self, body: Body) -> Response:
            """Add an entry (staff)."""
            entry = vocabularies.create(backends(), current_actor(), noun, body)
            return document(_view(entry), entry.rev, created_at=f"{API}/{noun}/{entry.id}")

    @ns.route(f"/<string:{kind.lower()}_id>", endpoint=f"one_{noun}")
    class Entry(Resource):
        @answers(ns, kind, shape, "the entry")
        def get(self, **path: str) -> Response:
            """Read an entry."""
            entry = vocabularies.get(backends(), noun, path[f"{kind.lower()}_id"])
            return document(_view(entry), entry.rev)

        @ns.doc(security="access")
        @asks(ns, f"{kind}Patch", changed)
        @answers(ns, kind, shape, "changed")
        def patch(self, body: Body, **path: str) -> Response:
            """Change an entry (staff)."""
            entry = vocabularies.update(backends(), current_actor(), noun, path[f"{kind.lower()}_id"], body)
            return document(_view(entry), entry.rev)

        @ns.doc(security="access")
        @ns.response(204, "deleted")
        def delete(self, **path: str) -> Response:
            """Delete an entry (staff)."""
            vocabularies.delete(backends(), current_actor(), noun, path[f"{kind.lower()}_id"])
            return nothing()

    # Swagger's operation ids are made of the classes' names.
    Entries.__name__, Entry.__name__ = f"{kind}s", f"One{kind}"
    return ns


def _view(entry: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(entry).items() if name != "rev"}


licences = vocabulary("licences", "Licence", "Licences that data may be shared under")
tags = vocabulary("tags", "Tag", "Words to find documents by")
