"""Quotes that quote nothing, in a record of which Python's own reader would drop some: they are text, and stay.

Where its quotes are text, a line has LITERAL signs for them until its cells are made. Cells end where they did.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from functools import lru_cache

from solidata_api.formats.dialect import BEHIND, Dialect

#: A line with more quotes than this is not tried quote by quote.
MOST_QUOTES = 64
#: Stand for quotes that are no quoting: halves of characters, which no decoded text has.
_LITERAL = {'"': "\ud800", "'": "\ud801"}
_TO_LITERAL = str.maketrans(_LITERAL)
_FROM_LITERAL = str.maketrans({sign: quote for quote, sign in _LITERAL.items()})


def as_text(line: str) -> str:
    """A line whose quotes are all text."""
    return line.translate(_TO_LITERAL)


def shown(line: str) -> str:
    """A line as it stands in the file."""
    return line.translate(_FROM_LITERAL)


def cell(text: str, quote: str) -> str:
    """A cell of what was read: quotes as they are, no blanks behind a quoted one."""
    if BEHIND in text:
        bare = text.rstrip(BEHIND)
        # After a quote that is text, they are text too.
        text = (text if quote and bare.endswith(quote) else bare).replace(BEHIND, " ")
    return shown(text) if "\ud800" in text or "\ud801" in text else text


def with_open_as_text(line: str, dialect: Dialect) -> str:
    """A line that is a record by itself, because the quote that it leaves open, and what follows, is text."""
    places = [at for at, char in enumerate(line) if char == dialect.quote]
    for at in reversed(places if len(places) <= MOST_QUOTES else []):
        tried = line[:at] + as_text(line[at:])
        if not fault([tried], dialect):
            return tried
    return as_text(line)


def are_in(lines: Sequence[str], dialect: Dialect) -> bool:
    """Whether text stands behind the closing quote of a cell in the lines of a record."""
    if not dialect.quote or dialect.escape or not any(map(_suspect(dialect.delimiter, dialect.quote).search, lines)):
        return False
    return "expected after" in fault(lines, dialect)


def kept(lines: Sequence[str], dialect: Dialect) -> list[str]:
    """The cells of a record with all such quotes: `"Foo" bar` as it stands, `"a "b" c"` without those around it."""
    quote = dialect.quote

    def mended(found: re.Match[str]) -> str:
        whole, behind = found[0], (found["behind"] or "").rstrip(BEHIND)
        if not behind:
            return whole
        if behind.endswith(quote) and not behind.startswith(" "):
            text = whole.rstrip(BEHIND).strip(" ")[1:-1].replace(quote * 2, quote)
            return quote + as_text(text) + quote
        return quote + as_text(whole.lstrip(" ")) + quote

    text = _cells(dialect.delimiter, quote, dialect.skips_blanks).sub(mended, "".join(map(dialect.plain, lines)))
    return next(csv.reader([text], **dialect.reader_options()))


def fault(lines: Sequence[str], dialect: Dialect) -> str:
    """What a strict reader says against the lines of a record, or an empty text."""
    plain = (dialect.plain(line).replace(BEHIND, "") for line in lines)
    try:
        next(csv.reader(plain, strict=True, **dialect.reader_options()), None)
    except csv.Error as error:
        return str(error)
    return ""


@lru_cache(maxsize=64)
def _suspect(delimiter: str | None, quote: str) -> re.Pattern[str]:
    """A quote that neither begins nor ends a cell."""
    edge = f"{re.escape(delimiter or '')}\r\n"
    return re.compile(f"[^{edge}]{quote}[^{edge}{quote}]")


@lru_cache(maxsize=64)
def _cells(delimiter: str | None, quote: str, skips_blanks: bool) -> re.Pattern[str]:
    """One cell: quoted, with what stands behind its closing quote, or plain."""
    end = f"[^{re.escape(delimiter or '')}\r\n]"
    blanks = " *" if skips_blanks else ""
    return re.compile(f"{blanks}{quote}(?:[^{quote}]++|{quote}{quote})*+{quote}(?P<behind>{end}*)|{end}+")
