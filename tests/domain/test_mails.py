"""When a mail is tried again, and when no more."""

from datetime import timedelta
from itertools import accumulate

import pytest

from solidata_api.domain.documents import now
from solidata_api.domain.mails import PERMANENT_ATTEMPTS, is_spent, next_attempt
from solidata_api.settings import Settings

MOST = Settings().mail_attempts


def test_pauses_grow_and_the_attempts_of_the_default_take_about_two_days() -> None:
    moment = now()
    pauses = [next_attempt(n, moment) - moment for n in range(1, MOST)]
    assert pauses == sorted(pauses) and len(set(pauses)) == len(pauses)
    assert timedelta(hours=40) < sum(pauses, timedelta()) < timedelta(hours=50)


def test_a_mail_that_was_never_tried_is_tried_at_once() -> None:
    assert next_attempt(0, moment := now()) == moment


def test_more_attempts_than_pauses_go_on_with_the_longest() -> None:
    moment = now()
    assert next_attempt(100, moment) == next_attempt(11, moment)


def test_a_recipient_refused_for_good_is_given_up_within_the_hour() -> None:
    moment = now()
    pauses = [next_attempt(n, moment) - moment for n in range(1, PERMANENT_ATTEMPTS)]
    assert list(accumulate(pauses))[-1] < timedelta(hours=1)


@pytest.mark.parametrize(
    ("attempts", "most", "permanent", "spent"),
    [(11, 12, False, False), (12, 12, False, True), (5, 12, True, True), (4, 12, True, False), (2, 2, True, True)],
)
def test_the_last_attempt_is_known(attempts: int, most: int, permanent: bool, spent: bool) -> None:
    assert is_spent(attempts, most, permanent=permanent) is spent
