"""Parameters of the steps that read numbers as people write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from solidata_api.domain.errors import Fault
from solidata_api.recipes.parameters import TEXT, choice, list_of, optional, param

#: Of the euro. A second currency in one column would be lost, so it is for people to name.
EURO = ("€", "EUR")


def locale_param() -> Any:
    return param(
        optional(choice("fr", "en")),
        "`fr`: comma decimals; `en`: point decimals, commas between thousands; null: what reads in one way only",
        default=None, example="fr",
    )  # fmt: skip


def currencies_param() -> Any:
    return param(
        list_of(TEXT, least=0, most=20), "currency signs that may stand before or behind, and are left out",
        default=EURO, example=["€"],
    )  # fmt: skip


def percent_param() -> Any:
    return param(
        choice("share", "points", "reject"), "what `12 %` is: 0.12, 12 or a reject", default="share", example="points"
    )


def currency_faults(currencies: Iterable[str]) -> Iterator[Fault]:
    """Signs that would be read as a part of the number."""
    for n, one in enumerate(currencies):
        if not one.strip() or one != one.strip() or any(char.isdigit() or char in ".,+-−()%" for char in one):
            yield Fault(f"currencies/{n}", f"{one!r} is no currency sign, such as € or EUR")
