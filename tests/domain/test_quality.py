"""Shares of quality: of what, and where there is nothing to have a share of."""

from __future__ import annotations

from solidata_api.domain.quality import changes, shares


def test_shares_are_of_rows_and_of_what_is_filled() -> None:
    counts = {"a": {"filled": 3, "valid": 2}, "b": {"filled": 0, "valid": 0}, "gone": {"filled": 1, "valid": 1}}
    profile = {"a": {"distinct": 2, "estimated": False}, "b": {"distinct": 0, "estimated": False}}
    assert shares(counts, 4, profile) == {
        "a": {"completeness": 0.75, "validity": 0.666667, "uniqueness": 0.666667, "estimated": False},
        "b": {"completeness": 0.0, "validity": None, "uniqueness": None, "estimated": False},
    }


def test_an_estimate_is_told_and_never_above_all() -> None:
    told = shares({"a": {"filled": 100, "valid": 100}}, 100, {"a": {"distinct": 103, "estimated": True}})
    assert told["a"] == {"completeness": 1.0, "validity": 1.0, "uniqueness": 1.0, "estimated": True}


def test_a_table_without_rows_has_no_shares() -> None:
    told = shares({"a": {"filled": 0, "valid": 0}}, 0, {"a": {"distinct": 0, "estimated": False}})
    assert told["a"]["completeness"] is None


def test_a_change_is_of_shares_that_both_builds_have() -> None:
    before = {"a": {"completeness": 0.5, "validity": None, "uniqueness": 0.3}, "gone": {"completeness": 1.0}}
    after = {"a": {"completeness": 0.75, "validity": 0.5, "uniqueness": 0.1}, "new": {"completeness": 1.0}}
    assert changes(before, after) == {"a": {"completeness": 0.25, "validity": None, "uniqueness": -0.2}}
