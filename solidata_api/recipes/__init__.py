"""Recipes: ordered steps that turn mapped sources into one table. Importing this reads no pandas."""

from __future__ import annotations

from solidata_api.recipes.base import Step
from solidata_api.recipes.steps.blank_values import BlankValues
from solidata_api.recipes.steps.check_id import CheckId
from solidata_api.recipes.steps.clean import Clean
from solidata_api.recipes.steps.country import CountryStep
from solidata_api.recipes.steps.date_add import DateAdd
from solidata_api.recipes.steps.date_diff import DateDiff
from solidata_api.recipes.steps.date_parts import DateParts
from solidata_api.recipes.steps.dedupe import Dedupe
from solidata_api.recipes.steps.diff import Diff
from solidata_api.recipes.steps.filter import Filter
from solidata_api.recipes.steps.fix_text import FixText
from solidata_api.recipes.steps.fold import Fold
from solidata_api.recipes.steps.join import Join
from solidata_api.recipes.steps.lookup import Lookup
from solidata_api.recipes.steps.phone import Phone
from solidata_api.recipes.steps.rename import Rename
from solidata_api.recipes.steps.replace import Replace
from solidata_api.recipes.steps.set import Set
from solidata_api.recipes.steps.sort import Sort
from solidata_api.recipes.steps.split_email import SplitEmail
from solidata_api.recipes.steps.split_url import SplitUrl
from solidata_api.recipes.steps.strip_html import StripHtml
from solidata_api.recipes.steps.timezone import Timezone
from solidata_api.recipes.steps.to_date import ToDate
from solidata_api.recipes.steps.to_integer import ToInteger
from solidata_api.recipes.steps.validate import Validate

STEPS: tuple[type[Step], ...] = (
    Rename, Set, Filter, Sort, ToInteger, ToDate, BlankValues, Clean, Fold, FixText, Replace, StripHtml, SplitUrl,
    SplitEmail, Phone, CountryStep, DateParts, DateAdd, DateDiff, Timezone, Join, Lookup, Diff, Dedupe, CheckId,
    Validate,
)  # fmt: skip
