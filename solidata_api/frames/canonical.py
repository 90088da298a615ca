"""Canonical text (DESIGN 5): one spelling for each value, whatever type it came in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.frames.arrow import array_of, series

JSON_TYPES = ("array", "object", "geojson")


def text_of(column: pd.Series, kind: str) -> pd.Series:
    """A column as canonical text: integers plain, numbers shortest, dates ISO, booleans true/false, lists with `|`."""
    values = array_of(column)
    if kind in JSON_TYPES:
        return series(by_distinct(values, json_text), column.index)
    if pa.types.is_string(values.type):
        return column
    return series(_cast(values), column.index)


def by_distinct(values: pa.ChunkedArray, function: Callable[[str], Any], kind: pa.DataType | None = None) -> pa.Array:
    """A text function over a column, called once for each distinct text; blanks stay blank."""
    coded = values.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    made = pa.array([function(text) for text in coded.dictionary.to_pylist()], kind or pa.string())
    return made.take(coded.indices)


def json_text(text: str) -> str:
    """A stored JSON value as canonical text: lists of plain values joined with `|`, anything else as JSON."""
    value = json.loads(text)
    if isinstance(value, list) and not any(isinstance(part, list | dict) for part in value):
        return "|".join(plain_text(part) for part in value)
    return text


def plain_text(value: Any) -> str:
    """A plain JSON value as canonical text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, float) else str(value)


def number_text(value: float) -> str:
    """The shortest text that reads back as the same number; whole ones without `.0`."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def number_texts(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of numbers, each as `number_text` writes it."""
    return pa.chunked_array([_number_texts(chunk) for chunk in values.chunks], pa.string())


def _number_texts(values: pa.Array) -> pa.Array:
    # There is no minus zero.
    written = pc.cast(pc.add(values, 0.0), pa.string())
    # Arrow writes the same digits, but powers of ten from 1e10 on, and none before 1e-7.
    is_other = pc.fill_null(_are_extreme(pc.abs(values)), fill_value=False)
    if not pc.any(is_other).as_py():
        return written
    others = pa.array([number_text(value) for value in values.filter(is_other).to_pylist()], pa.string())
    return pc.replace_with_mask(written, is_other, others)


def _are_extreme(sizes: pa.Array) -> pa.Array:
    """Which numbers may be written with a power of ten, or are no numbers."""
    is_small = pc.and_(pc.less(sizes, 1e-3), pc.not_equal(sizes, 0.0))
    return pc.or_(is_small, pc.invert(pc.less(sizes, 1e10)))


def _cast(values: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    kind = values.type
    if pa.types.is_floating(kind):
        return number_texts(values)
    if pa.types.is_timestamp(kind):
        return _moments(values)
    return pc.cast(values, pa.string())


def _moments(values: pa.ChunkedArray) -> pa.Array:
    texts = [None if value is None else value.isoformat().replace("+00:00", "Z") for value in values.to_pylist()]
    return pa.array(texts, pa.string())
