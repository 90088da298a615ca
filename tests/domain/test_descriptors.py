"""What people write about periods, places and how often, as machines want it."""

from __future__ import annotations

from typing import Any

import pytest

from solidata_api.domain import dcat
from solidata_api.domain.datasets import Column
from solidata_api.domain.descriptors import FILE_TYPES, Described, period_days, url_of
from solidata_api.domain.vocabularies import Licence
from tests.domain.documents import make_dataset


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2020", ("2020-01-01", "2020-12-31")),
        ("2020-02", ("2020-02-01", "2020-02-29")),
        ("2019-2023", ("2019-01-01", "2023-12-31")),
        ("2019 - 2023", ("2019-01-01", "2023-12-31")),
        ("2019 à 2023", ("2019-01-01", "2023-12-31")),
        ("2019-03/2019-05", ("2019-03-01", "2019-05-31")),
        ("2019-03-04/2020", ("2019-03-04", "2020-12-31")),
        ("2023-2019", None),
        ("2019-02-30", None),
        ("2019-13", None),
        ("0000", None),
        ("summer", None),
        ("", None),
        (None, None),
    ],
)
def test_periods_have_a_first_and_a_last_day(text: str | None, days: Any) -> None:
    assert period_days(text) == days


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Annuelle", "ANNUAL"),
        ("temps réel", "CONT"),
        ("QUARTERLY", "QUARTERLY"),
        ("http://publications.europa.eu/resource/authority/frequency/MONTHLY_2", "MONTHLY_2"),
        ("when the moon is full", "OTHER"),
    ],
)
def test_frequencies_have_the_codes_of_the_eu(text: str, code: str) -> None:
    described = Described(make_dataset(Column("a", "A"), frequency=text), (Column("a", "A"),), None, "http://x.example")
    assert dcat.dataset(described)[0]["dct:accrualPeriodicity"]["@id"] == f"{dcat.EU}frequency/{code}"


def test_geojson_is_offered_where_there_are_places() -> None:
    flat, places = (Column("a", "A"),), (Column("x", "X", format="longitude"), Column("y", "Y", format="latitude"))
    names = [
        [one.name for one in Described(make_dataset(*columns), columns, None, "", FILE_TYPES).fitting_files]
        for columns in (flat, places, (Column("p", "P", "geopoint"),), places[:1])
    ]
    assert ["geojson" in one for one in names] == [False, True, True, False]


def test_only_addresses_stand_as_licences() -> None:
    addresses = ["https://a.example/l", "see our site", "https://a.example/<x>", "https://a.example/\x01", ""]
    assert [url_of(Licence(id="x", title="X", url=one)) for one in addresses] == [addresses[0], None, None, None, None]
