"""Reports are cut so that nothing hidden is left in them, whatever they hold."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain import reports

SECRET = "planted"
IMPORT = {
    "encoding": "utf-8",
    "delimiter": ";",
    "quote": '"',
    "header_row": 3,
    "sheet": None,
    "records_path": None,
    "columns": {"name": {"type": "string", "confidence": 1.0}, SECRET: {"type": "integer", "confidence": 0.9}},
    "misfits": {
        "count": 1,
        "cells": [{"row": 7, "column": SECRET, "text": SECRET, "reason": f"{SECRET} is no number"}],
    },
    "repairs": {"count": 2, "items": [{"row": 9, "what": f"{SECRET} was cut"}]},
    "rejected_rows": 0,
    "duration_s": 0.5,
}
BUILD = {
    "steps": [
        {
            "n": 1,
            "op": "to_integer",
            "rows_in": 5,
            "added": 0,
            "rows_out": 5,
            "rejected": 0,
            "merged": 0,
            "filtered": 0,
            "cells_changed": 4,
            "rejects": {"count": 1, "items": [{"row": 2, "column": SECRET, "value": SECRET, "reason": SECRET}]},
        }
    ],
    "sources": [{"dataset_id": "open", "version": 2, "rows": 3}, {"dataset_id": SECRET, "version": 7, "rows": 2}],
    "totals": {"rows": 5, "population": 12, SECRET: 99},
    "new_columns": ["population", SECRET],
    "warnings": [f"column {SECRET} is dropped"],
    "duration_s": 0.5,
}
VISIBLE = {"name", "population"}


def cut(report: dict[str, Any], *, cells: bool) -> dict[str, Any]:
    return reports.cut(report, VISIBLE, {"open"}, cells=cells)


def test_an_import_report_tells_nothing_of_a_hidden_column() -> None:
    assert SECRET not in json.dumps(cut(IMPORT, cells=False))


def test_a_build_report_tells_nothing_of_a_hidden_column_or_source() -> None:
    assert SECRET not in json.dumps(cut(BUILD, cells=False))


def test_a_cut_report_keeps_what_is_for_every_reader() -> None:
    shown = cut(IMPORT, cells=False)
    assert {**shown, "columns": None, "misfits": None, "repairs": None} == {
        **IMPORT,
        "columns": None,
        "misfits": None,
        "repairs": None,
    }
    assert shown["columns"] == {"name": {"type": "string", "confidence": 1.0}}


def test_a_cut_report_counts_the_misfits_of_visible_columns() -> None:
    visible = [{"row": row, "column": "name", "text": "x", "reason": "y"} for row in (1, 2)]
    report = {"misfits": {"count": 3, "cells": [*visible, *IMPORT["misfits"]["cells"]]}}
    assert cut(report, cells=False)["misfits"] == {"count": 2, "cells": []}
    assert cut(IMPORT, cells=False)["misfits"] == {"count": 0, "cells": []}


def test_a_cut_report_does_not_count_what_is_not_told_by_column() -> None:
    more = {"misfits": {**IMPORT["misfits"], "count": 2}}
    assert cut(more, cells=False)["misfits"] == {"count": None, "cells": []}
    assert cut(IMPORT, cells=False)["repairs"] == {"count": None, "items": []}
    assert cut(BUILD, cells=False)["steps"][0]["rejects"] == {"count": None, "items": []}


def test_a_cut_balance_sheet_still_balances() -> None:
    (step,) = cut(BUILD, cells=False)["steps"]
    cells = ("cells_changed", "rejects")
    assert {name: value for name, value in step.items() if name not in cells} == {
        name: value for name, value in BUILD["steps"][0].items() if name not in cells
    }


def test_a_cut_balance_sheet_tells_no_number_of_cells() -> None:
    told = {**BUILD["steps"][0], "warnings": [{"message": "rule 1, minimum: cells fail", "count": 37}], "later": 37}
    (step,) = reports.cut_steps([told], (), cells=False)
    assert step["cells_changed"] is None and "37" not in json.dumps(step)


def test_who_reads_every_column_sees_the_cells() -> None:
    shown = reports.cut(IMPORT, {"name", SECRET}, set(), cells=True)
    assert shown == IMPORT


def test_a_hidden_source_is_told_without_its_name_even_to_who_reads_every_column() -> None:
    shown = reports.cut(BUILD, {*VISIBLE, SECRET}, {"open"}, cells=True)
    assert shown["sources"] == [{"dataset_id": "open", "version": 2, "rows": 3}, {"rows": 2}]


def test_totals_are_those_of_visible_columns_and_of_the_rows() -> None:
    assert cut(BUILD, cells=False)["totals"] == {"rows": 5, "population": 12}


@given(
    st.dictionaries(
        st.sampled_from([*IMPORT, *BUILD, "samples", "profile", "note"]).filter(
            lambda name: (
                name not in ("columns", "misfits", "repairs", "steps", "sources", "totals", "new_columns")
                and name not in reports._HARMLESS
            )
        ),
        st.sampled_from([SECRET, [SECRET], {"cells": SECRET}]),
    )
)
def test_what_a_report_is_not_known_to_hold_goes_with_the_cells(report: dict[str, Any]) -> None:
    assert SECRET not in json.dumps(cut(report, cells=False))


@given(st.sampled_from([[SECRET], [{"value": SECRET}], SECRET, {"items": [SECRET]}, {"cells": [SECRET]}, None]))
def test_rejects_of_any_shape_are_cut(rejects: Any) -> None:
    (step,) = reports.cut_steps([{"n": 1, "op": "clean", "rejects": rejects}], (), cells=False)
    assert SECRET not in json.dumps(step)


@given(st.sampled_from([{"count": 1, "items": [{"column": SECRET, "values": [SECRET]}]}, [SECRET], SECRET]))
def test_reviews_quote_cells_and_go_with_them(reviews: Any) -> None:
    told = {"n": 1, "op": "match", "rows_in": 2, "reviews": reviews}
    (step,) = reports.cut_steps([told], (), cells=False)
    assert SECRET not in json.dumps(step) and "reviews" not in step
    assert reports.cut_steps([told], (), cells=True) == [told]


def test_steps_are_told_in_full_to_who_reads_every_column() -> None:
    assert reports.cut_steps(BUILD["steps"], (), cells=True) == BUILD["steps"]


def test_what_a_column_quotes_of_its_cells_is_for_those_who_read_all() -> None:
    entry = {"type": "integer", "confidence": 0.9, "empty": {"nd": 2}, "nearly": {"misfits": [{"row": 2, "text": "x"}]}}
    report = {"columns": {"n": entry}}
    assert reports.cut(report, {"n"}, set(), cells=True) == report
    assert reports.cut(report, {"n"}, set(), cells=False) == {"columns": {"n": {"type": "integer", "confidence": 0.9}}}
