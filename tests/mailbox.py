"""What arrived in the outbox folder that mode `dev` keeps mails in."""

from __future__ import annotations

import email
import re
from email.message import EmailMessage
from email.policy import default
from typing import Any


def mails(settings: Any) -> list[EmailMessage]:
    """Every mail, the oldest first."""
    found = sorted((settings.data_dir / "outbox").glob("*.eml"), key=lambda path: int(path.stem))
    return [email.message_from_bytes(path.read_bytes(), policy=default) for path in found]


def body_of(mail: EmailMessage) -> str:
    """Its text."""
    part = mail.get_body(("plain",))
    assert part is not None
    return part.get_content()


def token_of(mail: EmailMessage, page: str = "confirm") -> str:
    """The token of the link in it."""
    found = re.search(rf"http://front\.example/{page}\?token=(\S+)", body_of(mail))
    assert found is not None, body_of(mail)
    return found[1]


def last_token(settings: Any, page: str) -> str:
    """The token of the mail that came last."""
    return token_of(mails(settings)[-1], page)
