"""One series of Parquet parts, written row group by row group, so that memory holds one group and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from solidata_api.domain.datasets import Part
from solidata_api.tables.files import CountedFile, FileStore

if TYPE_CHECKING:
    import pyarrow as pa

#: The rows of a group, fewer where columns are many or texts long.
GROUP_ROWS = 50_000
GROUP_CELLS = 4_000_000
GROUP_BYTES = 64 << 20
SAMPLED = 4096


def _encodings(group: pa.Table) -> dict[str, Any]:
    """How columns are written, by their first values.

    Whole numbers as differences, since most count rows. A dictionary for other values that repeat. Texts of one length
    that do not, as codes, without a length before each. Ids as they are: they are as random as compression makes them,
    and nobody asks for a range of them.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    first, others, repeating, ids = group.slice(0, SAMPLED), {}, [], []
    for field in group.schema:
        values = first[field.name]
        if pa.types.is_fixed_size_binary(field.type):
            ids.append(field.name)
        elif pa.types.is_integer(field.type):
            others[field.name] = "DELTA_BINARY_PACKED"
        elif 2 * len(pc.unique(values)) < first.num_rows:
            repeating.append(field.name)
        elif pa.types.is_string(field.type) and len(pc.unique(pc.binary_length(values))) == 1:
            others[field.name] = "DELTA_LENGTH_BYTE_ARRAY"
    told = [name for name in group.schema.names if name not in ids]
    compressed = dict.fromkeys(told, "zstd") | dict.fromkeys(ids, "none")
    return {
        "use_dictionary": repeating, "column_encoding": others, "write_statistics": told, "compression": compressed,
        "compression_level": dict.fromkeys(told, 1),
    }  # fmt: skip


class PartWriter:
    """Parts `<prefix>/<name>-00000.parquet` … of so many rows, in the order in which rows are added."""

    def __init__(self, files: FileStore, prefix: str, name: str, part_rows: int) -> None:
        self.files, self.prefix, self.name, self.part_rows = files, prefix, name, part_rows
        self._parts: list[Part] = []
        self._group: list[pa.Table] = []
        self._group_rows = 0
        self._file: CountedFile | None = None
        self._writer: Any = None
        self._rows = 0

    def add(self, table: pa.Table) -> None:
        """Append rows; groups end after the same rows however these come."""
        size = max(1, min(GROUP_ROWS, GROUP_CELLS // max(1, table.num_columns)))
        if not self._group and self._writer is None and not self._parts:
            self._group.append(table.slice(0, 0))
        while table.num_rows:
            room = min(size - self._group_rows, self.part_rows - self._rows - self._group_rows)
            some = table.slice(0, room)
            self._group.append(some)
            self._group_rows += some.num_rows
            table = table.slice(room)
            if some.num_rows == room or sum(one.nbytes for one in self._group) > GROUP_BYTES:
                self._write_group()

    def close(self) -> list[Part]:
        """The parts; without any row, but with a table added, there is one part."""
        if self._group_rows or (self._group and not self._parts and self._writer is None):
            self._write_group()
        self._end_part()
        return self._parts

    def abandon(self) -> None:
        """Leave a part that is not written to its end."""
        if self._file is not None:
            self._file.close()

    def _write_group(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        group = pa.concat_tables(self._group).combine_chunks()
        self._group, self._group_rows = [], 0
        if self._writer is None:
            self._file = self.files.create(self._path())
            self._writer = pq.ParquetWriter(self._file, group.schema, **_encodings(group))
        self._writer.write_table(group)
        self._rows += group.num_rows
        if self._rows >= self.part_rows:
            self._end_part()

    def _end_part(self) -> None:
        if self._writer is None or self._file is None:
            return
        self._writer.close()
        self._file.close()
        self._parts.append(Part(self._path(), self._rows, self._file.size, self._file.sha256))
        self._file = self._writer = None
        self._rows = 0

    def _path(self) -> str:
        return f"{self.prefix}/{self.name}-{len(self._parts):05d}.parquet"
