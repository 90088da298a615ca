"""Serving files: what is stored beside the rows so that reads are fast."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solidata_api.domain.folding import fold_text
from solidata_api.tables import Tables
from solidata_api.tables.cache import COMMON, KNOWN, plainly_folded
from solidata_api.tables.names import folded


def stored(tables: Tables, make_version: Callable[..., Any], texts: list[str]) -> list[str]:
    version = make_version({"a": "string"}, [(text,) for text in texts])
    with tables.serving.cursor(version) as cursor:
        return [found for (found,) in cursor.execute(f"select {folded('a')} from rows order by rowid").fetchall()]


def test_every_character_that_duckdb_folds_is_folded_as_by_us(tables: Tables, make_version: Callable[..., Any]) -> None:
    known = [char for char in map(chr, range(1, sys.maxunicode)) if re.fullmatch(f"[\x01-\x7f{KNOWN}]", char)]
    assert len(known) > 180
    texts = [f"é{char}É" for char in known]
    assert stored(tables, make_version, texts) == [fold_text(text) for text in texts]


def test_every_character_that_becomes_ascii_by_common_letters_is_folded_as_by_us() -> None:
    chars = [char for char in map(chr, range(1, sys.maxunicode)) if not "\ud800" <= char <= "\udfff"]
    with duckdb.connect() as connection:
        made = connection.execute(f"select {plainly_folded('c')} from (select unnest(?) as c)", [chars]).fetchall()
    opened = [(char, one) for char, (one,) in zip(chars, made, strict=True) if one.isascii()]
    assert len(opened) > 128 + len(COMMON)
    assert [(char, one) for char, one in opened if one != fold_text(char)] == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.text(st.one_of(st.sampled_from("éÀœŒ’ß\u0301İΣ\n\x00"), st.characters(exclude_categories=["Cs"]))),
        min_size=1,
    )
)
def test_any_text_is_folded_as_by_us(tables: Tables, make_version: Callable[..., Any], texts: list[str]) -> None:
    assert stored(tables, make_version, texts) == [fold_text(text) for text in texts]
