"""`select`: which columns go on, in which order."""

from __future__ import annotations

import pytest

from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

LAW = Law(
    [{"op": "select", "columns": ["c", "a"], "action": action} for action in ("keep", "drop", "first", "last")],
    {"a": "string", "b": "integer", "c": "date"},
)
DATA = {"code": ["01001"], "name": ["L'Abergement-Clémenciat"], "note": ["x"]}


@pytest.mark.parametrize(
    ("action", "keys"),
    [
        ("keep", ["note", "code"]),
        ("drop", ["name"]),
        ("first", ["note", "code", "name"]),
        ("last", ["name", "note", "code"]),
    ],
)
def test_what_becomes_of_the_columns_named(action: str, keys: list[str]) -> None:
    result = applied({"op": "select", "columns": ["note", "code"], "action": action}, DATA)
    assert content(result) == {key: DATA[key] for key in keys}
    assert result.table.schema.keys == keys


def test_keeping_is_what_is_done_unsaid() -> None:
    assert list(content(applied({"op": "select", "columns": ["name"]}, DATA))) == ["name"]


def test_a_pattern_keeps_the_tables_order() -> None:
    assert list(content(applied({"op": "select", "columns": {"match": "n.*"}}, DATA))) == ["name", "note"]


def test_columns_keep_their_sources_and_rows_their_number() -> None:
    result = applied({"op": "select", "columns": ["name"], "action": "drop"}, DATA)
    assert result.table.schema["code"].sources == {("s", "code")}
    assert (result.report.rows_in, result.report.rows_out, result.report.cells_changed) == (1, 1, 0)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"columns": ["naem"]}, "unknown column 'naem'"),
        ({"columns": {"match": ".*"}, "action": "drop"}, "no column would be left"),
    ],
)
def test_what_does_not_fit(step: dict[str, object], said: str) -> None:
    with pytest.raises(Misfit, match=said):
        parse([{"op": "select", **step}])[0].schema_after(table(DATA).schema)
