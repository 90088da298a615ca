"""Python functions on whole columns: called once for each distinct set of arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from solidata_api.recipes.rows.expressions.evaluation import Call


def each_distinct(call: Call, compute: Callable[..., Any], kind: Any) -> Any:
    """`compute` of the arguments of each row, called once for each distinct set; blank where one is blank.

    What it refuses by ValueError is a reject, with its sentence.
    """
    return _each(call, call.args, compute, kind)


def each_other(call: Call, known: Any, found: Any, compute: Callable[..., Any]) -> Any:
    """`found` where it is known to be right, elsewhere `compute` of the arguments, as in `each_distinct`."""
    first = pc.if_else(known, pa.scalar(None, call.args[0].type), call.args[0])
    return pc.if_else(known, found, _each(call, [first, *call.args[1:]], compute, found.type))


def _each(call: Call, args: list[Any], compute: Callable[..., Any], kind: Any) -> Any:
    if any(isinstance(arg, pa.Scalar) and not arg.is_valid for arg in args):
        return pa.scalar(None, kind)
    codes, arguments = _coded(args, call.rows)
    made: list[Any] = []
    refused: dict[int, str] = {}
    for n, values in enumerate(arguments):
        try:
            made.append(compute(*values))
        except ValueError as error:
            made.append(None)
            refused[n] = str(error)
    if refused:
        bad = np.isin(codes, np.fromiter(refused, np.int64))
        call.reject(bad, lambda position: refused[int(codes[position])])
    return pa.array(made, kind).take(pa.array(codes, mask=codes < 0))


def _coded(args: list[Any], rows: int) -> tuple[np.ndarray, list[tuple[Any, ...]]]:
    """For each row the place of its arguments in the list of distinct ones; -1 where one is blank."""
    codes = np.zeros(rows, dtype=np.int64)
    chosen: list[tuple[Any, ...]] = [()] if rows else []
    for arg in args:
        if isinstance(arg, pa.Scalar):
            chosen = [(*values, arg.as_py()) for values in chosen]
            continue
        own, known = _encoded(arg)
        blank = (codes < 0) | (own < 0)
        pairs, codes = np.unique(np.where(blank, -1, codes * max(len(known), 1) + own), return_inverse=True)
        # Where some are blank, the first pair stands for these.
        codes = codes.astype(np.int64) - int(len(pairs) > 0 and pairs[0] < 0)
        places = [divmod(int(pair), max(len(known), 1)) for pair in pairs if pair >= 0]
        chosen = [(*chosen[before], known[place]) for before, place in places]
    return codes, chosen


def _encoded(arg: Any) -> tuple[np.ndarray, list[Any]]:
    whole = arg.combine_chunks() if isinstance(arg, pa.ChunkedArray) else arg
    coded = whole.dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, coded.dictionary.to_pylist()
