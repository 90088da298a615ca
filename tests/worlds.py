"""A small world for tests of rights: documents of each kind, and a person of each grade and role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.documents import GRADES, Member
from tests.factories import make_dataset, make_user

ROWS = [{"code": "01001", "name": "Aÿ", "population": 589}, {"code": "01002", "name": "Bé", "population": 1180}]
STEPS = [{"op": "clean", "columns": ["name"]}, {"op": "sort", "by": ["code"]}]


@dataclass
class World:
    """Ids of the documents, and the callers by actor: anonymous, guest, stranger, each grade, staff, admin."""

    callers: dict[str, Any]
    field_id: str
    model_id: str
    project_id: str
    source_id: str
    dataset_id: str
    job_id: str
    row_id: str
    row_count: int = 2

    def path(self, rule: str) -> str:
        """A route's path with this world's ids."""
        names = {
            "field_id": self.field_id,
            "model_id": self.model_id,
            "project_id": self.project_id,
            "dataset_id": self.dataset_id,
        }
        names |= {
            "job_id": self.job_id,
            "row_id": self.row_id,
            "n": "1",
            "licence_id": "etalab-2.0",
            "tag_id": "territoires",
            "kind": "not-found",
        }
        for name, value in names.items():
            rule = rule.replace(f"<string:{name}>", value)
        return rule


def make_world(backends: Backends, as_user: Callable[[Any], Any], run_jobs: Callable[[], Any]) -> World:
    """Everything at its defaults (collective), owned by `owner`, with one member of each grade."""
    people = {grade: make_user(backends) for grade in GRADES}
    people |= {"guest": make_user(backends, role="guest"), "stranger": make_user(backends)}
    people |= {"staff": make_user(backends, role="staff"), "admin": make_user(backends, role="admin")}
    callers = {name: as_user(user) for name, user in people.items()} | {"anonymous": as_user(None)}
    owner = callers["owner"]
    source = make_dataset(owner, run_jobs, rows=ROWS)
    model = owner.post(f"/models/from-dataset/{source['id']}").get_json()
    project = owner.post("/projects", json={"title": "World"}).get_json()
    owner.put(f"/projects/{project['id']}/model", json={"model_id": model["id"]})
    mapping = {name: name for name in ROWS[0]}
    owner.put(f"/projects/{project['id']}/sources/{source['id']}", json={"mapping": mapping})
    owner.put(f"/projects/{project['id']}/recipe", json={"steps": STEPS})
    job = owner.post(f"/projects/{project['id']}/builds").get_json()
    (ended,) = run_jobs()
    assert ended.state == "succeeded", ended.error
    dataset_id = ended.result["dataset_id"]
    row = owner.get(f"/datasets/{dataset_id}/rows").get_json()["rows"][0]
    world = World(
        callers,
        model["fields"][0]["field_id"],
        model["id"],
        project["id"],
        source["id"],
        dataset_id,
        job["id"],
        row["_id"],
    )
    team = tuple(Member(people[grade].id, grade) for grade in GRADES)
    for store, identifier in documents_of(backends, world):
        document = store.get(identifier)
        store.replace(replace(document, team=team), document.rev)
    return world


def documents_of(backends: Backends, world: World) -> list[tuple[Any, str]]:
    """Each document of a world with its store."""
    model = backends.models.get(world.model_id)
    return [
        *((backends.fields, entry.field_id) for entry in model.fields),
        (backends.models, world.model_id),
        (backends.projects, world.project_id),
        (backends.datasets, world.source_id),
        (backends.datasets, world.dataset_id),
    ]


def open_all(backends: Backends, world: World, level: str) -> None:
    """Set the level of every document of a world."""
    for store, identifier in documents_of(backends, world):
        document = store.get(identifier)
        edit_level = "private" if level == "private" else document.edit_level
        store.replace(replace(document, open_level=level, edit_level=edit_level), document.rev)
