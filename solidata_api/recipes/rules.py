"""Rules of validation: how they are written, which columns they fit, and those that a model's constraints stand for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from solidata_api.domain.datasets import Column
from solidata_api.domain.models import BoundField
from solidata_api.domain.queries import as_text, typed
from solidata_api.recipes.base import Misfit, Schema
from solidata_api.recipes.parameters import KEY, PATTERN, SCALAR, TEXT, Kind, Wrong, choice, list_of, read_at

ON_FAILURE = ("reject", "warn", "stop")
_ORDERED = ("integer", "number", "year", "date", "datetime")


def _length(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Wrong(f"it is a whole number from 0, not {value!r}")
    return value


_LENGTH = Kind({"type": "integer", "minimum": 0}, _length)
#: Each check with the kind of its `value`, if it takes one.
CHECKS: dict[str, Kind | None] = {
    "required": None,
    "unique": None,
    "pattern": PATTERN,
    "minimum": SCALAR,
    "maximum": SCALAR,
    "min_length": _LENGTH,
    "max_length": _LENGTH,
    "enum": list_of(SCALAR),
    "foreign_key": None,
}
_BY_CONSTRAINT = {"minLength": "min_length", "maxLength": "max_length"}
_PLAIN = {
    "on_failure": choice(*ON_FAILURE),
    "check": choice(*CHECKS),
    "column": KEY,
    "dataset_id": TEXT,
    "reference_column": KEY,
}
_SHAPES = {**{name: kind.schema for name, kind in _PLAIN.items()}, "model": {"type": "boolean", "enum": [True]}}


@dataclass(frozen=True)
class Rule:
    """One check of one column; `type` is the type to judge it in, if not its own. `model` checks all."""

    check: str
    column: str = ""
    value: Any = None
    dataset_id: str = ""
    reference_column: str = ""
    on_failure: str = "reject"
    type: str | None = None
    form: str | None = None


def _read(value: Any) -> Rule:
    if not isinstance(value, dict):
        raise Wrong('it is an object such as {"check": "required", "column": "code"}')
    if "model" in value:
        return _read_model(value)
    if "check" not in value:
        raise Wrong(f'it has a check, one of {", ".join(CHECKS)}, or is {{"model": true}}')
    check = read_at(_PLAIN["check"], value["check"], "/check")
    kind = CHECKS[check]
    wanted = {
        "check",
        "column",
        *(["value"] if kind else []),
        *(["dataset_id", "reference_column"] if check == "foreign_key" else []),
    }
    _same_names(value, wanted)
    read = {name: read_at(_PLAIN[name], value[name], f"/{name}") for name in value if name in _PLAIN}
    if kind is not None:
        read["value"] = read_at(kind, value["value"], "/value")
    return Rule(**read)


def _read_model(value: dict[str, Any]) -> Rule:
    _same_names(value, {"model"})
    if value["model"] is not True:
        raise Wrong("it is true or left out", "/model")
    return Rule("model", on_failure=read_at(_PLAIN["on_failure"], value.get("on_failure", "reject"), "/on_failure"))


def _same_names(value: dict[str, Any], wanted: set[str]) -> None:
    for name in sorted(wanted - value.keys()):
        raise Wrong(f"this rule needs {name!r}")
    for name in sorted(value.keys() - wanted - {"on_failure"}):
        raise Wrong(f"unknown; this rule takes {', '.join(sorted({*wanted, 'on_failure'}))}", f"/{name}")


RULE = Kind({"type": "object", "properties": {**_SHAPES, "value": {}}, "additionalProperties": False}, _read)


def fits(rule: Rule, n: int, schema: Schema) -> None:
    """Raise Misfit where a rule does not fit the columns: an unknown one, bounds of a type without order."""
    if rule.check == "model":
        return
    schema.require(f"rules/{n}/column", [rule.column])
    column = schema[rule.column]
    try:
        bound(rule, column.as_column())
    except ValueError as error:
        raise Misfit(f"rules/{n}/value", str(error)) from None


def bound(rule: Rule, column: Column) -> Any:
    """The value of `minimum` or `maximum` as cells of this column have it. Raises ValueError where there is none."""
    if rule.check not in ("minimum", "maximum"):
        return None
    if column.type not in _ORDERED:
        raise ValueError(
            f"{rule.check} needs one of the types {', '.join(_ORDERED)}; column {column.key!r} is {column.type}"
        )
    return typed(as_text(rule.value), column)


def model_rules(fields: Iterable[BoundField], on_failure: str, keys: Iterable[str]) -> Iterator[Rule]:
    """The rules that the constraints of the model's fields stand for, on the columns that are there."""
    present = set(keys)
    for field in fields:
        if field.name not in present:
            continue
        constraints = {"required": field.required, **field.constraints}
        constraints["required"] = constraints["required"] or field.required
        for name, value in constraints.items():
            if value is not False:
                check = _BY_CONSTRAINT.get(name, name)
                yield Rule(check, field.name, value, on_failure=on_failure, type=field.type, form=field.format)
