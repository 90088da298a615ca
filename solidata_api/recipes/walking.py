"""A recipe held against columns, before a row is read: the columns after each step, what does not fit, what chooses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Misfit, Schema, Step, pointer

Remark = dict[str, str]
#: How many columns a table may have on its way: what follows them works through all of them at each step.
MOST_COLUMNS = 5000


@dataclass(frozen=True)
class Choice:
    """A column that only chooses, orders or matches rows, or may stop the run: where, its key, its source columns."""

    where: str
    key: str
    sources: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Walk:
    """The columns before the first step and after each one in use, as far as they fit, and what was found there."""

    schemas: tuple[Schema, ...]
    problems: tuple[Remark, ...] = ()
    choices: tuple[Choice, ...] = ()

    @property
    def last(self) -> Schema:
        return self.schemas[-1]


def walk(where: str, steps: Sequence[Step], schema: Schema, fields: Sequence[BoundField] = ()) -> Walk:
    """The walk of a recipe that stands at a pointer, such as `/recipe`. After the first step that does not fit, later
    ones are not judged."""
    schemas, problems, choices = [schema], list[Remark](), list[Choice]()
    for step in steps:
        at = where + pointer(step.place)
        if step.off:
            continue
        try:
            after = _of_bounded_width(step.schema_after(schemas[-1]))
        except Misfit as misfit:
            problems += [remark(f"{at}/{one.pointer}", one.message) for one in misfit.faults]
            break
        problems += [remark(f"{at}/{one.pointer}", one.message) for one in step.unfit(fields)]
        choices += _choices(at, step, schemas[-1], fields)
        schemas.append(after)
    return Walk(tuple(schemas), tuple(problems), tuple(choices))


def _of_bounded_width(schema: Schema) -> Schema:
    if len(schema) > MOST_COLUMNS:
        raise Misfit(
            "op", f"a table has at most {MOST_COLUMNS} columns after a step; this one would have {len(schema)}"
        )
    return schema


def remark(where: str, message: str) -> Remark:
    """One thing said of a place."""
    return {"where": where, "message": message}


def _choices(where: str, step: Step, schema: Schema, fields: Sequence[BoundField]) -> Iterator[Choice]:
    for key in dict.fromkeys(step.deciding(schema, fields)):
        yield Choice(where, key, schema[key].sources)
    # Cells are held against those of a reference: which of them stay tells what is in it.
    for dataset_id, column in step.choosing_references():
        yield Choice(where, column, frozenset([(dataset_id, column)]))
