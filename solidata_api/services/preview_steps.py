"""Which step a preview is of: one of the project's recipe or of a source's own, or inside a recipe that a step uses.

They are named as `check` and reports name them: `step` from 1, `inner` the places in nested recipes, `source` the
dataset whose own recipe it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from solidata_api.domain.errors import Fault, Invalid
from solidata_api.recipes import nesting
from solidata_api.recipes.base import Step
from solidata_api.recipes.references import references
from solidata_api.services import stages
from solidata_api.services.plans import Plan, PlannedSource

#: So deep do recipes nest, and `inner` goes.
MOST_INNER = nesting.MAX_DEPTH
_WRONG = "There is no such step."
_PLACE = re.compile(r"((?:/steps/\d+)+)(?:/|$)")


@dataclass(frozen=True)
class PreviewStep:
    """A step, by its place as parsed steps have it; a place of a `use` is that of all its steps."""

    op: str
    place: tuple[int, ...]
    source: PlannedSource | None = None

    def steps(self, plan: Plan) -> tuple[Step, ...]:
        """The steps of its recipe."""
        return self.source.steps if self.source else plan.steps

    def matters(self, where: str) -> bool:
        """Whether what is said of a place in the project is said of this step, or of anything that comes before it."""
        recipe = f"/sources/{self.source.dataset.id}/recipe" if self.source else "/recipe"
        found = _PLACE.match(where.removeprefix(recipe)) if where.startswith(recipe) else None
        if found:
            place = tuple(int(n) for n in found[1].split("/steps/")[1:])
            return place[: len(self.place)] <= self.place
        if self.source is None:
            return not where.startswith("/fields/")
        # Nothing else of the project comes before a source's own recipe than what this reads.
        earlier = [step for step in self.source.steps if step.place[: len(self.place)] <= self.place]
        read = {self.source.dataset.id, *(one for one, _ in references(earlier))}
        return where == recipe or where in {f"/sources/{one}" for one in read}

    def is_of(self, line: Mapping[str, Any]) -> bool:
        """Whether a line of a report tells of it, or of a step of the recipe that it uses."""
        n, *inner = (one + 1 for one in self.place)
        same = line["n"] == n and line.get("inner", [])[: len(inner)] == inner
        return same and line.get("source") == (self.source.dataset.id if self.source else None)

    def told(self) -> dict[str, Any]:
        """As the answer names it."""
        n, *inner = (one + 1 for one in self.place)
        source = {"source": self.source.dataset.id} if self.source else {}
        return {"n": n, "op": self.op, **source, **({"inner": inner} if inner else {})}


def asked(plan: Plan, params: Mapping[str, Any]) -> PreviewStep | None:
    """The step that is asked for, or None for the rows in the end. Raises Invalid where there is none such."""
    n, inner, source_id = params["step"], params["inner"], params["source"]
    if n is None:
        said = [name for name in ("inner", "source") if params[name]]
        if said:
            raise Invalid(_WRONG, [Fault(f"/{said[0]}", "say with `step` which step it is")])
        return None
    source = _source(plan, source_id) if source_id else None
    recipe = plan.project.recipe if source is None else source.entry.recipe
    steps = recipe.steps if recipe else ()
    if source is None and n == len(steps) + 1 and not inner:
        return PreviewStep(stages.MODEL, (n - 1,))
    if n > len(steps):
        raise Invalid(_WRONG, [Fault("/step", _none_such(n, len(steps), source))])
    return PreviewStep(_inside(steps[n - 1], n, inner)["op"], tuple(one - 1 for one in (n, *inner)), source)


def _source(plan: Plan, dataset_id: str) -> PlannedSource:
    for source in plan.sources:
        if source.dataset.id == dataset_id and source.is_stacked and source.entry.recipe:
            return source
    sentence = f"the project maps no source {dataset_id!r} that has a recipe of its own"
    raise Invalid(_WRONG, [Fault("/source", sentence)])


def _none_such(n: int, count: int, source: PlannedSource | None) -> str:
    if source is not None:
        return f"the recipe of this source has {count} steps: there is no {n}"
    return f"the recipe has {count} steps, and {count + 1} gives fields their types: there is no {n}"


def _inside(step: Any, n: int, inner: Sequence[int]) -> Any:
    """The step at these places in nested recipes."""
    number = str(n)
    for depth, one in enumerate(inner):
        nested = nesting.inner(step)
        if one > len(nested):
            has = f"uses a recipe of {len(nested)} steps" if nested else "uses no recipe"
            raise Invalid(_WRONG, [Fault(f"/inner/{depth}", f"step {number} {has}: there is no {number}.{one}")])
        step, number = nested[one - 1], f"{number}.{one}"
    return step
