"""What one request may make a web process work on: recipes that name thousands of columns are answered soon."""

from __future__ import annotations

import time
from typing import Any

from solidata_api.domain.datasets import Column
from solidata_api.recipes import used
from solidata_api.recipes.parse import parse
from solidata_api.recipes.stacking import StackedSource
from tests.factories import make_dataset

#: Seconds of processor; what is bounded takes about one.
SOON = 5


def checked(caller: Any, steps: list[dict[str, Any]], columns: int) -> Any:
    body = {"steps": steps, "columns": [{"key": f"c{n}"} for n in range(columns)]}
    answer = caller.post("/recipes/check", json=body)
    assert answer.status_code == 200
    return answer.get_json()


def test_a_step_that_names_many_columns_of_a_dataset_is_judged_at_once(member: Any, run_jobs: Any) -> None:
    made = make_dataset(member, run_jobs, rows=[{f"c{n}": "1" for n in range(800)}])["id"]
    project = member.post("/projects", json={"title": "P"}).get_json()["id"]
    taken = {f"c{n}": f"x{n}" for n in range(800)}
    step = {"op": "lookup", "dataset_id": made, "on": {"code": "c0"}, "columns": taken}
    begun = time.process_time()
    assert member.put(f"/projects/{project}/recipe", json={"steps": [step]}).status_code == 200
    # 15 s where the dataset was looked up, and its columns were judged, for each column.
    assert time.process_time() - begun < SOON


def test_a_table_on_its_way_has_so_many_columns(member: Any) -> None:
    copies = [{"op": "copy", "columns": {f"c{n}": f"d{k}_{n}" for n in range(500)}} for k in range(10)]
    (problem,) = checked(member, copies, 500)["problems"]
    assert problem["where"] == "/steps/9/op" and "at most 5000" in problem["message"]


def test_an_answer_tells_so_many_columns_one_by_one(member: Any) -> None:
    told = checked(member, [{"op": "clean", "columns": ["c0"]}] * 150, 500)
    assert told["problems"] == []
    assert len(told["steps"][99]["columns"]) == 500 and "count" not in told["steps"][99]
    assert (told["steps"][100]["columns"], told["steps"][100]["count"]) == (None, 500)


def test_long_recipes_of_a_source_are_not_tried_without_each_column() -> None:
    columns = tuple(Column(f"c{n}", f"C{n}") for n in range(1000))
    steps = [{"op": "clean", "columns": ["c0"]}] * 150 + [{"op": "select", "columns": [one.key for one in columns]}]
    begun = time.process_time()
    assert len(used.named(StackedSource("d", "", columns, {}, parse(steps)), steps)) == 1000
    assert time.process_time() - begun < SOON
