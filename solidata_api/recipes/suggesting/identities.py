"""Numbers with check digits, telephone numbers, countries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from solidata_api.recipes.suggesting.base import Proposal, SeenColumn, View, read_by

#: The least share of cells that must be right for a column to be of such numbers.
_MOSTLY = 0.5
#: What is wrong stays, and is told: people correct it.
_KEEP = {"on_error": "keep"}
_NAMES = {"siren": "SIREN", "siret": "SIRET", "vat": "VAT", "iban": "IBAN"}
_VAT_WORDS = frozenset(("tva", "vat"))


def identifiers(view: View) -> Iterator[Proposal]:
    """Columns of SIREN, SIRET, VAT or IBAN numbers of which some are wrong, or written with separators."""
    from solidata_api.recipes.rows import cells
    from solidata_api.recipes.rows.identifiers import plain, right

    for seen in view.texts:
        kind = _kind(seen)
        if kind is None:
            continue
        texts = list(seen.counts)
        written = cells.chunked(plain(_array(texts)))
        good = {text for text, is_right in zip(texts, right(written, kind), strict=True) if is_right}
        is_plain = all(text == one for text, one in zip(texts, written.to_pylist(), strict=True))
        if seen.share(good.__contains__) >= _MOSTLY and not (is_plain and len(good) == len(texts)):
            wrong = "some are wrong by their check digits" if len(good) < len(texts) else "they hold separators"
            why = f"{_NAMES[kind]} numbers; {wrong}"
            yield Proposal("check_id", why, 0.9, {"kind": kind, **_KEEP}, seen.key)


def phones(view: View) -> Iterator[Proposal]:
    """Columns of telephone numbers that are not in one form yet."""
    from solidata_api.recipes.phones import reader

    read = read_by(reader("FR", "e164"))
    for seen in view.texts:
        if _form(seen) != "phone" or not seen.any(lambda text: read(text) not in (None, text)):
            continue
        if seen.share(lambda text: read(text) is not None) >= _MOSTLY:
            why = "telephone numbers in several ways of writing"
            yield Proposal("phone", why, 0.85, {"region": "FR", **_KEEP}, seen.key)


def countries(view: View) -> Iterator[Proposal]:
    """Columns of countries that are not written in one form."""
    from solidata_api.domain.countries import country_of

    for seen in view.texts:
        known = {text: country_of(text) for text in seen.counts} if _form(seen) == "country" else {}
        if not known or seen.share(known.get) < _MOSTLY:
            continue
        used: Counter[str] = Counter()
        for text, country in known.items():
            for form in ("alpha2", "alpha3", "name_fr", "name_en"):
                used[form] += seen.counts[text] * (country is not None and getattr(country, form) == text)
        form = max(("alpha2", "alpha3", "name_fr", "name_en"), key=lambda one: used[one])
        if used[form] < sum(seen.counts[text] for text, country in known.items() if country is not None):
            why = f"countries in several ways of writing; most are written as {form}"
            yield Proposal("country", why, 0.8, {"to": form, **_KEEP}, seen.key)


def _kind(seen: SeenColumn) -> str | None:
    """What numbers with check digits a column holds, by its format, its header or its values."""
    if seen.words & _VAT_WORDS:
        return "vat"
    form = _form(seen)
    return form if form in _NAMES else None


def _form(seen: SeenColumn) -> str | None:
    """The format that is said, that the header names, or that the values prove."""
    from solidata_api.frames.formats import FORMS, FormatJudge

    if seen.format:
        return seen.format
    named = next((form.name for form in FORMS if form.words & seen.words and not form.numeric), None)
    if named is not None:
        return named
    judge = FormatJudge(seen.column.title)
    judge.see(_array(seen.tried))
    found = judge.verdict(numeric=False, is_code=seen.says_code)
    return found[0] if found else None


def _array(texts: list[str]) -> Any:
    import pyarrow as pa

    return pa.array(texts, pa.string())
