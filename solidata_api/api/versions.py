"""`/datasets/<id>/versions` and what belongs to one version: its report and its original."""

from __future__ import annotations

from flask import Response
from flask_restx import Resource

from solidata_api.api.answers import attachment, json_answer, list_query, page_answer, version_asked
from solidata_api.api.context import backends
from solidata_api.api.datasets import VERSION, ns
from solidata_api.api.describe import PAGING, answers, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import datasets as shapes
from solidata_api.services import datasets
from solidata_api.store.mongo import Page


@ns.route("/<string:dataset_id>/versions")
class Versions(Resource):
    @answers(ns, "VersionPage", shapes.VERSION_PAGE, "its versions, the newest first")
    @parameters(ns, page=PAGING["page"], per_page=PAGING["per_page"])
    def get(self, dataset_id: str) -> Response:
        """List the versions of a dataset."""
        actor, query = current_actor(), list_query()
        seen, found = datasets.versions(backends(), actor, dataset_id)
        page = Page.cut(found, query)
        return page_answer(page, [shapes.version_view(actor, seen, version) for version in page.items])


@ns.route("/<string:dataset_id>/versions/<string:n>")
class OneVersion(Resource):
    @ns.doc(params={"n": {"description": "its number, from 1", "default": "1"}})
    @answers(ns, "Version", shapes.VERSION, "the version")
    def get(self, dataset_id: str, n: str) -> Response:
        """Read what a version is."""
        actor = current_actor()
        return json_answer(shapes.version_view(actor, *datasets.version(backends(), actor, dataset_id, n)))


@ns.route("/<string:dataset_id>/report")
class Report(Resource):
    @parameters(ns, version=VERSION)
    @answers(ns, "Report", shapes.REPORT, "the report")
    def get(self, dataset_id: str) -> Response:
        """Read what the import or build did, cut to what I may read."""
        return json_answer(datasets.report(backends(), current_actor(), dataset_id, version_asked()))


@ns.route("/<string:dataset_id>/original")
class Original(Resource):
    @parameters(ns, version=VERSION)
    @ns.doc(security="access", produces=["application/octet-stream"])
    @ns.response(200, "the very bytes that were uploaded")
    def get(self, dataset_id: str) -> Response:
        """Download the file as it was uploaded."""
        version, chunks = datasets.original(backends(), current_actor(), dataset_id, version_asked())
        kept = version.original
        name, size = (kept.filename, kept.bytes) if kept else ("", 0)
        headers = {
            "Content-Disposition": attachment(name),
            "Content-Length": str(size),
            "Cache-Control": "private, no-cache",
        }
        # Never the sender's media type: an uploaded page must not run in our origin.
        return Response(chunks, 200, headers, content_type="application/octet-stream")
