"""Corrections of cells: made, listed and undone by those who add data to a source and read the column. Decision 32."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.corrections import APPLIES, COLUMN_GONE, MOST, ROW_GONE, UNFIT, Correction, id_of, text_of
from solidata_api.domain.datasets import Column, Dataset, Version
from solidata_api.domain.documents import now
from solidata_api.domain.errors import Conflict, Fault, Forbidden, Invalid
from solidata_api.domain.jobs import Subject
from solidata_api.recipes.readers import READERS
from solidata_api.services import audit, datasets, documents, lineage
from solidata_api.services.bodies import Body
from solidata_api.store.mongo import Page, Paging
from solidata_api.tables.finding import FoundRow

#: Characters of a value.
LONGEST = 10_000


@dataclass(frozen=True)
class SeenCorrection:
    """A correction, and whether it still holds of the current version."""

    correction: Correction
    state: str


@dataclass(frozen=True)
class Asked:
    """A correction as it was asked: of a row, by id or line. `at` is where in the request."""

    column: str
    value: Any
    reason: str = ""
    row_id: str | None = None
    line: int | None = None
    at: str = ""


def list_(backends: Backends, actor: Actor, dataset_id: str, asked: Paging) -> Page[SeenCorrection]:
    """One page of a dataset's corrections, the newest first, of columns that the actor reads; for who works on it."""
    seen, version = datasets.version(backends, actor, dataset_id, None)
    if not documents.is_inside(actor, seen.dataset):
        raise Forbidden("Corrections are listed to those who work on the dataset.")
    page = backends.corrections.page(seen.dataset.id, [column.key for column in seen.readable], asked)
    there = {one.row_id for one in backends.tables.found(version, [], [one.row_id for one in page.items])}
    kinds = {column.key: column.type for column in version.columns}
    shown = tuple(SeenCorrection(one, _state(one, there, kinds)) for one in page.items)
    return Page(shown, page.total, page.page, page.per_page)


def add(backends: Backends, actor: Actor, dataset_id: str, body: Body) -> SeenCorrection:
    """Correct one cell, in place of an earlier correction of it. Raises Invalid, and Conflict for a built table."""
    dataset = correctable(backends, actor, dataset_id)
    asked = body()
    if ("row_id" in asked) == ("line" in asked):
        raise Invalid("The correction does not fit.", [Fault("/row_id", "a row is named by `row_id` or by `line`")])
    (made,) = save(backends, actor, dataset, [Asked(**asked)])
    return SeenCorrection(made, APPLIES)


def remove(backends: Backends, actor: Actor, dataset_id: str, correction_id: str) -> None:
    """Undo a correction: the cell is again what the file says."""
    dataset = documents.readable(backends, backends.datasets, actor, dataset_id, "contribute")
    found = backends.corrections.find(correction_id)
    readable = {column.key for column in policy.readable_columns(actor, dataset)}
    if found is None or found.dataset_id != dataset.id or found.column not in readable:
        raise policy.hidden(correction_id)
    with audit.recorded(backends, actor, "correction.undo", _subject(dataset), _told([found])):
        backends.corrections.delete(found.id)
    lineage.tell_users(backends, dataset.id, lineage.CORRECTED)


def correctable(backends: Backends, actor: Actor, dataset_id: str) -> Dataset:
    """A dataset whose cells the actor may correct. Raises Conflict for one that a project builds."""
    dataset = documents.readable(backends, backends.datasets, actor, dataset_id, "contribute")
    if dataset.kind != "source":
        raise Conflict("This table is built: correct the cells of its sources, or its recipe.")
    return dataset


def save(backends: Backends, actor: Actor, dataset: Dataset, asked: Sequence[Asked]) -> list[Correction]:
    """Store corrections, all or none of them; what is made of the dataset is stale. Raises Invalid with every fault."""
    seen, version = datasets.version(backends, actor, dataset.id, None)
    columns = {column.key: column for column in seen.columns}
    faults = [fault for one in asked for fault in _faults(one, columns, version)]
    if faults:
        raise Invalid("The correction does not fit.", faults)
    made = _made(backends, actor, version, asked, columns)
    before = backends.corrections.of_ids([one.id for one in made])
    _require_room(backends, dataset, len(made) - len(before))
    made = [one.after(before.get(one.id)) for one in made]
    with audit.recorded(backends, actor, "correction.make", _subject(dataset), _told(made)):
        backends.corrections.save_all(made)
    lineage.tell_users(backends, dataset.id, lineage.CORRECTED)
    return made


def _require_room(backends: Backends, dataset: Dataset, more: int) -> None:
    known = backends.corrections.count(dataset.id)
    if known + more > MOST:
        sentence = f"a dataset has at most {MOST} corrections; it has {known}, and {more} would come"
        raise Invalid("There are too many corrections.", [Fault("", f"{sentence}: mend the file, and reload it")])


def _faults(one: Asked, columns: Mapping[str, Column], version: Version) -> Iterator[Fault]:
    column = columns.get(one.column)
    if column is None:
        yield Fault(f"{one.at}/column", f"there is no column {one.column!r}{_before(version)}")
        return
    if isinstance(one.value, list | dict) or len(str(one.value)) > LONGEST:
        yield Fault(f"{one.at}/value", f"it is a text of at most {LONGEST} characters, a number, true, false or null")
    elif wrong := unfit(column.type, text_of(one.value)):
        yield Fault(f"{one.at}/value", f"column {one.column!r} is of type {column.type}, and of {one.value!r}: {wrong}")


def unfit(kind: str, text: str | None) -> str | None:
    """Why a text is no value of a type; None where it is one, or blank."""
    try:
        _ = READERS[kind](text) if text is not None and kind in READERS else text
    except ValueError as error:
        return str(error)
    return None


def _made(
    backends: Backends, actor: Actor, version: Version, asked: Sequence[Asked], columns: Mapping[str, Column]
) -> list[Correction]:
    """The corrections of the rows that are there; of several of one cell the last. Raises Invalid for the others."""
    rows = backends.tables.found(
        version,
        sorted({one.column for one in asked}),
        [one.row_id for one in asked if one.row_id is not None],
        [one.line for one in asked if one.line is not None],
    )
    by_id, by_line = {one.row_id: one for one in rows}, {one.line: one for one in rows}
    found = [by_id.get(one.row_id) if one.row_id is not None else by_line.get(one.line) for one in asked]
    faults = [_missing(one, version) for one, row in zip(asked, found, strict=True) if row is None]
    if faults:
        raise Invalid("The correction does not fit.", faults)
    made = (
        _correction(actor, version, one, row, columns[one.column].type)
        for one, row in zip(asked, found, strict=True)
        if row
    )
    return list({one.id: one for one in made}.values())


def _correction(actor: Actor, version: Version, asked: Asked, row: FoundRow, kind: str) -> Correction:
    text = text_of(asked.value)
    return Correction(
        id=id_of(version.dataset_id, row.row_id, asked.column),
        dataset_id=version.dataset_id,
        row_id=row.row_id,
        column=asked.column,
        value=text_of(READERS[kind](text)) if text is not None and kind in READERS else text,
        old=text_of(row.cells[asked.column]),
        reason=asked.reason,
        by=actor.user_id or "",
        at=now(),
    )


def _missing(one: Asked, version: Version) -> Fault:
    named = "row_id" if one.row_id is not None else "line"
    said = one.row_id if one.row_id is not None else one.line
    return Fault(f"{one.at}/{named}", f"version {version.n} has no row of {named} {said!r}{_before(version)}")


def _before(version: Version) -> str:
    """Where a recipe was run on the dataset itself: what the rejects of that run are about, and how they are mended."""
    read = next((one.version for one in version.sources if one.dataset_id == version.dataset_id), None)
    if read is None:
        return ""
    return f"; a recipe made it of version {read}: restore that, correct it, and run the recipe again"


def _state(one: Correction, there: set[str], kinds: Mapping[str, str]) -> str:
    if one.column not in kinds:
        return COLUMN_GONE
    if one.row_id not in there:
        return ROW_GONE
    return UNFIT if unfit(kinds[one.column], one.value) else APPLIES


def _subject(dataset: Dataset) -> Subject:
    return Subject("datasets", dataset.id)


def _told(made: Sequence[Correction]) -> dict[str, Any]:
    """What the audit log says of corrections: which, never what cells hold."""
    return {"count": len(made), "corrections": [one.id for one in made[:100]]}
