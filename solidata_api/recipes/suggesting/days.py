"""Days and moments that are held as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from solidata_api.recipes.date_formats import best_format, reader
from solidata_api.recipes.suggesting.base import Proposal, SeenColumn, View, listed, read_by

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
    from solidata_api.frames.dates import COMPACT
    from solidata_api.recipes.rows.reading_moments import moment_reader

    texts = seen.tried
    wanted = seen.field.type if seen.field else None
    ways: list[tuple[str, Best, Callable[[list[str]], Any]]] = [("date", best_format, reader)]
    ways.append(("datetime", _best_moment, lambda formats: moment_reader(formats, None, ("reject", "reject"))))
    for kind, best, reading in ways:
        if wanted not in (None, kind):
            continue
        formats, is_sure = _formats(texts, best, reading)
        read = read_by(reading(formats)) if formats else None
        share = seen.share(_reads(read)) if read else 0.0
        # Eight digits alone are days only where the header or the model says so.
        is_bare = set(formats) <= {COMPACT, "%d%m%Y"} and not wanted and not _says_day(seen)
        if share < (_SAID if wanted else _GUESSED) or is_bare:
            continue
        why = f"texts are written like {listed(formats)}"
        why += "" if is_sure else "; days and months could be the other way round"
        return Proposal(f"to_{kind}", why, 0.9 if is_sure else 0.6, {"formats": formats}, seen.key)
    return None


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


def _reads(read: Callable[[str], Any]) -> Callable[[str], bool]:
    return lambda text: read(text) is not None


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)


def _says_day(seen: SeenColumn) -> bool:
    from solidata_api.frames.candidates import DATE_WORDS

    return bool(seen.words & DATE_WORDS)


def _is_code(seen: SeenColumn) -> bool:
    return seen.field is None and seen.says_code and not _says_day(seen)
