"""Sends mails: through SMTP, or in mode `dev` to the console and DATA_DIR/outbox/<n>.eml."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from email.utils import parseaddr
from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Protocol

from flask import Flask
from flask_mail import BadHeaderError, Connection, Mail, Message

from solidata_api.domain.addresses import sendable
from solidata_api.gateways.letters import Letter, written
from solidata_api.settings import Settings


class NotSent(Exception):
    """The server did not take a mail. `reason` names no address; `permanent`: it will never take one for this one."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


class Mailer(Protocol):
    """Sends one mail to one recipient."""

    def send(self, letter: Letter) -> None:
        """Write it in its language and send it; raises NotSent."""


class OutboxMailer:
    """Writes each mail to a numbered file and to the console."""

    def __init__(self, folder: Path, post: Post) -> None:
        self.folder = folder
        self.post = post

    def send(self, letter: Letter) -> None:
        mail = self.post.written(letter)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._save(self.post.source(mail))
        print(f"--- mail saved as {path} ---\n{mail.subject}\n\n{mail.body}\n---", flush=True)

    def _save(self, source: str) -> Path:
        # Several processes number the same folder: linking, which never overwrites, decides who has a number, and
        # whoever reads a numbered file reads all of it.
        with NamedTemporaryFile("w", encoding="utf-8", dir=self.folder, suffix=".part") as file:
            file.write(source)
            file.flush()
            for n in count(len(list(self.folder.glob("*.eml"))) + 1):
                path = self.folder / f"{n}.eml"
                with suppress(FileExistsError):
                    path.hardlink_to(file.name)
                    return path
        raise AssertionError("count() never ends")


class SmtpMailer:
    """Sends through the configured server."""

    def __init__(self, post: Post) -> None:
        self.post = post

    def send(self, letter: Letter) -> None:
        try:
            self.post.deliver(self.post.written(letter))
        except (BadHeaderError, UnicodeError) as error:
            raise NotSent("this address can't be written into a mail", permanent=True) from error
        except OSError as error:  # smtplib's own errors are of this kind too
            raise _refusal(error) from error


class PatientConnection(Connection):  # type: ignore[misc]
    """Flask-Mail's connection with what it lacks: a time limit, a certificate that is checked, a quit that may fail."""

    def __init__(self, mail: Any, seconds: float) -> None:
        super().__init__(mail)
        self.seconds = seconds

    def configure_host(self) -> smtplib.SMTP:
        host = smtplib.SMTP(self.mail.server, self.mail.port, timeout=self.seconds)
        try:
            if self.mail.use_tls:
                host.starttls(context=ssl.create_default_context())
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def __exit__(self, *raised: Any) -> None:
        try:
            super().__exit__(*raised)
        except OSError:
            # The server has the mail: one that is gone before it says goodbye must not make us send it again.
            self.host.close()


class PatientMail(Mail):  # type: ignore[misc]
    """Flask-Mail that connects as above."""

    def __init__(self, app: Flask, seconds: float) -> None:
        super().__init__(app)
        self.seconds = seconds

    def connect(self) -> PatientConnection:
        return PatientConnection(self.app.extensions["mail"], self.seconds)


class Post:
    """Writes mails and hands them over, in an app of its own: jobs have none."""

    def __init__(self, settings: Settings) -> None:
        self.app = Flask("solidata_mail")
        self.sender = settings.mail_sender
        self.domain = parseaddr(settings.mail_sender)[1].rpartition("@")[2] or "localhost"
        self.app.config.update(
            MAIL_SERVER=settings.mail_server or "localhost",
            MAIL_PORT=settings.mail_port,
            MAIL_USE_TLS=settings.mail_use_tls,
            MAIL_USERNAME=settings.mail_username or None,
            MAIL_PASSWORD=settings.mail_password or None,
            MAIL_DEFAULT_SENDER=settings.mail_sender,
        )
        self.mail = PatientMail(self.app, settings.mail_timeout_s)

    def written(self, letter: Letter) -> Message:
        """The mail as Flask-Mail sends it."""
        subject, body, html = written(letter)
        # Answers of machines (absent, full) would only meet other machines (RFC 3834).
        headers = {"Auto-Submitted": "auto-generated"}
        message = Message(subject, [sendable(letter.to)], body, html, sender=self.sender, extra_headers=headers)
        message.msgId = f"<{letter.id}@{self.domain}>"  # Flask-Mail's own asks the name server for this machine's name
        return message

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


def _refusal(error: OSError) -> NotSent:
    """What a failure means. Servers quote the recipient in their answers: only their code is kept."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()))[0]
        return NotSent(f"the server refused the recipient ({code})", permanent=code >= 500)
    if isinstance(error, smtplib.SMTPResponseException):
        return NotSent(f"the server answered {error.smtp_code} ({type(error).__name__})")
    return NotSent(f"the server could not be used ({type(error).__name__})")
