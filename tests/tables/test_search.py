"""Search: which rows are found, in which order, held against plain Python; what a reader can't see has no say."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solidata_api.domain.datasets import Version
from solidata_api.domain.folding import fold_text
from solidata_api.domain.queries import ROW_PARAMETERS, bind
from solidata_api.domain.search import Search, Term, split_words
from solidata_api.tables import Page, Tables
from solidata_api.tables.search_scan import scan
from solidata_api.tables.search_words import asks_for

TYPES = {"name": "string", "about": "string", "n": "integer", "secret": "string"}
ROWS = [
    ("Médiation numérique", "à l'école de Nîmes", 1, "caché"),
    ("mediations", "outils NUMÉRIQUES, réseaux", 2, "numérique médiation médiation"),
    ("numérique et médiation", "Œuvre", 3, None),
    (None, "cheval, chevaux & <b>running</b> runs", 4, "médiation"),
    ("médiation", None, 5, "numérique"),
    ("code 0042", "42", 6, "médiation numérique"),
]
WORDS = (
    "numérique", "Numériques", "numerisation", "médiation", "mediations", "école", "ecole", "run", "running", "runs",
    "œuvre", "oeuvres", "12", "0012", "L'été", "tiers-lieu", "Straße", "a", "ab", "abc", "santé", "santa",
)  # fmt: skip


def ask(tables: Tables, version: Version, keys: Sequence[str], **asked: str) -> Page:
    columns = [column for column in version.columns if column.key in keys]
    return tables.page(version, columns, bind(asked.items(), columns, ROW_PARAMETERS))


def positions(page: Page) -> list[int]:
    return [int(row["_id"].removeprefix("r")) for row in page.rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("médiation numérique", [0, 2, 1]),
        ("MEDIATION", [4, 0, 2, 1]),
        ("numer*", [0, 2, 1]),
        ("numer", []),
        ('"médiation numérique"', [0]),
        ('"numérique', [0, 2]),
        ("oeuvre", [2]),
        ("cheval", [3]),
        ("run", [3]),
        ("42", [5]),
        ("004*", [5]),
        ("l'école", [0]),
        ("numérique Nîmes", [0]),
        ('"numérique à"', []),
        ("caché", []),
        ("numérique absent", []),
    ],
)
def test_a_search_finds(tables: Tables, make_version: Callable[..., Version], text: str, expected: list[int]) -> None:
    page = ask(tables, make_version(TYPES, ROWS), ("name", "about", "n"), q=text)
    assert sorted(positions(page)) == sorted(expected)
    assert page.total == len(expected)
    assert page.ranked is True


CELLS = st.lists(st.sampled_from(WORDS), max_size=6).flatmap(
    lambda words: st.sampled_from([" ", ", ", "_", "/", "-"]).map(lambda between: between.join(words) or None)
)
TABLES = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=12)
ASKED = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(["num*", "a*", "sant*", "00*", '"numérique médiation"', '"run runs"', '"ecole', '"a a"']),
)
QUERIES = st.lists(st.lists(ASKED, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=5)


class Naive:
    """The reference: BM25 (k1 1.2, b 0.75) over a row's words, each term the best of the words that it asks for."""

    def __init__(self, rows: Sequence[Sequence[str | None]]) -> None:
        self.cells = [[split_words(fold_text(cell)) for cell in row if cell] for row in rows]
        self.words = [[word for cell in row for word in cell] for row in self.cells]
        self.mean = sum(map(len, self.words)) / len(rows)

    def ranked(self, search: Search) -> list[int]:
        scores = {n: [self.score(term, n) for term in search.terms] for n in range(len(self.words))}
        kept = {n: round(sum(one), 4) for n, one in scores.items() if all(one)}
        return sorted(kept, key=lambda n: (-kept[n], n))

    def score(self, term: Term, n: int) -> float:
        if len(term.words) > 1:
            return sum(map(self.rarity, map(self.holding, term.words))) * self.weight(self.phrases(term.words, n), n)
        fits = asks_for(term)
        found = {word for words in self.words for word in words if fits(word)}
        rarity = self.rarity(min(len(self.words), sum(map(self.holding, found)))) if found else 0
        if term.is_exact:
            rarity = self.rarity(self.holding(term.words[0]))
        best = 0.0
        for word in found:
            score = rarity * self.weight(self.words[n].count(word), n) * (1 if word == term.words[0] else 0.8)
            best = max(best, score)
        return best

    def weight(self, count: int, n: int) -> float:
        return count * 2.2 / (count + 1.2 * (0.25 + 0.75 * len(self.words[n]) / self.mean)) if count else 0

    def rarity(self, count: int) -> float:
        return math.log(1 + (len(self.words) - count + 0.5) / (count + 0.5))

    def holding(self, word: str) -> int:
        return sum(word in words for words in self.words)

    def phrases(self, words: tuple[str, ...], n: int) -> int:
        return sum(
            tuple(cell[place : place + len(words)]) == words
            for cell in self.cells[n]
            for place in range(len(cell) - len(words) + 1)
        )


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=TABLES, others=st.lists(CELLS, min_size=12, max_size=12), texts=QUERIES)
def test_a_search_answers_as_plain_python_and_no_hidden_column_matters(
    tables: Tables, make_version: Callable[..., Version], rows: Any, others: Any, texts: list[str]
) -> None:
    kinds = {"x": "string", "y": "string", "secret": "string"}
    version = make_version(kinds, rows)
    other = make_version(kinds, [(x, y, hidden) for (x, y, _), hidden in zip(rows, others, strict=False)])
    naive = Naive([(x, y) for x, y, _ in rows])
    for text in texts:
        page = ask(tables, version, ("x", "y"), q=text, per_page="50")
        search = bind([("q", text)], version.columns[:2], ROW_PARAMETERS).search
        assert search is not None
        assert positions(page) == naive.ranked(search), text
        assert page == ask(tables, other, ("x", "y"), q=text, per_page="50")
        with tables.serving.cursor(version) as cursor:
            assert scan(cursor, search) == sorted(naive.ranked(search)), text
        assert tables.marked(search, page.rows) == tables.marked(search, [{**row, "secret": text} for row in page.rows])
        assert all(tables.marked(search, page.rows)), "every row found shows where"
        by_order = ask(tables, version, ("x", "y"), q=text, per_page="50", sort="-y", x__isnotnull="")
        assert sorted(positions(by_order)) == [n for n in sorted(naive.ranked(search)) if rows[n][0] is not None]
        filtered = ask(tables, version, ("x", "y"), q=text, per_page="50", x__isnotnull="")
        assert positions(filtered) == [n for n in naive.ranked(search) if rows[n][0] is not None]
        assert filtered.total == len(filtered.rows)
