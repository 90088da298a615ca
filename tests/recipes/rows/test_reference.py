"""What previews read of other datasets: the rows alone that are like their own, and what a step makes is the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidata_api.recipes.references import Reference
from tests.recipes.tables import applied, built, content, fields, reference, source

ON = {"dataset_id": "r", "on": {"a": "code"}}
OWN = {"a": ["1", "3", None, "9", "1"], "n": ["Ain", "Asne", "Aine", "x", "Ain"]}
THEIRS = {
    "code": ["1", "2", "3", "3", None, "4"],
    "name": ["Ain", "Aisne", "Allier", "Allier", "Aine", "x"],
    "at": [datetime(2026, 1, n, tzinfo=UTC) for n in range(1, 7)],
}
TYPES = {"at": "datetime_utc"}
STEPS = [
    {"op": "join", **ON, "columns": ["name", "at"]},
    {"op": "join", **ON, "columns": ["name"], "how": "inner", "matches": "many"},
    {"op": "join", **ON, "how": "semi"},
    {"op": "join", **ON, "how": "anti"},
    {"op": "lookup", **ON, "columns": {"at": "at"}},
    {"op": "lookup", "dataset_id": "r", "on": {"a": "code", "n": "name"}, "columns": {"at": "at"}},
    {
        "op": "match", "dataset_id": "r", "column": "n", "reference_column": "name", "key": "code", "block": 1,
        "equal": {"a": "code"}, "columns": {"code": "found"}, "threshold": 80, "review": 50,
        "decisions": [{"value": "x", "reference": "4"}, {"value": "Asne", "reference": "7"}],
    },
    {
        "op": "match", "dataset_id": "r", "column": "n", "reference_column": "name", "block": 1,
        "columns": {"code": "found"},
    },
]  # fmt: skip


class Preview:
    """Keeps what is read of a reference, and counts the rows that were read and those that are held."""

    def __init__(self, whole: Reference) -> None:
        self.kept: dict[Hashable, pa.Table] = {}
        self.read = 0
        self._whole = whole
        self.reference = replace(whole, frames=self._frames, keeps=self._keeps)

    @property
    def held(self) -> int:
        return sum(len(one) for one in self.kept.values())

    def _frames(self, keys: list[str]) -> Iterator[pd.DataFrame]:
        for frame in self._whole.frames(keys):
            self.read += len(frame)
            yield frame

    def _keeps(self, asked: Hashable, make: Callable[[], pa.Table]) -> pa.Table:
        if asked not in self.kept:
            self.kept[asked] = make()
        return self.kept[asked]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step['op']} {step.get('how', '')}")
def test_a_preview_makes_what_a_build_makes(step: Any) -> None:
    whole = reference(THEIRS, TYPES)
    found = [
        built([source("s", OWN)], [step], fields(*OWN, "name", "at", "found"), references=(one,))
        for one in (whole, Preview(whole).reference)
    ]
    assert found[0].content == found[1].content and found[0].ids == found[1].ids
    assert found[0].report == found[1].report and found[0].origins == found[1].origins


def test_no_other_rows_are_held_and_none_are_read_again() -> None:
    preview = Preview(reference({"code": [str(n) for n in range(1000)], "name": ["x"] * 1000}))
    step = {"op": "lookup", **ON, "columns": {"name": "name"}}
    for _ in range(2):
        result = applied(step, {"a": ["7", "8", "7"]}, references=(preview.reference,))
        assert content(result)["name"] == ["x", "x", "x"]
    assert (preview.read, preview.held) == (1000, 2)
    applied(step, {"a": ["7", "9"]}, references=(preview.reference,))
    assert preview.read == 2000


NAMES = [
    "Saint-Étienne",
    "Saint-Denis",
    "SAINT DENIS",
    "Lyon",
    "Marseille",
    "Villeurbanne",
    "Vénissieux",
    "L'Haÿ",
    None,
]
MATCH: dict[str, Any] = {
    "op": "match", "dataset_id": "r", "column": "n", "reference_column": "name", "key": "code",
    "columns": {"code": "found"}, "score": "score",
}  # fmt: skip


def test_what_is_kept_of_names_is_of_what_must_be_equal_too() -> None:
    there = {"name": ["Lyon", "Lyon"], "code": ["1", "2"], "dep": ["69", "75"]}
    preview, rows = Preview(reference(there)), {"n": ["Lyon", "Lyon"], "d": ["69", "75"], "e": ["75", "75"]}
    for equal in ({}, {"d": "dep"}, {"d": "dep", "e": "dep"}, {"n": "name"}):
        step = {**MATCH, "no_match": "blank", **({"equal": equal} if equal else {})}
        found = [
            built([source("s", rows)], [step], fields("n", "found", score="number"), references=(one,)).content
            for one in (reference(there), preview.reference)
        ]
        assert found[0] == found[1]


@given(
    own=st.lists(st.none() | st.sampled_from(NAMES) | st.text("sainteln -", max_size=6), max_size=6),
    equal=st.sampled_from([{}, {"d": "dep"}, {"d": "dep", "n": "name"}, {"d": "dep", "n": "dep"}]),
    change=st.sampled_from([
        {}, {"threshold": 60, "review": 40, "block": 1}, {"scorer": "WRatio", "no_match": "blank", "review": None},
        {"decisions": [{"value": "Lyon", "reference": "5"}, {"value": "saint", "reference": "9999"},
                       {"value": "Marseille", "reference": None}]},
    ]),
)  # fmt: skip
@settings(deadline=None)
def test_a_preview_of_a_match_makes_what_a_build_makes(
    own: list[str | None], equal: dict[str, str], change: dict[str, Any]
) -> None:
    step = {**MATCH, **change, **({"equal": equal} if equal else {})}
    rows = {"n": own, "d": [str(n % 2) for n, _ in enumerate(own)]}
    there = {"name": NAMES * 3, "code": [str(n) for n in range(27)], "dep": [str(n % 3) for n in range(27)]}
    whole = reference(there)
    found = [
        built([source("s", rows)], [step], fields("n", "found", score="number"), references=(one,))
        for one in (whole, Preview(whole).reference)
    ]
    assert found[0].content == found[1].content and found[0].origins == found[1].origins
    assert found[0].report == found[1].report


def test_of_a_match_only_the_rows_most_alike_are_held_and_names_are_read_once() -> None:
    words = ["Lyon", "Lyons", "Lille", "Nice", "Paris"]
    preview = Preview(reference({"name": [f"{word} {n}" for n in range(200) for word in words], "code": ["x"] * 1000}))
    for name, read, held in (("LYON 7", 2000, 1001), ("LYON 7", 2000, 1001), ("lille 1", 3000, 1002)):
        result = applied(MATCH, {"n": [name]}, references=(preview.reference,))
        assert content(result)["score"] == [100.0]
        # The names of all, and the rows that decide.
        assert (preview.read, preview.held) == (read, held)


def test_of_many_sources_each_does_not_read_the_reference_once_more() -> None:
    """A hundred sources with rows of their own would read it a hundred times, in a preview that has ten seconds."""
    preview = Preview(reference({"code": [str(n) for n in range(1000)], "name": [f"x{n}" for n in range(1000)]}))
    step = {"op": "lookup", **ON, "columns": {"name": "name"}}
    sources = [source(f"s{n}", {"a": [str(n)]}) for n in range(20)]
    for most in (4001, 8001, 12_001):
        found = built(sources, [step], fields("a", "name"), references=(preview.reference,))
        assert found.content["name"] == [f"x{n}" for n in range(20)]
        assert preview.read <= most
    # What was read is kept all the same, so that the next preview finds more of it.
    assert preview.held == 9


def test_for_a_table_without_rows_the_first_frame_tells_the_types() -> None:
    preview = Preview(reference({"code": ["1", "2", "3"], "name": ["x", "y", "z"]}))
    step = {"op": "lookup", **ON, "columns": {"name": "name"}}
    assert content(applied(step, {"a": []}, references=(preview.reference,)))["name"] == []
    assert (preview.read, preview.held) == (1, 0)


@pytest.mark.parametrize("sampled", [True, False])
def test_a_sample_can_not_tell_which_rows_are_gone(sampled: bool) -> None:
    earlier = Preview(reference({"code": ["1", "9"], "name": ["a", "gone"]}, wanted=("r", 0))).reference
    step = {"op": "diff", **ON, "columns": {"name": "name"}}
    result = applied(step, {"a": ["1", "2"], "name": ["b", "c"]}, references=(earlier,), sampled=sampled)
    assert content(result)["status"] == ["changed", "added", *([] if sampled else ["removed"])]
