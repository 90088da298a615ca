"""One column judged and converted as the import does it, without a file around."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from solidata_api.domain.datasets import ReadOptions
from solidata_api.frames.converting import Misfits, convert
from solidata_api.frames.judging import TypeJudge
from solidata_api.frames.verdicts import Verdict


@dataclass(frozen=True)
class Column:
    """What came of a column."""

    verdict: Verdict
    values: list[Any]
    misfits: list[dict[str, Any]]

    @property
    def type(self) -> str:
        return self.verdict.type

    @property
    def told(self) -> dict[str, Any]:
        return self.verdict.told()


def columns(table: dict[str, Sequence[str | None]], chunk: int = 1000, **options: Any) -> dict[str, Column]:
    """The columns of a table by header, read in chunks of so many rows; the first row is in line 2."""
    headers = list(table)
    rows = len(table[headers[0]])
    judge = TypeJudge(headers, headers, ReadOptions(**options))
    parts = [
        (
            [pa.array(cells[at : at + chunk], pa.string()) for cells in table.values()],
            pa.array(list(range(at + 2, rows + 2))[:chunk], pa.int64()),
        )
        for at in range(0, rows, chunk)
    ]
    for texts, lines in parts:
        judge.see(texts, lines)
    found = {}
    for n, (header, verdict) in enumerate(zip(headers, judge.verdicts(), strict=True)):
        misfits = Misfits()
        values = [
            value for texts, lines in parts for value in convert(texts[n], verdict, header, lines, misfits).to_pylist()
        ]
        found[header] = Column(verdict, values, misfits.cells)
    return found


def column(cells: Sequence[str | None], header: str = "valeur", chunk: int = 1000, **options: Any) -> Column:
    """One column by itself."""
    return columns({header: cells}, chunk, **options)[header]
