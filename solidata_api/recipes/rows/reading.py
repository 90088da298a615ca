"""Steps that read each text in a way of their own: what does not read is a reject."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.base import Step, StepResult, Table
from solidata_api.recipes.readers import Reader
from solidata_api.recipes.rows import cells, text
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.conversion import read_texts, reason_of
from solidata_api.recipes.rows.rejects import Rejects

Parts = Callable[[str], Mapping[str, Any]]


def read_in(step: Step, table: Table, into: Mapping[str, str], reader: Reader) -> StepResult:
    """The table with each column's canonical text as the reader has it, in the column that `into` says.

    A text that it refuses is a reject. In another column its cell is blank; in place `on_error` says what it is.
    """
    rejects, columns, changed = Rejects(step, table), {}, 0
    for key, target in into.items():
        texts = to_text(cells.values(table.frame, key), table.schema[key].type)
        found = read_texts(texts, reader, pa.string())
        bad = cells.is_blank(found) & ~cells.is_blank(texts)
        rejects.add(key, bad, texts, reason_of(reader))
        in_place = target == key
        columns[target] = pc.coalesce(found, texts) if in_place and step.on_error == "keep" else found
        before = texts if in_place else text.previous(table, target)
        changed += int((cells.differs(before, columns[target]) & ~bad).sum())
    return _settled(rejects, columns, changed)


def read_parts(
    step: Step, table: Table, column: str, into: Mapping[str, str], kinds: Mapping[str, str], reader: Parts
) -> StepResult:
    """The table with parts of a column's canonical text in other columns; what the reader refuses is a reject.

    The column itself stays, so of a reject only the cells of its parts are blank.
    """
    rejects = Rejects(step, table)
    texts = to_text(cells.values(table.frame, column), table.schema[column].type)
    types = {part: cells.arrow_type(kinds[part]) for part in into}
    found = read_texts(texts, reader, pa.struct(list(types.items())))
    bad = cells.is_blank(found) & ~cells.is_blank(texts)
    rejects.add(column, bad, texts, reason_of(reader))
    columns = {target: pc.struct_field(found, part) for part, target in into.items()}
    return _settled(rejects, columns, changes(table, columns, {into[part]: kinds[part] for part in into}, ~bad))


def changes(table: Table, columns: Mapping[str, Any], kinds: Mapping[str, str], where: Any = True) -> int:
    """How many cells of the written columns differ from what was there, in the rows `where` says."""
    return sum(int((_differs(table, key, after, kinds[key]) & where).sum()) for key, after in columns.items())


def _differs(table: Table, key: str, after: Any, kind: str) -> Any:
    if key not in table.schema:
        return ~cells.is_blank(after)
    before = cells.values(table.frame, key)
    if table.schema[key].type == kind and before.type == after.type:
        return cells.differs(before, after)
    return cells.differs(text.previous(table, key), to_text(after, kind))


def _settled(rejects: Rejects, columns: dict[str, Any], changed: int) -> StepResult:
    table = rejects.table
    frame = cells.with_values(table.frame, columns)
    after = Table(frame, rejects.step.schema_after(table.schema), table.origins)
    return rejects.settle(after, changed=changed)
