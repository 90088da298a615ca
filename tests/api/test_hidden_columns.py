"""A word is planted in a column that is kept back; then it is reached for in every way that the API offers."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from solidata_api.domain.documents import Member
from solidata_api.services import lineage
from tests.conftest import queued
from tests.factories import make_dataset
from tests.worlds import LATER

WORD = "planted-word"
COLUMN = "kept_back"
ROWS = [
    {"code": "01", "name": "Ain", COLUMN: WORD, "n": 1},
    {"code": "02", "name": "Aisne", COLUMN: "other", "n": 2},
    {"code": "03", "name": "Allier", COLUMN: f"{WORD}-too", "n": 3},
]
MAPPING = {key: key for key in ROWS[0]}
CLOSED = {"open_level": "opendata", "columns": [{"key": COLUMN, "open_level": "private"}]}


class Place:
    """A table with a private column, and one that a project made of it, both open else; an editor of both who reads
    no private column; the owner, who lent it."""

    def __init__(self, backends: Any, as_actor: Any, run_jobs: Any) -> None:
        self.backends, self.run_jobs = backends, run_jobs
        self.owner, self.editor = as_actor("member"), as_actor("member")
        self.source = make_dataset(self.owner, run_jobs, rows=ROWS)["id"]
        model = self.owner.post(f"/models/from-dataset/{self.source}").get_json()
        self.model = f"/models/{model['id']}"
        self.project = f"/projects/{self.owner.post('/projects', json={'title': 'P'}).get_json()['id']}"
        self.owner.put(f"{self.project}/model", json={"model_id": model["id"]})
        assert self.owner.patch(f"/datasets/{self.source}", json=CLOSED).status_code == 200
        body = {"mapping": MAPPING, "up_to": "private"}
        assert self.owner.put(f"{self.project}/sources/{self.source}", json=body).status_code == 200
        said = {"line": 2, "column": COLUMN, "value": WORD, "reason": WORD}
        assert self.owner.post(f"/datasets/{self.source}/corrections", json=said).status_code == 201
        self.table = self.build().result["dataset_id"]
        assert self.owner.patch(f"/datasets/{self.table}", json=CLOSED).status_code == 200
        self.join(backends.projects, self.project.rsplit("/", 1)[1])
        self.join(backends.datasets, self.source)

    def build(self, caller: Any = None) -> Any:
        assert (caller or self.owner).post(f"{self.project}/builds").status_code == 202
        return self.run_jobs()[-1]

    def join(self, store: Any, identifier: str) -> None:
        document = store.get(identifier)
        team = (*document.team, Member(self.editor.user.id, "editor"))
        store.replace(replace(document, team=team, to_follow=True), document.rev)
        lineage.settle(self.backends, store.get(identifier))


@pytest.fixture
def place(backends: Any, as_actor: Any, run_jobs: Any) -> Place:
    return Place(backends, as_actor, run_jobs)


@pytest.fixture(params=["source", "table"])
def path(place: Place, request: Any) -> str:
    return f"/datasets/{getattr(place, request.param)}"


@pytest.fixture(params=["anonymous", "stranger", "editor"])
def reader(place: Place, as_actor: Any, request: Any) -> Any:
    return place.editor if request.param == "editor" else as_actor(request.param.replace("stranger", "member"))


REACHES = [
    "", "/rows", "/rows?per_page=1000", "/rows?orient=tabular", "/rows?version=1", "/rows?fields=code,name", "/schema",
    "/schema?version=1", "/export.csv", "/export.csv?header=title&_id=true&bom=true", "/export.csv?version=1",
    "/report", "/report?version=1", "/versions", "/versions/1", "/original", "/rejects", "/lineage",
    "/rejects.csv", "/rejects.csv?version=1", "/corrections",
    "/lineage?version=1",
    "/schema.csv", "/openapi.json", "/datapackage.json", "/jsonld", "/dcat.jsonld", "/dcat.ttl", "/changes.atom",
    "/rows?q=planted", "/rows?shuffle=a&total=none", "/aggregate?group_by=code,name&metrics=max:n",
    "/values/code", "/values/name?q=a", "/profile", "/profile?version=1", "/access", "/diff?from=1&to=1",
]  # fmt: skip
GUESSES = [
    f"{COLUMN}={WORD}", f"{COLUMN}__in={WORD}", f"{COLUMN}__contains=planted", f"{COLUMN}__startswith=pl",
    f"{COLUMN}__less=planted-x", f"{COLUMN}__isnotnull=", f"{COLUMN}__nonsense={WORD}", f"sort={COLUMN}",
    f"sort=-{COLUMN}", f"sort=code,{COLUMN}", f"fields={COLUMN}", f"fields=code,{COLUMN}",
    f"code=01&{COLUMN}__differs=other", f"or=({COLUMN}__exact.{WORD})", f"or=(code__exact.01,and({COLUMN}__isnull))",
    f"or=({COLUMN}__in.({WORD},other))", f"or=(n__less.9)&{COLUMN}__less=zz",
]  # fmt: skip
#: Of groups and values: the same conditions, and the column itself.
GROUP_GUESSES = [
    f"aggregate?group_by={COLUMN}", f"aggregate?group_by=code,{COLUMN}", f"aggregate?group_by={COLUMN}:10",
    f"aggregate?metrics=count:{COLUMN}", f"aggregate?metrics=distinct:{COLUMN}", f"aggregate?metrics=max:{COLUMN}",
    f"aggregate?sort={COLUMN}", f"aggregate?having={COLUMN}__less.zz", f"aggregate?{COLUMN}={WORD}",
    f"aggregate?or=({COLUMN}__exact.{WORD})", f"values/{COLUMN}", f"values/{COLUMN}?q=pl",
    f"values/code?{COLUMN}={WORD}", f"values/{COLUMN}?{COLUMN}={WORD}",
]  # fmt: skip


def test_its_owner_finds_the_word_everywhere(place: Place, path: str) -> None:
    """Else nothing below would prove anything."""
    rests = ["/rows", "/export.csv", "/rows?version=1", f"/rows?{COLUMN}={WORD}", f"/rows?sort=-{COLUMN}"]
    rests += [f"/rows?or=({COLUMN}__exact.{WORD})", f"/aggregate?group_by={COLUMN}", f"/values/{COLUMN}", "/profile"]
    for rest in rests:
        assert WORD in place.owner.get(path + rest).get_data(as_text=True), rest


def test_no_answer_holds_the_word_or_names_its_column(path: str, reader: Any) -> None:
    found = []
    for rest in REACHES:
        text = reader.get(path + rest).get_data(as_text=True)
        # An error may quote the path that was asked.
        if WORD in text or COLUMN in text.replace(path + rest.partition("?")[0], ""):
            found.append(rest)
    assert found == []


def test_no_question_about_it_is_answered_but_like_one_about_nothing(path: str, reader: Any) -> None:
    guesses = [f"{noun}?{guess}" for noun, guess in itertools.product(("rows", "export.csv"), GUESSES)]
    for guess in (*guesses, *GROUP_GUESSES):
        asked, unknown = (reader.get(f"{path}/{one}") for one in (guess, guess.replace(COLUMN, "not_there")))
        assert (asked.status_code, unknown.status_code) == (422, 422), guess
        said = [one["message"].replace("not_there", COLUMN) for one in unknown.get_json()["errors"]]
        assert [one["message"] for one in asked.get_json()["errors"]] == said, guess


def test_no_row_and_no_origin_holds_it(path: str, reader: Any) -> None:
    for row in reader.get(f"{path}/rows").get_json()["rows"]:
        for rest in ("", "/origin", "/why"):
            text = reader.get(f"{path}/rows/{row['_id']}{rest}").get_data(as_text=True)
            assert WORD not in text and COLUMN not in text


def test_a_cursor_of_who_reads_it_is_of_no_use(place: Place, path: str, reader: Any) -> None:
    for query in ("per_page=1", f"per_page=1&sort={COLUMN}", f"per_page=1&{COLUMN}__startswith=planted"):
        cursor = place.owner.get(f"{path}/rows?{query}").get_json()["next"]
        for own in ("per_page=1", query):
            assert reader.get(f"{path}/rows?{own}&cursor={cursor}").status_code == 422


def test_totals_and_etags_do_not_move_with_it(place: Place, path: str, reader: Any) -> None:
    nouns = ("rows", "export.csv", "aggregate?group_by=code", "values/code", "profile")
    before = [reader.get(f"{path}/{noun}") for noun in nouns]
    body = {"columns": [{"key": COLUMN, "title": "Another title", "description": "another text"}]}
    assert place.owner.patch(path, json=body).status_code == 200
    after = [reader.get(f"{path}/{noun}") for noun in nouns]
    assert [one.headers["ETag"] for one in before] == [one.headers["ETag"] for one in after]
    assert [one.data for one in before] == [one.data for one in after]
    assert reader.get(path).get_json().get("sha256") is None


def test_row_ids_of_equal_cells_differ_between_tables(place: Place, as_actor: Any) -> None:
    """Whoever has a table of guesses can't find by its ids which of them are true."""
    guesser = as_actor("member")
    guessed = make_dataset(guesser, place.run_jobs, rows=ROWS, open_level="opendata")
    ids = [
        {row["_id"] for row in guesser.get(f"/datasets/{one}/rows").get_json()["rows"]}
        for one in (guessed["id"], place.source)
    ]
    assert ids[0] and ids[1] and not ids[0] & ids[1]


def test_an_edit_of_it_is_an_edit_of_nothing(path: str, reader: Any) -> None:
    said = []
    for key in (COLUMN, "not_there"):
        answer = reader.patch(path, json={"columns": [{"key": key, "title": "T"}]})
        said.append((answer.status_code, answer.get_data(as_text=True).count(key)))
    assert said[0] == said[1] and said[0][0] in (401, 403, 422)


def previews(place: Place) -> Iterator[Any]:
    for steps in ([], [{"op": "to_integer", "columns": [COLUMN]}], [{"op": "rename", "columns": {COLUMN: "tmp"}}]):
        assert place.owner.put(f"{place.project}/recipe", json={"steps": steps}).status_code == 200
        yield place.editor.post(f"{place.project}/preview", json={"rows": 10})


def test_no_preview_holds_it(place: Place) -> None:
    for answer in previews(place):
        assert answer.status_code == 200, answer.get_json()
        assert WORD not in answer.get_data(as_text=True)
        assert [row["code"] for row in answer.get_json()["rows"]] == ["01", "02", "03"]


def test_the_ids_of_a_preview_tell_nothing_to_who_guesses_a_hidden_key(place: Place) -> None:
    """An editor writes a guess into the key column: by the table's own key, the id of the row that has this value
    would be there; so each preview has ids of its own."""
    assert place.owner.patch(place.model, json={"key": [COLUMN]}).status_code == 200
    place.build()
    ids = {row["_id"] for row in place.editor.get(f"/datasets/{place.table}/rows").get_json()["rows"]}
    guess = [{"op": "set", "column": COLUMN, "value": WORD}]
    for steps in ([], guess):
        assert place.owner.put(f"{place.project}/recipe", json={"steps": steps}).status_code == 200
        for _ in range(2):
            told = place.editor.post(f"{place.project}/preview", json={"rows": 10}).get_json()
            seen = {row["_id"] for row in told["rows"]}
            assert seen and not seen & ids
            ids |= seen


def test_no_preview_makes_the_pseudonyms_of_a_build(place: Place) -> None:
    """Who may read pseudonyms and not the values can't preview the pseudonym of a guess and compare: neither in the
    end, nor beside a step."""
    put = {"op": "pseudonymise", "columns": ["name"]}
    assert place.owner.put(f"{place.project}/recipe", json={"steps": [put]}).status_code == 200
    place.build()
    shared = {row["name"] for row in place.editor.get(f"/datasets/{place.table}/rows").get_json()["rows"]}
    assert len(shared) == 3 and all(len(name) == 32 for name in shared)
    known = set(shared)
    guess = {"op": "set", "column": "name", "value": "Ain"}
    assert place.owner.put(f"{place.project}/recipe", json={"steps": [guess, put]}).status_code == 200
    for _ in range(2):
        ended = place.editor.post(f"{place.project}/preview", json={}).get_json()["rows"]
        beside = place.editor.post(f"{place.project}/preview", json={"step": 2}).get_json()["after"]["rows"]
        for rows in (ended, beside):
            seen = {row["name"] for row in rows}
            assert len(seen) == 1 and not seen & known
            known |= seen
    place.build()
    rebuilt = {row["name"] for row in place.editor.get(f"/datasets/{place.table}/rows").get_json()["rows"]}
    assert len(rebuilt) == 1 and rebuilt <= shared, "a build goes on with the pseudonyms that it had"


@pytest.mark.parametrize("dropping", [False, True])
def test_no_report_and_no_error_quotes_it(place: Place, dropping: bool) -> None:
    """A step may also quote what is dropped or overwritten later, and then is in no column of the table."""
    more = [{"op": "set", "column": COLUMN, "value": "nothing"}] if dropping else []
    for on_error in ("reject_cell", "fail"):
        steps = [{"op": "to_integer", "columns": [COLUMN], "on_error": on_error}, *more]
        place.owner.put(f"{place.project}/recipe", json={"steps": steps})
        job = place.build(place.editor)
        place.owner.patch(f"/datasets/{place.table}", json={"columns": [{"key": COLUMN, "open_level": "private"}]})
        table = [f"/datasets/{place.table}/{one}" for one in ("report", "rejects", "rejects.csv")]
        for rest in (f"{place.project}/builds", f"{place.project}/reviews", f"/jobs/{job.id}", "/jobs", *table):
            assert WORD not in place.editor.get(rest).get_data(as_text=True), (on_error, rest)
        preview = place.editor.post(f"{place.project}/preview", json={"rows": 10})
        assert WORD not in preview.get_data(as_text=True)
        quoted = place.owner.get(f"{place.project}/builds").get_data(as_text=True)
        assert WORD in quoted, "the owner, who may, finds it quoted"


def stopped(place: Place) -> Any:
    """A failed build whose error quotes the word."""
    place.owner.put(f"{place.project}/recipe", json={"steps": [STOPPING]})
    job = place.build(place.editor)
    assert job.error.kind == "step-failed" and WORD in job.error.detail
    return job


STOPPING = {"op": "to_integer", "columns": [COLUMN], "on_error": "fail"}
WAIT = {"Prefer": "wait=5"}


def test_who_waits_for_a_job_reads_no_more_of_it(place: Place) -> None:
    job = stopped(place)
    waited = place.editor.get(f"/jobs/{job.id}", headers=WAIT)
    assert waited.get_json() == place.editor.get(f"/jobs/{job.id}").get_json()
    assert WORD not in waited.get_data(as_text=True)
    assert WORD in place.owner.get(f"/jobs/{job.id}", headers=WAIT).get_data(as_text=True)


def test_who_cancels_a_job_reads_no_more_of_it(place: Place) -> None:
    job = stopped(place)
    place.backends.jobs.put(replace(job, state="cancelled"))
    answer = place.editor.delete(f"/jobs/{job.id}")
    assert answer.status_code == 200 and WORD not in answer.get_data(as_text=True)


def test_who_waits_for_the_build_that_they_start_reads_no_more_of_it(place: Place) -> None:
    place.owner.put(f"{place.project}/recipe", json={"steps": [STOPPING]})
    with ThreadPoolExecutor(1) as worker:
        worker.submit(run_when_queued, place)
        answer = place.editor.post(f"{place.project}/builds", headers=WAIT)
    assert (answer.status_code, answer.get_json()["state"]) == (200, "failed")
    assert WORD not in answer.get_data(as_text=True)


def run_when_queued(place: Place) -> None:
    until = time.monotonic() + 5
    while not place.run_jobs() and time.monotonic() < until:
        time.sleep(0.05)


def test_who_loses_their_rights_while_they_wait_for_a_job_is_told_nothing(place: Place) -> None:
    place.owner.post(f"{place.project}/builds")
    (job,) = queued(place.backends)
    assert place.editor.get(f"/jobs/{job.id}").status_code == 200

    def put_out() -> None:
        time.sleep(0.3)
        project = place.backends.projects.get(place.project.rsplit("/", 1)[1])
        team = tuple(one for one in project.team if one.user_id != place.editor.user.id)
        place.backends.projects.replace(replace(project, team=team), project.rev)
        place.backends.jobs.request_cancel(job.id)

    with ThreadPoolExecutor(1) as other:
        other.submit(put_out)
        assert place.editor.get(f"/jobs/{job.id}", headers=WAIT).status_code == 404


def test_whose_session_ends_while_they_wait_for_a_job_is_told_nothing(place: Place) -> None:
    place.owner.post(f"{place.project}/builds")
    (job,) = queued(place.backends)

    def disable() -> None:
        time.sleep(0.3)
        user = place.backends.users.get(place.editor.user.id)
        place.backends.users.replace(replace(user, disabled=True), user.rev)
        place.backends.jobs.request_cancel(job.id)

    with ThreadPoolExecutor(1) as other:
        other.submit(disable)
        assert place.editor.get(f"/jobs/{job.id}", headers=WAIT).status_code == 401


DECIDING = {
    "filter": [{"op": "filter", "where": {f"{COLUMN}__startswith": "planted"}}],
    "sort": [{"op": "sort", "by": [f"-{COLUMN}"]}],
    "key": [{"op": "dedupe", "keys": [COLUMN]}],
    "freshest": [
        {"op": "to_date", "columns": [COLUMN]},
        {"op": "dedupe", "keys": ["n"], "keep": {"*": "freshest"}, "fresh_by": COLUMN},
    ],
    "renamed": [
        {"op": "fold", "columns": [COLUMN], "into": "other_key"},
        {"op": "filter", "where": {"other_key__startswith": "planted"}},
    ],
    "reject_row": [{"op": "to_integer", "columns": [COLUMN], "on_error": "reject_row"}],
    "fail": [STOPPING],
    "fuse": [{"op": "to_integer", "columns": [COLUMN], "max_rejects": 0.5}],
    "rule": [
        {"op": "validate", "rules": [{"check": "max_length", "column": COLUMN, "value": 5, "on_failure": "stop"}]}
    ],
    "rows of a rule": [
        {"op": "validate", "rules": [{"check": "enum", "column": COLUMN, "value": [WORD]}], "on_error": "reject_row"}
    ],
}  # fmt: skip


@pytest.mark.parametrize("steps", DECIDING.values(), ids=DECIDING)
def test_a_preview_tells_nothing_by_which_rows_there_are(place: Place, as_actor: Any, steps: Any) -> None:
    """A team's editor, and a stranger who may edit as everybody may, write the recipe themselves."""
    levels = {"open_level": "commons", "edit_level": "commons"}
    assert place.owner.patch(place.project, json=levels).status_code == 200
    for caller in (place.editor, as_actor("member")):
        assert caller.put(f"{place.project}/recipe", json={"steps": steps}).status_code == 200
        answer = caller.post(f"{place.project}/preview", json={"rows": 10})
        told = answer.get_json()
        assert answer.status_code == 200, told
        assert (told["rows"], told["steps"]) == ([], [])
        assert [one["key"] for one in told["columns"]] == ["code", "name", "n"]
        assert f"/recipe/steps/{len(steps) - 1}" in told["withheld"] and WORD not in str(told)


@pytest.mark.parametrize("steps", DECIDING.values(), ids=DECIDING)
def test_who_writes_such_a_step_is_warned_of_it(place: Place, steps: Any) -> None:
    """The loan ends at `private`, the table is open to everybody."""
    assert place.editor.put(f"{place.project}/recipe", json={"steps": steps}).status_code == 200
    warnings = place.editor.get(f"{place.project}/check").get_json()["warnings"]
    found = [one for one in warnings if one["where"] == f"/recipe/steps/{len(steps) - 1}"]
    assert len(found) == 1 and "it is private, below the opendata" in found[0]["message"]


def test_who_reads_the_column_sees_what_it_chooses(place: Place) -> None:
    assert place.owner.put(f"{place.project}/recipe", json={"steps": DECIDING["filter"]}).status_code == 200
    told = place.owner.post(f"{place.project}/preview", json={"rows": 10}).get_json()
    assert [row["code"] for row in told["rows"]] == ["01", "03"] and "withheld" not in told


def test_columns_that_everybody_reads_choose_in_everybodys_preview(place: Place) -> None:
    steps = [{"op": "filter", "where": {"n__greater": 2}}, {"op": "sort", "by": ["-code"]}]
    assert place.editor.put(f"{place.project}/recipe", json={"steps": steps}).status_code == 200
    told = place.editor.post(f"{place.project}/preview", json={"rows": 10}).get_json()
    assert [row["code"] for row in told["rows"]] == ["03", "02"] and "withheld" not in told


def test_a_preview_does_not_tell_what_is_in_a_hidden_reference(place: Place) -> None:
    """`name` is for everybody; which of its cells are found in the lent column is not."""
    rule = {"check": "foreign_key", "column": "name", "dataset_id": place.source, "reference_column": COLUMN}
    assert place.owner.put(f"{place.project}/recipe", json={"steps": [{"op": "validate", "rules": [rule]}]})
    told = place.editor.post(f"{place.project}/preview", json={"rows": 10}).get_json()
    assert told["rows"] == [] and "/recipe/steps/0" in told["withheld"]
    assert len(place.owner.post(f"{place.project}/preview", json={"rows": 10}).get_json()["rows"]) == 3


def test_a_column_that_the_tables_owners_closed_chooses_in_no_ones_preview(place: Place, as_actor: Any) -> None:
    """Lent without a limit, then closed in the table alone."""
    body = {"mapping": MAPPING, "up_to": "opendata"}
    assert place.owner.put(f"{place.project}/sources/{place.source}", json=body).status_code == 200
    assert place.editor.put(f"{place.project}/recipe", json={"steps": DECIDING["filter"]}).status_code == 200
    assert place.editor.post(f"{place.project}/preview", json={"rows": 10}).get_json()["rows"] == []


def test_a_report_counts_no_cell_of_it(place: Place, anonymous: Any) -> None:
    rules = [{"check": "max_length", "column": COLUMN, "value": 5, "on_failure": "warn"}]
    steps = [{"op": "to_integer", "columns": [COLUMN]}, {"op": "validate", "rules": rules}]
    place.owner.put(f"{place.project}/recipe", json={"steps": steps})
    place.build()
    place.owner.patch(place.project, json={"open_level": "opendata"})
    for reader in (anonymous, place.editor):
        told = reader.get(f"/datasets/{place.table}/report").get_json()
        built = reader.get(f"{place.project}/builds").get_json()["items"][0]["report"]
        for step in (*told["steps"], *built["steps"]):
            assert (step["cells_changed"], step["rejects"]) == (None, {"count": None, "items": []})
            assert "warnings" not in step and step["rows_out"] == 3
    told = place.owner.get(f"/datasets/{place.table}/report").get_json()
    assert told["steps"][1]["rejects"]["count"] == 3


def test_what_a_step_quoted_before_its_column_was_overwritten_is_not_for_who_reads_all_that_is_left(
    place: Place, anonymous: Any
) -> None:
    steps = [
        {"op": "to_integer", "columns": [COLUMN]},
        {"op": "set", "column": COLUMN, "value": "harmless"},
    ]
    place.owner.put(f"{place.project}/recipe", json={"steps": steps})
    other = f"/projects/{place.owner.post('/projects', json={'title': 'Q'}).get_json()['id']}"
    place.owner.put(f"{other}/model", json={"model_id": place.model.rsplit("/", 1)[1]})
    place.owner.put(f"{other}/sources/{place.source}", json={"mapping": MAPPING})
    place.owner.put(f"{other}/recipe", json={"steps": steps})
    place.owner.post(f"{other}/builds")
    table = f"/datasets/{place.run_jobs()[-1].result['dataset_id']}"
    assert place.owner.patch(table, json={"open_level": "opendata"}).status_code == 200
    assert "harmless" in anonymous.get(f"{table}/rows").get_data(as_text=True)
    assert WORD in place.owner.get(f"{table}/report").get_data(as_text=True)
    assert WORD not in anonymous.get(f"{table}/report").get_data(as_text=True)


def test_no_proposal_is_made_from_values_that_its_reader_may_not_read(place: Place) -> None:
    proposals = place.editor.post(f"{place.project}/mapping/suggest").get_json()["proposals"]
    assert COLUMN not in {one["column"] for one in proposals}
    assert {one["column"] for one in proposals} >= {"code", "name"}


def test_no_model_is_made_of_it(place: Place, as_actor: Any) -> None:
    stranger = as_actor("member")
    made = stranger.post(f"/models/from-dataset/{place.source}").get_json()
    assert {one["name"] for one in made["fields"]} == {"code", "name", "n"}


def test_no_link_shows_more_than_its_cap_allows(place: Place, anonymous: Any) -> None:
    """The lender lent it up to `private`: whoever manages the table can't open it, nor share it by a link."""
    where = f"/datasets/{place.table}/links"
    for more in ({"columns": [COLUMN]}, {"filter": {COLUMN: WORD}}, {"filter": {f"{COLUMN}__startswith": "p"}}):
        assert place.owner.post(where, json={"title": "L", "expires_at": LATER, **more}).status_code == 422
    made = place.owner.post(where, json={"title": "L", "expires_at": LATER}).get_json()
    link = "/api/v1/links/" + made["url"].rsplit("/", 1)[1]
    for rest in ("/rows", "/schema", "/export.csv", f"/rows?{COLUMN}={WORD}", f"/rows?sort={COLUMN}"):
        answer = anonymous.get(link + rest)
        assert WORD not in answer.get_data(as_text=True)
        assert answer.status_code == (422 if COLUMN in rest else 200)


def test_lists_do_not_find_it_by_its_words(place: Place, reader: Any) -> None:
    for noun in ("datasets", "projects", "models", "fields"):
        assert WORD not in reader.get(f"/{noun}?q={WORD}").get_data(as_text=True).replace(f"q={WORD}", "")
        assert reader.get(f"/{noun}?q={WORD}").get_json()["total"] == 0


def test_a_version_of_which_nothing_is_readable_is_not_listed(place: Place, anonymous: Any) -> None:
    place.owner.patch(place.model, json={"fields": place.owner.get(place.model).get_json()["fields"][:0]})
    fields = [{"field_id": place.owner.post("/fields", json={"name": "fresh", "type": "string"}).get_json()["id"]}]
    place.owner.patch(place.model, json={"fields": fields, "key": []})
    place.owner.put(f"{place.project}/sources/{place.source}", json={"mapping": {"name": "fresh"}})
    place.build()
    levels = [{"key": key, "open_level": "private"} for key in ROWS[0]]
    levels.append({"key": "fresh", "open_level": "opendata"})
    assert place.owner.patch(f"/datasets/{place.table}", json={"columns": levels}).status_code == 200
    listed = anonymous.get(f"/datasets/{place.table}/versions").get_json()
    assert [one["n"] for one in listed["items"]] == [2]
    assert anonymous.get(f"/datasets/{place.table}/versions/1").status_code == 404
    assert [one["n"] for one in place.owner.get(f"/datasets/{place.table}/versions").get_json()["items"]] == [2, 1]
    assert place.owner.patch(place.project, json={"open_level": "opendata"}).status_code == 200
    first = anonymous.get(f"{place.project}/builds").get_json()["items"][1]
    assert (first["version"], first["report"]) == (None, None)
    assert place.owner.get(f"{place.project}/builds").get_json()["items"][1]["version"] == 1


def test_a_pseudonym_is_kept_back_like_its_value_and_the_same_in_every_build(place: Place, reader: Any) -> None:
    place.owner.put(f"{place.project}/recipe", json={"steps": [{"op": "pseudonymise", "columns": [COLUMN]}]})
    tables = []
    for _ in range(2):
        place.build()
        tables.append(place.owner.get(f"/datasets/{place.table}/rows").get_json()["rows"])
    pseudonyms = {row[COLUMN] for row in tables[0]}
    assert tables[0] == tables[1] and len(pseudonyms) == 3
    assert all(len(one) == 32 and WORD not in one for one in pseudonyms)
    for rest in ("/rows", "/report", "/export.csv"):
        told = reader.get(f"/datasets/{place.table}{rest}").get_data(as_text=True)
        assert WORD not in told and not any(one in told for one in pseudonyms)
    told = place.owner.get(f"/datasets/{place.table}/report").get_data(as_text=True)
    secret = place.backends.datasets.get(place.table).row_key
    assert WORD not in told and secret not in told


def test_a_column_held_to_a_hidden_vocabulary_is_kept_back_like_it(place: Place, anonymous: Any) -> None:
    """A reject proposes one of its values, and what is folded is written as it has it."""
    step = {"op": "to_category", "columns": ["name"], "dataset_id": place.source, "reference_column": COLUMN}
    place.owner.put(f"{place.project}/recipe", json={"steps": [{**step, "on_error": "keep"}]})
    assert "name" in anonymous.get(f"/datasets/{place.table}/rows").get_json()["rows"][0]
    place.build()
    assert "name" not in anonymous.get(f"/datasets/{place.table}/rows").get_json()["rows"][0]
    assert WORD not in anonymous.get(f"/datasets/{place.table}/report").get_data(as_text=True)
