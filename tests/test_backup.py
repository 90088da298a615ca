"""A backup as docs/deploy.md makes it, put back elsewhere: nothing is missing, and a build makes the same again.

The dump is a copy of every collection, taken before the files under DATA_URL; DATA_DIR's caches are in no backup.
"""

from __future__ import annotations

import io
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from solidata_api.backends import Backends
from solidata_api.domain.documents import now
from solidata_api.domain.jobs import Job
from solidata_api.services import audit, instance
from solidata_api.wiring import open_backends
from tests.conftest import queued, run_job
from tests.factories import csv_bytes

ROWS = [
    {"code": "1", "city": "Saint-Étienne", "price": "10"},
    {"code": "2", "city": "Saint-Étienne", "price": "ten"},
    {"code": "3", "city": "SAINT ETIENNE", "price": "30"},
    {"code": "4", "city": "Lyon", "price": "40"},
    {"code": "5", "city": "Lyon", "price": "50"},
    {"code": "6", "city": "LYON", "price": "60"},
]
STEPS = [
    {"op": "clean", "columns": ["city"]},
    {"op": "cluster_values", "column": "city", "undecided": "leave"},
    {"op": "sort", "by": ["-code"]},
    {"op": "to_integer", "columns": ["price"]},
]


class Instance:
    """An instance behind the app, and what somebody made on it."""

    def __init__(self, app: Any, backends: Backends, caller: Any) -> None:
        self.app, self.backends, self.caller = app, backends, caller
        self.paths: list[str] = []

    def run(self) -> list[Job]:
        return [run_job(self.backends, job.id) for job in queued(self.backends)]

    def ask(self, method: str, path: str, **options: Any) -> Any:
        answer = self.caller.call(method, path, **options)
        assert answer.status_code < 300, (path, answer.get_json())
        return answer.get_json()

    def load(self, path: str, rows: list[dict[str, Any]], **form: Any) -> str:
        form["file"] = (io.BytesIO(csv_bytes(rows)), "t.csv")
        self.ask("POST", path, data=form, content_type="multipart/form-data")
        (job,) = self.run()
        assert job.state == "succeeded", job.error
        return str(job.result["dataset_id"])

    def build(self) -> dict[str, Any]:
        """The table after a build, as it is shown."""
        self.ask("POST", f"{self.project}/builds")
        (job,) = self.run()
        assert job.state == "succeeded", job.error
        return dict(self.ask("GET", f"/datasets/{job.result['dataset_id']}"))

    def begin(self) -> None:
        """A project with everything that lasts: versions, corrections, decisions, rejects, recipes."""
        self.source = self.load("/datasets", ROWS, options='{"types": {"price": "string"}}')
        fields = [
            {"field_id": self.ask("POST", "/fields", json={"name": name, "type": kind})["id"]}
            for name, kind in (("code", "string"), ("city", "string"), ("price", "integer"))
        ]
        model = self.ask("POST", "/models", json={"title": "M", "fields": fields, "key": ["code"]})["id"]
        self.project = f"/projects/{self.ask('POST', '/projects', json={'title': 'P'})['id']}"
        self.ask("PUT", f"{self.project}/model", json={"model_id": model})
        mapping = {name: name for name in ROWS[0]}
        self.ask("PUT", f"{self.project}/sources/{self.source}", json={"mapping": mapping})
        recipe = self.ask("POST", "/recipes", json={"title": "R", "steps": STEPS[:1]})["id"]
        self.recipe = f"/recipes/{recipe}"
        self.ask("PATCH", self.recipe, json={"steps": STEPS})
        self.ask("PUT", f"{self.project}/recipe", json={"recipe_id": recipe})
        self.table = f"/datasets/{self.build()['id']}"
        decision = {"step": 2, "values": ["Saint-Étienne", "SAINT ETIENNE"], "into": "Saint-Étienne"}
        self.ask("POST", f"{self.project}/reviews/decisions", json={"decisions": [decision]})
        row = self.ask("GET", f"/datasets/{self.source}/rows")["rows"][3]["_id"]
        body = {"row_id": row, "column": "city", "value": "Villeurbanne", "reason": "seen"}
        self.ask("POST", f"/datasets/{self.source}/corrections", json=body)
        self.row = self.ask("GET", f"{self.table}/rows")["rows"][0]["_id"]

    def shown(self) -> dict[str, Any]:
        """Everything that a backup must hold, as the API shows it."""
        source = f"/datasets/{self.source}"
        paths = [
            self.project, f"{self.project}/builds", f"{self.project}/check", f"{self.project}/reviews",
            f"{self.project}/recipe/versions", self.recipe, f"{self.recipe}/versions/1", source,
            f"{source}/corrections", self.table, f"{self.table}/rows", f"{self.table}/report",
            f"{self.table}/versions", f"{self.table}/lineage", f"{self.table}/profile",
            f"{self.table}/rows/{self.row}/why", "/jobs",
        ]  # fmt: skip
        texts = [f"{self.table}/rejects.csv", f"{source}/original", f"{self.table}/export.csv"]
        found = {path: self.caller.get(path) for path in [*paths, *texts]}
        assert {path: one.status_code for path, one in found.items() if one.status_code != 200} == {}
        return {path: one.get_json() if path in paths else one.get_data() for path, one in found.items()}


@pytest.fixture
def first(app: Any, backends: Any, member: Any) -> Instance:
    made = Instance(app, backends, member)
    made.begin()
    return made


def dump(backends: Backends) -> dict[str, list[dict[str, Any]]]:
    names = backends.database.list_collection_names()
    return {name: list(backends.database[name].find()) for name in names if not name.startswith("system.")}


def fill(backends: Backends, dumped: dict[str, list[dict[str, Any]]]) -> None:
    for name in backends.database.list_collection_names():
        if not name.startswith("system."):
            backends.database[name].delete_many({})
    for name, documents in dumped.items():
        if documents:
            backends.database[name].insert_many(documents)


@pytest.fixture
def elsewhere(first: Instance, tmp_path: Path) -> Iterator[Callable[[], Instance]]:
    """Puts a backup of the first instance back on an empty one, which then answers behind the app."""
    opened: list[Backends] = []

    def restored() -> Instance:
        dumped = dump(first.backends)
        folder = tmp_path / "elsewhere"
        settings = replace(
            first.backends.settings, data_dir=folder, mongo_database=f"{first.backends.settings.mongo_database}_again"
        )
        shutil.copytree(first.backends.settings.data_dir / "tables", folder / "tables")

        def wake(job: Job) -> None:
            if job.lane != "long" and job.is_due(now()):
                run_job(opened[0], job.id)

        opened.append(open_backends(settings, wake))
        fill(opened[0], dumped)
        instance.prepare(opened[0])
        first.app.extensions["solidata"] = opened[0]
        return Instance(first.app, opened[0], first.caller)

    yield restored
    for one in opened:
        one.database.client.drop_database(one.settings.mongo_database)
        one.database.client.close()
        one.tables.close()


def test_what_is_restored_is_all_that_was_there_and_builds_the_same(
    first: Instance, elsewhere: Callable[[], Instance]
) -> None:
    before = first.shown()
    assert before[f"{first.project}/reviews"]["total"] == 1 and b"ten" in before[f"{first.table}/rejects.csv"]
    again = elsewhere()
    vars(again).update({name: one for name, one in vars(first).items() if name not in ("app", "backends", "caller")})
    assert again.shown() == before
    assert audit.verify(again.backends).fault is None
    assert not (again.backends.settings.data_dir / "cache" / "steps").exists()
    built = again.build()
    first.app.extensions["solidata"] = first.backends
    there = first.build()
    assert (built["sha256"], built["version"]) == (there["sha256"], 2) and there["sha256"] != before[first.table][
        "sha256"
    ]


def test_after_an_older_dump_is_put_back_nothing_kept_of_later_versions_is_used(first: Instance) -> None:
    """Step results lie on each machine, and in no backup: version 2 of a source is another one after a restore."""
    (correction,) = first.ask("GET", f"/datasets/{first.source}/corrections")["items"]
    first.ask("DELETE", f"/datasets/{first.source}/corrections/{correction['id']}")
    dumped = dump(first.backends)
    first.load(f"/datasets/{first.source}/reload", [{**one, "city": "Brest"} for one in ROWS])
    assert first.build()["version"] == 2
    fill(first.backends, dumped)
    first.load(f"/datasets/{first.source}/reload", [{**one, "city": secrets.token_hex(4)} for one in ROWS])
    first.build()
    cities = {row["city"] for row in first.ask("GET", f"{first.table}/rows")["rows"]}
    assert "Brest" not in cities and len(cities) == len(ROWS)
