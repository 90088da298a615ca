"""Table Schema in and out: what one side writes the other reads."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain import table_schema
from solidata_api.domain.datasets import FORMATS, TYPES, Column
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.domain.models import BoundField

_texts = st.text(max_size=20)
_fields = st.lists(
    st.builds(
        BoundField,
        field_id=st.just("f"),
        name=st.sampled_from(["code", "name", "population", "c_2024"]),
        title=_texts.filter(bool),
        type=st.sampled_from(TYPES),
        format=st.none() | st.sampled_from([form for form in FORMATS if form != "default"]),
        constraints=st.dictionaries(st.sampled_from(["minimum", "maxLength"]), st.integers(0, 9)),
        required=st.booleans(),
        open_level=st.just("opendata"),
        description=_texts,
        concept=st.none() | _texts.filter(bool),
    ),
    unique_by=lambda field: field.name,
)


def faults(schema: dict[str, Any]) -> tuple[Fault, ...]:
    with pytest.raises(Invalid) as refused:
        table_schema.read(schema)
    return refused.value.faults


@given(_fields)
def test_what_is_written_reads_as_it_was(fields: list[BoundField]) -> None:
    read, key = table_schema.read(table_schema.write(fields, [field.name for field in fields]))
    assert key == tuple(field.name for field in fields)
    for field, values in zip(fields, read, strict=True):
        required = {"required": True} if field.required else {}
        assert values == {
            "name": field.name,
            "title": field.title,
            "type": field.type,
            "format": field.format,
            "description": field.description,
            "constraints": {**field.constraints, **required},
            "concept": field.concept,
        }


def test_what_says_nothing_is_not_written() -> None:
    field = BoundField("f", "code", "Code", "string", None, {}, required=False, open_level="opendata")
    assert table_schema.write([field], []) == {
        "fields": [{"name": "code", "title": "Code", "type": "string"}],
        "missingValues": [""],
    }


def test_levels_are_not_written() -> None:
    field = BoundField("f", "code", "Code", "string", None, {}, required=False, open_level="private")
    assert "private" not in repr(table_schema.write([field], []))


def test_a_name_gets_the_form_of_a_key_and_the_title_keeps_it() -> None:
    (values,), key = table_schema.read({"fields": [{"name": "Code INSEE"}], "primaryKey": "Code INSEE"})
    assert (values["name"], values["title"], key) == ("code_insee", "Code INSEE", ("code_insee",))


def test_a_field_without_a_type_holds_text() -> None:
    ((values), *_), _ = table_schema.read({"fields": [{"name": "a"}]})
    assert (values["type"], values["format"], values["constraints"]) == ("string", None, {})


def test_the_default_format_is_none() -> None:
    (values,), _ = table_schema.read({"fields": [{"name": "a", "format": "default"}]})
    assert values["format"] is None


@pytest.mark.parametrize("primary", ["a", ["a"], ["a", "a"]])
def test_a_key_is_a_name_or_a_list_of_names(primary: Any) -> None:
    assert table_schema.read({"fields": [{"name": "a"}], "primaryKey": primary})[1] == ("a",)


@pytest.mark.parametrize("primary", [None, []])
def test_a_schema_may_have_no_key(primary: Any) -> None:
    assert table_schema.read({"fields": [{"name": "a"}], "primaryKey": primary})[1] == ()


@pytest.mark.parametrize("primary", [5, {"a": 1}, [["a"]], [None]])
def test_a_key_of_another_kind_is_refused(primary: Any) -> None:
    assert faults({"fields": [{"name": "a"}], "primaryKey": primary})[0].pointer == "/primaryKey"


def test_a_key_that_names_no_field_is_refused_naming_it() -> None:
    assert faults({"fields": [{"name": "a"}], "primaryKey": ["a", "b"]}) == (
        Fault("/primaryKey", "'b' is no field of the schema"),
    )


def test_fields_without_a_name_are_refused_each_in_its_place() -> None:
    assert [fault.pointer for fault in faults({"fields": [{}, {"name": "a"}, {"name": ""}]})] == [
        "/fields/0/name",
        "/fields/2/name",
    ]


def test_of_fields_named_alike_the_key_means_the_first() -> None:
    read, key = table_schema.read({"fields": [{"name": "a"}, {"name": "a"}], "primaryKey": "a"})
    assert [values["name"] for values in read] == ["a", "a_2"]
    assert key == ("a",)


def test_a_datasets_columns_are_written_by_key() -> None:
    column = Column("code", "Code INSEE", format="insee_commune", open_level="private", concept="https://a.example/c")
    assert table_schema.write_columns([column], ["code"]) == {
        "fields": [
            {
                "name": "code",
                "title": "Code INSEE",
                "type": "string",
                "format": "insee_commune",
                "rdfType": "https://a.example/c",
            }
        ],
        "missingValues": [""],
        "primaryKey": ["code"],
    }


def test_a_key_with_a_hidden_column_is_not_told() -> None:
    assert "primaryKey" not in table_schema.write_columns([Column("a", "A")], ["a", "hidden"])


def test_a_column_makes_a_field_of_its_name() -> None:
    values = table_schema.field_of_column(Column("code", "", "integer", description="Said"))
    assert (values["name"], values["title"], values["type"], values["description"]) == (
        "code",
        "code",
        "integer",
        "Said",
    )
