"""The consolidation of bench/consolidation.py as others would write it, each on the same two Parquet files of text.

Each reads both, maps the columns, reads French amounts and dates, folds names, stacks, keeps the first row of each
reference, and makes one row of each grant: first name and department, sum, count, first and last day; as Parquet.
Where one need not keep the order of rows, it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from payments import FIELDS, HEADERS

Work = Callable[[], Any]
RENAMED = [dict(zip(headers, FIELDS, strict=True)) for headers in HEADERS]
SPACE = "\u202f"


def original(sources: list[Path], out: Path) -> Work:
    """As the service of 2019 did it (`pd_concat_prj.py`, `query_build_dso.py`): records to objects and back, and
    types by `to_numeric(errors="coerce")`, which loses every amount that has a comma.
    """
    import pandas as pd

    stored = [pd.read_parquet(path).astype(object).to_dict("records") for path in sources]

    def work() -> None:
        frames = []
        for records, names in zip(stored, RENAMED, strict=True):
            frame = pd.DataFrame(records).astype(object)
            frame.columns = frame.columns.to_series().map(names)
            frames.append(frame)
        whole = pd.concat(frames, ignore_index=True, sort=False)
        whole = whole.where(whole.notna(), None)
        whole["amount"] = pd.to_numeric(whole["amount"], errors="coerce").astype(object)
        whole["paid_on"] = whole["paid_on"].apply(lambda text: pd.to_datetime(text, format="%d/%m/%Y").date())
        whole["beneficiary"] = whole.apply(lambda row: _folded(row["beneficiary"]), axis=1)
        whole = whole.drop_duplicates("reference")
        made = _grouped_objects(whole)
        records = made.to_dict("records")
        pd.DataFrame(records).to_parquet(out, compression="zstd")

    return work


def pandas_objects(sources: list[Path], out: Path) -> Work:
    """pandas, columns of Python objects, whole columns at once."""
    import pandas as pd

    def work() -> None:
        frames = [pd.read_parquet(path).astype(object).rename(columns=RENAMED[n]) for n, path in enumerate(sources)]
        whole = pd.concat(frames, ignore_index=True)
        plain = whole["amount"].str.replace(SPACE, "").str.replace(",", ".")
        whole["amount"] = plain.astype(float)
        whole["paid_on"] = pd.to_datetime(whole["paid_on"], format="%d/%m/%Y").dt.date
        whole["beneficiary"] = whole["beneficiary"].map(_folded)
        _grouped_objects(whole.drop_duplicates("reference")).to_parquet(out, compression="zstd")

    return work


def _grouped_objects(whole: Any) -> Any:
    groups = whole.groupby("grant", sort=False, as_index=False)
    made = groups.agg(
        beneficiary=("beneficiary", "first"),
        department=("department", "first"),
        amount=("amount", "sum"),
        payments=("reference", "size"),
        first_paid=("paid_on", "min"),
        last_paid=("paid_on", "max"),
    )
    return made.assign(amount=made["amount"].astype(float).round(2))


def pandas_arrow(sources: list[Path], out: Path) -> Work:
    """pandas on Arrow columns, with Arrow's kernels; names folded once each."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    def work() -> None:
        read = [pq.read_table(path).rename_columns(list(FIELDS)) for path in sources]
        table = pa.concat_tables(read)
        plain = pc.replace_substring(pc.replace_substring(table["amount"], SPACE, ""), ",", ".")
        days = pc.strptime(table["paid_on"], format="%d/%m/%Y", unit="s").cast(pa.date32())
        names = table["beneficiary"].combine_chunks().dictionary_encode()
        folded = pa.array([_folded(one) for one in names.dictionary.to_pylist()]).take(names.indices)
        columns = {"amount": plain.cast(pa.float64()), "paid_on": days, "beneficiary": folded}
        for key, column in columns.items():
            table = table.set_column(table.column_names.index(key), key, column)
        whole = table.to_pandas(types_mapper=pd.ArrowDtype).drop_duplicates("reference")
        table = pa.Table.from_pandas(whole, preserve_index=False)
        made = table.group_by("grant", use_threads=False).aggregate(
            [
                ("beneficiary", "first"),
                ("department", "first"),
                ("amount", "sum"),
                ("reference", "count"),
                ("paid_on", "min"),
                ("paid_on", "max"),
            ]
        )
        made = made.rename_columns(list(RESULT))
        made = made.set_column(3, "amount", pc.round(made["amount"], 2))
        pq.write_table(made, out, compression="zstd")

    return work


def with_duckdb(sources: list[Path], out: Path) -> Work:
    import duckdb

    folded = "replace(replace(lower(strip_accents(beneficiary)), 'œ', 'oe'), 'æ', 'ae')"
    amount = f"cast(replace(replace(amount, '{SPACE}', ''), ',', '.') as double)"
    parts = [
        f"select {n} as source, file_row_number as line, "
        + ", ".join(f'"{header}" as {field}' for header, field in names.items())
        + f" from read_parquet('{path}', file_row_number = true)"
        for n, (path, names) in enumerate(zip(sources, RENAMED, strict=True))
    ]
    query = f"""
        with stacked as ({" union all ".join(parts)}),
        cleaned as (
            select source * 1000000000 + line as place, reference, "grant", {folded} as beneficiary, department,
                {amount} as amount, cast(strptime(paid_on, '%d/%m/%Y') as date) as paid_on from stacked),
        once as (select arg_min(cleaned, place) as row from cleaned group by reference),
        plain as (select unnest(row) from once)
        select "grant", arg_min(beneficiary, place) as beneficiary, arg_min(department, place) as department,
            round(sum(amount), 2) as amount, count(*) as payments, min(paid_on) as first_paid, max(paid_on) as last_paid
        from plain group by "grant"
    """
    return lambda: duckdb.sql(f"copy ({query}) to '{out}' (format parquet, compression zstd)")


def with_polars(sources: list[Path], out: Path) -> Work:
    """polars as one writes it, in the order of the recipe."""
    import polars as pl

    def work() -> None:
        read = [pl.read_parquet(path).rename(names) for path, names in zip(sources, RENAMED, strict=True)]
        whole = pl.concat(read).with_columns(
            _polars_amount(pl), _polars_date(pl), _polars_folded(pl.col("beneficiary"))
        )
        whole = whole.unique("reference", keep="first", maintain_order=True)
        whole.group_by("grant", maintain_order=True).agg(_polars_figures(pl)).write_parquet(out, compression="zstd")

    return work


def with_polars_planned(sources: list[Path], out: Path) -> Work:
    """polars as one who knows it writes it: lazy, rows of one reference dropped before cells are read, each distinct
    name folded once.
    """
    import polars as pl

    def work() -> None:
        read = [pl.scan_parquet(path).rename(names) for path, names in zip(sources, RENAMED, strict=True)]
        once = pl.concat(read).unique("reference", keep="first", maintain_order=True).collect()
        names = once.select("beneficiary").unique()
        names = names.with_columns(_polars_folded(pl.col("beneficiary")).alias("folded"))
        made = (
            once.lazy()
            .with_columns(_polars_amount(pl), _polars_date(pl))
            .group_by("grant", maintain_order=True)
            .agg(_polars_figures(pl))
            .join(names.lazy(), on="beneficiary", how="left", maintain_order="left")
            .with_columns(pl.col("folded").alias("beneficiary"))
            .select(*RESULT)
        )
        made.collect().write_parquet(out, compression="zstd")

    return work


def _polars_amount(pl: Any) -> Any:
    plain = pl.col("amount").str.replace_all(SPACE, "", literal=True).str.replace(",", ".", literal=True)
    return plain.cast(pl.Float64)


def _polars_date(pl: Any) -> Any:
    return pl.col("paid_on").str.to_date("%d/%m/%Y")


def _polars_folded(column: Any) -> Any:
    plain = column.str.normalize("NFKD").str.replace_all(r"\p{Mn}", "").str.to_lowercase()
    return plain.str.replace_all("œ", "oe", literal=True).str.replace_all("æ", "ae", literal=True)


def _polars_figures(pl: Any) -> list[Any]:
    return [
        pl.col("beneficiary").first(),
        pl.col("department").first(),
        pl.col("amount").sum().round(2),
        pl.len().cast(pl.Int64).alias("payments"),
        pl.col("paid_on").min().alias("first_paid"),
        pl.col("paid_on").max().alias("last_paid"),
    ]


def _folded(text: str) -> str:
    import unicodedata

    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(one for one in plain if not unicodedata.combining(one)).replace("œ", "oe").replace("æ", "ae")


#: The columns of the result, in order.
RESULT = ("grant", "beneficiary", "department", "amount", "payments", "first_paid", "last_paid")
