"""Who acts: a person in a role, or nobody in particular."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("anonymous", "guest", "member", "staff", "admin")


@dataclass(frozen=True)
class Actor:
    """Who asks. A `guest` (e-mail not confirmed) reads as `anonymous` does."""

    role: str = "anonymous"
    user_id: str | None = None
    session_id: str | None = None

    @property
    def is_known(self) -> bool:
        return self.user_id is not None

    @property
    def is_confirmed(self) -> bool:
        return self.role in ("member", "staff", "admin")

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"


ANONYMOUS = Actor()
