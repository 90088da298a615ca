"""Who acts: a person in a role, or nobody in particular."""

from __future__ import annotations

from dataclasses import dataclass

#: What an API key may be given: `read` is GET and HEAD, `write` the rest.
SCOPES = ("read", "write")
ROLES = ("anonymous", "guest", "member", "staff", "admin")


@dataclass(frozen=True)
class Actor:
    """Who asks. A `guest` (e-mail not confirmed) reads as `anonymous` does."""

    role: str = "anonymous"
    user_id: str | None = None
    session_id: str | None = None
    #: The API key that speaks for its owner, and what it may do; a log-in may do all that its account may.
    key_id: str | None = None
    scopes: tuple[str, ...] = SCOPES

    @property
    def is_known(self) -> bool:
        return self.user_id is not None

    @property
    def is_confirmed(self) -> bool:
        return self.role in ("member", "staff", "admin")

    @property
    def is_key(self) -> bool:
        return self.key_id is not None

    @property
    def may_write(self) -> bool:
        return "write" in self.scopes

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"


ANONYMOUS = Actor()
