"""The addresses of step results that are kept: what each is made of, as a key. Importing this reads no pandas.

The address of what a step makes is a hash of the engine, of all that rows and steps are read from, and of each step up
to it. A parameter of unknown kind, which may hold more than it shows, has none. Rows must be those of their versions,
without corrections. Decision 34.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any, Protocol

from solidata_api.recipes.base import Step, Tools
from solidata_api.recipes.inputs import SourceInput

#: Row steps after which a result is kept though none of them needed the whole table.
STRETCH = 4
#: Where the code is that makes results, beside this package.
ENGINE = ("recipes", "frames", "domain")
LIBRARIES = (
    "pandas", "pyarrow", "numpy", "email-validator", "ftfy", "google-re2", "idna", "jmespath", "lark", "orjson",
    "phonenumbers", "python-stdnum", "rapidfuzz", "tzdata",
)  # fmt: skip
#: Parameters that change nothing.
_IDLE = ("note",)


class Unkeyed(Exception):
    """Something has no address, so that what is made of it can't be kept."""


class Store(Protocol):
    """Where results are kept: folders, by key."""

    def find(self, key: str) -> Path | None: ...

    def begin(self) -> Path: ...

    def has_room(self, size: int) -> bool: ...

    def commit(self, made: Path, key: str) -> None: ...

    def discard(self, made: Path) -> None: ...


@dataclass(frozen=True)
class Keeping:
    """Where a run keeps results. `reads`: the ids of each dataset and version that they are made of, since they go with
    these. A number would not do: in a database that was put back it may come to mean another content."""

    store: Store
    reads: tuple[tuple[str, str], ...]
    #: What else the results depend on, such as the key of pseudonyms.
    secret: bytes

    def keys(self, sources: Sequence[SourceInput], steps: Sequence[Step], tools: Tools) -> list[str] | None:
        """The address of what each step makes; None where there is none."""
        try:
            begun = [self.reads, tools.fields, tools.source_titles, [_source(one) for one in sources]]
            begun += [[_source(one) for one in tools.references], engine()]
            found = [_hash(self.secret, begun)]
            for step in steps:
                found.append(_hash(self.secret, [found[-1], step]))
        except Unkeyed:
            return None
        return found[1:]


def points(steps: Sequence[Step], gathers: Iterable[bool]) -> list[int]:
    """After which steps to keep what is made: after each one that needs the whole table, and in long rows of others."""
    found, stretch, whole = [], 0, list(gathers)
    for n in range(len(steps)):
        stretch = 0 if whole[n] else stretch + 1
        # Before one that is kept anyway, and at the end, it would save little.
        if whole[n] or (stretch >= STRETCH and n + 1 < len(steps) and not whole[n + 1]):
            found.append(n)
            stretch = 0
    return found


@cache
def engine() -> str:
    """What makes the results: the code, Python, which knows letters, and the libraries by version."""
    root, digest = Path(__file__).parents[1], blake2b(digest_size=16)
    for name in ENGINE:
        for path in sorted((root / name).rglob("*.py")):
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    digest.update(" ".join((python_version(), *map(version, LIBRARIES))).encode())
    return digest.hexdigest()


def _source(one: Any) -> list[Any]:
    """A source or reference: its rows by their version, and how they are read."""
    return [getattr(one, name, None) for name in ("dataset_id", "version", "columns", "mapping", "steps", "wanted")]


def _hash(secret: bytes, value: Any) -> str:
    written = json.dumps(_spelled(value), ensure_ascii=False, separators=(",", ":"))
    return blake2b(written.encode("utf-8", "surrogatepass"), digest_size=20, key=secret).hexdigest()


def _spelled(value: Any) -> Any:
    """A value as JSON that no other value has; raises Unkeyed for what may hold more than it shows."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return ["float", repr(value)]
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, list | tuple):
        return [type(value).__name__, *map(_spelled, value)]
    if isinstance(value, Mapping):
        return ["map", *([_spelled(key), _spelled(one)] for key, one in value.items())]
    if isinstance(value, set | frozenset):
        return ["set", *sorted(json.dumps(_spelled(one)) for one in value)]
    if is_dataclass(value) and not isinstance(value, type):
        parts = [[one.name, _spelled(getattr(value, one.name))] for one in fields(value) if one.name not in _IDLE]
        return [type(value).__qualname__, *parts]
    raise Unkeyed
