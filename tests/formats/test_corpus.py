"""Files of other projects' suites: each is read as what it is (tests/corpus/README.md), and no cell of it is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from solidata_api.domain.datasets import ReadOptions
from solidata_api.formats import open_table
from solidata_api.formats.importing import read_table
from tests.corpus import ours
from tests.corpus.judging import EXPECTED, HERE, Answer, Expectation, differences, expectations, verdict

CORPUS = expectations()
#: What still reads wrong, and why. A mended file fails here until its line is gone.
KNOWN: dict[str, str] = {
    "tablib/errors.xls": "the project has errors as texts; here their cells are blank, and the texts rejects",
}


def _each(corpus: list[Expectation], known: dict[str, str]) -> list[Any]:
    marks = {name: [pytest.mark.xfail(reason=why, strict=True)] for name, why in known.items()}
    return [pytest.param(one, id=one.name, marks=marks.get(one.name, [])) for one in corpus]


@pytest.mark.parametrize("wanted", _each(CORPUS, KNOWN))
def test_a_file_reads_as_what_it_is(wanted: Expectation) -> None:
    answer = ours.read(wanted.path, ReadOptions(**wanted.told.get("options", {})))
    assert verdict(wanted, answer) == "exact", _told(wanted, answer)


@pytest.mark.parametrize("wanted", _each([one for one in CORPUS if not one.refused], {}))
def test_every_cell_of_a_file_is_kept_as_a_value_or_as_a_rejected_text(wanted: Expectation) -> None:
    options = ReadOptions(**wanted.told.get("options", {}))
    answer = ours.read(wanted.path, options)
    if answer is None:
        pytest.skip("refused: test_a_file_reads_as_what_it_is tells")
    texts = sum(cell is not None for row in answer.rows for cell in row) + len(answer.beyond)
    table = read_table(open_table(wanted.path, options, ours.LIMITS), options, b"k" * 16, lambda *_: None)
    kept = sum(_kept(rows) + (rejected.num_rows if rejected else 0) for rows, rejected in table.tables)
    assert kept == texts


def test_of_what_reads_wrong_no_cell_is_lost() -> None:
    wrong = [one for one in CORPUS if one.name in KNOWN]
    found = {one.name: verdict(one, ours.read(one.path, ReadOptions(**one.told.get("options", {})))) for one in wrong}
    assert set(found.values()) == {"wrong"}, found


def test_every_file_of_the_corpus_has_an_expectation_and_a_project_with_a_licence() -> None:
    readme = (HERE / "README.md").read_text("utf-8")
    folders = {one for one in HERE.iterdir() if one.is_dir() and one.name not in ("expected", "__pycache__")}
    files = {str(one.relative_to(HERE)) for folder in folders for one in folder.rglob("*") if one.is_file()}
    assert files == {one.name for one in CORPUS}
    assert [folder.name for folder in folders if f"| {folder.name} |" not in readme] == []


def test_every_expectation_says_how_it_was_judged() -> None:
    assert {one.told["by"] for one in CORPUS} == {"eye", "project's assertion"}
    assert len(list(Path(EXPECTED).rglob("*.json"))) >= 300


def test_the_corpus_can_tell_a_lost_cell_from_a_kept_one() -> None:
    wanted = Expectation("x", {"category": "plain", "headers": ["a", "b"], "count": 1, "rows": [["01", "x"]]})
    assert verdict(wanted, Answer(["a", "b"], [["01", "x"]])) == "exact"
    assert verdict(wanted, Answer(["a", "b"], [["1", "x"]])) == "value"
    assert verdict(wanted, Answer(["b", "a"], [["x", "01"]])) == "wrong"
    assert verdict(wanted, Answer(["a", "b"], [["01", None]])) == "lost"
    assert verdict(wanted, None) == "refused"


def _kept(rows: Any) -> int:
    names = [name for name in rows.column_names if name not in ("_id", "_line")]
    return sum(len(rows) - rows[name].null_count for name in names)


def _told(wanted: Expectation, answer: Answer | None) -> str:
    if answer is None or wanted.refused:
        return "refused" if answer is None else f"a table of {answer.headers[:8]}"
    return "\n".join(differences(wanted, answer))
