"""`json_extract`: what lies in JSON, in columns of its own."""

from __future__ import annotations

import json
import time
from datetime import date

import pytest

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [
        {"op": "json_extract", "column": "a", "into": {"x": "x", "n": "length(@)"}, "types": {"n": "integer"}},
        {"op": "json_extract", "column": "a", "into": {"a": "x"}},
        {"op": "json_extract", "column": "b", "into": {"x": "[0]", "b": "[1:]"}, "types": {"b": "array"}},
    ],
    {"a": "string", "b": "array"},
    texts=['{"x": "é"}', '{"x": 1.50}', '{"x": null}', "[1, 2]", '"\\ud83d"', "{"],
    # What a path does not find, or finds empty, is blank: where `into` names the column itself, so is its cell.
    blanks=True,
)
PLACE = json.dumps({"nom": "Mairie", "tags": ["a", "b"], "geo": {"lat": 45.760, "lon": 4.0}, "floors": 3, "open": True})


def found(path: str, value: object, kind: str | None = None) -> object:
    text = value if isinstance(value, str) else json.dumps(value)
    types = {"types": {"x": kind}} if kind else {}
    step = {"op": "json_extract", "column": "a", "into": {"x": path}, **types}
    return content(applied(step, {"a": [text]}, {"a": "object"}))["x"][0]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("nom", "Mairie"),
        ("geo.lat", "45.76"),
        ("geo.lon", "4"),
        ("floors", "3"),
        ("open", "true"),
        ("tags", "a|b"),
        ("tags[0]", "a"),
        ("tags[-1]", "b"),
        ("length(tags)", "2"),
        ("geo", '{"lat":45.76,"lon":4.0}'),
        ("geo.[lat, lon]", "45.76|4"),
        ("fax", None),
        ("geo.alt.unit", None),
    ],
)
def test_what_is_found_is_written_in_canonical_text(path: str, text: str | None) -> None:
    assert found(path, PLACE) == text


@pytest.mark.parametrize(
    ("path", "value", "kind", "read"),
    [
        ("n", {"n": "1 234"}, "integer", 1234),
        ("n", {"n": 12.0}, "integer", 12),
        ("n", {"n": 1.5}, "number", 1.5),
        ("n", {"n": True}, "boolean", True),
        ("n", {"n": "2024-01-31"}, "date", date(2024, 1, 31)),
        ("n", {"n": ["x", 1]}, "array", '["x",1]'),
        ("n", {"n": []}, "array", "[]"),
        ("n", {"n": {"é": None}}, "object", '{"é":null}'),
        ("n", {"n": 12345678901234567890123}, "string", "12345678901234567890123"),
    ],
)
def test_types(path: str, value: object, kind: str, read: object) -> None:
    assert found(path, value, kind) == read


@pytest.mark.parametrize("value", [{"n": None}, {"n": ""}, {"n": []}, {}])
def test_null_and_empty_are_blank_without_a_reject(value: object) -> None:
    result = applied({"op": "json_extract", "column": "a", "into": {"x": "n"}}, {"a": [json.dumps(value), None]})
    assert (content(result)["x"], result.report.rejects_count) == ([None, None], 0)


@pytest.mark.parametrize(
    ("text", "path", "kind", "reason"),
    [
        ("{", "n", "string", "it is not written in JSON"),
        ('{"n": NaN}', "n", "string", "it is not written in JSON"),
        ("[" * 100_000, "n", "string", "it is not written in JSON"),
        ('{"n": "douze"}', "n", "integer", "x: it is no whole number"),
        ('{"n": 1}', "n", "object", "x: it is not an object written in JSON"),
        ('{"n": "\\ud83d"}', "n", "string", "x: it holds half of a character"),
        ('{"n": ["\\ud83d"]}', "n", "array", "x: it holds half of a character"),
        ('{"n": 1e999}', "n", "string", "x: Out of range float values are not JSON compliant"),
        ('{"n": 1}', "length(n)", "string", "x: In function length()"),
        ('{"n": 1}', "n > 'a'", "string", "x: "),
        ('{"n": 1}', "&n", "string", "x: the path finds no JSON value"),
    ],
)
def test_what_does_not_read_is_a_reject(text: str, path: str, kind: str, reason: str) -> None:
    step = {"op": "json_extract", "column": "a", "into": {"x": path, "y": "n"}, "types": {"x": kind}}
    result = applied(step, {"a": [text]})
    assert content(result) == {"a": [text], "x": [None], "y": [None]}
    assert [one["value"] for one in result.report.rejects] == [text]
    assert result.report.rejects[0]["reason"].startswith(reason)


def test_rejects_as_on_error_says() -> None:
    step = {"op": "json_extract", "column": "a", "into": {"a": "n"}}
    data = {"a": ['{"n":1}', "x"]}
    assert content(applied(step, data))["a"] == ["1", None]
    assert content(applied({**step, "on_error": "keep"}, data))["a"] == ["1", "x"]
    assert content(applied({**step, "on_error": "reject_row"}, data))["a"] == ["1"]
    with pytest.raises(StepFailed, match="'x': it is not written in JSON"):
        applied({**step, "on_error": "fail"}, data)


def test_lists_are_read_as_json_not_as_canonical_text() -> None:
    step = {"op": "json_extract", "column": "a", "into": {"x": "[1]"}}
    assert content(applied(step, {"a": ['["p","q"]']}, {"a": "array"}))["x"] == ["q"]


def test_columns_have_their_types_and_sources() -> None:
    (step,) = parse([{"op": "json_extract", "column": "a", "into": {"x": "x", "y": "y"}, "types": {"y": "array"}}])
    after = step.schema_after(table({"a": [], "b": []}, {"a": "object"}).schema)
    assert [(one.key, one.type, one.sources) for one in after][2:] == [
        ("x", "string", {("s", "a")}),
        ("y", "array", {("s", "a")}),
    ]


@pytest.mark.parametrize(
    "path", ["|".join(["[@,@]"] * 80), "|".join(["[@,@][]"] * 60), "|".join(["join('',[@,@])"] * 30)]
)
def test_a_path_that_grows_without_end_is_stopped(path: str) -> None:
    started = time.monotonic()
    result = applied({"op": "json_extract", "column": "a", "into": {"x": path}}, {"a": ['"abc"']})
    assert time.monotonic() - started < 5
    assert result.report.rejects[0]["reason"] == "x: the path makes more of it than may be"


def test_a_large_value_that_is_only_passed_on_is_no_growth() -> None:
    value = {"geometry": {"coordinates": [[[n, n + 1] for n in range(60_000)]]}}
    assert found("length(geometry.coordinates[0])", value) == "60000"
    assert str(found("geometry.coordinates[0][*][0]", value, "array"))[:6] == "[0,1,2"


@pytest.mark.parametrize(
    ("step", "pointer", "said"),
    [
        ({"into": {"x": "a["}}, "into/x", "it is no JMESPath"),
        ({"into": {"x": ""}}, "into/x", "it is no JMESPath"),
        ({"into": {"x": "upper(a)"}}, "into/x", "unknown function upper()"),
        ({"into": {"x": "length(a, b)"}}, "into/x", "length() takes 1 arguments, not 2"),
        ({"into": {"x": "merge()"}}, "into/x", "merge() takes 1 or more arguments, not 0"),
        ({"into": {"x": "a" * 501}}, "into/x", "at most 500 characters"),
        ({"into": {"x": "(" * 499}}, "into/x", "it is no JMESPath"),
        ({"into": {"X": "a"}}, "into/X", "a name starts with"),
        ({"into": {}}, "into", "1 to"),
        ({"into": {"x": "a"}, "types": {"y": "integer"}}, "types/y", "into has no column 'y'"),
        ({"into": {"x": "a"}, "types": {"x": "decimal"}}, "types/x", "it is one of"),
        ({"into": {"a": "a"}, "types": {"a": "integer"}, "on_error": "keep"}, "types/a", "so it is string"),
    ],
)
def test_parameters_that_do_not_fit(step: dict[str, object], pointer: str, said: str) -> None:
    with pytest.raises(RecipeMisfit) as raised:
        parse([{"op": "json_extract", "column": "a", **step}])
    assert raised.value.faults[0].pointer == f"/steps/0/{pointer}"
    assert said in raised.value.faults[0].message


@pytest.mark.parametrize(
    ("column", "into", "said"),
    [
        ("x", "z", "unknown column 'x'"),
        ("a", "b", "'b' is there already"),
        ("b", "z", "column 'b' is date; JSON is in"),
    ],
)
def test_columns_that_do_not_fit(column: str, into: str, said: str) -> None:
    (step,) = parse([{"op": "json_extract", "column": column, "into": {into: "x"}}])
    with pytest.raises(Misfit, match=said):
        step.schema_after(table({"a": [], "b": []}, {"b": "date"}).schema)
