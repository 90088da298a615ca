"""Fields and models: which names, types and constraints fit, and a model with its fields in place."""

from __future__ import annotations

from typing import Any

import pytest

from solidata_api.domain.datasets import FORMATS, TYPES
from solidata_api.domain.documents import Member
from solidata_api.domain.models import (
    CONSTRAINTS,
    Field,
    Model,
    ModelField,
    bind,
    constraint_faults,
    name_faults,
    type_faults,
)
from tests.domain.documents import MOMENT


def make_field(identifier: str, **values: Any) -> Field:
    start = {"id": identifier, "title": "", "name": identifier, "type": "string"}
    return Field(**{**start, "created_at": MOMENT, "updated_at": MOMENT, **values})


def make_model(*entries: ModelField) -> Model:
    return Model(
        id="m", title="M", fields=entries, team=(Member("ada", "owner"),), created_at=MOMENT, updated_at=MOMENT
    )


@pytest.mark.parametrize("name", ["a", "code", "c_2024", "a_b_c", "x" * 60])
def test_a_name_of_the_form_fits(name: str) -> None:
    assert name_faults(name) == []


@pytest.mark.parametrize("name", ["", "A", "é", "1a", "_a", "a_", "a__b", "a-b", "a b", "a\n", "x" * 61, "_id"])
def test_a_name_of_another_form_is_refused_showing_it(name: str) -> None:
    (fault,) = name_faults(name)
    assert fault.pointer == "/name"
    assert repr(name[:80]) in fault.message


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_of_the_contract_is_known(kind: str) -> None:
    assert type_faults(kind, None) == []


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_of_the_contract_fits_texts(form: str) -> None:
    assert type_faults("string", form) == []


def test_an_unknown_type_is_refused_naming_the_known() -> None:
    (fault,) = type_faults("text", None, "/fields/3")
    assert fault.pointer == "/fields/3/type"
    assert "'text'" in fault.message and "geopoint" in fault.message


def test_an_unknown_format_of_a_text_is_refused_naming_the_known() -> None:
    (fault,) = type_faults("string", "ipv6")
    assert fault.pointer == "/format"
    assert "insee_commune" in fault.message


def test_other_types_have_formats_of_their_own() -> None:
    assert type_faults("date", "%d/%m/%Y") == []


@pytest.mark.parametrize(
    ("kind", "constraints"),
    [
        ("string", {"required": True, "unique": False, "minLength": 1, "maxLength": 5, "pattern": "a+", "enum": ["a"]}),
        ("integer", {"minimum": 0, "maximum": 10}),
        ("number", {"minimum": 0.5}),
        ("date", {"minimum": "2024-01-01"}),
    ],
)
def test_constraints_of_table_schema_fit(kind: str, constraints: dict[str, Any]) -> None:
    assert constraint_faults(constraints, kind) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("required", "yes"),
        ("required", 1),
        ("minLength", "3"),
        ("minLength", True),
        ("maxLength", 1.5),
        ("minimum", True),
        ("minimum", None),
        ("pattern", 5),
        ("enum", "a,b"),
    ],
)
def test_a_constraint_of_the_wrong_kind_is_refused_naming_it(name: str, value: Any) -> None:
    (fault,) = constraint_faults({name: value}, "string")
    assert fault.pointer == f"/constraints/{name}"
    assert f"not {value!r}" in fault.message


@pytest.mark.parametrize("kind", ["integer", "number", "year"])
def test_the_bounds_of_numbers_are_numbers(kind: str) -> None:
    assert "is a number, not '5'" in constraint_faults({"maximum": "5"}, kind)[0].message


def test_an_unknown_constraint_is_refused_naming_the_known() -> None:
    (fault,) = constraint_faults({"regex": "a"}, "string", "/fields/0/constraints")
    assert fault.pointer == "/fields/0/constraints/regex"
    assert all(name in fault.message for name in CONSTRAINTS)


def test_every_wrong_constraint_is_told() -> None:
    assert len(constraint_faults({"regex": "a", "minLength": "x", "unique": True}, "string")) == 2


def test_a_model_binds_its_fields_in_its_own_order() -> None:
    model = make_model(ModelField("b"), ModelField("a"))
    assert [field.name for field in bind(model, [make_field("a"), make_field("b")])] == ["b", "a"]


def test_a_field_since_deleted_is_left_out() -> None:
    assert [field.name for field in bind(make_model(ModelField("a"), ModelField("b")), [make_field("a")])] == ["a"]


@pytest.mark.parametrize(("by_model", "by_field"), [(True, False), (False, True)])
def test_a_field_is_required_when_its_model_or_its_constraints_say_so(by_model: bool, by_field: bool) -> None:
    (bound,) = bind(
        make_model(ModelField("a", required=by_model)), [make_field("a", constraints={"required": by_field})]
    )
    assert bound.required


def test_a_bound_field_starts_at_the_level_that_its_model_says() -> None:
    (bound,) = bind(make_model(ModelField("a", open_level="private")), [make_field("a", open_level="opendata")])
    assert bound.open_level == "private"


def test_a_bound_field_without_a_title_is_called_by_its_name() -> None:
    (bound,) = bind(make_model(ModelField("a")), [make_field("a")])
    assert bound.title == "a"
