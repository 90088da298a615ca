"""The judge, held against DESIGN 3 as a table and, for random documents, against the rule in other words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidata_api.domain import policy
from solidata_api.domain.actors import ANONYMOUS, Actor
from solidata_api.domain.datasets import Column, Dataset
from solidata_api.domain.documents import GRADES, OPEN_LEVELS, Document, Member, strictest
from solidata_api.domain.errors import Conflict, EmailUnconfirmed, Forbidden, Invalid, NotFound, Unauthenticated
from solidata_api.domain.projects import Loan
from tests.domain.documents import (
    ACTORS,
    CONFIRMED,
    MOMENT,
    PEOPLE,
    TEAM,
    actors,
    datasets,
    make_dataset,
    make_project,
    projects,
)

READERS = {
    "opendata": set(ACTORS),
    "commons": CONFIRMED,
    "collective": {*GRADES, "admin"},
    "private": {"owner", "manager", "admin"},
}
ABLE = {
    "contribute": {"owner", "manager", "editor", "contributor", "admin"},
    "edit": {"owner", "manager", "editor", "admin"},
    "build": {"owner", "manager", "editor", "admin"},
    "share": {"owner", "manager", "admin"},
    "manage_team": {"owner", "manager", "admin"},
    "delete": {"owner", "admin"},
    "transfer": {"owner", "admin"},
}
WRITING = tuple(ABLE)
#: What an API key may with the scope `write`, where its owner may; the rest is for people who log in.
KEYS_DO = ("contribute", "edit", "build", "delete")
#: Grade of who acts → the grades that they may give, change or take away.
GRANTS = {
    "owner": set(GRADES),
    "manager": {"manager", "editor", "contributor", "viewer"},
    "editor": set(),
    "contributor": set(),
    "viewer": set(),
    "stranger": set(),
    "staff": set(),
    "admin": set(GRADES),
}
#: A team in which each grade is held by the one named for it, and once more by somebody else.
DOUBLE = (*(Member(name, name) for name in GRADES), *(Member(f"other-{name}", name) for name in GRADES))
keys = st.sampled_from([("read",), ("write",), ("read", "write")])


def allowed(action: str, document: Document) -> set[str]:
    return {name for name, actor in ACTORS.items() if policy.can(actor, action, document)}


@pytest.mark.parametrize("level", OPEN_LEVELS)
def test_a_document_is_read_by_those_whom_its_level_names(level: str) -> None:
    assert allowed("read", make_project(open_level=level)) == READERS[level]


@pytest.mark.parametrize("level", OPEN_LEVELS)
def test_a_column_is_read_by_those_whom_its_level_names(level: str) -> None:
    dataset = make_dataset(Column("a", "A", open_level=level), open_level="opendata")
    assert {name for name, actor in ACTORS.items() if policy.readable_columns(actor, dataset)} == READERS[level]


@pytest.mark.parametrize("action", WRITING)
def test_each_action_belongs_to_its_grades(action: str) -> None:
    assert allowed(action, make_project()) == ABLE[action]


@pytest.mark.parametrize("action", WRITING)
def test_edit_level_commons_makes_every_confirmed_user_an_editor_and_no_more(action: str) -> None:
    document = make_project(open_level="commons", edit_level="commons")
    editors = CONFIRMED if action in ("contribute", "edit", "build") else ABLE[action]
    assert allowed(action, document) == editors


@pytest.mark.parametrize("action", ["edit", "build"])
def test_edit_level_private_leaves_editing_to_owners_and_managers(action: str) -> None:
    assert allowed(action, make_project(edit_level="private")) == {"owner", "manager", "admin"}


def test_edit_level_private_leaves_a_contributor_its_own_grade() -> None:
    assert "contributor" in allowed("contribute", make_project(edit_level="private"))


@pytest.mark.parametrize("action", WRITING)
def test_who_can_not_read_a_document_can_do_nothing_to_it(action: str) -> None:
    document = make_project(open_level="private", edit_level="private")
    assert allowed(action, document) <= READERS["private"]


@given(actors, projects | datasets)
def test_no_random_document_is_changed_by_who_does_not_read_it(actor: Actor, document: Document) -> None:
    if not policy.can(actor, "read", document):
        assert not any(policy.can_actions(actor, document).values())


@given(actors, projects | datasets)
def test_lists_select_exactly_what_the_judge_lets_read(actor: Actor, document: Document) -> None:
    tokens = policy.visible_to(actor).tokens
    listed = tokens is None or bool(set(tokens) & set(policy.readers(document)))
    assert listed == policy.can(actor, "read", document)


@given(actors, datasets)
def test_a_column_is_read_at_the_strictest_of_its_level_its_cap_and_its_dataset(actor: Actor, dataset: Dataset) -> None:
    expected = [
        column
        for column in dataset.columns
        if may_read(actor, strictest((column.open_level, column.cap, dataset.open_level)), dataset.team)
    ]
    assert list(policy.readable_columns(actor, dataset)) == expected


@given(actors, datasets)
def test_a_dataset_is_there_for_whom_one_of_its_columns_is(actor: Actor, dataset: Dataset) -> None:
    if dataset.live_columns and not actor.is_admin:
        shown = [column for column in policy.readable_columns(actor, dataset) if not column.gone]
        assert policy.can(actor, "read", dataset) == bool(shown)


@given(actors, projects)
def test_a_random_document_is_read_as_its_level_says(actor: Actor, document: Document) -> None:
    assert policy.can(actor, "read", document) == may_read(actor, document.open_level, document.team)


@given(actors, projects)
def test_a_guest_reads_as_anonymous_does(actor: Actor, document: Document) -> None:
    guest = replace(actor, role="guest") if actor.is_known else actor
    assert policy.can(guest, "read", document) == policy.can(ANONYMOUS, "read", document)


@given(actors, datasets)
def test_a_wider_level_never_takes_a_reader_away(actor: Actor, dataset: Dataset) -> None:
    kept = {column.key for column in policy.readable_columns(actor, dataset)}
    opened = replace(dataset, open_level="opendata")
    assert kept <= {column.key for column in policy.readable_columns(actor, opened)}


def test_a_dataset_without_columns_is_read_at_its_own_level() -> None:
    assert allowed("read", make_dataset(open_level="commons")) == READERS["commons"]


def test_a_gone_column_shows_nobody_a_dataset() -> None:
    dataset = make_dataset(
        Column("old", "Old", gone=True), Column("new", "New", open_level="private"), open_level="opendata"
    )
    assert allowed("read", dataset) == READERS["private"]


def test_all_is_read_by_those_who_read_every_column_gone_ones_too() -> None:
    dataset = make_dataset(
        Column("a", "A"), Column("b", "B", gone=True, open_level="collective"), open_level="opendata"
    )
    assert allowed("read_all", dataset) == READERS["collective"]


def test_all_of_a_dataset_without_columns_is_not_for_those_who_may_not_read_it() -> None:
    with pytest.raises(NotFound):
        policy.require(ACTORS["stranger"], "read_all", make_dataset())


@pytest.mark.parametrize("action", WRITING)
@pytest.mark.parametrize("level", OPEN_LEVELS)
def test_anonymous_is_asked_to_log_in_whatever_is_there(level: str, action: str) -> None:
    with pytest.raises(Unauthenticated):
        policy.require(ANONYMOUS, action, make_project(open_level=level))


@pytest.mark.parametrize("action", WRITING)
def test_a_guest_is_asked_to_confirm_first(action: str) -> None:
    with pytest.raises(EmailUnconfirmed):
        policy.require(ACTORS["demoted"], action, make_project())


@pytest.mark.parametrize("action", ["read", *WRITING])
def test_what_is_hidden_is_not_found_whatever_was_to_be_done(action: str) -> None:
    with pytest.raises(NotFound):
        policy.require(ACTORS["stranger"], action, make_project())


@pytest.mark.parametrize("action", WRITING)
def test_what_is_seen_but_not_allowed_is_forbidden(action: str) -> None:
    with pytest.raises(Forbidden):
        policy.require(ACTORS["viewer"], action, make_project())


def test_hidden_and_unknown_give_the_same_answer() -> None:
    with pytest.raises(NotFound) as refused:
        policy.require(ACTORS["stranger"], "read", make_project(id="one"))
    assert refused.value.detail == policy.hidden("one").detail


@pytest.mark.parametrize("action", ["read", *WRITING])
def test_what_is_allowed_passes(action: str) -> None:
    policy.require(ACTORS["owner"], action, make_project())


def test_only_staff_and_admin_curate() -> None:
    passed = set()
    for name, actor in ACTORS.items():
        try:
            policy.require_curator(actor)
            passed.add(name)
        except (Unauthenticated, EmailUnconfirmed, Forbidden):
            continue
    assert passed == {"staff", "admin"}


def test_documents_tell_the_five_actions() -> None:
    assert policy.can_actions(ACTORS["editor"], make_project()) == {
        "edit": True,
        "build": True,
        "share": False,
        "manage_team": False,
        "delete": False,
    }


@pytest.mark.parametrize("open_level", OPEN_LEVELS)
def test_opendata_is_no_edit_level(open_level: str) -> None:
    with pytest.raises(Invalid) as refused:
        policy.check_levels(open_level, "opendata")
    assert refused.value.faults[0].pointer == "/edit_level"


@pytest.mark.parametrize(("open_level", "edit_level"), [("collective", "commons"), ("private", "collective")])
def test_an_edit_level_wider_than_the_open_level_is_refused(open_level: str, edit_level: str) -> None:
    with pytest.raises(Invalid, match="levels do not fit") as refused:
        policy.check_levels(open_level, edit_level)
    assert f"which is {open_level}" in refused.value.faults[0].message


@pytest.mark.parametrize("open_level", OPEN_LEVELS)
def test_an_edit_level_as_strict_as_the_open_level_fits(open_level: str) -> None:
    policy.check_levels(open_level, strictest((open_level, "commons")))


def test_a_column_may_be_set_anywhere_up_to_its_cap() -> None:
    column = Column("a", "A", cap="commons")
    assert [level for level in OPEN_LEVELS if not policy.check_column_level(column, level, "/here")] == [
        "commons",
        "collective",
        "private",
    ]


def test_a_level_above_the_cap_is_refused_naming_column_and_cap() -> None:
    (fault,) = policy.check_column_level(Column("postcode", "P", cap="collective"), "opendata", "/columns/0/open_level")
    assert fault.pointer == "/columns/0/open_level"
    assert "'postcode'" in fault.message and "collective" in fault.message


@pytest.mark.parametrize("level", ["opendata", "commons"])
def test_an_open_source_column_hands_on_its_level_without_a_loan(level: str) -> None:
    column = Column("a", "A")
    assert policy.source_column_cap(make_dataset(column, open_level=level), column, None) == level


def test_a_source_column_hands_on_the_strictest_of_its_levels() -> None:
    column = Column("a", "A", open_level="opendata", cap="commons")
    assert policy.source_column_cap(make_dataset(column, open_level="opendata"), column, None) == "commons"


@pytest.mark.parametrize("level", ["collective", "private"])
def test_a_restricted_source_column_is_of_no_use_without_a_loan(level: str) -> None:
    column = Column("a", "A", open_level=level)
    assert policy.source_column_cap(make_dataset(column, open_level="opendata"), column, None) is None


@pytest.mark.parametrize("up_to", OPEN_LEVELS)
def test_a_lent_source_column_hands_on_what_its_loan_says(up_to: str) -> None:
    column = Column("a", "A", open_level="private")
    assert policy.source_column_cap(make_dataset(column), column, Loan("ada", MOMENT, up_to)) == up_to


def test_a_loan_never_closes_what_is_open_without_it() -> None:
    column = Column("a", "A")
    loan = Loan("ada", MOMENT, "private")
    assert policy.source_column_cap(make_dataset(column, open_level="opendata"), column, loan) == "opendata"


def test_only_managers_of_a_source_lend_and_being_admin_does_not_count() -> None:
    dataset = make_dataset()
    assert {name for name, actor in ACTORS.items() if policy.may_lend(actor, dataset)} == {"owner", "manager"}


def test_who_lends_to_a_project_of_its_own_sets_no_cap() -> None:
    assert policy.default_up_to(ACTORS["manager"], make_project()) == "opendata"


@pytest.mark.parametrize("name", ["editor", "viewer", "stranger", "admin"])
def test_who_lends_to_the_project_of_others_lends_to_its_team(name: str) -> None:
    assert policy.default_up_to(ACTORS[name], make_project()) == "collective"


def test_a_cap_is_the_strictest_of_its_sources() -> None:
    assert policy.cap_of(["opendata", "collective", "commons"]) == "collective"


def test_a_column_made_of_no_source_has_no_cap() -> None:
    assert policy.cap_of([]) == "opendata"


def test_reader_tokens_of_a_private_document_name_its_owners_and_managers_only() -> None:
    assert set(policy.readers(make_project(open_level="private", team=TEAM[:5]))) == {"user:owner", "user:manager"}


def may_read(actor: Actor, level: str, team: tuple[Member, ...]) -> bool:
    """DESIGN 3's table of levels in other words than the judge's."""
    if level == "opendata" or actor.role == "admin":
        return True
    if actor.role in ("anonymous", "guest"):
        return False
    grades = {member.user_id: member.grade for member in team}
    if level == "private":
        return grades.get(actor.user_id or "") in ("owner", "manager")
    return level == "commons" or actor.user_id in grades


def as_key(name: str, *scopes: str) -> Actor:
    return replace(ACTORS[name], key_id="key", scopes=scopes)


@pytest.mark.parametrize("name", sorted(CONFIRMED))
@pytest.mark.parametrize("action", WRITING)
def test_a_key_that_may_write_does_what_its_owner_may_except_what_is_for_log_ins(name: str, action: str) -> None:
    document = make_project(open_level="commons")
    expected = action in KEYS_DO and policy.can(ACTORS[name], action, document)
    assert policy.can(as_key(name, "read", "write"), action, document) == expected


@pytest.mark.parametrize("name", sorted(CONFIRMED))
@pytest.mark.parametrize("action", WRITING)
def test_a_key_that_may_only_read_writes_nothing(name: str, action: str) -> None:
    assert not policy.can(as_key(name, "read"), action, make_project(open_level="commons", edit_level="commons"))


@pytest.mark.parametrize("name", sorted(CONFIRMED))
@pytest.mark.parametrize("level", OPEN_LEVELS)
def test_a_key_reads_what_its_owner_reads(name: str, level: str) -> None:
    document = make_project(open_level=level)
    assert policy.can(as_key(name, "read"), "read", document) == policy.can(ACTORS[name], "read", document)


@pytest.mark.parametrize("name", sorted(CONFIRMED))
@pytest.mark.parametrize("scopes", [("read",), ("read", "write")])
def test_no_key_lends(name: str, scopes: tuple[str, ...]) -> None:
    assert not policy.may_lend(as_key(name, *scopes), make_dataset())


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_the_scope_read_is_for_get_and_head(method: str) -> None:
    policy.require_scope(as_key("owner", "read", "write"), method)
    if method in ("GET", "HEAD"):
        policy.require_scope(as_key("owner", "read"), method)
    else:
        with pytest.raises(Forbidden):
            policy.require_scope(as_key("owner", "read"), method)


def test_what_is_for_log_ins_is_not_for_keys() -> None:
    policy.require_log_in(ACTORS["owner"])
    with pytest.raises(Forbidden):
        policy.require_log_in(as_key("owner", "read", "write"))


@given(actors, projects | datasets, keys)
def test_no_key_can_more_than_its_owner(actor: Actor, document: Document, scopes: tuple[str, ...]) -> None:
    key = replace(actor, key_id="key", scopes=scopes)
    for action in ("read", "read_all", *WRITING):
        assert policy.can(actor, action, document) or not policy.can(key, action, document)
    assert not any(policy.can(key, action, document) for action in WRITING if action not in KEYS_DO)
    assert not any(policy.may_grant(key, document, grade) for grade in GRADES)


@pytest.mark.parametrize("name", sorted(GRANTS))
def test_each_grade_grants_up_to_its_own(name: str) -> None:
    assert {grade for grade in GRADES if policy.may_grant(ACTORS[name], make_project(), grade)} == GRANTS[name]


@pytest.mark.parametrize("wanted", [*GRADES, None])
@pytest.mark.parametrize("held", [*GRADES, None])
@pytest.mark.parametrize("name", sorted(GRANTS))
def test_somebody_else_is_changed_by_who_may_grant_both_what_they_had_and_what_they_get(
    name: str, held: str | None, wanted: str | None
) -> None:
    document = make_project(team=DOUBLE, open_level="commons")
    person = f"other-{held}" if held else "new"
    allowed_to = {one for one in (held, wanted) if one} <= GRANTS[name] and bool(GRANTS[name])
    if allowed_to:
        policy.require_team_change(ACTORS[name], document, person, wanted)
    else:
        with pytest.raises(Forbidden):
            policy.require_team_change(ACTORS[name], document, person, wanted)


@pytest.mark.parametrize("grade", GRADES)
def test_anybody_in_a_team_may_leave_it(grade: str) -> None:
    policy.require_team_change(ACTORS[grade], make_project(team=DOUBLE), grade, None)


@pytest.mark.parametrize("grade", ["editor", "contributor", "viewer"])
def test_leaving_is_all_that_those_below_managers_do_to_themselves(grade: str) -> None:
    for wanted in GRADES:
        with pytest.raises(Forbidden):
            policy.require_team_change(ACTORS[grade], make_project(team=DOUBLE), grade, wanted)


def test_a_key_does_not_leave_a_team_for_its_owner() -> None:
    with pytest.raises(Forbidden):
        policy.require_team_change(as_key("editor", "read", "write"), make_project(team=DOUBLE), "editor", None)


@pytest.mark.parametrize("wanted", [*GRADES[1:], None])
@pytest.mark.parametrize("name", ["owner", "admin"])
def test_the_last_owner_stays_whoever_asks(name: str, wanted: str | None) -> None:
    document = make_project(team=(Member("owner", "owner"), Member("manager", "manager")))
    with pytest.raises(Conflict):
        policy.require_team_change(ACTORS[name], document, "owner", wanted)


def test_a_manager_is_told_of_grades_before_it_is_told_of_the_last_owner() -> None:
    with pytest.raises(Forbidden):
        policy.require_team_change(ACTORS["manager"], make_project(team=TEAM[:2]), "owner", None)


@given(actors, projects, st.sampled_from(PEOPLE), st.sampled_from([*GRADES, None]))
def test_no_random_change_of_a_team_goes_above_who_makes_it(
    actor: Actor, document: Document, person: str, wanted: str | None
) -> None:
    grades = {member.user_id: member.grade for member in document.team}
    try:
        policy.require_team_change(actor, document, person, wanted)
    except (Conflict, EmailUnconfirmed, Forbidden, NotFound, Unauthenticated):
        return
    rank = 0 if actor.role == "admin" else GRADES.index(grades[actor.user_id or ""])
    leaves = wanted is None and person == actor.user_id
    assert leaves or rank <= 1
    assert leaves or all(rank <= GRADES.index(one) for one in (grades.get(person), wanted) if one)
    after = {**grades, person: wanted}
    assert "owner" in after.values() or "owner" not in grades.values()


def test_nobody_lends_further_than_was_lent_to_them() -> None:
    column = Column("a", "A", open_level="private", cap="collective")
    assert policy.source_column_cap(make_dataset(column), column, Loan("ada", MOMENT, "opendata")) == "collective"
    assert policy.source_column_cap(make_dataset(column), column, Loan("ada", MOMENT, "private")) == "private"


def test_cells_that_a_build_quotes_are_for_managers_who_read_every_column() -> None:
    imported, built = (
        replace(make_dataset(Column("a", "A"), open_level="opendata"), kind=kind) for kind in ("source", "consolidated")
    )
    assert policy.reads_cells(ACTORS["stranger"], imported)
    assert {name for name, actor in ACTORS.items() if policy.reads_cells(actor, built)} == {"owner", "manager", "admin"}
