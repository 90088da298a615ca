"""`/fields`: reusable column definitions."""

from __future__ import annotations

from flask import Response
from flask_restx import Namespace, Resource

from solidata_api.api.answers import API, document, list_query, nothing, page_answer, seen_revisions
from solidata_api.api.context import backends
from solidata_api.api.describe import PAGING, answers, asks, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import models as shapes
from solidata_api.api.teams import names_for
from solidata_api.domain.models import Field
from solidata_api.services import fields
from solidata_api.services.bodies import Body

ns = Namespace("fields", description="Reusable column definitions", path="/fields")


@ns.route("")
class Fields(Resource):
    @parameters(ns, **PAGING, open_level="only of this level")
    @answers(ns, "FieldPage", shapes.FIELD_PAGE, "a page of fields")
    def get(self) -> Response:
        """List the fields that I may read."""
        actor = current_actor()
        page = fields.list_(backends(), actor, list_query("open_level"))
        names = names_for(actor, page.items)
        return page_answer(page, [shapes.field_view(actor, field, names) for field in page.items])

    @ns.doc(security="access")
    @asks(ns, "FieldNew", shapes.FIELD_NEW)
    @answers(ns, "Field", shapes.FIELD, "made", code=201)
    def post(self, body: Body) -> Response:
        """Make a field."""
        made = fields.create(backends(), current_actor(), body)
        return _shown(made, created_at=f"{API}/fields/{made.id}")


@ns.route("/<string:field_id>")
class OneField(Resource):
    @answers(ns, "Field", shapes.FIELD, "the field")
    def get(self, field_id: str) -> Response:
        """Read a field."""
        return _shown(fields.get(backends(), current_actor(), field_id))

    @ns.doc(security="access")
    @asks(ns, "FieldPatch", shapes.FIELD_PATCH, patch=True)
    @answers(ns, "Field", shapes.FIELD, "changed")
    def patch(self, field_id: str, body: Body) -> Response:
        """Change a field (JSON merge patch)."""
        return _shown(fields.update(backends(), current_actor(), field_id, body, seen_revisions()))

    @ns.doc(security="access")
    @ns.response(204, "deleted")
    def delete(self, field_id: str) -> Response:
        """Delete a field that no model uses."""
        fields.delete(backends(), current_actor(), field_id)
        return nothing()


def _shown(field: Field, created_at: str | None = None) -> Response:
    actor = current_actor()
    return document(shapes.field_view(actor, field, names_for(actor, [field])), field.rev, created_at=created_at)
