"""What people decided on proposals of a step, kept with the recipe and done again in every run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from solidata_api.domain.errors import Fault
from solidata_api.recipes.parameters import TEXT, Kind, Wrong, list_of, optional, read_at


@dataclass(frozen=True)
class Grouped:
    """These values are one, written `into`; or, where that is None, each is its own."""

    values: tuple[str, ...]
    into: str | None


@dataclass(frozen=True)
class Matched:
    """This value is the reference's row with that key; or, where that is None, none of its rows."""

    value: str
    reference: str | None


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
