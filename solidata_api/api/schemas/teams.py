"""Shapes of teams, invitations, transfer and access, and their views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from solidata_api.api.access import DOCUMENTS
from solidata_api.api.schemas import CAN, ID, TEAM, answer, flag, one_of, page_of, some, text, thing, when
from solidata_api.domain.documents import GRADES, now
from solidata_api.domain.invitations import STATES, Invitation
from solidata_api.services.invitees import Accepted, Offer
from solidata_api.services.teams import Access

_GRADE = one_of(GRADES, "from the strongest to the weakest")
_KIND = one_of(tuple(DOCUMENTS), "what kind of document")
_PERSON = answer({"id": ID, "name": text()})
MEMBER = thing({"grade": _GRADE}, ("grade",), example={"grade": "owner"})
TEAM_ANSWER = answer({"team": TEAM})
INVITATION_NEW = thing(
    {"email": text("one address", longest=254), "grade": _GRADE},
    ("email", "grade"),
    example={"email": "grace@example.org", "grade": "editor"},
)
INVITATION = answer(
    {
        "id": ID,
        "email": text("the invited address", longest=254),
        "grade": _GRADE,
        "state": one_of(STATES),
        "expires_at": when("the end of it"),
        "invited_by": _PERSON,
        "created_at": when("made"),
    }
)
INVITATION_PAGE = page_of(INVITATION)
OFFER = answer(
    {
        "id": ID | {"description": "stands for the token, for the account of the invited address"},
        "kind": _KIND,
        "document_id": ID,
        "title": text("the document's"),
        "grade": _GRADE,
        "invited_by": _PERSON,
        "expires_at": when("the end of it"),
    }
)
OFFER_PAGE = page_of(OFFER)
ACCEPTED = answer({"kind": _KIND, "document_id": ID, "grade": _GRADE})
TRANSFER = thing({"user_id": ID}, ("user_id",), example={"user_id": "the id of an active account"})
ACCESS = answer(
    {
        "can": answer({"read": flag(), "contribute": flag(), **CAN["properties"]}),
        "columns": some(text(longest=60), "keys of the columns of a dataset that they read"),
    }
)


def invitation_view(invitation: Invitation, names: Mapping[str, str]) -> dict[str, Any]:
    """An invitation as those see it who manage the team; its token is told to nobody but its address."""
    return {
        "id": invitation.id,
        "email": invitation.email,
        "grade": invitation.grade,
        "state": invitation.state_at(now()),
        "expires_at": invitation.expires_at,
        "invited_by": {"id": invitation.invited_by, "name": names.get(invitation.invited_by, "")},
        "created_at": invitation.created_at,
    }


def offer_view(offer: Offer) -> dict[str, Any]:
    """An invitation as the invited one sees it."""
    return {
        "id": offer.invitation.id,
        "kind": offer.invitation.kind,
        "document_id": offer.document.id,
        "title": offer.document.title,
        "grade": offer.invitation.grade,
        "invited_by": {"id": offer.inviter.id, "name": offer.inviter.display_name},
        "expires_at": offer.invitation.expires_at,
    }


def accepted_view(accepted: Accepted) -> dict[str, Any]:
    return {"kind": accepted.kind, "document_id": accepted.document_id, "grade": accepted.grade}


def access_view(access: Access) -> dict[str, Any]:
    return {"can": access.can, "columns": list(access.columns)}
