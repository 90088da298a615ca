"""How answers name a recipe document at one of its versions."""

from __future__ import annotations

from typing import Any

from solidata_api.api.schemas import ID, answer, whole
from solidata_api.domain.recipes import RecipeRef

RECIPE_REF = answer(
    {"recipe_id": ID, "version": whole()}, description="the recipe document, for who may read it or uses it; or null"
)


def ref_view(ref: RecipeRef | None) -> dict[str, Any] | None:
    """A recipe at one of its versions, where there is one that its reader may know of."""
    return {"recipe_id": ref.recipe_id, "version": ref.version} if ref else None
