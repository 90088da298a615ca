"""What was found of a column: its type, how its texts are to be read, and what its report says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import Fault, WrongOption
from solidata_api.frames import dates


@dataclass(frozen=True)
class Verdict:
    """What a column is, how its texts are to be read, and how sure that is (0 to 1)."""

    type: str
    format: str | None = None
    #: The decimal sign of numbers, the format of dates.
    detail: str = ""
    confidence: float = 1.0
    #: Signs to leave out between thousands.
    thousands: str = ""
    #: Some cells have blanks around their value.
    padded: bool = False
    #: The user says so: cells that do not fit are misfits. Else all fit.
    declared: bool = False
    format_confidence: float | None = None
    #: Texts that mean empty → how many cells have them.
    empty: Mapping[str, int] = field(default_factory=dict)
    #: The user says what means empty.
    empty_said: bool = False
    #: Words → true or false, of a boolean column.
    words: Mapping[str, bool] = field(default_factory=dict)
    #: A type that fits all but some cells.
    nearly: Mapping[str, Any] | None = None

    def told(self) -> dict[str, Any]:
        """Its entry in the report of the import."""
        found: dict[str, Any] = {"type": self.type, "confidence": self.confidence}
        if self.format:
            found |= {"format": self.format, "format_confidence": self.format_confidence or 1.0}
        if self.detail:
            found["decimal" if self.type in ("integer", "number") else "dates"] = self.detail
        if self.empty:
            found["empty"] = dict(self.empty)
        if self.nearly:
            found["nearly"] = dict(self.nearly)
        return found


@dataclass(frozen=True)
class Wishes:
    """What options say about one column."""

    type: str | None = None
    format: str | None = None
    dates: str | None = None
    #: The form is of this column alone, which therefore holds dates.
    is_dated: bool = False
    booleans: Sequence[Sequence[str]] | None = None
    empty: Sequence[str] | None = None
    decimal: str | None = None
    thousands: str | None = None


NO_WISHES = Wishes()


def wishes(options: ReadOptions, known: Mapping[str, str], headers: Sequence[str], keys: Sequence[str]) -> list[Wishes]:
    """The options by column; `known` are types that the file itself tells by header. Raises WrongOption."""
    _check_columns(options, headers, keys)
    _check_dates(options)

    def of_column(header: str, key: str) -> Wishes:
        def named(given: Any) -> Any:
            return given.get(key, given.get(header)) if isinstance(given, Mapping) else given

        return Wishes(
            type=named(options.types) or named(known),
            format=named(options.formats),
            dates=named(options.dates),
            is_dated=isinstance(options.dates, Mapping) and named(options.dates) is not None,
            booleans=named(options.booleans),
            empty=named(options.empty),
            decimal=options.decimal,
            thousands=options.thousands,
        )

    return [of_column(header, key) for header, key in zip(headers, keys, strict=True)]


def _check_columns(options: ReadOptions, headers: Sequence[str], keys: Sequence[str]) -> None:
    """Raises WrongOption for options of columns that the file does not have."""
    there = {*headers, *keys}
    faults = [
        Fault(f"/options/{name}/{column}", f"there is no column {column!r}; there are {', '.join(keys[:50])}")
        for name in ("types", "formats", "dates", "booleans", "empty")
        if isinstance(given := getattr(options, name), Mapping)
        for column in given
        if column not in there
    ]
    if faults:
        raise WrongOption("The options name columns that are not in the file.", faults)


def _check_dates(options: ReadOptions) -> None:
    given = options.dates if isinstance(options.dates, Mapping) else {"": options.dates}
    faults = []
    for column, form in given.items():
        try:
            dates.date_format(form or "%Y-%m-%d")
        except ValueError as error:
            faults.append(Fault("/options/dates" + (f"/{column}" if column else ""), str(error)))
    if faults:
        raise WrongOption("The forms of dates do not fit.", faults)
