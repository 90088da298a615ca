"""Teams of every kind of document: grades given and taken, leaving, transfer, and what somebody would see."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from solidata_api.app import create_app
from solidata_api.domain.documents import GRADES, Member
from tests.factories import make_dataset, make_user
from tests.worlds import World, make_world

KINDS = ("fields", "models", "recipes", "datasets", "projects")
ROWS = [{"code": "01", "name": "Ain"}]
#: Grade of who acts → the grades that they may give, change or take away.
GRANTS = {"owner": set(GRADES), "manager": set(GRADES[1:]), "admin": set(GRADES)}
BODIES = {
    "fields": {"name": "a", "type": "string"},
    "models": {"title": "M"},
    "recipes": {"title": "R"},
    "projects": {"title": "P"},
}


def make(kind: str, caller: Any, run_jobs: Any) -> str:
    """A document of a kind, owned by the caller; its path."""
    if kind == "datasets":
        return f"/datasets/{make_dataset(caller, run_jobs, rows=ROWS)['id']}"
    return f"/{kind}/{caller.post(f'/{kind}', json=BODIES[kind]).get_json()['id']}"


def stored(backends: Any, path: str) -> Any:
    kind, identifier = path.strip("/").split("/")
    return getattr(backends, kind).get(identifier)


def set_team(backends: Any, path: str, *members: tuple[str, str]) -> None:
    kind, _ = path.strip("/").split("/")
    document = stored(backends, path)
    team = tuple(Member(user_id, grade) for user_id, grade in members)
    getattr(backends, kind).replace(replace(document, team=team), document.rev)


def grades(backends: Any, path: str) -> dict[str, str]:
    return {member.user_id: member.grade for member in stored(backends, path).team}


def told(answer: Any, *words: str) -> dict[str, Any]:
    """A problem without what names this very request."""
    problem = {name: value for name, value in answer.get_json().items() if name != "request_id"}
    for word in words:
        problem["detail"] = problem["detail"].replace(word, "…")
    return problem


@pytest.fixture
def world(backends: Any, as_user: Any, run_jobs: Any) -> World:
    return make_world(backends, as_user, run_jobs)


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_given_a_grade_reads_the_document_at_once(
    kind: str, member: Any, as_actor: Any, backends: Any, run_jobs: Any
) -> None:
    path, other = make(kind, member, run_jobs), as_actor()
    assert other.get(path).status_code == 404
    answer = member.put(f"{path}/team/{other.user.id}", json={"grade": "viewer"})
    assert answer.status_code == 200
    assert answer.get_json() == {
        "team": [
            {"user_id": member.user.id, "name": member.user.display_name, "grade": "owner"},
            {"user_id": other.user.id, "name": other.user.display_name, "grade": "viewer"},
        ]
    }
    assert other.get(path).status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_taken_out_finds_nothing_there_any_more(kind: str, member: Any, as_actor: Any, run_jobs: Any) -> None:
    path, other = make(kind, member, run_jobs), as_actor()
    member.put(f"{path}/team/{other.user.id}", json={"grade": "manager"})
    assert member.delete(f"{path}/team/{other.user.id}").status_code == 204
    assert other.get(path).status_code == 404
    assert other.patch(path, json={"description": "D"}).status_code == 404


def test_who_is_lowered_does_no_longer_what_it_takes_the_old_grade_for(
    member: Any, as_actor: Any, run_jobs: Any
) -> None:
    path, other = make("projects", member, run_jobs), as_actor()
    member.put(f"{path}/team/{other.user.id}", json={"grade": "editor"})
    assert other.patch(path, json={"description": "D"}).status_code == 200
    member.put(f"{path}/team/{other.user.id}", json={"grade": "viewer"})
    assert other.patch(path, json={"description": "E"}).status_code == 403


@pytest.mark.parametrize("grade", [*GRADES, "stranger", "admin"])
def test_nobody_grants_changes_or_removes_a_grade_above_their_own(
    grade: str, member: Any, as_actor: Any, backends: Any, run_jobs: Any
) -> None:
    path, actor, person = make("projects", member, run_jobs), as_actor("admin" if grade == "admin" else "member"), None
    person = make_user(backends)
    team = [(member.user.id, "owner")] + ([(actor.user.id, grade)] if grade in GRADES else [])
    found, expected = {}, {}
    for held in [*GRADES, None]:
        for wanted in [*GRADES, None]:
            set_team(backends, path, *team, *([(person.id, held)] if held else []))
            address = f"{path}/team/{person.id}"
            answer = actor.put(address, json={"grade": wanted}) if wanted else actor.delete(address)
            found[held, wanted] = answer.status_code
            may = grade in GRANTS and {one for one in (held, wanted) if one} <= GRANTS[grade]
            gone = 404 if held is None else 204
            expected[held, wanted] = (200 if wanted else gone) if may else 404 if grade == "stranger" else 403
            unchanged = grades(backends, path).get(person.id) == held
            assert unchanged == (not may or held == wanted), (held, wanted)
    assert found == expected


@pytest.mark.parametrize("grade", GRADES)
def test_anybody_in_the_team_may_leave(grade: str, member: Any, as_actor: Any, backends: Any, run_jobs: Any) -> None:
    path, actor = make("models", member, run_jobs), as_actor()
    set_team(backends, path, (member.user.id, "owner"), (actor.user.id, grade))
    assert actor.delete(f"{path}/team/me").status_code == 204
    assert grades(backends, path) == {member.user.id: "owner"}
    assert actor.delete(f"{path}/team/me").status_code == 404


def test_who_no_longer_reads_a_private_document_may_leave_it(member: Any, as_actor: Any, run_jobs: Any) -> None:
    path, other = make("projects", member, run_jobs), as_actor()
    member.put(f"{path}/team/{other.user.id}", json={"grade": "editor"})
    member.patch(path, json={"open_level": "private", "edit_level": "private"})
    assert other.get(path).status_code == 404
    assert other.delete(f"{path}/team/me").status_code == 204
    assert other.delete(f"{path}/team/me").status_code == 404


def test_who_is_not_in_the_team_of_what_it_reads_can_not_leave_it(member: Any, as_actor: Any, run_jobs: Any) -> None:
    path = make("projects", member, run_jobs)
    member.patch(path, json={"open_level": "opendata"})
    assert as_actor().delete(f"{path}/team/me").status_code == 403


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wanted", [*GRADES[1:], None])
def test_the_last_owner_neither_leaves_nor_is_lowered(
    kind: str, wanted: str | None, member: Any, as_actor: Any, backends: Any, run_jobs: Any
) -> None:
    path, admin = make(kind, member, run_jobs), as_actor("admin")
    for caller, person in ((member, "me"), (admin, member.user.id)):
        address = f"{path}/team/{person}"
        answer = caller.put(address, json={"grade": wanted}) if wanted else caller.delete(address)
        assert answer.status_code == 409
    assert grades(backends, path) == {member.user.id: "owner"}


def test_an_owner_may_go_once_there_is_another(member: Any, as_actor: Any, backends: Any, run_jobs: Any) -> None:
    path, other = make("projects", member, run_jobs), as_actor()
    member.put(f"{path}/team/{other.user.id}", json={"grade": "owner"})
    assert member.put(f"{path}/team/me", json={"grade": "viewer"}).status_code == 200
    assert grades(backends, path) == {member.user.id: "viewer", other.user.id: "owner"}


def test_an_owner_whose_only_co_owner_is_disabled_stays(member: Any, backends: Any, run_jobs: Any) -> None:
    path, other = make("models", member, run_jobs), make_user(backends, disabled=True)
    set_team(backends, path, (member.user.id, "owner"), (other.id, "owner"))
    assert member.delete(f"{path}/team/me").status_code == 409
    assert member.put(f"{path}/team/me", json={"grade": "viewer"}).status_code == 409
    assert member.delete(f"{path}/team/{other.id}").status_code == 204


def test_of_two_owners_leaving_at_once_one_stays(member: Any, as_actor: Any, backends: Any, run_jobs: Any) -> None:
    path, other = make("projects", member, run_jobs), as_actor()
    for _ in range(8):
        set_team(backends, path, (member.user.id, "owner"), (other.user.id, "owner"))
        found = at_once(lambda caller: caller.delete(f"{path}/team/me").status_code, member, other)
        # The one who stays saw the other go, and is told so; never do both go.
        assert sorted(found) == [204, 409]
        assert list(grades(backends, path).values()) == ["owner"]


def test_of_two_owners_lowering_each_other_at_once_one_stays_owner(
    member: Any, as_actor: Any, backends: Any, run_jobs: Any
) -> None:
    path, other = make("projects", member, run_jobs), as_actor()
    for _ in range(8):
        set_team(backends, path, (member.user.id, "owner"), (other.user.id, "owner"))
        people = {member: other, other: member}
        found = at_once(
            lambda caller, people=people: (
                caller.put(f"{path}/team/{people[caller].user.id}", json={"grade": "manager"}).status_code
            ),
            member,
            other,
        )
        # The slower one is a manager by then, who lowers no owner.
        assert sorted(found) == [200, 403]
        assert sorted(grades(backends, path).values()) == ["manager", "owner"]


def at_once(act: Any, *callers: Any) -> list[int]:
    """What each caller is answered when all act at the same time."""
    barrier, found = threading.Barrier(len(callers)), []

    def run(caller: Any) -> None:
        barrier.wait()
        found.append(act(caller))

    threads = [threading.Thread(target=run, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_people_added_at_once_are_all_in_the_team(member: Any, backends: Any, run_jobs: Any, app: Any) -> None:
    path = make("projects", member, run_jobs)
    people = [make_user(backends) for _ in range(6)]
    found = at_once(lambda user: member_put(app, member, f"{path}/team/{user.id}"), *people)
    assert found == [200] * 6
    assert {user.id for user in people} < grades(backends, path).keys()


def member_put(app: Any, member: Any, address: str) -> int:
    answer = app.test_client().put(f"/api/v1{address}", json={"grade": "viewer"}, headers=member.headers)
    return answer.status_code


def test_unknown_unconfirmed_and_disabled_people_are_the_same_nobody(member: Any, backends: Any, run_jobs: Any) -> None:
    path = make("projects", member, run_jobs)
    people = ["0" * 24, make_user(backends, role="guest").id, make_user(backends, disabled=True).id, "$ne"]
    answers = [member.put(f"{path}/team/{person}", json={"grade": "viewer"}) for person in people]
    assert {answer.status_code for answer in answers} == {404}
    assert all(
        told(answer, person) == told(answers[0], people[0]) for answer, person in zip(answers, people, strict=True)
    )


def test_who_was_disabled_can_be_lowered_and_taken_out_but_not_raised(
    member: Any, backends: Any, run_jobs: Any
) -> None:
    path, gone = make("projects", member, run_jobs), make_user(backends, disabled=True)
    set_team(backends, path, (member.user.id, "owner"), (gone.id, "editor"))
    assert member.put(f"{path}/team/{gone.id}", json={"grade": "owner"}).status_code == 404
    assert member.put(f"{path}/team/{gone.id}", json={"grade": "viewer"}).status_code == 200
    assert member.delete(f"{path}/team/{gone.id}").status_code == 204


@pytest.mark.parametrize("body", [{}, {"grade": "king"}, {"grade": None}, {"grade": "viewer", "user_id": "x"}, []])
def test_a_body_that_is_no_grade_is_refused(body: Any, member: Any, backends: Any, run_jobs: Any) -> None:
    path, other = make("projects", member, run_jobs), make_user(backends)
    assert member.put(f"{path}/team/{other.id}", json=body).status_code == 422
    assert other.id not in grades(backends, path)


def test_a_team_has_a_limit_that_is_told(settings: Any, backends: Any, member: Any, run_jobs: Any) -> None:
    path, other = make("projects", member, run_jobs), make_user(backends)
    settings = replace(settings, max_team=2)
    small = create_app(settings, replace(backends, settings=settings)).test_client()
    address = f"/api/v1{path}/team"
    assert small.put(f"{address}/{other.id}", json={"grade": "viewer"}, headers=member.headers).status_code == 200
    full = small.put(f"{address}/{make_user(backends).id}", json={"grade": "viewer"}, headers=member.headers)
    assert full.status_code == 409
    assert "2 people" in full.get_json()["detail"] and "MAX_TEAM=2" in full.get_json()["detail"]
    assert small.put(f"{address}/{other.id}", json={"grade": "editor"}, headers=member.headers).status_code == 200


def test_if_match_is_honoured(member: Any, backends: Any, run_jobs: Any) -> None:
    path, other = make("projects", member, run_jobs), make_user(backends)
    tag = member.get(path).headers["ETag"]
    member.patch(path, json={"description": "D"})
    address, body = f"{path}/team/{other.id}", {"grade": "viewer"}
    assert member.put(address, json=body, headers={"If-Match": tag}).status_code == 412
    fresh = member.get(path).headers["ETag"]
    answer = member.put(address, json=body, headers={"If-Match": fresh})
    assert answer.status_code == 200
    assert member.delete(address, headers={"If-Match": fresh}).status_code == 412
    assert member.delete(address, headers={"If-Match": answer.headers["ETag"]}).status_code == 204


def test_the_same_grade_again_changes_nothing(member: Any, backends: Any, run_jobs: Any) -> None:
    path = make("projects", member, run_jobs)
    before = stored(backends, path).rev
    assert member.put(f"{path}/team/me", json={"grade": "owner"}).status_code == 200
    assert stored(backends, path).rev == before


def test_a_dataset_is_named_by_its_slug_too(member: Any, as_actor: Any, run_jobs: Any) -> None:
    made, other = make_dataset(member, run_jobs, rows=ROWS), as_actor()
    slug = f"/datasets/{made['slug']}"
    assert member.put(f"{slug}/team/{other.user.id}", json={"grade": "viewer"}).status_code == 200
    assert member.get(f"{slug}/access").status_code == 200
    assert member.post(f"{slug}/transfer", json={"user_id": other.user.id}).status_code == 200
    assert other.delete(f"{slug}/team/{member.user.id}").status_code == 204


def test_who_leaves_a_project_loses_its_dataset_at_the_next_request(world: World) -> None:
    owner, viewer = world.callers["owner"], world.callers["viewer"]
    dataset, project = f"/datasets/{world.dataset_id}", f"/projects/{world.ids['project_id']}"
    assert viewer.get(f"{dataset}/rows").status_code == 200
    owner.delete(f"{project}/team/{viewer.user.id}")
    assert [viewer.get(path).status_code for path in (project, dataset, f"{dataset}/rows")] == [404, 404, 404]
    assert viewer.get("/datasets").get_json()["total"] == 1  # the source, whose team is another


def test_who_enters_a_project_reads_its_dataset(world: World) -> None:
    stranger = world.callers["member"]
    world.callers["owner"].put(f"/projects/{world.ids['project_id']}/team/{stranger.user.id}", json={"grade": "viewer"})
    assert stranger.get(f"/datasets/{world.dataset_id}/rows").status_code == 200
    assert stranger.get(f"/datasets/{world.source_id}/rows").status_code == 404


@pytest.mark.parametrize(
    ("method", "part", "body"),
    [
        ("PUT", "team/me", {"grade": "owner"}),
        ("DELETE", "team/me", None),
        ("POST", "transfer", {"user_id": "somebody"}),
        ("POST", "invitations", {"email": "a@example.org", "grade": "viewer"}),
        ("GET", "invitations", None),
    ],
)
def test_a_consolidated_dataset_has_its_projects_team_and_no_other(
    method: str, part: str, body: Any, world: World, backends: Any
) -> None:
    path = f"/datasets/{world.dataset_id}"
    before = grades(backends, path)
    answer = world.callers["owner"].call(method, f"{path}/{part}", **({"json": body} if body else {}))
    assert answer.status_code == 409
    assert f"/projects/{world.ids['project_id']}" in answer.get_json()["detail"]
    assert grades(backends, path) == before


def test_the_project_is_named_only_to_who_reads_it(world: World) -> None:
    owner, editor = world.callers["owner"], world.callers["editor"]
    owner.patch(f"/projects/{world.ids['project_id']}", json={"open_level": "private", "edit_level": "private"})
    answer = editor.delete(f"/datasets/{world.dataset_id}/team/me")
    assert answer.status_code == 409
    assert world.ids["project_id"] not in answer.get_data(as_text=True) and "World" not in answer.get_data(as_text=True)


def test_a_kept_dataset_whose_project_is_gone_has_a_team_of_its_own(world: World) -> None:
    owner, stranger = world.callers["owner"], world.callers["member"]
    owner.delete(f"/projects/{world.ids['project_id']}?dataset=keep")
    answer = owner.put(f"/datasets/{world.dataset_id}/team/{stranger.user.id}", json={"grade": "viewer"})
    assert answer.status_code == 200
    assert stranger.get(f"/datasets/{world.dataset_id}/rows").status_code == 200


def test_a_change_of_a_team_is_in_the_audit_log(member: Any, backends: Any, run_jobs: Any) -> None:
    path, other = make("fields", member, run_jobs), make_user(backends)
    member.put(f"{path}/team/{other.id}", json={"grade": "viewer"})
    entry = list(backends.audit.in_order())[-1]
    assert (entry.action, entry.actor_id, entry.subject_kind) == ("rights.change", member.user.id, "fields")
    assert entry.details == {f"team/{other.id}": [None, "viewer"]}


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_an_admin_does_to_a_team_of_others_is_in_the_audit_log(
    method: str, member: Any, as_actor: Any, backends: Any, run_jobs: Any
) -> None:
    path, admin, other = make("projects", member, run_jobs), as_actor("admin"), make_user(backends)
    set_team(backends, path, (member.user.id, "owner"), (other.id, "viewer"))
    admin.call(method, f"{path}/team/{other.id}", **({"json": {"grade": "editor"}} if method == "PUT" else {}))
    entries = [(entry.action, entry.actor_id) for entry in backends.audit.in_order()]
    assert ("admin.manage_team", admin.user.id) in entries and ("rights.change", admin.user.id) in entries


@pytest.mark.parametrize("kind", KINDS)
def test_a_transfer_makes_another_owner_and_leaves_a_manager(
    kind: str, member: Any, as_actor: Any, backends: Any, run_jobs: Any
) -> None:
    path, other = make(kind, member, run_jobs), as_actor()
    answer = member.post(f"{path}/transfer", json={"user_id": other.user.id})
    assert answer.status_code == 200
    assert {one["user_id"]: one["grade"] for one in answer.get_json()["team"]} == {
        member.user.id: "manager",
        other.user.id: "owner",
    }
    assert member.delete(path).status_code == 403
    assert other.delete(path).status_code == 204


def test_a_transfer_raises_who_is_in_the_team_already(member: Any, as_actor: Any, backends: Any, run_jobs: Any) -> None:
    path, other = make("projects", member, run_jobs), as_actor()
    set_team(backends, path, (member.user.id, "owner"), (other.user.id, "viewer"))
    assert member.post(f"{path}/transfer", json={"user_id": other.user.id}).status_code == 200
    assert grades(backends, path) == {member.user.id: "manager", other.user.id: "owner"}


@pytest.mark.parametrize("grade", GRADES[1:])
def test_only_owners_transfer(grade: str, member: Any, as_actor: Any, backends: Any, run_jobs: Any) -> None:
    path, other = make("projects", member, run_jobs), as_actor()
    set_team(backends, path, (member.user.id, "owner"), (other.user.id, grade))
    assert other.post(f"{path}/transfer", json={"user_id": other.user.id}).status_code == 403


def test_an_admin_transfers_what_is_not_theirs_and_stays_outside(
    member: Any, as_actor: Any, backends: Any, run_jobs: Any
) -> None:
    path, admin, other = make("projects", member, run_jobs), as_actor("admin"), make_user(backends)
    assert admin.post(f"{path}/transfer", json={"user_id": other.id}).status_code == 200
    assert grades(backends, path) == {member.user.id: "owner", other.id: "owner"}
    assert ("admin.transfer", admin.user.id) in [(one.action, one.actor_id) for one in backends.audit.in_order()]


def test_a_transfer_to_nobody_is_the_same_fault_for_all_kinds_of_nobody(
    member: Any, backends: Any, run_jobs: Any
) -> None:
    path = make("projects", member, run_jobs)
    people = ["0" * 24, make_user(backends, role="guest").id, make_user(backends, disabled=True).id]
    answers = [member.post(f"{path}/transfer", json={"user_id": person}) for person in people]
    assert {answer.status_code for answer in answers} == {422}
    faults = [answer.get_json()["errors"] for answer in answers]
    assert {fault[0]["pointer"] for fault in faults} == {"/user_id"}
    assert len({fault[0]["message"].replace(person, "…") for fault, person in zip(faults, people, strict=True)}) == 1


def test_a_transfer_to_oneself_is_refused(member: Any, backends: Any, run_jobs: Any) -> None:
    path = make("projects", member, run_jobs)
    assert member.post(f"{path}/transfer", json={"user_id": member.user.id}).status_code == 422
    assert grades(backends, path) == {member.user.id: "owner"}


def test_the_project_transferred_takes_its_dataset_along(world: World, backends: Any) -> None:
    owner, stranger = world.callers["owner"], world.callers["member"]
    owner.post(f"/projects/{world.ids['project_id']}/transfer", json={"user_id": stranger.user.id})
    assert grades(backends, f"/datasets/{world.dataset_id}")[stranger.user.id] == "owner"
    assert stranger.patch(f"/datasets/{world.dataset_id}", json={"open_level": "commons"}).status_code == 200


@pytest.mark.parametrize("level", ["opendata", "commons", "collective", "private"])
def test_access_tells_a_manager_what_each_person_really_sees(level: str, world: World, backends: Any) -> None:
    owner, path = world.callers["owner"], f"/datasets/{world.dataset_id}"
    columns = [
        {"key": "code", "open_level": "opendata"},
        {"key": "name", "open_level": "commons"},
        {"key": "population", "open_level": "private"},
    ]
    set_caps(backends, world)
    asked = {"open_level": level, "edit_level": "private", "columns": columns}
    assert owner.patch(path, json=asked).status_code == 200
    for name in ("anonymous", "member", *GRADES, "ex_member", "staff", "admin"):
        caller = world.callers[name]
        person = name if name in ("anonymous", "member") else world.user_id(name)
        access = owner.get(f"{path}/access?as={person}").get_json()
        seen = caller.get(path)
        assert access["can"]["read"] == (seen.status_code == 200), name
        assert access["columns"] == [one["key"] for one in seen.get_json().get("columns", [])], name
        if seen.status_code == 200:
            assert {key: access["can"][key] for key in seen.get_json()["can"]} == seen.get_json()["can"], name
        else:
            assert not any(access["can"].values()), name


def set_caps(backends: Any, world: World) -> None:
    """The consolidated dataset's columns without their sources' caps."""
    source = backends.datasets.get(world.source_id)
    backends.datasets.replace(replace(source, open_level="opendata"), source.rev)
    dataset = backends.datasets.get(world.dataset_id)
    columns = tuple(replace(one, cap="opendata") for one in dataset.columns)
    backends.datasets.replace(replace(dataset, columns=columns), dataset.rev)


@pytest.mark.parametrize("kind", KINDS)
def test_access_without_as_is_the_callers_own(
    kind: str, member: Any, as_actor: Any, anonymous: Any, run_jobs: Any
) -> None:
    path, stranger = make(kind, member, run_jobs), as_actor()
    owner = member.get(f"{path}/access").get_json()
    assert all(owner["can"].values())
    assert set(owner["can"]) == {"read", "contribute", "edit", "build", "share", "manage_team", "delete"}
    assert owner["columns"] == (["code", "name"] if kind == "datasets" else [])
    assert [stranger.get(f"{path}/access").status_code, anonymous.get(f"{path}/access").status_code] == [404, 404]
    member.patch(path, json={"open_level": "opendata"})
    shown = anonymous.get(f"{path}/access").get_json()
    assert [name for name, may in shown["can"].items() if may] == ["read"]
    assert shown["columns"] == owner["columns"]


@pytest.mark.parametrize(
    ("grade", "status"), [("owner", 200), ("manager", 200), ("editor", 403), ("contributor", 403), ("viewer", 403)]
)
def test_access_of_others_is_for_who_manages_the_team(grade: str, status: int, world: World) -> None:
    assert world.callers[grade].get(f"/projects/{world.ids['project_id']}/access?as=anonymous").status_code == status


def test_access_of_others_asks_anonymous_and_guests_to_log_in_first(world: World) -> None:
    address = f"/projects/{world.ids['project_id']}/access?as=anonymous"
    assert [world.callers[name].get(address).status_code for name in ("anonymous", "guest", "member")] == [
        401,
        403,
        404,
    ]


def test_access_of_nobody_is_the_same_fault_for_all_kinds_of_nobody(member: Any, backends: Any, run_jobs: Any) -> None:
    path = make("projects", member, run_jobs)
    for person in ("0" * 24, make_user(backends, role="guest").id, make_user(backends, disabled=True).id, "guest", ""):
        answer = member.get(f"{path}/access?as={person}")
        assert answer.status_code == 422, person
        assert answer.get_json()["errors"][0]["pointer"] == "as"


def test_access_knows_no_other_parameter(member: Any, run_jobs: Any) -> None:
    assert member.get(f"{make('projects', member, run_jobs)}/access?who=me").status_code == 422
