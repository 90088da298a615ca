"""What a caller asks, read only once the judge has let them: a hidden document answers 404 before a bad body 422."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from solidata_api.domain.errors import PreconditionFailed

#: Reads, checks and returns the request's body; raises our kinds for one that does not fit.
Body = Callable[[], dict[str, Any]]
#: The revisions an `If-Match` names; None: it named none, or any.
Seen = frozenset[int] | None


class Revised(Protocol):
    """What counts its changes: a document, or an account."""

    @property
    def rev(self) -> int: ...


def check_revision(document: Revised, seen: Seen) -> None:
    """Raise PreconditionFailed when the caller saw another revision (RFC 9110, 13.1.1)."""
    if seen is not None and document.rev not in seen:
        raise PreconditionFailed("Somebody else changed this document meanwhile: read it again.")
