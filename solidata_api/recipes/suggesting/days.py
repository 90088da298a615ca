"""Days and moments that are held as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from solidata_api.recipes.date_formats import best_format, format_fault, reader
from solidata_api.recipes.suggesting.base import Proposal, SeenColumn, View, listed, read_by, reads

#: The least share of cells that must read: where the type is guessed, and where the model says it.
_GUESSED, _SAID = 0.9, 0.5
#: A further format is named where it reads at least this share of what those before leave, so many formats at most.
_REST, _FORMATS = 0.3, 3

Best = Callable[[list[str]], tuple[str, bool]]


def days_and_moments(view: View) -> Iterator[Proposal]:
    """Columns of text that are written as days or moments, with the formats found."""
    for seen in view.texts:
        if seen.may_become("date", "datetime") and seen.any(_has_digit) and not _is_code(seen):
            proposed = _proposed(seen)
            if proposed is not None:
                yield proposed


def _proposed(seen: SeenColumn) -> Proposal | None:
    wanted = seen.field.type if seen.field else None
    if wanted != "datetime":
        found = _kind("date", seen, _formats(seen.tried, best_format, reader))
        if found is not None:
            return found
    formats, is_sure = _formats(seen.tried, _best_moment, _moments)
    # More ways of writing a day are known to moments; without a clock, it is a day all the same.
    kind = "datetime" if wanted == "datetime" or _have_clocks(formats) else "date"
    return _kind(kind, seen, (formats, is_sure)) if wanted in (None, kind) else None


def _kind(kind: str, seen: SeenColumn, found: tuple[list[str], bool]) -> Proposal | None:
    """The proposal to read a column as days or moments in these formats, if enough of it reads."""
    from solidata_api.frames.dates import COMPACT

    formats, is_sure = found
    reading = reader if kind == "date" else _moments
    if not formats or (kind == "date" and any(map(format_fault, formats))):
        return None
    # Eight digits alone are days only where the header or the model says so.
    is_bare = set(formats) <= {COMPACT, "%d%m%Y"} and seen.field is None and not _says_day(seen)
    if seen.share(reads(reading(formats))) < (_SAID if seen.field else _GUESSED) or is_bare:
        return None
    why = f"texts are written like {listed(formats)}"
    why += "" if is_sure else "; days and months could be the other way round"
    return Proposal(f"to_{kind}", why, 0.9 if is_sure else 0.6, {"formats": formats}, seen.key)


def _formats(texts: list[str], best: Best, reading: Callable[[list[str]], Any]) -> tuple[list[str], bool]:
    """The format that reads most of these texts, then those that read what is left."""
    from solidata_api.frames.dates import MONTH_FIRST

    # Days and months in one column are never both ways round.
    twins = {**MONTH_FIRST, **{other: one for one, other in MONTH_FIRST.items()}}
    formats: list[str] = []
    all_sure = True
    left = texts
    while left and len(formats) < _FORMATS:
        form, is_sure = best(left)
        read = read_by(reading([form]))
        rest = [text for text in left if read(text) is None]
        if len(left) - len(rest) < max(1, _REST * len(left)):
            break
        if any(twins.get(day, "none") in " ".join(formats) for day in form.split(" ")):
            break
        formats.append(form)
        all_sure = all_sure and is_sure
        left = rest
    return formats, all_sure


def _best_moment(texts: list[str]) -> tuple[str, bool]:
    import pyarrow as pa

    from solidata_api.recipes.rows import cells
    from solidata_api.recipes.rows.reading_moments import best_format as best

    return best(cells.chunked(pa.array(texts, pa.string())))


def _moments(formats: list[str]) -> Callable[[str], Any]:
    from solidata_api.recipes.rows.reading_moments import moment_reader

    return moment_reader(formats, None, ("reject", "reject"))


def _have_clocks(formats: list[str]) -> bool:
    from solidata_api.frames.dates import date_format

    return any(date_format(form).has_clock for form in formats)


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)


def _says_day(seen: SeenColumn) -> bool:
    from solidata_api.frames.candidates import DATE_WORDS

    return bool(seen.words & DATE_WORDS)


def _is_code(seen: SeenColumn) -> bool:
    return seen.field is None and seen.says_code and not _says_day(seen)
