"""Corrections: what people say that cells of a source should hold, as a layer over what its file says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

#: What a correction is to the current version: laid over its cell, or which of row, column and type it has no more.
APPLIES, ROW_GONE, COLUMN_GONE, UNFIT = "applies", "row_gone", "column_gone", "unfit"

#: How many a dataset may have.
MOST = 100_000
#: How many earlier values a correction remembers.
REMEMBERED = 10
#: Whole numbers that a double holds exactly are below this.
EXACT = 2**53


class Laid(NamedTuple):
    """What a build needs of a correction."""

    id: str
    row_id: str
    column: str
    value: str | None


@dataclass(frozen=True)
class Earlier:
    """What a correction said before."""

    value: str | None
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What one cell should hold: its row by `_id`, as the file says it, and its column.

    Values are canonical text, None a blank; `old` is what the file's cell holds.
    """

    id: str
    dataset_id: str
    row_id: str
    column: str
    value: str | None
    old: str | None
    reason: str
    by: str
    at: datetime
    earlier: tuple[Earlier, ...] = ()

    @property
    def laid(self) -> Laid:
        return Laid(self.id, self.row_id, self.column, self.value)

    def after(self, before: Correction | None) -> Correction:
        """The correction that takes the place of an earlier one of the same cell, and remembers it."""
        if before is None:
            return self
        told = (Earlier(before.value, before.reason, before.by, before.at), *before.earlier)
        return Correction(**{**vars(self), "earlier": told[:REMEMBERED]})


def id_of(dataset_id: str, row_id: str, column: str) -> str:
    """The id of a cell's correction: there is one at most."""
    return hashlib.sha256(f"{dataset_id}\n{row_id}\n{column}".encode()).hexdigest()[:24]


def stamp_of(corrections: Iterable[tuple[str, str | None]]) -> str:
    """A short text that no other corrections of a dataset have, each given by id and value; empty without any."""
    told = sorted(corrections)
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32] if told else ""


def text_of(value: Any) -> str | None:
    """A value as canonical text; None for a blank."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, date) else str(value)
