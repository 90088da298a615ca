"""Sends mails: through SMTP, or in mode `dev` to the console and DATA_DIR/outbox/<n>.eml."""

from __future__ import annotations

import logging
from itertools import count
from pathlib import Path
from typing import Protocol

from flask import Flask
from flask_mail import Mail, Message
from jinja2 import Environment, PackageLoader, select_autoescape

from solidata_api.settings import Settings

_TEMPLATES = Environment(
    loader=PackageLoader("solidata_api", "templates/emails"), autoescape=select_autoescape(["html"]), trim_blocks=True
)
_log = logging.getLogger(__name__)


class Mailer(Protocol):
    """Sends one mail to one recipient."""

    def send(self, to: str, template: str, lang: str, **values: str) -> None:
        """Render templates/emails/<template> in this language and send it."""


class OutboxMailer:
    """Writes each mail to a numbered file and to the console."""

    def __init__(self, folder: Path, post: Post) -> None:
        self.folder = folder
        self.post = post

    def send(self, to: str, template: str, lang: str, **values: str) -> None:
        mail = self.post.written(to, template, lang, values)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._save(self.post.source(mail))
        print(f"--- mail saved as {path} ---\n{mail.subject}\n\n{mail.body}\n---", flush=True)

    def _save(self, source: str) -> Path:
        # Several web processes number the same folder: creating exclusively decides who has a number.
        for n in count(len(list(self.folder.glob("*.eml"))) + 1):
            path = self.folder / f"{n}.eml"
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(source)
                return path
            except FileExistsError:
                continue
        raise AssertionError("count() never ends")


class SmtpMailer:
    """Sends through the configured server. One that does not answer is logged: registering must not fail by it."""

    def __init__(self, post: Post) -> None:
        self.post = post

    def send(self, to: str, template: str, lang: str, **values: str) -> None:
        try:
            self.post.deliver(self.post.written(to, template, lang, values))
        except OSError:
            _log.exception("a mail of kind %s could not be sent", template)


class Post:
    """Flask-Mail, in an app of its own: mails are not only sent while a request is answered."""

    def __init__(self, settings: Settings) -> None:
        self.app = Flask("solidata_mail")
        self.app.config.update(
            MAIL_SERVER=settings.mail_server or "localhost",
            MAIL_PORT=settings.mail_port,
            MAIL_USE_TLS=settings.mail_use_tls,
            MAIL_USERNAME=settings.mail_username or None,
            MAIL_PASSWORD=settings.mail_password or None,
            MAIL_DEFAULT_SENDER=settings.mail_sender,
        )
        self.sender = settings.mail_sender
        self.mail = Mail(self.app)

    def written(self, to: str, template: str, lang: str, values: dict[str, str]) -> Message:
        """A mail made of a template's parts; line breaks in values can't reach its headers."""
        subject, body, html = (
            _TEMPLATES.get_template(f"{template}/{part}").render(lang=lang, **values) for part in _PARTS
        )
        return Message(" ".join(subject.split()), recipients=[to], body=body.strip(), html=html, sender=self.sender)

    def source(self, message: Message) -> str:
        """The mail as it would travel (RFC 5322)."""
        with self.app.app_context():
            return str(message.as_string())

    def deliver(self, message: Message) -> None:
        with self.app.app_context():
            self.mail.send(message)


def open_mailer(settings: Settings) -> Mailer:
    """The mailer of this mode."""
    post = Post(settings)
    return OutboxMailer(settings.data_dir / "outbox", post) if settings.mode == "dev" else SmtpMailer(post)


_PARTS = ("subject.txt", "body.txt", "body.html")
