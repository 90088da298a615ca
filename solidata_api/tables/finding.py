"""Rows by their ids or lines, several at once, with what some of their cells hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from solidata_api.domain.datasets import Version
from solidata_api.tables.names import quoted
from solidata_api.tables.serving import Serving


@dataclass(frozen=True)
class FoundRow:
    """A row of a source: its id, its line, and the cells asked for as the engine has them."""

    row_id: str
    line: int | None
    cells: dict[str, Any]


def found(
    serving: Serving, version: Version, keys: Sequence[str], ids: Sequence[str] = (), lines: Sequence[int] = ()
) -> list[FoundRow]:
    """Those of these rows that a version of a source has; `keys` are columns of it."""
    cells = "".join(f", {quoted(key)}" for key in keys)
    with serving.cursor(version, heavy=True) as cursor:
        known = cursor.execute("select column_name from (describe rows) where column_name = '_line'").fetchall()
        line, by_line = ("_line", "_line in (select unnest(?::bigint[]))") if known else ("null", "?::bigint[] is null")
        sql = f"select _id, {line}{cells} from rows where _id in (select unnest(?::varchar[])) or {by_line}"
        rows = cursor.execute(sql, [list(ids), list(lines)]).fetchall()
    return [FoundRow(row[0], row[1], dict(zip(keys, row[2:], strict=True))) for row in rows]
