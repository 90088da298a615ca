"""Paths into JSON."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain.json_paths import spelled, steps


def test_a_point_in_a_name_has_a_mark_before_it() -> None:
    assert steps("a.b\\.c.d\\\\.e") == ["a", "b.c", "d\\", "e"]


@given(st.lists(st.text(st.sampled_from("ab.\\"), min_size=1), min_size=1))
def test_a_spelled_path_has_the_same_names_again(names: list[str]) -> None:
    assert steps(spelled(names)) == names
