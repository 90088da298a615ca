"""How the columns of a source moved between two of its versions: what a build that has not run yet would meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("column_gone", "type", "blanks", "categories", "key", "rows")
#: The share of blanks moved where it is so much greater or less; a column without any where so many are blank now.
BLANKS, FIRST_BLANKS = 0.1, 0.01
#: A column has few values where it has so many at most, and each stands so often on average.
FEW, OFTEN = 10, 2
#: The number of rows moved much where it is so much greater or less, as a share of what it was.
ROWS = 0.2
#: New categories that are told one by one.
TOLD = 5


@dataclass(frozen=True)
class SeenColumn:
    """A column in one version. `profile` is what was kept of it; None where nothing was."""

    key: str
    title: str
    type: str
    rows: int
    profile: Mapping[str, Any] | None = None

    @property
    def blanks(self) -> float | None:
        """The share of its cells that are blank."""
        return self.profile["nulls"] / self.rows if self.profile is not None and self.rows else None

    @property
    def top(self) -> list[Any]:
        """Its most frequent values, the most frequent first."""
        return [one["value"] for one in self.profile["top"]] if self.profile is not None else []

    @property
    def distinct(self) -> int | None:
        """How many values it has, if that is known exactly."""
        if self.profile is None or self.profile["estimated"]:
            return None
        return int(self.profile["distinct"])

    @property
    def repeated(self) -> int | None:
        """How many of its filled cells hold a value that stands in another one already, if that is known."""
        distinct = self.distinct
        return self.rows - self.profile["nulls"] - distinct if distinct is not None and self.profile else None


@dataclass(frozen=True)
class Drift:
    """One thing that moved: of a column, or without one of the whole table."""

    kind: str
    before: Any
    after: Any
    message: str
    column: str | None = None
    #: Of several columns that are one key together.
    columns: tuple[str, ...] = ()


def of_table(before: int, after: int) -> Iterator[Drift]:
    """Whether a table has many more or fewer rows."""
    if abs(after - before) > ROWS * before:
        yield Drift("rows", before, after, f"it had {before} rows and has {after}")


def of_column(before: SeenColumn, after: SeenColumn | None, *, is_key: bool = False) -> Iterator[Drift]:
    """What moved in a column; without `after` it is gone. `is_key`: its values tell rows apart."""
    key = before.key
    if after is None:
        told = {"title": before.title, "type": before.type}
        yield Drift("column_gone", told, None, f"column {key!r} is gone", key)
        return
    if before.type != after.type:
        sentence = f"column {key!r} was {before.type} and is {after.type}"
        yield Drift("type", before.type, after.type, sentence, key)
    yield from _of_blanks(before, after)
    yield from _of_categories(before, after)
    if is_key and before.repeated == 0 and after.repeated:
        sentence = f"column {key!r} told rows apart, and now {after.repeated} cells hold a value that stands before"
        yield Drift("key", 0, after.repeated, sentence, key)


def of_key(columns: tuple[str, ...], before: int | None, after: int | None) -> Iterator[Drift]:
    """Whether several columns together tell rows apart no more; each number: rows whose values stand before."""
    if before == 0 and after:
        names = ", ".join(map(repr, columns))
        sentence = f"columns {names} together told rows apart, and now {after} rows hold values that stand before"
        yield Drift("key", 0, after, sentence, columns=columns)


def _of_blanks(before: SeenColumn, after: SeenColumn) -> Iterator[Drift]:
    was, is_ = before.blanks, after.blanks
    if was is None or is_ is None:
        return
    if round(abs(is_ - was), 6) >= BLANKS or (was == 0 and is_ >= FIRST_BLANKS):
        sentence = f"column {before.key!r} was blank in {was:.1%} of the rows and is in {is_:.1%}"
        yield Drift("blanks", round(was, 4), round(is_, 4), sentence, before.key)


def _of_categories(before: SeenColumn, after: SeenColumn) -> Iterator[Drift]:
    """Values that a column of few values has now and had not."""
    if before.type != after.type or after.type == "boolean" or not _has_few(before) or after.distinct is None:
        return
    known = {str(value) for value in before.top}
    new = [value for value in after.top if str(value) not in known][:TOLD]
    if not new:
        return
    shown = ", ".join(repr(value) if isinstance(value, str) else str(value) for value in new)
    sentence = f"column {before.key!r} had {before.distinct} different values and has {after.distinct}; new is {shown}"
    yield Drift("categories", before.top, new, sentence, before.key)


def _has_few(column: SeenColumn) -> bool:
    """Whether all values of a column are known, and come again."""
    filled = column.rows - column.profile["nulls"] if column.profile is not None else 0
    return column.distinct is not None and 0 < column.distinct <= min(FEW, filled / OFTEN)
