"""`POST /datasets/from-source`: datasets of what lies at an address, page by page, and empty ones of a schema."""

from __future__ import annotations

import email
import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.policy import default
from typing import Any

import openpyxl
import pytest

from solidata_api.backends import Backends
from solidata_api.domain.documents import Member
from solidata_api.domain.errors import FetchFailed
from solidata_api.domain.jobs import Job
from solidata_api.services import fetching, sealing
from solidata_api.settings import Settings
from tests.conftest import Caller
from tests.factories import make_user
from tests.servers import Site, serving

CSV = b"code,name\n01,Ain\n02,Aisne\n"
SECRET = "Bearer v3ry-s3cret"
SCHEMA = {
    "title": "Arbres",
    "primaryKey": "Code arbre",
    "fields": [
        {"name": "Code arbre", "type": "string", "constraints": {"required": True}},
        {"name": "planted", "type": "date", "title": "Planté le"},
        {"name": "height", "type": "number", "description": "in metres"},
    ],
}
RunJobs = Callable[[], list[Job]]


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as one:
        yield one


@pytest.fixture
def settings(settings: Settings, site: Site) -> Settings:
    return replace(settings, fetch_allow=(site.where,), fetch_timeout_s=5)


def ask(caller: Caller, source: dict[str, Any], **fields: Any) -> Any:
    return caller.post("/datasets/from-source", json={"source": source, **fields})


def ended(caller: Caller, run_jobs: RunJobs, source: dict[str, Any], **fields: Any) -> Job:
    """The job, once it has run."""
    answer = ask(caller, source, **fields)
    assert answer.status_code == 202, answer.get_json()
    return next(job for job in run_jobs() if job.id == answer.get_json()["id"])


def made(caller: Caller, run_jobs: RunJobs, source: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The dataset that came of it."""
    job = ended(caller, run_jobs, source, **fields)
    assert job.state == "succeeded", job.error
    found: dict[str, Any] = caller.get(f"/datasets/{job.result['dataset_id']}").get_json()  # type: ignore[index]
    return found


def cells(caller: Caller, dataset: dict[str, Any]) -> list[dict[str, Any]]:
    rows = caller.get(f"/datasets/{dataset['id']}/rows").get_json()["rows"]
    return [{name: value for name, value in row.items() if name != "_id"} for row in rows]


def faults(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.get_json()
    return {one["pointer"]: one["message"] for one in answer.get_json()["errors"]}


def test_a_file_at_an_address_becomes_a_dataset(member: Caller, run_jobs: RunJobs, site: Site) -> None:
    headers = {"Content-Type": "text/csv", "ETag": '"v1"', "Last-Modified": "Wed, 21 Oct 2026 07:28:00 GMT"}
    url = site.gives("/files/communes.csv", CSV, headers)
    dataset = made(member, run_jobs, {"type": "url", "url": url}, licence="etalab-2.0", tags=["t"])
    assert (dataset["title"], dataset["kind"], dataset["licence"], dataset["tags"]) == (
        "communes.csv",
        "source",
        "etalab-2.0",
        ["t"],
    )
    assert cells(member, dataset) == [{"code": "01", "name": "Ain"}, {"code": "02", "name": "Aisne"}]
    source = dataset["source"]
    assert (source["type"], source["url"], source["etag"]) == ("url", url, '"v1"')
    assert (source["last_modified"], source["bytes"]) == ("Wed, 21 Oct 2026 07:28:00 GMT", len(CSV))
    original = member.get(f"/datasets/{dataset['id']}/original")
    assert original.get_data() == CSV
    assert "communes.csv" in original.headers["Content-Disposition"]


def test_records_are_found_at_their_path(member: Caller, run_jobs: RunJobs, site: Site) -> None:
    body = {"a": [{"x": 1}], "b": {"c": [{"y": 2}, {"y": 3}]}}
    url = site.gives("/t.json", json.dumps(body).encode())
    dataset = made(member, run_jobs, {"type": "url", "url": url, "records_path": "b.c"})
    assert cells(member, dataset) == [{"y": 2}, {"y": 3}]


def test_options_are_those_of_uploads(member: Caller, run_jobs: RunJobs, site: Site) -> None:
    url = site.gives("/t.csv", b"a;b\n1,5;x\n")
    options = {"types": {"a": "string"}, "delimiter": ";"}
    assert cells(member, made(member, run_jobs, {"type": "url", "url": url}, options=options)) == [
        {"a": "1,5", "b": "x"}
    ]


def test_pages_become_one_dataset_whose_original_is_their_list(member: Caller, run_jobs: RunJobs, site: Site) -> None:
    records = [{"id": n, "parts": [{"p": n}, {"p": -n}]} for n in range(5)]
    site.routes["/api/things"] = lambda one: one.say_json(
        {"total_count": 5, "results": records[int(one.asked.query["offset"]) :][:2]}
    )
    source = {
        "type": "url",
        "url": site.url("/api/things"),
        "records_path": "results",
        "paging": {"type": "offset", "param": "offset", "size_param": "limit", "size": 2},
    }
    dataset = made(member, run_jobs, source)
    assert [row["id"] for row in cells(member, dataset)] == [0, 1, 2, 3, 4]
    assert json.loads(member.get(f"/datasets/{dataset['id']}/original").get_data()) == records
    report = member.get(f"/datasets/{dataset['id']}/report").get_json()
    assert report["fetched"] == {"pages": 3, "records": 5, "announced": 5, "ended": "empty page"}
    assert dataset["source"]["paging"] == source["paging"]


def test_one_record_with_a_list_in_it_is_one_row(member: Caller, run_jobs: RunJobs, site: Site) -> None:
    site.routes["/t"] = lambda one: one.say_json(
        [{"id": 1, "of": [{"x": 1}, {"x": 2}]}] if one.asked.query["p"] == "1" else []
    )
    source = {"type": "url", "url": site.url("/t"), "paging": {"type": "page", "param": "p"}}
    dataset = made(member, run_jobs, source)
    assert dataset["row_count"] == 1


def test_pages_of_geojson_keep_their_shapes(member: Caller, run_jobs: RunJobs, site: Site) -> None:
    point = {"type": "Point", "coordinates": [1.5, 2.5]}
    features = [{"type": "Feature", "properties": {"n": n}, "geometry": point} for n in range(3)]
    site.routes["/f"] = lambda one: one.say_json(
        {"type": "FeatureCollection", "features": features[int(one.asked.query["o"]) :][:2]}
    )
    source = {"type": "url", "url": site.url("/f"), "paging": {"type": "offset", "param": "o"}}
    dataset = made(member, run_jobs, source)
    assert dataset["row_count"] == 3
    assert {one["key"]: one["type"] for one in dataset["columns"]} == {"n": "integer", "geometry": "geojson"}


def test_every_sheet_of_a_workbook_keeps_the_headers_of_its_source(
    member: Caller, run_jobs: RunJobs, backends: Backends, site: Site
) -> None:
    book = openpyxl.Workbook()
    for name in ("one", "two"):
        sheet = book.create_sheet(name)
        sheet.append(["code", "name"])
        sheet.append([name, "Ain"])
    del book["Sheet"]
    data = io.BytesIO()
    book.save(data)
    source = {"type": "url", "url": site.gives("/b.xlsx", data.getvalue()), "headers": {"X-Key": SECRET}}
    job = ended(member, run_jobs, source, options={"sheets": "all"})
    assert job.state == "succeeded" and job.result is not None, job.error
    found = [backends.datasets.get(one["dataset_id"]) for one in job.result["datasets"]]
    assert len(found) == 2
    assert [fetching.opened(backends, one.id, one.source or {}) for one in found] == [{"X-Key": SECRET}] * 2


def test_an_empty_source_fails_in_a_sentence(member: Caller, run_jobs: RunJobs, site: Site) -> None:
    site.routes["/t"] = lambda one: one.say_json({"results": []})
    source = {"type": "url", "url": site.url("/t"), "paging": {"type": "page", "param": "p"}}
    job = ended(member, run_jobs, source)
    assert job.error is not None and job.error.detail == f"{site.where} gave no records."


def test_a_fetch_that_fails_ends_the_job_with_a_problem(member: Caller, run_jobs: RunJobs, site: Site) -> None:
    job = ended(member, run_jobs, {"type": "url", "url": site.url("/none") + "?apikey=s3cret"})
    shown = member.get(f"/jobs/{job.id}").get_json()
    assert shown["state"] == "failed"
    assert (shown["error"]["type"], shown["error"]["status"]) == ("/problems/fetch-failed", 502)
    assert shown["error"]["detail"] == f"{site.where} answered 404 Not Found."


def test_an_address_inside_is_refused(member: Caller, run_jobs: RunJobs) -> None:
    job = ended(member, run_jobs, {"type": "url", "url": "http://169.254.169.254/latest/meta-data"})
    assert job.error is not None and "not a public one" in job.error.detail


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ftp://h/x", "http://"), ("file:///etc/passwd", "http://"), ("http://u:p4ss@h/", "header"),
        ("http://h:0/", "port"), ("http://h:x/", "port"), ("http:///x", "host"), ("http://a\r\nb/", "control"),
        ("javascript:alert(1)", "http://"), ("communes.csv", "http://"), ("http://[::1%25lo]/", "host"),
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_at_once(member: Caller, url: str, told: str) -> None:
    found = faults(ask(member, {"type": "url", "url": url}))
    assert told in found["/source/url"] and "p4ss" not in found["/source/url"]


@pytest.mark.parametrize(
    ("headers", "pointer"),
    [
        ({"X": "a\r\nHost: evil"}, "/source/headers/X"), ({"X": "é"}, "/source/headers/X"),
        ({"X": ""}, "/source/headers/X"), ({"X\r\nY": "a"}, "/source/headers"), ({"": "a"}, "/source/headers"),
        ({"Host": "evil"}, "/source/headers/Host"), ({"Content-Length": "3"}, "/source/headers/Content-Length"),
        ({"connection": "x"}, "/source/headers/connection"), ({"Proxy-Auth": "x"}, "/source/headers/Proxy-Auth"),
        ({"Transfer-Encoding": "chunked"}, "/source/headers/Transfer-Encoding"),
        ({"X-a": "1", "x-A": "2"}, "/source/headers"), ({f"X{n}": "1" for n in range(21)}, "/source/headers"),
    ],
)  # fmt: skip
def test_headers_that_do_not_fit_are_refused_at_once(member: Caller, headers: dict[str, str], pointer: str) -> None:
    assert pointer in faults(ask(member, {"type": "url", "url": "http://h.example/", "headers": headers}))


@pytest.mark.parametrize(
    ("paging", "pointer"),
    [
        ({"type": "page"}, "param"), ({"type": "cursor", "param": "c"}, "cursor_path"),
        ({"type": "link", "param": "p"}, "param"), ({"type": "page", "param": "p", "next_path": "n"}, "next_path"),
        ({"type": "page", "param": "p", "size": 3}, "size"), ({"type": "magic"}, "type"),
        ({"type": "page", "param": "p", "max_pages": 0}, "max_pages"), ({"type": "page", "other": 1}, "other"),
    ],
)  # fmt: skip
def test_paging_that_does_not_fit_is_refused_at_once(member: Caller, paging: dict[str, Any], pointer: str) -> None:
    found = faults(ask(member, {"type": "url", "url": "http://h.example/", "paging": paging}))
    assert any(one.startswith("/source/paging") and (one.endswith(pointer) or pointer in found[one]) for one in found)


@pytest.mark.parametrize(
    "source",
    [
        {"type": "url"}, {"type": "rows"}, {"type": "url", "url": "http://h/", "schema": SCHEMA},
        {"type": "rows", "schema": SCHEMA, "url": "http://h/"}, {"type": "rows", "schema": {"fields": []}},
        {"type": "rows", "schema": {"fields": [{"name": "a", "type": "money"}]}}, {"type": "ftp"}, {},
        {"type": "rows", "schema": {"fields": [{"type": "string"}]}},
        {"type": "rows", "schema": {"fields": [{"name": "a"}], "primaryKey": "b"}},
    ],
)  # fmt: skip
def test_a_source_that_does_not_fit_is_refused_at_once(member: Caller, source: dict[str, Any]) -> None:
    assert ask(member, source).status_code == 422


def test_unknown_options_levels_and_licences_are_refused_at_once(member: Caller) -> None:
    source = {"type": "url", "url": "http://h.example/t.csv"}
    assert "/options/colour" in faults(ask(member, source, options={"colour": "red"}))
    assert "/licence" in faults(ask(member, source, licence="none-such"))
    assert ask(member, source, edit_level="opendata").status_code == 422
    assert "/options" in faults(ask(member, {"type": "rows", "schema": SCHEMA}, options={"delimiter": ";"}))


def test_headers_are_sent_and_never_shown_again(
    member: Caller, run_jobs: RunJobs, backends: Backends, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    site.routes["/t.csv"] = lambda one: one.say(200 if one.asked.headers.get("authorization") == SECRET else 401, CSV)
    answer = ask(member, {"type": "url", "url": site.url("/t.csv"), "headers": {"Authorization": SECRET}})
    stored_before = repr(backends.jobs.collection.find_one({"_id": answer.get_json()["id"]}))
    job = run_jobs()[0]
    assert job.state == "succeeded" and job.result is not None
    dataset = member.get(f"/datasets/{job.result['dataset_id']}").get_json()
    assert dataset["source"]["headers"] == {"Authorization": "•••"}
    assert "secrets" not in dataset["source"]
    everything = [
        stored_before,
        answer.get_data(as_text=True),
        member.get(f"/jobs/{job.id}").get_data(as_text=True),
        json.dumps(dataset),
        member.get(f"/datasets/{dataset['id']}/report").get_data(as_text=True),
        *(repr(list(backends.database[name].find())) for name in backends.database.list_collection_names()),
        caplog.text,
    ]
    assert not any("s3cret" in one for one in everything)


def test_headers_are_in_no_error(member: Caller, run_jobs: RunJobs, site: Site) -> None:
    url = site.gives("/t.csv", b"", status=401)
    job = ended(member, run_jobs, {"type": "url", "url": url, "headers": {"X-Key": SECRET}})
    assert job.error is not None and job.error.detail == f"{site.where} answered 401 Unauthorized."


def test_only_editors_see_the_source(
    member: Caller, as_actor: Callable[..., Caller], run_jobs: RunJobs, site: Site
) -> None:
    url = site.gives("/t.csv", CSV) + "?apikey=s3cret"
    dataset = made(member, run_jobs, {"type": "url", "url": url})
    assert member.patch(f"/datasets/{dataset['id']}", json={"open_level": "commons"}).status_code == 200
    assert dataset["source"]["url"].endswith("?apikey=s3cret")
    shown = as_actor().get(f"/datasets/{dataset['id']}")
    assert shown.status_code == 200 and "s3cret" not in shown.get_data(as_text=True)


def test_what_is_sealed_opens_for_its_place_and_key_only(backends: Backends) -> None:
    sealed = sealing.seal(backends, "here", {"a": "b"})
    assert sealing.unseal(backends, "here", sealed) == {"a": "b"}
    assert sealing.seal(backends, "here", {"a": "b"}) != sealed
    other = replace(backends, settings=replace(backends.settings, secret_key="y" * 64))
    for world, place in ((backends, "there"), (other, "here")):
        with pytest.raises(sealing.CantOpen):
            sealing.unseal(world, place, sealed)


def test_a_draft_is_fetched_once_and_published_from_what_was_kept(
    member: Caller, run_jobs: RunJobs, backends: Backends, site: Site
) -> None:
    url = site.gives_in_turn("/t.csv", (200, CSV, {}), (500, b"", {}))
    source = {"type": "url", "url": url, "headers": {"X-Key": SECRET}}
    job = ended(member, run_jobs, source, options={"draft": True})
    assert job.state == "succeeded", job.error
    answer = member.post(f"/jobs/{job.id}/retry", json={})
    assert answer.status_code == 202, answer.get_json()
    published = run_jobs()[0]
    assert published.state == "succeeded" and published.result is not None
    assert len(site.asked) == 1
    dataset = backends.datasets.get(published.result["dataset_id"])
    assert fetching.opened(backends, dataset.id, dataset.source or {}) == {"X-Key": SECRET}


def test_a_failed_fetch_can_be_asked_again_with_its_headers(member: Caller, run_jobs: RunJobs, site: Site) -> None:
    url = site.gives_in_turn("/t.csv", (403, b"", {}), (200, CSV, {}))
    job = ended(member, run_jobs, {"type": "url", "url": url, "headers": {"X-Key": SECRET}})
    assert job.state == "failed"
    assert member.post(f"/jobs/{job.id}/retry", json={}).status_code == 202
    again = run_jobs()[0]
    assert again.state == "succeeded"
    assert [one.headers["x-key"] for one in site.asked] == [SECRET, SECRET]


def test_the_same_request_with_a_key_makes_one_dataset(member: Caller, run_jobs: RunJobs, site: Site) -> None:
    body = {"source": {"type": "url", "url": site.gives("/t.csv", CSV)}}
    ids = {
        member.post("/datasets/from-source", json=body, headers={"Idempotency-Key": "k"}).get_json()["id"] for _ in "ab"
    }
    assert len(ids) == 1 and len(run_jobs()) == 1


def test_anonymous_and_guests_may_not(anonymous: Caller, as_actor: Callable[..., Caller]) -> None:
    source = {"type": "url", "url": "http://h.example/"}
    assert ask(anonymous, source).status_code == 401
    assert ask(as_actor("guest"), source).status_code == 403


def test_a_schema_makes_an_empty_table(member: Caller, run_jobs: RunJobs, backends: Backends) -> None:
    dataset = made(member, run_jobs, {"type": "rows", "schema": SCHEMA})
    assert (dataset["title"], dataset["row_count"], dataset["version"]) == ("Arbres", 0, 1)
    assert [(one["key"], one["title"], one["type"]) for one in dataset["columns"]] == [
        ("code_arbre", "Code arbre", "string"),
        ("planted", "Planté le", "date"),
        ("height", "height", "number"),
    ]
    assert dataset["source"] == {"type": "rows"}
    assert cells(member, dataset) == []
    schema = member.get(f"/datasets/{dataset['id']}/schema").get_json()
    assert schema["primaryKey"] == ["code_arbre"]
    assert schema["fields"][2]["description"] == "in metres"
    report = member.get(f"/datasets/{dataset['id']}/report").get_json()
    assert report["constraints_left_out"] == {"code_arbre": ["required"]}
    assert (
        member.get(f"/datasets/{dataset['id']}/export.csv").get_data(as_text=True).strip()
        == "code_arbre,planted,height"
    )
    assert member.get(f"/datasets/{dataset['id']}/original").status_code == 404


def report_nothing(*_: Any) -> None:
    pass


def test_a_dataset_is_fetched_again_with_its_headers_and_only_when_it_changed(
    member: Caller, run_jobs: RunJobs, backends: Backends, site: Site
) -> None:
    state = {"tag": '"v1"', "body": CSV}

    def conditional(one: Any) -> None:
        fresh = one.asked.headers.get("if-none-match") == state["tag"]
        one.say(304 if fresh else 200, b"" if fresh else state["body"], {"ETag": state["tag"]})

    site.routes["/t.csv"] = conditional
    source = {"type": "url", "url": site.url("/t.csv"), "headers": {"X-Key": SECRET}}
    dataset = backends.datasets.get(made(member, run_jobs, source)["id"])
    assert fetching.refetch(backends, dataset, report_nothing) is None
    state.update(tag='"v2"', body=CSV + b"03,Allier\n")
    found = fetching.refetch(backends, dataset, report_nothing)
    assert found is not None
    assert b"".join(backends.tables.stream(found.original.path)) == state["body"]
    assert (found.source["etag"], found.source["secrets"]) == ('"v2"', (dataset.source or {})["secrets"])
    assert {one.headers["x-key"] for one in site.asked} == {SECRET}


def reloaded(caller: Caller, run_jobs: RunJobs, dataset_id: str) -> Job:
    answer = caller.post(f"/datasets/{dataset_id}/reload")
    assert answer.status_code == 202, answer.get_json()
    return next(job for job in run_jobs() if job.id == answer.get_json()["id"])


def test_a_reload_asks_the_address_again_and_what_has_not_changed_makes_no_version(
    member: Caller, run_jobs: RunJobs, site: Site
) -> None:
    state: dict[str, Any] = {"tag": '"v1"', "body": CSV}

    def conditional(one: Any) -> None:
        fresh = one.asked.headers.get("if-none-match") == state["tag"]
        one.say(304 if fresh else 200, b"" if fresh else state["body"], {"ETag": state["tag"]})

    site.routes["/t.csv"] = conditional
    dataset_id = made(member, run_jobs, {"type": "url", "url": site.url("/t.csv")})["id"]
    assert reloaded(member, run_jobs, dataset_id).result == {"dataset_id": dataset_id, "version": 1, "unchanged": True}
    # Another tag for the same bytes: no version, and the tag is kept.
    state["tag"] = '"v2"'
    assert reloaded(member, run_jobs, dataset_id).result == {"dataset_id": dataset_id, "version": 1, "unchanged": True}
    assert member.get(f"/datasets/{dataset_id}").get_json()["source"]["etag"] == '"v2"'
    state.update(tag='"v3"', body=CSV + b"03,Allier\n")
    assert reloaded(member, run_jobs, dataset_id).result == {"dataset_id": dataset_id, "version": 2}
    shown = member.get(f"/datasets/{dataset_id}").get_json()
    assert (shown["row_count"], shown["source"]["etag"]) == (3, '"v3"')
    # A file may come in between; the address is kept, and asked anew.
    data = {"file": (io.BytesIO(CSV), "x.csv")}
    member.post(f"/datasets/{dataset_id}/reload", data=data, content_type="multipart/form-data")
    run_jobs()
    assert reloaded(member, run_jobs, dataset_id).result == {"dataset_id": dataset_id, "version": 4}


def test_records_of_an_api_are_reloaded_from_where_they_lie(member: Caller, run_jobs: RunJobs, site: Site) -> None:
    state = {"rows": [{"a": "01"}]}
    site.routes["/t.json"] = lambda one: one.say(200, json.dumps({"data": {"rows": state["rows"]}}).encode())
    dataset_id = made(member, run_jobs, {"type": "url", "url": site.url("/t.json"), "records_path": "data.rows"})["id"]
    state["rows"].append({"a": "02"})
    assert reloaded(member, run_jobs, dataset_id).result == {"dataset_id": dataset_id, "version": 2}
    assert cells(member, {"id": dataset_id}) == [{"a": "01"}, {"a": "02"}]


def test_headers_are_renewed_and_go_to_no_other_host(
    member: Caller, run_jobs: RunJobs, site: Site, backends: Backends
) -> None:
    site.routes["/t.csv"] = site.routes["/u.csv"] = lambda one: one.say(200, CSV)
    source = {"type": "url", "url": site.url("/t.csv"), "headers": {"X-Key": "old", "X-Other": "stays"}}
    dataset_id = made(member, run_jobs, source)["id"]
    change = {"url": site.url("/u.csv"), "headers": {"x-key": SECRET}}
    answer = member.patch(f"/datasets/{dataset_id}", json={"source": change})
    assert answer.status_code == 200
    assert answer.get_json()["source"]["headers"] == {"x-key": "•••", "X-Other": "•••"}
    reloaded(member, run_jobs, dataset_id)
    asked = site.asked[-1]
    assert (asked.path, asked.headers["x-key"], asked.headers["x-other"]) == ("/u.csv", SECRET, "stays")
    member.patch(f"/datasets/{dataset_id}", json={"source": {"headers": {"X-Other": None}}})
    assert set(fetching.opened(backends, dataset_id, backends.datasets.get(dataset_id).source or {})) == {"x-key"}
    # Whoever edits could else have them sent to a host of their own.
    moved = member.patch(f"/datasets/{dataset_id}", json={"source": {"url": "https://elsewhere.example/t.csv"}})
    assert moved.get_json()["source"]["headers"] == {}
    assert fetching.opened(backends, dataset_id, backends.datasets.get(dataset_id).source or {}) == {}


def test_a_dataset_that_came_as_a_file_is_given_an_address(member: Caller, run_jobs: RunJobs, site: Site) -> None:
    site.routes["/t.csv"] = lambda one: one.say(200, CSV + b"03,Allier\n")
    data = {"file": (io.BytesIO(CSV), "x.csv")}
    member.post("/datasets", data=data, content_type="multipart/form-data")
    dataset_id = run_jobs()[-1].result["dataset_id"]  # type: ignore[index]
    assert faults(member.patch(f"/datasets/{dataset_id}", json={"source": {"headers": {"X": "y"}}})) == {
        "/source/url": "it is missing"
    }
    member.patch(f"/datasets/{dataset_id}", json={"source": {"url": site.url("/t.csv")}})
    assert reloaded(member, run_jobs, dataset_id).result == {"dataset_id": dataset_id, "version": 2}


def test_an_empty_table_has_no_address(member: Caller, run_jobs: RunJobs) -> None:
    dataset = made(member, run_jobs, {"type": "rows", "schema": SCHEMA})
    answer = member.patch(f"/datasets/{dataset['id']}", json={"source": {"url": "https://data.example/t.csv"}})
    assert answer.status_code == 409


def mails_to(backends: Backends) -> list[tuple[str, str, str]]:
    """To whom, subject and text of the mails about failed fetches."""
    found = []
    for path in sorted((backends.settings.data_dir / "outbox").glob("*.eml"), key=lambda one: int(one.stem)):
        mail = email.message_from_bytes(path.read_bytes(), policy=default)
        text = mail.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
        found.append((str(mail["To"]), str(mail["Subject"]), text))
    return found


def failed_fetch(backends: Backends, dataset_id: str) -> None:
    with pytest.raises(FetchFailed):
        fetching.refetch(backends, backends.datasets.get(dataset_id), report_nothing)


def test_the_second_failure_in_a_row_mails_the_owners_once_until_it_works_again(
    member: Caller, run_jobs: RunJobs, backends: Backends, site: Site
) -> None:
    url = site.gives("/t.csv", CSV) + "?apikey=s3cret"
    identifier = made(member, run_jobs, {"type": "url", "url": url}, title="Communes")["id"]
    dataset = backends.datasets.get(identifier)
    other, reader = make_user(backends, lang="fr"), make_user(backends)
    team = (*dataset.team, Member(other.id, "owner"), Member(reader.id, "manager"))
    backends.datasets.replace(replace(dataset, team=team), dataset.rev)
    site.gives("/t.csv", b"", status=410)
    failed_fetch(backends, identifier)
    assert mails_to(backends) == []
    for _ in range(3):
        failed_fetch(backends, identifier)
    told = mails_to(backends)
    assert member.user is not None
    assert {one[0] for one in told} == {member.user.email, other.email} and len(told) == 2
    french = next(one for one in told if one[0] == other.email)
    assert "Communes" in french[1] and "récupéré" in french[2]
    # `plain` keeps mail programs from making a link of the host.
    assert all("127" in one[2] and "s3cret" not in one[2] and "/t.csv" not in one[2] for one in told)
    site.gives("/t.csv", b"", status=304)
    backends.datasets.set_quietly(identifier, backends.datasets.get(identifier).rev, **{"source.etag": '"v1"'})
    assert fetching.refetch(backends, backends.datasets.get(identifier), report_nothing) is None
    site.gives("/t.csv", b"", status=410)
    failed_fetch(backends, identifier)
    assert len(mails_to(backends)) == 2
    failed_fetch(backends, identifier)
    assert len(mails_to(backends)) == 4


def test_an_import_that_fails_twice_mails_who_asked_for_it(
    member: Caller, run_jobs: RunJobs, backends: Backends, site: Site
) -> None:
    job = ended(member, run_jobs, {"type": "url", "url": site.url("/none.csv")}, title="Communes")
    assert mails_to(backends) == []
    for _ in range(3):
        assert member.post(f"/jobs/{job.id}/retry", json={}).status_code == 202
        (job,) = run_jobs()
        assert job.state == "failed"
    assert member.user is not None
    assert [one[0] for one in mails_to(backends)] == [member.user.email]


def test_failures_are_no_part_of_what_was_fetched(
    member: Caller, run_jobs: RunJobs, backends: Backends, site: Site
) -> None:
    url = site.gives_in_turn("/t.csv", (404, b"", {}), (200, CSV, {}))
    job = ended(member, run_jobs, {"type": "url", "url": url})
    assert job.params["source"]["failures"] == 1
    assert member.post(f"/jobs/{job.id}/retry", json={}).status_code == 202
    (again,) = run_jobs()
    assert again.result is not None
    assert "failures" not in (backends.datasets.get(again.result["dataset_id"]).source or {})
