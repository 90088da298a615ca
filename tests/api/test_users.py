"""People as they meet each other, their own profile, and accounts as admins manage them."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.factories import PASSWORD, make_user


@pytest.fixture
def people(backends: Any) -> dict[str, Any]:
    return {
        "zoe": make_user(backends, name="Zoé", surname="Œuvrard", email="zoe@secret.example"),
        "ada": make_user(backends, name="Ada", surname="Lovelace", email="ada@secret.example"),
        "guest": make_user(backends, name="Gus", surname="Lovelace", role="guest"),
        "gone": make_user(backends, name="Gone", surname="Lovelace", disabled=True),
    }


def names(caller: Any, query: str = "") -> list[str]:
    answer = caller.get(f"/users{query}")
    assert answer.status_code == 200, answer.get_json()
    return [item["name"] for item in answer.get_json()["items"]]


def test_people_are_found_by_name_whatever_case_and_accents(people: Any, member: Any) -> None:
    assert names(member, "?q=ZOE") == ["Zoé"]
    assert names(member, "?q=oeuvrard zoé") == ["Zoé"]
    assert names(member, "?q=nobody") == []


def test_people_are_found_by_nothing_but_their_name(people: Any, member: Any) -> None:
    assert names(member, "?q=secret") == []


def test_only_active_confirmed_people_are_found(people: Any, member: Any) -> None:
    assert names(member, "?q=lovelace") == ["Ada"]


def test_people_show_nothing_but_their_name(people: Any, member: Any) -> None:
    (item,) = member.get("/users?q=ada").get_json()["items"]
    assert item == {"id": people["ada"].id, "name": "Ada", "surname": "Lovelace"}


def test_people_come_in_pages_by_name(people: Any, member: Any) -> None:
    page = member.get("/users?per_page=1&page=2").get_json()
    assert (page["total"], page["page"], page["per_page"], len(page["items"])) == (3, 2, 1, 1)
    everyone = names(member)
    assert names(member, "?per_page=1&page=2") == everyone[1:2]


@pytest.mark.parametrize("query", ["?role=admin", "?disabled=true", "?sort=email", "?email=x", "?mine=true"])
def test_what_a_list_does_not_know_is_refused(member: Any, query: str) -> None:
    assert member.get(f"/users{query}").status_code == 422


def test_guests_and_anonymous_find_nobody(as_actor: Any) -> None:
    assert as_actor("anonymous").get("/users").status_code == 401
    assert as_actor("guest").get("/users").status_code == 403


def test_an_admin_lists_every_account_in_detail(people: Any, as_actor: Any) -> None:
    admin = as_actor("admin")
    items = {item["id"]: item for item in admin.get("/users?detail=true").get_json()["items"]}
    assert set(items) == {*(user.id for user in people.values()), admin.user.id}
    shown = items[people["gone"].id]
    assert set(shown) == {"id", "name", "surname", "email", "role", "lang", "disabled", "created_at"}
    assert shown["disabled"] is True


def test_an_admin_finds_accounts_by_address_role_and_state(people: Any, as_actor: Any) -> None:
    admin = as_actor("admin")
    assert names(admin, "?detail=true&q=zoe@secret") == ["Zoé"]
    assert names(admin, "?detail=true&role=guest") == ["Gus"]
    assert names(admin, "?detail=true&disabled=true") == ["Gone"]
    for wrong in ("role=king", "disabled=maybe", "detail=1"):
        assert (
            admin.get(f"/users?detail=true&{wrong}" if "detail" not in wrong else f"/users?{wrong}").status_code == 422
        )


def test_only_admins_see_details_and_that_is_recorded(people: Any, as_actor: Any, backends: Any) -> None:
    for role in ("member", "staff"):
        assert as_actor(role).get("/users?detail=true").status_code == 403
    admin = as_actor("admin")
    admin.get("/users?detail=true")
    assert [(entry.action, entry.actor_id) for entry in backends.audit.in_order()] == [
        ("admin.list_users", admin.user.id)
    ]


def test_a_person_is_read_by_their_id(people: Any, member: Any) -> None:
    shown = member.get(f"/users/{people['ada'].id}").get_json()
    assert shown == {
        "id": people["ada"].id, "name": "Ada", "surname": "Lovelace", "role": "member", "lang": "en"
    }  # fmt: skip


def test_the_address_is_shown_to_oneself_and_admins(people: Any, as_user: Any, as_actor: Any) -> None:
    path = f"/users/{people['ada'].id}"
    assert as_user(people["ada"]).get(path).get_json()["email"] == "ada@secret.example"
    assert as_actor("admin").get(path).get_json()["email"] == "ada@secret.example"


def test_accounts_that_others_do_not_meet_are_unknown(people: Any, member: Any, as_actor: Any) -> None:
    for name in ("guest", "gone"):
        assert member.get(f"/users/{people[name].id}").status_code == 404
        assert as_actor("admin").get(f"/users/{people[name].id}").status_code == 200
    assert member.get("/users/nobody").status_code == 404


def test_me_is_oneself(member: Any, as_actor: Any) -> None:
    for path in ("/users/me", f"/users/{member.user.id}", "/auth/me"):
        assert member.get(path).get_json()["id"] == member.user.id
    assert as_actor("guest").get("/users/me").get_json()["role"] == "guest"


def test_a_profile_is_changed_by_merge_patch(member: Any) -> None:
    answer = member.patch("/users/me", json={"name": " Grace ", "lang": "fr"})
    assert answer.status_code == 200
    shown = member.get("/users/me").get_json()
    assert (shown["name"], shown["surname"], shown["lang"]) == ("Grace", "Test", "fr")
    assert member.patch("/users/me", json={"surname": None}).get_json()["surname"] == ""


def test_a_profile_changed_meanwhile_is_not_overwritten(member: Any) -> None:
    seen = member.get("/users/me").headers["ETag"]
    assert member.patch("/users/me", json={"name": "A"}, headers={"If-Match": seen}).status_code == 200
    assert member.patch("/users/me", json={"name": "B"}, headers={"If-Match": seen}).status_code == 412


@pytest.mark.parametrize(
    "change",
    [
        {"role": "admin"}, {"email": "x@example.org"}, {"disabled": False}, {"id": "x"}, {"_id": "x"}, {"epoch": 0},
        {"password_hash": "x"}, {"deleted_at": None}, {"places": []}, {"rev": 9}, {"name": None}, {"name": ""},
        {"name": "  "}, {"name": "a\r\nb"}, {"lang": "xx"}, {"surname": "\u2028"}, {"name": "x" * 101},
    ],
)  # fmt: skip
def test_nobody_makes_more_of_their_account_than_its_profile(member: Any, backends: Any, change: Any) -> None:
    before = backends.users.get(member.user.id)
    answer = member.patch("/users/me", json=change)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == f"/{next(iter(change))}"
    assert backends.users.get(member.user.id) == before


def entries(backends: Any, action: str) -> list[Any]:
    return [entry for entry in backends.audit.in_order() if entry.action == action]


def test_an_admin_gives_a_role_and_it_is_recorded(as_actor: Any, member: Any, backends: Any) -> None:
    admin = as_actor("admin")
    answer = admin.patch(f"/users/{member.user.id}", json={"role": "staff"})
    assert (answer.status_code, answer.get_json()["role"]) == (200, "staff")
    assert member.get("/users/me").get_json()["role"] == "staff"
    (entry,) = entries(backends, "admin.update")
    assert (entry.actor_id, entry.subject_kind, entry.subject_id) == (admin.user.id, "users", member.user.id)
    assert entry.details == {"role": ["member", "staff"]}


def test_an_admin_confirms_a_guest_and_nobody_is_made_one(as_actor: Any, member: Any) -> None:
    admin, guest = as_actor("admin"), as_actor("guest")
    assert admin.patch(f"/users/{guest.user.id}", json={"role": "member"}).status_code == 200
    assert guest.get("/users").status_code == 200
    assert admin.patch(f"/users/{member.user.id}", json={"role": "guest"}).status_code == 422


@pytest.mark.parametrize("role", ["staff", "admin"])
def test_a_guest_confirms_before_they_are_made_more_than_a_member(as_actor: Any, backends: Any, role: str) -> None:
    admin, guest = as_actor("admin"), as_actor("guest")
    refused = admin.patch(f"/users/{guest.user.id}", json={"role": role})
    assert refused.status_code == 409
    assert f"then make it {role}" in refused.get_json()["detail"]
    assert backends.users.get(guest.user.id).role == "guest"
    assert entries(backends, "admin.update") == []


def test_disabling_ends_sessions_at_once_and_enabling_brings_none_back(
    as_actor: Any, as_user: Any, member: Any, client: Any, backends: Any
) -> None:
    admin = as_actor("admin")
    assert admin.patch(f"/users/{member.user.id}", json={"disabled": True}).get_json()["disabled"] is True
    assert member.get("/licences").status_code == 401
    assert backends.sessions.all_by(user_id=member.user.id) == []
    login = {"email": member.user.email, "password": PASSWORD}
    assert client.post("/api/v1/auth/login", json=login).status_code == 401
    admin.patch(f"/users/{member.user.id}", json={"disabled": False})
    assert member.get("/licences").status_code == 401
    assert client.post("/api/v1/auth/login", json=login).status_code == 200
    assert [entry.details for entry in entries(backends, "admin.update")] == [
        {"disabled": [False, True]},
        {"disabled": [True, False]},
    ]


def test_an_account_changed_meanwhile_is_not_overwritten(as_actor: Any, member: Any) -> None:
    admin = as_actor("admin")
    seen = {"If-Match": admin.get(f"/users/{member.user.id}").headers["ETag"]}
    assert admin.patch(f"/users/{member.user.id}", json={"name": "A"}, headers=seen).status_code == 200
    assert admin.patch(f"/users/{member.user.id}", json={"name": "B"}, headers=seen).status_code == 412


@pytest.mark.parametrize("role", ["member", "staff"])
def test_nobody_but_admins_manages_accounts(as_actor: Any, member: Any, role: str) -> None:
    caller = as_actor(role)
    for body in ({"role": "admin"}, {"disabled": True}, {"name": "X"}):
        assert caller.patch(f"/users/{member.user.id}", json=body).status_code == 403
        assert caller.patch(f"/users/{caller.user.id}", json=body).status_code == 403
    assert caller.patch("/users/nobody", json={"name": "X"}).status_code == 403


@pytest.mark.parametrize(
    "change", [{"email": "x@example.org"}, {"password_hash": "x"}, {"id": "x"}, {"role": "king"}, {"disabled": None}]
)
def test_not_even_admins_change_what_is_not_theirs_to_change(as_actor: Any, member: Any, change: Any) -> None:
    assert as_actor("admin").patch(f"/users/{member.user.id}", json=change).status_code == 422


@pytest.mark.parametrize("change", [{"role": "member"}, {"disabled": True}])
def test_the_last_active_admin_stays_one(as_actor: Any, backends: Any, change: Any) -> None:
    make_user(backends, role="admin", disabled=True)
    admin = as_actor("admin")
    refused = admin.patch(f"/users/{admin.user.id}", json=change)
    assert (refused.status_code, refused.get_json()["type"]) == (409, "/problems/conflict")
    assert admin.get("/users?detail=true").status_code == 200
    as_actor("admin")
    assert admin.patch(f"/users/{admin.user.id}", json=change).status_code == 200


def test_two_admins_who_lower_each_other_at_once_do_not_leave_none(as_actor: Any, backends: Any) -> None:
    for _ in range(5):
        pair = [as_actor("admin"), as_actor("admin")]
        for user in backends.users.all_by(role="admin"):
            if user.id not in {caller.user.id for caller in pair}:
                backends.users.delete(user.id)
        barrier = threading.Barrier(2)

        def lower(by: Any, whom: Any, barrier: Any = barrier) -> None:
            barrier.wait()
            by.patch(f"/users/{whom.user.id}", json={"role": "member"})

        threads = [threading.Thread(target=lower, args=both) for both in (pair, pair[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert backends.users.active_admins() != []


def test_accounts_unknown_or_deleted_can_not_be_managed(as_actor: Any, member: Any) -> None:
    admin = as_actor("admin")
    assert member.delete("/users/me").status_code == 204
    for identifier in (member.user.id, "nobody"):
        assert admin.patch(f"/users/{identifier}", json={"disabled": False}).status_code == 404
        assert admin.get(f"/users/{identifier}").status_code == 404
