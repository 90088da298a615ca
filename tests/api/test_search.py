"""`q=` over HTTP: who finds what, in which order, and what an answer tells."""

from __future__ import annotations

from typing import Any

import pytest

from solidata_api.tables import search, search_cache
from tests.factories import make_dataset
from tests.worlds import LATER

ROWS = [
    {"code": "01", "name": "Médiation numérique <rurale> & libre", "kept": "planté", "n": 1},
    {"code": "02", "name": "Réseau de médiations", "kept": "numérique numérique", "n": 2},
    {"code": "03", "name": "médiation", "kept": "médiation numérique", "n": 3},
]


@pytest.fixture
def path(member: Any, run_jobs: Any) -> str:
    table = make_dataset(member, run_jobs, rows=ROWS, open_level="opendata")
    closed = {"columns": [{"key": "kept", "open_level": "private"}]}
    assert member.patch(f"/datasets/{table['id']}", json=closed).status_code == 200
    return f"/datasets/{table['id']}"


def codes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.get_json()
    return [row["code"] for row in answer.get_json()["rows"]]


def test_each_finds_what_stands_in_the_columns_they_read(member: Any, anonymous: Any, path: str) -> None:
    assert codes(anonymous.get(f"{path}/rows?q=numerique+mediation")) == ["01"]
    assert sorted(codes(member.get(f"{path}/rows?q=numerique+mediation"))) == ["01", "02", "03"]
    assert codes(anonymous.get(f"{path}/rows?q=plante")) == []
    assert codes(member.get(f"{path}/rows?q=plante")) == ["01"]


def test_an_answer_is_ranked_tagged_and_tells_its_total(anonymous: Any, path: str) -> None:
    answer = anonymous.get(f"{path}/rows?q=mediation&per_page=2")
    page = answer.get_json()
    assert ([row["code"] for row in page["rows"]], page["total"], page["ranked"]) == (["03", "01"], 3, True)
    again = anonymous.get(f"{path}/rows?q=mediation&per_page=2", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    following = anonymous.get(f"{path}/rows?q=mediation&per_page=2&cursor={page['next']}")
    assert codes(following) == ["02"]
    other = anonymous.get(f"{path}/rows?q=reseau&cursor={page['next']}")
    assert other.status_code == 422
    assert codes(anonymous.get(f"{path}/rows?q=mediation&sort=-code")) == ["03", "02", "01"]
    assert "ranked" not in anonymous.get(f"{path}/rows").get_json()


def test_highlights_are_safe_html_of_the_columns_shown(member: Any, anonymous: Any, path: str) -> None:
    page = anonymous.get(f"{path}/rows?q=NUMERIQUES+med*&highlight=true").get_json()
    marked = "<mark>Médiation</mark> <mark>numérique</mark> &lt;rurale&gt; &amp; libre"
    assert page["highlights"] == [{"name": [marked]}]
    shown = member.get(f"{path}/rows?q=plante&highlight=true").get_json()
    assert shown["highlights"] == [{"kept": ["<mark>planté</mark>"]}]
    fewer = member.get(f"{path}/rows?q=plante&highlight=true&fields=code").get_json()
    assert fewer["highlights"] == [{}]
    assert anonymous.get(f"{path}/rows?q=plante&highlight=yes").status_code == 422


def test_groups_are_of_the_rows_that_were_found(member: Any, anonymous: Any, path: str) -> None:
    def total(caller: Any, asked: str) -> int:
        (group,) = caller.get(f"{path}/aggregate?metrics=count&q={asked}").get_json()["groups"]
        return int(group["count"])

    assert (total(anonymous, "numerique"), total(member, "numerique"), total(anonymous, "plante")) == (1, 3, 0)


def test_an_export_holds_what_was_searched(anonymous: Any, path: str) -> None:
    assert anonymous.get(f"{path}/export.csv?q=reseau&fields=code").data == b"code\r\n02\r\n"


@pytest.mark.parametrize("asked", ["q=%3F", f"q={'a+' * 10}{'+'.join(map(str, range(30)))}", "q=a&q=b"])
def test_a_search_that_does_not_fit_is_refused_by_name(anonymous: Any, path: str, asked: str) -> None:
    answer = anonymous.get(f"{path}/rows?{asked}")
    assert answer.status_code == 422
    assert "q" in str(answer.get_json()["errors"])


def test_an_answer_without_rank_is_not_kept(anonymous: Any, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "WAIT_S", 0.0)
    monkeypatch.setattr(search_cache, "build_index", lambda *_: 1 / 0)
    answer = anonymous.get(f"{path}/rows?q=mediation")
    assert codes(answer) == ["01", "02", "03"]
    assert answer.get_json()["ranked"] is False
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    first = anonymous.get(f"{path}/rows?q=mediation&per_page=1").get_json()
    monkeypatch.undo()
    assert codes(anonymous.get(f"{path}/rows?q=mediation&per_page=1&cursor={first['next']}")) == ["02"]


def test_a_link_finds_what_it_shows_and_ranks_by_no_row_that_it_hides(member: Any, anonymous: Any, path: str) -> None:
    def link(**more: Any) -> str:
        body = {"title": "L", "expires_at": LATER, "columns": ["code", "name"], **more}
        return "/api/v1/links/" + member.post(f"{path}/links", json=body).get_json()["url"].rsplit("/", 1)[1]

    whole, part = link(), link(filter={"n__less": "2"})
    assert codes(anonymous.get(f"{whole}/rows?q=numerique")) == ["01"]
    assert codes(anonymous.get(f"{whole}/rows?q=mediation")) == ["03", "01", "02"]
    page = anonymous.get(f"{part}/rows?q=mediation").get_json()
    assert ([row["code"] for row in page["rows"]], page["ranked"], page["total"]) == (["01", "02"], False, 2)
