"""Exports: the rows of a judged reading in a format, read by whoever may read them, or through a share link."""

from __future__ import annotations

from dataclasses import dataclass

from solidata_api.backends import Backends
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.exports import EXPORT_FORMATS, ExportFormat, ExportStyle, export_format, file_name, places
from solidata_api.domain.queries import EXPORT_PARAMETERS
from solidata_api.services import links, rows
from solidata_api.services.rows import Arguments, Reading
from solidata_api.tables import Export, ExportBytes


@dataclass(frozen=True)
class AskedExport:
    """An export, judged and bound: what its file is called, and what makes its bytes. No engine is asked yet."""

    format: ExportFormat
    filename: str
    dataset: Dataset
    export: Export


def of_dataset(backends: Backends, actor: Actor, dataset_id: str, form: str, arguments: Arguments) -> AskedExport:
    """The rows of a dataset that the actor may read. Raises NotFound for another format."""
    found = export_format(form)
    reading = rows.reading(backends, actor, dataset_id, arguments, found.parameters(EXPORT_PARAMETERS))
    return _asked(found, reading, reading.dataset.title)


def of_link(backends: Backends, token: str, form: str, arguments: Arguments) -> AskedExport:
    """The rows that a share link shows."""
    found = export_format(form)
    reading = links.export_reading(backends, token, arguments, found.parameters(EXPORT_PARAMETERS))
    return _asked(found, reading, "shared")


def size(backends: Backends, asked: AskedExport) -> int | None:
    """How many bytes an export has, if that is known without making it."""
    return backends.tables.export_size(asked.export)


def opened(backends: Backends, asked: AskedExport, *, whole: bool = False) -> ExportBytes:
    """The bytes of an export, as they are made; all of them where `whole` is asked, as for a range."""
    return backends.tables.export(asked.export, whole=whole)


def _asked(form: ExportFormat, reading: Reading, title: str) -> AskedExport:
    style = ExportStyle(
        titles=rows.choice(reading.options, "header", ("key", "title")) == "title",
        delimiter=rows.choice(reading.options, "delimiter", (",", ";", "\t", "|")),
        bom=rows.choice(reading.options, "bom", ("false", "true")) == "true",
        with_ids=rows.choice(reading.options, "_id", ("false", "true")) == "true",
    )
    export = Export(reading.version, reading.columns, reading.query, form.name, style)
    if form.name == "geojson":
        places(export.answered)
    return AskedExport(form, file_name(title, form.name), reading.dataset, export)


__all__ = ["EXPORT_FORMATS", "AskedExport", "of_dataset", "of_link", "opened", "size"]
