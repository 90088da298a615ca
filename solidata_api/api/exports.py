"""`/datasets/<id>/export.<format>`: rows as files, which can be gone on with where they broke off (RFC 9110, 14)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from flask_restx import Resource
from werkzeug.datastructures import Range

from solidata_api.api.answers import attachment
from solidata_api.api.caching import fresh, tagged
from solidata_api.api.context import backends
from solidata_api.api.datasets import CHOICE, FILTERS, SHUFFLE, VERSION, WORDS, arguments, ns
from solidata_api.api.describe import parameters
from solidata_api.api.errors import to_problem
from solidata_api.api.identity import current_actor
from solidata_api.domain.errors import RangeNotSatisfiable
from solidata_api.services import exports
from solidata_api.services.exports import EXPORT_FORMATS, AskedExport

EXPORT_OPTIONS: dict[str, Any] = {
    "q": WORDS,
    "sort": "`a,-b`",
    "shuffle": SHUFFLE,
    **CHOICE,
    "fields": "`a,b`: only these columns",
    "_id": {"description": "with the row ids", "type": "boolean", "default": False},
    "header": {"description": "csv, xlsx: column keys, or titles", "enum": ["key", "title"]},
    "delimiter": "csv: one of , ; tab |",
    "bom": {"description": "csv: begin with a byte order mark", "type": "boolean"},
}
FORMAT = {"format": {"description": "docs/exports.md", "enum": list(EXPORT_FORMATS), "default": "csv"}}
PRODUCES = [one.media_type.partition(";")[0] for one in EXPORT_FORMATS.values()]
TOLD = (
    "the file; in CSV, texts that a spreadsheet would take for a formula have a `'` before them (RFC 4180, 8259, 7946)"
)


@ns.route("/<string:dataset_id>/export.<string:format>")
class Export(Resource):
    @ns.doc(description=FILTERS, produces=PRODUCES, params=FORMAT)
    @parameters(ns, **EXPORT_OPTIONS, version=VERSION)
    @ns.response(200, TOLD)
    @ns.response(206, "the range asked")
    @ns.response(416, "the file has no such range")
    def get(self, dataset_id: str, format: str) -> Response:
        """Export the rows that I may see."""
        asked = exports.of_dataset(backends(), current_actor(), dataset_id, format, arguments())
        same = fresh(asked.export.digest, asked.dataset, asked.export.version)
        return same or _of_known_bytes(asked)


def whole(asked: AskedExport, headers: Mapping[str, str]) -> Response:
    """An export that nobody keeps, and that can't be gone on with."""
    return _answer(asked, exports.opened(backends(), asked), headers)


def _of_known_bytes(asked: AskedExport) -> Response:
    if request.method == "HEAD":
        return _tagged(_answer(asked, iter(()), {}, exports.size(backends(), asked)), asked)
    wanted = _range(asked)
    found = exports.opened(backends(), asked, whole=wanted is not None)
    answer = _tagged(_answer(asked, found, {}, found.size), asked)
    return answer if wanted is None or found.size is None else _cut(answer, wanted, found)


def _cut(answer: Response, wanted: Range, found: Any) -> Response:
    span = wanted.range_for_length(found.size)
    if span is None:
        found.close()
        refused = to_problem(RangeNotSatisfiable(f"The file has {found.size} bytes; {wanted.to_header()!r} is none."))
        refused.headers["Content-Range"] = f"bytes */{found.size}"
        return refused
    found.cut(*span)
    answer.status_code, answer.content_length = 206, span[1] - span[0]
    answer.headers["Content-Range"] = f"bytes {span[0]}-{span[1] - 1}/{found.size}"
    return answer


def _range(asked: AskedExport) -> Range | None:
    """The one range of bytes asked for; None where the whole is to be sent: for several, for one that can't be read
    (RFC 9110, 14.2), and where `If-Range` names other bytes (13.1.5)."""
    wanted = request.range
    if wanted is None or wanted.units != "bytes" or len(wanted.ranges) != 1:
        return None
    if request.headers.get("If-Range", quoted := f'"{asked.export.digest}"') != quoted:
        return None
    return wanted


def _answer(asked: AskedExport, chunks: Any, headers: Mapping[str, str], size: int | None = None) -> Response:
    guarded = {"X-Formula-Guard": "apostrophe"} if asked.format.name == "csv" else {}
    told = {"Content-Disposition": attachment(asked.filename), **guarded, **headers}
    answer = Response(chunks, 200, told, content_type=asked.format.media_type)
    if size is not None:
        answer.content_length = size
    return answer


def _tagged(answer: Response, asked: AskedExport) -> Response:
    answer.headers["Accept-Ranges"] = "bytes"
    return tagged(answer, asked.export.digest, asked.dataset, asked.export.version)
