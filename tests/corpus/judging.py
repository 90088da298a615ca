"""Files of other projects' suites, what a table each of them is, and how near a reader's answer comes to that.

An expectation holds headers and rows as text cells (`null` where blank), or `refused` where a file is no table. Long
ones hold their first and last rows, the number of rows and of filled cells, and hashes of all of them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
EXPECTED = HERE / "expected"
#: Rows of long tables that are kept whole, at each end.
KEPT = 20
LONG = 60
Cell = str | None
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00:00(?:\.0+)?")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.0+)?")


@dataclass(frozen=True)
class Answer:
    """What a reader makes of a file: headers (blank where it has none), rows, and cells beyond the last column."""

    headers: list[str]
    rows: list[list[Cell]]
    beyond: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Expectation:
    """What a file is: where it comes from, how that was judged, and the table in it, if any."""

    name: str
    told: dict[str, Any]

    @property
    def path(self) -> Path:
        return HERE / self.name

    @property
    def category(self) -> str:
        return self.told["category"]

    @property
    def refused(self) -> bool:
        return "refused" in self.told

    @property
    def headers(self) -> list[str]:
        return self.told["headers"]

    @cached_property
    def beyond(self) -> list[str]:
        return self.told.get("beyond", [])


def expectations() -> list[Expectation]:
    """Every file of the corpus, by name."""
    files = sorted(EXPECTED.rglob("*.json"))
    names = [str(one.relative_to(EXPECTED)).removesuffix(".json") for one in files]
    return [Expectation(name, json.loads(one.read_text("utf-8"))) for name, one in zip(names, files, strict=True)]


def describe(answer: Answer) -> dict[str, Any]:
    """A table as an expectation keeps it."""
    told: dict[str, Any] = {"headers": answer.headers, "count": len(answer.rows), "filled": _filled(answer.rows)}
    if len(answer.rows) <= LONG:
        told["rows"] = answer.rows
    else:
        told |= {"first": answer.rows[:KEPT], "last": answer.rows[-KEPT:]}
        told |= {"text": _hash(answer.rows, trimmed), "value": _hash(answer.rows, value)}
    return told | ({"beyond": answer.beyond} if answer.beyond else {})


def verdict(wanted: Expectation, answer: Answer | None) -> str:
    """`exact` (text for text), `value` (same numbers, dates, booleans), `refused`, `lost` (cells are gone), `wrong`."""
    if answer is None:
        return "exact" if wanted.refused else "refused"
    if wanted.refused:
        return "wrong"
    answer = _within(answer, wanted)
    for name, cell in (("exact", trimmed), ("value", value)):
        if not differences(wanted, answer, cell):
            return name
    return "lost" if _loses(wanted, answer) else "wrong"


def differences(wanted: Expectation, answer: Answer, cell: Any = None) -> list[str]:
    """In what an answer differs, each in a line, the first ones."""
    cell = cell or trimmed
    answer = _within(answer, wanted)
    found = [] if _same_headers(wanted.headers, answer.headers) else [f"headers {answer.headers}, not {wanted.headers}"]
    if len(answer.rows) != wanted.told["count"]:
        found.append(f"{len(answer.rows)} rows, not {wanted.told['count']}")
    if sorted(map(str, map(cell, answer.beyond))) != sorted(map(str, map(cell, wanted.beyond))):
        found.append(f"beyond the columns {answer.beyond}, not {wanted.beyond}")
    found += _row_differences(wanted, answer, cell)
    if not found and "text" in wanted.told and _hash(answer.rows, cell) != wanted.told[_HASHES[cell]]:
        found.append("rows in the middle differ")
    return found[:8]


def trimmed(cell: Cell) -> Cell:
    """A cell without white space around it; line ends as \\n. None where blank."""
    text = (cell or "").replace("\r\n", "\n").replace("\r", "\n").strip()
    return text or None


def value(cell: Cell) -> Cell:
    """What a cell says: 1, 1.0 and 01 are one number, True and true one truth, a midnight is its date."""
    text = trimmed(cell)
    if text is None:
        return None
    if text.lower() in ("true", "false"):
        return text.lower()
    text = _MIDNIGHT.sub(r"\1", text)
    text = _MOMENT.sub(r"\1T\2", text)
    if text[:1] in "[{":
        return _compact(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return format(number.normalize(), "f") if number.is_finite() and abs(number) < Decimal("1e30") else text


_HASHES = {trimmed: "text", value: "value"}


def _compact(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        return text


def _within(answer: Answer, wanted: Expectation) -> Answer:
    """An answer whose columns past those wanted are cells beyond: some readers make a column of them."""
    width = len(wanted.headers)
    if wanted.category == "json" and answer.headers != wanted.headers:
        answer = _in_order(answer, wanted.headers)
    if len(answer.headers) <= width:
        return answer
    beyond = [cell for row in answer.rows for cell in row[width:] if trimmed(cell)]
    return Answer(answer.headers[:width], [row[:width] for row in answer.rows], [*answer.beyond, *beyond])


def _in_order(answer: Answer, headers: list[str]) -> Answer:
    """Columns as they are wanted: the properties of JSON objects have no order."""
    if sorted(answer.headers) != sorted(headers) or len(set(headers)) < len(headers):
        return answer
    places = [answer.headers.index(one) for one in headers]
    return Answer(headers, [[row[n] for n in places] for row in answer.rows], answer.beyond)


def _same_headers(wanted: Sequence[str], given: Sequence[str]) -> bool:
    """A blank header may have any made name; a repeated one may have something behind it."""
    seen = Counter(wanted)
    return len(wanted) == len(given) and all(
        not want or want == have or (seen[want] > 1 and have.startswith(want))
        for want, have in zip(wanted, map(_squeezed, given), strict=True)
    )


def _squeezed(header: str) -> str:
    return " ".join(header.split())


def _row_differences(wanted: Expectation, answer: Answer, cell: Any) -> list[str]:
    told = wanted.told
    if "rows" in told:
        pairs = list(zip(range(1, 1 + len(answer.rows)), told["rows"], answer.rows, strict=False))
    else:
        numbered = list(enumerate(answer.rows, start=1))
        pairs = [(n, want, row) for (n, row), want in zip(numbered[:KEPT], told["first"], strict=False)]
        pairs += [(n, want, row) for (n, row), want in zip(numbered[-KEPT:], told["last"], strict=False)]
    return [f"row {n} {row}, not {want}" for n, want, row in pairs if list(map(cell, row)) != list(map(cell, want))]


def _loses(wanted: Expectation, answer: Answer) -> bool:
    """Whether cells are gone from an answer: told neither as cells or headers, nor within others."""
    texts = [*answer.headers, *answer.beyond, *(cell for row in answer.rows for cell in row)]
    have = Counter(map(value, texts))
    whole = "\x1f".join(filter(None, map(trimmed, texts)))
    told = wanted.told
    rows = told.get("rows", [*told.get("first", []), *told.get("last", [])])
    need = Counter(value(cell) for row in rows for cell in row)
    need.update(map(value, [*wanted.headers, *wanted.beyond]))
    del need[None]
    return any(have[cell] < count and str(cell) not in whole for cell, count in need.items())


def _filled(rows: Sequence[Sequence[Cell]]) -> int:
    return sum(trimmed(cell) is not None for row in rows for cell in row)


def _hash(rows: Sequence[Sequence[Cell]], cell: Any) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(list(map(cell, row)), ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]
