"""Guessing passwords is limited per account, per address and overall, and no stranger can lock an owner out by it.

Attempts from a place that the account knows, since its owner logged in or reset the password there, count for that
place alone. All others share one bucket per account and count together. Addresses without an account are no exception.
"""

from __future__ import annotations

import logging

from solidata_api.backends import Backends
from solidata_api.domain import rates
from solidata_api.domain.errors import TooManyRequests
from solidata_api.domain.users import Client, User
from solidata_api.services.sessions import place_of

#: Whose attempts are counted together: places that the account does not know.
STRANGERS = "strangers"
_log = logging.getLogger("solidata_api.security")


def count_log_in(backends: Backends, email: str, user: User | None, client: Client) -> None:
    """Count one attempt to log in; raises TooManyRequests. As many questions for whatever address."""
    place = place_of(backends, client)
    bucket = place if user is not None and place in user.places else STRANGERS
    per_account, per_address, overall = rates.split(backends.settings.rate_login, 3)
    try:
        backends.rates.hit(per_address, "log-in from", client.network)
        backends.rates.hit(per_account, "log-in of", email, bucket)
        # A place that is known is counted by itself here too, where it has no limit of its own to reach.
        backends.rates.hit(overall, "log-in", bucket)
    except TooManyRequests:
        _log.warning("log-ins are limited", extra={"user_id": user.id if user else None, "place": place})
        raise


def count_password(backends: Backends, user: User) -> None:
    """Count one attempt to prove a present password, by whoever holds a token of this account."""
    backends.rates.hit(rates.split(backends.settings.rate_login, 3)[0], "password of", user.id)


def count_mail(backends: Backends, purpose: str, email: str) -> None:
    """Count one mail of a kind that somebody asks for to this address; raises TooManyRequests.

    Each kind by itself: a stranger who has confirmations or invitations sent there keeps no owner from resetting.
    """
    backends.rates.hit(backends.settings.rate_mail, "mail to", purpose, email)


def count_request(backends: Backends, client: Client) -> None:
    """Count one registration or mail that is asked for from one place, for whatever recipient."""
    backends.rates.hit(backends.settings.rate_register, "mails asked for from", client.network)


def count_invitation(backends: Backends, user_id: str) -> None:
    """Count one invitation by this account, to whatever recipient."""
    backends.rates.hit(backends.settings.rate_register, "invitations by", user_id)
