"""`/datasets`: tables imported, described, shared."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from flask_restx import Namespace, Resource

from solidata_api.api.answers import (
    document,
    flag,
    json_answer,
    json_bytes,
    list_query,
    nothing,
    only_parameters,
    page_answer,
    seen_revisions,
    tagged_json,
    version_asked,
)  # fmt: skip
from solidata_api.api.caching import Made, answered
from solidata_api.api.context import backends
from solidata_api.api.describe import PAGING, answers, asks, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.job_answers import answers_job, job_answer
from solidata_api.api.schemas import datasets as shapes
from solidata_api.api.schemas import jobs as job_shapes
from solidata_api.api.teams import names_for
from solidata_api.api.uploads import receive
from solidata_api.domain.documents import OPEN_LEVELS
from solidata_api.domain.jobs import Job
from solidata_api.domain.options import KNOWN
from solidata_api.domain.queries import OPERATORS
from solidata_api.services import datasets, descriptors, imports, rows, trash, why
from solidata_api.services.bodies import Body
from solidata_api.services.datasets import SeenDataset
from solidata_api.services.rows import Arguments, Reading

ns = Namespace("datasets", description="Tables", path="/datasets")
VERSION = {"description": "of this version instead of the current one", "type": "integer"}
FILTERS = (
    "Filters are `<column>__<op>=<value>`, or `<column>=<value>` for exact; the operators are "
    + ", ".join(operator.name for operator in OPERATORS)
    + ". The same column and operator repeated: any of them (negative ones: none of them); different ones: all of them."
)
#: What chooses rows besides filters, wherever they are read, counted or exported.
CHOICE: dict[str, Any] = {
    "or": "one of these holds: `(a__exact.1,and(b__less.2,c__isnull))`; values with commas or parentheses in quotes",
    "bbox": "`west,south,east,north` in degrees: where the row lies, by latitude and longitude, geopoint or geojson",
    "near": "`lat,lon,metres`: within that distance",
}
WORDS = 'words that a row must hold, each in any text column; `begin*`; `"a phrase"` (docs/search.md)'
SHUFFLE = "a seed, any text: in an order by chance, the same on every page"
ROW_OPTIONS: dict[str, Any] = {
    "page": PAGING["page"],
    "per_page": {"description": "at most 1000", "type": "integer", "default": 20},
    "cursor": "`next` of the page before: goes on behind it, at any depth",
    "sort": "`a,-b`: by a, then by b descending",
    "shuffle": SHUFFLE,
    "fields": "`a,b`: only these columns",
    "q": WORDS,
    "highlight": {"description": "with `q`: also where the words stand", "type": "boolean", "default": False},
    **CHOICE,
    "total": {"description": "none: without counting", "enum": ["exact", "none"]},
    "orient": {"description": "records, or tabular: {headers, values}", "enum": ["records", "tabular"]},
}


@ns.route("")
class Datasets(Resource):
    @parameters(
        ns,
        **PAGING,
        kind="source or consolidated",
        open_level="only of this level",
        project_id="made by it",
        licence="under it",
        deleted="true: those in the trash that I can take back, with `deleted_at` and `gone_at`",
    )
    @answers(ns, "DatasetPage", shapes.DATASET_PAGE, "a page of datasets")
    def get(self) -> Response:
        """List the datasets that I may read."""
        actor = current_actor()
        query = list_query("kind", "open_level", "project_id", "licence", flags=("deleted",))
        page, seen = (datasets.trashed if flag("deleted") else datasets.list_)(backends(), actor, query)
        names = names_for(actor, page.items)
        return page_answer(page, [shapes.dataset_view(actor, one, names) for one in seen])

    @ns.doc(security="access", consumes=["multipart/form-data"])
    @ns.doc(
        params={
            "file": {
                "in": "formData",
                "type": "file",
                "required": True,
                "description": "CSV and its kin, workbooks, JSON, Parquet, XML …, also zipped; by content",
            },
            "title": {"in": "formData", "type": "string", "description": "default: the file's name"},
            "description": {"in": "formData", "type": "string"},
            "licence": {"in": "formData", "type": "string", "description": "GET /licences lists them"},
            "tags": {"in": "formData", "type": "array", "items": {"type": "string"}, "collectionFormat": "multi"},
            "open_level": {"in": "formData", "type": "string", "enum": list(OPEN_LEVELS)},
            "edit_level": {"in": "formData", "type": "string", "enum": list(OPEN_LEVELS)},
            "options": {
                "in": "formData",
                "type": "string",
                "description": f"JSON text; what is absent is detected: {', '.join(KNOWN)} (docs/formats.md)",
            },
        }
    )
    @answers_job(ns, others={413: "larger than MAX_UPLOAD_MB"})
    def post(self) -> Response:
        """Import a file as a new dataset."""
        return job_answer(imports.request_import(backends(), current_actor(), receive))


@ns.route("/<string:dataset_id>")
class OneDataset(Resource):
    @answers(ns, "Dataset", shapes.DATASET, "the dataset")
    def get(self, dataset_id: str) -> Response:
        """Read what a dataset is, by id or slug."""
        return _shown(datasets.get(backends(), current_actor(), dataset_id))

    @ns.doc(security="access")
    @asks(ns, "DatasetPatch", shapes.DATASET_PATCH, patch=True)
    @answers(ns, "Dataset", shapes.DATASET, "changed")
    @ns.response(202, "its files are read again into a new version", ns.schema_model("Job", job_shapes.JOB))
    def patch(self, dataset_id: str, body: Body) -> Response:
        """Change infos, levels and columns (JSON merge patch; `columns` merged by key).

        A type, a format, `options` or `key` is a job: the kept files are read again into a new version.
        """
        changed = datasets.update(backends(), current_actor(), dataset_id, body, seen_revisions())
        return job_answer(changed) if isinstance(changed, Job) else _shown(changed)

    @ns.doc(security="access")
    @parameters(ns, forever={"description": "not into the trash, or out of it for good", "type": "boolean"})
    @ns.response(204, "deleted")
    def delete(self, dataset_id: str) -> Response:
        """Delete a dataset with all its versions; its owners can take it back for TRASH_DAYS."""
        only_parameters("forever")
        trash.delete(backends(), current_actor(), dataset_id, forever=flag("forever"))
        return nothing()


@ns.route("/<string:dataset_id>/undelete")
class Undelete(Resource):
    @ns.doc(security="access")
    @answers(ns, "Dataset", shapes.DATASET, "as it was", others={409: "it is not deleted"})
    def post(self, dataset_id: str) -> Response:
        """Take a deleted dataset back."""
        return _shown(datasets.undelete(backends(), current_actor(), dataset_id))


@ns.route("/<string:dataset_id>/rows")
class Rows(Resource):
    @ns.doc(description=FILTERS)
    @parameters(ns, **ROW_OPTIONS, version=VERSION)
    @answers(ns, "Rows", shapes.ROWS, "a page of rows")
    def get(self, dataset_id: str) -> Response:
        """Read a page of the rows that I may see."""
        reading = rows.row_reading(backends(), current_actor(), dataset_id, arguments())
        return answered(reading, shapes.reading_tag(reading), lambda: _rows(reading))


@ns.route("/<string:dataset_id>/rows/<string:row_id>")
class OneRow(Resource):
    @parameters(ns, version=VERSION)
    @answers(ns, "Row", shapes.ROW, "the row")
    def get(self, dataset_id: str, row_id: str) -> Response:
        """Read one row."""
        reading = rows.judged(backends(), current_actor(), dataset_id, version_asked())
        return answered(
            reading, shapes.reading_tag(reading), lambda: Made(json_bytes(rows.read_row(backends(), reading, row_id)))
        )


@ns.route("/<string:dataset_id>/rows/<string:row_id>/origin")
class RowOrigin(Resource):
    @parameters(ns, version=VERSION)
    @answers(ns, "Origins", shapes.ORIGINS, "where the row came from")
    def get(self, dataset_id: str, row_id: str) -> Response:
        """Tell which lines of which sources a row was made of."""
        found = rows.origin(backends(), current_actor(), dataset_id, row_id, version_asked())
        return json_answer({"origins": list(found.origins), "hidden": found.hidden})


@ns.route("/<string:dataset_id>/rows/<string:row_id>/why")
class RowWhy(Resource):
    @parameters(ns, version=VERSION)
    @answers(ns, "Why", shapes.WHY, "by cell: source lines, the winning one, the steps that touched it")
    def get(self, dataset_id: str, row_id: str) -> Response:
        """Tell why the cells of a row are what they are."""
        found = why.why(backends(), current_actor(), dataset_id, row_id, version_asked())
        return json_answer(asdict(found))


@ns.route("/<string:dataset_id>/schema")
class Schema(Resource):
    @parameters(ns, version=VERSION)
    @answers(ns, "Schema", shapes.SCHEMA, "a Frictionless Table Schema")
    def get(self, dataset_id: str) -> Response:
        """Read the columns as a Table Schema."""
        return tagged_json(descriptors.schema(backends(), current_actor(), dataset_id, version_asked()))


def _rows(reading: Reading) -> Made:
    page = rows.read_rows(backends(), reading)
    links = {"Link": next_link(page.next)} if page.next else {}
    # In the order of a search without index the same question has another order as soon as that is there.
    return Made(json_bytes(shapes.rows_view(page)), links, page.ranked is not False)


def next_link(cursor: str) -> str:
    """The `Link` header (RFC 8288) of the next page of this query."""
    kept = [(name, text) for name, text in arguments() if name not in ("cursor", "page")]
    return f'<{request.path}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'


def arguments() -> Arguments:
    """Every query parameter of this request, repetitions too."""
    return list(request.args.items(multi=True))


def _shown(seen: SeenDataset) -> Response:
    actor = current_actor()
    return document(shapes.dataset_view(actor, seen, names_for(actor, [seen.dataset])), seen.dataset.rev)
