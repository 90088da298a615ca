"""What an account is proven by: its password and its address, forgotten, reset and changed.

Whoever changes one ends all sessions by the same write, and every link mailed before or on its way: they are of the
epoch that ended.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.digests import digest
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Conflict, Fault, Invalid
from solidata_api.domain.users import Client, MailLink, User, email_faults, normal_email
from solidata_api.services import confirmations, guesses, mail_links, mails, passwords, sessions
from solidata_api.services.bodies import Body
from solidata_api.services.sessions import NOWHERE

_log = logging.getLogger("solidata_api.security")


def forgot_password(backends: Backends, body: Body, client: Client = NOWHERE) -> None:
    """Mail a link to choose a new password, if there is an account of this address: whoever sends the mail looks."""
    email = normal_email(body()["email"])
    guesses.count_request(backends, client)
    guesses.count_mail(backends, "reset", email)
    mails.post(backends, "reset", email, "en")


def reset_password(backends: Backends, body: Body, client: Client = NOWHERE) -> None:
    """Set the password by a mailed link, and end every session. The mail also shows that the address is theirs."""
    asked = body()
    # Judged before the link is spent: a weak password must not cost the link, nor a token that is none a hash.
    _check_password(asked["password"], _words_behind(backends, asked["token"]), "/password")
    new_hash = passwords.hashed(asked["password"])
    link = mail_links.spend(backends, asked["token"], "reset")
    place = sessions.place_of(backends, client)

    def reset(user: User) -> User:
        renewed = sessions.begin_epoch(mail_links.require_fit(user, link))
        return replace(confirmations.confirmed(renewed), password_hash=new_hash, places=(place,), updated_at=now())

    mail_links.kill_all(backends, link.user_id)
    with confirmations.recorded(backends, backends.users.get(link.user_id)):
        user = backends.users.amend(link.user_id, reset)
    sessions.forget(backends, user)
    _tell(backends, user, "password_changed", user.email)
    _log.warning("a password was reset by mail", extra={"user_id": user.id})


def change_password(backends: Backends, actor: Actor, body: Body, client: Client = NOWHERE) -> None:
    """Set the password by the present one; the session that does it stays, every other ends."""
    policy.require_log_in(actor)
    asked = body()
    seen = _proven(backends, actor, asked["password"])
    _check_password(asked["new_password"], seen.words, "/new_password")
    new_hash = passwords.hashed(asked["new_password"])
    place = sessions.place_of(backends, client)

    def changed(user: User) -> User:
        if user.password_hash != seen.password_hash:
            raise Conflict("The password was changed by somebody else at the same time.")
        return replace(sessions.begin_epoch(user), password_hash=new_hash, places=(place,))

    mail_links.kill_all(backends, seen.id)
    user = backends.users.amend(seen.id, changed)
    sessions.keep(backends, actor, user)
    sessions.forget(backends, user, but=actor.session_id)
    _tell(backends, user, "password_changed", user.email)
    _log.warning("a password was changed", extra={"user_id": user.id})


def ask_email_change(backends: Backends, actor: Actor, body: Body, client: Client = NOWHERE) -> None:
    """Mail a link to a new address, which is the account's once it is opened; the same for one that is taken."""
    policy.require_log_in(actor)
    asked = body()
    if faults := email_faults(asked["email"]):
        raise Invalid("The address can't be changed so.", faults)
    email = normal_email(asked["email"])
    user = _proven(backends, actor, asked["password"])
    guesses.count_request(backends, client)
    guesses.count_mail(backends, "email", email)
    mails.post(backends, "email_change", email, user.lang, user=user)


def confirm_email_change(backends: Backends, body: Body) -> User:
    """Make the new address the account's, by the link mailed there; the old one is told, and every session ends.

    Raises Conflict where the address was taken meanwhile.
    """
    link = mail_links.spend(backends, body()["token"], "email")
    before = backends.users.get(link.user_id)
    with confirmations.recorded(backends, before):
        user = backends.users.amend(link.user_id, lambda user: _moved(backends, user, link))
    mail_links.kill_all(backends, user.id)
    sessions.forget(backends, user)
    if user.email != before.email:
        _tell(backends, user, "email_changed", before.email)
    _log.warning("an e-mail address was changed", extra={"user_id": user.id})
    return user


def _moved(backends: Backends, user: User, link: MailLink) -> User:
    """The account at its new address, whose mail was read: a guest is a member from now on."""
    holder = backends.users.find_by(email=link.email)
    if holder is not None and holder.id != user.id:
        raise Conflict("This address belongs to another account by now.")
    moved = replace(mail_links.require_fit(user, link), email=link.email)
    return confirmations.confirmed(sessions.begin_epoch(moved))


def _proven(backends: Backends, actor: Actor, password: str) -> User:
    """The actor's account, once they have shown that they know its password."""
    user = backends.users.get(actor.user_id or "")
    guesses.count_password(backends, user)
    if not passwords.fits(user.password_hash, password):
        _log.warning("a present password was wrong", extra={"user_id": user.id})
        raise Invalid("The present password is needed.", [Fault("/password", "this is not your present password")])
    return user


def _words_behind(backends: Backends, token: str) -> Iterable[str]:
    """What the owner of a reset link is known by; raises Invalid for any other token."""
    seen = backends.mail_links.find(digest(token))
    link = seen if seen is not None and seen.purpose == "reset" else mail_links.spend(backends, token, "reset")
    user = backends.users.find(link.user_id)
    return user.words if user else ()


def _check_password(password: str, words: Iterable[str], pointer: str) -> None:
    if faults := passwords.faults(password, words, pointer):
        raise Invalid("The password can't be this.", faults)


def _tell(backends: Backends, user: User, template: str, email: str) -> None:
    mails.post(backends, template, email, user.lang, user=user)
