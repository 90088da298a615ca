"""Rules of validation on rows: which cells fail them, and what becomes of those."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.datasets import Column
from solidata_api.domain.errors import Fault, StepFailed
from solidata_api.domain.queries import as_text
from solidata_api.recipes.base import SchemaColumn, Step, StepResult, Table, Tools
from solidata_api.recipes.patterns import pattern
from solidata_api.recipes.readers import READERS
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.coding import codes
from solidata_api.recipes.rows.conversion import arrow_type, read_texts
from solidata_api.recipes.rows.rejects import Rejects, blanked
from solidata_api.recipes.rules import Rule, bound


def judged(step: Step, table: Table, tools: Tools, rules: list[tuple[int, Rule]]) -> StepResult:
    """The table held against numbered rules; every rule judges the cells as they came in."""
    rejects = Rejects(step, table)
    warnings: dict[str, int] = {}
    refused: dict[str, np.ndarray] = {}
    for n, rule in rules:
        bad = failing(table, rule, tools)
        if not bad.any():
            continue
        if rule.on_failure == "warn":
            sentence = f"rule {n}, {rule.check}: cells fail"
            warnings[sentence] = warnings.get(sentence, 0) + int(bad.sum())
            continue
        texts = to_text(cells.values(table.frame, rule.column), table.schema[rule.column].type)
        if rule.on_failure == "stop":
            _stop(n, rule, texts, bad)
        rejects.add(rule.column, bad, texts, partial(reason, rule))
        refused[rule.column] = refused.get(rule.column, False) | bad
    return _settled(rejects, table, refused, warnings)


def failing(table: Table, rule: Rule, tools: Tools) -> np.ndarray:
    """Which cells fail a rule."""
    column, found = _in_type(table, rule)
    if rule.check == "required":
        return cells.is_blank(cells.values(table.frame, rule.column))
    if rule.check in ("minimum", "maximum"):
        return _beyond(rule, column, found)
    texts = to_text(found, column.type)
    if rule.check == "unique":
        return _repeated(codes(texts))
    return ~cells.mask(cells.each_distinct(texts, _test(rule, tools), pa.bool_())) & ~cells.is_blank(texts)


def reason(rule: Rule, _text: Any = None) -> str:
    """What a cell that fails a rule is told, whatever it holds."""
    sentences = {
        "required": "it is required",
        "unique": "its value stands in an earlier row",
        "pattern": f"it does not match {rule.value}",
        "minimum": f"it is below {as_text(rule.value)}",
        "maximum": f"it is above {as_text(rule.value)}",
        "min_length": f"it has fewer than {rule.value} characters",
        "max_length": f"it has more than {rule.value} characters",
        "enum": "it is none of the allowed values",
        "foreign_key": f"it is not in column {rule.reference_column!r} of the reference",
    }
    return sentences[rule.check]


def _settled(rejects: Rejects, table: Table, refused: dict[str, np.ndarray], warnings: dict[str, int]) -> StepResult:
    columns: dict[str, Any] = {}
    changed = 0
    if rejects.step.on_error == "reject_cell":
        for key, bad in refused.items():
            found = cells.values(table.frame, key)
            columns[key] = blanked(found, bad)
            changed += int((bad & ~cells.is_blank(found)).sum())
    frame = cells.with_values(table.frame, columns)
    return rejects.settle(Table(frame, table.schema, table.origins), changed=changed, warnings=warnings)


def _in_type(table: Table, rule: Rule) -> tuple[SchemaColumn, Any]:
    """The column as a rule judges it: in the model's type where the rule is of the model; misfits are blank there."""
    column, found = table.schema[rule.column], cells.values(table.frame, rule.column)
    if rule.type in (None, column.type) or rule.type not in READERS:
        return column, found
    read = read_texts(to_text(found, column.type), READERS[rule.type], arrow_type(rule.type))
    return SchemaColumn(column.key, column.title, rule.type), read


def _beyond(rule: Rule, column: SchemaColumn, found: Any) -> np.ndarray:
    limit = _limit(rule, column.as_column(), found.type)
    return cells.mask(pc.less(found, limit) if rule.check == "minimum" else pc.greater(found, limit))


def _limit(rule: Rule, column: Column, kind: Any) -> Any:
    value = bound(rule, column)
    if pa.types.is_timestamp(kind):
        return pa.scalar(value.replace(tzinfo=None), pa.timestamp("us", tz=kind.tz))
    return pa.scalar(value, kind)


def _repeated(code: np.ndarray) -> np.ndarray:
    firsts = np.zeros(len(code), dtype=bool)
    firsts[np.unique(code, return_index=True)[1]] = True
    return ~firsts & (code >= 0)


def _test(rule: Rule, tools: Tools) -> Callable[[str], bool]:
    if rule.check == "pattern":
        compiled = pattern(rule.value)
        return lambda text: compiled.fullmatch(text) is not None
    if rule.check == "min_length":
        return lambda text: len(text) >= rule.value
    if rule.check == "max_length":
        return lambda text: len(text) <= rule.value
    known = _known(rule, tools)
    return lambda text: text in known


def _known(rule: Rule, tools: Tools) -> frozenset[str]:
    if rule.check == "foreign_key":
        return frozenset(tools.reference(rule.dataset_id, rule.reference_column))
    texts = [as_text(value) for value in rule.value]
    # A number of the list may be written otherwise in JSON (12.0) than in canonical text (12).
    return frozenset([*texts, *(text.removesuffix(".0") for text in texts)])


def _stop(n: int, rule: Rule, texts: Any, bad: np.ndarray) -> None:
    first = texts[int(np.flatnonzero(bad)[0])].as_py()
    value = "a blank cell" if first is None else repr(first[:200])
    sentence = f"rule {n} ({rule.check}) fails in column {rule.column!r}, first at {value}: {reason(rule)}"
    raise StepFailed(f"Step validate stopped: {sentence}.", [Fault(f"/rules/{n - 1}", sentence)])
