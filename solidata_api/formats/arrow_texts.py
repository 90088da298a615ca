"""Arrow columns as canonical texts: numbers with all their digits, times as ISO 8601, what is nested as JSON."""

from __future__ import annotations

import base64
import json
import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.formats.base import Repairs
from solidata_api.formats.cells import cell_text


def declared(kind: pa.DataType) -> str | None:
    """The type that a column has whatever its texts look like."""
    kind = _plain_type(kind)
    if pa.types.is_floating(kind) or (pa.types.is_decimal(kind) and kind.scale > 0 and kind.precision <= 15):
        return "number"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return "array"
    return None


def flattened(table: pa.Table) -> pa.Table:
    """A table whose structures are columns of their own, `a_b`."""
    names, columns = list(table.column_names), list(table.columns)
    while any(pa.types.is_struct(column.type) for column in columns):
        pairs = [pair for name, column in zip(names, columns, strict=True) for pair in _fields(name, column)]
        names, columns = [name for name, _ in pairs], [column for _, column in pairs]
    return pa.table(columns, names=names)


def _fields(name: str, column: Any) -> list[tuple[str, Any]]:
    if not pa.types.is_struct(column.type):
        return [(name, column)]
    return [(f"{name}_{field.name}", part) for field, part in zip(column.type, column.flatten(), strict=True)]


def texts(column: Any, repairs: Repairs, done: int) -> pa.StringArray:
    """A column's values as text; what had to be mended is told by row, `done` rows having come before."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    kind = column.type
    if pa.types.is_dictionary(kind):
        if pa.types.is_string(kind.value_type):
            # Each value once: the rows take theirs.
            return column.dictionary.take(column.indices)
        return texts(column.dictionary_decode(), repairs, done)
    if pa.types.is_null(kind):
        return column.cast(pa.string())
    if pa.types.is_floating(kind):
        return pa.array([_float(value) for value in column.to_pylist()], pa.string())
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return _times(column)
    if _is_castable(kind):
        return column.cast(pa.string())
    return _by_value(column, repairs, done)


def _is_castable(kind: pa.DataType) -> bool:
    return (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_date32(kind)
    )


def _times(column: Any) -> pa.StringArray:
    if pa.types.is_timestamp(column.type) and column.type.tz:
        column = column.cast(pa.timestamp(column.type.unit, "UTC"))
    plain = pc.replace_substring_regex(column.cast(pa.string()), r"^(\S+) ", r"\1T")
    plain = pc.replace_substring_regex(plain, r"\.0+(Z?)$", r"\1")
    return pc.replace_substring_regex(plain, r"(\.\d*[1-9])0+(Z?)$", r"\1\2")


def _float(value: float | None) -> str | None:
    """The fewest digits that give a number back, without exponent; what is no number is blank."""
    if value is None or math.isnan(value):
        return None
    return repr(value) if math.isinf(value) else _plain(Decimal(repr(value)))


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _by_value(column: Any, repairs: Repairs, done: int) -> pa.StringArray:
    found = []
    for n, value in enumerate(column.to_pylist(), start=done + 1):
        if isinstance(value, bytes) and not _is_text(value):
            repairs.add(n, "bytes that are no text, told in base64")
        found.append(_text(value))
    return pa.array(found, pa.string())


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode() if _is_text(value) else base64.b64encode(value).decode()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list | dict | tuple):
        return json.dumps(_jsonable(value), ensure_ascii=False, separators=(",", ":"))
    return cell_text(value.to_pytimedelta() if hasattr(value, "to_pytimedelta") else value)


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _jsonable(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(one) for one in value]
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value) if isinstance(value, float) else _text(value)


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return b"\x00" not in value


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    return kind.value_type if pa.types.is_dictionary(kind) else kind
