"""Numbers that are held as text, as French, English or foreign people write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from solidata_api.recipes.numbers import EURO
from solidata_api.recipes.readers import integer
from solidata_api.recipes.suggesting.base import Proposal, SeenColumn, View, reads

#: The least share of cells that must read: where the type is guessed, and where the model says it.
_GUESSED, _SAID = 0.9, 0.5
_MONEY = frozenset(
    ("montant", "prix", "budget", "cout", "tarif", "loyer", "salaire", "subvention", "amount", "price", "cost", "euros")
)
#: Signs of money other than the euro's; a column with two of them is for people.
_SIGNS = ("$", "£", "CHF", "USD", "GBP", "¥")
_LEADING_ZERO = re.compile("0[0-9]+")


def numbers(view: View) -> Iterator[Proposal]:
    """Columns of text that are written as numbers, with the reading that takes most of them."""
    for seen in view.texts:
        if seen.may_become("integer", "number") and not _is_code(seen):
            proposed = _proposed(seen)
            if proposed is not None:
                yield proposed


def _is_code(seen: SeenColumn) -> bool:
    return seen.field is None and (seen.says_code or seen.any(_LEADING_ZERO.fullmatch))


def _proposed(seen: SeenColumn) -> Proposal | None:
    least = _SAID if seen.field else _GUESSED
    said = f"the sources hold it as {' and '.join(seen.types)}; " if seen.types else ""
    wanted = seen.field.type if seen.field else None
    whole = seen.share(reads(integer))
    currencies = _currencies(seen)
    locale, share = _locale(seen, currencies) if wanted != "integer" else (None, 0.0)
    if whole >= max(least, share) and wanted != "number":
        return Proposal("to_integer", f"{said}texts are whole numbers", 0.9, column=seen.key)
    if share < least:
        return None
    params: dict[str, Any] = {"locale": locale} if locale else {}
    params |= {} if currencies == EURO else {"currencies": list(currencies)}
    if _is_money(seen, currencies) and seen.share(_has_cents(locale, currencies)) >= share:
        why = f"{said}texts are amounts with at most two decimals"
        return Proposal("to_decimal", why, 0.85, {**params, "places": 2}, seen.key)
    return Proposal("to_number", f"{said}texts are numbers{_in_words(locale)}", 0.85, params, seen.key)


def _locale(seen: SeenColumn, currencies: tuple[str, ...]) -> tuple[str | None, float]:
    """The locale by which most cells read, and their share; none where every number reads in one way only."""
    shares = {locale: seen.share(_reading(locale, currencies)) for locale in (None, "fr", "en")}
    best = max((None, "fr", "en"), key=lambda locale: shares[locale])
    return best, shares[best]


def _reading(locale: str | None, currencies: tuple[str, ...]) -> Callable[[str], bool]:
    from solidata_api.recipes.rows.numerals import as_double, decimal_reader

    read = decimal_reader(locale, currencies, "share")
    return reads(lambda text: as_double(read(text)))


def _has_cents(locale: str | None, currencies: tuple[str, ...]) -> Callable[[str], bool]:
    from solidata_api.recipes.rows.numerals import as_exact_double, at_places, decimal_reader

    read = decimal_reader(locale, currencies, "reject")
    return reads(lambda text: as_exact_double(at_places(read(text), 2, None)))


def _currencies(seen: SeenColumn) -> tuple[str, ...]:
    """The one sign of money in the column, or the euro's."""
    found = [sign for sign in _SIGNS if seen.share(_holds(sign)) >= 0.1]
    has_euro = seen.any(lambda text: "€" in text or "EUR" in text)
    return (found[0],) if len(found) == 1 and not has_euro else EURO


def _holds(sign: str) -> Callable[[str], bool]:
    return lambda text: sign in text


def _is_money(seen: SeenColumn, currencies: tuple[str, ...]) -> bool:
    return bool(seen.words & _MONEY) or seen.any(lambda text: any(sign in text for sign in currencies))


def _in_words(locale: str | None) -> str:
    return {"fr": " with comma decimals", "en": " with point decimals"}.get(locale or "", "")
