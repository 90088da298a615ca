"""Mails against a real server: what arrives, what is refused and what is said of it."""

from __future__ import annotations

import email
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from email.policy import default
from pathlib import Path

import pytest

from solidata_api.domain.mails import TEMPLATES
from solidata_api.gateways.letters import Letter
from solidata_api.gateways.mailer import NotSent, open_mailer
from solidata_api.settings import Settings
from tests.smtp import Mailbox, certificate, free_port, only, serving

VALUES = {
    "name": "Ada Lovelace",
    "home": "https://data.example",
    "url": "https://data.example/reset?token=abc-def",
    "hours": "24",
    "until": "01/02/2027",
    "inviter": "Zoé",
    "title": "Communes",
    "kind": "projects",
    "grade": "editor",
    "host": "data.example",
}
LETTER = Letter("a1.1", "ada@example.org", "reset", "en", VALUES)


@pytest.fixture
def settings() -> Settings:
    return Settings(mode="dev_email", mail_server="127.0.0.1", mail_port=free_port(), mail_timeout_s=1)


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    with serving(Mailbox(), settings.mail_port) as opened:
        yield opened


def refusal(settings: Settings, letter: Letter = LETTER) -> NotSent:
    with pytest.raises(NotSent) as raised:
        open_mailer(settings).send(letter)
    return raised.value


def test_a_domain_is_written_as_mail_servers_know_it(settings: Settings, mailbox: Mailbox) -> None:
    open_mailer(settings).send(replace(LETTER, to="ada@fa\u00df.de"))
    (mail,) = mailbox.mails
    assert mail["To"] == "ada@xn--fa-hia.de"


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_mail_arrives_as_text_and_html(settings: Settings, mailbox: Mailbox, template: str, lang: str) -> None:
    open_mailer(settings).send(replace(LETTER, template=template, lang=lang))
    (mail,) = mailbox.mails
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None and html is not None
    assert ("Bonjour Ada Lovelace," if lang == "fr" else "Hello Ada Lovelace,") in text.get_content()
    assert f'<html lang="{lang}">' in html.get_content()
    has_link = TEMPLATES[template].page is not None
    assert [VALUES["url"] in part.get_content() for part in (text, html)] == [has_link, has_link]


def test_a_mail_has_one_recipient_and_says_that_a_machine_wrote_it(settings: Settings, mailbox: Mailbox) -> None:
    open_mailer(replace(settings, mail_sender="Solidata <no-reply@data.example>")).send(LETTER)
    (envelope,), (mail,) = mailbox.envelopes, mailbox.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@data.example", ["ada@example.org"])
    assert (mail["To"], mail["Message-ID"]) == ("ada@example.org", "<a1.1@data.example>")
    assert mail["Auto-Submitted"] == "auto-generated"


def test_line_breaks_in_values_reach_no_header(settings: Settings, mailbox: Mailbox) -> None:
    evil = {**VALUES, "inviter": "Zoé\r\nBcc: eve@example.org\r\n\r\nhello", "title": "a\r\n.\r\nMAIL FROM:<x@y.z>"}
    open_mailer(settings).send(replace(LETTER, template="invitation", values=evil))
    (envelope,), (mail,) = mailbox.envelopes, mailbox.mails
    assert envelope.rcpt_tos == ["ada@example.org"]
    assert mail["Bcc"] is None
    assert "Zoé Bcc:" in mail["Subject"]


@pytest.mark.parametrize("address", ["ada@example.org\r\nBcc: eve@example.org", "ada@example.org\nX: y"])
def test_a_recipient_with_a_line_break_is_refused(settings: Settings, mailbox: Mailbox, address: str) -> None:
    assert refusal(settings, replace(LETTER, to=address)).permanent
    assert mailbox.envelopes == []


def test_names_are_escaped_and_become_no_links(settings: Settings, mailbox: Mailbox) -> None:
    evil = {**VALUES, "name": "<img src=x> win at http://evil.example/x " + "a" * 200}
    open_mailer(settings).send(replace(LETTER, values=evil))
    (mail,) = mailbox.mails
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and html is not None
    assert "<img" not in html.get_content() and "&lt;img" in html.get_content()
    assert "evil.example" not in text.get_content() + html.get_content()
    assert "a" * 100 not in text.get_content()


def test_a_server_that_is_down_is_told_without_the_address(settings: Settings) -> None:
    refused = refusal(settings)
    assert (refused.reason, refused.permanent) == ("the server could not be used (ConnectionRefusedError)", False)


def test_a_server_that_says_nothing_is_given_up_in_time(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", settings.mail_port)):
        began = time.monotonic()
        assert not refusal(settings).permanent
        assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("answer", "permanent"), [("450 ada@example.org comes back later", False), ("550 ada@example.org is unknown", True)]
)
def test_a_refused_recipient_is_told_by_its_code_only(
    settings: Settings, mailbox: Mailbox, answer: str, permanent: bool
) -> None:
    mailbox.at_recipient = [answer]
    refused = refusal(settings)
    assert (refused.reason, refused.permanent) == (f"the server refused the recipient ({answer[:3]})", permanent)


def test_a_mail_refused_as_a_whole_may_be_taken_later(settings: Settings, mailbox: Mailbox) -> None:
    mailbox.at_data = ["554 ada@example.org looks like spam"]
    refused = refusal(settings)
    assert (refused.reason, refused.permanent) == ("the server answered 554 (SMTPDataError)", False)


def test_a_server_that_hangs_up_after_it_took_the_mail_has_it(settings: Settings, mailbox: Mailbox) -> None:
    mailbox.hangs_up_after_data = True
    open_mailer(settings).send(LETTER)
    assert len(mailbox.envelopes) == 1


def test_mails_go_over_tls_after_a_log_in(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    account = replace(settings, mail_use_tls=True, mail_username="solidata", mail_password="right")
    with serving(Mailbox(), settings.mail_port, tls_context=context, **only("solidata", "right")) as mailbox:
        open_mailer(account).send(LETTER)
        assert len(mailbox.envelopes) == 1
        refused = refusal(replace(account, mail_password="wrong"))
        assert refused.reason == "the server answered 535 (SMTPAuthenticationError)"
        assert "530" in refusal(replace(account, mail_use_tls=False, mail_username="")).reason


def test_a_server_whose_certificate_nobody_signed_gets_no_password(settings: Settings, tmp_path: Path) -> None:
    _, context = certificate(tmp_path)
    account = replace(settings, mail_use_tls=True, mail_username="solidata", mail_password="right")
    with serving(Mailbox(), settings.mail_port, tls_context=context, **only("solidata", "right")) as mailbox:
        assert refusal(account).reason == "the server could not be used (SSLCertVerificationError)"
        assert mailbox.envelopes == []


def test_a_server_without_tls_gets_no_mail_where_tls_is_asked(settings: Settings, mailbox: Mailbox) -> None:
    assert "SMTPNotSupportedError" in refusal(replace(settings, mail_use_tls=True)).reason
    assert mailbox.envelopes == []


def test_mode_dev_saves_and_prints_mails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_mailer(Settings(mode="dev", data_dir=tmp_path)).send(LETTER)
    saved = email.message_from_bytes((tmp_path / "outbox" / "1.eml").read_bytes(), policy=default)
    assert saved["To"] == "ada@example.org"
    assert VALUES["url"] in capsys.readouterr().out


def test_mails_saved_at_once_keep_a_number_each(tmp_path: Path) -> None:
    mailer = open_mailer(Settings(mode="dev", data_dir=tmp_path))
    threads = [threading.Thread(target=mailer.send, args=(replace(LETTER, id=f"a{n}"),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    saved = [path.read_text() for path in (tmp_path / "outbox").iterdir()]
    assert sorted(int(path.stem) for path in (tmp_path / "outbox").iterdir()) == list(range(1, 9))
    assert len(set(saved)) == 8
