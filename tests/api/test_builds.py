"""Builds one after another: what the report tells of the build before."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.factories import csv_bytes, make_dataset

ROWS = [{"code": "1", "name": "a"}, {"code": "2", "name": "b"}, {"code": "3", "name": ""}]
LATER = [{"code": "1", "name": "a"}, {"code": "2", "name": "B"}, {"code": "4", "name": "d"}, {"code": "5", "name": "d"}]


class Chain:
    """A source with a key and a project built of it; one owner."""

    def __init__(self, as_actor: Any, run_jobs: Any) -> None:
        self.owner, self.run_jobs = as_actor("member"), run_jobs
        self.source = make_dataset(self.owner, run_jobs, rows=ROWS)["id"]
        made = self.owner.post(f"/models/from-dataset/{self.source}").get_json()
        self.model = made["id"]
        assert self.owner.patch(f"/models/{self.model}", json={"key": ["code"]}).status_code == 200
        self.project = self.project_of(self.source)

    def project_of(self, source: str) -> str:
        path = f"/projects/{self.owner.post('/projects', json={'title': 'P'}).get_json()['id']}"
        self.owner.put(f"{path}/model", json={"model_id": self.model})
        put = self.owner.put(f"{path}/sources/{source}", json={"mapping": {"code": "code", "name": "name"}})
        assert put.status_code == 200, put.get_json()
        return path

    def build(self, project: str = "") -> Any:
        assert self.owner.post(f"{project or self.project}/builds").status_code == 202
        job = self.run_jobs()[-1]
        assert job.state == "succeeded", job.error
        return job

    def reload(self, rows: list[dict[str, Any]]) -> None:
        form = {"file": (io.BytesIO(csv_bytes(rows)), "table.csv")}
        path = f"/datasets/{self.source}/reload"
        assert self.owner.post(path, data=form, content_type="multipart/form-data").status_code == 202

    def builds(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.owner.get(f"{self.project}/builds").get_json()["items"]
        return found


@pytest.fixture
def chain(as_actor: Any, run_jobs: Any) -> Chain:
    return Chain(as_actor, run_jobs)


def test_a_build_tells_how_it_differs_from_the_one_before(chain: Chain) -> None:
    chain.build()
    chain.reload(LATER)
    chain.run_jobs()
    chain.build()
    second, first = chain.builds()
    assert "difference" not in first["report"]
    assert second["report"]["difference"] == {
        "from": 1,
        "columns": {"added": [], "removed": [], "retyped": []},
        "rows": {"added": 2, "removed": 1, "changed": 1, "unchanged": 1},
        "quality": {
            "code": {"completeness": 0.0, "validity": 0.0, "uniqueness": 0.0},
            "name": {"completeness": 0.333333, "validity": 0.0, "uniqueness": -0.25},
        },
    }


def test_the_same_again_differs_in_nothing_and_a_hidden_column_is_in_no_difference(chain: Chain, as_actor: Any) -> None:
    chain.build()
    job = chain.build()
    dataset = f"/datasets/{job.result['dataset_id']}"
    told = chain.owner.get(f"{dataset}/report").get_json()["difference"]
    assert told["rows"] == {"added": 0, "removed": 0, "changed": 0, "unchanged": 3}
    body = {"open_level": "opendata", "columns": [{"key": "name", "open_level": "private"}]}
    assert chain.owner.patch(f"/datasets/{chain.source}", json={"open_level": "opendata"}).status_code == 200
    put = {"mapping": {"code": "code", "name": "name"}, "up_to": "opendata"}
    chain.owner.put(f"{chain.project}/sources/{chain.source}", json=put)
    assert chain.owner.patch(dataset, json=body).status_code == 200, chain.owner.patch(dataset, json=body).get_json()
    cut = as_actor("member").get(f"{dataset}/report").get_json()["difference"]
    assert (list(cut["quality"]), cut["rows"]) == (["code"], None)
