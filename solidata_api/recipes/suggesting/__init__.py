"""Likely steps for a table: proposed by detectors, run one after the other, each with what it does as its evidence.

The order is that of a recipe: texts are repaired before words are read, words before types, types before rows are
compared. Each detector sees the table as the steps before it leave it, so the list can be run as it is given.
Importing this reads no pandas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Misfit, Schema, SchemaColumn, Step, Table, Tools
from solidata_api.recipes.parse import parse
from solidata_api.recipes.suggesting.base import Detector, Proposal, SeenColumn, View
from solidata_api.recipes.suggesting.codes import lost_zeros
from solidata_api.recipes.suggesting.constraints import constraints
from solidata_api.recipes.suggesting.days import days_and_moments
from solidata_api.recipes.suggesting.figures import numbers
from solidata_api.recipes.suggesting.identities import countries, identifiers, phones
from solidata_api.recipes.suggesting.measuring import measured
from solidata_api.recipes.suggesting.reading import Reading, narrowed, rows_of_each, stacked
from solidata_api.recipes.suggesting.repeats import repeated_rows
from solidata_api.recipes.suggesting.several import lists, parts
from solidata_api.recipes.suggesting.spellings import mixed_case, near_spellings, spellings
from solidata_api.recipes.suggesting.texts import blank_words, html, mojibake, stray_spaces
from solidata_api.recipes.suggesting.truths import truths

#: In this order they look, and their steps run.
DETECTORS: tuple[Detector, ...] = (
    mojibake, html, stray_spaces, blank_words, lost_zeros,
    truths, days_and_moments, numbers,
    identifiers, phones, countries,
    mixed_case, spellings, near_spellings,
    repeated_rows, constraints, parts, lists,
)  # fmt: skip


def suggest(
    reading: Reading,
    fields: Sequence[BoundField] = (),
    key: Sequence[str] = (),
    titles: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """`{suggestions, rows, rows_read}` for stacked sources; `fields` and `key` are the model's, of a project."""
    table = stacked(reading.some, fields, titles or {})
    looked = _Looking(reading, tuple(fields), tuple(key), table)
    found = [one for detector in DETECTORS for one in looked.after(detector)]
    return {"suggestions": found, "rows": reading.rows, "rows_read": looked.rows}


class _Looking:
    """A table on its way through the detectors, and the steps that brought it there."""

    def __init__(self, reading: Reading, fields: tuple[BoundField, ...], key: tuple[str, ...], table: Table) -> None:
        self.reading, self.fields, self.key, self.table = reading, fields, key, table
        self.rows = len(table.frame)
        self.ids = [one.dataset_id for one in reading.some]
        self.tools = Tools(fields=fields, stacked=len(self.ids))
        self.steps: list[dict[str, Any]] = []
        #: Columns as they were last seen, each with the cells that it had: steps leave most as they are.
        self._known: dict[str, tuple[Any, SeenColumn]] = {}

    def after(self, detector: Detector) -> Iterator[dict[str, Any]]:
        """The suggestions of one detector; the table is then as they leave it."""
        for step, proposals in _grouped(detector(self._view())):
            (parsed,) = parse([step])
            table, is_whole = self.table, self.reading.whole
            if step["op"] == "dedupe" and not is_whole and self.reading.has_keys:
                table, is_whole = self._keyed(step["keys"]), True
            found = measured(parsed, table, self.tools, self.ids)
            if not found.counts:
                continue
            yield {
                "step": step,
                "why": _why(proposals),
                "evidence": {**found.evidence, "rows": len(table.frame), "sampled": not is_whole},
                "score": min(one.score for one in proposals),
            }
            self.steps.append(step)
            self.table = found.result.table if table is self.table else parsed.apply(self.table, self.tools).table

    def _view(self) -> View:
        by_name = {field.name: field for field in self.fields}
        columns = tuple(self._seen(key, by_name.get(key)) for key in self.table.schema.keys)
        return View(self.table, columns, self.fields, self.key, self.reading.whole, len(self.table.frame))

    def _seen(self, key: str, field: BoundField | None) -> SeenColumn:
        from solidata_api.recipes.rows import cells

        column, held = self.table.schema[key], cells.values(self.table.frame, key)
        before = self._known.get(key)
        if before is None or before[0] is not held or before[1].column != column:
            self._known[key] = (held, self._looked_at(column, held, field))
        return self._known[key][1]

    def _looked_at(self, column: SchemaColumn, held: Any, field: BoundField | None) -> SeenColumn:
        import pyarrow.compute as pc

        from solidata_api.recipes.rows.canonical import to_text

        found = pc.value_counts(to_text(held, column.type).drop_null().combine_chunks())
        counts = dict(zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True))
        mapped = (source.mapped.get(column.key) for source in self.reading.some)
        types = tuple(sorted({one.type for one in mapped if one is not None}))
        return SeenColumn(column, counts, field, types if len(types) > 1 else ())

    def _keyed(self, keys: Sequence[str]) -> Table:
        """Only these columns, but of all rows, as the steps so far leave them."""
        sources = [narrowed(one, keys) for one in self.reading.every]
        table = stacked([one for one in sources if one.mapping], self.fields, {})
        for step in self.steps:
            part = _part(step, keys)
            for parsed in parse([part]) if part else ():
                table = parsed.apply(table, self.tools).table
        return table


def fitting(suggestions: Sequence[Mapping[str, Any]], schema: Schema) -> list[Mapping[str, Any]]:
    """Those whose steps fit these columns, one after the other."""
    kept = []
    for one in suggestions:
        after = _schema_after(parse([one["step"]])[0], schema)
        if after is not None:
            kept.append(one)
            schema = after
    return kept


def _schema_after(step: Step, schema: Schema) -> Schema | None:
    try:
        return step.schema_after(schema)
    except Misfit:
        return None


def _grouped(proposals: Iterable[Proposal]) -> Iterator[tuple[dict[str, Any], list[Proposal]]]:
    """The steps that proposals come to: one for all columns with the same parameters."""
    found: dict[str, list[Proposal]] = {}
    for n, one in enumerate(proposals):
        alike = repr((one.op, sorted(one.params.items()))) if one.column is not None else str(n)
        found.setdefault(alike, []).append(one)
    for several in found.values():
        columns = [one.column for one in several if one.column is not None]
        yield {"op": several[0].op, **({"columns": columns} if columns else {}), **several[0].params}, several


def _why(proposals: Sequence[Proposal]) -> str:
    """The reasons, each once, with the columns that they hold of."""
    by_reason: dict[str, list[str]] = {}
    for one in proposals:
        by_reason.setdefault(one.why, []).append(one.column or "")
    return "; ".join(f"{', '.join(columns)}: {why}" if columns[0] else why for why, columns in by_reason.items())


def _part(step: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any] | None:
    """What a step does in these columns; none where it does nothing there, or to rows."""
    if "columns" in step:
        columns = [one for one in step["columns"] if one in keys]
        return {**step, "columns": columns} if columns else None
    return dict(step) if step.get("column") in keys and step["op"] != "explode" else None


__all__ = ["DETECTORS", "Reading", "fitting", "rows_of_each", "suggest"]
