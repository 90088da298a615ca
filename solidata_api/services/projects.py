"""Projects: what is consolidated, from which sources, on which model, by which recipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Dataset
from solidata_api.domain.documents import new_id, now
from solidata_api.domain.errors import Fault, Forbidden, Invalid
from solidata_api.domain.models import Model, bind
from solidata_api.domain.projects import Loan, Project, ProjectSource, Recipe, mark_stale
from solidata_api.recipes.parse import parse
from solidata_api.recipes.references import references
from solidata_api.services import datasets, documents, lineage
from solidata_api.services.bodies import Body, Seen
from solidata_api.services.documents import ListQuery
from solidata_api.store.mongo import Page

MAX_SOURCES = 100
KEEP, DELETE = "keep", "delete"


@dataclass(frozen=True)
class SeenSource:
    """A source entry as one reader sees it. Hidden from who neither reads the dataset nor edits the project: its id."""

    entry: ProjectSource
    dataset_id: str | None
    title: str | None
    mapping: dict[str, str]
    lent: tuple[str, ...]


@dataclass(frozen=True)
class SeenProject:
    """A project as one reader sees it: ids of other documents only where these may be read, or for its team."""

    project: Project
    sources: tuple[SeenSource, ...]
    model_id: str | None
    dataset_id: str | None


def get(backends: Backends, actor: Actor, project_id: str) -> Project:
    """A project that the actor may read."""
    return documents.readable(backends, backends.projects, actor, project_id)


def list_(backends: Backends, actor: Actor, query: ListQuery) -> Page[Project]:
    """One page of the projects that the actor may read."""
    return documents.list_(backends, backends.projects, actor, query)


def create(backends: Backends, actor: Actor, body: Body) -> Project:
    """A new, empty project of the actor's."""
    policy.require_confirmed(actor)
    asked = body()
    documents.check_licence(backends, asked.get("licence"))
    return backends.projects.insert(Project(**documents.founded(actor, asked), target_id=new_id()))


def update(backends: Backends, actor: Actor, project_id: str, body: Body, seen: Seen) -> Project:
    """Change a project's infos and levels."""

    def amend(project: Project, changes: dict[str, Any]) -> Project:
        documents.check_licence(backends, changes.get("licence"))
        return replace(project, **changes)

    return _changed(backends, actor, project_id, body, seen, amend)


def delete(backends: Backends, actor: Actor, project_id: str, dataset: str) -> None:
    """Delete a project; its consolidated dataset is kept, or deleted with it."""
    project = documents.readable(backends, backends.projects, actor, project_id, "delete")
    if dataset not in (KEEP, DELETE):
        raise Invalid(
            "The project can't be deleted so.", [Fault("dataset", f"it is {KEEP} or {DELETE}, not {dataset!r}")]
        )
    backends.projects.delete(project.id)
    built = backends.datasets.find(project.dataset_id) if project.dataset_id else None
    if built is not None and dataset == DELETE:
        datasets.remove(backends, built)
    elif built is not None:
        backends.datasets.replace(replace(built, project_id=None, updated_at=now()), built.rev)


def put_model(backends: Backends, actor: Actor, project_id: str, body: Body, seen: Seen) -> Project:
    """Set the model that the project's sources are mapped on."""

    def amend(project: Project, asked: dict[str, Any]) -> Project:
        model = backends.models.find(asked["model_id"])
        known = model is not None and (asked["model_id"] == project.model_id or policy.can(actor, "read", model))
        if not known:
            raise Invalid(
                "The model is unknown.",
                [Fault("/model_id", f"there is no model {asked['model_id']!r} that you may read")],
            )
        return _stale(replace(project, model_id=asked["model_id"]), "the model changed")

    return _changed(backends, actor, project_id, body, seen, amend)


def put_source(backends: Backends, actor: Actor, project_id: str, dataset_id: str, body: Body, seen: Seen) -> Project:
    """Attach a dataset, or change its mapping. Restricted columns need a loan."""

    def amend(project: Project, asked: dict[str, Any]) -> Project:
        source = _source_dataset(backends, actor, project, dataset_id)
        entry = project.source(source.id) or _former(project, source.id) or ProjectSource(source.id)
        mapping = asked.get("mapping", entry.mapping)
        _check_mapping(backends, actor, project, source, entry, mapping)
        entry = replace(entry, mapping=mapping, stale=None)
        entry = lend(actor, project, source, entry, set(mapping) | _referred(project, source.id), asked.get("up_to"))
        return _stale(replace(project, sources=_with_source(project, entry)), "the sources or their mapping changed")

    return _changed(backends, actor, project_id, body, seen, amend)


def seen(backends: Backends, actor: Actor, projects: Iterable[Project]) -> list[SeenProject]:
    """Projects as the actor may see them, each source with the columns of it that they may know."""
    return [_seen(backends, actor, project) for project in projects]


def delete_source(backends: Backends, actor: Actor, project_id: str, dataset_id: str) -> Project:
    """Take a source, its mapping and its loans out of a project."""

    def amend(project: Project, _: dict[str, Any]) -> Project:
        entry = project.source(dataset_id)
        if entry is None:
            raise policy.hidden(dataset_id)
        rest = tuple(source for source in project.sources if source.dataset_id != dataset_id)
        former = (*project.former_sources, entry) if entry.loans else project.former_sources
        return _stale(replace(project, sources=rest, former_sources=former), "a source was taken out")

    return _changed(backends, actor, project_id, dict, None, amend)


def put_recipe(backends: Backends, actor: Actor, project_id: str, body: Body, seen: Seen) -> Project:
    """Set the project's recipe: a new version of it. Steps and parameters are checked now, columns by `check`."""

    def amend(project: Project, asked: dict[str, Any]) -> Project:
        steps = parse(asked["steps"])
        sources = project.sources
        for dataset_id, column in sorted(references(steps)):
            sources = _with_source(
                replace(project, sources=sources), _referring(backends, actor, project, dataset_id, column)
            )
        recipe = Recipe(project.recipe.version + 1, tuple(asked["steps"]))
        return _stale(replace(project, recipe=recipe, sources=sources), "the recipe changed")

    return _changed(backends, actor, project_id, body, seen, amend)


def lend(
    actor: Actor, project: Project, source: Dataset, entry: ProjectSource, used: set[str], up_to: str | None
) -> ProjectSource:
    """The entry with a loan for each used column that is restricted; raises Forbidden where the actor can't lend."""
    lender = policy.may_lend(actor, source)
    loan = Loan(actor.user_id or "", now(), up_to or policy.default_up_to(actor, project))
    restricted = {
        column.key for column in source.live_columns if policy.source_column_cap(source, column, None) is None
    }
    needed = sorted((used & restricted) - entry.loans.keys())
    if needed and not lender:
        names = ", ".join(repr(key) for key in needed)
        raise Forbidden(f"Columns {names} of this source are restricted: a manager of the source must map them.")
    # A loan stands until a manager of the source withdraws it: what was built with it is still there.
    renewed = entry.loans.keys() if lender and up_to else ()
    return replace(entry, loans={**entry.loans, **dict.fromkeys([*needed, *renewed], loan)})


def model_fields(backends: Backends, project: Project) -> tuple[Model | None, tuple[Any, ...]]:
    """The project's model and its fields, read as part of the project."""
    model = backends.models.find(project.model_id) if project.model_id else None
    return model, bind(model, backends.fields.get_many(one.field_id for one in model.fields)) if model else ()


def _changed(backends: Backends, *asked: Any) -> Project:
    """A change of the project, followed by its dataset."""
    changed = documents.change(backends, backends.projects, *asked)
    lineage.settle(backends, changed)
    return changed


def _seen(backends: Backends, actor: Actor, project: Project) -> SeenProject:
    inside = policy.can(actor, "edit", project) or policy.grade(actor, project) is not None
    model = backends.models.find(project.model_id) if project.model_id and not inside else None
    built = backends.datasets.find(project.dataset_id) if project.dataset_id else None
    return SeenProject(
        project,
        tuple(_seen_source(backends, actor, one, inside) for one in project.sources),
        project.model_id if inside or (model and policy.can(actor, "read", model)) else None,
        built.id if built and policy.can(actor, "read", built) else None,
    )


def _seen_source(backends: Backends, actor: Actor, entry: ProjectSource, inside: bool) -> SeenSource:
    dataset = backends.datasets.find(entry.dataset_id)
    if dataset is None or not policy.can(actor, "read", dataset):
        lent = tuple(sorted(entry.loans)) if inside else ()
        return SeenSource(entry, entry.dataset_id if inside else None, None, entry.mapping if inside else {}, lent)
    known = {column.key for column in policy.readable_columns(actor, dataset)}
    mapping = {key: field for key, field in entry.mapping.items() if inside or key in known}
    return SeenSource(
        entry, dataset.id, dataset.title, mapping, tuple(key for key in sorted(entry.loans) if inside or key in known)
    )


def _source_dataset(backends: Backends, actor: Actor, project: Project, dataset_id: str) -> Dataset:
    """The dataset to attach: one that the actor reads, or that is attached already."""
    source = backends.datasets.find(dataset_id) or backends.datasets.find_by(slug=dataset_id)
    if source is None or not (policy.can(actor, "read", source) or project.source(source.id)):
        raise policy.hidden(dataset_id)
    if source.id == project.dataset_id:
        raise Invalid("The source does not fit.", [Fault("/dataset_id", "a project can't be its own source")])
    if project.source(source.id) is None and len(project.sources) >= MAX_SOURCES:
        raise Invalid("The source does not fit.", [Fault("/sources", f"a project has at most {MAX_SOURCES} sources")])
    return source


def _former(project: Project, dataset_id: str) -> ProjectSource | None:
    """The loans of a source that was here before; its mapping begins anew."""
    former = next((one for one in reversed(project.former_sources) if one.dataset_id == dataset_id), None)
    return replace(former, mapping={}) if former else None


def _check_mapping(
    backends: Backends,
    actor: Actor,
    project: Project,
    source: Dataset,
    entry: ProjectSource,
    mapping: Mapping[str, str],
) -> None:
    names = {field.name for field in model_fields(backends, project)[1]}
    known = {column.key for column in policy.readable_columns(actor, source) if not column.gone} | entry.mapping.keys()
    faults: list[Fault] = []
    taken: dict[str, str] = {}
    if mapping and not project.model_id:
        faults.append(Fault("/mapping", "the project has no model yet: PUT its model first"))
    for column, field in mapping.items():
        if column not in known:
            faults.append(Fault(f"/mapping/{column}", f"there is no column {column!r} in this source"))
        if project.model_id and field not in names:
            faults.append(Fault(f"/mapping/{column}", f"there is no field {field!r} in the model"))
        if taken.setdefault(field, column) != column:
            faults.append(Fault(f"/mapping/{column}", f"{taken[field]!r} is mapped on the field {field!r} already"))
    if faults:
        raise Invalid("The mapping does not fit.", faults)


def _referring(backends: Backends, actor: Actor, project: Project, dataset_id: str, column: str) -> ProjectSource:
    """The source entry of a dataset that a step names: attached like any other, and lent like any other."""
    source = backends.datasets.find(dataset_id)
    entry = project.source(dataset_id)
    readable = source is not None and (entry is not None or policy.can(actor, "read", source))
    if source is None or not readable:
        raise Invalid(
            "The recipe does not fit.", [Fault("/steps", f"there is no dataset {dataset_id!r} that you may read")]
        )
    columns: tuple[Column, ...] = policy.readable_columns(actor, source)
    if column not in {one.key for one in columns} | (entry.loans.keys() if entry else set()):
        raise Invalid(
            "The recipe does not fit.", [Fault("/steps", f"there is no column {column!r} in dataset {dataset_id!r}")]
        )
    entry = entry or ProjectSource(dataset_id)
    return lend(actor, project, source, entry, set(entry.mapping) | set(entry.loans) | {column}, None)


def _referred(project: Project, dataset_id: str) -> set[str]:
    return {column for one, column in references(parse(project.recipe.steps)) if one == dataset_id}


def _with_source(project: Project, entry: ProjectSource) -> tuple[ProjectSource, ...]:
    if project.source(entry.dataset_id) is None:
        return (*project.sources, entry)
    return tuple(entry if source.dataset_id == entry.dataset_id else source for source in project.sources)


def _stale(project: Project, reason: str) -> Project:
    """A built project whose ingredients changed says so until it is built again."""
    return mark_stale(project, reason) if project.dataset_id else project
