"""Columns folded as `fold_text` folds a text: by the bytes of all texts at once, as each character folds by itself."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.domain.folding import fold_text, fold_texts
from solidata_api.frames.text_bytes import GONE, bounds_of, bytes_of, pieces, with_bytes
from solidata_api.recipes.base import Schema, StepResult, Table
from solidata_api.recipes.rows import cells, text
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.rejects import blanked

_LOWER = bytes(range(256)).lower()
#: How a capital sigma is lowered depends on what stands around it, as no other character.
_SIGMA = ord("Σ")
#: Characters of two bytes are those below; they, and those of more, begin with this byte or one above.
_OF_TWO, _FIRST = 0x800, 0xC0
#: Stands, as no two bytes do, for characters that do not fold to at most two bytes, whatever stands around them.
_OTHER = 0xFEFE


def folded(texts: Any) -> Any:
    """Each text of a column as `fold_text` has it; blank stays blank."""
    return pa.chunked_array([_folded(piece) for piece in pieces(texts)], pa.string())


def _folded(texts: Any) -> Any:
    held = bytes_of(texts)
    begins = np.flatnonzero(held >= _FIRST)
    made = bytearray(held)
    # Each byte with the one behind it.
    pairs = np.ndarray(max(len(made) - 1, 0), "<u2", made, strides=(1,))
    pairs[begins] = bare = _folds()[pairs[begins]]
    found = with_bytes(texts, made, _LOWER)
    others = begins[bare == _OTHER]
    return _with_others(found, texts, others) if len(others) else found


@cache
def _folds() -> np.ndarray:
    """Two bytes that a character begins with → those that it folds to, at their end GONE."""
    made = np.full(1 << 16, _OTHER, "<u2")
    for code in range(0x80, _OF_TWO):
        bare = fold_text(chr(code)).encode()
        if len(bare) <= 2 and code != _SIGMA:
            made[_pair(chr(code).encode())] = _pair(bare.ljust(2, bytes([GONE])))
    return made


def _pair(two: bytes) -> int:
    return int.from_bytes(two, "little")


def _with_others(found: Any, texts: Any, places: np.ndarray) -> Any:
    """The column with those texts that have bytes at these places folded one by one."""
    bounds = bounds_of(texts)
    is_other = np.zeros(len(texts), bool)
    is_other[np.searchsorted(bounds, places + bounds[0], side="right") - 1] = True
    coded = cells.coded(cells.chunked(texts.filter(pa.array(is_other))))
    made = pa.array(fold_texts(coded.values.to_pylist()), pa.string())
    return pc.replace_with_mask(found, pa.array(is_other), coded.cells(made).combine_chunks())


def folded_into(table: Table, into: dict[str, str], schema: Schema) -> StepResult:
    """The table with each column's canonical text folded in the column that `into` says; empty is blank."""
    columns: dict[str, Any] = {}
    changed = 0
    for key, target in into.items():
        made = folded(to_text(cells.values(table.frame, key), table.schema[key].type))
        is_empty = cells.mask(pc.equal(pc.binary_length(made), 0))
        columns[target] = blanked(made, is_empty)
        changed += int(cells.differs(text.previous(table, target), columns[target]).sum())
    return text.result(table, columns, schema, changed)
