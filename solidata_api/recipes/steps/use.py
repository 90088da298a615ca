"""`use`: another recipe, nested at one of its versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.recipes.base import Step
from solidata_api.recipes.decisions import INSIDE, Inside, inside_faults
from solidata_api.recipes.parameters import STEPS_AS_JSON, TEXT, optional, param, whole


@dataclass(frozen=True, kw_only=True)
class Use(Step):
    """Do the steps of another recipe, at one of its versions.

    Its steps run in this one's place as if they were written here, each with its own scope and its own line in the
    report, which says `n` of this step and in `inner` which of the nested ones it is. They are kept with this step as
    they are when it is put: a later version, or the end of the other recipe, changes nothing here. What becomes of
    values that a step can't take is said by the nested steps; `off` leaves all of them out. Recipes nest at most five
    deep, and none uses itself.

    What people decide on proposals of a nested step is kept here too, in `decisions`: it comes before decisions of the
    other recipe's own on the same values, and changes nothing in that recipe.
    """

    op: ClassVar = "use"
    group: ClassVar = "recipes"
    example: ClassVar = {"op": "use", "recipe_id": "65f0c0ffee65f0c0ffee65f0", "version": 2}

    recipe_id: str = param(TEXT, "the other recipe, by id", example="65f0c0ffee65f0c0ffee65f0")
    version: int = param(whole(1, 2**31), "its version", example=2)
    steps: tuple[Any, ...] | None = param(
        optional(STEPS_AS_JSON),
        "its steps at this version: written here when the step is put, and best left out by who writes one",
        default=None,
    )
    decisions: tuple[Inside, ...] = param(
        INSIDE, "for steps inside, each named by its places there from 1: `{inner, decisions}`", default=(),
        example=[{"inner": [2], "decisions": [{"values": ["St Etienne"], "into": "Saint-Étienne"}]}],
    )  # fmt: skip

    def faults(self) -> Iterator[Fault]:
        said = {"on_error": self.on_error != "reject_cell", "max_rejects": self.max_rejects is not None}
        for name in (name for name, is_said in said.items() if is_said):
            yield Fault(name, "the steps of the other recipe say this, each for itself")
        yield from inside_faults(self.decisions)
