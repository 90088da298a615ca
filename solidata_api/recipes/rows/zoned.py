"""Columns of moments from one time zone to another, by the offset of each distinct day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.base import Step, StepResult, Table
from solidata_api.recipes.rows import cells, moments
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.conversion import read_texts
from solidata_api.recipes.rows.rejects import Rejects
from solidata_api.recipes.time_zones import day_offset, to_local, to_utc, zone

_NAIVE = pa.timestamp("us")
_DAY = 86_400_000_000
_BEYOND = "it falls outside of the years 1 to 9999"
Read = Callable[[Any], datetime]


def zoned(
    step: Step, table: Table, keys: Sequence[str], places: tuple[str | None, str | None], unsure: tuple[str, str]
) -> StepResult:
    """The table with moments of the first place, where they have no zone, as those of the second, or of UTC."""
    rejects, columns, changed = Rejects(step, table), {}, 0
    kind = _NAIVE if places[1] else cells.UTC
    for key in keys:
        found = cells.values(table.frame, key)
        is_utc = bool(found.type.tz)
        read = _reader((None if is_utc else places[0], places[1]), unsure, is_utc=is_utc)
        plain = moments.naive(found)
        after = _moved(plain, read, (None if is_utc else places[0], places[1]), is_known=is_utc or bool(places[0]))
        bad = cells.is_blank(after) & ~cells.is_blank(found)
        _refuse(rejects, key, bad, found, read)
        columns[key] = after.cast(kind)
        differs = cells.differs(plain, after) if found.type == kind else ~cells.is_blank(found)
        changed += int((differs & ~bad).sum())
    frame = cells.with_values(table.frame, columns)
    return rejects.settle(Table(frame, table.schema, table.origins), changed=changed)


def _moved(plain: Any, read: Read, places: tuple[str | None, str | None], *, is_known: bool) -> Any:
    """Moments moved by the offsets of their days; those of days in which it changes are read one by one."""
    instants = moments.instants(plain)
    sure = np.full(len(instants), is_known)
    moved = instants
    for place, sign, local in ((places[0], -1, True), (places[1], 1, False)):
        if place is not None:
            offsets, known = _offsets(moved, zone(place), local=local)
            moved = moved + sign * offsets
            sure &= known & moments.on_calendar(moved // _DAY)
    after = cells.chunked(pa.array(moved, pa.int64(), mask=~sure | cells.is_blank(plain)).cast(_NAIVE))
    if sure.all():
        return after
    return pc.coalesce(after, read_texts(pc.if_else(pa.array(sure), pa.scalar(None, _NAIVE), plain), read, _NAIVE))


def _offsets(instants: np.ndarray, place: ZoneInfo, *, local: bool) -> tuple[np.ndarray, np.ndarray]:
    """For each moment the offset of its day in microseconds, and whether the day has but one."""
    days, places = np.unique(instants // _DAY, return_inverse=True)
    found = [day_offset(int(day), place, local=local) for day in days]
    offsets = np.array([0 if one is None else one // timedelta(microseconds=1) for one in found], dtype=np.int64)
    known = np.array([one is not None for one in found], dtype=bool)
    return offsets[places], known[places]


def _refuse(rejects: Rejects, key: str, bad: np.ndarray, found: Any, read: Read) -> None:
    refused = pc.if_else(pa.array(bad), found, pa.scalar(None, found.type))
    texts = to_text(refused, "datetime")
    by_text = dict(zip(texts.to_pylist(), moments.naive(refused).to_pylist(), strict=True)) if bad.any() else {}
    rejects.add(key, bad, texts, _reason(read, by_text))


def _reader(places: tuple[str | None, str | None], unsure: tuple[str, str], *, is_utc: bool) -> Read:
    def read(moment: Any) -> datetime:
        if places[0] is None and not is_utc:
            raise ValueError("it has no zone; say from which one it is")
        try:
            utc = to_utc(moment, zone(places[0]), *unsure) if places[0] else moment
            return to_local(utc, zone(places[1])) if places[1] else utc
        except OverflowError:
            raise ValueError(_BEYOND) from None

    return read


def _reason(read: Read, by_text: dict[str, datetime]) -> Callable[[Any], str]:
    def reason(text: Any) -> str:
        try:
            read(by_text[text])
        except ValueError as error:
            return str(error)
        return _BEYOND

    return reason
