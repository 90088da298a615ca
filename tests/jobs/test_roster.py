"""Which worker takes which jobs, and when one counts as gone."""

from solidata_api.jobs.cluster import Worker
from solidata_api.jobs.roster import Roster

FIRST, SECOND, THIRD = (Worker(str(number), f"tls://127.0.0.1:{number}") for number in range(3))


def roster(*workers: Worker) -> Roster:
    one = Roster(now=0.0)
    one.refresh(workers, now=1.0)
    return one


def test_the_first_by_name_takes_short_jobs_only() -> None:
    one = roster(THIRD, FIRST, SECOND)
    assert [one.serves(FIRST, lane) for lane in ("short", "long")] == [True, False]


def test_the_others_take_long_jobs_only() -> None:
    one = roster(FIRST, SECOND, THIRD)
    assert [one.serves(worker, "long") for worker in (SECOND, THIRD)] == [True, True]
    assert not one.serves(SECOND, "short")


def test_a_worker_that_is_alone_takes_all() -> None:
    one = roster(SECOND)
    assert one.serves(SECOND, "short") and one.serves(SECOND, "long")


def test_all_take_mails_the_one_kept_for_short_jobs_last() -> None:
    one = roster(FIRST, SECOND, THIRD)
    assert one.choose([FIRST, THIRD], "mail") == THIRD
    assert one.choose([FIRST], "mail") == FIRST
    assert one.choose([], "mail") is None


def test_a_job_goes_to_a_worker_of_its_lane() -> None:
    one = roster(FIRST, SECOND)
    assert [one.choose([FIRST, SECOND], lane) for lane in ("short", "long")] == [FIRST, SECOND]
    assert one.choose([FIRST], "long") is None


def test_no_other_takes_the_place_of_the_first_while_it_starts_again() -> None:
    one = roster(FIRST, SECOND)
    one.refresh([SECOND], now=2.0)
    assert not one.serves(SECOND, "short")
    assert (one.count("short"), one.count("long")) == (0, 1)


def test_a_first_that_does_not_come_back_is_forgotten() -> None:
    one = roster(FIRST, SECOND, THIRD)
    one.refresh([SECOND, THIRD], now=120.0)
    assert one.serves(SECOND, "short")


def test_a_worker_counts_as_lost_after_a_few_seconds() -> None:
    one = roster(FIRST, SECOND)
    one.refresh([SECOND], now=3.0)
    assert [one.is_lost(FIRST, now) for now in (3.0, 5.0)] == [False, True]


def test_it_tells_for_how_long_there_has_been_no_worker() -> None:
    one = roster(FIRST)
    one.refresh([], now=31.0)
    assert one.empty_seconds(31.0) == 30.0
