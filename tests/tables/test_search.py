"""Search: which rows are found, in which order, held against plain Python; nothing that a reader can't see has a say."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solidata_api.domain.datasets import Version
from solidata_api.domain.folding import fold_text
from solidata_api.domain.queries import ROW_PARAMETERS, RowQuery, bind
from solidata_api.domain.search import Search, Term, split_words
from solidata_api.settings import Settings
from solidata_api.tables import Page, Tables, open_tables
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
WORDS = ("numérique", "Numériques", "numerisation", "médiation", "mediations", "école", "ecole", "run", "running", "runs",
         "œuvre", "oeuvres", "12", "0012", "L'été", "tiers-lieu", "Straße", "a", "ab", "abc", "santé", "santa")  # fmt: skip


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
def test_a_search_finds(
    tables: Tables, make_version: Callable[..., Version], text: str, expected: list[int]
) -> None:
    page = ask(tables, make_version(TYPES, ROWS), ("name", "about", "n"), q=text)
    assert sorted(positions(page)) == sorted(expected)
    assert page.total == len(expected)
    assert page.ranked is True
