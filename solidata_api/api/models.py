"""`/models`: ordered lists of fields, Table Schema in and out."""

from __future__ import annotations

from flask import Response
from flask_restx import Namespace, Resource

from solidata_api.api.answers import API, document, json_answer, list_query, nothing, page_answer, seen_revisions
from solidata_api.api.context import backends
from solidata_api.api.describe import PAGING, answers, asks, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import models as shapes
from solidata_api.api.teams import names_for
from solidata_api.services import models
from solidata_api.services.bodies import Body
from solidata_api.services.models import ShownModel

ns = Namespace("models", description="Ordered lists of fields", path="/models")


@ns.route("")
class Models(Resource):
    @parameters(ns, **PAGING, open_level="only of this level")
    @answers(ns, "ModelPage", shapes.MODEL_PAGE, "a page of models")
    def get(self) -> Response:
        """List the models that I may read."""
        actor = current_actor()
        page, shown = models.list_(backends(), actor, list_query("open_level"))
        names = names_for(actor, page.items)
        return page_answer(page, [shapes.model_view(actor, one, names) for one in shown])

    @ns.doc(security="access")
    @asks(ns, "ModelNew", shapes.MODEL_NEW)
    @answers(ns, "Model", shapes.MODEL, "made", code=201)
    def post(self, body: Body) -> Response:
        """Make a model of fields."""
        return _made(models.create(backends(), current_actor(), body))


@ns.route("/from-dataset/<string:dataset_id>")
class FromDataset(Resource):
    @ns.doc(security="access")
    @answers(ns, "Model", shapes.MODEL, "made, with a field for each column", code=201)
    def post(self, dataset_id: str) -> Response:
        """Propose a model from a dataset: it and its fields are yours, to change or delete."""
        return _made(models.propose(backends(), current_actor(), dataset_id))


@ns.route("/<string:model_id>")
class OneModel(Resource):
    @answers(ns, "Model", shapes.MODEL, "the model")
    def get(self, model_id: str) -> Response:
        """Read a model with its fields."""
        return _shown(models.get(backends(), current_actor(), model_id))

    @ns.doc(security="access")
    @asks(ns, "ModelPatch", shapes.MODEL_PATCH, patch=True)
    @answers(ns, "Model", shapes.MODEL, "changed")
    def patch(self, model_id: str, body: Body) -> Response:
        """Change a model (JSON merge patch)."""
        return _shown(models.update(backends(), current_actor(), model_id, body, seen_revisions()))

    @ns.doc(security="access")
    @ns.response(204, "deleted")
    def delete(self, model_id: str) -> Response:
        """Delete a model that no project uses."""
        models.delete(backends(), current_actor(), model_id)
        return nothing()


@ns.route("/<string:model_id>/table-schema")
class TableSchema(Resource):
    @answers(ns, "TableSchema", shapes.TABLE_SCHEMA, "a Frictionless Table Schema")
    def get(self, model_id: str) -> Response:
        """Read a model as a Table Schema."""
        return json_answer(models.to_table_schema(backends(), current_actor(), model_id))

    @ns.doc(security="access")
    @asks(ns, "TableSchema", shapes.TABLE_SCHEMA)
    @answers(ns, "Model", shapes.MODEL, "changed")
    def put(self, model_id: str, body: Body) -> Response:
        """Give a model the fields of a Table Schema."""
        return _shown(models.from_table_schema(backends(), current_actor(), model_id, body, seen_revisions()))


def _made(shown: ShownModel) -> Response:
    return _shown(shown, created_at=f"{API}/models/{shown.model.id}")


def _shown(shown: ShownModel, created_at: str | None = None) -> Response:
    actor = current_actor()
    return document(
        shapes.model_view(actor, shown, names_for(actor, [shown.model])), shown.model.rev, created_at=created_at
    )
