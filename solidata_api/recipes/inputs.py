"""A source as the engine reads it: its columns, their mapping, and where its rows come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from solidata_api.recipes.stacking import StackedSource

if TYPE_CHECKING:
    import pandas as pd

Frames = Callable[[list[str]], "Iterator[pd.DataFrame]"]


@dataclass(frozen=True, kw_only=True)
class SourceInput(StackedSource):
    """A source version. `frames(keys)` gives its rows in order, with `_id`, `_line` and these columns.

    It can be asked again. `rows` is how many there are, for progress; 0 says unknown.
    """

    version: int
    frames: Frames
    rows: int = 0
