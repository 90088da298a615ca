"""`blank_values`: values that mean that nothing is known."""

from __future__ import annotations

from tests.recipes.laws import Law
from tests.recipes.tables import applied, content

# What counts as empty is what the user says: no reject.
LAW = Law(
    [{"op": "blank_values", "columns": ["a", "b"], "values": ["", "NC", "x"]}],
    {"a": "string", "b": "integer"},
    texts=["NC", "x"],
    idempotent=True,
    blanks=True,
)


def blanked(values: list[str] | None, data: list[object], kind: str = "string") -> list[object]:
    step = {"op": "blank_values", "columns": ["a"], **({"values": values} if values is not None else {})}
    return content(applied(step, {"a": data}, {"a": kind}))["a"]


def test_values_are_compared_exactly() -> None:
    assert blanked(["n/a", "-"], ["n/a", "N/A", "-", " - ", "x", None]) == [None, "N/A", None, " - ", "x", None]


def test_unsaid_it_blanks_cells_of_white_space() -> None:
    assert blanked(None, ["  ", "\u00a0", "x"]) == [None, None, "x"]


def test_other_types_are_compared_in_canonical_text_and_keep_their_type() -> None:
    assert blanked(["0"], [0, 10, None], "integer") == [None, 10, None]
    assert blanked(["12"], [12.0, 12.5], "number") == [None, 12.5]


def test_changed_cells_are_counted() -> None:
    result = applied(
        {"op": "blank_values", "columns": {"match": "[ab]"}, "values": ["-"]}, {"a": ["-", "x"], "b": ["-", None]}
    )
    assert result.report.cells_changed == 2
