"""Share links: some columns and rows of one table, for whoever holds the address, as long as their maker might open
them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: How a link's token begins, so that people, logs and secret scanners know one when they see it.
TOKEN_PREFIX = "sdl_"  # noqa: S105
#: How long a link is still listed after it has ended.
KEPT = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class ShareLink:
    """A link, of whose token only the hash is kept. `columns` are shown; `conditions` are parameters of a row query
    that its maker fixed, each with its repetitions."""

    id: str
    dataset_id: str
    token_hash: str
    title: str
    columns: tuple[str, ...]
    conditions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    created_by: str
    created_at: datetime
    expires_at: datetime
    reads: int = 0
    last_read_at: datetime | None = None

    def has_ended(self, moment: datetime) -> bool:
        return self.expires_at <= moment

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The conditions as (name, text) pairs of a query string."""
        return [(name, text) for name, texts in self.conditions for text in texts]
