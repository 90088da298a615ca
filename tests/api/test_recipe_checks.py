"""Recipes checked without a project: problems, columns and levels after each step, and what is not there for whom."""

from __future__ import annotations

from typing import Any

from tests.factories import make_dataset

COLUMNS = [{"key": "code"}, {"key": "n", "type": "string", "open_level": "private"}]


def checked(caller: Any, *steps: Any, **asked: Any) -> Any:
    asked = asked or {"columns": COLUMNS}
    answer = caller.post("/recipes/check", json={"steps": list(steps), **asked})
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def test_columns_types_and_levels_are_followed(member: Any) -> None:
    told = checked(
        member, {"op": "to_integer", "columns": ["n"]}, {"op": "formula", "column": "m", "expression": "n + 1"}
    )
    assert (told["problems"], told["warnings"]) == ([], [])
    assert [(one["n"], one["op"]) for one in told["steps"]] == [(0, "columns"), (1, "to_integer"), (2, "formula")]
    assert [(one["key"], one["type"], one["cap"]) for one in told["steps"][2]["columns"]] == [
        ("code", "string", "opendata"), ("n", "integer", "private"), ("m", "integer", "private"),
    ]  # fmt: skip


def test_what_does_not_read_and_what_does_not_fit_are_problems_alike(member: Any) -> None:
    assert checked(member, {"op": "nonsense"})["problems"][0]["where"] == "/steps/0/op"
    told = checked(member, {"op": "clean", "columns": ["code"]}, {"op": "clean", "columns": ["x"]})
    assert told["problems"][0]["where"] == "/steps/1/columns"
    assert told["steps"][2]["columns"] is None and told["steps"][2]["problems"][0]["parameter"] == "columns"


def test_a_column_that_chooses_and_is_stricter_than_the_rest_is_warned_of(member: Any) -> None:
    (warning,) = checked(member, {"op": "sort", "by": ["n"]})["warnings"]
    assert warning["where"] == "/steps/0" and "private" in warning["message"]


def test_a_body_names_columns_or_a_dataset_and_no_column_twice(member: Any) -> None:
    for more in ({}, {"columns": [], "dataset_id": "x"}, {"columns": [{"key": "a"}, {"key": "a"}]}):
        assert member.post("/recipes/check", json={"steps": [], **more}).status_code == 422


def test_of_datasets_only_what_one_reads_is_there(member: Any, as_actor: Any, run_jobs: Any) -> None:
    """A hidden column, a hidden dataset and one that is not there get the same answers."""
    other = as_actor("member")
    rows = [{"code": "01", "name": "Ain", "kept": "x"}]
    made = make_dataset(other, run_jobs, rows=rows, open_level="opendata")["id"]
    hidden = make_dataset(other, run_jobs, rows=rows)["id"]
    other.patch(f"/datasets/{made}", json={"columns": [{"key": "kept", "open_level": "private"}]})
    for caller, keys in ((other, ["code", "name", "kept"]), (member, ["code", "name"])):
        told = checked(caller, dataset_id=made)
        assert [column["key"] for column in told["steps"][0]["columns"]] == keys
    said = []
    for key in ("kept", "gone"):
        lookup = {"op": "lookup", "dataset_id": made, "on": {"code": "code"}, "columns": {key: "y"}}
        rule = {"check": "foreign_key", "column": "code", "dataset_id": made, "reference_column": key}
        told = [checked(member, step)["problems"] for step in (lookup, {"op": "validate", "rules": [rule]})]
        assert all(told)
        said.append(str(told).replace(key, "?"))
        assert member.post("/recipes/check", json={"steps": [{"op": "clean", "columns": [key]}], "dataset_id": made})
    assert said[0] == said[1]
    taken = {"op": "lookup", "dataset_id": made, "on": {"code": "code"}, "columns": {"name": "y"}}
    assert checked(member, taken)["problems"] == []
    answers = []
    for identifier in (hidden, "0" * 24):
        told = checked(member, {**taken, "dataset_id": identifier})["problems"]
        answer = member.post("/recipes/check", json={"steps": [], "dataset_id": identifier})
        assert told and answer.status_code == 422
        answers.append((str(told).replace(identifier, "?"), str(answer.get_json()["errors"]).replace(identifier, "?")))
    assert answers[0] == answers[1]
