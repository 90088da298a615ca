"""Telephone numbers as phonenumbers reads them; it is imported where a number or region is at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FORMS = ("e164", "international", "national")
#: In these the same ten digits are dialled as in metropolitan France.
_ALSO = {"FR": ("GP", "MQ", "GF", "RE", "YT", "PM")}


def is_region(name: str) -> bool:
    """Whether a country, by its two letters, has numbers."""
    from phonenumbers import SUPPORTED_REGIONS

    return name in SUPPORTED_REGIONS


def reader(region: str, form: str) -> Callable[[str], str]:
    """Writes a number in a form. Raises ValueError saying why a text is none."""
    import phonenumbers

    formats = phonenumbers.PhoneNumberFormat
    wanted = {"e164": formats.E164, "international": formats.INTERNATIONAL, "national": formats.NATIONAL}[form]

    def read(text: str) -> str:
        number = _number(text, region)
        if form == "e164" and number.extension:
            raise ValueError("it has an extension, for which E.164 has no place")
        return str(phonenumbers.format_number(number, wanted))

    return read


def _number(text: str, region: str) -> Any:
    import phonenumbers

    for one in (region, *_ALSO.get(region, ())):
        try:
            number = phonenumbers.parse(text, one)
        except phonenumbers.NumberParseException:
            raise ValueError("it is no telephone number") from None
        if phonenumbers.is_valid_number(number):
            return number
    raise ValueError(f"it is no number that {region}, or the country of its code, gives out")
