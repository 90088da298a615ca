"""The local cache of serving files: one DuckDB database a version, made from its Parquet parts, bounded in size."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import starmap
from pathlib import Path

import duckdb

from solidata_api.domain.datasets import Version
from solidata_api.domain.folding import fold_text
from solidata_api.tables.files import FileStore
from solidata_api.tables.names import HEAD, ZONED, described, folded, is_text, quoted, shown

#: Part of the file names: raised when the layout changes, so that old files are made anew.
LAYOUT = 3
MEGABYTE = 1 << 20
#: Enough to make a file of any size; what the process holds besides comes on top.
MAKING_MB = 320
#: What counts as a code, judged by so many rows: at most so many bytes on average, more than half of them different.
CODE_BYTES = 40
SAMPLE_ROWS = 30_000
#: Characters that DuckDB, opening `œ` before, folds as `fold_text` does, and much faster (a test compares them).
KNOWN = "À-ÅÇ-ÏÑ-ÖÙ-Ýà-åç-ïñ-öù-ýÿŒœ’«»–—€"
#: What French texts have besides ASCII, most often first: replaced one by one, as `strip_accents` takes far longer.
COMMON = dict(zip("éèàçêôœîâû", ("e", "e", "a", "c", "e", "o", "oe", "i", "a", "u"), strict=True))
_log = logging.getLogger(__name__)


class ServingCache:
    """Makes serving files when they are missing and removes those not read for longest."""

    def __init__(self, files: FileStore, folder: Path, limit_mb: int, memory_mb: int) -> None:
        self.files = files
        self.folder = folder
        self.limit = limit_mb * MEGABYTE
        self.memory_mb = memory_mb

    def path(self, version: Version) -> Path:
        return self.folder / f"{version.id}.v{LAYOUT}.duckdb"

    def ensure(self, version: Version) -> Path:
        """The serving file of a version; of several processes that want it one makes it."""
        path = self.path(version)
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            with _locked(path.with_suffix(".lock")):
                if not path.exists():
                    self._make(version, path)
            shrink(self.folder.glob("*.duckdb"), self.limit, keep=path)
        os.utime(path)
        return path

    def forget(self, version: Version) -> None:
        """Remove a version's file, which is gone or broken."""
        self.path(version).unlink(missing_ok=True)

    def _make(self, version: Version, path: Path) -> None:
        aside = path.with_suffix(".making")
        aside.unlink(missing_ok=True)
        try:
            memory = min(self.memory_mb, MAKING_MB)
            with duckdb.connect(str(aside), config={"memory_limit": f"{memory}MB", "threads": 2}) as connection:
                _fill(connection, version, lambda part: str(self.files.local_path(part)))
            aside.rename(path)
        finally:
            aside.unlink(missing_ok=True)
            Path(f"{aside}.wal").unlink(missing_ok=True)


def shrink(paths: Iterable[Path], limit: int, keep: Path | None = None) -> None:
    """Remove those of these files that were not read for longest, until the others have `limit` bytes at most."""
    found = [(stat, path) for path in paths if (stat := _stat(path)) is not None]
    size = sum(stat.st_size for stat, _ in found)
    for stat, path in sorted(found, key=lambda one: one[0].st_mtime):
        if size <= limit:
            return
        if path != keep:
            # Who has it open goes on reading; the disk is free once they close it.
            path.unlink(missing_ok=True)
            size -= stat.st_size


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None  # another process was faster


def _fill(connection: duckdb.DuckDBPyConnection, version: Version, local: Callable[[str], str]) -> None:
    # The rows keep their order, so that `rowid` is a row's position.
    connection.create_function("fold_text", fold_text, ["VARCHAR"], "VARCHAR")  # type: ignore[list-item, arg-type]
    parts = [local(part.path) for part in version.parts]
    kinds = described(connection, "from read_parquet(?)", [parts])
    copies = [_copy(column.key) for column in version.columns if is_text(column)]
    _store(
        connection,
        f"select {', '.join([*starmap(shown, kinds.items()), *copies])} from read_parquet(?)",
        parts,
        _codes(connection, version, parts),
    )
    # By which one row is found: sorted, it is read in one place. It takes 6 bytes a row, and no memory.
    connection.execute(f"create table ids as select {HEAD} as head, rowid::uinteger as place from rows order by head")
    if version.origin_parts:
        origins = [local(part.path) for part in version.origin_parts]
        told = ", ".join(starmap(shown, described(connection, "from read_parquet(?)", [origins]).items()))
        connection.execute(f"create table origins as select {told} from read_parquet(?)", [origins])
    if version.reject_parts:
        rejects = [local(part.path) for part in version.reject_parts]
        connection.execute("create table rejects as select * from read_parquet(?)", [rejects])
    # Moments are held without zone, in UTC; here stands which of them told one.
    zoned = [name for name, kind in kinds.items() if kind == ZONED]
    connection.execute("create table zoned as select unnest(?::varchar[]) as key", [zoned])
    connection.remove_function("fold_text")
    connection.execute("checkpoint")


def _codes(connection: duckdb.DuckDBPyConnection, version: Version, parts: list[str]) -> set[str]:
    """The texts that are short and nearly all different, as ids and codes are, by a look at the first rows."""
    keys = [column.key for column in version.columns if is_text(column)]
    if not keys:
        return {"_id"}
    told = ", ".join(
        f"coalesce(avg(strlen({name})) <= {CODE_BYTES} and approx_count_distinct({name}) > count({name}) / 2, false)"
        for name in map(quoted, keys)
    )
    sample = f"select * from read_parquet(?) limit {SAMPLE_ROWS}"
    found = connection.execute(f"select {told} from ({sample})", [parts]).fetchone() or ()
    codes = {key for key, is_code in zip(keys, found, strict=True) if is_code}
    return {"_id", *codes, *(f"_f_{key}" for key in codes)}


def _store(connection: duckdb.DuckDBPyConnection, select: str, parts: list[str], codes: set[str]) -> None:
    """The table of rows. A dictionary of codes would be read whole for each of them, so they are stored as they are."""
    columns = described(connection, select, [parts])
    spelled = (
        f"{quoted(name)} {kind}{' using compression uncompressed' if name in codes else ''}"
        for name, kind in columns.items()
    )
    connection.execute(f"create table rows ({', '.join(spelled)})")
    connection.execute(f"insert into rows {select}", [parts])


def _copy(key: str) -> str:
    """A text column as `fold_text` makes it."""
    name = quoted(key)
    opened = plainly_folded(name)
    # What is ASCII by now has as many bytes as characters, and nothing is left to fold.
    return (
        f"case when strlen({opened}) = length({opened}) then {opened}"
        f" when regexp_full_match({name}, '[\\x01-\\x7f{KNOWN}]*') then strip_accents({opened})"
        f" else fold_text({name}) end as {folded(key)}"
    )


def plainly_folded(name: str) -> str:
    """SQL that lowers a text and opens its common letters: where that gives ASCII, it is as `fold_text` has it."""
    sql = f"lower({name})"
    for letter, plain in COMMON.items():
        sql = f"replace({sql}, '{letter}', '{plain}')"
    return sql


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
