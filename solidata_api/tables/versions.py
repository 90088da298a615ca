"""Versions as immutable Parquet parts: written aside by workers, read again by builds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

from solidata_api.domain.datasets import Part, Version
from solidata_api.tables.files import FileStore
from solidata_api.tables.parts import PartWriter

if TYPE_CHECKING:
    import pyarrow as pa

    from solidata_api.frames.arrow import Frame

ROWS, ORIGINS, REJECTS, CORRECTIONS = "part", "origins", "rejects", "corrections"
#: The most rows of a frame that is read; fewer where columns are many or texts long.
FRAME_ROWS = 300_000
FRAME_CELLS = 4_000_000
FRAME_BYTES = 64 << 20


@dataclass(frozen=True)
class WrittenVersion:
    """What a writer wrote. `sha256` is over the parts' own, in order: the same rows give the same."""

    parts: tuple[Part, ...]
    origin_parts: tuple[Part, ...]
    row_count: int
    sha256: str
    reject_parts: tuple[Part, ...] = ()
    correction_parts: tuple[Part, ...] = ()


class VersionWriter:
    """Writes rows as parts under one prefix. Left by an error, it removes what it wrote."""

    def __init__(self, files: FileStore, prefix: str, part_rows: int) -> None:
        self.files = files
        self.prefix = prefix
        self._series = {
            name: PartWriter(files, prefix, name, part_rows) for name in (ROWS, ORIGINS, REJECTS, CORRECTIONS)
        }

    def __enter__(self) -> VersionWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is not None:
            for one in self._series.values():
                one.abandon()
            self.files.delete(self.prefix)

    def add(self, rows: Frame | pa.Table) -> None:
        """Append rows: `_id`, `_line` where the source has it, and the data columns."""
        self._series[ROWS].add(_table(rows))

    def add_origins(self, frame: Frame | pa.Table) -> None:
        """Append origins: row, dataset_id, version, origin, line; by row."""
        self._series[ORIGINS].add(_table(frame))

    def add_rejects(self, rejects: pa.Table) -> None:
        """Append texts that no cell holds: row, column, text, reason; by row."""
        self._series[REJECTS].add(rejects)

    def add_corrections(self, corrections: Sequence[Mapping[str, str | None]]) -> None:
        """Append corrections of sources: dataset_id, id, row_id, column, value."""
        import pyarrow as pa

        names = ("dataset_id", "id", "row_id", "column", "value")
        if corrections:
            table = pa.Table.from_pylist(list(corrections), schema=pa.schema([(name, pa.string()) for name in names]))
            self._series[CORRECTIONS].add(table)

    def close(self) -> WrittenVersion:
        """Write what is left; the table without rows has one part, which tells its columns."""
        rows, origins, rejects, corrections = (tuple(one.close()) for one in self._series.values())
        digest = hashlib.sha256("\n".join(part.sha256 for part in rows).encode()).hexdigest()
        return WrittenVersion(rows, origins, sum(part.rows for part in rows), digest, rejects, corrections)


def _table(rows: Frame | pa.Table) -> pa.Table:
    import pyarrow as pa

    # Without pandas' own metadata, which names its version: same rows, same bytes.
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pandas(rows, preserve_index=False)
    return table.replace_schema_metadata(None)


def read_frames(files: FileStore, version: Version, keys: Sequence[str], limit: int | None = None) -> Iterator[Frame]:
    """The rows of a version in stored order: `_id`, `_line` where there is one, and these columns; at most `limit`."""
    import pyarrow as pa

    from solidata_api.frames.arrow import to_frame

    room = max(1, min(FRAME_ROWS, FRAME_CELLS // (len(keys) + 2)))
    waiting: list[pa.Table] = []
    for group in _groups(files, version, keys, limit):
        waiting.append(group)
        if sum(one.num_rows for one in waiting) >= room or sum(one.nbytes for one in waiting) >= FRAME_BYTES:
            yield to_frame(pa.concat_tables(waiting))
            waiting = []
    if waiting:
        yield to_frame(pa.concat_tables(waiting))


def _groups(files: FileStore, version: Version, keys: Sequence[str], limit: int | None) -> Iterator[pa.Table]:
    """The row groups of a version, each read alone; at most `limit` rows."""
    import pyarrow.parquet as pq

    left = version.row_count if limit is None else min(limit, version.row_count)
    for part in version.parts:
        if left <= 0:
            return
        with pq.ParquetFile(files.local_path(part.path)) as file:
            wanted = stored_names(file.schema_arrow, keys)
            for n in range(file.num_row_groups):
                group = file.read_row_group(n, columns=wanted, use_threads=False).slice(0, left)
                yield group.select(wanted)
                left -= group.num_rows
                if left <= 0:
                    return


def stored_names(schema: pa.Schema, keys: Sequence[str]) -> list[str]:
    """The columns of a part that tell its rows, `_line` where there is one, and these."""
    return ["_id", *(["_line"] if "_line" in schema.names else []), *keys]


def read_rows(files: FileStore, version: Version, keys: Sequence[str], ids: Sequence[str]) -> Iterator[Frame]:
    """The rows of a version that have these ids, in stored order; a frame for each part, be it without rows."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from solidata_api.frames.arrow import to_frame
    from solidata_api.frames.row_ids import stored

    for part in version.parts:
        path = files.local_path(part.path)
        schema = pq.read_schema(path)
        chosen = pc.field("_id").isin(stored(ids, schema.field("_id").type))
        yield to_frame(pq.read_table(path, columns=stored_names(schema, keys), filters=chosen, partitioning=None))


def copied(files: FileStore, version: Version, prefix: str) -> Version:
    """A version whose parts are copies below a prefix; nothing is left of a copy that fails."""
    try:
        parts, origins, rejects, corrections = (
            tuple(_copied(files, part, prefix) for part in series)
            for series in (version.parts, version.origin_parts, version.reject_parts, version.correction_parts)
        )
    except BaseException:
        files.delete(prefix)
        raise
    return replace(version, parts=parts, origin_parts=origins, reject_parts=rejects, correction_parts=corrections)


def corrections(files: FileStore, version: Version) -> list[dict[str, Any]]:
    """The corrections of sources under which a version was built."""
    import pyarrow.parquet as pq

    return [row for part in version.correction_parts for row in pq.read_table(files.local_path(part.path)).to_pylist()]


def _copied(files: FileStore, part: Part, prefix: str) -> Part:
    path = f"{prefix}/{part.path.rpartition('/')[2]}"
    files.copy(part.path, path)
    return replace(part, path=path)


def distinct_texts(files: FileStore, version: Version, key: str) -> set[str]:
    """Every value of a column as canonical text, blanks aside."""
    from solidata_api.frames.canonical import text_of

    kind = next(column.type for column in version.columns if column.key == key)
    found: set[str] = set()
    for frame in read_frames(files, version, [key]):
        found.update(text_of(frame[key], kind).dropna().unique())
    return found


def samples(files: FileStore, version: Version, keys: Sequence[str], count: int) -> dict[str, list[str]]:
    """Some distinct values of each column as canonical text: the first ones met in the first rows."""
    from solidata_api.frames.canonical import text_of

    kinds = {column.key: column.type for column in version.columns}
    found: dict[str, Any] = {key: {} for key in keys}
    for frame in read_frames(files, version, keys, limit=50 * count):
        for key in keys:
            found[key].update(dict.fromkeys(text_of(frame[key], kinds[key]).dropna().unique()))
    return {key: list(values)[:count] for key, values in found.items()}
