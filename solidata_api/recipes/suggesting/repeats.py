"""Rows that stand several times, by a key that is declared or that a column looks like."""

from __future__ import annotations

from collections.abc import Iterator

from solidata_api.recipes.suggesting.base import Proposal, SeenColumn, View

_KEY_WORDS = frozenset(("id", "identifiant", "identifier", "uuid", "guid", "uid", "ref", "reference", "matricule"))
_KEY_FORMATS = frozenset(("siret", "siren", "insee_commune", "uuid"))
#: How much of a column must be filled, and how many of its values differ, for it to look like a key.
_FILLED, _DISTINCT = 0.95, 0.8
#: So many columns that look like a key are tried; whole rows are compared where they have so many cells at most.
_TRIED, _CELLS = 3, 50
#: A blank never beats a value: less is lost than where the first row wins as a whole.
_KEEP = {"keep": {"*": "first"}}


def repeated_rows(view: View) -> Iterator[Proposal]:
    """De-duplication on the key; without one, on columns that look like one, else on all columns."""
    known = {seen.key for seen in view.columns}
    if view.key:
        if set(view.key) <= known:
            keys = list(view.key)
            yield Proposal("dedupe", f"{' and '.join(keys)}, the key, stands in several rows", 0.9, _on(keys))
        return
    alike = [seen for seen in view.columns if _looks_like_key(seen, view.rows)][:_TRIED]
    for seen in alike:
        yield Proposal("dedupe", f"{seen.key} looks like a key and stands in several rows", 0.5, _on([seen.key]))
    every = [seen.key for seen in view.columns]
    if not alike and 0 < len(every) <= _CELLS:
        yield Proposal("dedupe", "rows are the same in all columns", 0.7, {"keys": every})


def _on(keys: list[str]) -> dict[str, object]:
    return {"keys": keys, **_KEEP}


def _looks_like_key(seen: SeenColumn, rows: int) -> bool:
    named = bool(seen.words & _KEY_WORDS) or seen.says_code or seen.format in _KEY_FORMATS
    if not named or seen.column.type not in ("string", "any", "integer"):
        return False
    return seen.filled >= _FILLED * rows and len(seen.counts) >= _DISTINCT * seen.filled
