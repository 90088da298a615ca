"""Recipes: ordered steps that turn mapped sources into one table. Importing this reads no pandas."""

from __future__ import annotations

from solidata_api.recipes.base import Step
from solidata_api.recipes.steps.blank_values import BlankValues
from solidata_api.recipes.steps.clean import Clean
from solidata_api.recipes.steps.dedupe import Dedupe
from solidata_api.recipes.steps.filter import Filter
from solidata_api.recipes.steps.fold import Fold
from solidata_api.recipes.steps.rename import Rename
from solidata_api.recipes.steps.replace import Replace
from solidata_api.recipes.steps.set import Set
from solidata_api.recipes.steps.sort import Sort
from solidata_api.recipes.steps.to_date import ToDate
from solidata_api.recipes.steps.to_integer import ToInteger
from solidata_api.recipes.steps.validate import Validate

STEPS: tuple[type[Step], ...] = (
    Rename, Set, Filter, Sort, ToInteger, ToDate, BlankValues, Clean, Fold, Replace, Dedupe, Validate,
)  # fmt: skip
