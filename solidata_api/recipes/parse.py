"""Recipes as JSON: read into steps, and described by the catalogue."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from solidata_api.domain.errors import Fault, RecipeMisfit
from solidata_api.recipes import STEPS, nesting
from solidata_api.recipes.base import Step, pointer
from solidata_api.recipes.deciding_inside import decided_inside
from solidata_api.recipes.parameters import Kind, Wrong, shown
from solidata_api.recipes.steps.use import Use

_BY_OP = {step.op: step for step in STEPS}


def parse(steps: Sequence[Any]) -> tuple[Step, ...]:
    """The steps of a recipe, those of nested ones in place of each `use`.

    Raises RecipeMisfit with every fault, such as `/steps/2/columns`, or `/steps/3/steps/1/columns` in a nested one.
    """
    nesting.require_fits(steps)
    faults: list[Fault] = []
    parsed = tuple(_steps(steps, (), faults))
    if faults:
        raise RecipeMisfit("The recipe does not read.", faults)
    return parsed


def catalogue() -> list[dict[str, Any]]:
    """Every step, as `GET /recipes/steps` lists them."""
    return [_entry(step) for step in STEPS]


def json_schema(step: type[Step]) -> dict[str, Any]:
    """The JSON Schema of a step's parameters."""
    properties: dict[str, Any] = {"op": {"type": "string", "enum": [step.op]}}
    required = ["op"]
    for name, field in _parameters(step):
        properties[name] = _property(field)
        if field.default is dataclasses.MISSING:
            required.append(name)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        "example": step.example,
    }


def common_parameters() -> dict[str, Any]:
    """The parameters that every step takes, as JSON Schema properties."""
    return {name: _property(field) for name, field in _parameters(Step)}


def _steps(values: Sequence[Any], place: tuple[int, ...], faults: list[Fault]) -> Iterator[Step]:
    for n, value in enumerate(values):
        there = (*place, n)
        step = _step(value, pointer(there), faults)
        if isinstance(step, Use):
            nested = _steps(_kept(step, pointer(there), faults), there, faults)
            inside = [dataclasses.replace(one, off=one.off or step.off) for one in nested]
            # Where some do not read, decisions have nothing to be held against.
            yield from inside if faults else decided_inside(inside, step.decisions, there, faults)
        elif step is not None:
            yield dataclasses.replace(step, place=there)


def _kept(step: Use, at: str, faults: list[Fault]) -> Sequence[Any]:
    """The steps of the recipe that is used: a version without one would do nothing, and that in no line of a report."""
    if step.steps is None:
        sentence = f"there is no recipe {step.recipe_id!r} with a version {step.version} that you may read whole"
        faults.append(Fault(f"{at}/recipe_id", sentence))
    elif not step.steps:
        faults.append(Fault(f"{at}/version", f"version {step.version} of this recipe has no step"))
    return step.steps or ()


def _step(value: Any, at: str, faults: list[Fault]) -> Step | None:
    if not isinstance(value, dict):
        faults.append(Fault(at, f"a step is an object with an op, not {shown(value)}"))
        return None
    step = _BY_OP.get(value["op"]) if isinstance(value.get("op"), str) else None
    if step is None:
        named = f"unknown op {shown(value['op'])}" if "op" in value else "a step has an op"
        faults.append(Fault(f"{at}/op", f"{named}; known are {', '.join(_BY_OP)}"))
        return None
    found = list(_faults(step, value))
    faults += [Fault(f"{at}/{fault.pointer}", fault.message) for fault in found]
    return None if found else _built(step, value)


def _faults(step: type[Step], value: dict[str, Any]) -> Iterator[Fault]:
    known = dict(_parameters(step))
    for name in value.keys() - known.keys() - {"op"}:
        yield Fault(_escaped(name), f"unknown parameter of {step.op}; known are {', '.join(known)}")
    wrong = False
    for name, field in known.items():
        fault = _fault(name, field, value)
        if fault:
            wrong = True
            yield fault
    if not wrong:
        yield from _built(step, {name: one for name, one in value.items() if name in known}).faults()


def _fault(name: str, field: dataclasses.Field[Any], value: dict[str, Any]) -> Fault | None:
    if name not in value:
        return Fault(name, "it is missing") if field.default is dataclasses.MISSING else None
    try:
        _kind(field).read(value[name])
    except Wrong as wrong:
        return Fault(name + wrong.at, str(wrong))
    return None


def _built(step: type[Step], value: dict[str, Any]) -> Step:
    read = {field.name: _kind(field).read(value[name]) for name, field in _parameters(step) if name in value}
    return step(**read)


def _parameters(step: type[Step]) -> Iterator[tuple[str, dataclasses.Field[Any]]]:
    """Own parameters first, then those that all steps have. `from_` and `with_` are `from` and `with` in JSON."""
    fields = [field for field in dataclasses.fields(step) if "kind" in field.metadata]
    common = {field.name for field in dataclasses.fields(Step)}
    for field in (*(one for one in fields if one.name not in common), *(one for one in fields if one.name in common)):
        yield field.name.removesuffix("_"), field


def _kind(field: dataclasses.Field[Any]) -> Kind:
    kind: Kind = field.metadata["kind"]
    return kind


def _property(field: dataclasses.Field[Any]) -> dict[str, Any]:
    said = {**_kind(field).schema, "description": field.metadata["description"]}
    if field.default is not dataclasses.MISSING:
        said["default"] = list(field.default) if isinstance(field.default, tuple) else field.default
    if field.metadata["example"] is not None:
        said["example"] = field.metadata["example"]
    return said


def _entry(step: type[Step]) -> dict[str, Any]:
    description = inspect.cleandoc(step.__doc__ or "")
    return {
        "op": step.op,
        "group": step.group,
        "title": description.splitlines()[0],
        "description": description,
        "scope": step.scope,
        **({"bounded": step.bounded} if step.bounded else {}),
        "schema": json_schema(step),
        "example": step.example,
    }


def _escaped(name: str) -> str:
    """A name as part of a JSON pointer."""
    return name[:100].replace("~", "~0").replace("/", "~1")
