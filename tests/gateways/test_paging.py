"""Pages of APIs into one list, against servers that page as real ones do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from solidata_api.domain.errors import FetchFailed, SolidataError
from solidata_api.domain.fetching import Paging
from solidata_api.domain.web_addresses import clean
from solidata_api.gateways.fetcher import open_fetcher
from solidata_api.gateways.paging import Pages
from solidata_api.settings import Settings
from tests.servers import Exchange, Site, serving

RECORDS = [{"id": n, "name": f"Commune {n}"} for n in range(1, 8)]


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as one:
        yield one


def pages_of(
    *sites: Site,
    path: str,
    paging: Mapping[str, Any],
    records_path: str | None = None,
    most: int = 50,
    headers: Mapping[str, str] | None = None,
) -> Pages:
    opened = open_fetcher(Settings(fetch_allow=tuple(one.where for one in sites), fetch_timeout_s=10, max_upload_mb=1))
    url = clean(sites[0].url(path))
    fetching = replace(opened, pause_s=0.01).begin(url, headers or {}, lambda *_: None)
    return Pages(fetching, url, Paging(**paging), records_path, most)


def records(pages: Pages) -> list[Any]:
    text = b"".join(pages).decode()
    found: list[Any] = json.loads(text) if text else []
    return found


def failure(pages: Pages) -> str:
    with pytest.raises(SolidataError) as caught:
        list(pages)
    return caught.value.detail


def opendatasoft(one: Exchange) -> None:
    """`/api/explore/v2.1/catalog/datasets/x/records`: limit at most 3 here, offset."""
    start, size = int(one.asked.query.get("offset", 0)), min(3, int(one.asked.query.get("limit", 3)))
    one.say_json({"total_count": len(RECORDS), "results": RECORDS[start : start + size]})


def data_gouv(one: Exchange) -> None:
    """`/api/1/…`: page from 1, page_size, next_page a whole address."""
    page, size = int(one.asked.query.get("page", 1)), int(one.asked.query.get("page_size", 3))
    more = one.site.url(f"/gouv?page={page + 1}&page_size={size}") if page * size < len(RECORDS) else None
    found = RECORDS[(page - 1) * size : page * size]
    one.say_json({"data": found, "next_page": more, "page": page, "page_size": size, "total": len(RECORDS)})


def ckan(one: Exchange) -> None:
    """`/api/3/action/datastore_search`: the next link is always there and relative, an empty page is the end."""
    start = int(one.asked.query.get("offset", 0))
    result = {
        "fields": [{"id": "id", "type": "int"}, {"id": "name", "type": "text"}],
        "records": RECORDS[start : start + 3],
        "_links": {"start": "/ckan", "next": f"/ckan?resource_id=x&offset={start + 3}"},
        "total": len(RECORDS),
    }
    one.say_json({"help": "…", "success": True, "result": result})


def github(one: Exchange) -> None:
    """A bare list, and the pages in the Link header."""
    page = int(one.asked.query.get("page", 1))
    here = one.site.url("/github?per_page=3&page=")
    last = page * 3 >= len(RECORDS)
    links = [f'<{here}1>; rel="first"'] + (
        [] if last else [f'<{here}{page + 1}>; rel="next"', f'<{here}3>; rel="last"']
    )
    one.say_json(RECORDS[(page - 1) * 3 : page * 3], {"Link": ", ".join(links)})


def json_api(one: Exchange) -> None:
    """A cursor in `meta`, absent on the last page."""
    start = int(one.asked.query.get("page[after]") or 0)
    end = start + 3
    meta = {"page": {"after": str(end)}} if end < len(RECORDS) else {}
    one.say_json({"data": RECORDS[start:end], "included": [{"type": "x"}], "meta": meta})


def ogc(one: Exchange) -> None:
    """OGC API Features: GeoJSON, the next page in a list of links."""
    start = int(one.asked.query.get("startindex", 0))
    features = [
        {"type": "Feature", "properties": record, "geometry": {"type": "Point", "coordinates": [1.5, 2.5]}}
        for record in RECORDS[start : start + 3]
    ]
    links = [{"rel": "self", "href": "/ogc"}]
    if start + 3 < len(RECORDS):
        links.append({"rel": "next", "href": f"/ogc?startindex={start + 3}"})
    one.say_json({"type": "FeatureCollection", "features": features, "links": links, "numberMatched": 7})


def test_by_offset_like_opendatasoft(site: Site) -> None:
    site.routes["/ods"] = opendatasoft
    paging = {"type": "offset", "param": "offset", "size_param": "limit", "size": 100}
    pages = pages_of(site, path="/ods?select=*", paging=paging, records_path="results")
    assert records(pages) == RECORDS
    assert [one.query["offset"] for one in site.asked] == ["0", "3", "6", "7"]
    assert site.asked[0].query["select"] == "*"
    assert pages.told == {"pages": 3, "records": 7, "announced": 7, "ended": "empty page"}


def test_by_page_number_like_data_gouv(site: Site) -> None:
    site.routes["/gouv"] = data_gouv
    paging = {"type": "page", "param": "page", "size_param": "page_size", "size": 3}
    assert records(pages_of(site, path="/gouv", paging=paging)) == RECORDS
    assert [one.query for one in site.asked[:2]] == [{"page_size": "3", "page": "1"}, {"page_size": "3", "page": "2"}]


def test_by_a_link_in_the_body_like_data_gouv(site: Site) -> None:
    site.routes["/gouv"] = data_gouv
    pages = pages_of(site, path="/gouv", paging={"type": "link", "next_path": "next_page"}, records_path="data")
    assert records(pages) == RECORDS
    assert len(site.asked) == 3


def test_by_a_relative_link_that_never_ends_like_ckan(site: Site) -> None:
    site.routes["/ckan"] = ckan
    paging = {"type": "link", "next_path": "result._links.next"}
    pages = pages_of(site, path="/ckan?resource_id=x", paging=paging, records_path="result.records")
    assert records(pages) == RECORDS
    assert pages.told["announced"] == 7


def test_by_the_link_header_like_github(site: Site) -> None:
    site.routes["/github"] = github
    assert records(pages_of(site, path="/github?per_page=3", paging={"type": "link"})) == RECORDS
    assert len(site.asked) == 3


def test_by_a_cursor_like_json_api(site: Site) -> None:
    site.routes["/api"] = json_api
    paging = {"type": "cursor", "param": "page[after]", "cursor_path": "meta.page.after"}
    assert records(pages_of(site, path="/api", paging=paging, records_path="data")) == RECORDS


def test_by_a_list_of_links_like_ogc(site: Site) -> None:
    site.routes["/ogc"] = ogc
    found = records(pages_of(site, path="/ogc", paging={"type": "link"}, records_path="features"))
    assert [one["properties"] for one in found] == RECORDS


def test_a_last_page_that_is_repeated_for_ever_ends(site: Site) -> None:
    site.routes["/t"] = lambda one: one.say_json(RECORDS[:3] if one.asked.query["p"] == "0" else RECORDS[3:])
    pages = pages_of(site, path="/t", paging={"type": "page", "param": "p", "start": 0})
    assert records(pages) == RECORDS
    assert pages.ended == "the same page again"


def test_a_server_that_does_not_know_the_parameter_and_has_more_fails(site: Site) -> None:
    site.routes["/t"] = lambda one: one.say_json({"total": 7, "items": RECORDS[:3]})
    told = failure(pages_of(site, path="/t", paging={"type": "page", "param": "wrong"}))
    assert "announces 7 records, and after 3 gives the same page again" in told


def test_links_in_a_circle_end(site: Site) -> None:
    site.routes["/t"] = lambda one: one.say_json(
        {"rows": [{"n": one.asked.query.get("p", "1")}], "next": "?p=2" if one.asked.query.get("p") != "2" else "/t"}
    )
    pages = pages_of(site, path="/t", paging={"type": "link", "next_path": "next"}, records_path="rows")
    assert records(pages) == [{"n": "1"}, {"n": "2"}]
    assert pages.ended == "a page that was there before"


def test_a_404_behind_the_last_page_is_the_end_and_on_the_first_a_failure(site: Site) -> None:
    site.routes["/t"] = lambda one: one.say_json(RECORDS) if one.asked.query["page"] == "1" else one.say(404)
    assert records(pages_of(site, path="/t", paging={"type": "page", "param": "page"})) == RECORDS
    assert "answered 404" in failure(pages_of(site, path="/none", paging={"type": "page", "param": "page"}))


def test_a_page_that_fails_in_the_middle_fails_the_whole(site: Site) -> None:
    site.routes["/t"] = lambda one: one.say_json(RECORDS) if one.asked.query["o"] == "0" else one.say(400)
    assert "answered 400" in failure(pages_of(site, path="/t", paging={"type": "offset", "param": "o"}))


def test_a_page_is_tried_again(site: Site) -> None:
    broken = [False, True, False]
    site.routes["/t"] = lambda one: (
        one.say(503) if broken and broken.pop(0) else one.say_json(RECORDS if one.asked.query["o"] == "0" else [])
    )
    assert records(pages_of(site, path="/t", paging={"type": "offset", "param": "o"})) == RECORDS


def test_more_pages_than_the_setting_allows_fail_and_max_pages_stops(site: Site) -> None:
    site.routes["/t"] = lambda one: one.say_json([{"page": one.asked.query["p"]}])
    assert "FETCH_MAX_PAGES=4" in failure(pages_of(site, path="/t", paging={"type": "page", "param": "p"}, most=4))
    pages = pages_of(site, path="/t", paging={"type": "page", "param": "p", "max_pages": 2}, most=4)
    assert records(pages) == [{"page": "1"}, {"page": "2"}]
    assert pages.ended == "max_pages"


def test_pages_together_stay_under_the_limit_of_bytes(site: Site) -> None:
    site.routes["/t"] = lambda one: one.say_json([{"page": one.asked.query["p"], "text": "x" * 300_000}])
    assert "MAX_UPLOAD_MB=1 " in failure(pages_of(site, path="/t", paging={"type": "page", "param": "p"}))


def test_pages_that_are_no_json_are_refused(site: Site) -> None:
    site.gives("/t.csv", b"a,b\n1,2\n", {"Content-Type": "text/csv"})
    told = failure(pages_of(site, path="/t.csv", paging={"type": "page", "param": "p"}))
    assert told.startswith("Pages are read from JSON; page 1 of ") and "text/csv" in told


@pytest.mark.parametrize("text", ["[" * 100_000, "null", "7", '"text"', "{}", '{"a": {"b": 1}}', "[NaN"])
def test_pages_without_records_fail(site: Site, text: str) -> None:
    site.routes["/t"] = lambda one: one.say_json(text)
    with pytest.raises(FetchFailed):
        list(pages_of(site, path="/t", paging={"type": "page", "param": "p"}))


def test_several_lists_ask_for_the_path(site: Site) -> None:
    site.routes["/t"] = lambda one: one.say_json({"a": [{"x": 1}], "b": [{"y": 1}]})
    told = failure(pages_of(site, path="/t", paging={"type": "page", "param": "p"}))
    assert "several lists, a, b: say which by records_path" in told


def test_no_record_at_all_gives_no_bytes(site: Site) -> None:
    site.routes["/t"] = lambda one: one.say_json({"results": []})
    assert list(pages_of(site, path="/t", paging={"type": "page", "param": "p"})) == []


def test_records_are_written_as_they_stand(site: Site) -> None:
    row = '{"a": 1.10, "b": 12345678901234567890123, "d": "é\\u2028\\ud83d\\ude00", "a": 2, "e": [1e5, {}, null]}'
    site.routes["/t"] = lambda one: one.say_json(f"[{row}]" if one.asked.query["p"] == "1" else "[]")
    text = b"".join(pages_of(site, path="/t", paging={"type": "page", "param": "p"})).decode()
    assert text == "[\n" + row.replace("\\u2028", "\u2028").replace("\\ud83d\\ude00", "😀") + "\n]\n"


def test_pages_in_another_charset_are_read_by_what_the_server_says(site: Site) -> None:
    site.gives("/t", '[{"a": "é"}]'.encode("latin-1"), {"Content-Type": "application/json; charset=ISO-8859-1"})
    pages = pages_of(site, path="/t", paging={"type": "page", "param": "p"})
    assert records(pages) == [{"a": "é"}]


def test_the_same_pages_give_the_same_bytes(site: Site) -> None:
    site.routes["/ods"] = opendatasoft
    paging = {"type": "offset", "param": "offset"}
    first, second = (b"".join(pages_of(site, path="/ods", paging=paging)) for _ in range(2))
    assert first == second != b""


def test_a_next_page_elsewhere_gets_no_secret_header(site: Site) -> None:
    with serving() as other:
        site.routes["/t"] = lambda one: one.say_json({"rows": [{"n": 1}], "next": other.url("/t")})
        other.routes["/t"] = lambda one: one.say_json({"rows": [{"n": 2}]})
        paging = {"type": "link", "next_path": "next"}
        told = failure(
            pages_of(site, other, path="/t", paging=paging, records_path="rows", headers={"X-Key": "s3cret"})
        )
        assert "another host" in told and "s3cret" not in told
        assert other.asked == []
        assert len(records(pages_of(site, other, path="/t", paging=paging, records_path="rows"))) == 2


def test_a_next_page_inside_is_refused(site: Site) -> None:
    site.routes["/t"] = lambda one: one.say_json({"rows": [{"n": 1}], "next": "http://169.254.169.254/"})
    paging = {"type": "link", "next_path": "next"}
    assert "not a public one" in failure(pages_of(site, path="/t", paging=paging, records_path="rows"))
