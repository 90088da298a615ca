"""Items made ahead in a thread."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from solidata_api.formats.ahead import ahead


def numbers(upto: int, closed: list[int] | None = None, fails_at: int = -1) -> Generator[int, None, None]:
    try:
        for n in range(upto):
            if n == fails_at:
                raise ValueError(n)
            yield n
    finally:
        if closed is not None:
            closed.append(1)


def test_all_items_come_in_order() -> None:
    assert list(ahead(numbers(1000))) == list(range(1000))


def test_an_error_comes_after_the_items_before_it() -> None:
    made = ahead(numbers(10, fails_at=5))
    assert [next(made) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="5"):
        next(made)


def test_what_is_left_early_ends_its_thread_and_its_source() -> None:
    closed: list[int] = []
    before = threading.active_count()
    made = ahead(ahead(numbers(10**9, closed)))
    assert next(made) == 0
    made.close()
    assert closed == [1]
    assert threading.active_count() == before
