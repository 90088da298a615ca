"""OpenAPI 3.1 of one dataset: the columns that its reader may read and, by column, the operators that fit its type."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from solidata_api.domain import queries
from solidata_api.domain.aggregates import AGGREGATE_PARAMETERS, MAX_LIMIT, VALUE_PARAMETERS
from solidata_api.domain.datasets import STORAGE, Column
from solidata_api.domain.descriptors import Described, FileType, has_places
from solidata_api.domain.queries import OPERATORS, Operator

Shape = dict[str, Any]
_TEXT: Shape = {"type": "string"}
_VALUES: dict[str, Shape] = {
    "text": _TEXT,
    "int64": {"type": "integer", "format": "int64"},
    "double": {"type": "number", "format": "double"},
    "bool": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "timestamp": {"type": "string", "format": "date-time"},
}
#: What cells of these types are in JSON, where that is not what filters compare them with.
_CELLS: dict[str, list[str]] = {
    # Integers beyond ±2^53 are text: JavaScript would round them.
    "integer": ["integer", "string", "null"],
    "year": ["integer", "string", "null"],
    "array": ["array", "null"],
    "object": ["object", "null"],
    "geojson": ["object", "null"],
}
_WHOLE: Shape = {"type": "integer", "minimum": 1}
#: Every parameter of rows and exports that is no filter; each operation tells those that it knows.
_PARAMETERS: dict[str, tuple[str, Shape]] = {
    "page": ("from 1", _WHOLE | {"default": 1}),
    "per_page": ("how many rows", _WHOLE | {"maximum": queries.MAX_PER_PAGE, "default": 20}),
    "cursor": ("`next` of the page before: goes on behind it, at any depth", _TEXT),
    "sort": ("`a,-b`: by a, then by b descending", _TEXT),
    "fields": ("`a,b`: only these columns", _TEXT),
    "orient": ("records, or tabular: {headers, values}", {"type": "string", "enum": ["records", "tabular"]}),
    "version": ("of this version instead of the current one", _WHOLE),
    "q": ("words in the text columns, accents and case ignored", _TEXT),
    "or": ("alternatives: `(a__exact.1,and(b__less.2,c__isnull))`", _TEXT),
    "total": ("whether to count all rows that fit", {"type": "string", "enum": ["exact", "none"]}),
    "highlight": ("mark the words found", {"type": "boolean"}),
    "bbox": ("`west,south,east,north` in degrees", _TEXT),
    "near": ("`latitude,longitude,metres`", _TEXT),
    "shuffle": ("an order by chance, the same for the same number", _TEXT),
    "header": ("column keys, or titles", {"type": "string", "enum": ["key", "title"], "default": "key"}),
    "delimiter": ("between cells of CSV", {"type": "string", "enum": [",", ";", "\t", "|"], "default": ","}),
    "bom": ("begin with a byte order mark", {"type": "boolean", "default": False}),
    "_id": ("with the row ids", {"type": "boolean", "default": False}),
}
_LIMIT = ("how many, the others only counted", _WHOLE | {"maximum": MAX_LIMIT, "default": 100})
_PROBLEM = {
    "description": "a problem (RFC 9457)",
    "content": {"application/problem+json": {"schema": {"type": "object"}}},
}


def describe(one: Described) -> Shape:
    """The description of this dataset as this reader sees it."""
    path = f"/datasets/{one.dataset.slug}"
    licence: Shape = {"license": {"name": one.licence.title}} if one.licence else {}
    if one.licence_url:
        licence["license"]["url"] = one.licence_url
    return {
        "openapi": "3.1.0",
        "info": {
            "title": one.dataset.title,
            "description": one.description,
            "version": str(one.dataset.version),
            **licence,
        },
        "servers": [{"url": one.api}],
        "security": [{}, {"bearer": []}],
        "paths": {
            f"{path}/rows": {"get": _rows(one)},
            f"{path}/rows/{{row_id}}": {"get": _row()},
            f"{path}/schema": {"get": _schema()},
            f"{path}/aggregate": {"get": _aggregate(one)},
            f"{path}/values/{{column}}": {"get": _values(one)},
            f"{path}/profile": {"get": _profile()},
            **{f"{path}/export.{file.name}": {"get": _export(one, file)} for file in one.fitting_files},
        },
        "components": {
            "schemas": {"Row": _row_shape(one.columns), "Rows": _ROWS, **_TOLD},
            "parameters": {name: shape for column in one.columns for name, shape in _filters(column)},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _rows(one: Described) -> Shape:
    return {
        "operationId": "readRows",
        "summary": "Read a page of rows",
        "description": "The same column and operator repeated: any of the values (negative operators: none of them); "
        "different ones: all of them. `<column>=` stands for `<column>__exact=`.",
        "parameters": _known(_fitting(one, queries.ROW_PARAMETERS)) + _references(one),
        "responses": _answers({"application/json": {"schema": {"$ref": "#/components/schemas/Rows"}}}, "a page"),
    }


def _row() -> Shape:
    row_id = {"name": "row_id", "in": "path", "required": True, "schema": _TEXT, "description": "its `_id`"}
    return {
        "operationId": "readRow",
        "summary": "Read one row",
        "parameters": [row_id, *_known(("version",))],
        "responses": _answers({"application/json": {"schema": {"$ref": "#/components/schemas/Row"}}}, "the row"),
    }


def _schema() -> Shape:
    return {
        "operationId": "readSchema",
        "summary": "Read the columns as a Table Schema",
        "parameters": _known(("version",)),
        "responses": _answers({"application/json": {"schema": {"type": "object"}}}, "a Frictionless Table Schema"),
    }


def _aggregate(one: Described) -> Shape:
    own = {
        "group_by": ("`a,b:month,c:100,d:20bins`: columns, intervals of time, bins of numbers; none: one group", _TEXT),
        "metrics": ("`count,sum:a,p95:a`", _TEXT | {"default": "count"}),
        "having": ("`count__greater.10,or(sum:a__less.5,avg:a__isnull)`", _TEXT),
        "sort": ("`-count,a`: by what is told and grouped by", _TEXT),
        "limit": _LIMIT,
    }
    return {
        "operationId": "aggregateRows",
        "summary": "Count, sum and measure groups of rows",
        "parameters": _told(own) + _known(_fitting(one, AGGREGATE_PARAMETERS, own)) + _references(one),
        "responses": _answers({"application/json": {"schema": {"$ref": "#/components/schemas/Groups"}}}, "groups"),
    }


def _values(one: Described) -> Shape:
    own = {
        "q": ("only values that begin so, accents and case ignored", _TEXT),
        "sort": ("count or value, - before it: descending", _TEXT | {"default": "-count"}),
        "limit": _LIMIT,
    }
    keys: Shape = {"type": "string", "enum": [column.key for column in one.columns]}
    column: Shape = {"name": "column", "in": "path", "required": True, "schema": keys, "description": "its key"}
    return {
        "operationId": "readValues",
        "summary": "List the distinct values of a column, each with its count",
        "parameters": [column, *_told(own), *_known(_fitting(one, VALUE_PARAMETERS, own)), *_references(one)],
        "responses": _answers({"application/json": {"schema": {"$ref": "#/components/schemas/Values"}}}, "values"),
    }


def _profile() -> Shape:
    return {
        "operationId": "readProfile",
        "summary": "Read what the columns hold: blanks, distinct and top values, range, quantiles, histogram",
        "parameters": _known(("version",)),
        "responses": _answers(
            {"application/json": {"schema": {"$ref": "#/components/schemas/Profile"}}}, "the profile"
        ),
    }


def _export(one: Described, file: FileType) -> Shape:
    return {
        "operationId": f"export{file.name.capitalize()}",
        "summary": f"Export the rows as {file.name}",
        "parameters": _known(_fitting(one, queries.EXPORT_PARAMETERS)) + _references(one),
        "responses": _answers({file.media_type: {"schema": _TEXT}}, "all rows that fit"),
    }


def _fitting(one: Described, names: Iterable[str], own: Collection[str] = ()) -> list[str]:
    """The parameters without those that ask for places, where there are none, and those told otherwise."""
    kept = (name for name in names if name not in own)
    return [name for name in kept if name not in ("bbox", "near") or has_places(one.columns)]


def _known(names: Iterable[str]) -> list[Shape]:
    return _told({name: _PARAMETERS[name] for name in names if name in _PARAMETERS})


def _told(parameters: Mapping[str, tuple[str, Shape]]) -> list[Shape]:
    return [
        {"name": name, "in": "query", "description": sentence, "schema": shape}
        for name, (sentence, shape) in parameters.items()
    ]


def _references(one: Described) -> list[Shape]:
    return [{"$ref": f"#/components/parameters/{name}"} for column in one.columns for name, _ in _filters(column)]


def _filters(column: Column) -> Iterable[tuple[str, Shape]]:
    for operator in OPERATORS:
        if STORAGE[column.type] in operator.storages:
            name = f"{column.key}__{operator.name}"
            yield name, {"name": name, "in": "query", **_asked(column, operator)}


def _asked(column: Column, operator: Operator) -> Shape:
    told = {"description": f"{column.title or column.key}: {operator.name}"}
    value = _VALUES[STORAGE[column.type]]
    if operator.values == "none":
        return told | {"allowEmptyValue": True, "schema": {"type": "string", "maxLength": 0}}
    listed = {"type": "array", "items": value}
    return told | {"schema": listed, "style": "form", "explode": operator.values == "one"}


def _row_shape(columns: Iterable[Column]) -> Shape:
    cells = {column.key: _cell(column) for column in columns}
    return {"type": "object", "properties": {"_id": {"type": "string", "description": "the row's id"}, **cells}}


def _cell(column: Column) -> Shape:
    value = _VALUES[STORAGE[column.type]]
    shape: Shape = {"title": column.title, "type": _CELLS.get(column.type, [value["type"], "null"])}
    if "format" in value and column.type in ("date", "datetime", "number"):
        shape["format"] = value["format"]
    return shape | ({"description": column.description} if column.description else {})


def _answers(content: Mapping[str, Any], sentence: str) -> Shape:
    return {"200": {"description": sentence, "content": dict(content)}, "default": _PROBLEM}


_ROWS: Shape = {
    "type": "object",
    "properties": {
        "columns": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"key": {"type": "string"}, "title": {"type": "string"}, "type": {"type": "string"}},
            },
        },
        "rows": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
        "total": {"type": ["integer", "null"]},
        "page": {"type": "integer"},
        "per_page": {"type": "integer"},
        "next": {"type": ["string", "null"]},
        "version": {"type": "integer"},
    },
}
_COUNT: Shape = {"type": "integer", "minimum": 0}
_COUNTED: Shape = {"type": "object", "properties": {"value": {}, "count": _COUNT}, "required": ["value", "count"]}
_COLUMN: Shape = _ROWS["properties"]["columns"]["items"]
#: What is told of rows without them.
_TOLD: dict[str, Shape] = {
    "Groups": {
        "type": "object",
        "properties": {
            "groups": {"type": "array", "items": {"type": "object"}},
            "total": _COUNT,
            "version": _WHOLE,
        },
        "required": ["groups", "total", "version"],
    },
    "Values": {
        "type": "object",
        "properties": {
            "column": _COLUMN,
            "values": {"type": "array", "items": _COUNTED},
            "total": _COUNT,
            "version": _WHOLE,
        },
        "required": ["column", "values", "total", "version"],
    },
    "Profile": {
        "type": "object",
        "properties": {
            "columns": {"type": "array", "items": _COLUMN | {"required": ["key", "type"]}},
            "row_count": _COUNT,
            "version": _WHOLE,
        },
        "required": ["columns", "row_count", "version"],
    },
}
