"""`aggregate`: one row for each group, with figures."""

from __future__ import annotations

import json
import statistics
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.errors import RecipeMisfit, StepFailed
from solidata_api.recipes.base import Misfit
from solidata_api.recipes.check import check
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, built, content, fields, source, table

LAW = Law(
    [
        {
            "op": "aggregate", "group_by": group_by, "on_error": on_error,
            "metrics": {
                "rows": "count", "texts": "count:a", "total": "sum:n", "sum_x": "sum:x", "mean_n": "mean:n",
                "mean_x": "mean:x", "median_n": "median:n", "median_x": "median:x", "least": "min:d", "most": "max:a",
                "different": "distinct:a", "one": "first:d", "all_a": "list:a", "all_x": "list:x",
            },
        }
        for group_by in ([], ["k"], ["k", "d"])
        for on_error in ("reject_cell", "reject_row", "fail")
    ],
    {"a": "string", "k": "string", "n": "integer", "x": "number", "d": "date"},
    texts=["p", "q"],
)  # fmt: skip

COMMUNES: dict[str, list[Any]] = {
    "region": ["Bretagne", "Corse", "Bretagne", None, "Bretagne"],
    "name": ["Rennes", "Ajaccio", "brest", "Saint-Pierre", "Élliant"],
    "population": [222485, 71361, 139456, None, 3297],
    "since": [date(2001, 3, 18), None, date(1989, 1, 1), date(2020, 6, 28), date(2001, 3, 18)],
}
TYPES = {"population": "integer", "since": "date"}

METRICS = {
    "rows": "count", "total": "sum:population", "mean": "mean:population", "median": "median:population",
    "oldest": "min:since", "different": "distinct:name", "any_name": "first:name", "names": "list:name",
}  # fmt: skip


def figures(metric: str, **more: Any) -> list[Any]:
    step = {"op": "aggregate", "group_by": ["region"], "metrics": {"found": metric}, **more}
    return content(applied(step, COMMUNES, TYPES))["found"]


def total(values: list[Any], kind: str = "number", metric: str = "sum") -> Any:
    step = {"op": "aggregate", "metrics": {"found": f"{metric}:a"}}
    return content(applied(step, {"a": values}, {"a": kind}))["found"][0]


def test_groups_stand_at_the_place_of_their_first_row_and_other_columns_go() -> None:
    step = {"op": "aggregate", "group_by": ["region"], "metrics": {"communes": "count"}}
    assert content(applied(step, COMMUNES, TYPES)) == {
        "region": ["Bretagne", "Corse", None],
        "communes": [3, 1, 1],
    }


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("count:since", [3, 0, 1]),
        ("sum:population", [365238, 71361, None]),
        ("mean:population", [121746.0, 71361.0, None]),
        ("median:population", [139456.0, 71361.0, None]),
        ("min:population", [3297, 71361, None]),
        ("max:since", [date(2001, 3, 18), None, date(2020, 6, 28)]),
        ("min:name", ["brest", "Ajaccio", "Saint-Pierre"]),
        ("max:name", ["Rennes", "Ajaccio", "Saint-Pierre"]),
        ("distinct:since", [2, 0, 1]),
        ("first:since", [date(2001, 3, 18), None, date(2020, 6, 28)]),
        ("list:since", ['["2001-03-18","1989-01-01","2001-03-18"]', None, '["2020-06-28"]']),
        ("list:population", ["[222485,139456,3297]", "[71361]", None]),
    ],
)
def test_figures(metric: str, expected: list[Any]) -> None:
    assert figures(metric) == expected


def test_without_groups_the_whole_table_is_one() -> None:
    assert figures("sum:population", group_by=[]) == [436599]
    assert content(applied({"op": "aggregate", "metrics": {"n": "count"}}, {"a": []}))["n"] == []


def test_several_columns_make_a_group_and_are_not_run_together() -> None:
    data = {"a": ["ab", "a", "ab"], "b": ["c", "bc", "c"]}
    step = {"op": "aggregate", "group_by": ["a", "b"], "metrics": {"n": "count"}}
    assert content(applied(step, data))["n"] == [2, 1]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.1, 0.2], 0.3),
        ([0.1] * 10, 1.0),
        ([1234.56, -1234.55], 0.01),
        ([1e16, 1.0, -1e16], 1.0),
        ([1e308, 1e-300, -1e308], 1e-300),
        ([19.99, 5e-324, None], 19.99),
        ([None, None], None),
    ],
)
def test_decimals_are_added_as_they_are_written(values: list[float | None], expected: float | None) -> None:
    assert total(values) == expected


def test_means_and_medians_are_rounded_once() -> None:
    assert total([0.1, 0.2, 0.3], metric="mean") == 0.2
    assert total([0.1, 0.2], metric="median") == 0.15
    assert total([2**63 - 1, 2**63 - 1, 2**63 - 1], "integer", "mean") == float(2**63)
    assert total([1e308, 1e308, 1e308], metric="mean") == 1e308


def test_integers_are_added_exactly() -> None:
    assert total([2**62, 2**62 - 1], "integer") == 2**63 - 1
    assert total([2**63 - 1, 1, -2], "integer") == 2**63 - 2
    assert total([2**53, 1], "integer") == 2**53 + 1


@pytest.mark.parametrize(
    ("values", "kind", "text"),
    [([2**63 - 1, 1], "integer", "9223372036854775808"), ([1.5e308, 1.5e308], "number", "3" + "0" * 308)],
)
def test_a_sum_that_does_not_fit_is_a_reject_that_tells_it(values: list[Any], kind: str, text: str) -> None:
    data = {"k": ["x", "y", "x"], "a": [values[0], 1, values[1]]}
    step = {"op": "aggregate", "group_by": ["k"], "metrics": {"found": "sum:a"}}
    result = applied(step, data, {"a": kind})
    assert content(result)["found"] == [None, 1]
    (reject,) = result.report.rejects
    assert (reject["row"], reject["column"], reject["value"]) == (1, "found", text)
    assert reject["reason"] == "it does not fit: the sum is too large"
    dropped = applied({**step, "on_error": "reject_row"}, data, {"a": kind})
    assert (content(dropped)["k"], dropped.report.merged, dropped.report.rejected) == (["y"], 0, 2)
    with pytest.raises(StepFailed, match="too large"):
        applied({**step, "on_error": "fail"}, data, {"a": kind})


def test_columns_have_the_types_of_their_figures() -> None:
    step = parse([{"op": "aggregate", "group_by": ["region"], "metrics": METRICS}])[0]
    after = step.schema_after(table(COMMUNES, TYPES).schema)
    kinds = {column.key: column.type for column in after}
    assert kinds == {
        "region": "string", "rows": "integer", "total": "integer", "mean": "number", "median": "number",
        "oldest": "date", "different": "integer", "any_name": "string", "names": "array",
    }  # fmt: skip


def test_figures_have_the_sources_of_their_column_and_a_count_of_rows_has_none() -> None:
    step = parse([{"op": "aggregate", "group_by": ["region"], "metrics": {**METRICS, "dated": "count:since"}}])[0]
    schema = table(COMMUNES, TYPES).schema
    sources = {column.key: {key for _, key in column.sources} for column in step.schema_after(schema)}
    assert sources == {
        "region": {"region"}, "rows": set(), "total": {"population"}, "mean": {"population"}, "median": {"population"},
        "oldest": {"since"}, "different": {"name"}, "any_name": {"name"}, "names": {"name"}, "dated": {"since"},
    }  # fmt: skip
    assert list(step.choosing(schema)) == ["region"]
    assert list(step.refusing(schema, ())) == ["population"]


def test_check_names_the_groups_as_what_decides_which_rows_there_are() -> None:
    steps = parse([{"op": "aggregate", "group_by": ["region"], "metrics": {"communes": "count"}}])
    found = check(steps, [source("p", {"region": ["Corse"], "name": ["Ajaccio"]})], fields(communes="integer"))
    assert [(one.where, one.key, one.sources) for one in found.choices] == [
        ("/recipe/steps/0", "region", frozenset({("p", "region")}))
    ]
    assert found.schema["communes"].sources == frozenset()


@pytest.mark.parametrize(
    "metrics", [{}, {"a": "total:b"}, {"a": "sum"}, {"a": "count:"}, {"a": 5}, {"Été": "count"}, {"a": "sum:"}]
)
def test_metrics_that_do_not_read_are_refused(metrics: dict[str, Any]) -> None:
    with pytest.raises(RecipeMisfit):
        parse([{"op": "aggregate", "metrics": metrics}])


def test_a_sum_can_not_be_kept() -> None:
    with pytest.raises(RecipeMisfit):
        parse([{"op": "aggregate", "metrics": {"n": "count"}, "on_error": "keep"}])


@pytest.mark.parametrize(
    ("metrics", "pointer", "message"),
    [
        ({"n": "sum:name"}, "metrics/n", "column 'name' is string: sum takes integer, number"),
        ({"n": "mean:since"}, "metrics/n", "column 'since' is date"),
        ({"n": "sum:x"}, "metrics/n", "unknown column 'x'"),
        ({"region": "count"}, "metrics", "there is a column 'region' already"),
    ],
)
def test_columns_that_do_not_fit_are_named(metrics: dict[str, str], pointer: str, message: str) -> None:
    step = parse([{"op": "aggregate", "group_by": ["region"], "metrics": metrics}])[0]
    with pytest.raises(Misfit, match=message) as raised:
        step.schema_after(table(COMMUNES, TYPES).schema)
    assert raised.value.faults[0].pointer == pointer


def test_ids_are_of_all_origins_and_each_once() -> None:
    steps = [
        {"op": "explode", "column": "themes", "separator": ";"},
        {"op": "unpivot", "columns": ["a", "b"], "name_into": "year", "value_into": "amount"},
        {"op": "aggregate", "group_by": ["themes", "year"], "metrics": {"amount": "sum:amount", "n": "count"}},
    ]
    data: dict[str, list[Any]] = {"themes": ["x;y", "y", None], "a": [1, 2, 3], "b": [10, 20, 30]}
    types = {"a": "integer", "b": "integer"}
    model = fields("themes", "year", amount="integer", n="integer")
    found = [built([source("p", data, types=types, chunk=chunk)], steps, model) for chunk in (0, 1, 2)]
    assert found[0].content == {
        "themes": ["x", "x", "y", "y", None, None], "year": ["a", "b"] * 3, "amount": [1, 10, 3, 30, 3, 30],
        "n": [1, 1, 2, 2, 1, 1],
    }  # fmt: skip
    told = [(one["row"], one["origin"]) for one in found[0].origins]
    assert told == [(0, "p1"), (1, "p1"), (2, "p1"), (2, "p2"), (3, "p1"), (3, "p2"), (4, "p3"), (5, "p3")]
    assert len(set(found[0].ids)) == 6
    for one in found[1:]:
        assert (one.content, one.ids, one.origins, one.report) == (
            found[0].content, found[0].ids, found[0].origins, found[0].report,
        )  # fmt: skip
    for step in found[0].report["steps"]:
        assert (
            step["rows_in"] + step["added"] == step["rows_out"] + step["rejected"] + step["merged"] + step["filtered"]
        )


DECIMALS = st.decimals(-(10**9), 10**9, places=3).map(float) | st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(st.tuples(st.sampled_from("kl"), st.none() | NUMBERS, st.none() | DECIMALS), min_size=1, max_size=12))
def test_as_exact_arithmetic_group_by_group_would(rows: list[tuple[str, int | None, float | None]]) -> None:
    groups: dict[str, list[tuple[int | None, float | None]]] = {}
    for group, n, x in rows:
        groups.setdefault(group, []).append((n, x))
    data: dict[str, list[Any]] = {key: [row[n] for row in rows] for n, key in enumerate("knx")}
    metrics = {f"{function}_{key}": f"{function}:{key}" for function in ("sum", "mean", "median") for key in "nx"}
    step = {"op": "aggregate", "group_by": ["k"], "metrics": metrics}
    found = content(applied(step, data, {"n": "integer", "x": "number"}))
    for place, group in enumerate(groups.values()):
        for n, key in enumerate("nx"):
            known = [Fraction(repr(one[n])) for one in group if one[n] is not None]
            if not known:
                assert [found[f"{one}_{key}"][place] for one in ("sum", "mean", "median")] == [None] * 3
                continue
            assert found[f"sum_{key}"][place] == _rounded(sum(known), key)
            assert found[f"mean_{key}"][place] == float(sum(known) / len(known))
            assert found[f"median_{key}"][place] == float(statistics.median(known))


def _rounded(exact: Fraction | int, key: str) -> Any:
    if key == "n":
        return int(exact) if -(2**63) <= exact < 2**63 else None
    try:
        return float(exact)
    except OverflowError:
        return None


@given(st.lists(st.text(max_size=4)))
def test_lists_are_json_whatever_the_texts(texts: list[str]) -> None:
    known = [text for text in texts if text]
    step = {"op": "aggregate", "metrics": {"found": "list:a"}}
    (found,) = content(applied(step, {"a": [text or None for text in [*texts, "x"]]}))["found"]
    assert json.loads(found) == [*known, "x"]
