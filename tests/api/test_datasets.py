"""Sharing a table: levels, columns that are nowhere, pages and exports."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.factories import make_dataset
from tests.worlds import World, make_world

SECRET = "planted-secret"
ROWS = [
    {"code": "01", "name": "Ain", "classified": SECRET, "n": 1},
    {"code": "02", "name": "Aisne", "classified": "other", "n": 2},
    {"code": "2A", "name": "Corse", "classified": "third", "n": 3},
]


@pytest.fixture
def shared(member: Any, run_jobs: Any) -> dict[str, Any]:
    """A table that everybody reads but for one column."""
    dataset = make_dataset(member, run_jobs, rows=ROWS)
    body = {"open_level": "opendata", "columns": [{"key": "classified", "open_level": "private"}]}
    changed = member.patch(f"/datasets/{dataset['id']}", json=body)
    assert changed.status_code == 200, changed.get_json()
    return changed.get_json()


def test_everybody_reads_what_is_open(shared: Any, anonymous: Any) -> None:
    page = anonymous.get(f"/datasets/{shared['id']}/rows").get_json()
    assert [row["code"] for row in page["rows"]] == ["01", "02", "2A"]
    assert page["total"] == 3 and page["version"] == 1 and page["next"] is None


def test_the_slug_stands_for_the_id(shared: Any, anonymous: Any) -> None:
    assert anonymous.get(f"/datasets/{shared['slug']}").get_json()["id"] == shared["id"]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/rows",
        "/schema",
        "/export.csv",
        "/report",
        "/versions",
        "/versions/1",
        "/rows?orient=tabular",
        "/rows?q=x",
        "/rows?fields=nonsense",
    ],
)
def test_a_private_column_is_nowhere(shared: Any, anonymous: Any, path: str) -> None:
    body = anonymous.get(f"/datasets/{shared['id']}{path}").get_data(as_text=True)
    assert SECRET not in body
    assert "classified" not in body


def test_a_private_column_is_in_no_row_and_no_origin(shared: Any, anonymous: Any) -> None:
    row = anonymous.get(f"/datasets/{shared['id']}/rows").get_json()["rows"][0]
    for path in (f"/rows/{row['_id']}", f"/rows/{row['_id']}/origin"):
        body = anonymous.get(f"/datasets/{shared['id']}{path}").get_data(as_text=True)
        assert SECRET not in body and "classified" not in body


@pytest.mark.parametrize(
    "parameter",
    ["{}=x", "{}__exact=planted-secret", "{}__isnull=", "{}__nonsense=1", "sort={}", "sort=-{}", "fields={}"],
)
@pytest.mark.parametrize("noun", ["rows", "export.csv"])
def test_asking_for_a_hidden_column_is_asking_for_none(shared: Any, anonymous: Any, parameter: str, noun: str) -> None:
    answers = [
        anonymous.get(f"/datasets/{shared['id']}/{noun}?{parameter.format(name)}") for name in ("classified", "absent")
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    told = [json.dumps({**answer.get_json(), "request_id": ""}).replace("absent", "classified") for answer in answers]
    assert told[0] == told[1]


def test_the_original_is_for_who_reads_every_column(shared: Any, anonymous: Any, as_actor: Any) -> None:
    assert anonymous.get(f"/datasets/{shared['id']}/original").status_code == 403
    assert as_actor("member").get(f"/datasets/{shared['id']}/original").status_code == 403
    assert as_actor("admin").get(f"/datasets/{shared['id']}/original").status_code == 200


def test_sha256_source_and_team_are_not_for_everybody(shared: Any, anonymous: Any, member: Any) -> None:
    assert not {"sha256", "source", "team"} & anonymous.get(f"/datasets/{shared['id']}").get_json().keys()
    assert {"sha256", "source", "team"} <= member.get(f"/datasets/{shared['id']}").get_json().keys()


def test_older_versions_are_judged_by_todays_levels(shared: Any, anonymous: Any) -> None:
    assert "classified" not in anonymous.get(f"/datasets/{shared['id']}/rows?version=1").get_data(as_text=True)
    assert anonymous.get(f"/datasets/{shared['id']}/rows?version=2").status_code == 404
    assert anonymous.get(f"/datasets/{shared['id']}/rows?version=x").status_code == 422


def test_a_dataset_of_which_no_column_is_readable_is_absent(shared: Any, member: Any, anonymous: Any) -> None:
    body = {"columns": [{"key": key, "open_level": "private"} for key in ROWS[0]]}
    member.patch(f"/datasets/{shared['id']}", json=body)
    assert anonymous.get(f"/datasets/{shared['id']}").status_code == 404
    assert anonymous.get("/datasets").get_json()["total"] == 0


def test_levels_are_a_managers(backends: Any, as_user: Any, run_jobs: Any) -> None:
    world: World = make_world(backends, as_user, run_jobs)
    path = f"/datasets/{world.dataset_id}"
    closing = {"columns": [{"key": "name", "open_level": "private"}]}
    assert world.callers["editor"].patch(path, json=closing).status_code == 403
    assert world.callers["editor"].patch(path, json={"open_level": "opendata"}).status_code == 403
    assert world.callers["editor"].patch(path, json={"columns": [{"key": "name", "title": "Nom"}]}).status_code == 200
    assert world.callers["manager"].patch(path, json=closing).status_code == 200
    assert "name" not in world.callers["editor"].get(f"{path}/rows").get_json()["rows"][0]


def test_a_column_patch_names_a_column_that_is_there(shared: Any, member: Any) -> None:
    answer = member.patch(f"/datasets/{shared['id']}", json={"columns": [{"key": "nonsense", "title": "T"}]})
    assert answer.get_json()["errors"] == [{"pointer": "/columns/0/key", "message": "there is no column 'nonsense'"}]


def test_a_row_has_the_same_id_everywhere(shared: Any, member: Any, anonymous: Any) -> None:
    ids = [
        [row["_id"] for row in caller.get(f"/datasets/{shared['id']}/rows").get_json()["rows"]]
        for caller in (member, anonymous)
    ]
    assert ids[0] == ids[1] and len(set(ids[0])) == 3
    assert anonymous.get(f"/datasets/{shared['id']}/rows/{ids[0][2]}").get_json()["code"] == "2A"
    assert anonymous.get(f"/datasets/{shared['id']}/rows/nonsense").status_code == 404


def test_a_source_row_comes_from_its_line(shared: Any, anonymous: Any) -> None:
    row = anonymous.get(f"/datasets/{shared['id']}/rows?code=02").get_json()["rows"][0]
    origin = anonymous.get(f"/datasets/{shared['id']}/rows/{row['_id']}/origin").get_json()
    assert origin == {
        "origins": [{"dataset_id": shared["id"], "version": 1, "row": row["_id"], "line": 3}],
        "hidden": 0,
    }


def test_cursors_walk_the_table_and_keep_to_their_query(shared: Any, anonymous: Any) -> None:
    path, walked = f"/datasets/{shared['id']}/rows", []
    first = page = anonymous.get(f"{path}?sort=-n&per_page=2").get_json()
    walked += page["rows"]
    page = anonymous.get(f"{path}?sort=-n&per_page=1&cursor={first['next']}").get_json()
    assert [row["n"] for row in [*walked, *page["rows"]]] == [3, 2, 1]
    assert anonymous.get(f"{path}?sort=n&cursor={first['next']}").status_code == 422
    assert anonymous.get(f"{path}?sort=-n&cursor={first['next'][:-2]}AA").status_code == 422
    assert anonymous.get(f"{path}?cursor=nonsense").status_code == 422


def test_a_cursor_of_another_dataset_is_refused(shared: Any, member: Any, run_jobs: Any) -> None:
    other = make_dataset(member, run_jobs, rows=ROWS)
    cursor = member.get(f"/datasets/{other['id']}/rows?per_page=1").get_json()["next"]
    assert member.get(f"/datasets/{shared['id']}/rows?cursor={cursor}").status_code == 422


def test_rows_are_304_while_nothing_changed(shared: Any, member: Any, anonymous: Any) -> None:
    path = f"/datasets/{shared['id']}/rows?per_page=1"
    seen = {"If-None-Match": anonymous.get(path).headers["ETag"]}
    assert anonymous.get(path, headers=seen).status_code == 304
    assert member.get(path, headers=seen).status_code == 200
    member.patch(f"/datasets/{shared['id']}", json={"columns": [{"key": "n", "open_level": "private"}]})
    assert anonymous.get(path, headers=seen).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "per_page=1001",
        "page=0",
        "page=-1",
        "nonsense=1",
        "n__contains=1",
        "n=x",
        "orient=x",
        'name__in="a',
        "bbox=1,2,3,4",
    ],
)
def test_a_query_that_does_not_fit_names_what(shared: Any, anonymous: Any, query: str) -> None:
    answer = anonymous.get(f"/datasets/{shared['id']}/rows?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == query.split("=", maxsplit=1)[0]


def test_tabular_rows_have_headers_and_values(shared: Any, anonymous: Any) -> None:
    page = anonymous.get(f"/datasets/{shared['id']}/rows?orient=tabular&fields=n,code&per_page=1").get_json()
    assert page["headers"] == ["_id", "n", "code"]
    assert page["values"][0][1:] == [1, "01"]


def test_csv_is_the_table_and_says_that_it_guards(shared: Any, anonymous: Any) -> None:
    answer = anonymous.get(f"/datasets/{shared['id']}/export.csv?n__greater=2&header=title")
    assert answer.data == b"code,name,n\r\n02,Aisne,2\r\n2A,Corse,3\r\n"
    assert answer.headers["X-Formula-Guard"] == "apostrophe"
    assert f'filename="{shared["title"]}.csv"' in answer.headers["Content-Disposition"]
    assert answer.content_type.startswith("text/csv; charset=utf-8")


@pytest.mark.parametrize("query", ["delimiter=%23", "bom=maybe", "header=x", "page=1", "cursor=x"])
def test_an_export_asked_wrongly_is_a_422(shared: Any, anonymous: Any, query: str) -> None:
    assert anonymous.get(f"/datasets/{shared['id']}/export.csv?{query}").status_code == 422


def test_the_schema_is_a_table_schema(shared: Any, anonymous: Any) -> None:
    schema = anonymous.get(f"/datasets/{shared['id']}/schema").get_json()
    assert [(field["name"], field["type"]) for field in schema["fields"]] == [
        ("code", "string"),
        ("name", "string"),
        ("n", "integer"),
    ]


def test_deleting_forever_takes_everything(shared: Any, member: Any, settings: Any, backends: Any) -> None:
    assert member.delete(f"/datasets/{shared['id']}?forever=true").status_code == 204
    assert member.get(f"/datasets/{shared['id']}").status_code == 404
    assert backends.versions.all_by() == []
    assert [path for path in (settings.data_dir / "tables").rglob("*") if path.is_file()] == []


def test_two_open_datasets_of_one_title_have_two_slugs(member: Any, run_jobs: Any) -> None:
    made = [make_dataset(member, run_jobs, rows=ROWS, title="Été à Paris", open_level="commons") for _ in range(2)]
    assert [one["slug"] for one in made] == ["ete-a-paris", "ete-a-paris-2"]


def test_a_slug_tells_nothing_of_a_hidden_dataset_of_that_title(member: Any, as_actor: Any, run_jobs: Any) -> None:
    hidden = make_dataset(member, run_jobs, rows=ROWS, title="Été à Paris")
    for level in ("collective", "opendata"):
        made = make_dataset(as_actor("member"), run_jobs, rows=ROWS, title="Été à Paris", open_level=level)
        assert made["slug"] == ("ete-a-paris" if level == "opendata" else f"ete-a-paris--{made['id'][:6]}")
    assert member.get(f"/datasets/{hidden['slug']}").get_json()["id"] == hidden["id"]


def patched(member: Any, dataset: Any, **body: Any) -> dict[str, Any]:
    answer = member.patch(f"/datasets/{dataset['id']}", json=body)
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def test_a_dataset_gets_a_readable_slug_when_it_opens_and_keeps_it(member: Any, run_jobs: Any) -> None:
    taken = make_dataset(member, run_jobs, rows=ROWS, title="Été à Paris", open_level="opendata")
    made = make_dataset(member, run_jobs, rows=ROWS)
    assert patched(member, made, title="Été à Paris")["slug"] == made["slug"]
    assert patched(member, made, open_level="commons")["slug"] == "ete-a-paris-2"
    patched(member, taken, open_level="private", edit_level="private")
    for body in ({"title": "Hiver"}, {"open_level": "collective"}, {"open_level": "opendata"}):
        assert patched(member, made, **body)["slug"] == "ete-a-paris-2", body


def test_a_dataset_of_which_only_a_column_opens_gets_its_slug_then(member: Any, run_jobs: Any) -> None:
    made = make_dataset(member, run_jobs, rows=ROWS, title="Été")
    private = [{"key": key, "open_level": "private"} for key in ROWS[0]]
    assert patched(member, made, open_level="opendata", columns=private)["slug"] == made["slug"] != "ete"
    assert patched(member, made, columns=[{"key": "name", "open_level": "commons"}])["slug"] == "ete"


def test_datasets_of_one_title_that_open_at_the_same_time_get_slugs_of_their_own(
    member: Any, as_user: Any, run_jobs: Any
) -> None:
    made = [make_dataset(member, run_jobs, rows=ROWS, title="Été") for _ in range(3)]
    callers = [as_user(member.user) for _ in made]
    with ThreadPoolExecutor(len(made)) as pool:
        opened = list(pool.map(lambda two: patched(*two, open_level="opendata"), zip(callers, made, strict=True)))
    assert sorted(one["slug"] for one in opened) == ["ete", "ete-2", "ete-3"]
