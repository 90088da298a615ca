"""The drift guard over HTTP: a new file is held against what the last build read, and told to who may know it."""

from __future__ import annotations

import io
from typing import Any

import pytest

from solidata_api.domain.errors import Unavailable
from solidata_api.services import drift
from tests.factories import csv_bytes, make_dataset

ROWS = [
    {"code": f"0{n:03}", "population": str(100 + n), "statut": ("ouvert", "clos")[n % 2], "hush": f"pssst {n % 4}"}
    for n in range(1, 41)
]
FIELDS = {"code": "string", "population": "integer", "statut": "string", "hush": "string"}


@pytest.fixture
def built(member: Any, run_jobs: Any) -> dict[str, str]:
    """A project that was built from one source, of which a column is private and lent."""
    source = make_dataset(member, run_jobs, rows=ROWS, open_level="commons")["id"]
    member.patch(f"/datasets/{source}", json={"columns": [{"key": "hush", "open_level": "private"}]})
    fields = [
        {"field_id": member.post("/fields", json={"name": name, "type": kind}).get_json()["id"]}
        for name, kind in FIELDS.items()
    ]
    model = member.post("/models", json={"title": "M", "fields": fields, "key": ["code"]}).get_json()["id"]
    project = f"/projects/{member.post('/projects', json={'title': 'P', 'open_level': 'commons'}).get_json()['id']}"
    member.put(f"{project}/model", json={"model_id": model})
    mapped = member.put(f"{project}/sources/{source}", json={"mapping": {key: key for key in FIELDS}})
    assert mapped.status_code == 200, mapped.get_json()
    assert member.post(f"{project}/builds").status_code == 202
    assert run_jobs()[-1].state == "succeeded"
    return {"project": project, "source": source}


def reload(member: Any, run_jobs: Any, source: str, rows: list[dict[str, Any]]) -> None:
    form = {"file": (io.BytesIO(csv_bytes(rows)), "t.csv")}
    answer = member.post(f"/datasets/{source}/reload", data=form, content_type="multipart/form-data")
    assert answer.status_code == 202, answer.get_json()
    run_jobs()


def checked(caller: Any, built: dict[str, str]) -> dict[str, Any]:
    answer = caller.get(f"{built['project']}/check")
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def moved(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The next file: a column renamed, a value that was not there, a code twice, blanks among what is private."""
    return [
        {
            "code": "0001" if n == 5 else row["code"],
            "habitants": row["population"],
            "statut": "travaux" if n == 7 else row["statut"],
            "hush": "" if n < 20 else "pssst 9",
        }
        for n, row in enumerate(rows)
    ]


def test_a_check_tells_nothing_where_the_source_is_as_it_was_built(member: Any, built: Any, run_jobs: Any) -> None:
    assert checked(member, built)["drift"] == []
    reload(member, run_jobs, built["source"], ROWS)
    found = checked(member, built)
    assert (found["buildable"], found["problems"], found["warnings"], found["drift"]) == (True, [], [], [])


def test_what_moved_is_told_before_a_build_and_a_renamed_column_with_its_likely_name(
    member: Any, as_actor: Any, anonymous: Any, built: Any, run_jobs: Any
) -> None:
    source = built["source"]
    reload(member, run_jobs, source, moved(ROWS))
    # New columns start private where others than the team read the dataset.
    found = checked(member, built)
    told = {(one["kind"], one["column"]): one for one in found["drift"]}
    assert set(told) == {
        ("column_gone", "population"), ("categories", "statut"), ("key", "code"), ("blanks", "hush"),
        ("categories", "hush"),
    }  # fmt: skip
    gone = told["column_gone", "population"]
    assert gone["where"] == f"/sources/{source}/columns/population"
    assert gone["versions"] == {"before": 1, "after": 2}
    assert gone["proposed"].items() >= {"dataset_id": source, "column": "habitants", "field": "population"}.items()
    assert told["categories", "statut"]["after"] == ["travaux"]
    assert (told["blanks", "hush"]["before"], told["blanks", "hush"]["after"]) == (0, 0.5)
    (problem,) = found["problems"]
    assert problem["where"] == f"/sources/{source}/mapping/population"
    assert "'habitants' is likely its new name" in problem["message"]
    assert {one["where"] for one in found["warnings"]} >= {
        f"/sources/{source}/columns/{key}" for key in ("code", "statut")
    }
    refused = member.post(f"{built['project']}/builds")
    assert refused.status_code == 422 and "'habitants' is likely" in refused.get_data(as_text=True)
    member.put(f"{built['project']}/sources/{source}", json={"mapping": {"habitants": "population", "code": "code"}})
    assert checked(member, built)["buildable"]


def test_who_may_not_read_a_column_is_not_told_of_it(
    member: Any, as_actor: Any, anonymous: Any, built: Any, run_jobs: Any
) -> None:
    editor, reader = as_actor("member"), as_actor("member")
    member.put(f"{built['project']}/team/{editor.user.id}", json={"grade": "editor"})
    reload(member, run_jobs, built["source"], moved(ROWS))
    found = checked(editor, built)
    assert {(one["kind"], one["column"], one["proposed"]) for one in found["drift"]} == {
        ("column_gone", "population", None), ("categories", "statut", None), ("key", "code", None),
    }  # fmt: skip
    text = str([found["problems"], found["warnings"], found["drift"]])
    assert "hush" not in text and "pssst" not in text and "habitants" not in text
    refused = editor.post(f"{built['project']}/builds")
    assert refused.status_code == 422 and "habitants" not in refused.get_data(as_text=True)
    outside = checked(reader, built)
    assert outside["drift"] == []
    assert {one["where"] for one in outside["warnings"]} <= {"/sources", "/columns", "/fields"}
    assert "travaux" not in str(outside) and "statut" not in str(outside)


PLACES = [
    {"dep": "01", "num": str(n), "label": f"l{n}", "size": str(n), "unread": str(n)} for n in range(1, 6)
]  # fmt: skip
ON = {"dep": "dep", "num": "num"}
TAKEN = {"label": "name", "size": "size"}


@pytest.fixture
def looking_up(member: Any, run_jobs: Any) -> dict[str, str]:
    """A built project of a composite key whose step looks up rows of a dataset by two columns."""
    rows = [{"dep": "01", "num": str(n)} for n in range(1, 6)]
    source = make_dataset(member, run_jobs, rows=rows)["id"]
    other = make_dataset(member, run_jobs, rows=PLACES)["id"]
    fields = [
        {"field_id": member.post("/fields", json={"name": name, "type": "string"}).get_json()["id"]}
        for name in ("dep", "num", "name", "size")
    ]
    body = {"title": "M", "fields": fields, "key": ["dep", "num"]}
    model = member.post("/models", json=body).get_json()["id"]
    project = f"/projects/{member.post('/projects', json={'title': 'P'}).get_json()['id']}"
    member.put(f"{project}/model", json={"model_id": model})
    member.put(f"{project}/sources/{source}", json={"mapping": {"dep": "dep", "num": "num"}})
    steps = [{"op": "lookup", "dataset_id": other, "on": ON, "columns": TAKEN}]
    put = member.put(f"{project}/recipe", json={"steps": steps})
    assert put.status_code == 200, put.get_json()
    assert member.post(f"{project}/builds").status_code == 202
    assert run_jobs()[-1].state == "succeeded"
    return {"project": project, "source": source, "other": other}


def test_keys_of_several_columns_are_told_of_sources_and_of_what_steps_look_up(
    member: Any, looking_up: Any, run_jobs: Any
) -> None:
    reload(member, run_jobs, looking_up["source"], [{"dep": "01", "num": "1"}] * 3 + [{"dep": "01", "num": ""}] * 2)
    (found,) = [one for one in checked(member, looking_up)["drift"] if one["kind"] == "key"]
    assert (found["dataset_id"], found["column"], found["columns"]) == (looking_up["source"], None, ["dep", "num"])
    assert (found["before"], found["after"], found["where"]) == (0, 2, f"/sources/{looking_up['source']}")
    reload(member, run_jobs, looking_up["source"], [{"dep": "01", "num": str(n)} for n in range(1, 6)])
    reload(member, run_jobs, looking_up["other"], [*PLACES[:4], {**PLACES[4], "num": "1"}])
    found = checked(member, looking_up)
    (told,) = found["drift"]
    assert (told["kind"], told["dataset_id"], told["columns"]) == ("key", looking_up["other"], ["dep", "num"])
    assert "'dep', 'num' together told rows apart, and now 1 rows" in found["warnings"][-1]["message"]


def test_columns_of_what_only_a_step_reads_are_looked_at(
    member: Any, as_actor: Any, looking_up: Any, run_jobs: Any
) -> None:
    rows = [{"dep": one["dep"], "num": one["num"], "libelle": one["label"], "size": f"{one['size']} m", "unread": "a"}
            for one in PLACES]  # fmt: skip
    reload(member, run_jobs, looking_up["other"], rows)
    found = checked(member, looking_up)
    told = {(one["kind"], one["column"]): one for one in found["drift"]}
    assert set(told) == {("column_gone", "label"), ("type", "size")}
    assert told["column_gone", "label"]["proposed"]["column"] == "libelle"
    assert (told["type", "size"]["before"], told["type", "size"]["after"]) == ("integer", "string")
    assert any(one["where"].startswith("/recipe/steps/0") for one in found["problems"])
    editor = as_actor("member")
    member.put(f"{looking_up['project']}/team/{editor.user.id}", json={"grade": "editor"})
    assert checked(editor, looking_up)["drift"] == []


def test_what_a_step_reads_at_a_version_of_its_own_does_not_move(member: Any, looking_up: Any, run_jobs: Any) -> None:
    step = {"op": "lookup", "dataset_id": looking_up["other"], "on": ON, "columns": TAKEN, "version": 1}
    assert member.put(f"{looking_up['project']}/recipe", json={"steps": [step]}).status_code == 200
    reload(member, run_jobs, looking_up["other"], [{**one, "size": "x"} for one in PLACES])
    assert checked(member, looking_up)["drift"] == []


@pytest.mark.parametrize("is_refused", [True, False])
def test_counting_keys_of_several_columns_takes_no_longer_than_a_check_may(
    member: Any, looking_up: Any, run_jobs: Any, backends: Any, monkeypatch: Any, is_refused: bool
) -> None:
    """However many steps there are, each of which finds rows by other columns: what is not counted is not told."""
    reload(member, run_jobs, looking_up["other"], [*PLACES, {**PLACES[0], "label": "other"}])
    pairs = [{"dep": "dep", "num": "num"}, {"dep": "dep", "num": "label"}, {"dep": "dep", "num": "size"}]
    steps = [{"op": "lookup", "dataset_id": looking_up["other"], "on": on, "columns": TAKEN} for on in pairs]
    assert member.put(f"{looking_up['project']}/recipe", json={"steps": steps}).status_code == 200
    asked: list[Any] = []

    def slow(version: Any, keys: Any) -> int:
        asked.append(keys)
        if is_refused:
            raise Unavailable("It takes too long.")
        return 0

    monkeypatch.setattr(backends.tables, "repeated", slow)
    if not is_refused:
        monkeypatch.setattr(drift, "COUNTING_S", 0.0)
    assert [one for one in checked(member, looking_up)["drift"] if one["kind"] == "key"] == []
    assert len(asked) == 1
