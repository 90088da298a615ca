"""Licences: a dozen documents that every answer of rows names."""

from __future__ import annotations

import time
from typing import Any

from pymongo.database import Database

from solidata_api.domain.vocabularies import Licence
from solidata_api.store.mongo import DocumentStore

#: How long a licence's words and address may be told as they were.
KEPT_S = 2.0


class LicenceStore(DocumentStore[Licence]):
    """The licences. `known` asks the database once in two seconds, so that a page of rows costs no question more."""

    def __init__(self, database: Database[dict[str, Any]], name: str) -> None:
        super().__init__(database, name, Licence)
        self._known: dict[str, tuple[float, Licence | None]] = {}

    def known(self, identifier: str) -> Licence | None:
        """The licence as it was at most KEPT_S ago, or None."""
        now = time.monotonic()
        asked_at, licence = self._known.get(identifier, (-KEPT_S, None))
        if now - asked_at >= KEPT_S:
            licence = self.find(identifier)
            self._known[identifier] = (now, licence)
        return licence
