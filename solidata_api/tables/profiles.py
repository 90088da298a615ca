"""What a version's columns hold, told once and kept: blanks, distinct and top values, range, quantiles, histogram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

import duckdb
import orjson

from solidata_api.domain.datasets import STORAGE, Column, Version
from solidata_api.tables.files import FileStore
from solidata_api.tables.names import quoted
from solidata_api.tables.records import mend
from solidata_api.tables.serving import Serving, zoned_columns

Cursor: TypeAlias = duckdb.DuckDBPyConnection
#: Part of the file's name: raised when what is told changes, so that old ones are told anew.
LAYOUT = 1
BINS = 20
TOP = 10
#: Distinct values of more bytes are estimated (HyperLogLog) and have no top: counting them would hold them all.
EXACT_BYTES = 64 << 20
QUANTILES = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
_NUMBERS = ("int64", "double")
_TIMES = ("date", "timestamp")


@dataclass(frozen=True)
class _Axis:
    """A column's values as numbers, for a histogram, and such a number as a value again."""

    sql: str
    unit: timedelta | None = None
    start: Any = None

    def tell(self, number: float) -> Any:
        return number if self.unit is None else self.start + self.unit * number


def path(version: Version) -> str:
    """Where a version's profile is kept: beside its parts."""
    return f"{version.parts[0].path.rpartition('/')[0]}/profile.{LAYOUT}.json"


def kept(files: FileStore, version: Version) -> dict[str, Any] | None:
    """The profile of each column, by key, if it was told before."""
    if not files.has(path(version)):
        return None
    told: dict[str, Any] = orjson.loads(b"".join(files.read(path(version))))
    return told


def keep(files: FileStore, version: Version, told: dict[str, Any]) -> None:
    """Keep a profile; who reads it meanwhile finds none yet, or all of it."""
    if files.is_local:
        local = files.local_path(path(version))
        aside = local.with_suffix(f".{version.id}.part")
        aside.write_bytes(orjson.dumps(told, option=orjson.OPT_UTC_Z))
        aside.rename(local)
        return
    with files.create(path(version)) as file:
        file.write(orjson.dumps(told, option=orjson.OPT_UTC_Z))


def tell(serving: Serving, version: Version) -> dict[str, Any]:
    """The profile of every column, by key, from the serving file: about two seconds of work for a million rows."""
    with serving.cursor(version, heavy=True) as cursor:
        zoned = zoned_columns(cursor, version.columns)
        return {column.key: _column(cursor, version, column, column.key in zoned) for column in version.columns}


def _column(cursor: Cursor, version: Version, column: Column, is_zoned: bool) -> dict[str, Any]:
    name, storage = quoted(column.key), STORAGE[column.type]
    sizes = f"sum(strlen({name}))" if storage == "text" else f"count({name}) * 8"
    filled, about, size = _one(cursor, f"select count({name}), approx_count_distinct({name}), {sizes} from rows")
    told: dict[str, Any] = {"nulls": version.row_count - filled, "distinct": about, "estimated": True, "top": []}
    if filled and about * (size / filled) <= EXACT_BYTES:
        told |= _top(cursor, column, is_zoned)
    if not filled:
        return told | {"distinct": 0, "estimated": False}
    if storage == "text":
        shortest, longest = _one(cursor, f"select min(length({name})), max(length({name})) from rows")
        return told | {"min_length": shortest, "max_length": longest}
    return told | _range(cursor, column, is_zoned)


def _top(cursor: Cursor, column: Column, is_zoned: bool) -> dict[str, Any]:
    """The most frequent values, and how many there are, exactly."""
    name = quoted(column.key)
    sql = (
        f"select {name}, count(*) n, count(*) over () from rows where {name} is not null"
        f" group by 1 order by n desc, 1 limit {TOP}"
    )
    found = cursor.execute(sql).fetchall()
    top = [{"value": value, "count": count} for value, count, _ in found]
    mend(top, "value", "string" if STORAGE[column.type] == "text" else column.type, is_zoned)
    return {"distinct": found[0][2], "estimated": False, "top": top}


def _range(cursor: Cursor, column: Column, is_zoned: bool) -> dict[str, Any]:
    """Least, greatest and in between, of numbers and times."""
    name, storage = quoted(column.key), STORAGE[column.type]
    if storage not in (*_NUMBERS, *_TIMES):
        return {}
    low, high = _one(cursor, f"select min({name}), max({name}) from rows")
    told: dict[str, Any] = {"min": low, "max": high}
    if storage in _NUMBERS:
        shares = list(QUANTILES.values())
        mean, quantiles = _one(cursor, f"select avg({name}), quantile_cont({name}, {shares}) from rows")
        told |= {"mean": mean, "quantiles": dict(zip(QUANTILES, quantiles, strict=True))}
    for bound in ("min", "max"):
        mend([told], bound, column.type, is_zoned)
    bars = _histogram(cursor, name, low, high)
    for bound in ("from", "to"):
        mend(bars, bound, column.type if storage in _TIMES else "number", is_zoned)
    return told | {"histogram": bars}


def _histogram(cursor: Cursor, name: str, low: Any, high: Any) -> list[dict[str, Any]]:
    """How many values lie in each of some bins of one width, empty ones too; the last has its upper edge too."""
    axis = _axis(name, low)
    end = float(high - low) if axis.unit is None else (high - low) / axis.unit
    width = end / BINS
    if not 0 < width < float("inf"):
        return [{"from": low, "to": high, "count": _one(cursor, f"select count({name}) from rows")[0]}]
    if isinstance(low, date) and not isinstance(low, datetime):
        width = float(-(-int(end) // BINS))
    sql = f"select least(greatest(floor({axis.sql} / {width!r}), 0), {BINS - 1})::integer bin, count(*) from rows"
    counts = dict(cursor.execute(f"{sql} where {name} is not null group by bin").fetchall())
    bins = max(counts) + 1 if axis.unit else BINS
    base = 0 if axis.unit else float(low)
    return [
        {"from": axis.tell(base + n * width), "to": axis.tell(base + (n + 1) * width), "count": counts.get(n, 0)}
        for n in range(bins)
    ]


def _axis(name: str, low: Any) -> _Axis:
    if isinstance(low, datetime):
        return _Axis(
            f"(epoch_us({name}) - epoch_us(timestamp '{low.isoformat(sep=' ')}'))", timedelta(microseconds=1), low
        )
    if isinstance(low, date):
        return _Axis(f"({name} - date '{low.isoformat()}')", timedelta(days=1), low)
    return _Axis(f"({name}::double - {float(low)!r})")


def _one(cursor: Cursor, sql: str) -> Sequence[Any]:
    found = cursor.execute(sql).fetchone()
    assert found is not None
    return found


__all__ = ["keep", "kept", "path", "tell"]
