"""Every format of exports: its rows read again as an import, and what the format itself says."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import ipc

from solidata_api.domain.datasets import Version
from solidata_api.domain.errors import Invalid
from solidata_api.domain.exports import EXPORT_FORMATS, ExportStyle
from solidata_api.tables import Tables, export_columnar, export_xlsx
from tests.tables.exporting import exported, read_again

TYPES = {
    "code": "string", "n": "integer", "x": "number", "ok": "boolean", "day": "date", "at": "datetime",
    "list": "array", "obj": "object", "text": "string", "latitude": "number", "longitude": "number",
}  # fmt: skip
ROWS: list[tuple[Any, ...]] = [
    ("01", 1, 1.5, True, date(2026, 1, 31), datetime(2026, 1, 31, 12, 30, 15), '["a","b"]', '{"k":[1]}', "été & <b>",
     48.85, 2.35),
    ("007", -2, -0.25, False, date(1969, 7, 20), datetime(1969, 7, 20, 20, 17, 40), '["c"]', '{"k":[]}', 'a "q"; b',
     -20.5, 55.25),
    ("2A", 2**53 + 1, None, None, None, None, None, None, "two\nlines", None, 1.0),
    (None, None, 1234567.875, True, date(2026, 2, 1), datetime(2026, 2, 1, 0, 0, 1), '["é"]', '{"z":{"y":null}}', None,
     0.5, 0.5),
]  # fmt: skip
#: What a format does not say, so that an import finds another type: CSV joins a list's values with `|`, and of an
#: object in JSON an import makes a column for each of its names.
LOST = {"csv": {"list": "string"}, "json": {"obj": None}, "ndjson": {"obj": None}, "geojson": {"obj": None}}
Maker = Callable[..., Version]


@pytest.fixture
def version(make_version: Maker) -> Version:
    return placed(make_version(TYPES, ROWS))


def placed(version: Version) -> Version:
    forms = {"latitude": "latitude", "longitude": "longitude"}
    return replace(version, columns=tuple(replace(one, format=forms.get(one.key)) for one in version.columns))


@pytest.mark.parametrize("form", list(EXPORT_FORMATS))
def test_what_is_imported_again_is_the_same(tables: Tables, version: Version, tmp_path: Path, form: str) -> None:
    path = tmp_path / "again"
    path.write_bytes(exported(tables, version, form=form))
    columns, rows = read_again(path)
    lost = LOST.get(form, {})
    kept = {key: kind for key, kind in {**TYPES, **lost}.items() if kind}
    assert {one.key: one.type for one in columns if lost.get(one.key, "") is not None and one.key in TYPES} == kept
    wanted = [dict(zip(TYPES, row, strict=True)) for row in ROWS]
    for row in wanted:
        row["list"] = "|".join(json.loads(row["list"])) if "list" in lost and row["list"] else row["list"]
    assert rows.select(list(kept)).to_pylist() == [{key: row[key] for key in kept} for row in wanted]


def test_geojson_is_imported_again_with_its_places(tables: Tables, version: Version, tmp_path: Path) -> None:
    path = tmp_path / "again"
    path.write_bytes(exported(tables, version, form="geojson"))
    columns, rows = read_again(path)
    assert {one.key: one.type for one in columns}["geometry"] == "geojson"
    assert json.loads(rows.to_pylist()[0]["geometry"]) == {"type": "Point", "coordinates": [2.35, 48.85]}


@pytest.mark.parametrize("form", list(EXPORT_FORMATS))
def test_the_same_export_has_the_same_bytes(tables: Tables, version: Version, form: str) -> None:
    first = exported(tables, version, form=form)
    tables.exports.forget(version)
    tables.serving.close(version)
    assert exported(tables, version, form=form) == first


@pytest.mark.parametrize("form", list(EXPORT_FORMATS))
def test_filters_order_and_fields_hold(tables: Tables, version: Version, tmp_path: Path, form: str) -> None:
    path = tmp_path / "again"
    asks = [("n__less", "1"), ("sort", "-code"), ("fields", "code,latitude,longitude")]
    path.write_bytes(exported(tables, version, *asks, form=form, style=ExportStyle()))
    _, rows = read_again(path)
    assert rows.column("code").to_pylist() == ["01", "007"]
    assert {"code", "latitude", "longitude"} <= set(rows.column_names) <= {"code", "latitude", "longitude", "geometry"}


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet", "arrow"])
def test_a_table_without_rows_has_its_columns(tables: Tables, make_version: Maker, tmp_path: Path, form: str) -> None:
    path = tmp_path / "again"
    path.write_bytes(exported(tables, make_version({"a": "string", "b": "integer"}, []), form=form))
    columns, rows = read_again(path)
    assert ([one.key for one in columns], rows.num_rows) == (["a", "b"], 0)


@pytest.mark.parametrize(
    ("form", "empty"),
    [("json", b"[\n\t\n]\n"), ("ndjson", b""), ("geojson", b'{"type":"FeatureCollection","features":[\n\t\n]\n}\n')],
)
def test_json_without_rows_is_whole(tables: Tables, make_version: Maker, form: str, empty: bytes) -> None:
    version = placed(make_version({"latitude": "number", "longitude": "number"}, []))
    assert exported(tables, version, form=form) == empty


@pytest.mark.parametrize("form", list(EXPORT_FORMATS))
def test_ids_are_there_where_they_are_asked(tables: Tables, version: Version, tmp_path: Path, form: str) -> None:
    path = tmp_path / "again"
    path.write_bytes(exported(tables, version, form=form, style=ExportStyle(with_ids=True)))
    _, rows = read_again(path)
    assert rows.column("id").to_pylist() == ["r0", "r1", "r2", "r3"]


def test_many_rows_come_in_order(
    tables: Tables, make_version: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("GROUP_ROWS", 400), ("LEAST_ROWS", 100)):
        monkeypatch.setattr(export_columnar, name, value)
    version = make_version({"n": "integer", "t": "string"}, [(n, f"{n % 7} text") for n in range(950)])
    for form in ("xlsx", "arrow", "parquet", "ndjson"):
        path = tmp_path / form
        path.write_bytes(exported(tables, version, form=form))
        assert read_again(path)[1].column("n").to_pylist() == list(range(950)), form
    sorted_ = exported(tables, version, ("sort", "t"), form="arrow")
    found = ipc.open_stream(sorted_).read_all().to_pydict()
    assert found["n"] == sorted(range(950), key=lambda n: (n % 7, n))


def test_moments_that_told_a_zone_keep_it(tables: Tables, zoned: Version) -> None:
    moment = datetime(2026, 1, 31, 11, 30, tzinfo=UTC)
    assert b"2026-01-31T11:30:00Z" in exported(tables, zoned)
    assert json.loads(exported(tables, zoned, form="json")) == [{"at": "2026-01-31T11:30:00Z"}]
    assert pq.read_table(io.BytesIO(exported(tables, zoned, form="parquet"))).to_pylist() == [{"at": moment}]
    assert ipc.open_stream(exported(tables, zoned, form="arrow")).read_all().to_pylist() == [{"at": moment}]


@pytest.fixture
def zoned(make_version: Maker, monkeypatch: pytest.MonkeyPatch) -> Version:
    """A table of one moment in UTC."""
    from tests.tables import conftest

    utc = pa.timestamp("us", tz="UTC")
    monkeypatch.setattr(conftest, "arrow_type", lambda _: utc)
    return make_version({"at": "datetime"}, [(datetime(2026, 1, 31, 11, 30, tzinfo=UTC),)])


class TestJson:
    def test_values_are_those_of_rows(self, tables: Tables, version: Version) -> None:
        first, _, third, _ = json.loads(exported(tables, version, form="json"))
        assert first["list"] == ["a", "b"] and first["obj"] == {"k": [1]} and first["day"] == "2026-01-31"
        # A double, which is what most clients read, holds no more exactly.
        assert third["n"] == str(2**53 + 1)
        assert third["x"] is None

    def test_a_number_that_json_does_not_have_is_null(self, tables: Tables, make_version: Maker) -> None:
        version = make_version({"x": "number"}, [(float("nan"),), (float("inf"),)])
        assert json.loads(exported(tables, version, form="json")) == [{"x": None}, {"x": None}]


class TestGeoJson:
    def test_longitude_comes_first_and_a_row_without_place_has_null(self, tables: Tables, version: Version) -> None:
        found = json.loads(exported(tables, version, form="geojson", style=ExportStyle(with_ids=True)))
        assert found["type"] == "FeatureCollection"
        assert [one["geometry"] for one in found["features"]] == [
            {"type": "Point", "coordinates": [2.35, 48.85]},
            {"type": "Point", "coordinates": [55.25, -20.5]},
            None,
            {"type": "Point", "coordinates": [0.5, 0.5]},
        ]
        assert found["features"][0]["id"] == "r0"
        assert found["features"][0]["properties"]["code"] == "01"

    def test_points_and_geometries_are_places(self, tables: Tables, make_version: Maker) -> None:
        version = make_version({"p": "geopoint", "a": "string"}, [("2.35, 48.85", "x"), (None, "y"), ("999, 1", "z")])
        found = json.loads(exported(tables, version, form="geojson"))
        places = [one["geometry"] and one["geometry"]["coordinates"] for one in found["features"]]
        assert places == [[2.35, 48.85], None, None]
        line = '{"type":"LineString","coordinates":[[1,2],[3,4]]}'
        feature = f'{{"type":"Feature","properties":{{}},"geometry":{line}}}'
        version = make_version({"g": "geojson", "a": "string"}, [(line, "x"), (feature, "y"), (None, "z")])
        found = json.loads(exported(tables, version, form="geojson"))
        assert [one["geometry"] for one in found["features"]] == [json.loads(line), json.loads(line), None]
        assert found["features"][0]["properties"] == {"a": "x"}

    def test_a_table_of_geometries_alone_has_empty_properties(self, tables: Tables, make_version: Maker) -> None:
        version = make_version({"g": "geojson"}, [('{"type":"Point","coordinates":[1,2]}',)])
        assert json.loads(exported(tables, version, form="geojson"))["features"][0]["properties"] == {}

    def test_a_table_without_places_is_refused_and_says_why(self, tables: Tables, make_version: Maker) -> None:
        with pytest.raises(Invalid) as raised:
            exported(tables, make_version({"a": "string"}, [("x",)]), form="geojson")
        assert "longitude" in raised.value.faults[0].message


class TestXlsx:
    def test_cells_have_their_types_and_texts_are_no_formulas(self, tables: Tables, make_version: Maker) -> None:
        types = {"t": "string", "n": "integer", "x": "number", "ok": "boolean", "d": "date", "m": "datetime"}
        moment = datetime(2026, 1, 31, 12, 30, 15)
        rows = [
            ("=1+1", 2**53 + 1, 1.5, True, date(2026, 1, 31), moment),
            ("007", 7, None, False, date(1800, 1, 1), None),
        ]
        book = openpyxl.load_workbook(io.BytesIO(exported(tables, make_version(types, rows), form="xlsx")))
        sheet = book["data"]
        first, second = ([cell.value for cell in row] for row in list(sheet.rows)[1:])
        assert first == ["=1+1", str(2**53 + 1), 1.5, True, datetime(2026, 1, 31), moment]
        assert [cell.data_type for cell in list(sheet.rows)[1]] == ["s", "s", "n", "b", "d", "d"]
        # 1800 is before the first day of a workbook.
        assert second == ["007", 7, None, False, "1800-01-01", None]

    def test_characters_that_xml_can_not_hold_come_back(
        self, tables: Tables, make_version: Maker, tmp_path: Path
    ) -> None:
        texts = ["a\x01b", "_x0041_", "tab\there", "cr\r\nlf", "<&>\"'", " space ", "\ufffe", "😀"]
        path = tmp_path / "again.xlsx"
        path.write_bytes(exported(tables, make_version({"t": "string"}, [(text,) for text in texts]), form="xlsx"))
        cells = [row[0].value for row in list(openpyxl.load_workbook(path)["data"].rows)[1:]]
        assert [openpyxl.utils.escape.unescape(cell) for cell in cells] == texts

    def test_rows_beyond_a_sheet_go_on_in_the_next(
        self, tables: Tables, make_version: Maker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export_xlsx, "SHEET_ROWS", 4)
        data = exported(tables, make_version({"n": "integer"}, [(n,) for n in range(7)]), form="xlsx")
        book = openpyxl.load_workbook(io.BytesIO(data))
        assert book.sheetnames == ["data", "data 2", "data 3"]
        found = [[row[0].value for row in book[name].rows] for name in book.sheetnames]
        assert found == [["n", 0, 1, 2], ["n", 3, 4, 5], ["n", 6]]

    def test_cells_that_are_too_long_are_cut_and_told(self, tables: Tables, make_version: Maker) -> None:
        rows = [("short", "y"), ("x" * 40_000, "y"), ("😀" * 20_000, "y" * 32_767)]
        version = make_version({"a": "string", "b": "string"}, rows)
        book = openpyxl.load_workbook(io.BytesIO(exported(tables, version, form="xlsx")))
        assert [len(row[0].value) for row in list(book["data"].rows)[1:]] == [5, 32_767, 16_383]
        assert len(book["data"]["B4"].value) == 32_767
        told = [[cell.value for cell in row] for row in book["cut cells"].rows]
        assert told[0][0].startswith("2 cells are cut")
        assert [row[:4] for row in told[2:]] == [["data", "3", "a", "40000"], ["data", "4", "a", "20000"]]

    def test_an_archive_has_no_moment_of_its_own(self, tables: Tables, make_version: Maker) -> None:
        data = exported(tables, make_version({"n": "integer"}, [(1,)]), form="xlsx")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
