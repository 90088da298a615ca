"""Tables of HTML pages, which many a file called .xls is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from solidata_api.domain.errors import NotATable

Reading = Callable[..., Any]

PAGE = """<html><head><title>x</title><style>td {a: b}</style></head><body><table><tr><td>menu</td></tr></table>
<table><thead><tr><th>Code</th><th>Nom<br>complet</th><th>n</th></tr></thead>
<tr><td>01</td><td>L&#39;Ain &amp; co</td><td>5</td></tr><tr><td>02<td>Été<td>6</table></body></html>"""


@pytest.mark.parametrize("start", ["", "<!DOCTYPE html>\n", "\ufeff"])
def test_the_largest_table_is_read(read: Reading, start: str) -> None:
    got = read((start + PAGE).encode())
    assert list(got.types) == ["code", "nom_complet", "n"]
    assert got.rows == [("01", "L'Ain & co", 5), ("02", "Été", 6)]


def test_a_page_may_begin_with_its_table(read: Reading) -> None:
    assert read(b"<table border=1><tr><th>a<th>b<tr><td>x<td>1<tr><td>y<td>2</table>").rows == [("x", 1), ("y", 2)]


def test_cells_that_span_rows_and_columns_keep_the_others_in_place(read: Reading) -> None:
    rows = '<tr><td rowspan="2">x</td><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr>'
    rows += "<tr><td colspan=2>y</td><td>5</td></tr>"
    got = read(f"<table><tr><th>a</th><th>b</th><th>c</th></tr>{rows}</table>".encode())
    assert got.rows == [("x", 1, 2), (None, 3, 4), ("y", None, 5)]


def test_a_page_without_table_is_refused_in_a_sentence(read: Reading) -> None:
    with pytest.raises(NotATable, match="HTML page without a table"):
        read(b"<!DOCTYPE html><html><body><h1>Please log in</h1></body></html>")


def test_a_span_without_end_is_bounded(read: Reading) -> None:
    got = read(b'<table><tr><th>a</th><th>b</th></tr><tr><td>x</td><td rowspan="99999999">1</td></tr></table>')
    assert got.rows == [("x", 1)]
