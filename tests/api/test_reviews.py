"""`/projects/<id>/reviews`: proposals of the last build, decided into the recipe and done in the next one."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

CITIES = "city\nSaint-Étienne\nSaint-Étienne\nSAINT ETIENNE\nLyon\nLyon\nLYON\n"
STEPS = [{"op": "clean", "columns": ["city"]}, {"op": "cluster_values", "column": "city", "undecided": "leave"}]
SAINT = {"step": 2, "values": ["Saint-Étienne", "SAINT ETIENNE"], "into": "Saint-Étienne"}
LYON = {"step": 2, "values": ["Lyon", "LYON"], "into": None}


@pytest.fixture
def project(member: Any, run_jobs: Any) -> str:
    """The path of a project that is built, two of whose groups nobody has decided on."""
    form = {"file": (io.BytesIO(CITIES.encode()), "t.csv"), "title": "T"}
    member.post("/datasets", data=form, content_type="multipart/form-data")
    (job,) = run_jobs()
    field = member.post("/fields", json={"name": "city", "type": "string"}).get_json()["id"]
    model = member.post("/models", json={"title": "M", "fields": [{"field_id": field}]}).get_json()["id"]
    path = f"/projects/{member.post('/projects', json={'title': 'P'}).get_json()['id']}"
    member.put(f"{path}/model", json={"model_id": model})
    member.put(f"{path}/sources/{job.result['dataset_id']}", json={"mapping": {"city": "city"}})
    member.put(f"{path}/recipe", json={"steps": STEPS})
    build(member, run_jobs, path)
    return path


def build(member: Any, run_jobs: Any, path: str) -> list[str]:
    """The cities after a build."""
    member.post(f"{path}/builds")
    (job,) = run_jobs()
    assert job.state == "succeeded", job.error
    rows = member.get(f"/datasets/{job.result['dataset_id']}/rows").get_json()["rows"]
    return [row["city"] for row in rows]


def open_(member: Any, path: str, **query: Any) -> list[list[str]]:
    page = member.get(f"{path}/reviews", query_string=query).get_json()
    return [[one["value"] for one in item["values"]] for item in page["items"]]


def decide(member: Any, path: str, *decisions: dict[str, Any], **more: Any) -> Any:
    return member.post(f"{path}/reviews/decisions", json={"decisions": list(decisions)}, **more)


def test_decisions_go_into_the_recipe_and_hold_in_the_next_build(member: Any, project: str, run_jobs: Any) -> None:
    page = member.get(f"{project}/reviews").get_json()
    assert (page["total"], page["version"], page["elsewhere"]) == (2, 1, [])
    assert {(one["step"], one["op"], one["column"], one["score"]) for one in page["items"]} == {
        (2, "cluster_values", "city", 100.0)
    }
    decided = decide(member, project, SAINT, LYON)
    recipe = decided.get_json()["recipe"]
    assert (decided.status_code, recipe["version"]) == (200, 2)
    assert recipe["steps"][1]["decisions"] == [{k: one[k] for k in ("values", "into")} for one in (SAINT, LYON)]
    assert decided.get_json()["stale"]["reasons"] == ["the recipe changed"]
    assert open_(member, project) == []
    assert build(member, run_jobs, project) == [*["Saint-Étienne"] * 3, "Lyon", "Lyon", "LYON"]
    assert open_(member, project) == []


def test_a_step_is_the_one_that_was_built_wherever_it_stands_now(member: Any, project: str) -> None:
    member.put(f"{project}/recipe", json={"steps": [STEPS[1], {"op": "drop_empty"}, STEPS[0]]})
    assert len(open_(member, project, step=2)) == 2
    assert open_(member, project, step=1) == []
    steps = decide(member, project, SAINT).get_json()["recipe"]["steps"]
    assert [step["op"] for step in steps if step.get("decisions")] == ["cluster_values"]
    member.put(f"{project}/recipe", json={"steps": [{**STEPS[1], "method": "ngram"}]})
    page = member.get(f"{project}/reviews").get_json()
    assert (page["items"], [(one["step"], one["count"]) for one in page["elsewhere"]]) == ([], [(2, 2)])
    refused = decide(member, project, LYON)
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/decisions/0/step")


def test_what_two_people_decide_is_kept_and_if_match_is_honoured(member: Any, project: str) -> None:
    tag = member.get(project).headers["ETag"]
    assert decide(member, project, SAINT).status_code == 200
    assert decide(member, project, LYON, headers={"If-Match": tag}).status_code == 412
    assert len(decide(member, project, LYON).get_json()["recipe"]["steps"][1]["decisions"]) == 2


def test_two_people_who_decide_at_once_do_not_lose_one_another(member: Any, project: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one: decide(member, project, one).status_code, (SAINT, LYON)))
    assert answers == [200, 200]
    assert open_(member, project) == []


def test_a_decision_is_taken_back_and_its_proposal_open_again(member: Any, project: str) -> None:
    decide(member, project, SAINT, LYON)
    taken = decide(member, project, {"step": 2, "values": LYON["values"], "take_back": True})
    assert len(taken.get_json()["recipe"]["steps"][1]["decisions"]) == 1
    assert open_(member, project) == [["Lyon", "LYON"]]


def test_what_does_not_fit_is_refused_where_it_was_asked(member: Any, project: str) -> None:
    wrong = {"step": 2, "values": ["x"], "into": ""}
    answer = decide(member, project, SAINT, wrong)
    assert [one["pointer"] for one in answer.get_json()["errors"]] == ["/decisions/1/into"]
    both = decide(member, project, {**SAINT, "into": "Lyon"}, {**LYON, "into": "Lugdunum"})
    assert [one["pointer"] for one in both.get_json()["errors"]] == ["/decisions/0/into"]
    answer = decide(member, project, {"step": 9, "values": ["x"], "into": "y"})
    message = "the recipe that was run has 2 steps"
    assert answer.get_json()["errors"] == [{"pointer": "/decisions/0/step", "message": message}]
    answer = decide(member, project, SAINT, {**LYON, "inner": [1]}, {**LYON, "source": "nobody"})
    assert [one["pointer"] for one in answer.get_json()["errors"]] == ["/decisions/1/inner", "/decisions/2/source"]
    assert member.get(project).get_json()["recipe"]["version"] == 1


def test_proposals_quote_cells_and_are_for_those_who_may_see_them(member: Any, project: str, as_actor: Any) -> None:
    other = as_actor("member")
    for grade, status in (("viewer", 403), ("editor", 403), ("manager", 200)):
        member.put(f"{project}/team/{other.user.id}", json={"grade": grade})
        assert other.get(f"{project}/reviews").status_code == status
        assert decide(other, project, SAINT).status_code == status


def test_a_pair_is_decided_by_the_key_of_its_row(member: Any, project: str, run_jobs: Any) -> None:
    form = {"file": (io.BytesIO("com;name\n69123;Lyon\n42218;Saint-Étienne\n".encode()), "r.csv"), "title": "R"}
    member.post("/datasets", data=form, content_type="multipart/form-data")
    (job,) = run_jobs()
    match = {"op": "match", "dataset_id": job.result["dataset_id"], "column": "city", "reference_column": "name",
             "key": "com", "columns": {"com": "code"}, "threshold": 100, "review": 60, "block": 2}  # fmt: skip
    wrong = {"op": "replace", "columns": ["city"], "pairs": [["Lyon", "Lyonn"]]}
    member.put(f"{project}/recipe", json={"steps": [wrong, match]})
    build(member, run_jobs, project)
    (item,) = member.get(f"{project}/reviews").get_json()["items"]
    assert (item["step"], item["value"], item["candidates"]) == (2, "Lyonn", [{"reference": "69123", "name": "Lyon"}])
    assert decide(member, project, {"step": 2, "value": "Lyonn", "reference": "69123"}).status_code == 200
    assert member.get(f"{project}/reviews").get_json()["total"] == 0
    build(member, run_jobs, project)
    assert member.get(f"{project}/reviews").get_json()["total"] == 0
    (step,) = [one for one in report(member, project)["steps"] if one["op"] == "match"]
    assert step["rejects"]["count"] == 0


def report(member: Any, path: str) -> dict[str, Any]:
    return member.get(f"{path}/builds").get_json()["items"][0]["report"]


def test_before_a_build_nothing_is_proposed(member: Any) -> None:
    path = f"/projects/{member.post('/projects', json={'title': 'P'}).get_json()['id']}"
    assert member.get(f"{path}/reviews").get_json()["version"] is None
    assert decide(member, path, SAINT).status_code == 409
