"""Projects: which columns they use, under whose consent, and why their table is stale."""

from __future__ import annotations

from dataclasses import replace

from solidata_api.domain.projects import Loan, ProjectSource, mark_stale
from tests.domain.documents import MOMENT, make_project

LOAN, FORMER_LOAN = Loan("ada", MOMENT, "collective"), Loan("ben", MOMENT, "opendata")
PROJECT = make_project(
    sources=(ProjectSource("one", {"a": "name", "b": "code"}, {"a": LOAN}), ProjectSource("reference")),
    former_sources=(ProjectSource("gone", {"x": "name"}, {"x": FORMER_LOAN}), ProjectSource("one", {}, {"b": LOAN})),
)


def test_a_source_is_found_by_its_dataset() -> None:
    assert PROJECT.source("one") is PROJECT.sources[0]


def test_a_source_taken_out_is_no_source() -> None:
    assert PROJECT.source("gone") is None


def test_a_loan_is_for_one_column_of_one_source() -> None:
    assert PROJECT.loan("one", "a") == LOAN
    assert PROJECT.loan("reference", "a") is None


def test_a_loan_holds_for_what_was_built_with_a_source_taken_out() -> None:
    assert PROJECT.loan("gone", "x") == FORMER_LOAN


def test_used_columns_are_those_that_are_mapped() -> None:
    assert [(source.dataset_id, column) for source, column in PROJECT.used_columns()] == [("one", "a"), ("one", "b")]


def test_a_project_becomes_stale_with_its_reason() -> None:
    stale = mark_stale(PROJECT, "the model changed").stale
    assert stale is not None and stale.reasons == ("the model changed",)


def test_a_further_reason_is_added_and_the_moment_kept() -> None:
    once = mark_stale(PROJECT, "first")
    assert once.stale is not None
    once = replace(once, stale=replace(once.stale, since=MOMENT))
    twice = mark_stale(once, "second").stale
    assert twice is not None and (twice.since, twice.reasons) == (MOMENT, ("first", "second"))


def test_a_reason_is_told_once() -> None:
    twice = mark_stale(mark_stale(PROJECT, "same"), "same").stale
    assert twice is not None and twice.reasons == ("same",)
