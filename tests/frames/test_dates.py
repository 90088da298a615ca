"""Forms of dates: read the same one by one as by the column."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidata_api.domain import date_forms
from solidata_api.frames import dates
from solidata_api.frames.dates import DATES, MOMENTS, date_format


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([*DATES, "%Y%m%d"]),
    st.lists(st.dates(date(1970, 1, 1), date(2068, 12, 31)), min_size=1, max_size=4),
)
def test_each_form_reads_what_it_writes(form: str, days: list[date]) -> None:
    texts = [day.strftime(form) for day in days]
    compiled = date_format(form)
    assert compiled.read_all(pa.array(texts)).to_pylist() == days
    assert [compiled.read(text) for text in texts] == days
    assert pc.all(pc.match_substring_regex(pa.array(texts), f"^{compiled.pattern}$")).as_py()


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(MOMENTS), st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)))
def test_each_form_of_a_moment_reads_what_it_writes(form: str, moment: datetime) -> None:
    moment = moment.replace(microsecond=0, second=moment.second if "T" in form or "S" in form else 0)
    text = moment.strftime(form) + ("Z" if form.endswith("%z") else "")
    compiled = date_format(form)
    made = [compiled.read(text), compiled.read_all(pa.array([text]))[0].as_py()]
    assert [one.replace(tzinfo=None) for one in made if isinstance(one, datetime)] == [moment, moment]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%d/%m/%Y", "31/02/2024"),
        ("%d/%m/%Y", "00/01/2024"),
        ("%Y-%m-%d", "2023-02-29"),
        ("%Y%m%d", "20241301"),
        ("%d %B %Y", "12 brumaire 2024"),
        ("%Y-%m-%d %T", "2024-01-31 24:00"),
        ("%Y-%m-%d %T", "2024-01-31 12:60:00"),
        ("%Y-%m-%d %T%z", "0001-01-01 00:00:00+02:00"),
        ("%m/%d/%Y %I:%M %p", "12/31/2024 13:05 PM"),
        ("%d/%m/%Y", "x"),
    ],
)
def test_impossible_days_and_hours_are_none(form: str, text: str) -> None:
    compiled = date_format(form)
    assert compiled.read(text) is None
    assert compiled.read_all(pa.array([text, None])).to_pylist() == [None, None]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("%m/%Y", "does not say the day"),
        ("%d/%m/%Y %q", "%q is unknown"),
        ("%d/%m/%Y 100%", "% is unknown"),
        ("%d/%m/%Y %H:%H", "says something twice"),
        ("%d/%m/%Y %H %I", "says something twice"),
    ],
)
def test_forms_that_say_no_day_are_refused(form: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        date_format(form)


def test_every_part_that_passes_the_door_is_compiled() -> None:
    assert set(date_forms.PARTS) == set(dates._PARTS)
