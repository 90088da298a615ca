"""What a step remembers of the texts it rewrote, from chunk to chunk."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from solidata_api.recipes.base import Tools
from solidata_api.recipes.parse import parse
from solidata_api.recipes.rows import cells, text
from tests.recipes.tables import table

CHUNKS = st.lists(st.lists(st.sampled_from(["a", "b", "c", "", "dé"]) | st.none(), max_size=6), max_size=4)


@given(chunks=CHUNKS, room=st.integers(0, 6))
def test_what_is_remembered_changes_nothing(chunks: list[list[str | None]], room: int) -> None:
    asked: list[str] = []
    known: dict[str, object] = {}

    def doubled(texts: list[str]) -> Iterable[str]:
        asked.extend(texts)
        return ["" if one == "c" else one * 2 for one in texts]

    with patch.object(text, "KEPT_TEXTS", room):
        for chunk in chunks:
            held = table({"x": chunk})
            result = text.rewritten(held, {"x": "x"}, doubled, held.schema, known)
            before = cells.values(held.frame, "x").to_pylist()
            after = [None if one in (None, "c", "") else one * 2 for one in before]
            assert cells.values(result.table.frame, "x").to_pylist() == after
            assert result.report.cells_changed == sum(a != b for a, b in zip(before, after, strict=True))
    if room > 4:
        assert len(asked) == len(set(asked))


def test_no_later_step_is_taken_for_one_that_is_gone() -> None:
    (step,) = parse([{"op": "fix_text", "columns": ["x"]}])
    tools, held = Tools(), table({"x": ["a"]})
    step.apply(held, tools)
    gone = weakref.ref(step)
    del step
    # What was remembered is found by the step's id, which a later one could have.
    assert gone() is not None
