"""What is exported: the rows of a query in a format, and what tells their bytes from all others."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, field

import duckdb

from solidata_api.domain.datasets import Column, Version
from solidata_api.domain.exports import ExportStyle
from solidata_api.domain.queries import RowQuery

#: Raised when a writer changes its bytes, so that old files and their ETags are not taken for new ones.
LAYOUT = 1
#: What else the bytes depend on.
_MADE_WITH = (LAYOUT, duckdb.__version__, zlib.ZLIB_RUNTIME_VERSION)


@dataclass(frozen=True)
class Export:
    """The rows of a query in a format. `columns` are those that may be filtered and sorted by."""

    version: Version
    columns: tuple[Column, ...]
    query: RowQuery
    format: str
    style: ExportStyle = field(default_factory=ExportStyle)

    @property
    def answered(self) -> tuple[Column, ...]:
        """The columns asked for, in the order asked."""
        by_key = {column.key: column for column in self.columns}
        return tuple(by_key[key] for key in self.query.columns)

    @property
    def digest(self) -> str:
        """What tells its bytes from all others: the same digest, the same bytes."""
        shown = [(one.key, one.title, one.type, one.format) for one in self.answered]
        visible = [column.key for column in self.columns]
        told = (_MADE_WITH, self.version.id, visible, shown, self.query, self.format, self.style)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:40]
