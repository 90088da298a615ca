"""What a proposed step does to a table, told by running it: the engine itself counts, nothing is estimated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from solidata_api.recipes.base import Step, StepResult, Table, Tools

#: Examples of a suggestion, and of each of its columns; a quoted text is cut after so many characters.
EXAMPLES, OF_COLUMN, QUOTED = 6, 3, 200
_CONVERTING = ("to_integer", "to_decimal", "to_number", "to_boolean", "to_date", "to_datetime")
_KEEPING = ("check_id", "phone", "country")


@dataclass(frozen=True)
class Measured:
    """A step's result, and its evidence; without any where it does nothing."""

    result: StepResult
    evidence: dict[str, Any]

    @property
    def counts(self) -> bool:
        return bool(self.evidence["count"])


def measured(step: Step, table: Table, tools: Tools, dataset_ids: Sequence[str]) -> Measured:
    """The step run on the table; `dataset_ids` are the sources of its rows."""
    # `keep` refuses what `reject_cell` blanks, which is how it is told here.
    result = (replace(step, on_error="reject_cell") if step.op in _KEEPING else step).apply(table, tools)
    tell = _TELLING.get(step.op, _cells)
    evidence = tell(_Run(step, table, result, dataset_ids))
    return Measured(_kept(step, table, result) if step.op in _KEEPING else result, evidence)


@dataclass(frozen=True)
class _Run:
    step: Step
    table: Table
    result: StepResult
    dataset_ids: Sequence[str]

    @property
    def rows(self) -> int:
        return len(self.table.frame)

    def by_source(self, rows: Any) -> dict[str, Any]:
        """How many of these rows, a flag or number each, come from which source; told where there are several."""
        import numpy as np

        from solidata_api.recipes.rows import origins

        if len(self.dataset_ids) < 2:
            return {}
        counts = np.bincount(origins.sources_of(self.table), weights=rows, minlength=len(self.dataset_ids))
        told = zip(self.dataset_ids, counts.tolist(), strict=False)
        return {"sources": [{"dataset_id": one, "count": int(count)} for one, count in told]}


def _share(count: int, total: int) -> float:
    return round(count / total, 4) if total else 0.0


def _cells(run: _Run) -> dict[str, Any]:
    """Of a step that writes columns in place: which cells it changes, reads as its type, or refuses."""
    parts = {key: _Column(run, key) for key in _columns(run.step)}
    count = sum(part.count for part in parts.values())
    filled = sum(part.filled for part in parts.values())
    examples = [one for part in parts.values() for one in part.examples()]
    return {
        "counted": next(iter(parts.values())).counted,
        "count": count,
        "share": _share(count, filled),
        "refused": sum(part.refused_count for part in parts.values()),
        "columns": [part.told() for part in parts.values()],
        **run.by_source(sum(part.touched.astype(int) for part in parts.values())),
        "examples": examples[:EXAMPLES],
    }


class _Column:
    """What a step does in one column."""

    def __init__(self, run: _Run, key: str) -> None:
        from solidata_api.recipes.rows import cells
        from solidata_api.recipes.rows.canonical import to_text

        self.key = key
        op, result = run.step.op, run.result
        self.before = to_text(cells.values(run.table.frame, key), run.table.schema[key].type)
        self.after = to_text(cells.values(result.table.frame, key), result.table.schema[key].type)
        was, is_ = ~cells.is_blank(self.before), ~cells.is_blank(self.after)
        self.filled = int(was.sum())
        self.refused = was & ~is_ if op in (*_CONVERTING, *_KEEPING) else was & False
        self.refused_count = int(self.refused.sum())
        self.counted = "cells_read" if op in _CONVERTING else "cells_changed"
        self.touched = was & is_ if op in _CONVERTING else cells.differs(self.before, self.after)
        if op in _KEEPING:
            self.counted = "cells_changed_or_refused"
        self.count = int(self.touched.sum())
        self._reasons = {one["value"]: one["reason"] for one in run.result.report.rejects if one["column"] == key}

    def told(self) -> dict[str, Any]:
        told = {"column": self.key, "count": self.count, "share": _share(self.count, self.filled)}
        return told | ({"refused": self.refused_count} if self.refused_count else {})

    def examples(self) -> Iterator[dict[str, Any]]:
        """The refused cells that come most often, then those that are changed or read."""
        refused = [
            {"column": self.key, "value": _cut(text), "refused": self._reasons.get(text, ""), "count": count}
            for (text, _), count in self._pairs(self.refused).most_common(OF_COLUMN - 1)
        ]
        yield from refused
        changed = self._pairs(self.touched & ~self.refused)
        for (text, becomes), count in changed.most_common(OF_COLUMN - len(refused)):
            yield {"column": self.key, "value": _cut(text), "becomes": _cut(becomes), "count": count}

    def _pairs(self, mask: Any) -> Counter[tuple[str | None, str | None]]:
        import pyarrow as pa

        flags = pa.array(mask)
        return Counter(zip(self.before.filter(flags).to_pylist(), self.after.filter(flags).to_pylist(), strict=True))


def _kept(step: Step, table: Table, result: StepResult) -> StepResult:
    """The result with what was refused in its place again."""
    import pyarrow.compute as pc

    from solidata_api.recipes.rows import cells

    made = result.table
    columns = {
        key: pc.coalesce(cells.values(made.frame, key), cells.values(table.frame, key)) for key in _columns(step)
    }
    return replace(result, table=replace(made, frame=cells.with_values(made.frame, columns)))


def _columns(step: Step) -> Sequence[str]:
    columns: Any = getattr(step, "columns", None)
    return columns.keys if columns is not None else [getattr(step, "column")]  # noqa: B009 - steps differ


def _groups(run: _Run) -> dict[str, Any]:
    """Of `cluster_values`: the cells that are written otherwise, or the groups that people are asked about."""
    step: Any = run.step
    report, part = run.result.report, _Column(run, step.column)
    told = {"counted": "cells_changed", "count": part.count, "share": _share(part.count, part.filled)}
    if step.undecided == "leave":
        asked = sum(review["count"] for review in report.reviews)
        told = {"counted": "groups_proposed", "count": report.reviews_count, "share": _share(asked, part.filled)}
    return {
        **told,
        "refused": 0,
        **(run.by_source(part.touched) if told["counted"] == "cells_changed" else {}),
        "examples": [
            {
                "column": step.column,
                "values": [{"value": _cut(one["value"]), "count": one["count"]} for one in review["values"][:5]],
                "becomes": _cut(review["into"]),
            }
            for review in report.reviews[:EXAMPLES]
        ],
    }


def _merged(run: _Run) -> dict[str, Any]:
    """Of `dedupe`: the rows that are merged into earlier ones."""
    import numpy as np

    from solidata_api.recipes.rows import cells
    from solidata_api.recipes.rows.canonical import to_text
    from solidata_api.recipes.rows.groups import grouped

    keys = run.step.keys  # type: ignore[attr-defined]
    groups = grouped(run.table, keys)
    later = np.ones(run.rows, dtype=int)
    later[groups.first] = 0
    count = run.result.report.merged
    largest = np.argsort(-groups.sizes, kind="stable")[:EXAMPLES]
    texts = {key: to_text(cells.values(run.table.frame, key), run.table.schema[key].type) for key in keys[:5]}
    return {
        "counted": "rows_merged",
        "count": count,
        "share": _share(count, run.rows),
        "refused": 0,
        **run.by_source(later),
        "examples": [
            {
                "values": {key: _cut(column[int(groups.first[n])].as_py()) for key, column in texts.items()},
                "rows": int(groups.sizes[n]),
            }
            for n in largest.tolist()
            if groups.sizes[n] > 1
        ],
    }


def _made(run: _Run) -> dict[str, Any]:
    """Of `split_column` and `explode`: the cells that are filled, or the rows that are added."""
    from solidata_api.recipes.rows import cells
    from solidata_api.recipes.rows.canonical import to_text

    key = run.step.column  # type: ignore[attr-defined]
    separator = getattr(run.step, "separator", None) or "|"
    texts = to_text(cells.values(run.table.frame, key), run.table.schema[key].type)
    report = run.result.report
    count = report.added if run.step.op == "explode" else report.cells_changed
    parted = Counter(text for text in texts.to_pylist() if text and separator in text)
    whole = run.rows if run.step.op == "explode" else run.rows * len(getattr(run.step, "into", [1]))
    return {
        "counted": "rows_added" if run.step.op == "explode" else "cells_changed",
        "count": count,
        "share": _share(count, whole),
        "refused": report.rejects_count,
        "examples": [
            {
                "column": key,
                "value": _cut(text),
                "becomes": [_cut(one.strip()) for one in text.split(separator)],
                "count": n,
            }
            for text, n in parted.most_common(OF_COLUMN)
        ],
    }


def _failing(run: _Run) -> dict[str, Any]:
    """Of `validate`: the cells that fail."""
    report = run.result.report
    kinds = Counter((one["column"], one["reason"]) for one in report.rejects)
    firsts: dict[Any, dict[str, Any]] = {}
    for one in report.rejects:
        firsts.setdefault((one["column"], one["reason"]), one)
    ids = run.dataset_ids
    sources = Counter(one["source"] for one in report.rejects)
    is_whole = len(report.rejects) == report.rejects_count and len(ids) > 1
    return {
        "counted": "cells_refused",
        "count": report.rejects_count,
        "share": _share(report.rejecting_rows, run.rows),
        "refused": report.rejects_count,
        **({"sources": [{"dataset_id": one, "count": sources[n]} for n, one in enumerate(ids)]} if is_whole else {}),
        "examples": [
            {"column": key, "value": _cut(firsts[key, reason]["value"]), "refused": reason, "count": count}
            for (key, reason), count in kinds.most_common(EXAMPLES)
        ],
    }


def _cut(text: Any) -> Any:
    return text[:QUOTED] if isinstance(text, str) else text


_TELLING: Mapping[str, Callable[[_Run], dict[str, Any]]] = {
    "cluster_values": _groups,
    "dedupe": _merged,
    "split_column": _made,
    "explode": _made,
    "validate": _failing,
}
