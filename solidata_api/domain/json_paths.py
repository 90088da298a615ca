"""Places in JSON as people write them, `data.items`: names joined by points; a point in a name has a `\\` before it."""

from __future__ import annotations

from collections.abc import Sequence


def spelled(names: Sequence[str]) -> str:
    """The path of some names."""
    return ".".join(name.replace("\\", "\\\\").replace(".", "\\.") for name in names)


def steps(path: str) -> list[str]:
    """The names of a path."""
    marked = path.replace("\\\\", "\x00").replace("\\.", "\x01")
    return [one.replace("\x01", ".").replace("\x00", "\\") for one in marked.split(".")] if path else []
