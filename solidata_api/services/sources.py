"""Sources of a project: attached, mapped, lent by those who manage them, taken out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Fault, Forbidden, Invalid
from solidata_api.domain.models import Model, bind
from solidata_api.domain.projects import Loan, Project, ProjectSource, SourceRecipe, mark_stale
from solidata_api.recipes.base import pointer as step_pointer
from solidata_api.recipes.nesting import count
from solidata_api.recipes.parse import parse
from solidata_api.recipes.references import references
from solidata_api.services import documents, lineage, recipe_steps, source_recipes
from solidata_api.services.bodies import Body, Seen

MAX_SOURCES = 100
REMAPPED = "the sources or their mapping changed"
#: Of a project as a document, with recipes and loans. There are no larger documents than twice that, and what closes
#: acts on a project must always find room in it.
MOST_BYTES = 8 * 1024 * 1024
#: Of its recipe and those of its sources together: a check follows all of them.
MOST_STEPS = 2000


def put_source(backends: Backends, actor: Actor, project_id: str, dataset_id: str, body: Body, seen: Seen) -> Project:
    """Attach a dataset, or change its mapping. Restricted columns need a loan."""

    def amend(project: Project, asked: dict[str, Any]) -> Project:
        source = _source_dataset(backends, actor, project, dataset_id)
        before = project.source(source.id)
        begun = before or _former(project, source.id) or ProjectSource(source.id)
        recipe = source_recipes.asked(backends, actor, begun.recipe, asked)
        mapping = asked.get("mapping", begun.mapping)
        # Before the entry has its new recipe: what that names is judged as somebody new to it reads it.
        steps = recipe.steps if recipe else ()
        project = with_references(backends, actor, with_source(project, replace(begun, stale=None)), steps)
        entry = _remapped(backends, actor, project, source, recipe, mapping)
        project = with_source(project, entry)
        used = entry.reads | _referred(project, source.id)
        attached = with_source(project, lend(actor, project, source, entry, used, asked.get("up_to")))
        is_other = before is None or (before.mapping, before.recipe) != (mapping, recipe)
        return marked_stale(attached, REMAPPED) if is_other else attached

    return changed(backends, actor, project_id, body, seen, amend)


def delete_source(backends: Backends, actor: Actor, project_id: str, dataset_id: str) -> Project:
    """Take a source and its mapping out of a project. Its loans stand for what was built with it."""

    def amend(project: Project, _: dict[str, Any]) -> Project:
        entry = project.source(dataset_id)
        if entry is None:
            raise policy.hidden(dataset_id)
        rest = tuple(source for source in project.sources if source.dataset_id != dataset_id)
        former = tuple(source for source in project.former_sources if source.dataset_id != dataset_id)
        former = (*former, entry) if entry.loans else former
        return marked_stale(replace(project, sources=rest, former_sources=former), "a source was taken out")

    return changed(backends, actor, project_id, dict, None, amend)


def with_own_steps(
    backends: Backends, actor: Actor, project: Project, dataset_id: str, steps: Sequence[dict[str, Any]]
) -> Project:
    """The project with other decisions in the recipe of a source: its steps, which read what they read before, are of
    no recipe document any more. Raises RecipeMisfit."""
    entry = project.source(dataset_id)
    if entry is None or entry.recipe is None:
        raise policy.hidden(dataset_id)
    frozen = recipe_steps.frozen(backends, actor, steps, entry.recipe.steps)
    return marked_stale(with_source(project, replace(entry, recipe=SourceRecipe(frozen))), REMAPPED)


def lend(
    actor: Actor, project: Project, source: Dataset, entry: ProjectSource, used: Collection[str], up_to: str | None
) -> ProjectSource:
    """The entry with a loan for each used column that is restricted.

    Raises Forbidden where the actor can't lend, or says `up_to` without being one who can.
    """
    lender = policy.may_lend(actor, source)
    if up_to is not None and not lender:
        raise Forbidden("`up_to` is for those who lend: a manager of the source, logged in.")
    loan = Loan(actor.user_id or "", now(), up_to or policy.default_up_to(actor, project))
    restricted = {
        column.key for column in source.live_columns if policy.source_column_cap(source, column, None) is None
    }
    needed = sorted((set(used) & restricted) - entry.loans.keys())
    if needed and not lender:
        names = ", ".join(repr(key) for key in needed)
        raise Forbidden(f"Columns {names} of this source are restricted: a manager of the source must map them.")
    # A loan stands until a manager of the source withdraws it: what was built with it is still there.
    renewed = entry.loans.keys() if up_to else ()
    return replace(entry, loans={**entry.loans, **dict.fromkeys([*needed, *renewed], loan)})


def with_references(backends: Backends, actor: Actor, project: Project, steps: Sequence[dict[str, Any]]) -> Project:
    """The project with every dataset that steps name among its sources.

    Raises Invalid naming every step that names what the actor may not read, and Forbidden.
    """
    named: dict[str, dict[str, str]] = {}
    for step in (one for one in parse(steps) if not one.off):
        for dataset_id, column in sorted(step.references()):
            named.setdefault(dataset_id, {}).setdefault(column, step_pointer(step.place))
    faults: list[Fault] = []
    for dataset_id, columns in sorted(named.items()):
        try:
            project = with_source(project, _referring(backends, actor, project, dataset_id, columns))
        except Invalid as error:
            faults += error.faults
    if faults:
        raise Invalid("The recipe does not fit.", list(dict.fromkeys(faults)))
    return project


def with_source(project: Project, entry: ProjectSource) -> Project:
    """The project with this entry: in its place, or at the end. What it was lent before is in the entry."""
    sources = tuple(entry if source.dataset_id == entry.dataset_id else source for source in project.sources)
    if project.source(entry.dataset_id) is None:
        sources = (*project.sources, entry)
    former = tuple(source for source in project.former_sources if source.dataset_id != entry.dataset_id)
    return replace(project, sources=sources, former_sources=former)


def model_fields(backends: Backends, project: Project) -> tuple[Model | None, tuple[Any, ...]]:
    """The project's model and its fields, read as part of the project."""
    model = backends.models.find(project.model_id) if project.model_id else None
    return model, bind(model, backends.fields.get_many(one.field_id for one in model.fields)) if model else ()


def changed(
    backends: Backends,
    actor: Actor,
    project_id: str,
    body: Body,
    seen: Seen,
    amend: Callable[[Project, dict[str, Any]], Project],
) -> Project:
    """A change of a project, followed by its dataset. Raises Invalid where it would grow too large."""

    def bounded(project: Project, asked: dict[str, Any]) -> Project:
        amended = amend(project, asked)
        _require_size(backends, project, amended)
        return amended

    saved = documents.change(backends, backends.projects, actor, project_id, body, seen, bounded)
    lineage.settle(backends, saved)
    return saved


def marked_stale(project: Project, reason: str) -> Project:
    """A built project whose ingredients changed says so until it is built again."""
    return mark_stale(project, reason) if project.dataset_id else project


def _require_size(backends: Backends, before: Project, project: Project) -> None:
    steps = _steps(project)
    if steps > MOST_STEPS and steps > _steps(before):
        sentence = f"a project has at most {MOST_STEPS} steps, with those of its sources; this one would have {steps}"
        raise Invalid("The project is too large.", [Fault("", sentence)])
    size = backends.projects.size_of(project)
    if size > MOST_BYTES and size > backends.projects.size_of(before):
        sentence = f"with recipes and loans a project has at most {MOST_BYTES} bytes; this one would have {size}"
        raise Invalid("The project is too large.", [Fault("", sentence)])


def _steps(project: Project) -> int:
    return sum(map(count, project.every_recipe))


def _referring(
    backends: Backends, actor: Actor, project: Project, dataset_id: str, named: Mapping[str, str]
) -> ProjectSource:
    """The source entry of a dataset that steps name: attached like any other, and lent like any other. `named` are its
    columns, each with the step that names it."""
    source = backends.datasets.find(dataset_id)
    entry = project.source(dataset_id)
    readable = source is not None and (entry is not None or policy.can(actor, "read", source))
    if source is None or not readable:
        sentence = f"there is no dataset {dataset_id!r} that you may read"
        raise Invalid("The recipe does not fit.", [Fault(at, sentence) for at in named.values()])
    _check_attachable(project, source, next(iter(named.values())))
    known = {one.key for one in policy.readable_columns(actor, source)} | (entry.loans.keys() if entry else set())
    unknown = named.keys() - known
    unknown -= _referred(project, dataset_id) if unknown else set()
    if unknown:
        sentences = {key: f"there is no column {key!r} in dataset {dataset_id!r}" for key in sorted(unknown)}
        raise Invalid("The recipe does not fit.", [Fault(named[key], one) for key, one in sentences.items()])
    entry = entry or _former(project, dataset_id) or ProjectSource(dataset_id)
    return lend(actor, project, source, entry, entry.reads | named.keys(), None)


def _source_dataset(backends: Backends, actor: Actor, project: Project, dataset_id: str) -> Dataset:
    """The dataset to attach: one that the actor reads, or that is attached already."""
    source = backends.datasets.find(dataset_id) or backends.datasets.find_by(slug=dataset_id)
    if source is None or not (policy.can(actor, "read", source) or project.source(source.id)):
        raise policy.hidden(dataset_id)
    _check_attachable(project, source, "/dataset_id")
    return source


def _check_attachable(project: Project, source: Dataset, pointer: str) -> None:
    if source.id == project.target_id:
        raise Invalid("The source does not fit.", [Fault(pointer, "a project can't be its own source")])
    if project.source(source.id) is None and len(project.sources) >= MAX_SOURCES:
        raise Invalid("The source does not fit.", [Fault("/sources", f"a project has at most {MAX_SOURCES} sources")])


def _former(project: Project, dataset_id: str) -> ProjectSource | None:
    """The loans of a source that was here before; its recipe and mapping begin anew."""
    former = next((one for one in reversed(project.former_sources) if one.dataset_id == dataset_id), None)
    return replace(former, mapping={}, recipe=None, used=()) if former else None


def _remapped(
    backends: Backends,
    actor: Actor,
    project: Project,
    source: Dataset,
    recipe: SourceRecipe | None,
    mapping: dict[str, str],
) -> ProjectSource:
    """The entry of an attached source with this recipe and mapping, which fit its columns and the model."""
    entry = project.source(source.id) or ProjectSource(source.id)
    known = source_recipes.known(actor, source, entry)
    _check_mapping(backends, project, mapping, None if recipe else known)
    entry = replace(entry, mapping=mapping, recipe=recipe, used=())
    return source_recipes.fitted(backends, project, source, entry, known) if recipe else entry


def _check_mapping(
    backends: Backends, project: Project, mapping: Mapping[str, str], known: Collection[str] | None
) -> None:
    """Raise Invalid where a mapping does not fit the model, or names columns other than those known; None: any."""
    names = {field.name for field in model_fields(backends, project)[1]}
    faults: list[Fault] = []
    taken: dict[str, str] = {}
    if mapping and not project.model_id:
        faults.append(Fault("/mapping", "the project has no model yet: PUT its model first"))
    for column, field in mapping.items():
        if known is not None and column not in known:
            faults.append(Fault(f"/mapping/{column}", f"there is no column {column!r} in this source"))
        if project.model_id and field not in names:
            faults.append(Fault(f"/mapping/{column}", f"there is no field {field!r} in the model"))
        if taken.setdefault(field, column) != column:
            faults.append(Fault(f"/mapping/{column}", f"{taken[field]!r} is mapped on the field {field!r} already"))
    if faults:
        raise Invalid("The mapping does not fit.", faults)


def _referred(project: Project, dataset_id: str) -> set[str]:
    return {column for one, column in references(source_recipes.every_step(project)) if one == dataset_id}
