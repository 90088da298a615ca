"""Projects: mapping, checking, previewing, building; loans and caps along the way."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from solidata_api.demo import FIELDS, FILES, SHIPPED, STACKED, STEPS
from tests.conftest import queued
from tests.factories import make_dataset
from tests.worlds import ROWS, make_world


def import_file(caller: Any, run_jobs: Any, name: str) -> str:
    form = {"title": FILES[name], "file": ((SHIPPED / name).open("rb"), name)}
    caller.post("/datasets", data=form, content_type="multipart/form-data")
    (job,) = run_jobs()
    return job.result["dataset_id"]


@pytest.fixture
def story(member: Any, run_jobs: Any) -> dict[str, Any]:
    """The four files attached to a project with a model, nothing mapped yet."""
    sources = {name: import_file(member, run_jobs, name) for name in STACKED}
    fields = [{"field_id": member.post("/fields", json=field).get_json()["id"]} for field in FIELDS]
    model = member.post("/models", json={"title": "Commune", "fields": fields, "key": ["code"]}).get_json()["id"]
    project = member.post("/projects", json={"title": "Communes"}).get_json()["id"]
    member.put(f"/projects/{project}/model", json={"model_id": model})
    for identifier in sources.values():
        assert member.put(f"/projects/{project}/sources/{identifier}", json={"mapping": {}}).status_code == 200
    return {"project": f"/projects/{project}", "sources": sources, "model": model}


def mapped(member: Any, story: dict[str, Any]) -> None:
    proposals = member.post(f"{story['project']}/mapping/suggest").get_json()["proposals"]
    for identifier in story["sources"].values():
        mapping = {one["column"]: one["field"] for one in proposals if one["dataset_id"] == identifier}
        member.put(f"{story['project']}/sources/{identifier}", json={"mapping": mapping})
    member.put(f"{story['project']}/recipe", json={"steps": list(STEPS)})


def test_the_mapping_of_the_four_files_is_proposed_from_headers_and_values(member: Any, story: Any) -> None:
    proposals = member.post(f"{story['project']}/mapping/suggest").get_json()["proposals"]
    found = {
        (name, one["column"]): one["field"]
        for name, i in story["sources"].items()
        for one in proposals
        if one["dataset_id"] == i
    }
    assert found == {
        ("bretagne.csv", "code_insee"): "code",
        ("bretagne.csv", "libelle_de_la_commune"): "name",
        ("bretagne.csv", "population_municipale"): "population",
        ("bretagne.csv", "code_postal"): "postcode",
        ("bretagne.csv", "n_siren"): "siren",
        ("normandie.tsv", "insee_com"): "code",
        ("normandie.tsv", "nom"): "name",
        ("normandie.tsv", "pop_2023"): "population",
        ("normandie.tsv", "cp"): "postcode",
        ("occitanie.xlsx", "code_commune"): "code",
        ("occitanie.xlsx", "commune"): "name",
        ("occitanie.xlsx", "habitants"): "population",
        ("occitanie.xlsx", "codes_postaux"): "postcode",
        ("corse.json", "code"): "code",
        ("corse.json", "nom"): "name",
        ("corse.json", "population"): "population",
        ("corse.json", "codespostaux"): "postcode",
        ("corse.json", "siren"): "siren",
    }
    assert all(0 < one["score"] <= 1 and one["why"] for one in proposals)


def test_the_build_counts_what_expected_json_says(member: Any, story: Any, run_jobs: Any) -> None:
    mapped(member, story)
    found = member.get(f"{story['project']}/check").get_json()
    assert (found["buildable"], found["problems"], found["warnings"]) == (True, [], [])
    assert member.post(f"{story['project']}/builds").status_code == 202
    (job,) = run_jobs()
    dataset = f"/datasets/{job.result['dataset_id']}"
    expected = json.loads((SHIPPED / "expected.json").read_text())
    report = member.get(f"{dataset}/report").get_json()
    assert report["steps"][0]["rows_out"] == expected["stacked_rows"]
    assert report["quality"]["code"] == {
        "completeness": 1.0, "validity": 1.0, "uniqueness": 1.0, "estimated": False,
    }  # fmt: skip
    assert report["quality"]["population"]["uniqueness"] < 1.0
    assert report["totals"] == {"rows": expected["distinct_codes"], "population": expected["population_of_distinct"]}
    for step in report["steps"]:
        assert (
            step["rows_in"] + step["added"] == step["rows_out"] + step["rejected"] + step["merged"] + step["filtered"]
        )
    page = member.get(f"{dataset}/rows?code=14191").get_json()
    assert page["rows"][0]["name"] == "Courseulles-sur-Mer"
    origins = member.get(f"{dataset}/rows/{page['rows'][0]['_id']}/origin").get_json()
    assert [one["dataset_id"] for one in origins["origins"]] == [
        story["sources"]["bretagne.csv"],
        story["sources"]["normandie.tsv"],
    ]
    (build,) = member.get(f"{story['project']}/builds").get_json()["items"]
    assert (build["state"], build["version"], build["report"]["totals"]) == ("succeeded", 1, report["totals"])


def test_a_rebuild_is_a_new_version_with_the_same_bytes_and_ids(member: Any, story: Any, run_jobs: Any) -> None:
    mapped(member, story)
    seen = []
    for n in (1, 2):
        member.post(f"{story['project']}/builds", **({"json": {"note": "Janvier"}} if n == 2 else {}))
        (job,) = run_jobs()
        assert job.result["version"] == n
        dataset = f"/datasets/{job.result['dataset_id']}"
        seen.append(
            (member.get(dataset).get_json()["sha256"], member.get(f"{dataset}/rows?per_page=5").get_json()["rows"])
        )
    assert seen[0] == seen[1]
    listed = member.get(f"{dataset}/versions").get_json()["items"]
    assert [(one["n"], one["note"]) for one in listed] == [(2, "Janvier"), (1, "")]
    assert member.get(f"{dataset}/rows?version=1").get_json()["version"] == 1
    assert member.post(f"{story['project']}/builds", json={"notes": "x"}).status_code == 422


def test_a_preview_shows_rows_as_the_build_would_make_them(member: Any, story: Any) -> None:
    mapped(member, story)
    preview = member.post(f"{story['project']}/preview", json={"rows": 10}).get_json()
    assert [column["key"] for column in preview["columns"]] == [field["name"] for field in FIELDS]
    assert len(preview["rows"]) == 10
    assert [row["code"] for row in preview["rows"]] == sorted(row["code"] for row in preview["rows"])
    assert preview["steps"][3]["op"] == "dedupe"
    assert member.get("/jobs?kind=preview").get_json()["total"] == 0


def test_check_says_what_is_missing_and_dropped(member: Any, story: Any, run_jobs: Any) -> None:
    found = member.get(f"{story['project']}/check").get_json()
    assert not found["buildable"]
    assert {"where": "/sources", "message": "no source is mapped yet"} in found["problems"]
    corse = story["sources"]["corse.json"]
    member.put(f"{story['project']}/sources/{corse}", json={"mapping": {"nom": "name"}})
    steps = [{"op": "set", "column": "origin", "value": "Corse"}]
    member.put(f"{story['project']}/recipe", json={"steps": steps})
    found = member.get(f"{story['project']}/check").get_json()
    assert [one["where"] for one in found["problems"]] == ["/fields/code"]
    assert "/columns/origin" in [one["where"] for one in found["warnings"]]
    assert member.post(f"{story['project']}/builds").get_json()["type"] == "/problems/not-buildable"


@pytest.mark.parametrize(
    ("steps", "pointer"),
    [
        ([{"op": "nonsense"}], "/steps/0/op"),
        ([{"op": "clean"}], "/steps/0/columns"),
        ([{"op": "clean", "columns": ["a"], "nonsense": 1}], "/steps/0/nonsense"),
        ([{"op": "sort", "by": "code"}], "/steps/0/by"),
        (
            [{"op": "clean", "columns": ["a"]}, {"op": "replace", "columns": ["a"], "pattern": "(", "with": ""}],
            "/steps/1/pattern",
        ),
        ([{"columns": ["a"]}], "/steps/0/op"),
    ],
)
def test_a_recipe_that_does_not_read_names_step_and_parameter(
    member: Any, story: Any, steps: Any, pointer: str
) -> None:
    answer = member.put(f"{story['project']}/recipe", json={"steps": steps})
    assert answer.status_code == 422
    assert pointer in [fault["pointer"] for fault in answer.get_json()["errors"]]


def test_a_recipe_that_does_not_fit_its_columns_is_refused_before_a_row_is_read(member: Any, story: Any) -> None:
    mapped(member, story)
    member.put(f"{story['project']}/recipe", json={"steps": [{"op": "clean", "columns": ["nonsense"]}]})
    answer = member.post(f"{story['project']}/builds")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/recipe/steps/0/columns"
    assert "'nonsense'" in answer.get_json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("mapping", "pointer"),
    [
        ({"nonsense": "name"}, "/mapping/nonsense"),
        ({"nom": "nonsense"}, "/mapping/nom"),
        ({"code": "name", "nom": "name"}, "/mapping/nom"),
        ({"nom": 5}, "/mapping/nom"),
    ],
)
def test_a_mapping_that_does_not_fit_names_the_column(member: Any, story: Any, mapping: Any, pointer: str) -> None:
    answer = member.put(f"{story['project']}/sources/{story['sources']['corse.json']}", json={"mapping": mapping})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == pointer


def test_a_foreign_source_and_an_unknown_one_get_the_same_answer(
    member: Any, as_actor: Any, story: Any, run_jobs: Any
) -> None:
    foreign = make_dataset(as_actor("member"), run_jobs, rows=ROWS)["id"]
    answers = [member.put(f"{story['project']}/sources/{one}", json={"mapping": {}}) for one in (foreign, "0" * 24)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].get_json()["detail"].replace(foreign, "") == answers[1].get_json()["detail"].replace("0" * 24, "")


def test_a_foreign_model_and_field_do_not_exist(member: Any, as_actor: Any, story: Any) -> None:
    other = as_actor("member")
    model = other.post("/models", json={"title": "M"}).get_json()["id"]
    field = other.post("/fields", json=FIELDS[0]).get_json()["id"]
    assert member.put(f"{story['project']}/model", json={"model_id": model}).status_code == 422
    assert member.post("/models", json={"title": "M", "fields": [{"field_id": field}]}).status_code == 422


def opened(caller: Any, run_jobs: Any, level: str = "opendata") -> str:
    dataset = make_dataset(caller, run_jobs, rows=ROWS)
    caller.patch(f"/datasets/{dataset['id']}", json={"open_level": level})
    return dataset["id"]


def project_of(caller: Any, dataset_id: str) -> str:
    model = caller.post(f"/models/from-dataset/{dataset_id}").get_json()["id"]
    project = caller.post("/projects", json={"title": "P"}).get_json()["id"]
    caller.put(f"/projects/{project}/model", json={"model_id": model})
    return f"/projects/{project}"


def attach(caller: Any, project: str, dataset_id: str, **more: Any) -> Any:
    return caller.put(f"{project}/sources/{dataset_id}", json={"mapping": {name: name for name in ROWS[0]}, **more})


def built(caller: Any, project: str, run_jobs: Any) -> dict[str, Any]:
    assert caller.post(f"{project}/builds").status_code == 202
    (job,) = run_jobs()
    assert job.state == "succeeded", job.error
    return caller.get(f"/datasets/{job.result['dataset_id']}").get_json()


def caps(dataset: dict[str, Any]) -> dict[str, str]:
    return {column["key"]: column["cap"] for column in dataset["columns"]}


def test_what_is_made_of_commons_is_capped_there(member: Any, as_actor: Any, run_jobs: Any) -> None:
    source = opened(as_actor("member"), run_jobs, "commons")
    project = project_of(member, source)
    assert attach(member, project, source).status_code == 200
    dataset = built(member, project, run_jobs)
    assert set(caps(dataset).values()) == {"commons"}
    answer = member.patch(f"/datasets/{dataset['id']}", json={"columns": [{"key": "name", "open_level": "opendata"}]})
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == [
        {
            "pointer": "/columns/0/open_level",
            "message": "column 'name' is capped at commons: opendata is more open than that",
        }
    ]


def test_a_restricted_column_needs_a_manager_of_its_source(backends: Any, as_user: Any, run_jobs: Any) -> None:
    world = make_world(backends, as_user, run_jobs)
    viewer = world.callers["viewer"]
    project = project_of(viewer, world.source_id)
    refused = attach(viewer, project, world.source_id)
    assert refused.status_code == 403
    assert "'name'" in refused.get_json()["detail"]


def test_a_loan_is_kept_with_its_limit_and_caps_the_result(member: Any, run_jobs: Any) -> None:
    source = make_dataset(member, run_jobs, rows=ROWS)["id"]
    project = project_of(member, source)
    entry = attach(member, project, source, up_to="commons").get_json()["sources"][0]
    assert (entry["loan"]["by"], entry["loan"]["up_to"]) == (member.user.id, "commons")
    assert set(caps(built(member, project, run_jobs)).values()) == {"commons"}


def test_a_lender_who_manages_both_sets_no_cap(member: Any, run_jobs: Any) -> None:
    source = make_dataset(member, run_jobs, rows=ROWS)["id"]
    project = project_of(member, source)
    attach(member, project, source)
    assert set(caps(built(member, project, run_jobs)).values()) == {"opendata"}


def test_closing_a_source_closes_what_was_made_of_it_at_once(
    member: Any, as_actor: Any, anonymous: Any, run_jobs: Any
) -> None:
    lender = as_actor("member")
    source = opened(lender, run_jobs)
    project = project_of(member, source)
    attach(member, project, source)
    dataset = built(member, project, run_jobs)
    member.patch(f"/datasets/{dataset['id']}", json={"open_level": "opendata"})
    assert "name" in anonymous.get(f"/datasets/{dataset['id']}/rows").get_json()["rows"][0]
    lender.patch(f"/datasets/{source}", json={"columns": [{"key": "name", "open_level": "private"}]})
    assert "name" not in anonymous.get(f"/datasets/{dataset['id']}/rows").get_json()["rows"][0]
    assert member.get(project).get_json()["stale"]["reasons"] == ["a source column was made stricter"]
    # It opens again only when a manager of the result says so.
    lender.patch(f"/datasets/{source}", json={"columns": [{"key": "name", "open_level": "opendata"}]})
    assert "name" not in anonymous.get(f"/datasets/{dataset['id']}/rows").get_json()["rows"][0]
    reopening = {"columns": [{"key": "name", "open_level": "opendata"}]}
    assert member.patch(f"/datasets/{dataset['id']}", json=reopening).status_code == 200
    assert "name" in anonymous.get(f"/datasets/{dataset['id']}/rows").get_json()["rows"][0]


def test_a_source_closed_before_the_job_starts_fails_it_by_its_entry_alone(
    member: Any, as_actor: Any, run_jobs: Any
) -> None:
    lender = as_actor("member")
    source = opened(lender, run_jobs)
    project = project_of(member, source)
    attach(member, project, source)
    member.post(f"{project}/builds")
    lender.patch(f"/datasets/{source}", json={"open_level": "private", "edit_level": "private"})
    (job,) = run_jobs()
    assert (job.state, job.error.kind) == ("failed", "source-unusable")
    assert source in job.error.detail
    assert "name" not in job.error.detail and "Table" not in job.error.detail


def test_others_see_a_source_they_cannot_read_without_its_title(member: Any, as_actor: Any, run_jobs: Any) -> None:
    source = make_dataset(member, run_jobs, rows=ROWS)["id"]
    project = project_of(member, source)
    attach(member, project, source)
    member.patch(project, json={"open_level": "commons"})
    (entry,) = as_actor("member").get(project).get_json()["sources"]
    assert entry == {"mapping": {}, "recipe_id": None, "recipe": None, "loan": None, "stale": None}
    assert "model_id" not in as_actor("member").get(project).get_json()
    (own,) = member.get(project).get_json()["sources"]
    assert own["title"]


def test_deleting_a_source_marks_what_was_made_of_it_stale(member: Any, run_jobs: Any) -> None:
    source = make_dataset(member, run_jobs, rows=ROWS)["id"]
    project = project_of(member, source)
    attach(member, project, source)
    before = caps(built(member, project, run_jobs))
    member.delete(f"/datasets/{source}")
    shown = member.get(project).get_json()
    assert shown["stale"]["reasons"] == ["a source was deleted"]
    assert caps(member.get(f"/datasets/{shown['dataset_id']}").get_json()) == before
    assert not member.get(f"{project}/check").get_json()["buildable"]


@pytest.mark.parametrize(("choice", "left"), [("keep", 200), ("delete", 404)])
def test_deleting_a_project_keeps_its_table_or_takes_it_along(
    member: Any, run_jobs: Any, choice: str, left: int
) -> None:
    source = make_dataset(member, run_jobs, rows=ROWS)["id"]
    project = project_of(member, source)
    attach(member, project, source)
    dataset = built(member, project, run_jobs)["id"]
    assert member.delete(f"{project}?dataset={choice}").status_code == 204
    assert member.get(f"/datasets/{dataset}").status_code == left


def test_a_consolidated_dataset_starts_collective_whatever_its_projects_level(member: Any, run_jobs: Any) -> None:
    source = opened(member, run_jobs)
    project = project_of(member, source)
    member.patch(project, json={"open_level": "opendata"})
    attach(member, project, source)
    assert built(member, project, run_jobs)["open_level"] == "collective"


def test_a_column_new_in_an_open_table_starts_private_and_the_report_says_so(
    member: Any, anonymous: Any, run_jobs: Any
) -> None:
    source = opened(member, run_jobs)
    project = project_of(member, source)
    attach(member, project, source)
    dataset = built(member, project, run_jobs)["id"]
    member.patch(f"/datasets/{dataset}", json={"open_level": "opendata"})
    model = member.get(project).get_json()["model_id"]
    new = member.post("/fields", json={"name": "note", "type": "string"}).get_json()["id"]
    fields = [{"field_id": one["field_id"]} for one in member.get(f"/models/{model}").get_json()["fields"]]
    member.patch(f"/models/{model}", json={"fields": [*fields, {"field_id": new}]})
    member.put(f"{project}/recipe", json={"steps": [{"op": "set", "column": "note", "value": "x"}]})
    built(member, project, run_jobs)
    assert member.get(f"/datasets/{dataset}/report").get_json()["new_columns"] == ["note"]
    assert "note" not in anonymous.get(f"/datasets/{dataset}/rows").get_json()["rows"][0]
    assert member.get(f"/datasets/{dataset}/rows").get_json()["rows"][0]["note"] == "x"


def test_a_table_schema_goes_in_and_comes_out(member: Any) -> None:
    model = member.post("/models", json={"title": "M"}).get_json()["id"]
    schema = {
        "fields": [
            {"name": "code", "type": "string", "constraints": {"required": True, "pattern": "\\d+"}},
            {"name": "Nom de la commune", "type": "string", "rdfType": "http://schema.org/name"},
        ],
        "primaryKey": "code",
    }
    assert member.put(f"/models/{model}/table-schema", json=schema).status_code == 200
    out = member.get(f"/models/{model}/table-schema").get_json()
    assert out["primaryKey"] == ["code"]
    assert out["fields"][0] == {
        "name": "code",
        "title": "code",
        **{key: schema["fields"][0][key] for key in ("type", "constraints")},
    }
    assert (out["fields"][1]["name"], out["fields"][1]["title"]) == ("nom_de_la_commune", "Nom de la commune")
    before = member.get(f"/models/{model}").get_json()["fields"]
    member.put(f"/models/{model}/table-schema", json=out)
    assert member.get(f"/models/{model}").get_json()["fields"] == before


@pytest.mark.parametrize("kind", ["integr", "INTEGER", 5, None])
def test_a_wrong_field_type_lists_the_known(member: Any, kind: Any) -> None:
    answer = member.post("/fields", json={"name": "a", "type": kind})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/type"
    assert "geopoint" in answer.get_json()["errors"][0]["message"] or kind in (5, None)


@pytest.mark.parametrize("name", ["", "A", "1a", "a__b", "_a", "a_", "a b", "é", "a" * 61, "a.b", "$a"])
def test_a_field_name_is_a_column_key(member: Any, name: str) -> None:
    assert member.post("/fields", json={"name": name, "type": "string"}).status_code == 422


def failing(member: Any, run_jobs: Any) -> str:
    source = make_dataset(member, run_jobs, rows=[{"code": "1a", "name": "planted-secret"}])["id"]
    model = member.post(f"/models/from-dataset/{source}").get_json()["id"]
    project = f"/projects/{member.post('/projects', json={'title': 'P'}).get_json()['id']}"
    member.put(f"{project}/model", json={"model_id": model})
    member.put(f"{project}/sources/{source}", json={"mapping": {"code": "code", "name": "name"}})
    steps = [{"op": "to_integer", "columns": ["name"], "on_error": "fail"}]
    member.put(f"{project}/recipe", json={"steps": steps})
    member.post(f"{project}/builds")
    (job,) = run_jobs()
    assert job.error.kind == "step-failed"
    return project


def test_a_step_that_stops_tells_the_cell_to_who_reads_every_column_only(
    member: Any, anonymous: Any, run_jobs: Any
) -> None:
    project = failing(member, run_jobs)
    member.patch(project, json={"open_level": "opendata"})
    assert "planted-secret" in member.get("/jobs?kind=build").get_data(as_text=True)
    told = anonymous.get(f"{project}/builds").get_data(as_text=True)
    assert "step-failed" in told
    assert "planted-secret" not in told


def test_one_build_at_a_time_and_the_second_is_told_whose(story: Any, member: Any, run_jobs: Any) -> None:
    mapped(member, story)
    first = member.post(f"{story['project']}/builds").get_json()
    refused = member.post(f"{story['project']}/builds")
    assert refused.status_code == 409
    assert f"{member.user.name} {member.user.surname} builds this project since" in refused.get_json()["detail"]
    assert first["id"] in refused.get_json()["detail"]
    run_jobs()
    assert member.post(f"{story['project']}/builds").status_code == 202


def test_of_two_builds_asked_at_once_one_stays(story: Any, member: Any, backends: Any) -> None:
    mapped(member, story)
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda _: member.post(f"{story['project']}/builds").status_code, range(4)))
    assert sorted(codes) == [202, 409, 409, 409]
    assert len([job for job in queued(backends) if job.kind == "build"]) == 1
