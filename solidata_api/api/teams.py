"""The part of a view that all documents with a team share: levels, times, `can`, and the team for its members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from solidata_api.api.context import backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.documents import Document
from solidata_api.services import accounts

Names = Mapping[str, str]


def names_for(actor: Actor, documents: Iterable[Document]) -> Names:
    """The display names of the people in these documents' teams, where the actor may know the team."""
    known = [document for document in documents if _knows_team(actor, document)]
    return accounts.display_names(backends(), {member.user_id for document in known for member in document.team})


def shared_view(actor: Actor, document: Document, names: Names) -> dict[str, Any]:
    """What every document shows."""
    shown = {
        "id": document.id,
        "title": document.title,
        "description": document.description,
        "tags": list(document.tags),
        "open_level": document.open_level,
        "edit_level": document.edit_level,
        "can": policy.can_actions(actor, document),
        "created_at": document.created_at,
        "updated_at": document.updated_at,
    }
    if _knows_team(actor, document):
        shown["team"] = members_view(document, names)
    return shown


def members_view(document: Document, names: Names) -> list[dict[str, str]]:
    """A document's team, for whom may know it."""
    return [{"user_id": one.user_id, "name": names.get(one.user_id, ""), "grade": one.grade} for one in document.team]


def _knows_team(actor: Actor, document: Document) -> bool:
    return actor.is_admin or (actor.is_confirmed and policy.grade(actor, document) is not None)
