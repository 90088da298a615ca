"""Fields: reusable column definitions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.errors import Fault, Forbidden, Invalid
from solidata_api.domain.models import Field, constraint_faults, name_faults, type_faults
from solidata_api.services import documents, lineage, parting
from solidata_api.services.bodies import Body, Seen
from solidata_api.services.documents import ListQuery
from solidata_api.store.mongo import Page


def get(backends: Backends, actor: Actor, field_id: str) -> Field:
    """A field that the actor may read."""
    return documents.readable(backends, backends.fields, actor, field_id)


def list_(backends: Backends, actor: Actor, query: ListQuery) -> Page[Field]:
    return documents.list_(backends, backends.fields, actor, query)


def create(backends: Backends, actor: Actor, body: Body) -> Field:
    """A new field of the actor's; raises Invalid for a name, type, format or constraint that is none."""
    policy.require_confirmed(actor)
    asked = body()
    return backends.fields.insert(new_field(actor, asked))


def new_field(actor: Actor, asked: dict[str, Any], pointer: str = "") -> Field:
    """A field of these values, owned by the actor and checked; not stored yet."""
    title = asked.get("title") or asked["name"]
    field = Field(**documents.founded(actor, {**asked, "title": title}))
    _check(actor, field, pointer)
    return field


def update(backends: Backends, actor: Actor, field_id: str, body: Body, seen: Seen) -> Field:
    """Change a field; its name only while no model that the actor reads uses it: mappings are keyed by it."""

    def amend(field: Field, changes: dict[str, Any]) -> Field:
        changed = replace(field, **changes)
        _check(actor, changed, "")
        if changed.name != field.name:
            parting.from_field(backends, actor, field, f"A model uses the field {field.name!r}: its name can't change.")
        return changed

    before = backends.fields.find(field_id)
    changed = documents.change(backends, backends.fields, actor, field_id, body, seen, amend)
    if before is None or _built_with(before) != _built_with(changed):
        users = backends.models.all_by(**{"fields.field_id": field_id})
        lineage.tell_model_users(backends, [model.id for model in users])
    return changed


def _built_with(field: Field) -> tuple[Any, ...]:
    """What of a field a build depends on."""
    return field.name, field.title, field.type, field.format, field.constraints


def delete(backends: Backends, actor: Actor, field_id: str) -> None:
    """Delete a field that no model uses which the actor reads; raises Conflict."""
    field = documents.readable(backends, backends.fields, actor, field_id, "delete")
    parting.from_field(backends, actor, field, "A model uses this field: take it out there first.")
    backends.fields.delete(field_id)
    backends.invitations.end_all("withdrawn", document_id=field_id)


def _check(actor: Actor, field: Field, pointer: str) -> None:
    faults = name_faults(field.name, f"{pointer}/name") + type_faults(field.type, field.format, pointer)
    faults += constraint_faults(field.constraints, field.type, f"{pointer}/constraints")
    if not field.title:
        faults.append(Fault(f"{pointer}/title", "it is empty"))
    if faults:
        raise Invalid("The field does not fit.", faults)
    if field.standard and actor.role not in policy.CURATORS:
        raise Forbidden("Only staff may make a field standard.")
