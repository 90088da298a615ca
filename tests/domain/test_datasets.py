"""Datasets: every type has a storage, and a column that is gone is not among the live ones."""

from __future__ import annotations

from solidata_api.domain.datasets import CODE_FORMATS, FORMATS, STORAGE, TYPES, Column
from tests.domain.documents import make_dataset


def test_the_types_are_table_schemas() -> None:
    assert set(TYPES) == set(
        [
            "string",
            "integer",
            "number",
            "boolean",
            "date",
            "datetime",
            "time",
            "year",
            "geopoint",
            "geojson",
            "array",
            "object",
            "any",
        ]
    )


def test_every_type_is_stored_in_one_of_six_ways() -> None:
    assert set(STORAGE.values()) == {"text", "int64", "double", "bool", "date", "timestamp"}


def test_codes_are_formats() -> None:
    assert set(CODE_FORMATS) < set(FORMATS)


def test_live_columns_are_those_of_the_current_version_in_order() -> None:
    dataset = make_dataset(Column("b", "B"), Column("old", "Old", gone=True), Column("a", "A"))
    assert [column.key for column in dataset.live_columns] == ["b", "a"]


def test_a_column_starts_open_and_without_a_cap() -> None:
    assert (Column("a", "A").open_level, Column("a", "A").cap) == ("opendata", "opendata")
