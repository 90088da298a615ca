"""Examples of the Swagger UI name nothing that anonymous may not read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.factories import make_dataset

HIDDEN = "kept_back"
ROWS = [{"code": "01", HIDDEN: "x"}]


@pytest.fixture
def project(member: Any, run_jobs: Any) -> Any:
    """An open project with a private source first, and an open one with a private column second."""
    sources = [make_dataset(member, run_jobs, rows=ROWS, title=title)["id"] for title in ("first", "second")]
    model = member.post(f"/models/from-dataset/{sources[0]}").get_json()["id"]
    made = member.post("/projects", json={"title": "P", "open_level": "opendata"}).get_json()["id"]
    member.put(f"/projects/{made}/model", json={"model_id": model})
    for source in sources:
        body = {"mapping": {"code": "code", HIDDEN: HIDDEN}}
        assert member.put(f"/projects/{made}/sources/{source}", json=body).status_code == 200
    return sources


def test_a_private_source_of_an_open_project_is_no_example(project: Any, anonymous: Any) -> None:
    text = json.dumps(anonymous.get("/swagger.json").get_json())
    assert not any(source in text for source in project) and HIDDEN not in text


def test_the_example_is_the_first_source_that_everybody_reads_without_its_hidden_columns(
    project: Any, member: Any, anonymous: Any
) -> None:
    body = {"open_level": "opendata", "columns": [{"key": HIDDEN, "open_level": "private"}]}
    assert member.patch(f"/datasets/{project[1]}", json=body).status_code == 200
    spec = anonymous.get("/swagger.json").get_json()
    assert spec["definitions"]["Source"]["example"] == {"mapping": {"code": "code"}}
    text = json.dumps(spec)
    assert project[1] in text and project[0] not in text and HIDDEN not in text
