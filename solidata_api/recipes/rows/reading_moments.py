"""Moments as people write them, read by what imports read dates with; local times by the zone that they are of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.frames.dates import COMPACT, DATES, MOMENTS, DateFormat, date_format
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.conversion import ColumnReader, read_texts
from solidata_api.recipes.time_zones import to_utc, zone

#: Tried, in this order, where no format is said; of those that read equally many texts the first is taken.
CANDIDATES = (*MOMENTS, f"{COMPACT} %H%M%S", f"{COMPACT} %H%M%S%z", *DATES, COMPACT)
_NAIVE = pa.timestamp("us")
_NO_TEXT = pa.scalar(None, pa.string())
Locate = Callable[[date], datetime]


def locator(place: str | None, unsure: tuple[str, str]) -> Locate:
    """Where a day or local time lies: a day is its midnight, and of no place it is UTC."""

    def locate(found: date) -> datetime:
        moment = found if isinstance(found, datetime) else datetime.combine(found, time())
        if moment.tzinfo is not None:
            return moment
        try:
            local = to_utc(moment, zone(place), *unsure) if place else moment
        except OverflowError:
            raise ValueError("it falls outside of the years 1 to 9999") from None
        return local.replace(tzinfo=UTC)

    return locate


def moment_reader(formats: Sequence[str], place: str | None, unsure: tuple[str, str]) -> ColumnReader:
    """Reads a moment in the first format that its text has. Raises ValueError where it has none, or is no moment.

    `unsure` says what local times of a place are that its clocks show twice, or never.
    """
    forms, locate = [date_format(form) for form in formats], locator(place, unsure)

    def one(text: str) -> datetime:
        text, impossible = squeezed(text), ""
        for form in forms:
            if form.compiled.fullmatch(text) is None:
                continue
            found = form.read(text)
            if found is not None:
                return locate(found)
            impossible = f"as {form.text} it is no moment of the calendar"
        raise ValueError(impossible or f"it is not written like {' or '.join(formats)}")

    def most(texts: Any) -> Any:
        made, rest = cells.blanks(cells.UTC, len(texts)), texts
        for form in forms:
            found = _in_format(form, rest)
            located = read_texts(found, locate, cells.UTC) if place and found.type == _NAIVE else found
            made = pc.coalesce(made, pc.cast(located, cells.UTC))
            # What lies nowhere is not tried in other formats.
            rest = pc.if_else(pc.is_valid(found), _NO_TEXT, rest)
        return made

    return ColumnReader(one, most)


def best_format(texts: Any) -> tuple[str, bool]:
    """The one format that reads most distinct texts of a column, and whether no other reads as many otherwise."""
    distinct = cells.each_distinct(cells.chunked(texts.unique().drop_null()), squeezed, pa.string())
    distinct = cells.chunked(distinct.unique())
    readings = {form: pc.cast(_in_format(date_format(form), distinct), _NAIVE) for form in CANDIDATES}
    counts = {form: len(found) - found.null_count for form, found in readings.items()}
    best = max(CANDIDATES, key=counts.__getitem__)
    rivals = (form for form in CANDIDATES if counts[form] == counts[best] > 0)
    return best, all(readings[form].equals(readings[best]) for form in rivals)


def squeezed(text: str) -> str:
    """A text without spaces around, and one where there are several."""
    return " ".join(text.split())


def _in_format(form: DateFormat, texts: Any) -> Any:
    """The texts of a column that have this format, as moments of UTC or without zone; others are null."""
    written = pc.match_substring_regex(texts, f"^{form.pattern}$")
    if not pc.any(written).as_py():
        return cells.blanks(_NAIVE, len(texts))
    found = [form.read_all(chunk) for chunk in pc.if_else(written, texts, _NO_TEXT).chunks]
    made = pa.chunked_array(found, form.kind)
    return made if form.has_clock else pc.cast(made, _NAIVE)
