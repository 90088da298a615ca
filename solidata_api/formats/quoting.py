"""What quotes and escapes in a text table, told by where those characters stand in a sample."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from typing import Any

from solidata_api.formats.dialect import BEHIND

#: Where the delimiter is not known yet.
_ANY = ",;\t|"


def quote(lines: Sequence[str]) -> str:
    """`'` where cells stand in it and none in `"`."""
    text = "\n".join(line.rstrip("\r\n") for line in lines)
    single = len(re.findall(rf"(?:^|[{_ANY}])'[^'\n]*'(?=[{_ANY}]|$)", text, re.MULTILINE))
    return "'" if single >= 3 and '"' not in text else '"'


def closes(lines: Sequence[str], edge: str, mark: str, reading: Mapping[str, Any]) -> bool:
    """Whether quotes quote: not where more rows have cells as `"Foo" bar` than such as are quoted whole."""
    opened = re.compile(rf"(?:^|[{re.escape(edge)}]) *{re.escape(mark)}")
    taken: list[str] = []
    # A blank behind a quoted cell is no text.
    source = (taken.append(line) or line.replace(BEHIND, "") for line in lines)  # type: ignore[func-returns-value]
    stray = whole = 0
    reader = csv.reader(source, strict=True, **reading)
    while True:
        try:
            next(reader)
        except StopIteration:
            return stray <= whole
        except csv.Error as error:
            # A quote that is closed in a later line, or never, says nothing.
            stray += len(taken) == 1 and "unexpected end" not in str(error)
            reader = csv.reader(source, strict=True, **reading)
        else:
            whole += any(map(opened.search, taken))
        taken.clear()


def is_escaped(lines: Sequence[str], delimiter: str | None, mark: str) -> bool:
    r"""Whether `\` stands before quotes that close nothing, and quotes are not doubled."""
    if not mark:
        return False
    text, edge, sign = "".join(lines), re.escape(delimiter or "\n"), re.escape(mark)
    inner = re.search(rf"\\{sign}(?![{edge}\r\n]|$)", text)
    doubled = re.search(rf"[^{edge}\r\n\\]{sign}{sign}(?=[^{edge}\r\n])", text)
    return inner is not None and doubled is None


def is_spaced(lines: Sequence[str], delimiter: str | None, mark: str) -> bool:
    """Whether a blank stands between each delimiter and the quote that opens a cell: `a, "b, c"`."""
    if not mark or not delimiter or delimiter.isspace():
        return False
    text, edge, sign = "".join(lines), re.escape(delimiter), re.escape(mark)
    spaced = re.search(rf"{edge} +{sign}[^{sign}\n]*{sign} *(?:{edge}|\r?$)", text, re.MULTILINE)
    return spaced is not None and re.search(rf"{edge}{sign}", text) is None
