"""Two files of subsidies as two offices write them: other headers, French numbers and dates, payments in both.

`rows` payments in all; 1,400,000 rows are 1,000,000 payments of 710,021 grants, and other numbers in proportion.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

SEED = 20_191_126
#: Of 1,400,000 rows.
ROWS, PAYMENTS, GRANTS, NAMES = 1_400_000, 1_000_000, 710_021, 60_000
#: The fields that they are mapped on, and the headers of each file, in this order.
FIELDS = ("reference", "grant", "beneficiary", "department", "amount", "paid_on")
HEADERS = (
    ("Référence", "Dossier", "Bénéficiaire", "Département", "Montant (EUR)", "Date de versement"),
    ("ref", "no_dossier", "nom", "dep", "montant", "versé le"),
)
_WORDS = (
    "Association", "Comité", "Société", "Œuvre", "Fédération", "Théâtre", "École", "Collège", "Ligue", "Maison",
    "Centre", "Cœur", "Réseau", "Atelier", "Église", "Hôpital", "Musée", "Forêt", "Île", "Été", "Gîte", "Câble",
)  # fmt: skip


def tables(rows: int) -> list[Any]:
    """Two Arrow tables of text with these headers, together so many rows; the same each time."""
    import numpy as np
    import pyarrow as pa

    draw = np.random.default_rng(SEED)
    payments, grants, names = (max(1, rows * one // ROWS) for one in (PAYMENTS, GRANTS, NAMES))
    pool = _pool(draw, payments, grants, names)
    # Every payment once, some again; a second writing of a payment has the same amount and date, another name's case.
    order = np.concatenate([draw.permutation(payments), draw.integers(0, payments, rows - payments)])
    order = order[draw.permutation(rows)]
    first = rows * 4 // 7
    made = []
    for n, chosen in enumerate((order[:first], order[first:])):
        columns = [pa.array(one).take(pa.array(chosen)) for one in pool[n]]
        made.append(pa.table(dict(zip(HEADERS[n], columns, strict=True))))
    return made


def _pool(draw: Any, payments: int, grants: int, names: int) -> list[list[Any]]:
    """By file the texts of every payment, column by column."""
    import numpy as np
    import pyarrow as pa

    numbers = np.arange(payments)
    # Every grant has a payment, and some have several.
    grant = np.concatenate([np.arange(grants), draw.integers(0, grants, payments - grants)])[draw.permutation(payments)]
    cents = np.rint(np.exp(draw.normal(8.5, 1.6, payments)) * 100).astype(np.int64)
    days = draw.integers(0, 3652, payments)
    name_of, department = draw.integers(0, names, payments), draw.integers(1, 96, payments)
    words = draw.integers(0, len(_WORDS), (names, 3))
    spelled = [f"{' '.join(_WORDS[one] for one in three)} n° {n}" for n, three in enumerate(words)]
    calendar = np.datetime64("2015-01-01") + np.arange(3652)
    dates = [f"{one.day:02d}/{one.month:02d}/{one.year}" for one in calendar.tolist()]
    made = []
    for write in (spelled, [one.upper() for one in spelled]):
        named = pa.array(write).take(pa.array(name_of))
        made.append(
            [
                pa.array([f"P{one:08d}" for one in numbers]),
                pa.array([f"G{one:07d}" for one in grant.tolist()]),
                named,
                pa.array([f"{one:02d}" for one in department.tolist()]),
                pa.array([_amount(one) for one in cents.tolist()]),
                pa.array(dates).take(pa.array(days)),
            ]
        )
    return made


def _amount(cents: int) -> str:
    whole = f"{cents // 100:,}".replace(",", "\u202f")
    return f"{whole},{cents % 100:02d}"


def write(rows: int, folder: Path) -> list[Path]:
    """The two files as CSV, with semicolons, as their offices send them."""
    import pyarrow.csv as arrow_csv

    paths = []
    for n, table in enumerate(tables(rows)):
        path = folder / f"office_{n}.csv"
        arrow_csv.write_csv(table, path, arrow_csv.WriteOptions(delimiter=";"))
        paths.append(path)
    return paths
