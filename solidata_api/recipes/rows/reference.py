"""Rows of another dataset in memory, found by key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.frames.arrow import to_frame
from solidata_api.frames.row_ids import DIGEST, digests_of
from solidata_api.recipes.base import Table, Tools, Wanted
from solidata_api.recipes.references import Keeps, Reference
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.origins import REFERENCES, ROOM, each_once, stacked, together

#: Between the keys of a row; in keys it is written as `\x1ef`.
_SEPARATOR = "\x1f"
#: The column of kept rows for their place in the reference; no column of a dataset has such a key.
_PLACE = "_place"
#: So often a preview reads a reference for some rows of it; once more, and it has all of them: there may be a hundred
#: sources, each with rows of its own.
SCANS = 3


@dataclass(frozen=True)
class Like:
    """Rows of a reference that a preview needs: those that have one of these keys in these columns, and those at
    `places` in it, which follow from `of` and the reference."""

    keys: Sequence[tuple[Sequence[str], Any]]
    of: Hashable = None
    places: Callable[[Reference, Keeps], np.ndarray] | None = None


@dataclass(frozen=True)
class Held:
    """A reference by key: `rows[starts[n]:starts[n + 1]]` are the places of the rows with `keys[n]`, in order.

    `handles` are those of its rows in the whole run, wherever else it is read."""

    number: int
    columns: Mapping[str, Any]
    kinds: Mapping[str, str]
    ids: Any
    lines: Any
    handles: np.ndarray
    texts: Any
    keys: Any
    rows: np.ndarray
    starts: np.ndarray

    def found(self, texts: Any) -> tuple[np.ndarray, np.ndarray]:
        """For each key how many rows have it, and where in `rows` they begin; a blank one has none."""
        codes = cells.chunked(pc.index_in(texts, value_set=self.keys))
        code = np.asarray(pc.fill_null(codes, -1).to_numpy(), dtype=np.int64)
        counts = np.where(code >= 0, (self.starts[1:] - self.starts[:-1])[code] if len(self.keys) else 0, 0)
        return counts, np.where(code >= 0, self.starts[code], 0)

    def places(self, at: np.ndarray, has: np.ndarray) -> np.ndarray:
        """The places of rows that stand there in `rows`; -1 where there is none."""
        if not len(self.rows):
            return np.full(len(at), -1, dtype=np.int64)
        return np.where(has, self.rows[np.where(has, at, 0)], -1)


def held(
    tools: Tools,
    wanted: Wanted,
    keys: Sequence[str],
    columns: Sequence[str],
    like: Callable[[], Like] | None = None,
) -> Held:
    """A reference of the run with these columns, read once; in a preview only the rows that are `like` something, as
    long as that takes few readings."""
    number, reference = _reference(tools, wanted)
    wide = list(dict.fromkeys([*keys, *columns]))
    asked = ("held", wanted, tuple(keys), tuple(columns))
    scans = tools.memory.setdefault(("scans", *asked), [])
    if like is not None and reference.keeps is not None and len(scans) < SCANS:
        some = _some(reference, reference.keeps, wide, like(), scans)
        return _held(tools.stacked + number, reference, keys, wide, some)
    if asked not in tools.memory:
        parts = list(_numbered(reference.frames(wide)))
        tools.memory[asked] = _held(tools.stacked + number, reference, keys, wide, parts)
    found: Held = tools.memory[asked]
    return found


def held_by(tools: Tools, wanted: Wanted, table: Table, on: Mapping[str, str], columns: Sequence[str]) -> Held:
    """A reference by key; in a preview only the rows that have a key of the table's, `on` being `{ours: theirs}`."""
    theirs = list(on.values())
    return held(tools, wanted, theirs, columns, lambda: Like([(theirs, own_keys(table, list(on)))]))


def key_texts(columns: Sequence[tuple[Any, str]]) -> Any:
    """The keys of rows as one text each, from columns with their types; blank where one of them is."""
    texts = [to_text(found, kind) for found, kind in columns]
    if len(texts) == 1:
        return texts[0]
    plain = [pc.replace_substring(pc.replace_substring(one, "\x1e", "\x1ee"), _SEPARATOR, "\x1ef") for one in texts]
    whole = [one.combine_chunks() for one in plain]
    return cells.chunked(pc.binary_join_element_wise(*whole, _SEPARATOR, null_handling="emit_null"))


def own_keys(table: Table, keys: Sequence[str]) -> Any:
    """The keys of a table's rows, in canonical text."""
    return key_texts([(cells.values(table.frame, key), table.schema[key].type) for key in keys])


def taken(column: Any, places: np.ndarray) -> Any:
    """The cells at these places; blank where there is none (-1)."""
    if not len(column):
        return cells.blanks(column.type, len(places))
    return column.take(pa.array(np.maximum(places, 0), mask=places < 0))


def with_origins(table: Table, held: Held, places: np.ndarray) -> Table:
    """The table, each row also with the row of the reference at a place as origin; -1: with none."""
    has = places >= 0
    if not has.any():
        return table
    chosen = pa.array(places[has])
    handles, owners = held.handles[places[has]], table.frame.index.to_numpy()[has]
    lines = stacked(handles, owners, held.number, held.ids.take(chosen), held.lines.take(chosen))
    origins = together([table.origins, lines])
    # An earlier step may have read this reference: a row of it is told once.
    is_known = bool((table.origins.source == held.number).any())
    return Table(table.frame, table.schema, each_once(origins) if is_known else origins)


def fresh_handles(table: Table, rows: int) -> np.ndarray:
    """Handles for new rows of a whole table: beyond all that it ever had."""
    owners, index = table.origins.owner, table.frame.index.to_numpy()
    first = max(owners.max(initial=-1), index.max(initial=-1)) + 1
    return np.arange(first, first + rows, dtype=np.int64)


def _numbered(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """The frames, each row under its place in all of them."""
    first = 0
    for frame in frames:
        yield frame.set_axis(pd.RangeIndex(first, first + len(frame)), axis="index")
        first += len(frame)


def _some(reference: Reference, keeps: Keeps, wide: list[str], like: Like, scans: list[None]) -> list[pd.DataFrame]:
    """The rows that are like something, kept from one preview to the next; `scans` has one more where they are read."""
    texts = [(tuple(keys), sorted(set(texts.drop_null().to_pylist()))) for keys, texts in like.keys]
    told = repr((texts, like.of)).encode("utf-8", "surrogatepass")

    def read() -> pa.Table:
        # Without a key only types are asked for: those of the table without rows that comes before all others.
        is_asked = like.places is not None or any(one for _, one in texts)
        scans.extend([None] if is_asked else [])
        places = like.places(reference, keeps) if like.places else np.array([], dtype=np.int64)
        frames = reference.frames(wide) if is_asked else islice(reference.frames(wide), 1)
        tables = [_table(part[_are_like(reference, part, texts, places)]) for part in _numbered(frames)]
        return pa.concat_tables(tables).combine_chunks() if tables else pa.table({})

    kept = keeps((tuple(wide), hashlib.sha256(told).digest()), read)
    if not kept.num_columns:
        return []
    return [to_frame(kept.drop_columns(_PLACE)).set_axis(kept[_PLACE].to_numpy(), axis="index")]


def _table(part: pd.DataFrame) -> pa.Table:
    return pa.table({_PLACE: part.index.to_numpy(), **{name: cells.values(part, name) for name in part.columns}})


def _are_like(
    reference: Reference, part: pd.DataFrame, texts: Sequence[tuple[Sequence[str], list[str]]], places: np.ndarray
) -> np.ndarray:
    kinds = {column.key: column.type for column in reference.columns}
    found = np.isin(part.index.to_numpy(), places)
    for keys, wanted in texts:
        theirs = key_texts([(cells.values(part, key), kinds[key]) for key in keys])
        found |= cells.mask(pc.is_in(theirs, value_set=pa.array(wanted, pa.string())))
    return found


def _held(
    number: int, reference: Reference, keys: Sequence[str], wide: Sequence[str], parts: Sequence[pd.DataFrame]
) -> Held:
    kinds = {column.key: column.type for column in reference.columns}
    found = {key: _whole([cells.values(part, key) for part in parts], kinds[key]) for key in wide}
    ids = cells.chunked(pa.concat_arrays([*_ids(parts), pa.array([], DIGEST)]))
    lined = [part for part in parts if "_line" in part.columns]
    lines = _whole([cells.values(part, "_line") for part in lined], "integer")
    lines = lines if lined else cells.blanks(pa.int64(), len(ids))
    texts = key_texts([(found[key], kinds[key]) for key in keys])
    places = np.concatenate([part.index.to_numpy() for part in parts] or [np.array([], dtype=np.int64)])
    return Held(number, found, kinds, ids, lines, REFERENCES + number * ROOM + places, texts, *_by_key(texts))


def _reference(tools: Tools, wanted: Wanted) -> tuple[int, Reference]:
    for number, one in enumerate(tools.references):
        if one.wanted == wanted:
            return number, one
    raise LookupError(f"this run reads no rows of dataset {wanted[0]!r} at version {wanted[1]}")


def _ids(parts: Sequence[pd.DataFrame]) -> list[pa.Array]:
    return [chunk for part in parts for chunk in digests_of(cells.values(part, "_id")).chunks]


def _whole(parts: Sequence[Any], kind: str) -> Any:
    """A column in one piece: it is taken from by place."""
    chunks = [chunk for part in parts for chunk in part.chunks]
    zoned = any(getattr(part.type, "tz", None) for part in parts)
    wanted = cells.UTC if zoned else cells.arrow_type(kind)
    return pa.chunked_array([pa.concat_arrays([chunk.cast(wanted) for chunk in chunks] or [pa.nulls(0, wanted)])])


def _by_key(texts: Any) -> tuple[Any, np.ndarray, np.ndarray]:
    coded = texts.combine_chunks().dictionary_encode()
    code = np.asarray(pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64)
    order = np.argsort(code, kind="stable")
    rows = order[int((code < 0).sum()) :]
    counts = np.bincount(code[code >= 0], minlength=len(coded.dictionary))
    return coded.dictionary, rows, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
