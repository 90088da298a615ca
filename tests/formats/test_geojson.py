"""GeoJSON: properties are columns, the geometry is one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Reading = Callable[..., Any]


def feature(properties: Any, geometry: Any, **beside: Any) -> dict[str, Any]:
    return {"type": "Feature", **beside, "properties": properties, "geometry": geometry}


POINT = {"type": "Point", "coordinates": [1.5, 2]}


def collection(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "name": "x", "features": features}).encode()


def test_a_collection_has_properties_and_geometry(read: Reading) -> None:
    got = read(collection(feature({"n": "Ain", "d": {"e": 1}}, POINT), feature({"n": "Aisne"}, None)))
    assert got.types == {"n": "string", "d_e": "integer", "geometry": "geojson"}
    assert got.rows == [("Ain", 1, '{"type":"Point","coordinates":[1.5,2]}'), ("Aisne", None, None)]
    assert got.told["records_path"] == "features"


def test_ids_and_boxes_beside_the_properties_are_kept(read: Reading) -> None:
    got = read(collection(feature({"id": "own"}, POINT, id=7, bbox=[1, 2, 3, 4])))
    assert list(got.types) == ["id", "id_2", "bbox", "geometry"]
    assert got.rows[0][:3] == (7, "own", "[1,2,3,4]")


def test_a_feature_without_properties_is_a_row(read: Reading) -> None:
    assert list(read(collection(feature(None, POINT))).types) == ["geometry"]


def test_coordinates_keep_their_digits(read: Reading) -> None:
    data = b'{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"a": 1}, "geometry": \
{"type": "Point", "coordinates": [1.50, 2.000]}}]}'
    assert read(data).rows[0][1] == '{"type":"Point","coordinates":[1.50,2.000]}'


def test_one_feature_is_one_row(read: Reading) -> None:
    assert read(json.dumps(feature({"n": "x"}, POINT)).encode()).types == {"n": "string", "geometry": "geojson"}


def test_a_collection_of_geometries_has_one_column(read: Reading) -> None:
    got = read(json.dumps({"type": "GeometryCollection", "geometries": [POINT, POINT]}).encode())
    assert (got.types, len(got.rows)) == ({"geometry": "geojson"}, 2)


def test_a_type_that_is_asked_for_wins(read: Reading) -> None:
    assert read(collection(feature({"n": 1}, POINT)), types={"geometry": "string"}).types["geometry"] == "string"
