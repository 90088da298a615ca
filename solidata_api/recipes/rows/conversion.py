"""Columns from one type to another, cell by cell, with what does not read as rejects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.frames.text_bytes import having
from solidata_api.recipes.base import Step, StepResult, Table
from solidata_api.recipes.readers import READERS, Reader
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.rejects import Rejects

ReaderFor = Callable[[str, Any], Reader]


@dataclass(frozen=True)
class ColumnReader:
    """A reader of texts, with what reads most of a column at once, as it would; what that one can't is blank."""

    one: Reader
    most: Callable[[Any], Any]

    def __call__(self, text: str) -> Any:
        return self.one(text)


def read_texts(texts: Any, reader: Callable[[Any], Any], kind: Any) -> Any:
    """Each text as its reader has it; those that it refuses become blank."""
    if isinstance(reader, ColumnReader):
        most = reader.most(texts)
        rest = pc.if_else(pc.is_valid(most), pa.scalar(None, texts.type), texts)
        return pc.coalesce(most, read_texts(rest, reader.one, kind)) if rest.null_count < len(rest) else most

    def read(text: Any) -> Any:
        try:
            return reader(text)
        except ValueError:
            return None

    return cells.each_distinct(texts, read, kind)


def reason_of(reader: Reader) -> Callable[[Any], str]:
    """Why a reader refuses a text."""

    def reason(text: Any) -> str:
        try:
            reader(text)
        except ValueError as error:
            return str(error)
        return "it does not fit"

    return reason


def arrow_type(kind: str) -> Any:
    """The Arrow type that text becomes; moments read from text are UTC."""
    return cells.UTC if kind == "datetime" else cells.arrow_type(kind)


def convert(
    step: Step,
    table: Table,
    kinds: Mapping[str, str],
    reader_for: ReaderFor | None = None,
    warnings: dict[str, int] | None = None,
) -> StepResult:
    """The table with these columns read as these types; those that have theirs are left alone.

    `on_error` decides on what does not read. `reader_for` gives the reader of a column from its type and its texts;
    unsaid, it is that of the new type.
    """
    rejects = Rejects(step, table)
    columns: dict[str, Any] = {}
    changed = 0
    for key, kind in kinds.items():
        before = table.schema[key].type
        if before == kind:
            continue
        texts = to_text(cells.values(table.frame, key), before)
        if kind not in READERS:
            columns[key] = texts
            continue
        reader = reader_for(before, texts) if reader_for else READERS[kind]
        columns[key], differing = _converted(key, texts, kind, reader, rejects)
        changed += differing
    return _settled(rejects, columns, changed, warnings)


def reread(step: Step, table: Table, readers: Mapping[str, Reader], kind: str) -> StepResult:
    """The table with columns read as one type, each by its reader, also those that are of that type already."""
    rejects = Rejects(step, table)
    columns: dict[str, Any] = {}
    changed = 0
    for key, reader in readers.items():
        texts = to_text(cells.values(table.frame, key), table.schema[key].type)
        columns[key], differing = _converted(key, texts, kind, reader, rejects)
        changed += differing
    return _settled(rejects, columns, changed)


def _settled(
    rejects: Rejects, columns: Mapping[str, Any], changed: int, warnings: dict[str, int] | None = None
) -> StepResult:
    table = rejects.table
    frame = cells.with_values(table.frame, columns)
    after = Table(frame, rejects.step.schema_after(table.schema), table.origins)
    return rejects.settle(after, changed=changed, warnings=warnings)


def _converted(key: str, texts: Any, kind: str, reader: Reader, rejects: Rejects) -> tuple[Any, int]:
    if isinstance(reader, ColumnReader):
        converted, bad, changed = _read(texts, kind, reader, rejects.step)
    else:
        found = cells.coded(texts)
        made, refused, differing = _read(cells.chunked(found.values), kind, reader, rejects.step)
        converted, bad, changed = found.cells(made.combine_chunks()), found.marks(refused), found.marks(differing)
    rejects.add(key, bad, texts, reason_of(reader))
    return converted, int(changed.sum())


def _read(texts: Any, kind: str, reader: Reader, step: Step) -> tuple[Any, np.ndarray, np.ndarray]:
    """Texts as a type, which of them do not read, and of which others the canonical text is another one."""
    converted = read_texts(texts, reader, arrow_type(kind))
    bad = cells.is_blank(converted) & ~cells.is_blank(texts)
    if kind == "number" and step.on_error != "keep":
        return converted, bad, _rewritten(texts, converted) & ~bad
    # A list is written in canonical text with `|`; what was read from JSON text is that text.
    written = converted if pa.types.is_string(converted.type) else to_text(converted, kind)
    changed = cells.differs(texts, written) & ~bad
    # `keep` leaves texts beside what was read, so such a column stays text.
    return (pc.coalesce(written, texts) if step.on_error == "keep" else converted), bad, changed


def _rewritten(texts: Any, numbers: Any) -> np.ndarray:
    """Which texts are not the canonical ones of these numbers. None has a comma, so most need not be written."""
    changed = having(texts, ",")
    others = pa.array(np.flatnonzero(~changed))
    if len(others):
        changed[~changed] = cells.differs(texts.take(others), to_text(numbers.take(others), "number"))
    return changed
