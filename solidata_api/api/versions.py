"""`/datasets/<id>/versions`: made by reloads, restored, compared, deleted; their reports and originals."""

from __future__ import annotations

from flask import Response
from flask_restx import Resource

from solidata_api.api.answers import (
    attachment,
    json_answer,
    list_query,
    nothing,
    page_answer,
    version_asked,
)  # fmt: skip
from solidata_api.api.context import backends
from solidata_api.api.datasets import VERSION, ns
from solidata_api.api.describe import PAGING, answers, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.job_answers import answers_job, job_answer
from solidata_api.api.schemas import datasets as dataset_shapes
from solidata_api.api.schemas import versions as shapes
from solidata_api.api.uploads import receive_reload
from solidata_api.domain.datasets import LOAD_MODES
from solidata_api.services import datasets, reloads, versions
from solidata_api.store.mongo import Page

_N = {"n": {"description": "its number, from 1", "default": "1"}}


@ns.route("/<string:dataset_id>/versions")
class Versions(Resource):
    @answers(ns, "VersionPage", shapes.VERSION_PAGE, "its versions, the newest first")
    @parameters(ns, page=PAGING["page"], per_page=PAGING["per_page"])
    def get(self, dataset_id: str) -> Response:
        """List the versions of a dataset."""
        actor, query = current_actor(), list_query()
        seen, found = versions.list_(backends(), actor, dataset_id)
        page = Page.cut(found, query)
        return page_answer(page, [shapes.version_view(actor, seen, one) for one in page.items])


@ns.route("/<string:dataset_id>/versions/<string:n>")
class OneVersion(Resource):
    @ns.doc(params=_N)
    @answers(ns, "Version", shapes.VERSION, "the version")
    def get(self, dataset_id: str, n: str) -> Response:
        """Read what a version is."""
        actor = current_actor()
        return json_answer(shapes.version_view(actor, *datasets.version(backends(), actor, dataset_id, n)))

    @ns.doc(security="access", params=_N)
    @ns.response(204, "deleted")
    @ns.response(409, "it is the current one")
    def delete(self, dataset_id: str, n: str) -> Response:
        """Delete an old version for good, with its rows and the file that only it was read from."""
        versions.delete(backends(), current_actor(), dataset_id, n)
        return nothing()


@ns.route("/<string:dataset_id>/versions/<string:n>/restore")
class Restore(Resource):
    @ns.doc(security="access", params=_N)
    @answers_job(ns, others={409: "it is the current one"})
    def post(self, dataset_id: str, n: str) -> Response:
        """Make a new version with the content of an earlier one."""
        return job_answer(versions.request_restore(backends(), current_actor(), dataset_id, n))


@ns.route("/<string:dataset_id>/reload")
class Reload(Resource):
    @ns.doc(security="access", consumes=["multipart/form-data"])
    @ns.doc(
        params={
            "file": {
                "in": "formData",
                "type": "file",
                "description": "its rows; none: the dataset's address is asked again",
            },
            "load_mode": {
                "in": "formData",
                "type": "string",
                "enum": list(LOAD_MODES),
                "default": "replace",
                "description": "in place of the rows that are there, behind them, or by key",
            },
            "options": {
                "in": "formData",
                "type": "string",
                "description": "JSON text, laid over those of the last file; null: detect again (docs/formats.md)",
            },
            "note": {"in": "formData", "type": "string", "description": "of the version, for its readers"},
        }
    )
    @answers_job(ns, others={409: "its project makes this table", 413: "larger than MAX_UPLOAD_MB"})
    def post(self, dataset_id: str) -> Response:
        """Load a file, or what the address gives now, into a new version; unchanged bytes make none."""
        return job_answer(reloads.request_reload(backends(), current_actor(), dataset_id, receive_reload))


@ns.route("/<string:dataset_id>/diff")
class Diff(Resource):
    @parameters(
        ns,
        **{
            "from": {"description": "the earlier version; default: the one before `to`", "type": "integer"},
            "to": {"description": "the later version; default: the current one", "type": "integer"},
            "page": PAGING["page"],
            "per_page": PAGING["per_page"],
        },
    )
    @answers(ns, "Diff", shapes.DIFF, "how they differ", others={409: "there is nothing before"})
    def get(self, dataset_id: str) -> Response:
        """Compare two versions: columns, counts, and the rows that differ, by key where there is one."""
        query = list_query("from", "to")
        numbers = (query.equals.get("from"), query.equals.get("to"))
        return json_answer(
            shapes.diff_view(versions.compare(backends(), current_actor(), dataset_id, numbers, query), query)
        )


@ns.route("/<string:dataset_id>/report")
class Report(Resource):
    @parameters(ns, version=VERSION)
    @answers(ns, "Report", dataset_shapes.REPORT, "the report")
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
