"""Recipes: documents that hold an ordered list of steps, and a version for each change of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from solidata_api.domain.documents import Document

Steps = tuple[dict[str, Any], ...]
#: The step that nests another recipe.
USE = "use"
#: How many versions a recipe has at most. Who needs more copies it, and goes on with the copy.
MAX_VERSIONS = 1000


@dataclass(frozen=True)
class RecipeRef:
    """A recipe at one of its versions."""

    recipe_id: str
    version: int


@dataclass(frozen=True)
class VersionRef:
    """A version as its recipe lists it, without its steps."""

    version: int
    version_id: str
    note: str
    created_by: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class RecipeVersion:
    """The steps that a recipe had at a version. It is written once and never changed."""

    id: str
    recipe_id: str
    version: int
    steps: Steps = ()


@dataclass(frozen=True, kw_only=True)
class Recipe(Document):
    """A list of steps that projects, datasets and other recipes use at one of its versions."""

    licence: str = "notspecified"
    version: int = 0
    steps: Steps = ()
    versions: tuple[VersionRef, ...] = ()
    #: What it was made of, where it is a copy.
    copied_from: RecipeRef | None = None
