"""What people decided on proposals of a step, kept with the recipe and done again in every run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from solidata_api.domain.errors import Fault
from solidata_api.recipes.nesting import MAX_DEPTH, MAX_STEPS
from solidata_api.recipes.parameters import TEXT, Kind, Wrong, list_of, optional, read_at, whole


@dataclass(frozen=True)
class Grouped:
    """These values are one, written `into`; or, where that is None, each is its own."""

    values: tuple[str, ...]
    into: str | None

    def as_json(self) -> dict[str, Any]:
        return {"values": list(self.values), "into": self.into}


@dataclass(frozen=True)
class Matched:
    """This value is the reference's row with that key; or, where that is None, none of its rows."""

    value: str
    reference: str | None

    def as_json(self) -> dict[str, Any]:
        return {"value": self.value, "reference": self.reference}


@dataclass(frozen=True)
class Inside:
    """What was decided on a step of a recipe that is used: its place there, from 1, and so on inwards."""

    inner: tuple[int, ...]
    decisions: tuple[Grouped, ...] | tuple[Matched, ...]


_VALUES, _OPTIONAL = list_of(TEXT), optional(TEXT)


def _read_grouped(value: Any) -> Grouped:
    _require_names(value, "values", "into")
    into = read_at(_OPTIONAL, value["into"], "/into")
    if into == "":
        raise Wrong("it is the value to write, or null to keep these apart", "/into")
    return Grouped(read_at(_VALUES, value["values"], "/values"), into)


def _read_matched(value: Any) -> Matched:
    _require_names(value, "value", "reference")
    return Matched(read_at(TEXT, value["value"], "/value"), read_at(_OPTIONAL, value["reference"], "/reference"))


def _require_names(value: Any, *names: str) -> None:
    if not isinstance(value, dict) or set(value) != set(names):
        raise Wrong(f"it is an object with {' and '.join(names)}")


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


#: As many as a queue that people work through may leave.
MOST = 20_000
GROUPS = list_of(Kind(_object(values=_VALUES.schema, into=_OPTIONAL.schema), _read_grouped), least=0, most=MOST)
MATCHES = list_of(Kind(_object(value=TEXT.schema, reference=_OPTIONAL.schema), _read_matched), least=0, most=MOST)


def _read_inside(value: Any) -> Inside:
    _require_names(value, "inner", "decisions")
    inner = read_at(_PLACES, value["inner"], "/inner")
    first = value["decisions"][0] if isinstance(value["decisions"], list) and value["decisions"] else None
    kind = MATCHES if isinstance(first, dict) and "value" in first else GROUPS
    return Inside(inner, read_at(kind, value["decisions"], "/decisions"))


_PLACES = list_of(whole(1, MAX_STEPS), most=MAX_DEPTH)
_EITHER = {"type": "object", "description": "as decisions of that step are: `{values, into}`, or `{value, reference}`"}
INSIDE = list_of(
    Kind(_object(inner=_PLACES.schema, decisions={"type": "array", "items": _EITHER, "maxItems": MOST}), _read_inside),
    least=0,
    most=MAX_STEPS,
)


def inside_faults(entries: Sequence[Inside]) -> Iterator[Fault]:
    """Steps that are named twice, and what is wrong among the decisions on one step."""
    known: set[tuple[int, ...]] = set()
    for n, entry in enumerate(entries):
        if entry.inner in known:
            yield Fault(f"decisions/{n}/inner", "another entry is of this step already")
        known.add(entry.inner)
        groups = [one for one in entry.decisions if isinstance(one, Grouped)]
        matches = [one for one in entry.decisions if isinstance(one, Matched)]
        for fault in (*group_faults(groups), *match_faults(matches)):
            yield replace(fault, pointer=f"decisions/{n}/{fault.pointer}")


def group_faults(decisions: Sequence[Grouped]) -> Iterator[Fault]:
    """Values that are decided on twice, and values to write that another decision corrects."""
    into: dict[str, str | None] = {}
    for n, decision in enumerate(decisions):
        for value in dict.fromkeys(decision.values):
            if value in into:
                yield Fault(f"decisions/{n}/values", f"{value!r} is in another decision already")
            into[value] = decision.into
    for n, decision in enumerate(decisions):
        if decision.into is not None and into.get(decision.into) not in (None, decision.into):
            yield Fault(f"decisions/{n}/into", f"another decision writes {into[decision.into]!r} for it")


def match_faults(decisions: Sequence[Matched]) -> Iterator[Fault]:
    """Decisions said twice, and values that are one of the rows and none of them."""
    known: dict[str, set[str | None]] = {}
    for n, decision in enumerate(decisions):
        before = known.setdefault(decision.value, set())
        if decision.reference in before or (before and None in {*before, decision.reference}):
            yield Fault(f"decisions/{n}/value", f"{decision.value!r} is in another decision already")
        before.add(decision.reference)


def groups_over(own: Sequence[Grouped], later: Sequence[Grouped]) -> tuple[Grouped, ...]:
    """The decisions of a step with later ones in place of those on the same values."""
    gone = {value for one in later for value in one.values}
    left = (replace(one, values=tuple(value for value in one.values if value not in gone)) for one in own)
    return (*(one for one in left if one.values), *later)


def matches_over(own: Sequence[Matched], later: Sequence[Matched], *, several: bool) -> tuple[Matched, ...]:
    """The same of pairs. With `several` a value may be several rows of the reference; a refusal is of all."""
    said: dict[str, set[str | None]] = {}
    for one in later:
        said.setdefault(one.value, set()).add(one.reference)

    def stays(one: Matched) -> bool:
        on_it = said.get(one.value)
        return on_it is None or (several and None not in on_it and one.reference not in {*on_it, None})

    return (*filter(stays, own), *later)
