"""Tables: versions written as Parquet parts by workers, read by web processes from DuckDB files made of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

from solidata_api.domain.aggregates import AggregateQuery
from solidata_api.domain.datasets import Column, Version
from solidata_api.domain.queries import RowQuery
from solidata_api.domain.search import Search
from solidata_api.settings import Settings
from solidata_api.tables import aggregates, profiles, versions
from solidata_api.tables.aggregates import Groups
from solidata_api.tables.cache import MAKING_MB, ServingCache
from solidata_api.tables.differences import Difference, Differing, difference, is_keyed
from solidata_api.tables.differences import Limits as Comparing
from solidata_api.tables.export import Export
from solidata_api.tables.exports import ExportBytes, ExportCache
from solidata_api.tables.files import FileStore
from solidata_api.tables.finding import FoundRow, found
from solidata_api.tables.kept_rows import KeptRows
from solidata_api.tables.kept_steps import KeptSteps
from solidata_api.tables.search import Searching
from solidata_api.tables.search_cache import SearchCache
from solidata_api.tables.search_marks import marked
from solidata_api.tables.serving import Limits, Page, Serving
from solidata_api.tables.spread import spread_frames
from solidata_api.tables.turns import Turns
from solidata_api.tables.versions import VersionWriter

if TYPE_CHECKING:
    from pathlib import Path

    from solidata_api.frames.arrow import Frame

#: Heavy reads at once in one process, however few its processors.
LEAST_TURNS = 2
#: How many answers of `Tables.repeated` are remembered.
MOST_REPEATED = 1000


class Tables:
    """Files, versions and reads, for services."""

    def __init__(
        self,
        files: FileStore,
        serving: Serving,
        searching: Searching,
        exports: ExportCache,
        comparing: Comparing,
        part_rows: int,
        kept_steps: KeptSteps,
    ) -> None:
        self.files = files
        self.comparing = comparing
        self.serving = serving
        self.searching = searching
        self.exports = exports
        self.part_rows = part_rows
        self.kept_steps = kept_steps
        self.kept_rows = KeptRows()
        self._repeated: dict[tuple[str, tuple[str, ...]], int] = {}

    def keep(self, path: str, stream: IO[bytes]) -> tuple[int, str]:
        """Keep uploaded bytes: their size and SHA-256."""
        return self.files.put_stream(path, stream)

    def stream(self, path: str) -> Iterator[bytes]:
        return self.files.read(path)

    def local_path(self, path: str) -> Path:
        return self.files.local_path(path)

    def discard(self, path: str) -> None:
        """Remove a kept file or a folder of parts; nothing there is no error."""
        self.files.delete(path)

    def writer(self, prefix: str) -> VersionWriter:
        """A writer of a new version's parts, below this prefix."""
        return VersionWriter(self.files, prefix, self.part_rows)

    def frames(self, version: Version, keys: Sequence[str], limit: int | None = None) -> Iterator[Frame]:
        return versions.read_frames(self.files, version, keys, limit)

    def rows_of(self, version: Version, keys: Sequence[str], ids: Sequence[str]) -> Iterator[Frame]:
        """Those rows of a version that have these ids, as `frames` gives them."""
        return versions.read_rows(self.files, version, keys, ids)

    def spread(self, version: Version, keys: Sequence[str], rows: int, looked_at: int | None = None) -> Iterator[Frame]:
        """As `frames`, but only so many rows, spread over all of the version; of its first ones where few may be
        `looked_at`."""
        return spread_frames(self.files, self.kept_rows, version, keys, rows, looked_at)

    def values(self, version: Version, key: str) -> set[str]:
        return versions.distinct_texts(self.files, version, key)

    def samples(self, version: Version, keys: Sequence[str], count: int) -> dict[str, list[str]]:
        return versions.samples(self.files, version, keys, count)

    def prepare(self, version: Version) -> None:
        """Make the serving file now, so that the first reader need not wait for it."""
        self.serving.cache.ensure(version)

    def page(self, version: Version, columns: Sequence[Column], query: RowQuery) -> Page:
        if query.search is not None:
            return self.searching.page(version, columns, query)
        return self.serving.page(version, columns, query)

    def marked(self, search: Search, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, list[str]]]:
        """By row of a page, the fragments of its cells that hold what was searched for, as HTML."""
        return marked(search, rows)

    def aggregate(self, version: Version, columns: Sequence[Column], query: AggregateQuery) -> Groups:
        rows = self.searching.settled(version, query.rows)
        return aggregates.aggregate(self.serving, version, columns, replace(query, rows=rows))

    def profile(self, version: Version) -> dict[str, Any]:
        """What each column holds, by key; told once, and kept beside the version's parts."""
        told = profiles.kept(self.files, version)
        if told is None:
            profiles.keep(self.files, version, profiles.tell(self.serving, version))
            told = profiles.kept(self.files, version) or {}
        return told

    def kept_profile(self, version: Version) -> dict[str, Any] | None:
        """The profile of a version if it was told before, as it is when a version is published."""
        return profiles.kept(self.files, version)

    def repeated(self, version: Version, keys: Sequence[str]) -> int:
        """How many rows have values in these columns, all of them filled, that stand in a row before; remembered."""
        asked = (version.id, tuple(keys))
        found = self._repeated.get(asked)
        if found is None:
            if len(self._repeated) >= MOST_REPEATED:
                self._repeated.clear()
            found = self._repeated[asked] = self.serving.repeated(version, keys)
        return found

    def index_ahead(self, version: Version, query: RowQuery) -> None:
        """The index of words that a query searches, before anybody does."""
        self.searching.ahead(version, query)

    def let_go(self, version: Version) -> None:
        """Close what is open of a version: a worker that has told of it does not read it again."""
        self.serving.let_go(version)

    def close(self) -> None:
        """Close all that is open."""
        self.serving.let_all_go()

    def row(self, version: Version, columns: Sequence[Column], row_id: str) -> dict[str, Any] | None:
        return self.serving.row(version, columns, row_id)

    def origins(self, version: Version, row_id: str) -> list[tuple[str, int, str, int | None]]:
        return self.serving.origins(version, row_id)

    def place(self, version: Version, row_id: str) -> int | None:
        """Where the row of this id stands in a version, from 0."""
        return self.serving.place(version, row_id)

    def corrections(self, version: Version) -> list[dict[str, Any]]:
        """The corrections of its sources under which a version was built: dataset_id, id, row_id, column, value."""
        return versions.corrections(self.files, version)

    def found(
        self, version: Version, keys: Sequence[str], ids: Sequence[str] = (), lines: Sequence[int] = ()
    ) -> list[FoundRow]:
        """Those of these rows, by id or line, that a version of a source has, with cells of these columns."""
        return found(self.serving, version, keys, ids, lines)

    def rejects(self, version: Version, first: int, most: int) -> list[dict[str, Any]]:
        return self.serving.rejects(version, first, most)

    def difference(
        self, before: Version, after: Version, keys: Sequence[str], wanted: tuple[int, int] | None = None
    ) -> Difference:
        """How two versions differ in these columns; `wanted`: (skip, limit) of the rows that do."""
        with self.serving.turns.taken():
            return difference((before, after), keys, self.files.local_path, self.comparing, wanted)

    def is_keyed(self, before: Version, after: Version) -> bool:
        """Whether rows of two versions are told apart by key."""
        return is_keyed(before, after)

    def copy(self, version: Version, prefix: str) -> Version:
        """The same content with parts of its own below a prefix."""
        return versions.copied(self.files, version, prefix)

    def export(self, export: Export, *, whole: bool = False) -> ExportBytes:
        """The bytes of an export, as they are made; all of them where `whole` is asked."""
        return self.exports.open(export, whole=whole)

    def export_size(self, export: Export) -> int | None:
        """How many bytes an export has, if that is known without making it."""
        return self.exports.size(export)

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return self.files.has(path)

    def folders(self, folder: str) -> list[str]:
        """The names of the folders in a folder."""
        return self.files.folders(folder)

    def listed(self, folder: str) -> list[tuple[str, datetime]]:
        """The files of a folder, each with when it was last changed."""
        return self.files.listed(folder)

    def delete(self, version: Version) -> None:
        """Remove a version's parts and what was made of them; the files it was read from may be others' too."""
        self.serving.close(version)
        self.searching.cache.forget(version)
        self.exports.forget(version)
        self.kept_steps.forget(version.id)
        for part in (*version.parts, *version.origin_parts, *version.reject_parts, *version.correction_parts):
            self.files.delete(part.path)
        self.files.delete(profiles.path(version))
        for folder in {part.path.rpartition("/")[0] for part in version.parts}:
            self.files.remove_empty(folder)


def open_tables(settings: Settings) -> Tables:
    """Tables under these settings. Touches no file yet."""
    cache_folder = settings.data_dir / "cache"
    files = FileStore(settings.data_root, cache_folder / "parts")
    cache = ServingCache(files, cache_folder / "serving", settings.serving_cache_mb, settings.query_memory_mb)
    at_once = max(LEAST_TURNS, (os.cpu_count() or 1) // settings.web_processes)
    serving = Serving(
        cache,
        Limits(settings.query_time_limit_s, settings.query_memory_mb, settings.serving_memory_mb),
        Turns(at_once, settings.web_threads // 2),
    )
    searching = Searching(SearchCache(serving, cache_folder / "search", settings.search_cache_mb), serving)
    exports = ExportCache(
        cache, searching.settled, cache_folder / "exports", settings.export_cache_mb, settings.export_time_limit_s
    )
    comparing = Comparing(
        min(settings.query_memory_mb, MAKING_MB), settings.query_time_limit_s, cache_folder / "comparing"
    )
    kept_steps = KeptSteps(cache_folder / "steps", settings.kept_steps_mb)
    return Tables(files, serving, searching, exports, comparing, settings.part_rows, kept_steps)


__all__ = ["Difference", "Differing", "Export", "ExportBytes", "Groups", "Page", "Tables", "open_tables"]
