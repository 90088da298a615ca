"""Delimiters, quotes and escapes, told by a sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from solidata_api.domain.errors import NotATable

Reading = Callable[..., Any]


@pytest.mark.parametrize("delimiter", ["^", "~", "\x1f", "\x01", "¦", ":"])
def test_rare_delimiters_are_found(read: Reading, delimiter: str) -> None:
    rows = [["code", "nom", "n"], ["01", "Ain", "5"], ["2A", "Corse du Sud", "6"], ["03", "Allier", "7"]]
    got = read("\n".join(map(delimiter.join, rows)).encode())
    assert got.told["delimiter"] == delimiter
    assert got.rows[1] == ("2A", "Corse du Sud", 6)


def test_columns_aligned_by_blanks_are_read(read: Reading) -> None:
    got = read(b"station   temp  hum\nA         12.5  80\nB         11.0  75\n  C       9.5   60\n")
    assert got.rows == [("A", 12.5, 80), ("B", 11.0, 75), ("C", 9.5, 60)]


def test_names_of_two_words_are_one_column(read: Reading) -> None:
    assert read(b"nom\nJean Dupont\nMarie Durand\nPaul Martin\n").rows[0] == ("Jean Dupont",)


def test_times_are_one_column(read: Reading) -> None:
    assert list(read(b"heure\n12:30:00\n13:45:10\n14:00:00\n").types) == ["heure"]


def test_excel_says_its_delimiter_in_a_first_line(read: Reading) -> None:
    got = read(b"sep=;\r\nnom;prix\r\na, b;1,5\r\nc, d;2,5\r\n")
    assert (got.told["delimiter"], got.told["header_row"]) == (";", 2)
    assert got.rows == [("a, b", 1.5), ("c, d", 2.5)]


def test_the_delimiter_given_goes_before_the_one_said(read: Reading) -> None:
    assert read(b"sep=;\nnom,n\na;b,1\n", delimiter=",").rows == [("a;b", 1)]


def test_lists_in_cells_do_not_divide_the_row(read: Reading) -> None:
    got = read(b"id,tags,n\n1,a|b|c,5\n2,d|e|f,6\n3,g|h|i,7\n")
    assert got.rows[0] == (1, "a|b|c", 5)


def test_escaped_quotes_and_other_backslashes_survive(read: Reading) -> None:
    got = read(b'a,b\n1,"he said \\"hi\\" in C:\\dir, ok"\n2,"x"\n')
    assert got.told["escape"] == "\\"
    assert got.rows[0] == (1, 'he said "hi" in C:\\dir, ok')


def test_backslashes_without_quotes_escape_nothing(read: Reading) -> None:
    got = read(b'chemin,n\n"C:\\temp\\",1\n"D:\\x",2\n')
    assert got.rows == [("C:\\temp\\", 1), ("D:\\x", 2)]


def test_an_escaped_delimiter_is_none_where_the_escape_is_given(read: Reading) -> None:
    got = read(b"a,b\nx\\,y,1\nz\\n,2\n", escape="\\", quote="")
    assert got.rows == [("x,y", 1), ("z\\n", 2)]


def test_quotes_in_the_midst_of_tabbed_text_stay(read: Reading) -> None:
    got = read(b'id\tname\tsize\n1\t"Foo" bar\t5\n2\tbaz\t5"\n')
    assert (got.told["quote"], got.rows) == ("", [(1, '"Foo" bar', "5"), (2, "baz", '5"')])


def test_doubled_quotes_in_quoted_cells_are_no_stray_ones(read: Reading) -> None:
    got = read(b'key,val\n1,"{""type"": ""Point"", ""coordinates"": [102.0, 0.5]}"\n')
    assert got.rows == [(1, '{"type": "Point", "coordinates": [102.0, 0.5]}')]


def test_quotes_and_line_ends_in_one_cell_survive(read: Reading) -> None:
    assert read(b'a,b\n1,"ha \n""ha"" \nha"\n3,4\n').rows == [(1, 'ha \n"ha" \nha'), (3, "4")]


def test_without_quotes_a_long_file_keeps_each_of_them(read: Reading) -> None:
    rows = "".join(f'{n}\t"{n}" rows\n' for n in range(20_000))
    got = read(f"id\tname\n{rows}".encode(), quote="")
    assert got.rows == [(n, f'"{n}" rows') for n in range(20_000)]


def test_blanks_before_quotes_are_no_part_of_cells(read: Reading) -> None:
    got = read(b'name, place, n\n"A", "x, y", 1\n"B", "z", 2\n')
    assert got.rows == [("A", "x, y", 1), ("B", "z", 2)]


def test_mixed_line_ends_are_read(read: Reading) -> None:
    assert read(b"a;b\r\n1;x\n2;y\r3;z\r\n").rows == [(1, "x"), (2, "y"), (3, "z")]


def test_everything_quoted_is_read(read: Reading) -> None:
    assert read(b'"a";"b;c"\n"1";"x;y"\n"2";""\n').rows == [(1, "x;y"), (2, None)]


def test_a_letter_is_no_table(read: Reading) -> None:
    text = "Madame, Monsieur,\n\nnous vous remercions de votre envoi, qui nous est bien parvenu.\nVeuillez agréer.\n"
    with pytest.raises(NotATable):
        read(text.encode())


def test_mostly_short_rows_below_a_full_header_are_rows(read: Reading) -> None:
    got = read(b"a,b,c\n1,x\n2\n3,y,z\n4\n")
    assert got.rows == [(1, "x", None), (2, None, None), (3, "y", "z"), (4, None, None)]
