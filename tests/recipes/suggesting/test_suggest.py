"""Whatever the table: the suggestions are a recipe that reads, fits, and does what each one's evidence says."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from solidata_api.recipes.base import Table, Tools
from solidata_api.recipes.check import check
from solidata_api.recipes.parse import parse
from solidata_api.recipes.rows import cells
from solidata_api.recipes.suggesting import Reading, suggest
from solidata_api.recipes.suggesting.reading import stacked
from tests.recipes.tables import Cells, built, field, fields, source

#: What cells are drawn from, by column: what makes each detector propose something, and what should not.
POOLS = {
    "name": ["Paris", "PARIS ", "Saint-Étienne", "saint etienne", "PrÃ©fecture", "<b>x</b>", "n/a", "Parys"],
    "cp": ["1000", "75001", "01000", "2A004", "x"],
    "montant": ["1 234,56", "12", "(3)", "1 500 €", "12 %", "n/a", "1,234"],
    "maj": ["01/02/2024", "31/12/2023", "2024-03-04", "20240101", "-", "31/02/2024"],
    "vu": ["01/02/2024 10:00", "2024-03-04T10:00:00Z", "2024-03-04"],
    "actif": ["oui", "Non", "x", "0"],
    "siret": ["73282932000074", "732 829 320 00074", "73282932000075"],
    "tel": ["01 23 45 67 89", "+33123456789", "15"],
    "pays": ["France", "FR", "Allemagne", "Atlantis"],
    "themes": ["eau;air", "eau", "air;eau;sol", "sol"],
    "ll": ["48.85,2.35", "45.1, 4.2", "1,2"],
    "id": ["a1", "a2", "A3", "a4", "a5", "a6", "a7"],
}
COUNTS = {
    "cells_changed": lambda report: report.cells_changed,
    "cells_changed_or_refused": lambda report: report.cells_changed + report.rejects_count,
    "cells_refused": lambda report: report.rejects_count,
    "groups_proposed": lambda report: report.reviews_count,
    "rows_merged": lambda report: report.merged,
    "rows_added": lambda report: report.added,
}


@st.composite
def tables(draw: Any) -> Cells:
    keys = draw(st.lists(st.sampled_from(sorted(POOLS)), min_size=1, max_size=4, unique=True))
    rows = draw(st.integers(1, 12))
    return {key: draw(st.lists(st.none() | st.sampled_from(POOLS[key]), min_size=rows, max_size=rows)) for key in keys}


def filled(table: Table, keys: list[str]) -> int:
    return sum(int((~cells.is_blank(cells.values(table.frame, key))).sum()) for key in keys)


@settings(max_examples=60)
@given(tables())
def test_the_list_is_a_recipe_and_each_step_does_what_its_evidence_says(data: Cells) -> None:
    read = [source("a", data)]
    found = suggest(Reading(read, read))["suggestions"]
    assert found == suggest(Reading(read, read))["suggestions"]
    steps = parse([one["step"] for one in found])
    assert check(steps, read, ()).problems == ()
    table = stacked(read, (), {})
    for step, one in zip(steps, found, strict=True):
        told, before = one["evidence"], table
        assert told["count"] > 0 and not told["sampled"] and told["rows"] == len(before.frame) and one["why"]
        result = step.apply(before, Tools())
        table = result.table
        assert told["refused"] == result.report.rejects_count
        if told["counted"] == "cells_read":
            keys = one["step"]["columns"]
            assert told["count"] == filled(before, keys) - result.report.rejects_count
            assert {table.schema[key].type for key in keys} <= {"integer", "number", "boolean", "date", "datetime"}
        else:
            assert told["count"] == COUNTS[told["counted"]](result.report)


def test_a_project_that_takes_all_of_them_builds_and_its_report_says_the_same() -> None:
    one = {"name": ["Paris ", "Lyon", "Lyon"], "n": ["1 000", "12", "x"], "maj": ["31/12/2023", "2024-01-01", "n/a"]}
    other = {"name": ["PARIS", "Nice", "Brest"], "n": ["5", "6", "-7"], "maj": ["01/02/2024"] * 3}
    read = [source("a", one), source("b", other)]
    model = [*fields("name"), field("n", "integer", minimum=0), field("maj", "date")]
    found = suggest(Reading(read, read), model, ["name"])["suggestions"]
    assert [each["step"]["op"] for each in found] == [
        "clean", "blank_values", "to_date", "to_integer", "cluster_values", "dedupe", "validate",
    ]  # fmt: skip
    run = built(read, [each["step"] for each in found], model, ["name"])
    for each in found:
        line, told = run.step(each["step"]["op"]), each["evidence"]
        assert line["rejects"]["count"] == told["refused"]
        assert told["counted"] not in ("cells_changed", "rows_merged") or told["count"] in (
            line["cells_changed"],
            line["merged"],
        )
