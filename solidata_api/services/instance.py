"""What an instance needs before its first request: indexes, and the licences that it starts with."""

from __future__ import annotations

from solidata_api.backends import Backends
from solidata_api.services import vocabularies


def prepare(backends: Backends) -> None:
    """Create indexes and seeds; harmless when repeated. Raises Unavailable while the database is away."""
    backends.ensure_indexes()
    vocabularies.seed(backends)
