"""The outbox: nothing secret in it, nothing lost from it, nothing sent twice."""

from __future__ import annotations

import email
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from solidata_api.backends import Backends
from solidata_api.domain.documents import now
from solidata_api.domain.jobs import Job
from solidata_api.domain.mails import Mail
from solidata_api.gateways.mailer import open_mailer
from solidata_api.services import mail_links, mails, sessions
from tests.conftest import run_job
from tests.factories import make_user
from tests.smtp import Mailbox, free_port, serving

TO = "ada@example.org"


def arrived(backends: Backends) -> list[EmailMessage]:
    """What mode dev saved, in order."""
    found = sorted((backends.settings.data_dir / "outbox").glob("*.eml"), key=lambda path: int(path.stem))
    return [email.message_from_bytes(path.read_bytes(), policy=default) for path in found]  # type: ignore[misc]


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def token_in(mail: EmailMessage) -> str:
    found = re.search(r"token=([\w-]+)", text_of(mail))
    assert found is not None
    return found[1]


def only_mail(backends: Backends) -> Mail:
    (mail,) = backends.outbox.all_by()
    return mail


def job_of(backends: Backends) -> Job:
    return backends.jobs.get(only_mail(backends).job_id)


def over_smtp(backends: Backends, **changes: Any) -> Backends:
    """The same service, which sends its mails. Jobs run when a test runs them."""
    settings = replace(backends.settings, mode="dev_email", mail_server="127.0.0.1", mail_port=free_port(), **changes)
    return replace(backends, settings=settings, mailer=open_mailer(settings), wake=lambda _: None)


@pytest.fixture
def sending(backends: Backends) -> Backends:
    return over_smtp(backends, mail_timeout_s=1)


def time_passes(backends: Backends) -> None:
    """The pause before the next attempt is over."""
    job = job_of(backends)
    backends.jobs.put(replace(job, not_before=now() - timedelta(seconds=1)))


def test_a_mail_is_sent_and_what_it_was_made_of_forgotten(backends: Backends) -> None:
    user = make_user(backends, email=TO, name="Ada", surname="")
    mails.post(backends, "password_changed", TO, "en", user=user)
    mail = only_mail(backends)
    assert (mail.state, mail.attempts, mail.values, mail.last_error) == ("sent", 1, {}, None)
    assert mail.sent_at is not None
    assert "Hello Ada," in text_of(arrived(backends)[0])
    assert job_of(backends).state == "succeeded"


def test_no_link_is_in_the_outbox_nor_in_the_job(backends: Backends) -> None:
    user = make_user(backends, email=TO)
    mails.post(backends, "reset", TO, "en")
    token = token_in(arrived(backends)[0])
    everything = [list(store.collection.find()) for store in (backends.outbox, backends.jobs, backends.mail_links)]
    assert token not in str(everything)
    assert mail_links.spend(backends, token, "reset").user_id == user.id


def test_a_value_that_a_template_does_not_know_is_refused(backends: Backends) -> None:
    with pytest.raises(ValueError, match="takes no url"):
        mails.post(backends, "reset", TO, "en", values={"url": "http://evil.example"})


@pytest.mark.parametrize("template", ["reset", "confirm"])
def test_an_address_without_an_account_gets_nothing(backends: Backends, template: str) -> None:
    mails.post(backends, template, TO, "en")
    mail = only_mail(backends)
    assert (mail.state, mail.to) == ("dropped", "")
    assert arrived(backends) == []


def test_a_request_does_the_same_for_a_known_and_an_unknown_address(sending: Backends) -> None:
    make_user(sending, email=TO)
    for address in (TO, "nobody@example.org"):
        mails.post(sending, "reset", address, "en")
    known, unknown = sorted(sending.outbox.all_by(), key=lambda mail: mail.to)
    one, other = (sending.jobs.get(mail.job_id) for mail in (known, unknown))
    assert replace(known, id="", to="", job_id="", created_at=unknown.created_at) == replace(
        unknown, id="", to="", job_id=""
    )
    assert replace(one, id="", params={}, created_at=other.created_at) == replace(other, id="", params={})


@pytest.mark.parametrize(("template", "role"), [("confirm", "member"), ("confirm", "disabled"), ("reset", "disabled")])
def test_whoever_has_no_use_for_a_link_gets_none(backends: Backends, template: str, role: str) -> None:
    disabled = role == "disabled"
    make_user(backends, email=TO, role="guest" if disabled else role, disabled=disabled)
    mails.post(backends, template, TO, "en")
    assert arrived(backends) == []


def test_a_mail_is_not_sent_to_an_address_that_the_account_has_left(sending: Backends) -> None:
    user = make_user(sending, email=TO, role="guest")
    mails.post(sending, "confirm", TO, "en", user=user)
    sending.users.replace(replace(user, email="new@example.org"), user.rev)
    run_job(sending, job_of(sending).id)
    assert only_mail(sending).state == "dropped"


@pytest.mark.parametrize(("asked", "of_account", "greeting"), [("en", "fr", "Bonjour"), ("fr", "en", "Hello")])
def test_a_mail_is_in_the_language_of_the_account(
    backends: Backends, asked: str, of_account: str, greeting: str
) -> None:
    make_user(backends, email=TO, lang=of_account)
    mails.post(backends, "already_registered", TO, asked)
    assert text_of(arrived(backends)[0]).startswith(greeting)


def test_without_an_account_it_is_in_the_language_asked(backends: Backends) -> None:
    mails.post(backends, "not_invited", TO, "fr")
    assert text_of(arrived(backends)[0]).startswith("Bonjour,")


def test_the_link_of_a_changed_address_is_about_the_new_one(backends: Backends) -> None:
    user = make_user(backends, email="old@example.org")
    mails.post(backends, "email_change", TO, "en", user=user)
    (mail,) = arrived(backends)
    assert (mail["To"], "/email?token=" in text_of(mail)) == (TO, True)
    assert mail_links.spend(backends, token_in(mail), "email").email == TO


def test_a_mail_that_can_not_be_sent_waits_longer_each_time_until_it_is(sending: Backends) -> None:
    make_user(sending, email=TO)
    mails.post(sending, "reset", TO, "en")
    pauses = []
    for _ in range(3):
        before, job = now(), run_job(sending, job_of(sending).id)
        assert job.state == "queued" and job.not_before is not None
        pauses.append(round((job.not_before - before) / timedelta(minutes=1)))
        time_passes(sending)
    assert pauses == [1, 2, 5]
    assert only_mail(sending).last_error == "the server could not be used (ConnectionRefusedError)"
    with serving(Mailbox(), sending.settings.mail_port) as mailbox:
        assert run_job(sending, job_of(sending).id).state == "succeeded"
    assert len(mailbox.envelopes) == 1
    assert (only_mail(sending).state, only_mail(sending).attempts, only_mail(sending).last_error) == ("sent", 4, None)


def test_a_server_that_first_says_later_gets_the_mail_once(sending: Backends) -> None:
    make_user(sending, email=TO)
    mails.post(sending, "reset", TO, "en")
    with serving(Mailbox(), sending.settings.mail_port) as mailbox:
        mailbox.at_recipient = ["451 greylisted"]
        assert run_job(sending, job_of(sending).id).state == "queued"
        time_passes(sending)
        assert run_job(sending, job_of(sending).id).state == "succeeded"
        assert len(mailbox.envelopes) == 1
        assert mail_links.spend(sending, token_in(mailbox.mails[0]), "reset").email == TO


def test_after_the_last_attempt_a_mail_is_given_up_and_the_log_names_no_address(
    backends: Backends, caplog: pytest.LogCaptureFixture
) -> None:
    sending = over_smtp(backends, mail_attempts=2)
    make_user(sending, email=TO)
    mails.post(sending, "reset", TO, "en", values={"name": "Ada"})
    run_job(sending, job_of(sending).id)
    time_passes(sending)
    assert run_job(sending, job_of(sending).id).state == "succeeded"
    mail = only_mail(sending)
    assert (mail.state, mail.attempts, mail.values) == ("failed", 2, {})
    assert "given up after 2 attempts" in caplog.text
    assert TO not in caplog.text
    mails.resume(sending)
    assert only_mail(sending) == mail


def test_a_recipient_refused_for_good_is_given_up_sooner(sending: Backends) -> None:
    make_user(sending, email=TO)
    mails.post(sending, "reset", TO, "en")
    with serving(Mailbox(), sending.settings.mail_port) as mailbox:
        mailbox.at_recipient = ["550 unknown"] * 9
        while run_job(sending, job_of(sending).id).state == "queued":
            time_passes(sending)
    assert (only_mail(sending).state, only_mail(sending).attempts) == ("failed", 5)


def lost_between_the_writes(sending: Backends) -> None:
    sending.jobs.delete(job_of(sending).id)
    sending.outbox.put(replace(only_mail(sending), created_at=now() - timedelta(minutes=1)))


def ended_without_it(sending: Backends) -> None:
    claimed = sending.jobs.claim(job_of(sending).id)
    assert claimed is not None
    sending.jobs.finish(claimed.id, claimed.fence, "failed")


@pytest.mark.parametrize("lose", [lost_between_the_writes, ended_without_it])
def test_a_mail_that_lost_its_job_gets_another(sending: Backends, lose: Callable[[Backends], None]) -> None:
    make_user(sending, email=TO)
    mails.post(sending, "reset", TO, "en")
    first = only_mail(sending).job_id
    lose(sending)
    mails.resume(sending)
    assert only_mail(sending).job_id != first
    with serving(Mailbox(), sending.settings.mail_port) as mailbox:
        run_job(sending, job_of(sending).id)
    assert len(mailbox.envelopes) == 1


def test_a_mail_whose_worker_was_killed_while_sending_waits_before_it_is_tried_again(sending: Backends) -> None:
    make_user(sending, email=TO)
    mails.post(sending, "reset", TO, "en")
    ended_without_it(sending)
    sending.outbox.put(replace(only_mail(sending), attempts=1))
    mails.resume(sending)
    not_before = job_of(sending).not_before
    assert not_before is not None and not_before > now() + timedelta(seconds=50)


def test_a_mail_that_always_kills_its_worker_is_given_up(sending: Backends) -> None:
    make_user(sending, email=TO)
    mails.post(sending, "reset", TO, "en")
    ended_without_it(sending)
    sending.outbox.put(replace(only_mail(sending), attempts=sending.settings.mail_attempts))
    mails.resume(sending)
    assert only_mail(sending).state == "failed"


@pytest.mark.parametrize("age", [timedelta(0), timedelta(minutes=1)])
def test_a_mail_that_has_its_job_or_may_soon_is_left_alone(sending: Backends, age: timedelta) -> None:
    mails.post(sending, "reset", TO, "en")
    if not age:
        sending.jobs.delete(job_of(sending).id)
    before = replace(only_mail(sending), created_at=now() - age)
    sending.outbox.put(before)
    mails.resume(sending)
    assert only_mail(sending).job_id == before.job_id


def test_a_job_that_is_not_the_mails_own_any_more_sends_nothing(sending: Backends) -> None:
    make_user(sending, email=TO)
    mails.post(sending, "reset", TO, "en")
    mail = only_mail(sending)
    sending.outbox.put(replace(mail, job_id="another"))
    with serving(Mailbox(), sending.settings.mail_port) as mailbox:
        run_job(sending, mail.job_id)
    assert mailbox.envelopes == []


def test_a_sent_mail_is_not_sent_again(backends: Backends) -> None:
    make_user(backends, email=TO)
    mails.post(backends, "reset", TO, "en")
    job = job_of(backends)
    backends.jobs.put(replace(job, state="queued"))
    run_job(backends, job.id)
    mails.resume(backends)
    assert len(arrived(backends)) == 1


def test_a_failing_mail_does_not_fail_who_posts_it(backends: Backends) -> None:
    make_user(backends, email=TO)
    inline = replace(over_smtp(backends), wake=lambda job: run_job(inline, job.id) and None)
    mails.post(inline, "reset", TO, "en")
    assert (only_mail(inline).state, job_of(inline).state) == ("waiting", "queued")


def test_mails_are_not_listed_as_jobs(backends: Backends, as_actor: Any) -> None:
    mails.post(backends, "not_invited", TO, "en")
    admin = as_actor("admin")
    assert admin.get("/jobs").get_json()["items"] == []
    assert admin.get(f"/jobs/{job_of(backends).id}").status_code == 404


def test_the_database_forgets_mails_after_thirty_days(backends: Backends) -> None:
    indexes = backends.outbox.collection.index_information().values()
    assert [one["expireAfterSeconds"] for one in indexes if "expireAfterSeconds" in one] == [30 * 24 * 3600]


def test_a_link_asked_for_before_the_sessions_were_ended_is_not_sent(sending: Backends) -> None:
    user = make_user(sending, email="old@example.org")
    mails.post(sending, "email_change", TO, "en", user=user)
    sending.users.amend(user.id, sessions.begin_epoch)
    with serving(Mailbox(), sending.settings.mail_port) as mailbox:
        run_job(sending, job_of(sending).id)
    assert (mailbox.envelopes, only_mail(sending).state) == ([], "dropped")
    assert sending.mail_links.all_by() == []


def test_a_mail_that_is_to_be_posted_once_is(backends: Backends) -> None:
    for _ in range(2):
        mails.post(backends, "account_deleted", TO, "en", values={"name": "Ada"}, once="farewell-u")
    assert len(arrived(backends)) == 1


def test_the_addresses_of_an_account_that_goes_are_taken_out_of_the_outbox(sending: Backends) -> None:
    user, other = make_user(sending, email=TO), make_user(sending)
    mails.post(sending, "reset", TO, "en")
    mails.post(sending, "email_change", "new@example.org", "en", user=user)
    mails.post(sending, "account_deleted", TO, "en", values={"name": "Ada"})
    mails.post(sending, "reset", other.email, "en")
    mails.forget(sending, user)
    left = {mail.template: (mail.to, mail.state) for mail in sending.outbox.all_by() if mail.to != other.email}
    assert left == {"reset": ("", "dropped"), "email_change": ("", "dropped"), "account_deleted": (TO, "waiting")}
    assert [mail.state for mail in sending.outbox.all_by(to=other.email)] == ["waiting"]


def test_a_mail_sent_before_is_forgotten_by_its_address_only(backends: Backends) -> None:
    user = make_user(backends, email=TO)
    mails.post(backends, "password_changed", TO, "en", user=user)
    mails.forget(backends, user)
    assert (only_mail(backends).to, only_mail(backends).state) == ("", "sent")
