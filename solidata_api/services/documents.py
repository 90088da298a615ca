"""What every noun's service does alike: load what the actor may read, list it, change it, delete it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, TypeVar

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.audit import rights_changed
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.documents import Document, Member, new_id, now
from solidata_api.domain.errors import Conflict, Fault, Invalid, NotFound
from solidata_api.domain.jobs import Subject
from solidata_api.domain.projects import Project
from solidata_api.services import audit, slugs
from solidata_api.services.bodies import Body, Seen, check_revision
from solidata_api.store.listing import SORTS, ListedStore
from solidata_api.store.mongo import Page, Selection

D = TypeVar("D", bound=Document)
#: How often a change is tried again when another writer was quicker and the caller named no revision.
TRIES = 5


@dataclass(frozen=True)
class ListQuery:
    """What a list asks: `mine`, a tag, equality on fields, words, order, page."""

    equals: Mapping[str, str]
    mine: bool = False
    tag: str | None = None
    q: str = ""
    sort: str = "-created_at"
    page: int = 1
    per_page: int = 20


def readable(backends: Backends, store: ListedStore[D], actor: Actor, identifier: str, action: str = "read") -> D:
    """The document of this id (a dataset also by its slug), which the actor may read and do the action to.

    Raises NotFound, Forbidden. What only an admin could do is recorded.
    """
    if action not in ("read", "read_all"):
        policy.require_confirmed(actor)
    document = found(store, identifier)
    if document is None:
        raise policy.hidden(identifier)
    policy.require(actor, action, document)
    audit.note_admin(backends, actor, action, store.name, document)
    return document


def named(
    backends: Backends,
    actor: Actor,
    identifier: str,
    wrong: str = "The dataset is unknown.",
    at: str = "/dataset_id",
) -> Dataset:
    """The dataset of an id or slug in a body, which the actor may read; raises Invalid, the same for hidden and
    unknown."""
    try:
        return readable(backends, backends.datasets, actor, identifier)
    except NotFound:
        fault = Fault(at, f"there is no dataset {identifier!r} that you may read")
        raise Invalid(wrong, [fault]) from None


def found(store: ListedStore[D], identifier: str) -> D | None:
    """The document of this id, or the dataset of this slug; nobody is judged here."""
    document = store.find(identifier)
    return document if document is not None or store.kind is not Dataset else store.find_by(slug=identifier)


def is_inside(actor: Actor, document: Document) -> bool:
    """Whether somebody works on a document, or is in its team: they see what it is made of."""
    return policy.can(actor, "edit", document) or (actor.is_confirmed and policy.grade(actor, document) is not None)


def list_(backends: Backends, store: ListedStore[D], actor: Actor, query: ListQuery) -> Page[D]:
    """One page of what the actor may read."""
    if query.sort.removeprefix("-") not in SORTS:
        raise Invalid(
            "The list can't be ordered so.",
            [Fault("sort", f"{query.sort!r}: it is one of {', '.join(SORTS)}, or -name")],
        )
    if query.mine:
        policy.require_confirmed(actor)
    equals = dict(query.equals)
    if query.tag is not None:
        equals["tags"] = query.tag
    if query.mine:
        equals["members"] = actor.user_id or ""
    selection = Selection(
        policy.visible_to(actor).tokens, tuple(equals.items()), query.q, query.sort, query.page, query.per_page
    )
    page = store.list_(selection)
    audit.note_admin_list(backends, actor, store.name, page.items)
    return page


def founded(actor: Actor, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a new document: what was asked, its id, times and its owner."""
    moment = now()
    team = (Member(actor.user_id or "", "owner"),)
    start = {
        "id": new_id(),
        "team": team,
        "created_by": actor.user_id or "",
        "created_at": moment,
        "updated_at": moment,
    }
    check_first_levels(actor, asked)
    return {**_tupled(asked), **start}


def check_first_levels(actor: Actor, asked: Mapping[str, Any]) -> None:
    """Refuse levels that do not fit, and any that an API key chooses for a new document (it sets no levels)."""
    levels = (asked.get("open_level", "collective"), asked.get("edit_level", "collective"))
    policy.check_levels(*levels)
    if levels != ("collective", "collective"):
        policy.require_log_in(actor)


def change(
    backends: Backends,
    store: ListedStore[D],
    actor: Actor,
    identifier: str,
    body: Body,
    seen: Seen,
    amend: Callable[[D, dict[str, Any]], D],
    action: str = "edit",
) -> D:
    """Apply a merge patch (RFC 7396): `amend` makes the changed document of the old one and the values.

    Levels need a manager, all else the action. Raises NotFound, Forbidden, PreconditionFailed, Invalid, Conflict.
    """
    for _ in range(TRIES):
        document = readable(backends, store, actor, identifier, action)
        check_revision(document, seen)
        changes = with_defaults(type(document), body())
        if {"open_level", "edit_level"} & changes.keys():
            policy.require(actor, "share", document)
        changed = replace(amend(document, changes), updated_at=now())
        policy.check_levels(changed.open_level, changed.edit_level)
        try:
            return save(backends, store, actor, document, changed)
        except Conflict:
            if seen is not None:
                check_revision(store.get(document.id), seen)
    raise Conflict("Others change this document all the time: try again.")


def save(backends: Backends, store: ListedStore[D], actor: Actor, old: D, new: D) -> D:
    """Store a changed document over the one it was made of; raises Conflict when that has moved on.

    A change of rights goes into the audit log, and is marked as one that dependants still have to follow. A dataset
    that it opens gets its readable slug.
    """
    if isinstance(new, Dataset):
        new = replace(new, slug=slugs.slug_of(backends, new))
    rights = rights_changed(old, new)
    if not rights:
        return store.replace(new, old.rev)
    if isinstance(new, Dataset | Project):
        new = replace(new, to_follow=True)
    with audit.recorded(backends, actor, "rights.change", Subject(store.name, new.id), rights):
        return store.replace(new, old.rev)


def with_defaults(kind: type[Any], changes: Mapping[str, Any], pointer: str = "") -> dict[str, Any]:
    """A merge patch's values, null meaning the field's default; raises Invalid where there is none to go back to."""
    defaults = {entry.name: _default(entry) for entry in fields(kind)}
    needed = {entry.name for entry in fields(kind) if entry.default is MISSING and entry.default_factory is MISSING}
    faults = [
        Fault(f"{pointer}/{name}", "it can't be taken away: null means its default, and it has none")
        for name, value in changes.items()
        if value is None and name in needed
    ]
    if faults:
        raise Invalid("The change does not fit.", faults)
    return _tupled({name: defaults.get(name) if value is None else value for name, value in changes.items()})


def check_licence(backends: Backends, licence: str | None) -> None:
    """Raise Invalid for a licence that is not in the list."""
    if licence is not None and backends.licences.find(licence) is None:
        raise Invalid(
            "The licence is unknown.", [Fault("/licence", f"{licence!r} is no licence id; GET /licences lists them")]
        )


def _tupled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _default(entry: Any) -> Any:
    if entry.default is not MISSING:
        return entry.default
    return entry.default_factory() if entry.default_factory is not MISSING else None
