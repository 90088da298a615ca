"""What a version was read from, load by load, and how options said later are laid over those that hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from solidata_api.domain.datasets import Dataset, Load, ReadOptions, Version

#: replace: the file is the table; append: its rows come behind; upsert: they take the place of rows of the same key.
MODES = ("replace", "append", "upsert")
#: Options of columns: those said last hold for the rows of all loads. The others are of one file alone.
COLUMN_OPTIONS = ("decimal", "thousands", "dates", "booleans", "empty", "types", "formats")
#: What only a first import can be asked for.
FIRST_ONLY = {"draft": "only a first import has a draft", "sheets": "a dataset is one table: name its `sheet`"}


def plain(options: ReadOptions) -> dict[str, Any]:
    """What options say, without what they leave to detection."""
    return {name: value for name, value in asdict(options).items() if value not in (None, {}) and name != "draft"}


def loads_of(version: Version) -> tuple[Load, ...]:
    """The files of a version, the oldest first."""
    if version.loads or version.original is None:
        return version.loads
    return (Load(version.original),)


def options_of(dataset: Dataset, version: Version) -> dict[str, Any]:
    """The options that hold for a version: those of its last load; of a table without any its schema's types."""
    loads = loads_of(version)
    if loads:
        return dict(loads[-1].options)
    if (dataset.source or {}).get("type") != "rows":
        return {}
    formats = {one.key: one.format for one in version.columns if one.format}
    return {"types": {one.key: one.type for one in version.columns}, **({"formats": formats} if formats else {})}


def laid(earlier: Mapping[str, Any], asked: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    """Options with others laid over them: null, for an option or one column of it, means to detect again.

    Columns may be named by header; `keys` are theirs by header.
    """
    given = {name: _by_key(value, keys) for name, value in earlier.items()}
    for name, value in asked.items():
        said, before = _by_key(value, keys), given.get(name)
        given[name] = {**(before if isinstance(before, dict) else {}), **said} if isinstance(said, dict) else said
    kept = {name: _without_nulls(value) for name, value in given.items()}
    return {name: value for name, value in kept.items() if value not in (None, {})}


def reading(load: Load, last: Mapping[str, Any]) -> ReadOptions:
    """How one of several files is read: its own options, but for those of columns, which are the last load's."""
    own = {name: value for name, value in load.options.items() if name not in COLUMN_OPTIONS}
    return ReadOptions(**own, **{name: last[name] for name in COLUMN_OPTIONS if name in last})


def of_columns(options: Mapping[str, Any], there: Collection[str], asked: Mapping[str, Any]) -> ReadOptions:
    """The options of columns, without what was said earlier of columns that are not there: they may come back."""
    kept: dict[str, Any] = {}
    for name in COLUMN_OPTIONS:
        value, now = options.get(name), asked.get(name)
        if isinstance(value, dict):
            said = now if isinstance(now, dict) else {}
            value = {column: one for column, one in value.items() if column in there or column in said}
        if value is not None:
            kept[name] = value
    return ReadOptions(**kept)


def _by_key(value: Any, keys: Mapping[str, str]) -> Any:
    return {keys.get(name, name): one for name, one in value.items()} if isinstance(value, dict) else value


def _without_nulls(value: Any) -> Any:
    return {name: one for name, one in value.items() if one is not None} if isinstance(value, dict) else value
