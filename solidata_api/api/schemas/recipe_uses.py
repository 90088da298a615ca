"""The shape of the places where a recipe is used, and its view."""

from __future__ import annotations

from typing import Any

from solidata_api.api.schemas import ID, answer, one_of, page_of, text, whole
from solidata_api.services.recipe_uses import UsedAt

USE_PAGE = page_of(
    answer(
        {
            "kind": one_of(("project", "recipe")),
            "id": ID,
            "title": text("of the project or recipe that uses this one"),
            "where": text("the place in it", example="/recipe/steps/0"),
            "version": whole("of this recipe that is used there"),
            "newer": whole("the version that this recipe is at now, where that is newer; or null"),
        },
        null=("newer",),
    )
)


def use_view(used: UsedAt) -> dict[str, Any]:
    """A place where a recipe is used."""
    return {
        "kind": used.kind,
        "id": used.id,
        "title": used.title,
        "where": used.use.where,
        "version": used.use.ref.version,
        "newer": used.newer,
    }
