"""Share links: what their maker might open, for whoever holds the address, and nothing else."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from solidata_api import logs
from solidata_api.domain.digests import digest
from solidata_api.domain.documents import Member, now
from tests.factories import make_dataset
from tests.worlds import LATER

ROWS = [
    {"code": "01", "name": "Ain", "region": "A", "salary": "planted-1", "n": 1},
    {"code": "02", "name": "Aisne", "region": "B", "salary": "planted-2", "n": 2},
    {"code": "03", "name": "Allier", "region": "A", "salary": "planted-3", "n": 3},
    {"code": "04", "name": "Alpes", "region": "C", "salary": "planted-4", "n": 4},
]


@pytest.fixture
def table(member: Any, run_jobs: Any) -> dict[str, Any]:
    """A table of its owner's team alone."""
    return make_dataset(member, run_jobs, rows=ROWS)


def make_link(caller: Any, table: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"title": "For the newspaper", "expires_at": LATER, **more}
    answer = caller.post(f"/datasets/{table['id']}/links", json=body)
    assert answer.status_code == 201, answer.get_json()
    return answer.get_json()


def path_of(link: dict[str, Any]) -> str:
    return "/api/v1/links/" + link["url"].rsplit("/", 1)[1]


def names(page: Any) -> list[str]:
    return [row["name"] for row in page.get_json()["rows"]]


def test_a_link_shows_a_private_table_to_whoever_holds_it(member: Any, anonymous: Any, table: Any) -> None:
    link = path_of(make_link(member, table, columns=["name", "n"]))
    page = anonymous.get(f"{link}/rows").get_json()
    assert [column["key"] for column in page["columns"]] == ["name", "n"]
    first = page["rows"][0]
    assert {key: first[key] for key in first if key != "_id"} == {"name": "Ain", "n": 1}
    assert [one["name"] for one in anonymous.get(f"{link}/schema").get_json()["fields"]] == ["name", "n"]
    assert anonymous.get(f"{link}/export.csv?n__greater=4").data == b"name,n\r\nAlpes,4\r\n"
    assert anonymous.get(f"/datasets/{table['id']}").status_code == 404


def test_no_cache_and_no_search_engine_keeps_what_a_link_shows(member: Any, anonymous: Any, table: Any) -> None:
    link = path_of(make_link(member, table))
    for noun in ("rows", "schema", "export.csv"):
        answer = anonymous.get(f"{link}/{noun}")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "ETag" not in answer.headers


def test_the_address_is_ours_whatever_host_is_asked_and_told_once(member: Any, backends: Any, table: Any) -> None:
    body = {"title": "L", "expires_at": LATER}
    made = member.post(f"/datasets/{table['id']}/links", json=body, headers={"Host": "evil.example"}).get_json()
    assert made["url"].startswith("http://front.example/api/v1/links/sdl_")
    token = made["url"].rsplit("/", 1)[1]
    assert len(token.removeprefix("sdl_")) >= 43
    assert token not in member.get(f"/datasets/{table['id']}/links").get_data(as_text=True)
    assert token not in str(list(backends.database["links"].find()))


def built(member: Any, run_jobs: Any, table: dict[str, Any]) -> dict[str, Any]:
    """A project with one source, built: the paths of both, and its model."""
    model = member.post(f"/models/from-dataset/{table['id']}").get_json()["id"]
    project = f"/projects/{member.post('/projects', json={'title': 'P'}).get_json()['id']}"
    member.put(f"{project}/model", json={"model_id": model})
    member.put(f"{project}/sources/{table['id']}", json={"mapping": {key: key for key in ROWS[0]}})
    return {"project": project, "model": f"/models/{model}", "id": rebuilt(member, run_jobs, project)}


def rebuilt(member: Any, run_jobs: Any, project: str) -> str:
    member.post(f"{project}/builds")
    (job,) = run_jobs()
    assert job.state == "succeeded", job.error
    return job.result["dataset_id"]


def test_without_columns_a_link_shows_all_that_may_be_opened_and_none_that_come_later(
    member: Any, anonymous: Any, run_jobs: Any, table: Any
) -> None:
    made = built(member, run_jobs, table)
    link = make_link(member, made)
    assert link["columns"] == list(ROWS[0])
    new = member.post("/fields", json={"name": "note", "type": "string"}).get_json()["id"]
    fields = [{"field_id": one["field_id"]} for one in member.get(made["model"]).get_json()["fields"]]
    member.patch(made["model"], json={"fields": [*fields, {"field_id": new}]})
    rebuilt(member, run_jobs, made["project"])
    assert "note" in member.get(f"/datasets/{made['id']}/rows").get_json()["rows"][0]
    assert [one["key"] for one in anonymous.get(f"{path_of(link)}/rows").get_json()["columns"]] == list(ROWS[0])


def test_the_callers_own_conditions_never_widen_the_fixed_ones(member: Any, anonymous: Any, table: Any) -> None:
    link = path_of(make_link(member, table, filter={"region": ["A", "B"], "n__greater": "2"}))
    assert names(anonymous.get(f"{link}/rows")) == ["Aisne", "Allier"]
    assert names(anonymous.get(f"{link}/rows?region=C")) == []
    assert names(anonymous.get(f"{link}/rows?region=A&region=C")) == ["Allier"]
    assert names(anonymous.get(f"{link}/rows?n__greater=1")) == ["Aisne", "Allier"]
    assert names(anonymous.get(f"{link}/rows?n__less=2&sort=-n")) == ["Aisne"]
    assert anonymous.get(f"{link}/rows?n__greater=1").get_json()["total"] == 2
    assert b"Alpes" not in anonymous.get(f"{link}/export.csv?region=C&region=A").data


@pytest.mark.parametrize("query", ["salary=planted-1", "salary__startswith=p", "sort=salary", "fields=salary"])
@pytest.mark.parametrize("noun", ["rows", "export.csv"])
def test_a_column_that_a_link_does_not_show_does_not_exist_there(
    member: Any, anonymous: Any, table: Any, noun: str, query: str
) -> None:
    link = path_of(make_link(member, table, columns=["code", "name"]))
    asked = anonymous.get(f"{link}/{noun}?{query}")
    unknown = anonymous.get(f"{link}/{noun}?{query.replace('salary', 'absent')}")
    assert (asked.status_code, unknown.status_code) == (422, 422)
    assert (
        asked.get_json()["errors"][0]["message"].replace("salary", "absent")
        == (unknown.get_json()["errors"][0]["message"])
    )


@pytest.mark.parametrize("query", ["version=1", "nonsense=1", "per_page=1001", "q=?"])
def test_a_parameter_that_a_link_does_not_know_is_a_422(member: Any, anonymous: Any, table: Any, query: str) -> None:
    assert anonymous.get(f"{path_of(make_link(member, table))}/rows?{query}").status_code == 422


def test_a_link_may_filter_by_what_it_does_not_show(member: Any, anonymous: Any, table: Any) -> None:
    link = path_of(make_link(member, table, columns=["name"], filter={"region": "A"}))
    assert names(anonymous.get(f"{link}/rows")) == ["Ain", "Allier"]
    assert anonymous.get(f"{link}/rows?region=B").status_code == 422


def test_cursors_walk_a_link_and_are_of_no_use_elsewhere(member: Any, anonymous: Any, table: Any) -> None:
    first, second = (path_of(make_link(member, table)) for _ in range(2))
    page = anonymous.get(f"{first}/rows?per_page=3")
    cursor = page.get_json()["next"]
    assert names(anonymous.get(f"{first}/rows?per_page=3&cursor={cursor}")) == ["Alpes"]
    assert f"{first}/rows?per_page=3&cursor=" in page.headers["Link"]
    assert anonymous.get(f"{second}/rows?per_page=3&cursor={cursor}").status_code == 422
    assert member.get(f"/datasets/{table['id']}/rows?per_page=3&cursor={cursor}").status_code == 422
    of_table = member.get(f"/datasets/{table['id']}/rows?per_page=3").get_json()["next"]
    assert anonymous.get(f"{first}/rows?per_page=3&cursor={of_table}").status_code == 422


def capped(backends: Any, table: dict[str, Any], *keys: str) -> None:
    """Put caps on columns, as lineage does."""
    stored = backends.datasets.get(table["id"])
    columns = tuple(replace(one, cap="commons") if one.key in keys else one for one in stored.columns)
    backends.datasets.replace(replace(stored, columns=columns), stored.rev)


def test_a_column_that_its_cap_closes_leaves_the_link_at_once(
    member: Any, anonymous: Any, backends: Any, table: Any
) -> None:
    link = path_of(make_link(member, table, columns=["name", "salary"]))
    capped(backends, table, "salary")
    answer = anonymous.get(f"{link}/rows")
    assert [one["key"] for one in answer.get_json()["columns"]] == ["name"]
    assert "planted" not in answer.get_data(as_text=True)
    assert anonymous.get(f"{link}/rows?salary=planted-1").status_code == 422


def test_a_capped_column_is_refused_when_a_link_is_made_naming_its_cap(member: Any, backends: Any, table: Any) -> None:
    capped(backends, table, "salary")
    for more in ({"columns": ["name", "salary"]}, {"filter": {"salary__startswith": "p"}}):
        answer = member.post(f"/datasets/{table['id']}/links", json={"title": "L", "expires_at": LATER, **more})
        assert answer.status_code == 422
        (fault,) = answer.get_json()["errors"]
        assert fault["pointer"] in ("/columns/1", "/filter/salary__startswith")
        assert "'salary'" in fault["message"] and "commons" in fault["message"]
    assert "salary" not in make_link(member, table)["columns"]


def same_404(anonymous: Any, paths: list[str]) -> None:
    seen = [anonymous.get(f"{path}/{noun}") for path in paths for noun in ("rows", "schema", "export.csv")]
    assert {answer.status_code for answer in seen} == {404}
    assert len({answer.get_json()["detail"] for answer in seen}) == 1


def test_every_way_in_which_a_link_shows_nothing_is_the_same_404(
    member: Any, anonymous: Any, backends: Any, as_actor: Any, run_jobs: Any, table: Any
) -> None:
    revoked, expired = make_link(member, table), make_link(member, table)
    assert member.delete(f"/datasets/{table['id']}/links/{revoked['id']}").status_code == 204
    stored = backends.links.get(expired["id"])
    backends.links.put(replace(stored, expires_at=now() - timedelta(seconds=1)))
    filtering = make_link(member, table, columns=["name"], filter={"salary__startswith": "p"})
    only = make_link(member, table, columns=["salary"])
    capped(backends, table, "salary")
    leaver = as_actor("member")
    other = make_dataset(leaver, run_jobs, rows=ROWS)
    of_lowered = make_link(leaver, other)
    lowered = backends.datasets.get(other["id"])
    team = (Member(leaver.user.id, "editor"), Member(member.user.id, "owner"))
    backends.datasets.replace(replace(lowered, team=team), lowered.rev)
    gone = as_actor("member")
    third = make_dataset(gone, run_jobs, rows=ROWS)
    of_disabled = make_link(gone, third)
    backends.users.amend(gone.user.id, lambda user: replace(user, disabled=True))
    deleted = make_dataset(member, run_jobs, rows=ROWS)
    of_deleted = make_link(member, deleted)
    member.delete(f"/datasets/{deleted['id']}")
    dead = [revoked, expired, filtering, only, of_lowered, of_disabled, of_deleted]
    same_404(anonymous, [*map(path_of, dead), "/api/v1/links/nonsense", "/api/v1/links/sdl_x"])
    assert member.delete(f"/datasets/{deleted['id']}?forever=true").status_code == 204
    assert backends.links.all_by(dataset_id=deleted["id"]) == []


def test_a_maker_who_has_the_right_again_has_the_link_again(
    member: Any, anonymous: Any, backends: Any, table: Any
) -> None:
    link = path_of(make_link(member, table))
    backends.users.amend(member.user.id, lambda user: replace(user, disabled=True))
    assert anonymous.get(f"{link}/rows").status_code == 404
    backends.users.amend(member.user.id, lambda user: replace(user, disabled=False))
    assert anonymous.get(f"{link}/rows").status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer", "told"),
    [
        ({"expires_at": LATER}, "/title", "missing"),
        ({"title": "L"}, "/expires_at", "missing"),
        (
            {"title": "L", "expires_at": "2020-01-01T00:00:00Z"},
            "/expires_at",
            "2020-01-01T00:00:00Z is not in the future",
        ),
        ({"title": "L", "expires_at": "2999-01-01T00:00:00Z"}, "/expires_at", "SHARE_LINK_DAYS=366"),
        ({"title": "L", "expires_at": "2027-01-01T00:00:00"}, "/expires_at", "zone"),
        ({"title": "L", "expires_at": "tomorrow"}, "/expires_at", "'tomorrow'"),
        ({"title": "L", "expires_at": "9999-12-31T23:59:59-12:00"}, "/expires_at", "9999-12-31T23:59:59-12:00"),
        ({"title": "L", "expires_at": LATER, "columns": ["nonsense"]}, "/columns/0", "'nonsense'"),
        ({"title": "L", "expires_at": LATER, "columns": []}, "/columns", "empty"),
        ({"title": "L", "expires_at": LATER, "filter": {"nonsense": "1"}}, "/filter/nonsense", "'nonsense'"),
        ({"title": "L", "expires_at": LATER, "filter": {"n__nonsense": "1"}}, "/filter/n__nonsense", "operator"),
        ({"title": "L", "expires_at": LATER, "filter": {"n": "x"}}, "/filter/n", "no integer"),
        ({"title": "L", "expires_at": LATER, "filter": {"region": []}}, "/filter/region", "empty"),
        ({"title": "L", "expires_at": LATER, "filter": {"region": {"a": 1}}}, "/filter/region", ""),
        ({"title": "L", "expires_at": LATER, "filter": {"q": "x"}}, "/filter/q", "'q'"),
    ],
)
def test_a_link_that_can_not_be_made_says_why(member: Any, table: Any, body: Any, pointer: str, told: str) -> None:
    answer = member.post(f"/datasets/{table['id']}/links", json=body)
    assert answer.status_code == 422
    assert any(one["pointer"] == pointer and told in one["message"] for one in answer.get_json()["errors"])


def test_links_are_counted_as_they_are_read(member: Any, anonymous: Any, table: Any) -> None:
    link = make_link(member, table)
    for noun in ("rows", "schema", "export.csv", "rows?nonsense=1"):
        anonymous.get(f"{path_of(link)}/{noun}")
    (listed,) = member.get(f"/datasets/{table['id']}/links").get_json()["items"]
    assert (listed["reads"], listed["active"]) == (3, True)
    assert listed["last_read_at"] >= listed["created_at"]
    assert listed["made_by"] == {"id": member.user.id, "name": member.user.display_name}
    assert "url" not in listed and "token" not in str(listed)


def test_a_list_says_which_links_show_nothing_now(member: Any, backends: Any, table: Any) -> None:
    link = make_link(member, table, columns=["salary"])
    capped(backends, table, "salary")
    (listed,) = member.get(f"/datasets/{table['id']}/links").get_json()["items"]
    assert (listed["id"], listed["active"]) == (link["id"], False)


def test_a_dataset_has_at_most_so_many_live_links(member: Any, backends: Any, table: Any, app: Any) -> None:
    few = replace(backends, settings=replace(backends.settings, max_links=1))
    app.extensions["solidata"] = few
    link = make_link(member, table)
    full = member.post(f"/datasets/{table['id']}/links", json={"title": "L", "expires_at": LATER})
    assert full.status_code == 409
    assert "1 share links" in full.get_json()["detail"] and "MAX_LINKS=1" in full.get_json()["detail"]
    stored = backends.links.get(link["id"])
    backends.links.put(replace(stored, expires_at=now() - timedelta(seconds=1)))
    assert make_link(member, table)["id"]


def test_links_of_others_are_not_revoked_by_way_of_ones_own(
    member: Any, anonymous: Any, as_actor: Any, run_jobs: Any, table: Any
) -> None:
    link = make_link(member, table)
    other = as_actor("member")
    own = make_dataset(other, run_jobs, rows=ROWS)
    assert other.delete(f"/datasets/{own['id']}/links/{link['id']}").status_code == 404
    assert anonymous.get(f"{path_of(link)}/rows").status_code == 200


def test_making_and_revoking_are_in_the_audit_log_without_the_token(member: Any, backends: Any, table: Any) -> None:
    link = make_link(member, table)
    member.delete(f"/datasets/{table['id']}/links/{link['id']}")
    entries = [one for one in backends.audit.in_order() if one.action.startswith("link.")]
    assert [(one.action, one.actor_id, one.subject_id) for one in entries] == [
        ("link.create", member.user.id, table["id"]),
        ("link.revoke", member.user.id, table["id"]),
    ]
    assert {one.details["link_id"] for one in entries} == {link["id"]}
    token = link["url"].rsplit("/", 1)[1]
    assert token not in str(entries) and digest(token) not in str(entries)


def test_the_token_is_in_no_log_and_no_error(member: Any, anonymous: Any, table: Any, caplog: Any) -> None:
    link = path_of(make_link(member, table))
    token = link.rsplit("/", 1)[1]
    with caplog.at_level(logging.DEBUG):
        told = [
            anonymous.get(f"{link}{rest}").get_data(as_text=True)
            for rest in ("/rows?sort=nonsense", "/nonsense", "", "/schema?nonsense=1")
        ]
        anonymous.get(f"{link}/rows")
        anonymous.get(f"{link}x/rows")
        anonymous.post(f"{link}/rows")
    assert token not in "".join(told)
    assert token not in caplog.text
    assert token not in logs._mask(f"GET /somewhere/{token}/rows")


def test_a_link_follows_the_table_to_its_new_version(member: Any, anonymous: Any, run_jobs: Any, table: Any) -> None:
    made = built(member, run_jobs, table)
    link = path_of(make_link(member, made, columns=["name"]))
    begun = anonymous.get(f"{link}/rows?per_page=2").get_json()
    member.put(f"{made['project']}/recipe", json={"steps": [{"op": "filter", "where": {"region": "A"}}]})
    rebuilt(member, run_jobs, made["project"])
    assert names(anonymous.get(f"{link}/rows")) == ["Ain", "Allier"]
    going_on = anonymous.get(f"{link}/rows?per_page=2&cursor={begun['next']}")
    assert (names(going_on), going_on.get_json()["version"]) == (["Allier", "Alpes"], 1)
