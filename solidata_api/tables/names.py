"""The names of what a serving file holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from solidata_api.domain.datasets import STORAGE, Column

if TYPE_CHECKING:
    import duckdb


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def folded(key: str) -> str:
    """The stored column that holds a text column's folded copy."""
    return quoted(f"_f_{key}")


def names(keys: Iterable[str]) -> str:
    """Names as a list of SQL identifiers."""
    return ", ".join(quoted(key) for key in keys)


#: How DuckDB calls moments of UTC, which are served without zone, and ids as parts hold them.
ZONED, ID = "TIMESTAMP WITH TIME ZONE", "BLOB"


def described(connection: duckdb.DuckDBPyConnection, query: str, given: Sequence[object] = ()) -> dict[str, str]:
    """The columns of a query's answer, and DuckDB's types of them, in order."""
    sql = f"select column_name, column_type from (describe {query})"
    return dict(connection.execute(sql, list(given)).fetchall())


def shown(name: str, kind: str) -> str:
    """A column of a part, of DuckDB's type `kind`, as it is served: moments without zone, in UTC, and ids as text."""
    column = quoted(name)
    made = {ZONED: f"({column} at time zone 'UTC')", ID: f"lower(hex({column}))"}.get(kind)
    return f"{made} as {column}" if made else column


def is_text(column: Column) -> bool:
    return STORAGE[column.type] == "text"


#: The head of a row id, a number by which `ids` is sorted: its first eight hexadecimal digits.
HEAD = "coalesce(try_cast('0x' || left(_id, 8) as uinteger), 0)"


def head(row_id: str) -> int:
    """The same of one id; 0 for what does not begin as ours do."""
    start = row_id[:8]
    return int(start, 16) if re.fullmatch("[0-9a-f]{8}", start) else 0
