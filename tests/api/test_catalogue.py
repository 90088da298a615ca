"""The catalogue: what is found, counted and harvested is what its reader may see, at once."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from rdflib import Graph
from rdflib.compare import isomorphic

from solidata_api.app import create_app
from solidata_api.wiring import open_backends
from tests.conftest import Caller
from tests.domain.dcat_rules import conforms
from tests.factories import make_dataset

ROWS = [{"code": "01", "wage": 10}, {"code": "02", "wage": 20}]


def publish(caller: Any, run_jobs: Any, title: str, **changes: Any) -> dict[str, Any]:
    made = make_dataset(caller, run_jobs, rows=ROWS, title=title)
    answer = caller.patch(f"/datasets/{made['id']}", json={"open_level": "opendata", **changes})
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def found(caller: Any, query: str = "") -> list[str]:
    answer = caller.get(f"/catalog{query}")
    assert answer.status_code == 200, answer.get_json()
    page = answer.get_json()
    assert page["total"] == len(page["items"])
    return [item["title"] for item in page["items"]]


def facet(caller: Any, name: str, query: str = "") -> dict[str, int]:
    facets = caller.get(f"/catalog{query}").get_json()["facets"]
    return {one["value"]: one["count"] for one in facets[name]}


@pytest.fixture
def three(member: Any, run_jobs: Any) -> None:
    publish(member, run_jobs, "Écoles", tags=["education"], licence="etalab-2.0", publisher="Ville A")
    publish(
        member, run_jobs, "Budget", tags=["finances"], licence="ODbL-1.0", publisher="Ville B", description="Œuvres"
    )
    publish(
        member, run_jobs, "Arbres", tags=["nature", "education"], columns=[{"key": "code", "title": "Numéro d'arbre"}]
    )


def test_words_are_found_without_case_and_accents_in_all_that_describes(three: None, anonymous: Any) -> None:
    assert found(anonymous, "?q=ecoles") == ["Écoles"]
    assert found(anonymous, "?q=OEUVRE") == ["Budget"]
    assert found(anonymous, "?q=numero arbre") == ["Arbres"]
    assert found(anonymous, "?q=ville b") == ["Budget"]
    assert found(anonymous, "?q=nothing") == []


def test_the_title_weighs_more_than_a_column(three: None, member: Any, run_jobs: Any, anonymous: Any) -> None:
    publish(member, run_jobs, "Later", columns=[{"key": "code", "title": "Budget"}])
    assert found(anonymous, "?q=budget") == ["Budget", "Later"]


def test_it_is_ordered_as_asked(three: None, anonymous: Any) -> None:
    assert found(anonymous, "?sort=title") == ["Arbres", "Budget", "Écoles"]
    assert found(anonymous, "?sort=-created_at") == ["Arbres", "Budget", "Écoles"]
    assert anonymous.get("/catalog?sort=nonsense").status_code == 422


def test_facets_narrow_and_count_without_themselves(three: None, anonymous: Any) -> None:
    assert facet(anonymous, "tag") == {"education": 2, "finances": 1, "nature": 1}
    assert found(anonymous, "?tag=education&licence=etalab-2.0") == ["Écoles"]
    assert set(found(anonymous, "?licence=etalab-2.0&licence=ODbL-1.0")) == {"Écoles", "Budget"}
    # Choosing another licence instead would find these.
    assert facet(anonymous, "licence", "?licence=etalab-2.0")["ODbL-1.0"] == 1
    assert facet(anonymous, "tag", "?licence=etalab-2.0") == {"education": 1}
    assert facet(anonymous, "publisher") == {"Ville A": 1, "Ville B": 1}


def test_pages_say_where_the_others_are(three: None, anonymous: Any) -> None:
    answer = anonymous.get("/catalog?sort=title&per_page=2&page=2")
    assert [item["title"] for item in answer.get_json()["items"]] == ["Écoles"]
    assert 'page=1>; rel="prev"' in answer.headers["Link"]
    again = anonymous.get("/catalog?sort=title&per_page=2&page=2", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_the_owner_is_told_to_those_who_know_the_team(three: None, member: Any, anonymous: Any, as_actor: Any) -> None:
    assert facet(member, "owner") == {member.user.id: 3}
    assert len(found(member, f"?owner={member.user.id}")) == 3
    for caller in (anonymous, as_actor("member")):
        assert facet(caller, "owner") == {}
        assert found(caller, f"?owner={member.user.id}") == []


def test_what_is_hidden_is_found_and_counted_nowhere(member: Any, run_jobs: Any, as_actor: Any) -> None:
    stranger = as_actor("member")
    made = publish(member, run_jobs, "Staff", tags=["staff"], columns=[{"key": "wage", "open_level": "private"}])
    assert (found(member, "?q=wage"), found(stranger, "?q=wage")) == (["Staff"], [])
    assert [one["column_count"] for one in stranger.get("/catalog").get_json()["items"]] == [1]
    closed = [{"key": "code", "open_level": "private"}]
    assert member.patch(f"/datasets/{made['id']}", json={"columns": closed}).status_code == 200
    assert (found(stranger), facet(stranger, "tag"), facet(stranger, "kind")) == ([], {}, {})
    assert (found(member), facet(member, "tag")) == (["Staff"], {"staff": 1})


def test_a_change_is_seen_at_once_and_by_other_processes(
    member: Any, run_jobs: Any, anonymous: Any, settings: Any
) -> None:
    opened = open_backends(settings)
    other = Caller(create_app(settings, opened), None, None)
    made = publish(member, run_jobs, "First")
    assert (found(anonymous), found(other)) == (["First"], ["First"])
    member.patch(f"/datasets/{made['id']}", json={"title": "Second"})
    assert (found(anonymous), found(other)) == (["Second"], ["Second"])
    member.delete(f"/datasets/{made['id']}")
    assert (found(anonymous), found(other)) == ([], [])
    opened.database.client.close()


def test_what_an_admin_sees_of_others_is_recorded(backends: Any, member: Any, run_jobs: Any, as_actor: Any) -> None:
    make_dataset(member, run_jobs, rows=ROWS, title="Of a team")
    assert found(as_actor("admin")) == ["Of a team"]
    assert [one.action for one in backends.audit.in_order()][-1] == "admin.list"


def test_the_rules_of_dcat_ap_can_be_broken() -> None:
    nameless = "@prefix dcat: <http://www.w3.org/ns/dcat#> . <http://a.example/> a dcat:Distribution ."
    assert "accessURL" in conforms(Graph().parse(data=nameless, format="turtle"))


def test_the_catalogue_in_turtle_keeps_to_dcat_ap(three: None, anonymous: Any) -> None:
    answer = anonymous.get("/catalog.ttl?per_page=2")
    assert answer.content_type == "text/turtle; charset=utf-8"
    assert 'rel="next"' in answer.headers["Link"]
    graph = Graph().parse(data=answer.get_data(), format="turtle")
    assert conforms(graph) == ""
    titles = "select ?t { ?d a dcat:Dataset; dct:title ?t. ?c a dcat:Catalog; dcat:dataset ?d }"
    assert len(graph.query(titles)) == 2
    (total,) = graph.query("prefix hydra: <http://www.w3.org/ns/hydra/core#> select ?n { ?c hydra:totalItems ?n }")
    assert total[0].toPython() == 3


def test_both_forms_say_the_same(three: None, anonymous: Any) -> None:
    turtle = Graph().parse(data=anonymous.get("/catalog.ttl?per_page=100").get_data(), format="turtle")
    answer = anonymous.get("/catalog.jsonld?per_page=100")
    assert answer.content_type == "application/ld+json"
    as_json = Graph().parse(data=answer.get_data(as_text=True).replace(".jsonld?", ".ttl?"), format="json-ld")
    assert isomorphic(turtle, as_json)


def test_a_web_process_that_serves_no_turtle_has_no_rdflib() -> None:
    code = "import sys; import solidata_api.app; assert 'rdflib' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
