"""Recipes inside recipes, as JSON: how many steps they have together, how deep they nest, and that none uses itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from solidata_api.domain.errors import Fault, RecipeMisfit
from solidata_api.domain.recipes import USE

MAX_STEPS = 200
MAX_DEPTH = 5


def require_fits(steps: Sequence[Any]) -> None:
    """Raise RecipeMisfit for a recipe that is too long with those that it uses, too deep, or used inside itself."""
    faults = list(_nested(steps, "/steps", ()))
    found = count(steps)
    if found > MAX_STEPS:
        sentence = f"a recipe has at most {MAX_STEPS} steps, with those of the recipes that it uses; this one {found}"
        faults.append(Fault("/steps", sentence))
    if faults:
        raise RecipeMisfit("The recipe is too long or too deep.", faults)


def used(steps: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Each `use` step, those of nested recipes too."""
    for step in steps:
        if isinstance(step, dict) and step.get("op") == USE:
            yield step
            yield from used(inner(step))


def inner(step: Any) -> Sequence[Any]:
    """The steps that are kept with a `use` step; of others none."""
    steps = step.get("steps") if isinstance(step, dict) and step.get("op") == USE else None
    return steps if isinstance(steps, list | tuple) else ()


def count(steps: Sequence[Any]) -> int:
    """How many steps these are, with those of the recipes that they use."""
    return sum(1 + count(inner(step)) for step in steps)


def _nested(steps: Sequence[Any], at: str, path: tuple[Any, ...]) -> Iterator[Fault]:
    for n, step in enumerate(steps):
        if not inner(step):
            continue
        if step.get("recipe_id") in path:
            yield Fault(f"{at}/{n}/recipe_id", "a recipe can't use itself, nor what uses it")
        elif len(path) >= MAX_DEPTH:
            yield Fault(f"{at}/{n}", f"recipes nest at most {MAX_DEPTH} deep, this is one more")
        else:
            yield from _nested(inner(step), f"{at}/{n}/steps", (*path, step.get("recipe_id")))
