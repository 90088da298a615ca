"""All rejects of a run, in the order of its steps, as many as are kept."""

from __future__ import annotations

from typing import Any

from solidata_api.recipes.base import Reject, StepReport, Tools
from solidata_api.recipes.ledger import Line
from solidata_api.recipes.parse import parse
from solidata_api.recipes.rows.refused import Refused
from solidata_api.recipes.run import run
from tests.recipes.tables import KEY, fields, named, source

STEPS = [
    {"op": "rename", "columns": {"n": "amount"}},
    {"op": "to_integer", "columns": ["amount"]},
    {"op": "validate", "rules": [{"column": "name", "check": "required"}]},
]


def rejects(chunk: int) -> list[dict[str, Any]]:
    cells = {"n": ["1", "two", "3", "four"], "name": ["a", None, "c", None], "late": ["x", "1", "2", "y"]}
    mapping = {"n": "n", "name": "name", "late": "year"}
    made = run([source("p", cells, mapping, chunk=chunk)], parse(STEPS), fields("name", year="integer"), Tools())
    for _ in made.chunks(KEY):
        pass
    assert made.report["rejects"] == {"count": 6, "kept": 6}
    return [row for table in made.rejects() for row in table.to_pylist()]


def test_all_are_told_by_step_and_row_however_the_rows_came() -> None:
    found = rejects(0)
    assert [(one["step"], one["op"], one["row"], one["column"], one["text"]) for one in found] == [
        ("2", "to_integer", 2, "amount", "two"),
        ("2", "to_integer", 4, "amount", "four"),
        ("3", "validate", 2, "name", None),
        ("3", "validate", 4, "name", None),
        ("4", "model", 1, "year", "x"),
        ("4", "model", 4, "year", "y"),
    ]
    assert rejects(1) == rejects(3) == found


def test_each_names_its_source_row_and_the_column_there() -> None:
    told = [(one["source"], named(one["row_id"]), one["source_column"]) for one in rejects(0)]
    assert (told[0], told[-1]) == (("p", "p2", "n"), ("p", "p4", "late"))


def report(*rejects: Reject) -> StepReport:
    return StepReport(1, 1, rejects_count=len(rejects), every_reject=lambda: rejects)


def reject(line: int, sources: frozenset[tuple[str, str]] = frozenset()) -> Reject:
    return Reject(0, line, f"r{line}", "a", "text", "reason", sources)


def test_so_many_are_kept_the_first_ones_of_the_first_steps_and_all_are_counted() -> None:
    held, early, late = Refused(["p"], most=5), Line(1, "early", source="p"), Line(1, "late")
    held.add(late, report(*map(reject, range(4))))
    held.add(early, report(*map(reject, range(3))))
    held.add(late, report(*map(reject, range(4, 13))))
    assert (held.count, held.kept) == (16, 5)
    told = [row for table in held.tables([early, Line(2, "none"), late]) for row in table.to_pylist()]
    assert [(one["recipe"], one["op"], one["row"]) for one in told] == [
        *(("source", "early", n) for n in range(3)), ("project", "late", 0), ("project", "late", 1),
    ]  # fmt: skip


def test_a_column_made_of_several_is_none_of_them() -> None:
    held, line = Refused(["p", "q"]), Line(1, "op")
    sources = ({("p", "b"), ("q", "c")}, {("p", "b"), ("p", "c")}, set())
    held.add(line, report(*(reject(n, frozenset(one)) for n, one in enumerate(sources))))
    (table,) = held.tables([line])
    assert table["source_column"].to_pylist() == ["b", None, None]
