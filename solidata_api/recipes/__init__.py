"""Recipes: ordered steps that turn mapped sources into one table. Importing this reads no pandas."""

from __future__ import annotations

from solidata_api.recipes.base import Step
from solidata_api.recipes.steps.aggregate import Aggregate
from solidata_api.recipes.steps.blank_values import BlankValues
from solidata_api.recipes.steps.case import Case
from solidata_api.recipes.steps.check_id import CheckId
from solidata_api.recipes.steps.clean import Clean
from solidata_api.recipes.steps.cluster_values import ClusterValues
from solidata_api.recipes.steps.coalesce import Coalesce
from solidata_api.recipes.steps.concat_text import ConcatText
from solidata_api.recipes.steps.copy import Copy
from solidata_api.recipes.steps.country import CountryStep
from solidata_api.recipes.steps.date_add import DateAdd
from solidata_api.recipes.steps.date_diff import DateDiff
from solidata_api.recipes.steps.date_parts import DateParts
from solidata_api.recipes.steps.dedupe import Dedupe
from solidata_api.recipes.steps.diff import Diff
from solidata_api.recipes.steps.drop_empty import DropEmpty
from solidata_api.recipes.steps.explode import Explode
from solidata_api.recipes.steps.extract import Extract
from solidata_api.recipes.steps.fill import Fill
from solidata_api.recipes.steps.filter import Filter
from solidata_api.recipes.steps.fix_text import FixText
from solidata_api.recipes.steps.flag import Flag
from solidata_api.recipes.steps.fold import Fold
from solidata_api.recipes.steps.formula import Formula
from solidata_api.recipes.steps.implode import Implode
from solidata_api.recipes.steps.join import Join
from solidata_api.recipes.steps.json_extract import JsonExtract
from solidata_api.recipes.steps.lookup import Lookup
from solidata_api.recipes.steps.match import Match
from solidata_api.recipes.steps.nest import Nest
from solidata_api.recipes.steps.phone import Phone
from solidata_api.recipes.steps.pivot import Pivot
from solidata_api.recipes.steps.pseudonymise import Pseudonymise
from solidata_api.recipes.steps.rename import Rename
from solidata_api.recipes.steps.replace import Replace
from solidata_api.recipes.steps.sample import Sample
from solidata_api.recipes.steps.select import Select
from solidata_api.recipes.steps.set import Set
from solidata_api.recipes.steps.sort import Sort
from solidata_api.recipes.steps.split_column import SplitColumn
from solidata_api.recipes.steps.split_email import SplitEmail
from solidata_api.recipes.steps.split_url import SplitUrl
from solidata_api.recipes.steps.strip_html import StripHtml
from solidata_api.recipes.steps.timezone import Timezone
from solidata_api.recipes.steps.to_boolean import ToBoolean
from solidata_api.recipes.steps.to_category import ToCategory
from solidata_api.recipes.steps.to_date import ToDate
from solidata_api.recipes.steps.to_datetime import ToDatetime
from solidata_api.recipes.steps.to_decimal import ToDecimal
from solidata_api.recipes.steps.to_integer import ToInteger
from solidata_api.recipes.steps.to_number import ToNumber
from solidata_api.recipes.steps.top import Top
from solidata_api.recipes.steps.unpivot import Unpivot
from solidata_api.recipes.steps.use import Use
from solidata_api.recipes.steps.validate import Validate
from solidata_api.recipes.steps.window import Window

STEPS: tuple[type[Step], ...] = (
    Select, Rename, Copy, Set, ConcatText, SplitColumn, Extract, JsonExtract, Nest, Formula, Case,
    Coalesce, Pseudonymise,
    Filter, DropEmpty, Sort, Sample, Top, Explode, Implode, Fill, Unpivot, Pivot, Flag,
    ToInteger, ToDecimal, ToNumber, ToBoolean, ToDate, ToDatetime, ToCategory, BlankValues,
    Clean, Fold, FixText, Replace, StripHtml, SplitUrl, SplitEmail, Phone, CountryStep,
    DateParts, DateAdd, DateDiff, Timezone,
    Join, Lookup, Match, Diff,
    Aggregate, Window,
    Dedupe, ClusterValues,
    CheckId,
    Validate,
    Use,
)  # fmt: skip
