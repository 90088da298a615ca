"""Archives through the door: `options.entry` names one file of several, `*` makes a dataset of each."""

from __future__ import annotations

from typing import Any

from tests.api.test_retry import upload
from tests.formats.test_archives import CSV, zipped

TWO = zipped({"north.csv": CSV, "south.json": b'[{"a": 1}, {"a": 2}]'})


def ended(caller: Any, run_jobs: Any, **options: Any) -> dict[str, Any]:
    asked = upload(caller, TWO, title="Both", options=options)
    run_jobs()
    return caller.get(f"/jobs/{asked['id']}").get_json()


def test_one_entry_is_imported(member: Any, run_jobs: Any) -> None:
    result = ended(member, run_jobs, entry="south.json")["result"]
    rows = member.get(f"/datasets/{result['dataset_id']}/rows").get_json()["rows"]
    assert [row["a"] for row in rows] == [1, 2]
    assert member.get(f"/datasets/{result['dataset_id']}/report").get_json()["entry"] == "south.json"
    assert member.get(f"/datasets/{result['dataset_id']}/original").get_data() == TWO


def test_without_choice_the_job_fails_and_names_them(member: Any, run_jobs: Any) -> None:
    error = ended(member, run_jobs)["error"]
    assert error["type"] == "/problems/wrong-option" and "'north.csv', 'south.json'" in error["detail"]


def test_every_entry_becomes_a_dataset(member: Any, run_jobs: Any) -> None:
    result = ended(member, run_jobs, entry="*")["result"]
    assert [one["sheet"] for one in result["datasets"]] == ["north.csv", "south.json"]
    titles = [member.get(f"/datasets/{one['dataset_id']}").get_json()["title"] for one in result["datasets"]]
    assert titles == ["Both – north.csv", "Both – south.json"]
