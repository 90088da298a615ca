"""How the cells of a text table are told apart: what Python's own CSV reader takes, and what it is not to be given."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: Stands for a blank behind a closing quote: half of a character, which no decoded text has.
BEHIND = "\ud802"


@dataclass(frozen=True)
class Dialect:
    """How cells are told apart. A delimiter of None: one column."""

    delimiter: str | None
    #: "" where no character quotes.
    quote: str
    #: Stands before a quote, delimiter or another of its kind that is meant as it is; "" where quotes are doubled.
    escape: str = ""
    #: Blanks before a cell are no part of it.
    skips_blanks: bool = False
    #: The first line is `sep=;` and no row.
    says_itself: bool = False

    def reader_options(self) -> dict[str, Any]:
        """For csv.reader; a table of one column is split at a character that no text has."""
        return {
            "delimiter": self.delimiter or "\x1f",
            "quotechar": self.quote or None,
            "quoting": csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            "doublequote": True,
            "escapechar": self.escape or None,
            "skipinitialspace": self.skips_blanks,
        }

    def plain(self, line: str) -> str:
        """A line as csv.reader is to have it: the escape doubled where it escapes nothing, so that none is dropped, and
        BEHIND for blanks between a quote and the end of a cell."""
        if self.escape and self.escape in line:
            mark = re.escape(self.escape)
            meant = re.escape(f"{self.quote}{self.delimiter or ''}") + mark
            line = re.sub(f"{mark}([{meant}])|{mark}", lambda found: found[0] if found[1] else self.escape * 2, line)
        if self.quote and self.delimiter != " " and f"{self.quote} " in line:
            end = f"{re.escape(self.delimiter)}|" if self.delimiter else ""
            behind = f"(?<={self.quote}) +(?={end}[\r\n]*\\Z)"
            line = re.sub(behind, lambda found: BEHIND * len(found[0]), line)
        return line

    def is_open(self, lines: Sequence[str]) -> bool:
        """Whether the quotes in a record's lines are odd: the last one was never closed."""
        if not self.quote:
            return False
        text = "".join(lines)
        if self.escape:
            text = re.sub(re.escape(self.escape) + ".", "", text, flags=re.DOTALL)
        return text.count(self.quote) % 2 == 1
