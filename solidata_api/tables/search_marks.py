"""`highlight=true`: the fragments of cells in which words that were searched for stand, marked, safe as HTML."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from solidata_api.domain.folding import fold_text
from solidata_api.domain.search import Search, Term, split_words
from solidata_api.tables.search_words import asks_for

#: Characters shown before and after a mark, and the most fragments of one cell.
AROUND = 60
MAX_FRAGMENTS = 3
#: Cells are looked through so far.
MAX_CHARACTERS = 100_000
Span = tuple[int, int]


def marked(search: Search, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, list[str]]]:
    """By row, the fragments of each searched column that hold what was found: `…la <mark>médiation</mark>…`."""
    return [
        {
            key: found
            for key in search.columns
            if key in row and row[key] is not None and (found := _fragments(search, _text(row[key])))
        }
        for row in rows
    ]


def _text(value: Any) -> str:
    if isinstance(value, orjson.Fragment):
        value = value.contents
    return (value.decode() if isinstance(value, bytes) else str(value))[:MAX_CHARACTERS]


def _fragments(search: Search, text: str) -> list[str]:
    words = list(_words(text))
    spans = sorted({span for term in search.terms for span in _found(term, words)})
    made = []
    for group in _near(spans)[:MAX_FRAGMENTS]:
        start, end = max(0, group[0][0] - AROUND), min(len(text), group[-1][1] + AROUND)
        made.append(("…" if start else "") + _mark(text, start, end, group) + ("…" if end < len(text) else ""))
    return made


def _words(text: str) -> Iterator[tuple[str, Span]]:
    """Each folded word with where it stands in the text; folding may make several of one character."""
    start, held = 0, ""
    for place, char in enumerate(f"{text} "):
        if _belongs(char):
            start, held = (start, held + char) if held else (place, char)
        elif held:
            yield from ((word, (start, place)) for word in split_words(fold_text(held)))
            held = ""


@lru_cache(maxsize=10_000)
def _belongs(char: str) -> bool:
    """Whether a character is part of a word: letters, digits, and marks, which fold to nothing."""
    folded = fold_text(char)
    return not folded or bool(split_words(folded))


def _found(term: Term, words: Sequence[tuple[str, Span]]) -> Iterator[Span]:
    if len(term.words) == 1:
        asked: Callable[[str], bool] = asks_for(term)
        yield from (span for word, span in words if asked(word))
        return
    length = len(term.words)
    for place in range(len(words) - length + 1):
        if tuple(word for word, _ in words[place : place + length]) == term.words:
            yield from (span for _, span in words[place : place + length])


def _near(spans: Sequence[Span]) -> list[list[Span]]:
    """Spans in groups that one fragment shows."""
    groups: list[list[Span]] = []
    for span in spans:
        if groups and span[0] - groups[-1][-1][1] <= AROUND:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _mark(text: str, start: int, end: int, spans: Sequence[Span]) -> str:
    made, place = [], start
    for first, last in spans:
        made += [html.escape(text[place:first]), f"<mark>{html.escape(text[first:last])}</mark>"]
        place = last
    return "".join([*made, html.escape(text[place:end])])
