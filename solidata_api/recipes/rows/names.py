"""Names as they are compared: their words in alphabetical order, of a whole column at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.likeness import words
from solidata_api.recipes.rows.coding import order_of

#: So many names are taken apart at once: their words wait in memory.
_AT_ONCE = 500_000
#: Between words and what must be equal; no word has it.
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Groups:
    """Places by a whole number: `order[starts[n]:starts[n + 1]]` are those of `n`, in order; -1 is of none."""

    order: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, code: np.ndarray, count: int) -> Groups:
        has = np.flatnonzero(code >= 0)
        order = has[order_of(code[has].astype(np.int64))]
        return cls(order, np.concatenate([[0], np.cumsum(np.bincount(code[has], minlength=count))]))

    def places(self, n: int) -> list[int]:
        found: list[int] = self.order[self.starts[n] : self.starts[n + 1]].tolist()
        return found


@dataclass(frozen=True)
class Names:
    """Names that are compared, each once: a key, words, what must be equal if anything, and the numbers of the names
    that are so. Those that are blank, have no words, or a blank where something must be equal, are not among them."""

    keys: Any
    words: Any
    equal: Any
    numbers: Groups

    @classmethod
    def of(cls, coded: Any) -> Names:
        """Of names as `coded` has them."""
        parts = pc.split_pattern(coded.dictionary, _SEPARATOR, max_splits=1).flatten()
        count = len(coded.dictionary)
        # Either all have something that must be equal, or none has.
        words, equal = (parts, None) if len(parts) == count else (_every_other(parts, 0), _every_other(parts, 1))
        return cls(coded.dictionary, words, equal, Groups.of(pc.fill_null(coded.indices, -1).to_numpy(), count))

    def blocks(self, letters: int) -> list[Any]:
        """What names must share to be compared, in either of these: the first letters, or the last ones, with what
        must be equal; without letters that alone. As `likeness.blocks` has them."""
        if not letters:
            return [self.equal if self.equal is not None else pa.repeat("", len(self.words))]
        plain = pc.replace_substring(self.words, " ", "")
        ends = [pc.utf8_slice_codeunits(plain, 0, letters), pc.utf8_slice_codeunits(plain, -letters)]
        return ends if self.equal is None else [_beside(end, self.equal) for end in ends]


def coded(sorted_: Any, equal: Any = None) -> Any:
    """Names whose words are sorted, each with what must be equal in one text: each distinct one once, as Arrow codes
    values; blank where one is not to be compared."""
    usable = pc.if_else(pc.equal(sorted_, ""), None, sorted_)
    return (usable if equal is None else _beside(usable, equal)).dictionary_encode()


def sorted_texts(texts: Any) -> Any:
    """`likeness.sorted_words` of each text of an Arrow column, in one piece; empty where one is blank."""
    whole = pc.fill_null(texts.cast(pa.string()), "")
    whole = whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole
    parts = [_sorted(whole.slice(start, _AT_ONCE)) for start in range(0, len(whole), _AT_ONCE)]
    return pa.concat_arrays(parts or [pa.array([], pa.string())])


def _sorted(texts: Any) -> Any:
    # Nothing that tells words apart looks beyond a space: what stands between two is taken apart once, wherever it is.
    pieces = pc.split_pattern(texts, " ")
    coded = pieces.flatten().dictionary_encode()
    found = [words(piece) for piece in coded.dictionary.to_pylist()]
    known = sorted(set(chain.from_iterable(found)))
    rank = {word: place for place, word in enumerate(known)}
    ranks = np.array([rank[word] for some in found for word in some], dtype=np.int32)
    counts = np.array([len(some) for some in found], dtype=np.int32)
    code = coded.indices.to_numpy()
    ends = _ends(counts[code])
    # For each word of each text its place in `ranks`.
    at = np.repeat(_ends(counts)[code] - ends[:-1], counts[code]) + np.arange(ends[-1], dtype=np.int32)
    offsets = ends[_ends(pc.list_value_length(pieces).to_numpy())]
    order = _in_each(ranks[at], offsets)
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), pa.array(known, pa.string()).take(order)), " ")


def _in_each(ranks: np.ndarray, offsets: np.ndarray) -> Any:
    """The words' ranks, sorted within each text: all texts of so many words together."""
    counts = np.diff(offsets)
    for count in np.unique(counts[counts > 1]):
        places = offsets[:-1][counts == count][:, None] + np.arange(count, dtype=np.int32)
        ranks[places] = np.sort(ranks[places], axis=1)
    return pa.array(ranks)


def _ends(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def _every_other(parts: Any, first: int) -> Any:
    return parts.take(pa.array(np.arange(first, len(parts), 2)))


def _beside(texts: Any, equal: Any) -> Any:
    """Both in one text; blank where one is."""
    return pc.binary_join_element_wise(texts, equal, _SEPARATOR, null_handling="emit_null")
