"""Mails: put into the outbox by a request, sent by a job, tried again until they are sent or given up.

A mail is marked sent right after the server took it. What remains: a worker killed in that moment, or a server whose
answer got lost on the way, makes the same mail arrive twice, each with a link that works. It is never lost instead.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.documents import new_id, now
from solidata_api.domain.errors import Conflict
from solidata_api.domain.jobs import Again, Job
from solidata_api.domain.mails import TEMPLATES, Mail, is_spent, next_attempt
from solidata_api.domain.users import User
from solidata_api.gateways.letters import Letter
from solidata_api.gateways.mailer import NotSent
from solidata_api.services import audit, jobs, mail_links

#: A mail this young may still be on its way from `post` to its job.
_YOUNG = timedelta(seconds=30)
_DATES = {"en": "%d %B %Y", "fr": "%d/%m/%Y"}
_log = logging.getLogger(__name__)


def post(
    backends: Backends,
    template: str,
    to: str,
    lang: str,
    *,
    user: User | None = None,
    values: Mapping[str, str] | None = None,
    once: str | None = None,
) -> None:
    """Put a mail into the outbox and queue its job. The link that a template carries is made while it is sent.

    `user` is whom it is about, as they were judged: no link is sent once their sessions have been ended. Of several
    mails with the same `once` only the first is posted.
    """
    unknown = set(values or {}) - TEMPLATES[template].values
    if unknown:
        raise ValueError(f"the mail {template!r} takes no {', '.join(sorted(unknown))}")
    mail = Mail(
        id=once or new_id(),
        template=template,
        to=to,
        lang=lang,
        user_id=user.id if user else None,
        epoch=user.epoch if user else None,
        values=dict(values or {}),
        job_id=new_id(),
        created_at=now(),
    )
    try:
        backends.outbox.insert(mail)
    except Conflict:
        if once:
            return
        raise
    _queue(backends, mail)


def forget(backends: Backends, user: User) -> None:
    """Take the addresses of an account that has gone out of the outbox; what waits is dropped, but for the farewell."""
    found = [*backends.outbox.all_by(to=user.email), *backends.outbox.all_by(user_id=user.id)]
    for identifier in {mail.id for mail in found}:
        # A worker may have it in hand: looked at again until nobody came between.
        while (mail := backends.outbox.find(identifier)) is not None and mail.to and not mail.is_farewell_to_come:
            ended = "dropped" if mail.state == "waiting" else mail.state
            cleared = replace(mail, to="", values={}, state=ended)
            backends.outbox.put(cleared, state=mail.state, attempts=mail.attempts)


def execute(backends: Backends, job: Job, _report: Callable[[int, int, str], None]) -> dict[str, Any]:
    """Send one mail. Raises Again while there are attempts left."""
    seen = backends.outbox.find(job.params["mail_id"])
    if seen is None or seen.state != "waiting" or seen.job_id != job.id:
        return {}
    mail = replace(seen, attempts=seen.attempts + 1)
    # Counted before it is tried: a mail that kills its worker must not be tried for ever.
    if not backends.outbox.put(mail, state="waiting", job_id=job.id, attempts=seen.attempts):
        return {}
    try:
        letter = _written(backends, mail)
        if letter is None:
            _close(backends, mail, "dropped", to="")
        else:
            backends.mailer.send(letter)
            _close(backends, mail, "sent", last_error=None, sent_at=now())
    except NotSent as refused:
        _put_off(backends, mail, refused)
    return {}


def resume(backends: Backends) -> None:
    """Queue the mails whose job got lost or ended without them; the dispatcher calls it now and then."""
    for mail in backends.outbox.all_by(state="waiting"):
        job = backends.jobs.find(mail.job_id)
        if (job is not None and not job.has_ended) or (job is None and now() - mail.created_at < _YOUNG):
            continue
        if is_spent(mail.attempts, backends.settings.mail_attempts):
            _give_up(backends, mail)
            continue
        again = replace(mail, job_id=new_id())
        if backends.outbox.put(again, state="waiting", job_id=mail.job_id):
            _log.warning("mail %s lost its job and gets another", mail.id)
            _queue(backends, again)


def _queue(backends: Backends, mail: Mail) -> None:
    jobs.enqueue(
        backends,
        audit.SYSTEM,
        "mail",
        {"mail_id": mail.id},
        None,
        lane="mail",
        job_id=mail.job_id,
        not_before=next_attempt(mail.attempts, now()) if mail.attempts else None,
    )


def _put_off(backends: Backends, mail: Mail, refused: NotSent) -> None:
    told = replace(mail, last_error=refused.reason)
    if is_spent(mail.attempts, backends.settings.mail_attempts, permanent=refused.permanent):
        _give_up(backends, told)
        return
    backends.outbox.put(told, state="waiting", job_id=mail.job_id)
    raise Again(next_attempt(mail.attempts, now()))


def _give_up(backends: Backends, mail: Mail) -> None:
    reason = mail.last_error or "no worker could finish it"
    if _close(backends, mail, "failed", last_error=reason):
        _log.warning(
            "mail %s of kind %s is given up after %d attempts: %s", mail.id, mail.template, mail.attempts, reason
        )


def _close(backends: Backends, mail: Mail, state: str, **changes: Any) -> bool:
    """The end of a mail; what it was made of is forgotten."""
    closed = replace(mail, state=state, values={}, **changes)
    return backends.outbox.put(closed, state="waiting", job_id=mail.job_id)


def _written(backends: Backends, mail: Mail) -> Letter | None:
    """The mail as it is to be sent now, or None where nobody is to be told."""
    user = backends.users.find(mail.user_id) if mail.user_id else backends.users.find_by(email=mail.to)
    lang = user.lang if user else mail.lang
    values = {"name": user.display_name if user else "", **mail.values, "home": backends.settings.public_url}
    if TEMPLATES[mail.template].page:
        linked = _invited(backends, mail, lang) if mail.template == "invitation" else _linked(backends, mail, user)
        if linked is None:
            return None
        values |= linked
    return Letter(
        id=f"{mail.id}.{mail.attempts}",
        to=mail.to,
        template=mail.template,
        lang=lang,
        values=values,
    )


def _linked(backends: Backends, mail: Mail, user: User | None) -> dict[str, str] | None:
    """A fresh link for an account, where it still has a use for it."""
    purpose = TEMPLATES[mail.template].purpose or ""
    if user is None or user.disabled:
        return None
    if mail.epoch is not None and mail.epoch != user.epoch:
        return None  # whoever asked for it was logged out since, by a new password or address
    if purpose != "email" and user.email != mail.to:
        return None  # the address changed meanwhile
    if purpose == "confirm" and user.role != "guest":
        return None
    token = mail_links.mint(backends, purpose, user, mail.to)
    return {"url": _url(backends, mail, token), "hours": str(backends.settings.mail_link_hours)}


def _invited(backends: Backends, mail: Mail, lang: str) -> dict[str, str] | None:
    """A fresh link for an invitation that still waits. Only the last one mailed works."""
    from solidata_api.services import invitations  # it posts mails itself

    token = invitations.new_token(backends, mail.values["invitation_id"])
    if token is None:
        return None
    expires_at = backends.invitations.get(mail.values["invitation_id"]).expires_at
    return {"url": _url(backends, mail, token), "until": expires_at.strftime(_DATES[lang])}


def _url(backends: Backends, mail: Mail, token: str) -> str:
    return f"{backends.settings.public_url}/{TEMPLATES[mail.template].page}?token={token}"
