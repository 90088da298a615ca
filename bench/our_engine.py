"""Sources imported as versions, and the version that the engine makes of them: for benches of builds."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from consolidating_with import RESULT
from payments import FIELDS, HEADERS, write

TYPES = {"amount": "number", "payments": "integer", "first_paid": "date", "last_paid": "date"}


@contextmanager
def sources_of(rows: int, keep: Path | None) -> Iterator[list[Path]]:
    """Two sources of together so many rows, in a folder that is kept and used again, or gone at the end."""
    with tempfile.TemporaryDirectory() as name:
        folder = keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        sources = [folder / f"office_{n}.parquet" for n in range(2)]
        if not all(one.exists() for one in sources):
            sources = imported(write(rows, folder), folder)
        yield sources


def written(tables: Any, read: list[Any], steps: list[dict[str, Any]], keeping: Any = None) -> Any:
    """The version that a build makes of these inputs, as `services/builds.py` does."""
    from solidata_api.domain.models import BoundField
    from solidata_api.frames.arrow import empty_frame
    from solidata_api.recipes.base import Tools
    from solidata_api.recipes.parse import parse
    from solidata_api.recipes.run import run

    names = RESULT
    fields = [BoundField(n, n, n, TYPES.get(n, "string"), None, {}, n == "grant", "opendata") for n in names]
    result = run(read, parse(steps), fields, Tools(), keeping=keeping)
    with tables.writer("made") as writer:
        writer.add(empty_frame(result.columns))
        for chunk in result.chunks(b"a key of sixteen"):
            writer.add(chunk.rows)
            writer.add_origins(chunk.origins)
        for rejects in result.rejects():
            writer.add_rejects(rejects)
        return writer.close()


def inputs(tables: Any, sources: list[Path]) -> list[Any]:
    """The sources, as the engine reads them."""
    return [_input(tables, path, n) for n, path in enumerate(sources)]


def _input(tables: Any, path: Path, n: int) -> Any:
    from solidata_api.domain.datasets import Column
    from solidata_api.recipes.inputs import SourceInput

    version = json.loads(path.with_suffix(".json").read_text())
    kept = _version(version)
    keys = [one.key for one in kept.columns]
    return SourceInput(
        dataset_id=f"office_{n}",
        version=1,
        title=f"Office {n}",
        columns=tuple(Column(key, key) for key in keys),
        mapping=dict(zip(keys, FIELDS, strict=True)),
        frames=lambda wanted: tables.frames(kept, list(wanted)),
        rows=kept.row_count,
    )


def _version(told: dict[str, Any]) -> Any:
    from solidata_api.domain.datasets import Column, Part, Version
    from solidata_api.domain.documents import now

    columns = tuple(Column(key, key) for key in told["columns"])
    parts = tuple(Part(**one) for one in told["parts"])
    rows = sum(one.rows for one in parts)
    return Version(
        id=told["id"], dataset_id=told["id"], n=1, job_id="", columns=columns, parts=parts, row_count=rows, sha256="",
        created_by="", created_at=now(),
    )  # fmt: skip


def imported(paths: list[Path], folder: Path) -> list[Path]:
    """The files imported as versions of text columns; beside each version the same texts as one Parquet file."""
    import pyarrow.parquet as pq

    from solidata_api.domain.datasets import Load, Original
    from solidata_api.services.reading import Table, read_version
    from solidata_api.settings import Settings
    from solidata_api.tables import open_tables

    settings = Settings(data_dir=folder / "data")
    tables = open_tables(settings)

    class World:
        pass

    world: Any = World()
    world.settings, world.tables = settings, tables
    made = []
    for n, path in enumerate(paths):
        name = f"office_{n}"
        with path.open("rb") as file:
            size, sha256 = tables.keep(f"uploads/{name}", file)
        load = Load(Original(f"uploads/{name}", path.name, size, sha256), {"types": _texts(n)})
        read = read_version(world, Table([load], "00" * 16), f"datasets/{name}/1", lambda *_: None)
        keys = [one.key for one in read.columns]
        parts = [vars(one) for one in read.written.parts]
        target = folder / f"{name}.parquet"
        target.with_suffix(".json").write_text(json.dumps({"id": name, "columns": keys, "parts": parts}))
        _write_texts(pq, [tables.local_path(one["path"]) for one in parts], keys, HEADERS[n], target)
        made.append(target)
    return made


def _texts(n: int) -> dict[str, str]:
    from solidata_api.domain.column_keys import column_keys

    return dict.fromkeys(column_keys(list(HEADERS[n])), "string")


def _write_texts(pq: Any, parts: list[Path], keys: list[str], headers: tuple[str, ...], target: Path) -> None:
    writer = None
    for part in parts:
        for batch in pq.ParquetFile(part).iter_batches(200_000, columns=keys):
            import pyarrow as pa

            table = pa.Table.from_batches([batch]).rename_columns(list(headers))
            writer = writer or pq.ParquetWriter(target, table.schema, compression="zstd", compression_level=1)
            writer.write_table(table)
    if writer:
        writer.close()


def peak() -> int:
    """The most memory of this process, in MB; `ru_maxrss` would begin with that of the one that began it."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) >> 10
