"""How often something may be done: the texts of the `RATE_*` settings, such as `3/hour` or `10/5 minutes`."""

from __future__ import annotations

import re
from dataclasses import dataclass

OFF = "off"
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_RATE = re.compile(r"(\d{1,9}) ?/ ?(?:(\d{1,4}) )?(second|minute|hour|day)s?")


@dataclass(frozen=True)
class Rate:
    """At most `amount` uses in any stretch of `seconds`; `text` is what people read."""

    amount: int
    seconds: int
    text: str

    def times(self, factor: int) -> Rate:
        """The same with more uses: mode `dev` is generous."""
        return Rate(self.amount * factor, self.seconds, self.text)

    @property
    def sentence(self) -> str:
        """`3 per hour`, `10 per 5 minutes`."""
        return f"{self.amount} per {self.text.partition('/')[2].strip()}"


def parse(text: str) -> Rate | None:
    """The rate that a text says, or None for `off`. Raises ValueError, saying what it should be."""
    text = text.strip().lower()
    if text == OFF:
        return None
    found = _RATE.fullmatch(text)
    if found is None or int(found[1]) < 1 or int(found[2] or 1) < 1:
        raise ValueError(
            f"{text!r} is no rate: write <n>/<second|minute|hour|day>, such as 3/hour or 10/5 minutes, or off"
        )
    return Rate(int(found[1]), int(found[2] or 1) * _SECONDS[found[3]], text)


def split(setting: str, parts: int = 1) -> tuple[str, ...]:
    """The rates of a setting that holds several, separated by `;`. A lone `off` lifts all of them."""
    texts = tuple(text.strip() for text in setting.split(";"))
    if texts == (OFF,):
        return texts * parts
    if len(texts) != parts:
        raise ValueError(f"it holds {len(texts)} rates, separated by `;`: {parts} are due, or off")
    return texts
