"""`/datasets/<id>/aggregate`, `/values` and `/profile`: what tables hold, told without their rows."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_restx import Resource

from solidata_api.api.answers import json_bytes, version_asked
from solidata_api.api.caching import Made, answered
from solidata_api.api.context import backends
from solidata_api.api.datasets import CHOICE, FILTERS, VERSION, WORDS, arguments, ns
from solidata_api.api.describe import answers, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.schemas import aggregates as shapes
from solidata_api.api.schemas.datasets import reading_tag
from solidata_api.services import aggregates, rows

LIMIT = {"description": "at most 10,000", "type": "integer", "default": 100}
_GROUPING: dict[str, Any] = {
    "group_by": "`a,b:month,c:100,d:20bins`: columns as they are, times by hour (of moments), day, week, month, "
    "quarter or year, numbers by bins of a width or by so many bins of one width; none: one group of all rows",
    "metrics": {
        "description": "`count,sum:amount,p95:amount`: count, distinct, sum, avg, min, max, median, p1 to p99",
        "default": "count",
    },
    "having": "`count__greater.10,or(sum:amount__less.5,avg:amount__isnull)`: groups by what is told of them",
    "sort": "`-count,a`, by what is grouped by and told; default: by what is grouped by",
}


@ns.route("/<string:dataset_id>/aggregate")
class Aggregate(Resource):
    @ns.doc(description=FILTERS)
    @parameters(ns, **_GROUPING, limit=LIMIT, q=WORDS, **CHOICE, version=VERSION)
    @answers(ns, "Groups", shapes.GROUPS, "groups of the rows that you may see")
    def get(self, dataset_id: str) -> Response:
        """Count, sum and measure groups of rows; only columns that I may see."""
        asked = aggregates.aggregate_reading(backends(), current_actor(), dataset_id, arguments())
        return answered(asked.reading, shapes.asked_tag(asked), lambda: _groups(asked))


@ns.route("/<string:dataset_id>/values/<string:column>")
class Values(Resource):
    @ns.doc(description=FILTERS)
    @parameters(
        ns,
        q="only values that begin so, accents and case ignored",
        sort={"description": "count or value, - before it: descending", "default": "-count"},
        limit=LIMIT,
        **CHOICE,
        version=VERSION,
    )
    @answers(ns, "Values", shapes.VALUES, "values, each with its count", others={422: "there is no such column"})
    def get(self, dataset_id: str, column: str) -> Response:
        """List the distinct values of a column."""
        asked = aggregates.values_reading(backends(), current_actor(), dataset_id, column, arguments())
        return answered(asked.reading, shapes.asked_tag(asked), lambda: _values(asked))


@ns.route("/<string:dataset_id>/profile")
class Profile(Resource):
    @parameters(ns, version=VERSION)
    @answers(ns, "Profile", shapes.PROFILE, "what each column holds")
    def get(self, dataset_id: str) -> Response:
        """Read what the columns hold: blanks, distinct and top values, range, quantiles, histogram."""
        reading = rows.judged(backends(), current_actor(), dataset_id, version_asked())
        return answered(reading, reading_tag(reading), lambda: _profile(reading))


def _groups(asked: aggregates.Asked) -> Made:
    found = aggregates.read_groups(backends(), asked)
    return Made(json_bytes(shapes.groups_view(asked, found.groups, found.total)))


def _values(asked: aggregates.Asked) -> Made:
    return Made(json_bytes(shapes.values_view(asked, aggregates.read_values(backends(), asked))))


def _profile(reading: rows.Reading) -> Made:
    return Made(json_bytes(shapes.profile_view(reading, aggregates.read_profile(backends(), reading))))
