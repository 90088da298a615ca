"""Cells that hold several values: always so many, or now and then some."""

from __future__ import annotations

from collections.abc import Iterator

from solidata_api.recipes.suggesting.base import Proposal, SeenColumn, View

#: What parts values, the surest first.
_SEPARATORS = ("|", ";", " / ", ",")
#: The share of cells that must be parted: in as many pieces all of them, in some pieces at least some.
_ALL, _SOME = 0.95, 0.02
#: Pieces of a list are words that come again: so many of them are new at most. A comma also stands in sentences.
_NEW = {",": 0.2}
_NEW_ELSE = 0.6
_LONGEST, _MOST = 60, 4
_NO_LISTS = frozenset(("uri", "image", "email", "markdown"))


def parts(view: View) -> Iterator[Proposal]:
    """Columns to cut in as many columns as all cells have pieces; not in a project, whose columns are its fields."""
    for seen in () if view.fields else view.texts:
        separator, pieces = _cut(seen)
        names = [f"{seen.key[:57]}_{n}" for n in range(1, pieces + 1)]
        if names and not {*names} & {one.key for one in view.columns}:
            params = {"column": seen.key, "separator": separator, "into": names}
            yield Proposal("split_column", f"all cells hold {pieces} values with {separator!r}", 0.6, params)


def lists(view: View) -> Iterator[Proposal]:
    """Columns of several values that come again, to make a row of each; not where a key says that there is one."""
    for seen in () if view.key else view.columns:
        if seen.column.type == "array" and seen.any(lambda text: "|" in text):
            yield Proposal("explode", "lists with several entries", 0.4, {"column": seen.key})
        elif seen.is_text and seen.counts and seen.format not in _NO_LISTS and not _cut(seen)[1]:
            separator = list_separator(seen)
            if separator is not None:
                params = {"column": seen.key, "separator": separator}
                yield Proposal("explode", f"cells hold several values with {separator!r}", 0.4, params)


def list_separator(seen: SeenColumn) -> str | None:
    """What parts the values in the cells of a column that holds now one, now several."""
    return next((one for one in _SEPARATORS if _is_list(seen, one)), None)


def _cut(seen: SeenColumn) -> tuple[str, int]:
    """The separator by which all cells have as many pieces, and how many; none where there is no such."""
    for separator in _SEPARATORS if seen.format not in _NO_LISTS else ():
        pieces = _pieces(seen, separator)
        if pieces and _are_parts(seen, separator, pieces):
            return separator, pieces
    return "", 0


def _pieces(seen: SeenColumn, separator: str) -> int:
    """How many pieces nearly all cells have; 0 where they differ."""
    first = next(iter(seen.counts)).count(separator)
    if not 0 < first < _MOST:
        return 0
    return first + 1 if seen.share(lambda text: text.count(separator) == first) >= _ALL else 0


def _are_parts(seen: SeenColumn, separator: str, pieces: int) -> bool:
    """Whether the pieces are short; of commas, which stand in sentences too, whether they are numbers."""

    def is_short(text: str) -> bool:
        parts = [part.strip() for part in text.split(separator)]
        if separator == "," and not all(part[:1].isdigit() or part[:1] == "-" for part in parts):
            return False
        return len(parts) == pieces and all(0 < len(part) <= _LONGEST for part in parts)

    # `12,5` in all cells are numbers.
    is_number = separator == "," and pieces == 2 and seen.any(lambda text: "." not in text)
    return not is_number and seen.share(is_short) >= _ALL


def _is_list(seen: SeenColumn, separator: str) -> bool:
    parted = [text for text in seen.counts if separator in text]
    if sum(seen.counts[text] for text in parted) < max(2, _SOME * seen.filled):
        return False
    words = [part.strip() for text in seen.counts for part in text.split(separator)]
    new = len({*words}) / len(words)
    return new <= _NEW.get(separator, _NEW_ELSE) and all(len(word) <= _LONGEST for word in words)
