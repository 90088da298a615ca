"""Blocks read fast and records read carefully give the same rows, lines and repairs, wherever blocks are cut."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solidata_api.domain.errors import SolidataError
from solidata_api.formats.base import Limits, Repairs
from solidata_api.formats.blocks import Blocks
from solidata_api.formats.csv_chunks import CsvChunks
from solidata_api.formats.dialect import Dialect
from solidata_api.formats.fast_csv import FastCsv, fast_csv
from solidata_api.formats.records import Lines, split

LIMITS = Limits(max_cell_chars=40)
WIDTH = 3


def fitted(repairs: Repairs) -> Callable[[int, list[str | None]], list[str | None]]:
    def fit(line: int, row: list[str | None]) -> list[str | None]:
        if len(row) != WIDTH and (len(row) < WIDTH or any(row[WIDTH:])):
            repairs.add(line, f"{len(row)} cells", "|".join(cell or "" for cell in row))
        return [*row, *[None] * WIDTH][:WIDTH]

    return fit


def read_in_blocks(path: Path, encoding: str, dialect: Dialect, sizes: tuple[int, int], cells: int = WIDTH) -> Any:
    repairs = Repairs()
    fast = fast_csv(dialect, cells, WIDTH, LIMITS.max_cell_chars)
    assert fast is not None
    small, large = sizes
    walk = CsvChunks(
        blocks=Blocks(path, encoding, "surrogateescape"),
        dialect=dialect,
        limits=LIMITS,
        repairs=repairs,
        fast=fast,
        fitted=fitted(repairs),
        width=WIDTH,
        cells=cells,
        last_line=0,
        encoding=encoding,
        skipped=0,
        small=small,
        large=large,
    )
    rows = []
    for chunk in walk.run():
        columns = [column.to_pylist() for column in chunk.columns]
        rows += list(zip(chunk.lines.to_pylist(), map(list, zip(*columns, strict=True)), strict=True))
    return rows, repairs


def read_carefully(path: Path, encoding: str, dialect: Dialect, cells: int = WIDTH) -> Any:
    repairs = Repairs()
    fit = fitted(repairs)
    with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
        records = split(Lines(iter(file), encoding, LIMITS, repairs), dialect, usual=cells)
        return [(line, fit(line, row)) for line, row in records], repairs


def said(read: Callable[[], Any]) -> Any:
    try:
        rows, repairs = read()
    except SolidataError as error:
        return error.detail
    return rows, repairs.count, repairs.items


SIGNS = ["a", "é", "🙂", "1.5", *";;;", "\n", "\r\n", "\r", *"\"' ", '""', "\u00a0", "\u2003", "\x1f", "\x00", "\ufffd"]
RUNS = ['";"', '"\n"', "\ue000", "\u2028", "\x0b", "x;y;z\n", '"p";"q\nr";"s"\n', ";;\n", "\n\n", "w" * 45]
PIECES = st.sampled_from([*SIGNS, *RUNS])
CLEAN = st.sampled_from(["ab", "é", '"p;q"', '"r\ns"', '"t""u"', "", " ", "🙂 v", 'w"x', '""'])
HOSTILE = st.lists(PIECES, max_size=60).map("".join)
PLAIN = st.lists(st.lists(CLEAN, min_size=WIDTH, max_size=WIDTH).map(";".join), max_size=25).map("\n".join)
SIZES = st.sampled_from([(1, 8), (4, 16), (16, 64), (1, 4096), (4096, 4096)])


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.one_of(PLAIN, HOSTILE), max_size=4), quote=st.sampled_from(['"', '"', "'", ""]), sizes=SIZES)
def test_any_text_reads_the_same_in_blocks_and_record_by_record(
    tmp_path: Path, texts: list[str], quote: str, sizes: tuple[int, int]
) -> None:
    path = tmp_path / "file"
    path.write_bytes("\n".join(texts).encode())
    dialect = Dialect(";", quote)
    blocks = said(lambda: read_in_blocks(path, "utf-8", dialect, sizes))
    assert blocks == said(lambda: read_carefully(path, "utf-8", dialect))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.one_of(PLAIN, HOSTILE),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "mac_roman", "utf-16", "utf-16-le", "gb18030"]),
    noise=st.lists(st.tuples(st.integers(0, 400), st.integers(128, 255)), max_size=3),
    sizes=SIZES,
)
def test_bad_bytes_are_mended_alike_in_every_encoding(
    tmp_path: Path, text: str, encoding: str, noise: list[tuple[int, int]], sizes: tuple[int, int]
) -> None:
    data = bytearray(text.encode(encoding, "replace"))
    for place, byte in noise if encoding in ("utf-8", "cp1252", "mac_roman") else []:
        data.insert(min(place, len(data)), byte)
    path = tmp_path / "file"
    path.write_bytes(bytes(data))
    dialect = Dialect(";", '"')
    blocks = said(lambda: read_in_blocks(path, encoding, dialect, sizes))
    assert blocks == said(lambda: read_carefully(path, encoding, dialect))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(PLAIN, HOSTILE), ends=st.sampled_from([";", ";;"]), sizes=SIZES)
def test_delimiters_at_the_ends_of_lines_change_nothing(
    tmp_path: Path, text: str, ends: str, sizes: tuple[int, int]
) -> None:
    path = tmp_path / "file"
    path.write_text(text.replace("\n", f"{ends}\n"), newline="")
    dialect = Dialect(";", '"')
    blocks = said(lambda: read_in_blocks(path, "utf-8", dialect, sizes, cells=WIDTH + len(ends)))
    assert blocks == said(lambda: read_carefully(path, "utf-8", dialect, WIDTH + len(ends)))


def fast(cells: int = WIDTH) -> FastCsv:
    found = fast_csv(Dialect(";", '"'), cells, WIDTH, 1000)
    assert found is not None
    return found


def test_a_plain_block_is_read_fast_with_its_lines() -> None:
    chunk = fast().read(b'a;b;c\n\n"d\ne";"f;g";"h""i"\n;;\n ;\t;\nj;;k', 7)
    assert chunk is not None
    assert chunk.lines.to_pylist() == [7, 9, 13]
    assert [column.to_pylist() for column in chunk.columns] == [
        ["a", "d\ne", "j"],
        ["b", "f;g", None],
        ["c", 'h"i', "k"],
    ]


@pytest.mark.parametrize(
    "data",
    [b"a;b\n", b"a;b;c;d\n", b"a;b\x00;c\n", b"a;b\r;c\n", b'a;b;"c\n', b"a;b;\xe9\n", "a;b;\ufffd\n".encode()],
)
def test_what_is_unusual_is_not_read_fast(data: bytes) -> None:
    assert fast().read(data, 1) is None


def test_texts_beyond_the_columns_are_not_read_fast() -> None:
    assert fast(cells=4).read(b"a;b;c; \nd;e;f;\n", 1) is not None
    assert fast(cells=4).read(b"a;b;c;x\n", 1) is None


@pytest.mark.parametrize(
    "dialect", [Dialect(";", '"', escape="\\"), Dialect("§", '"'), Dialect(";", '"', skips_blanks=True)]
)
def test_dialects_that_arrow_does_not_have_are_read_carefully(dialect: Dialect) -> None:
    assert fast_csv(dialect, 3, 3, 1000) is None


def test_one_long_line_of_many_cells_is_a_row(read: Callable[..., Any]) -> None:
    wide = ";".join(["x" * 900] * 20)
    got = read(f"{';'.join(f'h{n}' for n in range(20))}\n{wide}\n{wide}\n".encode(), Limits(max_cell_chars=1000))
    assert [len(row) for row in got.rows] == [20, 20]


def test_a_file_of_many_blocks_reads_as_it_was_written(read: Callable[..., Any]) -> None:
    rows = [[str(n), f'text "{n}"\nof two lines', "é" * (n % 50)] for n in range(1, 60_000)]
    rows[30_000] += ["too", "long"]
    sink = io.StringIO()
    csv.writer(sink, delimiter=";", lineterminator="\r\n").writerows([["n", "text", "more"], *rows])
    got = read(sink.getvalue().encode("cp1252"), encoding="cp1252")
    assert [row[1:] for row in got.rows] == [(row[1], row[2] or None) for row in rows]
    assert got.lines == [2 + 2 * n for n in range(len(rows))]
    assert got.told["repairs"]["count"] == 1
    assert got.told["repairs"]["items"][0]["row"] == 2 + 2 * 30_000
