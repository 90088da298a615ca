"""Documents and actors for tests of the judge: some to name in a table, and random ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from solidata_api.domain.actors import ROLES, Actor
from solidata_api.domain.datasets import Column, Dataset
from solidata_api.domain.documents import GRADES, OPEN_LEVELS, Member
from solidata_api.domain.projects import Project

MOMENT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
PEOPLE = ("ada", "ben", "cleo", "dan")

TEAM = (*(Member(name, name) for name in GRADES), Member("demoted", "owner"))
#: One of each who may ask: each grade is a member named for it; `demoted` owns, but lost its e-mail's confirmation.
ACTORS = {
    "anonymous": Actor(),
    "guest": Actor("guest", "guest"),
    "demoted": Actor("guest", "demoted"),
    "stranger": Actor("member", "stranger"),
    **{name: Actor("member", name) for name in GRADES},
    "staff": Actor("staff", "staff"),
    "admin": Actor("admin", "admin"),
}
CONFIRMED = {"stranger", *GRADES, "staff", "admin"}


def make_project(**values: Any) -> Project:
    """A project of TEAM at the defaults."""
    start = {"id": "p", "title": "P", "target_id": "t", "team": TEAM, "created_at": MOMENT, "updated_at": MOMENT}
    return Project(**{**start, **values})


def make_dataset(*columns: Column, **values: Any) -> Dataset:
    """A dataset of TEAM at the defaults."""
    start = {"id": "d", "title": "D", "slug": "d", "kind": "source", "team": TEAM}
    return Dataset(**{**start, "columns": columns, "created_at": MOMENT, "updated_at": MOMENT, **values})


levels = st.sampled_from(OPEN_LEVELS)
teams = st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(GRADES)).map(
    lambda grades: tuple(Member(user_id, grade) for user_id, grade in grades.items())
)
actors = st.one_of(
    st.just(Actor()),
    st.builds(Actor, st.sampled_from([role for role in ROLES if role != "anonymous"]), st.sampled_from(PEOPLE)),
)
columns = st.lists(
    st.builds(Column, st.sampled_from("abcdef"), st.just(""), open_level=levels, cap=levels, gone=st.booleans()),
    max_size=4,
    unique_by=lambda column: column.key,
).map(tuple)
_edit_levels = st.sampled_from(OPEN_LEVELS[1:])
projects = st.builds(make_project, team=teams, open_level=levels, edit_level=_edit_levels)
datasets = st.builds(
    lambda made, **values: make_dataset(*made, **values),
    columns,
    team=teams,
    open_level=levels,
    edit_level=_edit_levels,
)
