"""Recipes run on one dataset: previewed, made its next version, or made a dataset of whoever runs them."""

from __future__ import annotations

import io
from typing import Any

import pytest

from solidata_api.jobs import tasks
from tests.factories import csv_bytes, make_dataset

ROWS = [
    {"num": "1", "name": " Ain ", "secret": "planted-a"},
    {"num": "2", "name": "Aisne", "secret": "planted-b"},
    {"num": "3", "name": "Allier", "secret": "planted-c"},
]
STEPS = [
    {"op": "clean", "columns": ["name"], "case": "upper"},
    {"op": "rename", "columns": {"num": "n"}},
    {"op": "filter", "where": "n != 2"},
    {"op": "sort", "by": ["-name"]},
]
COPY = {"op": "copy", "columns": {"secret": "copied"}}


class Place:
    """An open dataset with a private column; its owner, and somebody of no team."""

    def __init__(self, as_actor: Any, run_jobs: Any) -> None:
        self.owner, self.other, self.run_jobs = as_actor("member"), as_actor("member"), run_jobs
        self.dataset = make_dataset(self.owner, run_jobs, rows=ROWS, open_level="opendata")["id"]
        self.level("secret", "private")

    def level(self, column: str, level: str) -> None:
        self.patch({"columns": [{"key": column, "open_level": level}]})

    def patch(self, body: Any) -> None:
        assert self.owner.patch(f"/datasets/{self.dataset}", json=body).status_code == 200

    def join(self, caller: Any, grade: str) -> None:
        path = f"/datasets/{self.dataset}/team/{caller.user.id}"
        assert self.owner.put(path, json={"grade": grade}).status_code == 200

    def recipe(self, *steps: dict[str, Any], caller: Any = None) -> str:
        body = {"title": "R", "steps": list(steps), "open_level": "opendata"}
        answer = (caller or self.owner).post("/recipes", json=body)
        assert answer.status_code == 201, answer.get_json()
        return f"/recipes/{answer.get_json()['id']}"

    def ask(self, caller: Any, recipe: str, into: str = "new_dataset", **more: Any) -> Any:
        return caller.post(f"{recipe}/runs", json={"dataset_id": self.dataset, "into": into, **more})

    def ran(self, caller: Any, recipe: str, into: str = "new_dataset", **more: Any) -> dict[str, Any]:
        answer = self.ask(caller, recipe, into, **more)
        assert answer.status_code == 202, answer.get_json()
        self.run_jobs()
        job = caller.get(f"/jobs/{answer.get_json()['id']}").get_json()
        assert job["state"] == "succeeded", job["error"]
        found: dict[str, Any] = job["result"]
        return found


@pytest.fixture
def place(as_actor: Any, run_jobs: Any) -> Place:
    return Place(as_actor, run_jobs)


def cells(caller: Any, dataset: str, *keys: str) -> list[tuple[Any, ...]]:
    rows = caller.get(f"/datasets/{dataset}/rows").get_json()["rows"]
    return [tuple(row.get(key) for key in keys) for row in rows]


def column(caller: Any, dataset: str, key: str) -> tuple[str, str]:
    """The level and the cap of a column."""
    columns = caller.get(f"/datasets/{dataset}").get_json()["columns"]
    return next((one["open_level"], one["cap"]) for one in columns if one["key"] == key)


def test_a_preview_is_of_the_columns_that_its_reader_reads(place: Place) -> None:
    recipe = place.recipe(*STEPS)
    body = {"dataset_id": place.dataset, "rows": 2}
    found = place.owner.post(f"{recipe}/preview", json=body).get_json()
    assert [one["key"] for one in found["columns"]] == ["n", "name", "secret"]
    assert [(row["n"], row["secret"]) for row in found["rows"]] == [(3, "planted-c"), (1, "planted-a")]
    assert [(one["n"], one["op"], one["rows_out"]) for one in found["steps"]] == [
        (1, "clean", 3), (2, "rename", 3), (3, "filter", 2), (4, "sort", 2),
    ]  # fmt: skip
    other = place.other.post(f"{recipe}/preview", json=body)
    assert [one["key"] for one in other.get_json()["columns"]] == ["n", "name"]
    assert "planted" not in other.get_data(as_text=True)
    answers = [
        place.other.post(f"{place.recipe({'op': 'clean', 'columns': [key]})}/preview", json=body).get_json()
        for key in ("secret", "nothing")
    ]
    hidden, unknown = ([(one["pointer"], one["message"]) for one in answer["errors"]] for answer in answers)
    assert [(where, said.replace("secret", "nothing")) for where, said in hidden] == unknown
    assert unknown[0][0] == "/recipe/steps/0/columns"


def test_a_hidden_dataset_is_like_none(place: Place, run_jobs: Any) -> None:
    recipe = place.recipe(*STEPS)
    closed = make_dataset(place.owner, run_jobs, rows=ROWS)["id"]
    for path, more in ((f"{recipe}/preview", {}), (f"{recipe}/runs", {"into": "new_dataset"})):
        said = [place.other.post(path, json={"dataset_id": one, **more}) for one in (closed, "0" * 24)]
        assert [one.status_code for one in said] == [422, 422]
        first, second = (one.get_json()["errors"][0]["message"] for one in said)
        assert first.replace(closed, "") == second.replace("0" * 24, "")


def test_a_run_makes_the_next_version_which_names_the_recipe(place: Place) -> None:
    place.owner.patch(f"/datasets/{place.dataset}", json={"key": ["name"]})
    place.run_jobs()
    before = place.owner.get(f"/datasets/{place.dataset}").get_json()["version"]
    recipe = place.recipe(*STEPS)
    done = place.ran(place.owner, recipe, "new_version")
    assert (done["dataset_id"], done["version"]) == (place.dataset, before + 1)
    rows = place.owner.get(f"/datasets/{place.dataset}/rows").get_json()
    assert next((one["key"], one["type"]) for one in rows["columns"]) == ("n", "integer")
    assert [(row["n"], row["name"]) for row in rows["rows"]] == [(3, "ALLIER"), (1, "AIN")]
    origin = place.owner.get(f"/datasets/{place.dataset}/rows/{rows['rows'][1]['_id']}/origin").get_json()["origins"]
    assert [(one["dataset_id"], one["version"], one["line"]) for one in origin] == [(place.dataset, before, 2)]
    report = place.owner.get(f"/datasets/{place.dataset}/report").get_json()
    assert [(one["n"], one["op"], one["source"]) for one in report["steps"]] == [
        (n, step["op"], place.dataset) for n, step in enumerate(STEPS, start=1)
    ]
    assert report["difference"]["columns"]["added"] == ["n"]
    lineage = place.owner.get(f"/datasets/{place.dataset}/lineage").get_json()
    (source,) = lineage["sources"]
    told = {"recipe_id": recipe.removeprefix("/recipes/"), "version": 1, "steps": STEPS}
    assert (source["dataset_id"], source["version"], source["recipe"]) == (place.dataset, before, told)
    assert place.owner.get(f"/datasets/{place.dataset}/original").status_code == 200
    assert cells(place.owner, f"{place.dataset}", "n")[0] == (3,)
    why = place.owner.get(f"/datasets/{place.dataset}/rows/{rows['rows'][1]['_id']}/why").get_json()
    name = next(one for one in why["cells"] if one["column"] == "name")
    assert (why["trace"], name["winner"]["value"], name["winner"]["version"]) == ("exact", " Ain ", before)
    earlier = place.owner.get(f"/datasets/{place.dataset}/rows?version={before}").get_json()["rows"]
    assert len(earlier) == 3


def test_what_comes_of_a_private_column_is_as_private_in_the_next_version(place: Place, anonymous: Any) -> None:
    taken = {"op": "formula", "column": "name", "expression": "concat(name, secret)"}
    place.ran(place.owner, place.recipe(COPY, taken), "new_version")
    shown = [one["key"] for one in place.owner.get(f"/datasets/{place.dataset}").get_json()["columns"]]
    assert [column(place.owner, place.dataset, key)[0] for key in shown] == [
        "opendata" if key == "num" else "private" for key in shown
    ]
    assert sorted(shown) == ["copied", "name", "num", "secret"]
    for path in ("", "/rows", "/rows?version=1", "/report", "/lineage"):
        answer = anonymous.get(f"/datasets/{place.dataset}{path}").get_data(as_text=True)
        assert "planted" not in answer and "copied" not in answer and '"name"' not in answer
    assert place.owner.get(f"/datasets/{place.dataset}/report").get_json()["closed_columns"] == ["name"]


def test_the_next_version_is_for_editors_who_read_all_of_it(place: Place, as_actor: Any, run_jobs: Any) -> None:
    recipe = place.recipe(*STEPS)
    editor = as_actor("member")
    place.join(editor, "editor")
    for caller in (place.other, editor):
        assert place.ask(caller, recipe, "new_version").status_code == 403
    place.level("secret", "collective")
    assert place.ran(editor, recipe, "new_version")["version"] == 2
    assert place.ask(place.owner, recipe, "new_version", title="T").get_json()["errors"][0]["pointer"] == "/title"
    place.dataset = place.ran(place.owner, place.recipe({"op": "sort", "by": ["name"]}))["dataset_id"]
    assert place.ask(place.owner, place.recipe({"op": "sort", "by": ["name"]}), "new_version").status_code == 409


def test_a_new_dataset_is_of_who_runs_it_capped_and_without_what_is_not_open(place: Place, as_actor: Any) -> None:
    viewer = as_actor("member")
    place.join(viewer, "viewer")
    place.level("secret", "collective")
    place.patch({"columns": [{"key": "name", "open_level": "commons"}]})
    assert "'secret'" in place.ask(viewer, place.recipe(COPY)).get_json()["detail"]
    done = place.ran(viewer, place.recipe(*STEPS), title="Mine")
    assert (done["version"], done["left_out"]) == (1, ["secret"])
    made = viewer.get(f"/datasets/{done['dataset_id']}").get_json()
    assert (made["title"], made["kind"], made["open_level"]) == ("Mine", "consolidated", "collective")
    assert [(one["key"], one["open_level"], one["cap"]) for one in made["columns"]] == [
        ("n", "opendata", "opendata"), ("name", "commons", "commons"),
    ]  # fmt: skip
    assert [(member["user_id"], member["grade"]) for member in made["team"]] == [(viewer.user.id, "owner")]
    assert place.owner.get(f"/datasets/{done['dataset_id']}").status_code == 404
    assert cells(viewer, done["dataset_id"], "n", "name") == [(3, "ALLIER"), (1, "AIN")]
    answer = viewer.patch(
        f"/datasets/{done['dataset_id']}", json={"columns": [{"key": "name", "open_level": "opendata"}]}
    )
    assert answer.status_code == 422
    reload = {"file": (io.BytesIO(csv_bytes(ROWS)), "table.csv")}
    path = f"/datasets/{done['dataset_id']}/reload"
    assert viewer.post(path, data=reload, content_type="multipart/form-data").status_code == 409


def test_closing_the_source_closes_what_a_run_made_of_it(place: Place, anonymous: Any) -> None:
    made = place.ran(place.other, place.recipe(*STEPS))["dataset_id"]
    place.other.patch(f"/datasets/{made}", json={"open_level": "opendata"})
    assert cells(anonymous, made, "name") == [("ALLIER",), ("AIN",)]
    place.level("name", "private")
    assert cells(anonymous, made, "name") == [(None,), (None,)]
    assert place.other.get(f"/datasets/{made}").get_json()["stale"]["reasons"] == ["a source column was made stricter"]
    place.patch({"open_level": "collective"})
    assert anonymous.get(f"/datasets/{made}").status_code == 404


def test_a_manager_lends_what_is_restricted_and_takes_it_back(place: Place, anonymous: Any, backends: Any) -> None:
    made = place.ran(place.owner, place.recipe(*STEPS))["dataset_id"]
    told = [(one.actor_id, one.subject_id, one.details) for one in backends.audit.in_order() if one.subject_id == made]
    assert told == [(place.owner.user.id, made, {f"loans/{place.dataset}/secret": [None, "opendata"]})]
    # It begins as it was: whoever manages the new dataset opens it.
    assert column(place.owner, made, "secret") == ("private", "opendata")
    opened = {"open_level": "opendata", "columns": [{"key": "secret", "open_level": "opendata"}]}
    assert place.owner.patch(f"/datasets/{made}", json=opened).status_code == 200
    assert cells(anonymous, made, "secret") == [("planted-c",), ("planted-a",)]
    (given,) = place.owner.get(f"/datasets/{place.dataset}/loans").get_json()["items"]
    assert (given["project_id"], [one["column"] for one in given["columns"]]) == (made, ["secret"])
    assert place.owner.delete(f"/datasets/{place.dataset}/loans/{made}").status_code == 204
    assert column(place.owner, made, "secret") == ("private", "private")
    assert cells(anonymous, made, "secret") == [(None,), (None,)]


def test_another_dataset_is_joined_where_it_is_open_or_lent_and_its_closing_acts(place: Place, run_jobs: Any) -> None:
    labels = [{"key": "1", "label": "one"}, {"key": "3", "label": "three"}]
    reference = make_dataset(place.owner, run_jobs, rows=labels, open_level="commons")["id"]
    recipe = place.recipe(
        {"op": "join", "dataset_id": reference, "on": {"num": "key"}, "columns": ["label"]}, caller=place.owner
    )
    made = place.ran(place.other, recipe)["dataset_id"]
    assert cells(place.other, made, "label") == [("one",), (None,), ("three",)]
    assert column(place.other, made, "label") == ("commons", "commons")
    place.owner.patch(f"/datasets/{reference}", json={"open_level": "collective"})
    assert column(place.other, made, "label") == ("private", "private")
    refused = place.ask(place.other, recipe)
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/recipe_id")
    # Into the next version too: its manager lends it, and may take it back.
    place.ran(place.owner, recipe, "new_version")
    assert column(place.owner, place.dataset, "label")[1] == "opendata"
    assert place.owner.delete(f"/datasets/{reference}/loans/{place.dataset}").status_code == 204
    assert column(place.owner, place.dataset, "label") == ("private", "private")


def test_what_is_lent_only_to_choose_rows_is_listed_and_taken_back_too(place: Place, run_jobs: Any) -> None:
    chosen = make_dataset(place.owner, run_jobs, rows=[{"code": "1"}])["id"]
    semi = {"op": "join", "dataset_id": chosen, "on": {"num": "code"}, "how": "semi"}
    by_secret = {"op": "filter", "where": {"secret__differs": "planted-b"}}
    kept = {"op": "select", "columns": ["num", "name"]}
    made = place.ran(place.owner, place.recipe(semi, by_secret, kept))["dataset_id"]
    for dataset, key in ((chosen, "code"), (place.dataset, "secret")):
        (loan,) = place.owner.get(f"/datasets/{dataset}/loans").get_json()["items"]
        assert (loan["project_id"], [one["column"] for one in loan["columns"]]) == (made, [key])
    assert place.owner.delete(f"/datasets/{chosen}/loans/{made}").status_code == 204
    assert place.owner.get(f"/datasets/{chosen}/loans").get_json()["items"] == []
    assert place.owner.get(f"/datasets/{made}").get_json()["stale"]["reasons"] == ["a loan was withdrawn"]


def test_a_table_misses_a_dataset_that_only_chose_its_rows_until_that_is_back(place: Place, run_jobs: Any) -> None:
    chosen = make_dataset(place.owner, run_jobs, rows=[{"code": "1"}])["id"]
    semi = {"op": "join", "dataset_id": chosen, "on": {"num": "code"}, "how": "semi"}
    made = place.ran(place.owner, place.recipe(semi, {"op": "select", "columns": ["num", "name"]}))["dataset_id"]

    def reasons() -> list[str]:
        stale = place.owner.get(f"/datasets/{made}").get_json()["stale"]
        return stale["reasons"] if stale else []

    for one in (chosen, place.dataset):
        assert place.owner.delete(f"/datasets/{one}").status_code == 204
    assert reasons() == ["a source was deleted"]
    assert place.owner.post(f"/datasets/{place.dataset}/undelete").status_code == 200
    assert reasons() == ["a source was deleted"]
    assert place.owner.post(f"/datasets/{chosen}/undelete").status_code == 200
    assert reasons() == []


def reload(place: Place, rows: list[dict[str, Any]]) -> None:
    form = {"file": (io.BytesIO(csv_bytes(rows)), "table.csv")}
    path = f"/datasets/{place.dataset}/reload"
    assert place.owner.post(path, data=form, content_type="multipart/form-data").status_code == 202
    place.run_jobs()


def test_a_dataset_that_a_run_made_is_made_anew_as_its_next_version(place: Place, anonymous: Any) -> None:
    recipe = place.recipe(*STEPS)
    made = place.ran(place.other, recipe, title="Mine")["dataset_id"]
    opened = {"open_level": "opendata", "description": "kept"}
    assert place.other.patch(f"/datasets/{made}", json=opened).status_code == 200
    before = place.other.get(f"/datasets/{made}/rows").get_json()["rows"]
    reload(place, [*ROWS, {"num": "4", "name": "Alpes", "secret": "planted-d"}])
    assert place.other.get(f"/datasets/{made}").get_json()["stale"]["reasons"] == ["a source has a new version"]
    done = place.ran(place.other, recipe, "new_version", target=made)
    assert (done["dataset_id"], done["version"]) == (made, 2)
    seen = place.other.get(f"/datasets/{made}").get_json()
    assert (seen["title"], seen["description"], seen["open_level"], seen["stale"]) == ("Mine", "kept", "opendata", None)
    assert cells(anonymous, made, "n", "name") == [(4, "ALPES"), (3, "ALLIER"), (1, "AIN")]
    assert [row for row in place.other.get(f"/datasets/{made}/rows").get_json()["rows"] if row["n"] != 4] == before
    report = place.other.get(f"/datasets/{made}/report").get_json()
    assert report["difference"]["rows"] == {"added": 1, "removed": 0, "changed": 0, "unchanged": 2}
    assert len(place.other.get(f"/datasets/{made}/rows?version=1").get_json()["rows"]) == 2
    (source,) = place.other.get(f"/datasets/{made}/lineage").get_json()["sources"]
    assert (source["dataset_id"], source["version"]) == (place.dataset, 2)


def test_levels_that_people_set_stay_and_what_is_new_in_a_column_closes_it(place: Place, anonymous: Any) -> None:
    made = place.ran(place.owner, place.recipe(*STEPS))["dataset_id"]
    levels = [{"key": "secret", "open_level": "opendata"}]
    assert place.owner.patch(f"/datasets/{made}", json={"open_level": "opendata", "columns": levels}).status_code == 200
    place.ran(place.owner, place.recipe(*STEPS), "new_version", target=made)
    assert column(place.owner, made, "secret") == ("opendata", "opendata")
    taken = {"op": "formula", "column": "name", "expression": "concat(name, secret)"}
    place.ran(place.owner, place.recipe(COPY, taken, *STEPS[1:]), "new_version", target=made)
    assert [column(place.owner, made, key)[0] for key in ("n", "name", "secret", "copied")] == [
        "opendata", "private", "opendata", "private",
    ]  # fmt: skip
    assert place.owner.get(f"/datasets/{made}/report").get_json()["closed_columns"] == ["name"]


def test_values_of_a_column_of_the_same_table_carry_its_level_with_them(place: Place) -> None:
    made = place.ran(place.owner, place.recipe())["dataset_id"]
    itself = {"op": "lookup", "dataset_id": made, "on": {"num": "num"}, "columns": {"secret": "found"}}
    steps = [itself, {"op": "formula", "column": "name", "expression": "concat(name, found)"}]
    place.ran(place.owner, place.recipe(*steps), "new_version", target=made)
    assert [column(place.owner, made, key)[0] for key in ("num", "name", "found")] == ["opendata", "private", "private"]


def test_a_loan_stands_for_those_who_make_it_anew_until_it_is_withdrawn(place: Place, backends: Any) -> None:
    place.level("secret", "collective")
    made = place.ran(place.owner, place.recipe(*STEPS))["dataset_id"]
    place.join(place.other, "viewer")
    assert place.ask(place.other, place.recipe(*STEPS), "new_version", target=made).status_code == 422
    put = place.owner.put(f"/datasets/{made}/team/{place.other.user.id}", json={"grade": "editor"})
    assert put.status_code == 200, put.get_json()
    noted = backends.audit.count()
    done = place.ran(place.other, place.recipe(*STEPS), "new_version", target=made)
    assert (done.get("left_out"), cells(place.other, made, "secret")) == (None, [("planted-c",), ("planted-a",)])
    assert backends.audit.count() == noted
    assert place.owner.delete(f"/datasets/{place.dataset}/loans/{made}").status_code == 204
    assert column(place.owner, made, "secret")[1] == "private"
    assert place.ask(place.other, place.recipe(*STEPS), "new_version", target=made).status_code == 403
    place.ran(place.owner, place.recipe(*STEPS), "new_version", target=made)
    assert column(place.owner, made, "secret") == ("private", "opendata")


def test_what_no_run_made_is_made_by_none(place: Place, run_jobs: Any) -> None:
    recipe = place.recipe(*STEPS)
    imported = make_dataset(place.owner, run_jobs, rows=ROWS)["id"]
    assert place.ask(place.owner, recipe, "new_version", target=imported).status_code == 409
    assert place.ask(place.owner, recipe, target=imported).get_json()["errors"][0]["pointer"] == "/target"
    closed = make_dataset(place.other, run_jobs, rows=ROWS)["id"]
    for hidden in (closed, "0" * 24):
        assert (
            place.ask(place.owner, recipe, "new_version", target=hidden).get_json()["errors"][0]["pointer"] == "/target"
        )
    made = place.ran(place.owner, recipe)["dataset_id"]
    first, second = (place.ask(place.owner, recipe, "new_version", target=made).get_json()["id"] for _ in range(2))
    run_jobs()
    states = [place.owner.get(f"/jobs/{one}").get_json()["state"] for one in (first, second)]
    assert states == ["succeeded", "failed"]


def test_a_reload_reads_the_file_without_the_recipe_and_says_so(place: Place) -> None:
    place.ran(place.owner, place.recipe(*STEPS), "new_version")

    def reload(**more: Any) -> Any:
        data = {"file": (io.BytesIO(csv_bytes(ROWS)), "table.csv"), **more}
        return place.owner.post(f"/datasets/{place.dataset}/reload", data=data, content_type="multipart/form-data")

    assert reload(load_mode="append").get_json()["errors"][0]["pointer"] == "/load_mode"
    retyped = place.owner.patch(f"/datasets/{place.dataset}", json={"columns": [{"key": "n", "type": "string"}]})
    assert (retyped.status_code, "recipe" in retyped.get_json()["detail"]) == (409, True)
    assert reload().status_code == 202
    assert place.run_jobs()[-1].result["version"] == 3
    assert place.owner.get(f"/datasets/{place.dataset}/report").get_json()["run_left"] == 2
    assert cells(place.owner, place.dataset, "num", "name")[0] == (1, " Ain ")


def test_rights_are_judged_again_when_the_run_starts_and_nothing_is_left_of_what_fails(
    place: Place, backends: Any
) -> None:
    place.ask(place.other, place.recipe(*STEPS))
    place.patch({"open_level": "collective"})
    failed = place.run_jobs()[-1]
    assert (failed.state, backends.datasets.find(failed.params["dataset_id"])) == ("failed", None)
    kept = list((backends.settings.data_dir / "tables" / "datasets" / place.dataset).iterdir())
    stops = place.recipe({"op": "to_integer", "columns": ["name"], "on_error": "fail"})
    answer = place.ask(place.owner, stops, "new_version")
    place.run_jobs()
    error = place.owner.get(f"/jobs/{answer.get_json()['id']}").get_json()["error"]
    assert (error["type"].rsplit("/", 1)[1], "'Aisne'" in error["detail"] or "Ain" in error["detail"]) == (
        "step-failed",
        True,
    )
    assert place.owner.get(f"/datasets/{place.dataset}").get_json()["version"] == 1
    queued = place.ask(place.owner, place.recipe(*STEPS), "new_version").get_json()["id"]
    assert place.owner.delete(f"/jobs/{queued}").get_json()["state"] == "cancelled"
    assert list((backends.settings.data_dir / "tables" / "datasets" / place.dataset).iterdir()) == kept


def test_a_run_that_is_taken_up_again_makes_no_second_version(place: Place, backends: Any) -> None:
    recipe = place.recipe(*STEPS)
    for into, caller in (("new_dataset", place.other), ("new_version", place.owner)):
        job = place.ask(caller, recipe, into).get_json()["id"]
        first = backends.jobs.claim(job)
        done = tasks.perform(backends, first)
        assert tasks.perform(backends, first).result == done.result
    listed = place.owner.get(f"{recipe}/runs").get_json()
    assert [(one["into"], one["recipe_version"]) for one in listed["items"]] == [("new_version", 1)]


def test_declared_columns_stay_as_they_are(place: Place) -> None:
    schema = {"fields": [{"name": "name", "type": "string"}]}
    body = {"title": "T", "source": {"type": "rows", "schema": schema}}
    assert place.owner.post("/datasets/from-source", json=body).status_code == 202
    place.dataset = place.run_jobs()[-1].result["dataset_id"]
    assert place.ask(place.owner, place.recipe(STEPS[0]), "new_version").status_code == 409


def test_a_correction_that_a_run_wrote_into_rows_is_not_laid_over_them_again(place: Place) -> None:
    place.owner.patch(f"/datasets/{place.dataset}", json={"key": ["num"]})
    place.run_jobs()
    path = f"/datasets/{place.dataset}"

    def correct(name: str) -> None:
        row = next(one for one in place.owner.get(f"{path}/rows").get_json()["rows"] if str(one["num"]) == "1")
        made = {"row_id": row["_id"], "column": "name", "value": name}
        assert place.owner.post(f"{path}/corrections", json=made).status_code == 201

    def copied() -> str:
        found = place.ran(place.owner, place.recipe({"op": "filter", "where": "num == 1"}))
        ((name,),) = cells(place.owner, found["dataset_id"], "name")
        return name

    correct("aix")
    assert copied() == "aix"
    place.ran(place.owner, place.recipe(STEPS[0]), "new_version")
    assert copied() == "AIX"
    correct("Aix")
    assert copied() == "Aix"


@pytest.mark.parametrize("level", ["private", "commons"])
def test_cells_of_another_dataset_are_quoted_only_to_those_who_manage_the_one_that_is_made(
    place: Place, as_actor: Any, run_jobs: Any, anonymous: Any, level: str
) -> None:
    """A run may reject cells of a column that it looked up and dropped again: it is none of the table's."""
    place.level("secret", "opendata")
    rows = [{"code": str(n), "hushed": f"planted-{n}"} for n in (1, 2, 3)]
    other = make_dataset(place.owner, run_jobs, rows=rows, open_level=level, edit_level="private")["id"]
    recipe = place.recipe(
        {"op": "join", "dataset_id": other, "on": {"num": "code"}, "columns": ["hushed"]},
        {"op": "to_integer", "columns": ["hushed"]},
        {"op": "select", "columns": ["hushed"], "action": "drop"},
    )
    place.ran(place.owner, recipe, "new_version")
    editor = as_actor("member")
    place.join(editor, "editor")
    for caller in (anonymous, place.other, editor):
        for path in ("rejects", "rejects.csv"):
            assert caller.get(f"/datasets/{place.dataset}/{path}").status_code == 403
        assert "planted-1" not in caller.get(f"/datasets/{place.dataset}/report").get_data(as_text=True)
    assert place.owner.get(f"/datasets/{place.dataset}/rejects").get_json()["total"] == 3
    assert place.owner.get(f"/datasets/{place.dataset}/rejects?version=1").status_code == 200
    assert anonymous.get(f"/datasets/{place.dataset}/rejects?version=1").status_code == 200


def test_what_stopped_a_run_is_told_to_who_started_it_and_to_managers(
    place: Place, as_actor: Any, run_jobs: Any
) -> None:
    place.level("secret", "opendata")
    rows = [{"code": "1", "hushed": "planted-1"}]
    other = make_dataset(place.owner, run_jobs, rows=rows)["id"]
    recipe = place.recipe(
        {"op": "join", "dataset_id": other, "on": {"num": "code"}, "columns": ["hushed"]},
        {"op": "to_integer", "columns": ["hushed"], "on_error": "fail"},
    )
    job = place.ask(place.owner, recipe, "new_version").get_json()["id"]
    run_jobs()
    editor, manager = as_actor("member"), as_actor("member")
    place.join(editor, "editor")
    place.join(manager, "manager")
    for caller, is_told in ((place.owner, True), (manager, True), (editor, False)):
        error = caller.get(f"/jobs/{job}").get_json()["error"]
        assert ("planted-1" in error["detail"]) is is_told
