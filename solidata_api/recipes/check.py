"""Checks a recipe against columns and a model, before a row is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Schema, SchemaColumn, Step
from solidata_api.recipes.stacking import StackedSource, stacked_schema
from solidata_api.recipes.walking import Choice, Remark, Walk, remark, walk

__all__ = ["CheckResult", "Choice", "StackedSource", "check", "modelled_schema"]


@dataclass(frozen=True)
class CheckResult:
    """What is wrong, what is worth knowing, and the columns: after stacking and each step, and in the end."""

    problems: tuple[Remark, ...]
    warnings: tuple[Remark, ...]
    schema_after_each: tuple[Schema, ...]
    schema: Schema
    choices: tuple[Choice, ...] = ()


def check(steps: Sequence[Step], sources: Sequence[StackedSource], fields: Sequence[BoundField]) -> CheckResult:
    """Everything that can be said without data. After the first step that does not fit, later ones are not judged."""
    begun, of_sources = stacked_schema(sources, fields), [source.walked for source in sources if source.steps]
    unfit = [problem for one in of_sources for problem in one.problems]
    # What a source's own recipe would have given is not known where it does not fit.
    walked = Walk((begun,)) if unfit else walk("/recipe", steps, begun, fields)
    problems = [*unfit, *walked.problems]
    choices = [choice for one in (*of_sources, walked) for choice in one.choices]
    last, fits = walked.last, not problems
    problems += _unfilled(last, fields, fits) if sources else []
    warnings = [*_dropped(last, fields), *_left_empty(last, fields), *_converted(last, fields)] if fits else []
    return CheckResult(tuple(problems), tuple(warnings), walked.schemas, modelled_schema(last, fields), tuple(choices))


def modelled_schema(schema: Schema, fields: Sequence[BoundField]) -> Schema:
    """The columns in the end: the model's fields, in its order and types, each with what reaches it."""
    return Schema(tuple(_modelled(schema, field) for field in fields))


def _modelled(schema: Schema, field: BoundField) -> SchemaColumn:
    filled = schema[field.name] if field.name in schema else SchemaColumn(field.name)
    return replace(filled, title=field.title, type=field.type, format=field.format)


def _unfilled(schema: Schema, fields: Sequence[BoundField], fits: bool) -> list[Remark]:
    """Required fields that nothing fills; a recipe that does not fit might have filled them."""
    missing = [field.name for field in fields if field.required and field.name not in schema] if fits else []
    return [remark(f"/fields/{name}", f"field {name!r} is required, and nothing fills it") for name in missing]


def _left_empty(schema: Schema, fields: Sequence[BoundField]) -> Iterator[Remark]:
    for field in fields:
        if not field.required and field.name not in schema:
            yield remark(f"/fields/{field.name}", f"nothing fills field {field.name!r}: its column will be blank")


def _dropped(schema: Schema, fields: Sequence[BoundField]) -> Iterator[Remark]:
    names = {field.name for field in fields}
    for key in schema.keys:
        if key not in names:
            yield remark(f"/columns/{key}", f"column {key!r} is no field of the model: it is dropped in the end")


def _converted(schema: Schema, fields: Sequence[BoundField]) -> Iterator[Remark]:
    for field in fields:
        if field.name in schema and schema[field.name].type != field.type and field.type not in ("string", "any"):
            kind = schema[field.name].type
            sentence = f"column {field.name!r} is {kind} after the last step and will be read as {field.type}"
            yield remark(f"/columns/{field.name}", f"{sentence}; what does not read becomes a reject")
