"""Steps that make days and moments of days and moments."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.base import Step, StepResult, Table
from solidata_api.recipes.rows import cells, moments
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.reading import changes
from solidata_api.recipes.rows.rejects import Rejects

_BEYOND = "it falls outside of the years 1 to 9999"


def shifted(step: Step, table: Table, into: Mapping[str, str], amounts: Mapping[str, int]) -> StepResult:
    """The table with each of these columns some time later, in the column that `into` says."""
    rejects, columns, changed = Rejects(step, table), {}, 0
    for key, target in into.items():
        found, kind = cells.values(table.frame, key), table.schema[key].type
        after, beyond = moments.added(found, amounts)
        # Texts of those alone: writing all of them takes longer than adding.
        refused = pc.if_else(pa.array(beyond), found, pa.scalar(None, found.type))
        rejects.add(key, beyond, to_text(refused, kind), lambda _: _BEYOND)
        columns[target] = pc.coalesce(after, found) if target == key and step.on_error == "keep" else after
        changed += changes(table, {target: columns[target]}, {target: kind}, ~beyond)
    frame = cells.with_values(table.frame, columns)
    return rejects.settle(Table(frame, step.schema_after(table.schema), table.origins), changed=changed)
