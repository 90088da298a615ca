"""Parquet, Feather and Arrow."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from solidata_api.domain.errors import NotATable, TooLarge, UnknownFormat
from solidata_api.formats.base import Limits

Reading = Callable[..., Any]


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **options)
    return sink.getvalue()


def arrow(columns: dict[str, Any], new: Callable[..., Any]) -> bytes:
    table, sink = pa.table(columns), io.BytesIO()
    with new(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        parquet({"code": ["01", None], "n": [1, 2]}),
        arrow({"code": ["01", None], "n": [1, 2]}, pa.ipc.new_file),
        arrow({"code": ["01", None], "n": [1, 2]}, pa.ipc.new_stream),
    ],
    ids=["parquet", "arrow file", "arrow stream"],
)
def test_columns_and_blanks_are_kept(read: Reading, data: bytes) -> None:
    got = read(data)
    assert (got.types, got.rows, got.lines) == ({"code": "string", "n": "integer"}, [("01", 1), (None, 2)], [1, 2])


@pytest.mark.parametrize(
    ("column", "kind", "value"),
    [
        (pa.array([1.0, float("nan")]), "number", 1.0),
        (pa.array([1e-7]), "number", 1e-7),
        (pa.array([2.5], pa.float32()), "number", 2.5),
        (pa.array([Decimal("1.50")]), "number", 1.5),
        (pa.array([Decimal("12345678901234567890.10")]), "string", "12345678901234567890.10"),
        (pa.array([2**63], pa.uint64()), "string", "9223372036854775808"),
        (pa.array([True]), "boolean", True),
        (pa.array([date(2026, 1, 2)]), "date", date(2026, 1, 2)),
        (pa.array([datetime(2026, 1, 2, 3, 4, 5, 120000)]), "datetime", datetime(2026, 1, 2, 3, 4, 5, 120000)),
        (pa.array([timedelta(hours=30)]), "string", "PT30H"),
        (pa.array([["a", "b"]]), "array", '["a","b"]'),
        (pa.array(["x"]).dictionary_encode(), "string", "x"),
        (pa.array([b"abc"]), "string", "abc"),
        (pa.array(["006"], pa.large_string()), "string", "006"),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_a_value_keeps_what_it_is(read: Reading, column: pa.Array, kind: str, value: Any) -> None:
    got = read(parquet({"v": column}))
    assert (got.types["v"], got.rows[0][0]) == (kind, value)


def test_moments_with_a_zone_are_told_in_utc(read: Reading) -> None:
    moment = pa.array([datetime(2026, 7, 1, 10)], pa.timestamp("ms", "Europe/Paris"))
    assert read(parquet({"m": moment})).rows[0][0].isoformat() == "2026-07-01T10:00:00+00:00"


def test_times_have_no_needless_zeros(read: Reading) -> None:
    assert str(read(parquet({"t": pa.array([time(3, 4)])})).rows[0][0]).startswith("03:04:00")


def test_structures_are_columns_of_their_own(read: Reading) -> None:
    got = read(parquet({"a.b": [1, 2], "s": [{"x": 1, "y": {"z": "t"}}, None]}))
    assert [one.title for one in got.columns.values()] == ["a.b", "s_x", "s_y_z"]
    assert got.rows == [(1, 1, "t"), (2, None, None)]


def test_bytes_that_are_no_text_are_told(read: Reading) -> None:
    got = read(parquet({"b": [b"\xff\x00", b"abc"]}))
    assert got.rows == [("/wA=",), ("abc",)]
    assert got.told["repairs"]["count"] == 1


def test_many_row_groups_keep_their_order(read: Reading) -> None:
    assert [row[0] for row in read(parquet({"n": list(range(5000))}, row_group_size=700)).rows] == list(range(5000))


def test_a_long_text_repeated_without_end_is_refused_in_bounded_memory(read: Reading) -> None:
    data = parquet({"t": pa.array(["x" * 100_000] * 5000).dictionary_encode()})
    assert len(data) < 200_000
    with pytest.raises(TooLarge, match="limit is 100 MB"):
        read(data, limits=Limits(max_inflated_bytes=100 << 20))


def test_a_cell_longer_than_the_limit_is_refused_with_its_row(read: Reading) -> None:
    with pytest.raises(TooLarge, match="row 2"):
        read(parquet({"t": ["a", "x" * 2000]}), limits=Limits(max_cell_chars=1024))


def test_a_broken_file_is_refused(read: Reading) -> None:
    with pytest.raises(UnknownFormat, match="can't be read"):
        read(parquet({"n": [1]})[:-20])


def test_a_file_without_column_is_no_table(read: Reading) -> None:
    with pytest.raises(NotATable):
        read(parquet({}))
