"""Descriptions of one dataset: valid in their own words, and never a word of a hidden column."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from rdflib import Graph

from tests.api.test_catalogue import publish
from tests.domain.dcat_rules import conforms
from tests.factories import make_dataset
from tests.worlds import World, make_world, open_all

KINDS = (
    "schema", "schema.csv", "openapi.json", "datapackage.json", "jsonld", "dcat.jsonld", "dcat.ttl", "changes.atom",
)  # fmt: skip
ATOM = "{http://www.w3.org/2005/Atom}"
#: Table Schema's types; `datetime` and others stand for what no column here is.
TYPES = ["string", "integer", "number", "boolean", "date", "datetime", "time", "year", "object", "array", "any"]
CONSTRAINTS = ["required", "unique", "minLength", "maxLength", "minimum", "maximum", "pattern", "enum"]
#: What Table Schema (https://specs.frictionlessdata.io/table-schema/) says of a schema.
TABLE_SCHEMA = {
    "type": "object",
    "required": ["fields"],
    "properties": {
        "fields": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name", "type"],
                "properties": {
                    "name": {"type": "string", "minLength": 1},
                    "title": {"type": "string"},
                    "description": {"type": "string"},
                    "type": {"enum": TYPES},
                    "format": {"type": "string"},
                    "rdfType": {"type": "string", "format": "uri"},
                    "constraints": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {name: {} for name in CONSTRAINTS},
                    },
                },
            },
        },
        "primaryKey": {"type": "array", "items": {"type": "string"}},
        "missingValues": {"type": "array", "items": {"type": "string"}},
    },
}
COLUMNS = [
    {"key": "code", "title": "Code INSEE", "description": "Of the commune", "concept": "https://a.example/code"},
    {"key": "wage", "title": "Planted wage", "description": "Planted word", "open_level": "private"},
]


@pytest.fixture
def made(member: Any, run_jobs: Any) -> str:
    told = {
        "description": "Whole & <entire>",
        "licence": "CC-BY-4.0",
        "tags": ["staff"],
        "publisher": "Ville de Lyon",
        "contact": "data@lyon.example",
        "frequency": "annuelle",
        "period": "2019-2023",
        "area": "4.7,45.7,4.9,45.8",
        "landing_page": "https://lyon.example/data",
        "columns": COLUMNS,
    }
    return f"/datasets/{publish(member, run_jobs, 'Staff', **told)['slug']}"


@pytest.mark.parametrize("kind", KINDS)
def test_no_description_tells_of_a_hidden_column(made: str, member: Any, anonymous: Any, kind: str) -> None:
    shown = anonymous.get(f"{made}/{kind}")
    assert shown.status_code == 200
    text = shown.get_data(as_text=True)
    assert "wage" not in text and "Planted" not in text
    whole = member.get(f"{made}/{kind}").get_data(as_text=True)
    # DCAT says nothing of columns, and the feed counts them.
    assert "Planted" in whole or kind in ("dcat.jsonld", "dcat.ttl", "changes.atom")
    assert member.get(f"{made}/changes.atom").get_data() != anonymous.get(f"{made}/changes.atom").get_data()


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_without_readable_column_is_absent(made: str, member: Any, anonymous: Any, kind: str) -> None:
    member.patch(made, json={"columns": [{"key": "code", "open_level": "private"}]})
    assert anonymous.get(f"{made}/{kind}").status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_who_has_it_is_told_so(made: str, anonymous: Any, kind: str) -> None:
    first = anonymous.get(f"{made}/{kind}")
    assert first.headers["Cache-Control"] == "public, no-cache"
    again = anonymous.get(f"{made}/{kind}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    assert anonymous.get(f"{made}/{kind}?nonsense=1").status_code == 422


def test_openapi_is_valid_and_offers_the_operators_that_fit(made: str, anonymous: Any, member: Any) -> None:
    spec = member.get(f"{made}/openapi.json").get_json()
    OpenAPIV31SpecValidator(spec).validate()
    offered = spec["components"]["parameters"]
    assert {"code__contains", "code__less", "wage__less", "wage__isnull"} <= offered.keys()
    assert "wage__contains" not in offered
    for name, parameter in offered.items():
        example = {"wage": "1", "code": "01"}[name.partition("__")[0]]
        value = "" if parameter.get("allowEmptyValue") else example
        assert member.get(f"{made}/rows?{name}={value}").status_code == 200, name
    assert spec["servers"][0]["url"] + next(iter(spec["paths"])) == f"http://front.example/api/v1{made}/rows"
    OpenAPIV31SpecValidator(anonymous.get(f"{made}/openapi.json").get_json()).validate()


def test_rows_are_as_openapi_says(made: str, member: Any) -> None:
    spec = member.get(f"{made}/openapi.json").get_json()
    shape = {"$ref": "#/components/schemas/Rows", "components": spec["components"]}
    assert not list(Draft202012Validator(shape).iter_errors(member.get(f"{made}/rows").get_json()))
    wrong = {"rows": [{"wage": "ten", "code": 1}]}
    assert list(Draft202012Validator(shape).iter_errors(wrong))


@pytest.mark.parametrize(
    ("path", "operation", "shape"),
    [
        ("aggregate?group_by=code&metrics=count,max:wage&sort=-count&limit=5", "aggregate", "Groups"),
        ("values/code?q=0&limit=5", "values/{column}", "Values"),
        ("profile", "profile", "Profile"),
    ],
)
def test_what_is_told_of_rows_is_as_openapi_says(
    made: str, member: Any, anonymous: Any, path: str, operation: str, shape: str
) -> None:
    spec = member.get(f"{made}/openapi.json").get_json()
    answer = member.get(f"{made}/{path}").get_json()
    described = {"$ref": f"#/components/schemas/{shape}", "components": spec["components"]}
    assert not list(Draft202012Validator(described).iter_errors(answer))
    assert list(Draft202012Validator(described).iter_errors({}))
    parameters = spec["paths"][f"{made}/{operation}"]["get"]["parameters"]
    names = {one.get("name") or one["$ref"].rpartition("/")[2] for one in parameters}
    assert set(re.findall(r"[?&](\w+)=", path)) | ({"wage__less"} if operation != "profile" else set()) <= names
    assert "wage" not in json.dumps(anonymous.get(f"{made}/openapi.json").get_json())


def test_the_table_schema_is_whole(made: str, member: Any, anonymous: Any) -> None:
    schema = member.get(f"{made}/schema").get_json()
    Draft202012Validator(TABLE_SCHEMA).validate(schema)
    assert schema["missingValues"] == [""]
    assert schema["fields"][0] == {
        "name": "code",
        "title": "Code INSEE",
        "type": "string",
        "description": "Of the commune",
        "rdfType": "https://a.example/code",
    }
    assert [one["name"] for one in anonymous.get(f"{made}/schema").get_json()["fields"]] == ["code"]


def test_the_dictionary_has_a_line_a_column(made: str, member: Any) -> None:
    member.patch(made, json={"columns": [{"key": "code", "title": "=1+1"}]})
    answer = member.get(f"{made}/schema.csv")
    assert answer.content_type.startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert [(one["name"], one["title"], one["type"]) for one in lines] == [
        ("code", "'=1+1", "string"),
        ("wage", "Planted wage", "integer"),
    ]


def test_the_data_package_points_at_rows_and_tells_the_upload_to_those_who_may_have_it(
    made: str, member: Any, anonymous: Any
) -> None:
    told = anonymous.get(f"{made}/datapackage.json").get_json()
    (rows,) = told["resources"]
    assert told["licenses"] == [
        {
            "name": "CC-BY-4.0",
            "title": "Creative Commons Attribution 4.0",
            "path": "https://creativecommons.org/licenses/by/4.0/",
        }
    ]
    export = anonymous.get(rows["path"].removeprefix("http://front.example"))
    header = export.get_data(as_text=True).splitlines()[0]
    assert header.split(",") == [one["name"] for one in rows["schema"]["fields"]]
    Draft202012Validator(TABLE_SCHEMA).validate(rows["schema"])
    (_, original) = member.get(f"{made}/datapackage.json").get_json()["resources"]
    kept = member.get(original["path"].removeprefix("http://front.example")).get_data()
    assert original["bytes"] == len(kept)


def test_the_data_package_has_no_formats_that_validators_do_not_know(member: Any, run_jobs: Any) -> None:
    rows = [{"siren": "552100554", "mail": "a@b.fr"}, {"siren": "005720784", "mail": "c@d.fr"}]
    options = {"formats": {"siren": "siren", "mail": "email"}}
    made = make_dataset(member, run_jobs, rows=rows, options=options)
    fields = member.get(f"/datasets/{made['id']}/schema").get_json()["fields"]
    assert [one["format"] for one in fields] == ["siren", "email"]
    told = member.get(f"/datasets/{made['id']}/datapackage.json").get_json()["resources"][0]["schema"]["fields"]
    assert [(one.get("format"), one.get("x-format")) for one in told] == [(None, "siren"), ("email", None)]


def test_schema_org_tells_what_search_engines_ask(made: str, anonymous: Any) -> None:
    answer = anonymous.get(f"{made}/jsonld")
    assert answer.content_type == "application/ld+json"
    told = answer.get_json()
    assert (told["@type"], told["name"], told["license"]) == (
        "Dataset",
        "Staff",
        "https://creativecommons.org/licenses/by/4.0/",
    )
    assert told["temporalCoverage"] == "2019-01-01/2023-12-31"
    assert [one["alternateName"] for one in told["variableMeasured"]] == ["code"]


def test_dcat_uses_the_codes_of_the_eu(made: str, anonymous: Any) -> None:
    graph = Graph().parse(data=anonymous.get(f"{made}/dcat.ttl").get_data(), format="turtle")
    assert conforms(graph) == ""
    text = graph.serialize(format="nt")
    for part in (
        "<http://publications.europa.eu/resource/authority/frequency/ANNUAL>",
        "<http://publications.europa.eu/resource/authority/access-right/PUBLIC>",
        "<http://publications.europa.eu/resource/authority/licence/CC_BY_4_0>",
        "<http://publications.europa.eu/resource/authority/file-type/CSV>",
        "<http://www.iana.org/assignments/media-types/text/csv>",
        "<mailto:data@lyon.example>",
        '"2019-01-01"^^<http://www.w3.org/2001/XMLSchema#date>',
        '"POLYGON((4.7 45.7, 4.9 45.7, 4.9 45.8, 4.7 45.8, 4.7 45.7))"',
        f"<http://front.example/api/v1{made}/export.csv>",
    ):
        assert part in text, part


def test_dcat_of_a_table_that_says_nothing_of_itself_keeps_to_the_profile(member: Any, run_jobs: Any) -> None:
    made = make_dataset(member, run_jobs, rows=[{"a": 1}])
    graph = Graph().parse(data=member.get(f"/datasets/{made['id']}/dcat.ttl").get_data(), format="turtle")
    assert conforms(graph) == ""
    assert "NON_PUBLIC" in graph.serialize(format="nt")


def test_words_that_are_no_codes_stay_words(made: str, member: Any) -> None:
    words = {"period": "the sixties", "area": 'Lyon <> "x"', "contact": "ask at the desk", "landing_page": "no page"}
    assert member.patch(made, json={**words, "frequency": "now and then"}).status_code == 200
    graph = Graph().parse(data=member.get(f"{made}/dcat.ttl").get_data(), format="turtle")
    assert conforms(graph) == ""
    told = graph.serialize(format="nt")
    assert "the sixties" in told and "ask at the desk" in told and "frequency/OTHER" in told
    assert "no page" not in told


def test_the_feed_tells_versions_under_lasting_ids(made: str, member: Any, anonymous: Any, backends: Any) -> None:
    before = ElementTree.fromstring(anonymous.get(f"{made}/changes.atom").get_data())
    member.patch(made, json={"title": "Staff \x0b of all"})
    answer = anonymous.get(f"{made}/changes.atom")
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.get_data())
    for name in ("id", "title", "updated", "author", "link"):
        assert feed.find(f"{ATOM}{name}") is not None, name
    assert feed.findtext(f"{ATOM}id") == before.findtext(f"{ATOM}id")
    (entry,) = feed.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Version 1"
    assert entry.findtext(f"{ATOM}summary") == "2 rows, 1 columns"
    assert entry.findtext(f"{ATOM}id") == before.find(f"{ATOM}entry").findtext(f"{ATOM}id")  # type: ignore[union-attr]


def test_rows_and_exports_name_their_licence(made: str, anonymous: Any, member: Any) -> None:
    licence = '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'
    assert licence in anonymous.get(f"{made}/rows").headers["Link"]
    assert 'rel="next", <' in anonymous.get(f"{made}/rows?per_page=1").headers["Link"]
    assert licence in anonymous.get(f"{made}/export.csv").headers["Link"]
    member.patch(made, json={"licence": "notspecified"})
    assert "license" not in anonymous.get(f"{made}/rows").headers.get("Link", "")


@pytest.fixture
def world(backends: Any, as_user: Any, run_jobs: Any) -> World:
    made = make_world(backends, as_user, run_jobs)
    open_all(backends, made, "opendata")
    return made


def test_constraints_that_a_build_held_rows_against_are_told_while_they_hold(world: World, run_jobs: Any) -> None:
    owner, anonymous = world.callers["owner"], world.callers["anonymous"]
    model = owner.get(f"/models/{world.ids['model_id']}").get_json()
    field = f"/fields/{model['fields'][2]['field_id']}"
    owner.patch(field, json={"constraints": {"minimum": 0}})

    def told() -> Any:
        schema = anonymous.get(f"/datasets/{world.dataset_id}/schema").get_json()
        Draft202012Validator(TABLE_SCHEMA).validate(schema)
        return {one["name"]: one["constraints"] for one in schema["fields"] if "constraints" in one}

    def build(steps: list[dict[str, Any]]) -> None:
        assert owner.put(f"/projects/{world.ids['project_id']}/recipe", json={"steps": steps}).status_code == 200
        owner.post(f"/projects/{world.ids['project_id']}/builds")
        assert run_jobs()[-1].state == "succeeded"

    build([{"op": "sort", "by": ["code"]}])
    assert told() == {}
    build([{"op": "validate", "rules": [{"model": True}]}, {"op": "sort", "by": ["code"]}])
    assert told() == {"population": {"minimum": 0}}
    owner.patch(field, json={"constraints": {"minimum": 5}})
    assert told() == {}
