"""Other readers, used as their documents say, for bench/readers.py: a file in, headers and rows of texts out."""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from tests.corpus import ours
from tests.corpus.judging import Answer


class Unread(Exception):
    """The reader does not have this format, and says so."""


class Absent(Exception):
    """The reader is not installed."""


class Refused(Exception):
    """No table, says the reader."""


def kind(path: Path) -> str:
    """The format that a person would choose a reader for, by content where names mislead."""
    head = path.read_bytes()[:2000]
    if head.startswith(b"\x1f\x8b"):
        return "gz"
    suffix = path.suffix.lower().lstrip(".")
    if head.startswith(b"PK") and suffix == "csv":
        return "zip"
    lines = suffix in ("jsonl", "ndjson") or path.name in ("test_newline.json", "testjson_multiline.json")
    names = {"xlsm": "xlsx", "geojson": "json", "html": "html", "parquet": "parquet", "bz2": "bz2", "zip": "zip"}
    known = {"xlsx", "xls", "ods", "json"}
    return "ndjson" if lines else names.get(suffix, suffix if suffix in known else "csv")


def answered(headers: Iterable[Any], rows: Iterable[Sequence[Any]]) -> Answer:
    return Answer([text(one) or "" for one in headers], [[text(cell) for cell in row] for row in rows])


def text(cell: Any) -> str | None:
    """A cell as the reader itself writes it; None for what it holds as missing."""
    if cell is None or type(cell).__name__ == "NaTType" or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, list | dict):
        return json.dumps(cell, ensure_ascii=False, default=str)
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Absent(name) from error


def solidata(path: Path) -> Answer:
    answer = ours.read(path)
    if answer is None:
        raise Refused
    return answer


def with_pandas(path: Path, **csv: Any) -> Answer:
    pandas = module("pandas")
    how = kind(path)
    if how in ("csv", "gz", "bz2", "zip"):
        packed = {"gz": "gzip"}.get(how, how) if how != "csv" else None
        frame = pandas.read_csv(path, compression=packed, **csv)
    elif how in ("xlsx", "xls", "ods"):
        frame = pandas.read_excel(path)
    elif how in ("json", "ndjson"):
        frame = pandas.read_json(path, lines=how == "ndjson")
    elif how == "html":
        frame = pandas.read_html(path)[0]
    else:
        frame = pandas.read_parquet(path)
    made = (str(one).startswith("Unnamed: ") for one in frame.columns)
    headers = ["" if gone else one for one, gone in zip(frame.columns, made, strict=True)]
    return answered(headers, frame.astype(object).to_numpy().tolist())


def with_polars(path: Path, **csv: Any) -> Answer:
    polars = module("polars")
    how = kind(path)
    calls: dict[str, Callable[[], Any]] = {
        "csv": lambda: polars.read_csv(path, **csv),
        "gz": lambda: polars.read_csv(path, **csv),
        "xlsx": lambda: polars.read_excel(path),
        "xls": lambda: polars.read_excel(path),
        "ods": lambda: polars.read_ods(path),
        "json": lambda: polars.read_json(path),
        "ndjson": lambda: polars.read_ndjson(path),
        "parquet": lambda: polars.read_parquet(path),
    }
    if how not in calls:
        raise Unread
    frame = calls[how]()
    return answered(frame.columns, frame.rows())


def with_duckdb(path: Path, varchar: bool = False) -> Answer:
    duckdb = module("duckdb")
    how = kind(path)
    calls = {
        "csv": f"read_csv(?, all_varchar={varchar})",
        "gz": f"read_csv(?, all_varchar={varchar}, compression='gzip')",
        "json": "read_json(?)",
        "ndjson": "read_json(?)",
        "parquet": "read_parquet(?)",
    }
    if how not in calls:
        raise Unread
    found = duckdb.connect().execute(f"select * from {calls[how]}", [str(path)])
    return answered([one[0] for one in found.description], found.fetchall())


def with_pyarrow(path: Path) -> Answer:
    how = kind(path)
    if how == "csv":
        table = module("pyarrow.csv").read_csv(path)
    elif how == "gz":
        table = module("pyarrow.csv").read_csv(module("pyarrow").input_stream(str(path), compression="gzip"))
    elif how in ("json", "ndjson"):
        table = module("pyarrow.json").read_json(path)
    elif how == "parquet":
        table = module("pyarrow.parquet").read_table(path)
    else:
        raise Unread
    columns = [column.to_pylist() for column in table.columns]
    return answered(table.column_names, zip(*columns, strict=True))


def with_clevercsv(path: Path) -> Answer:
    if kind(path) != "csv":
        raise Unread
    rows = [row for row in module("clevercsv").read_table(str(path)) if any(cell.strip() for cell in row)]
    return answered(rows[0], rows[1:])


def with_csv_detective(path: Path) -> Answer:
    if kind(path) in ("json", "ndjson", "html"):
        raise Unread
    table, _ = module("csv_detective.parsing.load").load_file(str(path), num_rows=-1)
    if not hasattr(table, "to_numpy"):
        table = table.read().to_pandas()
    return answered(table.columns, table.astype(object).to_numpy().tolist())


def with_openpyxl(path: Path) -> Answer:
    if kind(path) != "xlsx":
        raise Unread
    sheet = module("openpyxl").load_workbook(path, data_only=True).worksheets[0]
    return _first_row(list(sheet.iter_rows(values_only=True)))


def with_calamine(path: Path) -> Answer:
    if kind(path) not in ("xlsx", "xls", "ods"):
        raise Unread
    book = module("python_calamine").CalamineWorkbook.from_path(str(path))
    return _first_row(book.get_sheet_by_index(0).to_python())


def _first_row(rows: list[Sequence[Any]]) -> Answer:
    filled = [row for row in rows if any(cell not in (None, "") for cell in row)]
    return answered(filled[0], filled[1:])


_TEXT = {"dtype": str, "keep_default_na": False}
READERS: dict[str, Callable[[Path], Answer]] = {
    "Solidata": solidata,
    "pandas": with_pandas,
    "pandas, sniffing, as text": partial(with_pandas, sep=None, engine="python", **_TEXT),
    "polars": with_polars,
    "polars, as text": partial(with_polars, infer_schema=False, truncate_ragged_lines=True),
    "DuckDB": with_duckdb,
    "DuckDB, all varchar": partial(with_duckdb, varchar=True),
    "pyarrow": with_pyarrow,
    "clevercsv": with_clevercsv,
    "csv-detective": with_csv_detective,
    "openpyxl, first sheet and row": with_openpyxl,
    "calamine, first sheet and row": with_calamine,
}
