"""Builds begin after the last step that is as it was, and what they keep goes with the versions that it is made of."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from solidata_api.services import housekeeping
from tests.api.test_rejects import imported

STEPS = [
    {"op": "clean", "columns": ["code"]},
    {"op": "sort", "by": ["code"]},
    {"op": "to_integer", "columns": ["price"]},
]


@pytest.fixture
def project(member: Any, run_jobs: Any) -> tuple[str, str]:
    """A project with a source and a recipe, not built yet; both ids."""
    source = imported(member, run_jobs, b"code;price\n3; 10\n1;ten\n2;20\n", types={"price": "string"})
    made = [member.post("/fields", json={"name": name, "type": kind}).get_json()["id"]
            for name, kind in (("code", "string"), ("price", "integer"))]  # fmt: skip
    model = member.post("/models", json={"title": "M", "fields": [{"field_id": one} for one in made]}).get_json()["id"]
    project = member.post("/projects", json={"title": "P"}).get_json()["id"]
    member.put(f"/projects/{project}/model", json={"model_id": model})
    member.put(f"/projects/{project}/sources/{source}", json={"mapping": {"code": "code", "price": "price"}})
    return project, source


def build(member: Any, run_jobs: Any, project: str, steps: list[dict[str, Any]]) -> dict[str, Any]:
    """Build with these steps: the dataset, and what it tells of its making."""
    assert member.put(f"/projects/{project}/recipe", json={"steps": steps}).status_code == 200
    member.post(f"/projects/{project}/builds")
    (job,) = run_jobs()
    assert job.state == "succeeded", job.error
    dataset = member.get(f"/datasets/{job.result['dataset_id']}").get_json()
    report = member.get(f"/datasets/{dataset['id']}/report").get_json()
    return {"id": dataset["id"], "sha256": dataset["sha256"], "steps": report["steps"], "totals": report["totals"]}


def kept(backends: Any) -> list[Path]:
    folder = backends.tables.kept_steps.folder
    return sorted(folder.iterdir()) if folder.is_dir() else []


def test_a_build_that_begins_behind_a_kept_step_is_the_same(
    member: Any, run_jobs: Any, backends: Any, project: tuple[str, str]
) -> None:
    build(member, run_jobs, project[0], STEPS)
    (result,) = kept(backends)
    used = (result / "about.json").stat().st_mtime_ns
    edited = [*STEPS[:2], {**STEPS[2], "on_error": "reject_row"}]
    again = build(member, run_jobs, project[0], edited)
    assert (result / "about.json").stat().st_mtime_ns > used
    shutil.rmtree(backends.tables.kept_steps.folder)
    assert build(member, run_jobs, project[0], edited) == again


def test_what_is_kept_goes_with_its_source(member: Any, run_jobs: Any, backends: Any, project: tuple[str, str]) -> None:
    build(member, run_jobs, project[0], STEPS)
    assert len(kept(backends)) == 1
    member.delete(f"/datasets/{project[1]}")
    member.delete(f"/datasets/{project[1]}?forever=true")
    assert kept(backends) == []


def test_what_another_machine_kept_of_a_deleted_version_is_swept(
    member: Any, run_jobs: Any, backends: Any, project: tuple[str, str], tmp_path: Path
) -> None:
    build(member, run_jobs, project[0], STEPS)
    folder = backends.tables.kept_steps.folder
    shutil.copytree(folder, tmp_path / "elsewhere")
    member.delete(f"/datasets/{project[1]}")
    member.delete(f"/datasets/{project[1]}?forever=true")
    shutil.copytree(tmp_path / "elsewhere", folder, dirs_exist_ok=True)
    assert housekeeping.sweep(backends)["kept_steps"] == 1
    assert kept(backends) == []


def test_under_corrections_nothing_is_kept(member: Any, run_jobs: Any, backends: Any, project: tuple[str, str]) -> None:
    build(member, run_jobs, project[0], STEPS)
    row = member.get(f"/datasets/{project[1]}/rows?code=1").get_json()["rows"][0]
    correction = {"row_id": row["_id"], "column": "price", "value": "11", "reason": "it is written out"}
    assert member.post(f"/datasets/{project[1]}/corrections", json=correction).status_code == 201
    shutil.rmtree(backends.tables.kept_steps.folder)
    told = build(member, run_jobs, project[0], STEPS)
    assert told["totals"]["price"] == 41
    assert kept(backends) == []
