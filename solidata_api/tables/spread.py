"""Rows of a version that are spread over all of it: the same ones each time, and few row groups read for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from solidata_api.domain.datasets import Version
from solidata_api.tables.files import FileStore
from solidata_api.tables.kept_rows import KeptRows
from solidata_api.tables.versions import read_frames, stored_names

if TYPE_CHECKING:
    import pyarrow as pa

    from solidata_api.frames.arrow import Frame

#: So many row groups are read at most.
GROUPS = 8


def spread_frames(
    files: FileStore, kept: KeptRows, version: Version, keys: Sequence[str], rows: int, looked_at: int | None = None
) -> Iterator[Frame]:
    """As many rows, in stored order, or all where there are no more; `_id`, `_line` where there is one, and `keys`.

    With `looked_at` so many rows are decoded, the first ones of each row group, and at least as many as are wanted.
    """
    if version.row_count <= rows:
        yield from read_frames(files, version, keys)
        return
    from solidata_api.frames.arrow import to_frame

    asked = (version.id, tuple(keys), rows, looked_at)
    yield to_frame(kept.get(asked, lambda: _spread(files, version, keys, rows, looked_at)))


def _spread(files: FileStore, version: Version, keys: Sequence[str], rows: int, looked_at: int | None) -> pa.Table:
    import pyarrow as pa

    groups = _groups(files, version)
    chosen = [groups[place] for place in _places(len(groups), min(GROUPS, len(groups)))]
    held = sum(count for _, _, count in chosen)
    done = given = 0
    found = []
    for path, group, count in chosen:
        done += count
        # Rounding down what is due by now, so that all together are as many as asked.
        wanted = min(count, done * rows // held - given)
        given += wanted
        if wanted:
            among = count if looked_at is None else min(count, max(wanted, looked_at // len(chosen)))
            found.append(_rows(files, path, group, keys, among, _places(among, wanted)))
    # In one piece: what works on it takes as long for a hundred rows as for a thousand.
    return pa.concat_tables(found).combine_chunks()


def _groups(files: FileStore, version: Version) -> list[tuple[str, int, int]]:
    """Each row group with its part and its rows."""
    import pyarrow.parquet as pq

    found = []
    for part in version.parts:
        with pq.ParquetFile(files.local_path(part.path)) as file:
            sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
        found += [(part.path, n, size) for n, size in enumerate(sizes) if size]
    return found


def _rows(files: FileStore, path: str, group: int, keys: Sequence[str], among: int, places: list[int]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(files.local_path(path)) as file:
        wanted = stored_names(file.schema_arrow, keys)
        first = next(file.iter_batches(among, row_groups=[group], columns=wanted))
        return pa.Table.from_batches([first.select(wanted).take(pa.array(places))])


def _places(count: int, wanted: int) -> list[int]:
    """So many places of `count`, at even distances."""
    return [n * count // wanted for n in range(wanted)]
