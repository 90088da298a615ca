"""Shapes of groups, values and profiles, and their views."""

from __future__ import annotations

from typing import Any

from solidata_api.api.schemas import ANYTHING, TYPE, answer, flag, some, text, whole
from solidata_api.api.schemas.datasets import KEY, reading_tag, short_column
from solidata_api.services.aggregates import Asked, Values
from solidata_api.services.rows import Reading

GROUPS = answer(
    {
        "groups": some(ANYTHING, "each has what it is grouped by and what is told of it, named as asked"),
        "total": whole("of groups, without the limit"),
        "version": whole(),
    },
    {
        "groups": [{"category": "eau", "date:month": "2024-03-01", "count": 12, "sum:amount": 3400.5}],
        "total": 310,
        "version": 3,
    },
)
VALUES = answer(
    {
        "column": answer({"key": KEY, "title": text(), "type": TYPE}),
        "values": some(answer({"value": ANYTHING, "count": whole("rows that have it")})),
        "total": whole("of distinct values, without the limit"),
        "version": whole(),
    }
)
_BIN = answer({"from": ANYTHING, "to": ANYTHING | {"description": "not included, but in the last"}, "count": whole()})
PROFILE = answer(
    {
        "columns": some(
            answer(
                {
                    "key": KEY,
                    "title": text(),
                    "type": TYPE,
                    "nulls": whole("blank cells"),
                    "distinct": whole("how many values there are"),
                    "estimated": flag("whether that is an estimate, because there are too many to count"),
                    "top": some(answer({"value": ANYTHING, "count": whole()}), "the ten most frequent values"),
                    "min": ANYTHING | {"description": "of numbers and times"},
                    "max": ANYTHING,
                    "mean": ANYTHING | {"description": "of numbers"},
                    "quantiles": ANYTHING | {"description": "p5, p25, p50, p75, p95, of numbers"},
                    "histogram": some(_BIN, "twenty bins of one width, of numbers and times"),
                    "min_length": whole("characters, of texts"),
                    "max_length": whole(),
                }
            )
        ),
        "row_count": whole(),
        "version": whole(),
    }
)


def groups_view(asked: Asked, groups: list[dict[str, Any]], total: int) -> dict[str, Any]:
    return {"groups": groups, "total": total, "version": asked.reading.version.n}


def values_view(asked: Asked, found: Values) -> dict[str, Any]:
    return {
        "column": short_column(found.column),
        "values": found.values,
        "total": found.total,
        "version": asked.reading.version.n,
    }


def profile_view(reading: Reading, told: dict[str, Any]) -> dict[str, Any]:
    columns = [short_column(column) | told[column.key] for column in reading.columns]
    return {"columns": columns, "row_count": reading.version.row_count, "version": reading.version.n}


def asked_tag(asked: Asked) -> str:
    """What identifies the answer to a question about groups."""
    return repr((reading_tag(asked.reading), asked.query))
