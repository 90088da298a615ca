"""Projects: which columns they use, under whose consent, and why their table is stale."""

from __future__ import annotations

from dataclasses import replace

from solidata_api.domain.datasets import SourceRecipe
from solidata_api.domain.projects import Loan, ProjectSource, Recipe, mark_fresh, mark_stale
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


def test_a_source_reads_the_columns_that_are_mapped_or_that_its_own_recipe_uses() -> None:
    assert [source.reads for source in PROJECT.sources] == [{"a", "b"}, frozenset()]
    prepared = replace(PROJECT.sources[0], recipe=SourceRecipe(({"op": "x"},)), used=("c",))
    assert prepared.reads == {"c"}


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


def test_a_reason_that_is_gone_leaves_the_others() -> None:
    stale = mark_stale(mark_stale(PROJECT, "the model changed"), "the recipe changed")
    left = mark_fresh(stale, "the recipe changed").stale
    assert left is not None and left.reasons == ("the model changed",)
    assert mark_fresh(mark_stale(PROJECT, "the recipe changed"), "the recipe changed").stale is None
    assert mark_fresh(PROJECT, "the recipe changed").stale is None


def test_a_version_of_a_recipe_has_a_number_of_its_own_also_after_an_undo() -> None:
    first = Recipe().followed_by(({"op": "a"},), "ada")
    second = first.followed_by(({"op": "b"},), "ada")
    undone = replace(first, newest=second.newest)
    third = undone.followed_by(({"op": "c"},), "ben")
    assert [(one.version, one.made_from) for one in (first, second, third)] == [(1, 0), (2, 1), (3, 1)]
