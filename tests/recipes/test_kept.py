"""Kept step results: a run that takes them up tells and makes what one that begins anew does."""

from __future__ import annotations

import ast
import json
import sys
from dataclasses import replace
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidata_api.recipes import STEPS, kept
from solidata_api.recipes.base import Tools
from solidata_api.recipes.kept import Keeping, points
from solidata_api.recipes.parse import parse
from solidata_api.recipes.run import run
from solidata_api.tables.kept_steps import KeptSteps
from tests.recipes.tables import KEY, Built, fields, source

RECIPE: list[dict[str, Any]] = [
    {"op": "clean", "columns": ["name"]},
    {"op": "to_number", "columns": ["amount"], "locale": "fr"},
    {"op": "explode", "column": "tags", "separator": ";"},
    {"op": "validate", "rules": [{"column": "amount", "check": "minimum", "value": 2, "on_failure": "reject"}]},
    {"op": "dedupe", "keys": ["code", "tags"], "keep": {"name": "longest"}},
    {"op": "fold", "columns": ["name"]},
    {"op": "pseudonymise", "columns": ["tags"]},
    {"op": "filter", "where": {"code__differs": "9"}},
    {"op": "sort", "by": ["-amount", "name"]},
    {"op": "window", "by": ["code"], "metrics": {"place": "rank"}},
    {"op": "drop_empty"},
    {"op": "set", "column": "note", "value": "x"},
]
EDITED = {
    0: {"op": "clean", "columns": ["name"], "case": "upper"},
    4: {"op": "dedupe", "keys": ["code", "tags"]},
    7: {"op": "filter", "where": {"code__differs": "1"}},
    8: {"op": "sort", "by": ["name"]},
    11: {"op": "set", "column": "note", "value": "y"},
}
MODEL = fields("code", "name", "tags", "note", amount="number", place="integer")
ROWS = st.tuples(
    st.sampled_from(["1", "2", "9"]) | st.none(),
    st.sampled_from(["É a", "b", " B", "x y "]) | st.none(),
    st.sampled_from(["1,5", "12", "no", "3"]) | st.none(),
    st.sampled_from(["p;q", "p", "q;q;r"]) | st.none(),
)


def sources(rows: list[tuple[Any, ...]], chunk: int) -> list[Any]:
    names = ("code", "name", "amount", "tags")
    data = {name: [row[n] for row in rows] for n, name in enumerate(names)}
    return [source("p", data, chunk=chunk), source("q", {name: cells[::-1] for name, cells in data.items()})]


def made(inputs: list[Any], steps: list[dict[str, Any]], store: KeptSteps | None, messages: list[str]) -> Any:
    """All that a run makes and tells."""
    keeping = Keeping(store, (("p", 1), ("q", 1)), KEY) if store else None
    result = run(inputs, parse(steps), MODEL, Tools(), lambda done, total, message: messages.append(message), keeping)
    built = Built(result)
    rejects = [row for table in result.rejects() for row in table.to_pylist()]
    return json.loads(json.dumps([built.content, built.ids, built.origins, built.report, rejects], default=str))


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(ROWS, max_size=8), chunk=st.integers(0, 3), edited=st.sampled_from([None, *EDITED]))
def test_a_run_that_takes_up_results_is_as_one_that_begins_anew(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, ...]], chunk: int, edited: int | None
) -> None:
    store = KeptSteps(tmp_path_factory.mktemp("kept"), 10)
    inputs, changed = sources(rows, chunk), [*RECIPE]
    if edited is not None:
        changed[edited] = EDITED[edited]
    first, again = list[str](), list[str]()
    assert made(inputs, RECIPE, store, first) == made(inputs, RECIPE, None, [])
    assert made(inputs, changed, store, again) == made(inputs, changed, None, [])
    taken = [message for message in again if "earlier build" in message]
    assert (
        taken
        == {
            None: ["steps 1 to 10 are as in an earlier build"],
            0: [],
            4: [],
            7: ["steps 1 to 5 are as in an earlier build"],
            8: ["steps 1 to 5 are as in an earlier build"],
            11: ["steps 1 to 10 are as in an earlier build"],
        }[edited]
    )


def test_what_rows_or_steps_are_made_of_changes_their_address(tmp_path: Path) -> None:
    (first, second), steps = sources([("1", "a", "2", "p")], 0), parse(RECIPE)
    store = KeptSteps(tmp_path, 1)

    def keys(inputs: list[Any], of: Any = steps, tools: Tools | None = None, **others: Any) -> list[str]:
        keeping = Keeping(**{"store": store, "reads": (("p", "p1"),), "secret": KEY, **others})
        found = keeping.keys(inputs, of, tools or Tools())
        assert found is not None
        return found

    told = keys([first, second])
    assert len({*told, "none"}) == len(steps) + 1
    noted = [replace(steps[0], note="why"), *steps[1:]]
    assert keys([first, second], noted) == told
    for other in (
        keys([replace(first, version=2), second]),
        keys([second, first]),
        keys([replace(first, mapping={"name": "name"}), second]),
        keys([replace(first, steps=parse([RECIPE[0]])), second]),
        keys([first, second], [replace(steps[0], place=(1,)), *steps[1:]]),
        keys([first, second], tools=Tools(fields=MODEL)),
        keys([first, second], tools=Tools(source_titles=("P",))),
        keys([first, second], reads=(("p", "p2"),)),
        keys([first, second], secret=b"another"),
    ):
        assert not {*other} & {*told}


@pytest.mark.parametrize("step", [step for step in STEPS if step.op != "use"], ids=lambda step: step.op)
def test_every_step_has_an_address(step: Any, tmp_path: Path) -> None:
    keeping = Keeping(KeptSteps(tmp_path, 1), (), KEY)
    assert keeping.keys([], parse([step.example]), Tools()) is not None


def test_a_broken_result_is_made_again(tmp_path: Path) -> None:
    store, inputs = KeptSteps(tmp_path, 10), sources([("1", "a", "2", "p"), ("1", "b", "no", "q")], 0)
    made(inputs, RECIPE, store, [])
    for path in tmp_path.rglob("*.arrow"):
        path.write_bytes(path.read_bytes()[:100])
    messages: list[str] = []
    assert made(inputs, RECIPE, store, messages) == made(inputs, RECIPE, None, [])
    assert not [message for message in messages if "earlier build" in message]


def test_a_result_whose_rejects_are_gone_is_made_again(tmp_path: Path) -> None:
    store, inputs = KeptSteps(tmp_path, 10), sources([("1", "a", "2", "p"), ("1", "b", "no", "q")], 0)
    made(inputs, RECIPE, store, [])
    gone = list(tmp_path.rglob("refused-*.arrow"))
    for path in gone:
        path.unlink()
    assert gone and made(inputs, RECIPE, store, []) == made(inputs, RECIPE, None, [])


def test_every_library_of_the_engine_is_part_of_the_address() -> None:
    files = [path for name in kept.ENGINE for path in (Path(kept.__file__).parents[1] / name).rglob("*.py")]
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text()))]
    named = {one.name for node in nodes if isinstance(node, ast.Import) for one in node.names}
    named |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    foreign = {name.partition(".")[0] for name in named} - sys.stdlib_module_names - {"solidata_api"}
    libraries = {one.lower() for name in foreign for one in packages_distributions()[name]}
    assert libraries <= {*kept.LIBRARIES}


def test_a_run_that_is_left_keeps_nothing(tmp_path: Path) -> None:
    store = KeptSteps(tmp_path, 10)
    rows = [(str(n), "a", "2", "p") for n in range(5)]
    keeping = Keeping(store, (("p", 1), ("q", 1)), KEY)
    stretch = parse([RECIPE[0]] * 4)
    chunks = run(sources(rows, 1), stretch, MODEL, Tools(), keeping=keeping).chunks(KEY)
    next(chunks)
    chunks.close()
    assert list(tmp_path.iterdir()) == []


def test_results_are_kept_where_rows_come_together_and_after_long_stretches() -> None:
    steps: Any = [None] * 12
    gathers = [False, True, True, False, False, False, False, False, False, False, False, True]
    assert points(steps, gathers) == [1, 2, 6, 11]
