"""A small world for tests of rights: documents of each kind, and one of each actor that SECURITY names."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.documents import GRADES, Member
from solidata_api.services import invitations
from tests.conftest import Caller
from tests.factories import make_dataset, make_user

ROWS = [{"code": "01001", "name": "Aÿ", "population": 589}, {"code": "01002", "name": "Bé", "population": 1180}]
STEPS = [{"op": "clean", "columns": ["name"]}, {"op": "sort", "by": ["code"]}]
#: The 14 of SECURITY. The keys are the owner's; `ex_member` was an editor; `disabled` is an owner whose account is.
ACTORS = (
    "anonymous", "guest", "member", "viewer", "contributor", "editor", "manager", "owner", "ex_member", "staff",
    "admin", "read_key", "write_key", "disabled",
)  # fmt: skip
#: A time that no test sees the end of, and that no limit refuses.
LATER = "2027-03-01T00:00:00Z"


@dataclass
class World:
    """Ids of the documents and of what belongs to them, and the callers by actor."""

    backends: Backends
    callers: dict[str, Caller]
    ids: dict[str, str]
    source_id: str
    row_count: int = 2
    kept: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def dataset_id(self) -> str:
        """The consolidated dataset."""
        return self.ids["dataset_id"]

    @property
    def job_id(self) -> str:
        return self.ids["job_id"]

    def user_id(self, actor: str) -> str:
        """The account of an actor who has one."""
        user = self.callers[actor].user
        assert user is not None
        return user.id

    def path(self, rule: str, **others: str) -> str:
        """A route's path with this world's ids."""
        for name, value in {**self.ids, **others}.items():
            rule = rule.replace(f"<string:{name}>", value)
        return rule

    def keep(self) -> None:
        """Remember everything as it is now, rows and uploads too."""
        shutil.copytree(self._tables, self._aside, copy_function=_link)
        self.kept = {name: list(self.backends.database[name].find()) for name in self._collections()}

    def put_back(self) -> None:
        """Make everything as it was when it was kept, but for the audit log, which only grows."""
        for name in self._collections() | self.kept.keys():
            collection, kept = self.backends.database[name], self.kept.get(name, [])
            present = {document["_id"]: document for document in collection.find()}
            for document in kept:
                if present.pop(document["_id"], None) != document:
                    collection.replace_one({"_id": document["_id"]}, document, upsert=True)
            for identifier in present:
                collection.delete_one({"_id": identifier})
        for path in self._aside.rglob("*"):
            there = self._tables / path.relative_to(self._aside)
            if path.is_file() and not there.exists():
                there.parent.mkdir(parents=True, exist_ok=True)
                _link(path, there)

    def changed(self) -> set[str]:
        """The collections that hold other documents than they were kept with, but for when keys were used."""
        return {
            name
            for name in self._collections() | self.kept.keys()
            if self._held(name) != _by_id(self.kept.get(name, []))
        }

    def _held(self, name: str) -> dict[str, Any]:
        return _by_id(self.backends.database[name].find())

    def _collections(self) -> set[str]:
        # Counts of rates end by their own time, be it in the middle of a test.
        names = self.backends.database.list_collection_names()
        return {name for name in names if not name.startswith(("audit", "rate_blocks", "system."))}

    @property
    def _tables(self) -> Path:
        return self.backends.settings.data_dir / "tables"

    @property
    def _aside(self) -> Path:
        return self.backends.settings.data_dir / "tables-kept"


def _by_id(documents: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {document["_id"]: document | {"last_used_at": None} for document in documents}


def _link(source: Any, target: Any) -> None:
    Path(target).hardlink_to(source)


def make_world(backends: Backends, as_user: Callable[[Any], Caller], run_jobs: Callable[[], Any]) -> World:
    """Everything at its defaults (collective), owned by `owner`, with one member of each grade."""
    people = {grade: make_user(backends) for grade in GRADES}
    people |= {role: make_user(backends, role=role) for role in ("guest", "member", "staff", "admin")}
    people |= {"ex_member": make_user(backends), "disabled": make_user(backends)}
    callers = {name: as_user(user) for name, user in people.items()} | {"anonymous": as_user(None)}
    owner = callers["owner"]
    callers |= {f"{scope}_key": _with_key(owner, scope) for scope in ("read", "write")}
    source = make_dataset(owner, run_jobs, rows=ROWS)
    model = owner.post(f"/models/from-dataset/{source['id']}").get_json()
    project = owner.post("/projects", json={"title": "World"}).get_json()
    owner.put(f"/projects/{project['id']}/model", json={"model_id": model["id"]})
    mapping = {name: name for name in ROWS[0]}
    owner.put(f"/projects/{project['id']}/sources/{source['id']}", json={"mapping": mapping})
    owner.put(f"/projects/{project['id']}/recipe", json={"steps": STEPS})
    job = owner.post(f"/projects/{project['id']}/builds").get_json()
    (ended,) = [one for one in run_jobs() if one.id == job["id"]]
    assert ended.state == "succeeded", ended.error
    recipe = owner.post("/recipes", json={"title": "World", "steps": STEPS}).get_json()
    ids = {
        "field_id": model["fields"][0]["field_id"],
        "model_id": model["id"],
        "project_id": project["id"],
        "recipe_id": recipe["id"],
        "dataset_id": ended.result["dataset_id"],
        "job_id": job["id"],
        "n": "1",
        "licence_id": "etalab-2.0",
        "tag_id": "territoires",
        "kind": "not-found",
    }
    world = World(backends, callers, ids, source["id"])
    _fill_teams(backends, world, people)
    backends.users.replace(replace(people["disabled"], disabled=True), people["disabled"].rev)
    row = owner.get(f"/datasets/{world.dataset_id}/rows").get_json()["rows"][0]
    ids |= {"row_id": row["_id"], "user_id": world.user_id("member")}
    return world


def add_secrets(world: World) -> None:
    """Give a world a share link and invitations: their tokens and ids."""
    owner = world.callers["owner"]
    link = owner.post(f"/datasets/{world.dataset_id}/links", json={"title": "L", "expires_at": LATER}).get_json()
    world.ids |= {"link_id": link["id"], "link_token": link["url"].rsplit("/", 1)[1]}
    kinds = {"datasets": "source", "fields": "field", "models": "model", "recipes": "recipe", "projects": "project"}
    for kind, name in kinds.items():
        document_id = world.source_id if kind == "datasets" else world.ids[f"{name}_id"]
        address = world.callers["member"].user.email  # type: ignore[union-attr]
        asked = owner.post(f"/{kind}/{document_id}/invitations", json={"email": address, "grade": "viewer"})
        world.ids[f"{name}_invitation_id"] = asked.get_json()["id"]
    token = invitations.new_token(world.backends, world.ids["project_invitation_id"])
    assert token is not None
    world.ids["invitation_token"] = token


def _with_key(owner: Caller, scope: str) -> Caller:
    made = owner.post("/users/me/keys", json={"title": scope, "scopes": [scope]})
    assert made.status_code == 201, made.get_json()
    return Caller(owner.client.application, owner.user, made.get_json()["key"])


def _fill_teams(backends: Backends, world: World, people: dict[str, Any]) -> None:
    """One member of each grade everywhere, a disabled owner, and somebody who was an editor until just now."""
    team = (*(Member(people[grade].id, grade) for grade in GRADES), Member(people["disabled"].id, "owner"))
    for store, identifier in documents_of(backends, world):
        document = store.get(identifier)
        with_ex = store.replace(replace(document, team=(*team, Member(people["ex_member"].id, "editor"))), document.rev)
        store.replace(replace(with_ex, team=team), with_ex.rev)


def documents_of(backends: Backends, world: World) -> list[tuple[Any, str]]:
    """Each document of a world with its store."""
    model = backends.models.get(world.ids["model_id"])
    return [
        *((backends.fields, entry.field_id) for entry in model.fields),
        (backends.models, model.id),
        (backends.projects, world.ids["project_id"]),
        (backends.recipes, world.ids["recipe_id"]),
        (backends.datasets, world.source_id),
        (backends.datasets, world.dataset_id),
    ]


def open_all(backends: Backends, world: World, level: str) -> None:
    """Set the level of every document of a world."""
    for store, identifier in documents_of(backends, world):
        document = store.get(identifier)
        edit_level = "private" if level == "private" else document.edit_level
        store.replace(replace(document, open_level=level, edit_level=edit_level), document.rev)
