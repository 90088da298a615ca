"""Every table of an upload, read one after the other: sheets of a workbook, entries of an archive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from solidata_api.backends import Backends
from solidata_api.domain.datasets import Original, ReadOptions
from solidata_api.domain.errors import Cancelled, EmptyFile, NotATable, SolidataError, Unavailable
from solidata_api.domain.jobs import Job
from solidata_api.services.reading import limits

T = TypeVar("T")


@dataclass(frozen=True)
class Tables(Generic[T]):
    """What was made of each table by its name, which are blank, and which can't be read."""

    made: list[tuple[str, T]]
    skipped: list[str]
    failed: list[tuple[str, SolidataError]]

    def told(self) -> dict[str, Any]:
        """What a result says of those that nothing was made of."""
        failed = [{"sheet": name, "error": {"kind": one.kind, "detail": one.detail}} for name, one in self.failed]
        return {"skipped": self.skipped, "failed": failed}


def asks(options: ReadOptions) -> bool:
    """Whether a dataset of each table is asked for."""
    return options.sheets == "all" or options.entry == "*"


def read_each(backends: Backends, job: Job, read: Callable[[int, ReadOptions], T]) -> Tables[T]:
    """Read every table of an upload by its number and options. One that can't be read keeps none of the others back."""
    from solidata_api.formats import tables_in

    path = backends.tables.local_path(Original(**job.params["original"]).path)
    tables: Tables[T] = Tables([], [], [])
    for n, options in enumerate(tables_in(path, ReadOptions(**job.params["options"]), limits(backends))):
        try:
            tables.made.append((name_of(options), read(n, replace(options, sheets=None))))
        except (Cancelled, Unavailable):
            raise
        except EmptyFile:
            tables.skipped.append(name_of(options))
        except SolidataError as error:
            tables.failed.append((name_of(options), error))
    if not tables.made:
        raise tables.failed[0][1] if tables.failed else NotATable("Every sheet of the file is blank.")
    return tables


def name_of(options: ReadOptions) -> str:
    """What one table of several is called."""
    return " – ".join(one for one in (options.entry, options.sheet) if one and one != "*") or "table"
