"""The collection of invitations: each ends once, whoever tries at the same time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from pymongo.database import Database

from solidata_api.domain.documents import now
from solidata_api.domain.invitations import LISTED_FOR, Invitation
from solidata_api.store.mongo import DocumentStore, database_errors

_FORGOTTEN_WITH_TIME = ("forget_at", {"expireAfterSeconds": 0})


class InvitationStore(DocumentStore[Invitation]):
    """Invitations by address, document, token and inviter. Ended ones keep no token, and go after a while."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        indexes = ["email", "document_id", "token_hash", "invited_by", _FORGOTTEN_WITH_TIME]
        super().__init__(database, "invitations", Invitation, indexes)

    def end(self, invitation: Invitation, state: str) -> bool:
        """End one that waits; False when it has ended already."""
        return self._set({"_id": invitation.id, "state": "waiting"}, _ending(state))

    def end_seen(self, invitation: Invitation, state: str) -> bool:
        """The same, only while nobody did anything with it since it was read."""
        return self._set({"_id": invitation.id, "state": "waiting", "rev": invitation.rev}, _ending(state))

    def begin_accepting(self, invitation: Invitation, moment: datetime) -> Invitation | None:
        """Note that it is being accepted, which keeps it from ending otherwise; None when it was changed meanwhile."""
        taken = replace(invitation, accepting_at=moment, rev=invitation.rev + 1)
        return taken if self.put(taken, state="waiting", rev=invitation.rev) else None

    def stop_accepting(self, invitation: Invitation) -> None:
        """Note that an acceptance has failed."""
        self._set({"_id": invitation.id, "state": "waiting", "rev": invitation.rev}, {"accepting_at": None})

    def give_token(self, identifier: str, token_hash: str) -> bool:
        """Make this the only token of one that waits; False when it does not (any more)."""
        return self._set({"_id": identifier, "state": "waiting"}, {"token_hash": token_hash})

    def end_all(self, state: str, **equals: Any) -> None:
        """End all that wait and have these values."""
        with database_errors():
            self.collection.update_many({**equals, "state": "waiting"}, _change(_ending(state)))

    def _set(self, seen: dict[str, Any], values: dict[str, Any]) -> bool:
        with database_errors():
            return self.collection.update_one(seen, _change(values)).matched_count == 1


def _ending(state: str) -> dict[str, Any]:
    return {"state": state, "token_hash": None, "forget_at": now() + LISTED_FOR}


def _change(values: dict[str, Any]) -> dict[str, Any]:
    return {"$set": values, "$inc": {"rev": 1}}
