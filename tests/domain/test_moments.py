"""Moments that callers name: to come, with their zone, and in years that there are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from solidata_api.domain.errors import Invalid
from solidata_api.domain.moments import to_come


def test_a_moment_to_come_is_read_in_utc() -> None:
    moment = to_come("2999-01-01T00:30:00+02:00", "No.")
    assert (moment, moment.tzinfo) == (datetime(2998, 12, 31, 22, 30, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("9999-12-31T23:59:59-12:00", "moment with its zone"),
        ("0001-01-01T00:00:00+12:00", "moment with its zone"),
        ("2999-01-01T00:00:00", "moment with its zone"),
        ("tomorrow", "'tomorrow'"),
        ("", "moment with its zone"),
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z is not in the future"),
    ],
)
def test_anything_else_is_refused_by_place(text: str, told: str) -> None:
    with pytest.raises(Invalid, match="No") as raised:
        to_come(text, "No.")
    (fault,) = raised.value.faults
    assert fault.pointer == "/expires_at" and told in fault.message
