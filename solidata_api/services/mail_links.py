"""Links in mails: single-use secrets with one purpose each, kept as hashes, good only while they fit their account."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta

from solidata_api.backends import Backends
from solidata_api.domain.digests import digest
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.domain.users import MailLink, User


def mint(backends: Backends, purpose: str, user: User, email: str) -> str:
    """A fresh token for this account as it was read, until its password or address changes; `email` is the address that
    the link is about, for `email` the new one."""
    token = secrets.token_urlsafe(32)
    link = MailLink(
        id=digest(token),
        purpose=purpose,
        user_id=user.id,
        email=email,
        epoch=user.epoch,
        expires_at=now() + timedelta(hours=backends.settings.mail_link_hours),
    )
    backends.mail_links.insert(link)
    return token


def spend(backends: Backends, token: str, purpose: str) -> MailLink:
    """The link of this token, which is used up now. Raises Invalid for any that is not good (any more).

    A caller that is killed after it has spent one asks for another mail.
    """
    link = backends.mail_links.find(digest(token))
    # A token sent to the wrong place stays good for its own. Deleting decides between two who spend it at once.
    if link is None or link.purpose != purpose or not backends.mail_links.delete(link.id) or not _fits(backends, link):
        raise not_good()
    return link


def not_good() -> Invalid:
    """The same for every reason."""
    fault = Fault("/token", "it is unknown, expired or used: ask for another mail")
    return Invalid("This link is not good (any more).", [fault])


def kill_all(backends: Backends, user_id: str, purposes: Iterable[str] | None = None) -> None:
    """End the links of an account, of these purposes or of all: its password or address changed, or it is gone."""
    wanted = None if purposes is None else set(purposes)
    for link in backends.mail_links.all_by(user_id=user_id):
        if wanted is None or link.purpose in wanted:
            backends.mail_links.delete(link.id)


def require_fit(user: User, link: MailLink) -> User:
    """The account, if a link is still about it: for the write, since it may have changed after the link was spent."""
    if not _is_about(user, link):
        raise not_good()
    return user


def _fits(backends: Backends, link: MailLink) -> bool:
    """The database forgets expired links within a minute or so: until then the time is asked here."""
    user = backends.users.find(link.user_id)
    return user is not None and link.expires_at > now() and _is_about(user, link)


def _is_about(user: User, link: MailLink) -> bool:
    if user.disabled or user.epoch != link.epoch:
        return False
    return link.purpose == "email" or user.email == link.email
