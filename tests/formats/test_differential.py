"""Hostile files read by us and two other readers: we read the truth, and each difference of the others is explained."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from solidata_api.domain.datasets import ReadOptions
from solidata_api.formats import open_table
from solidata_api.formats.base import Limits
from solidata_api.formats.shape import Shape
from tests.formats import differing
from tests.formats.hostile import MISFORTUNES, Hostile, files

COUNT = 176
FILES = files(COUNT)
CLASSES = {*(one.__name__ for one in (*differing.IN_TEXT, *differing.IN_ANSWER)), *differing.OF_PANDAS}


def ours(file: Hostile, folder: Path) -> dict[str, Any]:
    path = folder / "upload"
    path.write_bytes(file.data)
    reading = open_table(path, ReadOptions(), Limits())
    shape = Shape(reading, ReadOptions())
    chunks = list(shape.chunks())
    kept = [n for n in range(len(reading.headers)) if n not in shape.blank_columns]
    columns = [[cell for chunk in chunks for cell in chunk.columns[n].to_pylist()] for n in kept]
    return {
        "headers": [reading.headers[n] for n in kept],
        "rows": [list(row) for row in zip(*columns, strict=True)],
        "beyond": [one.text for one in reading.repairs.beyond],
        "repairs": reading.repairs.count,
        "blank_rows": reading.detected["blank_rows"],
        "read_twice": (reading.detected["read_twice"] or {"count": 0})["count"],
    }


def truth(file: Hostile) -> dict[str, Any]:
    names = ("rows", "beyond", "repairs", "blank_rows", "read_twice")
    headers = [" ".join(header.split()) for header in file.headers]
    return {"headers": headers, **{name: getattr(file, name) for name in names}}


def text_of(file: Hostile) -> str:
    return file.data.decode(file.style.encoding, "surrogateescape" if file.style.encoding == "utf-8" else "strict")


def difference(file: Hostile, reader: str) -> tuple[list[str], str]:
    """The classes that explain how a reader differs from the truth, and what is left without explanation."""
    told = truth(file)
    wanted = (told["headers"], told["rows"])
    used, answer = differing.explained(reader, text_of(file), file.style, wanted)
    if answer == wanted:
        return used, ""
    if isinstance(answer, differing.Refused):
        return used, answer.what
    headers, rows = answer
    unlike = next(((have, want) for have, want in zip(rows, wanted[1], strict=False) if have != want), "")
    return used, f"{headers} {len(rows)} rows, not {len(wanted[1])}: {unlike}"


def test_we_read_the_truth_of_every_hostile_file(tmp_path: Path) -> None:
    wrong = {file.name: (ours(file, tmp_path), truth(file)) for file in FILES}
    wrong = {
        name: {key: (have[key], want[key]) for key in want if have[key] != want[key]}
        for name, (have, want) in wrong.items()
        if have != want
    }
    assert wrong == {}


def test_each_difference_of_other_readers_is_explained_and_no_class_is_dead() -> None:
    met, unexplained = Counter[str](), {}
    for file in FILES:
        for reader in differing.READERS:
            used, left = difference(file, reader)
            met.update(used)
            if left:
                unexplained[f"{file.name} by {reader} after {used}"] = left
    assert unexplained == {}
    assert CLASSES - set(met) == set()


def test_every_misfortune_befalls_several_files() -> None:
    met = Counter(name for file in FILES for name in file.name.split(" ", 1)[1].split("+"))
    assert min(met[name] for name in MISFORTUNES) >= 3
    assert files(5) == FILES[:5]


@pytest.mark.parametrize("reader", differing.READERS)
def test_a_difference_that_no_class_explains_is_found(reader: str) -> None:
    file = FILES[0]
    assert not difference(file, reader)[1]
    other = [[*row[:2], "0", *row[3:]] if n == 3 else row for n, row in enumerate(file.rows)]
    assert difference(replace(file, rows=other), reader)[1]
    assert difference(replace(file, rows=file.rows[:-1]), reader)[1]
    assert difference(replace(file, headers=file.headers[::-1]), reader)[1]
