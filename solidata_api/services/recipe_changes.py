"""Two versions of a recipe side by side, of a recipe document or of a project's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from solidata_api.backends import Backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.errors import Conflict, Fault, Invalid, NotFound
from solidata_api.domain.recipes import Steps
from solidata_api.domain.step_changes import StepChange, differences
from solidata_api.services import documents, project_recipes, recipes

#: The two versions that a request names, as it says them: the earlier and the later one.
Asked = tuple[str | None, str | None]


@dataclass(frozen=True)
class Compared:
    """How the steps of version `after` differ from those of `before`, as far as one reader may read both."""

    before: int
    after: int
    changes: tuple[StepChange, ...]
    #: How many steps the later one has.
    steps: int


def of_recipe(backends: Backends, actor: Actor, recipe_id: str, asked: Asked) -> Compared:
    """Two versions of a recipe; unsaid: the current one, and the one before the later one.

    Raises NotFound, Invalid, Conflict where there is none before.
    """
    recipe = documents.readable(backends, backends.recipes, actor, recipe_id)
    earlier = {one.version: one.version - 1 for one in recipe.versions}
    before, after = _numbers(asked, recipe.version, earlier)
    old, new = (recipes.version(backends, actor, recipe.id, str(n)).steps or () for n in (before, after))
    return _compared(before, after, old, new)


def of_project(backends: Backends, actor: Actor, project_id: str, asked: Asked) -> Compared:
    """Two versions of a project's recipe; unsaid: the current one, and the one that the later one was made of.

    Raises NotFound, Invalid, Conflict where it was made of none.
    """
    project = documents.readable(backends, backends.projects, actor, project_id)
    kept = project_recipes.kept(backends, project)
    before, after = _numbers(asked, project.recipe.version, {n: one.made_from for n, one in kept.items()})
    inside = documents.is_inside(actor, project)
    old, new = (project_recipes.shown_steps(kept[n], inside) for n in (before, after))
    return _compared(before, after, old, new)


def _compared(before: int, after: int, old: Steps, new: Steps) -> Compared:
    return Compared(before, after, tuple(differences(old, new)), len(new))


def _numbers(asked: Asked, current: int, earlier: Mapping[int, int | None]) -> tuple[int, int]:
    """The versions that are meant; `earlier` says of each that there is which one comes before it."""
    said = (_number(asked[0], "from"), _number(asked[1], "to"))
    after = current if said[1] is None else said[1]
    _require_known(after, earlier)
    before = earlier[after] if said[0] is None else said[0]
    if before is None or (said[0] is None and before not in earlier):
        raise Conflict(f"There is no version before {after} to compare with.")
    _require_known(before, earlier)
    return before, after


def _number(text: str | None, named: str) -> int | None:
    if text is not None and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid("The version does not fit.", [Fault(named, f"it is a whole number, not {text[:40]!r}")])
    return None if text is None else int(text)


def _require_known(n: int, known: Mapping[int, int | None]) -> None:
    if n not in known:
        raise NotFound(f"There is no version {n} of this recipe.")
