"""What can be told and computed of days and moments, by name, before any is at hand."""

from __future__ import annotations

from datetime import date, datetime

from solidata_api.recipes.base import Misfit, Schema

#: The parts of a moment, with the types that their columns have; the last ones need a time of day.
PARTS = {
    "year": "integer", "quarter": "integer", "month": "integer", "day": "integer", "day_of_year": "integer",
    "iso_year": "integer", "iso_week": "integer", "weekday": "integer", "date": "date",
    "hour": "integer", "minute": "integer", "second": "integer",
}  # fmt: skip
CLOCK_PARTS = ("hour", "minute", "second")
#: Units of differences; the first ones need a time of day.
CLOCK_UNITS = ("seconds", "minutes", "hours")
UNITS = (*CLOCK_UNITS, "days", "weeks", "months", "years")
KINDS = ("date", "datetime")


def require_moment(schema: Schema, parameter: str, key: str) -> None:
    """Raise Misfit where a column is unknown, or neither of days nor of moments."""
    schema.require(parameter, [key])
    if schema[key].type not in KINDS:
        wanted = "days or moments are needed; to_date or to_datetime reads them"
        raise Misfit(parameter, f"column {key!r} is {schema[key].type}: {wanted}")


def moment(text: str) -> date | datetime:
    """A fixed day or moment; ISO 8601. Raises ValueError where it is none."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("it is no day or moment written like 2026-01-31 or 2026-01-31T12:00:00") from None
