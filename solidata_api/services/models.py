"""Models: ordered lists of fields, made by hand, from a Table Schema or from a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy, table_schema
from solidata_api.domain.actors import Actor
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.domain.models import BoundField, Field, Model, ModelField, bind
from solidata_api.services import datasets, documents, lineage, parting
from solidata_api.services.bodies import Body, Seen, check_revision
from solidata_api.services.documents import ListQuery
from solidata_api.services.fields import new_field
from solidata_api.store.mongo import Page

MAX_FIELDS = 1000


@dataclass(frozen=True)
class ShownModel:
    """A model with its fields in full: who reads a model reads them as part of it."""

    model: Model
    fields: tuple[BoundField, ...]


def get(backends: Backends, actor: Actor, model_id: str) -> ShownModel:
    """A model that the actor may read."""
    return shown(backends, documents.readable(backends, backends.models, actor, model_id))


def list_(backends: Backends, actor: Actor, query: ListQuery) -> tuple[Page[Model], tuple[ShownModel, ...]]:
    """One page of the models that the actor may read."""
    page = documents.list_(backends, backends.models, actor, query)
    return page, tuple(shown(backends, model) for model in page.items)


def create(backends: Backends, actor: Actor, body: Body) -> ShownModel:
    """A new model of fields that the actor may read; raises Invalid."""
    policy.require_confirmed(actor)
    model = Model(**_read(documents.founded(actor, body())))
    _check_who_sets_levels(actor, (), model.fields)
    _check(backends, actor, model, ())
    return shown(backends, backends.models.insert(model))


def update(backends: Backends, actor: Actor, model_id: str, body: Body, seen: Seen) -> ShownModel:
    """Change a model; projects that use it see the change at their next build."""

    def amend(model: Model, changes: dict[str, Any]) -> Model:
        changed = replace(model, **_read(changes))
        _check_who_sets_levels(actor, model.fields, changed.fields)
        _check(backends, actor, changed, model.fields)
        return changed

    before = backends.models.find(model_id)
    changed = documents.change(backends, backends.models, actor, model_id, body, seen, amend)
    if before is None or (before.fields, before.key) != (changed.fields, changed.key):
        lineage.tell_model_users(backends, [model_id])
    return shown(backends, changed)


def delete(backends: Backends, actor: Actor, model_id: str) -> None:
    """Delete a model that no project uses which the actor reads; raises Conflict."""
    model = documents.readable(backends, backends.models, actor, model_id, "delete")
    parting.from_model(backends, actor, model, "A project uses this model: give that one another first.")
    backends.models.delete(model_id)
    backends.invitations.end_all("withdrawn", document_id=model_id)


def to_table_schema(backends: Backends, actor: Actor, model_id: str) -> dict[str, Any]:
    """The model as a Frictionless Table Schema (https://specs.frictionlessdata.io/table-schema/)."""
    seen = get(backends, actor, model_id)
    return table_schema.write(seen.fields, seen.model.key)


def from_table_schema(backends: Backends, actor: Actor, model_id: str, body: Body, seen: Seen) -> ShownModel:
    """Give a model the fields of a Table Schema. A field defined alike is kept, others are made anew."""
    model = documents.readable(backends, backends.models, actor, model_id, "edit")
    check_revision(model, seen)
    wanted, key = table_schema.read(body())
    kept = {field.name: field for field in backends.fields.get_many(entry.field_id for entry in model.fields)}
    fields = [_kept_or_new(actor, kept.get(one["name"]), one, n) for n, one in enumerate(wanted)]
    changed = replace(model, fields=_entries(fields, model.fields), key=key, updated_at=now())
    _check_who_sets_levels(actor, model.fields, changed.fields)
    _check(backends, actor, changed, changed.fields, fields)
    _store_new(backends, fields, kept.values())
    stored = backends.models.replace(changed, model.rev)
    lineage.tell_model_users(backends, [model_id])
    return shown(backends, stored)


def propose(backends: Backends, actor: Actor, dataset_id: str) -> ShownModel:
    """A model, and a field for each column of a dataset that the actor reads; theirs to change or delete."""
    policy.require_confirmed(actor)
    seen = datasets.get(backends, actor, dataset_id)
    # A dataset has no column whose key is no field name: both have the same form.
    wanted = [table_schema.field_of_column(column) for column in seen.columns]
    fields = [new_field(actor, one, f"/fields/{n}") for n, one in enumerate(wanted)]
    model = Model(**documents.founded(actor, {"title": seen.dataset.title, "fields": _entries(fields)}))
    _store_new(backends, fields, ())
    return shown(backends, backends.models.insert(model))


def shown(backends: Backends, model: Model) -> ShownModel:
    """The model with its fields; nobody is judged here."""
    return ShownModel(model, bind(model, backends.fields.get_many(entry.field_id for entry in model.fields)))


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    """Stored values of a body's: `fields` as entries."""
    if "fields" not in values:
        return dict(values)
    entries = tuple(one if isinstance(one, ModelField) else ModelField(**one) for one in values["fields"])
    return {**values, "fields": entries}


def _entries(fields: Iterable[Field], before: Iterable[ModelField] = ()) -> tuple[ModelField, ...]:
    """Fields as a model's: a Table Schema says nothing of levels, so those stay."""
    levels = {entry.field_id: entry.open_level for entry in before}
    return tuple(
        ModelField(field.id, bool(field.constraints.get("required")), levels.get(field.id, "opendata"))
        for field in fields
    )


def _check_who_sets_levels(actor: Actor, before: Iterable[ModelField], after: Iterable[ModelField]) -> None:
    """Raise Forbidden where an API key chooses at which level a column starts, or takes out a field that chose one."""
    chosen = [
        {one.field_id: one.open_level for one in fields if one.open_level != "opendata"} for fields in (before, after)
    ]
    if chosen[0] != chosen[1]:
        policy.require_log_in(actor)


def _kept_or_new(actor: Actor, old: Field | None, wanted: dict[str, Any], n: int) -> Field:
    fresh = new_field(actor, wanted, f"/fields/{n}")
    alike = old is not None and all(getattr(old, name) == getattr(fresh, name) for name in wanted)
    return old if alike and old is not None else fresh


def _store_new(backends: Backends, fields: Iterable[Field], stored: Iterable[Field]) -> None:
    known = {field.id for field in stored}
    for field in fields:
        if field.id not in known:
            backends.fields.insert(field)


def _check(
    backends: Backends, actor: Actor, model: Model, accepted: tuple[ModelField, ...], unstored: Iterable[Field] = ()
) -> None:
    """Refuse unknown or hidden fields (the same words), repeated names and a key that names no field."""
    faults = []
    if len(model.fields) > MAX_FIELDS:
        faults.append(Fault("/fields", f"a model has at most {MAX_FIELDS} fields, this one {len(model.fields)}"))
    known = {field.id: field for field in unstored}
    trusted = {entry.field_id for entry in accepted}
    names: dict[str, int] = {}
    for n, entry in enumerate(model.fields[:MAX_FIELDS]):
        field = known.get(entry.field_id) or backends.fields.find(entry.field_id)
        if field is None or not (entry.field_id in trusted or policy.can(actor, "read", field)):
            faults.append(Fault(f"/fields/{n}/field_id", f"there is no field {entry.field_id!r} that you may read"))
        elif names.setdefault(field.name, n) != n:
            faults.append(
                Fault(f"/fields/{n}", f"the name {field.name!r} is already that of field {names[field.name]}")
            )
    faults += [Fault("/key", f"{name!r} is no field of this model") for name in model.key if name not in names]
    if not model.title:
        faults.append(Fault("/title", "it is empty"))
    if faults:
        raise Invalid("The model does not fit.", faults)
