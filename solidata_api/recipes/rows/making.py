"""Steps that make columns from others: what changed, and what of a column that is taken apart can't be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.base import Schema, Step, StepResult, Table
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.conversion import ColumnReader, arrow_type, read_texts, reason_of
from solidata_api.recipes.rows.rejects import Rejects
from solidata_api.recipes.rows.text import previous, result

#: The parts of one text, one for each new column; None is blank. It raises ValueError saying why there are none.
Parting = Callable[[str], Sequence[Any]]


def texts_of(table: Table, key: str) -> Any:
    """A column in canonical text."""
    return to_text(cells.values(table.frame, key), table.schema[key].type)


def in_one_zone(columns: Sequence[Any]) -> list[Any]:
    """Columns of one type, alike in Arrow too: beside moments of UTC those without a zone are taken as UTC."""
    if len({one.type for one in columns}) == 1:
        return list(columns)
    return [one if one.type.tz else pc.assume_timezone(one, "UTC") for one in columns]


def written(table: Table, columns: Mapping[str, Any], schema: Schema) -> StepResult:
    """The table with these columns, their changed cells counted."""
    return result(table, dict(columns), schema, changes(table, columns, schema))


def changes(table: Table, columns: Mapping[str, Any], schema: Schema) -> int:
    """In how many cells these columns differ, in canonical text, from what the table held there."""
    pairs = ((previous(table, key), to_text(found, schema[key].type)) for key, found in columns.items())
    return sum(int(cells.differs(before, after).sum()) for before, after in pairs)


def joined(texts: Sequence[Any], separator: str) -> Any:
    """The texts of each row with a separator between, blank ones left out; blank where all are."""
    # An empty text before them all: Arrow (26.0) makes no row at all where every text of it is null.
    found = pc.binary_join_element_wise(pa.scalar(""), *texts, pa.scalar(separator), null_handling="skip")
    found = pc.utf8_slice_codeunits(found, len(separator))
    return pc.if_else(pc.equal(found, ""), pa.scalar(None, pa.string()), found)


def parted(
    step: Step,
    table: Table,
    key: str,
    texts: Any,
    into: Sequence[str],
    parting: Parting,
    most_for: Callable[[Any], Callable[[Any], Any]] | None = None,
) -> StepResult:
    """The table with the parts of one column's texts in other columns. A text that has none is a reject.

    Then all these columns are blank in its row; with `on_error: keep` the column itself keeps its text, if among them.
    `most_for` gives what reads most of a column at once, as structs of a kind.
    """
    schema, rejects = step.schema_after(table.schema), Rejects(step, table)
    names = [str(n) for n in range(len(into))]
    kind = pa.struct([(name, arrow_type(schema[one].type)) for name, one in zip(names, into, strict=True)])

    def parts(text: str) -> dict[str, Any]:
        return dict(zip(names, parting(text), strict=True))

    found = read_texts(texts, ColumnReader(parts, most_for(kind)) if most_for else parts, kind)
    bad = cells.is_blank(found) & ~cells.is_blank(texts)
    rejects.add(key, bad, texts, reason_of(parting))
    columns = {one: pc.struct_field(found, [n]) for n, one in enumerate(into)}
    if step.on_error == "keep" and key in columns:
        columns[key] = pc.if_else(pa.array(bad), texts, columns[key])
    after = Table(cells.with_values(table.frame, columns), schema, table.origins)
    return rejects.settle(after, changed=changes(table, columns, schema))


def filled(before: Table, result: StepResult, keys: Sequence[str], value: Any) -> StepResult:
    """The result of a conversion with a value in the cells that were blank before it; rejects stay blank."""
    table, columns, changed = result.table, {}, 0
    kept = before.frame.index.isin(table.frame.index)
    for key in keys:
        found = cells.values(table.frame, key)
        blank = cells.is_blank(cells.values(before.frame, key))[kept]
        scalar = pa.scalar(str(value).lower() if pa.types.is_string(found.type) else value, found.type)
        columns[key] = pc.if_else(pa.array(blank), scalar, found)
        changed += int(blank.sum())
    after = Table(cells.with_values(table.frame, columns), table.schema, table.origins)
    return StepResult(after, replace(result.report, cells_changed=result.report.cells_changed + changed))
