"""What stands in the rows of a table and is no data: left out where that is clear, and told whole."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from solidata_api.domain.errors import WrongOption

Reading = Callable[..., Any]
INSEE = """Code;Nom;Hommes;Femmes
01;Ain;320;330
02;Aisne;260;272
03;Allier;160;170
Total;;740;772

Champ : France métropolitaine.;;;
Lecture : 320 hommes vivent dans l'Ain.;;;
(1) Données provisoires;;;
Source : Insee, recensement 2020.;;;
"""


def left_out(got: Any) -> list[tuple[int, str]]:
    return [(one["row"], one["text"]) for one in got.told["repairs"]["items"] if "left out" in one["what"]]


def test_totals_and_notes_below_the_table_are_no_rows(read: Reading) -> None:
    got = read(INSEE.encode())
    assert [row[0] for row in got.rows] == ["01", "02", "03"]
    assert (got.types["hommes"], got.told["footer_rows"]) == ("integer", 5)


def test_what_is_left_out_is_told_whole(read: Reading) -> None:
    note = "Source : " + "x" * 2000
    got = read(f"{INSEE}{note};;;\n".encode())
    assert left_out(got)[0] == (5, "Total | 740 | 772")
    assert left_out(got)[-1] == (11, note)


def test_footer_rows_0_keeps_them_all(read: Reading) -> None:
    got = read(INSEE.encode(), footer_rows=0)
    assert (len(got.rows), left_out(got)) == (8, [])


def test_so_many_footer_rows_as_said_are_left_out(read: Reading) -> None:
    got = read(b"a;b\n1;x\n2;y\n3;z\n", footer_rows=2)
    assert (got.rows, left_out(got)) == ([(1, "x")], [(3, "2 | y"), (4, "3 | z")])


def test_more_footer_rows_than_rows_are_refused(read: Reading) -> None:
    with pytest.raises(WrongOption, match="footer_rows is 9, but the table has only 1 rows"):
        read(b"a;b\n1;x\n", footer_rows=9)


def test_a_total_that_is_the_sum_is_no_row(read: Reading) -> None:
    assert read(b"fruit;prix\nPomme;1,20\nPoire;2,30\nTotal;3,50\n").rows == [("Pomme", 1.2), ("Poire", 2.3)]


def test_a_word_for_empty_among_figures_hides_no_total(read: Reading) -> None:
    got = read(b"code;nom;habitants\n01;A;10\n02;B;nd\n03;C;30\nTotal;;40\n")
    assert [row[0] for row in got.rows] == ["01", "02", "03"]


@pytest.mark.parametrize(
    "last",
    [
        "Ensemble;9;3",  # no sum
        "Total Energies;7;2",  # a name
        "Autre;;",  # a row with blank cells
        "Saint Denis;;",  # … of two words, right below the others
        "Totalis;7;2",
    ],
)
def test_a_last_row_that_may_be_data_stays(read: Reading, last: str) -> None:
    got = read(f"nom;a;b\nHommes;3;1\nFemmes;4;1\n{last}\n".encode())
    assert len(got.rows) == 3


def test_a_total_in_the_midst_stays(read: Reading) -> None:
    assert len(read(b"nom;ville;n\na;x;1\nTotal;;1\nb;y;2\nc;z;3\n").rows) == 4


def test_notes_below_a_long_table_are_found(read: Reading) -> None:
    rows = "".join(f"{n};nom {n};{n}\n" for n in range(150_000))
    got = read(f"rang;nom;valeur\n{rows}\nSource : registre;;\n".encode())
    assert (len(got.rows), got.types["rang"], left_out(got)) == (150_000, "integer", [(150_003, "Source : registre")])


def test_a_column_of_words_keeps_its_last_ones(read: Reading) -> None:
    assert len(read(b"mot\nfleur\nnote : do\nSource : x\n").rows) == 3


def test_headers_printed_again_are_no_rows(read: Reading) -> None:
    page = "code;nom;n\n01;Ain;1\n02;Aisne;2\n"
    got = read((page * 3).encode())
    assert (len(got.rows), got.types["n"]) == (6, "integer")
    assert left_out(got) == [(4, "code | nom | n"), (7, "code | nom | n")]


def test_a_row_that_is_like_the_header_in_part_stays(read: Reading) -> None:
    assert len(read(b"code;nom;n\n01;nom;1\ncode;x;2\n").rows) == 2


def test_a_blank_column_without_header_is_none(read: Reading) -> None:
    got = read(b"a,,c\n1,,2\n3,,4\n")
    assert (list(got.types), got.rows) == (["a", "c"], [(1, 2), (3, 4)])


def test_a_blank_column_with_header_stays(read: Reading) -> None:
    assert read(b"a,b,c\n1,,2\n3,,4\n").rows == [(1, None, 2), (3, None, 4)]


def test_a_column_without_header_that_holds_one_cell_stays(read: Reading) -> None:
    got = read(b"a,,c\n" + b"1,,2\n" * 30_000 + b"1,x,2\n")
    assert (list(got.types), got.rows[-1]) == (["a", "column_2", "c"], (1, "x", 2))


def test_records_of_json_have_no_footer(read: Reading) -> None:
    got = read(b'[{"a": "x", "b": 1, "c": 2}, {"a": "Total", "b": 1, "c": 2}]')
    assert len(got.rows) == 2


def test_a_header_said_again_and_again_does_not_fill_the_report(read: Reading) -> None:
    got = read(b"name;n\n" + b"Ain;1\nname;n\n" * 3000 + b"Aisne;2\nSource : INSEE 2024;\n")
    assert len(got.rows) == 3001
    repairs = got.told["repairs"]
    assert repairs["count"] == 3001
    assert len(repairs["items"]) == 1001
    assert repairs["items"][-1]["text"] == "Source : INSEE 2024"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("rows", [3, 60_000])
def test_blank_rows_are_left_out_and_counted(read: Reading, rows: int, end: str) -> None:
    body = end.join(f'{n};"two{end}lines"' if n % 1000 == 0 else f"{n};x" for n in range(rows))
    got = read(end.join(["a;b", "", body, "", ";", ' ;"" ', "last;z", "", ""]).encode())
    assert len(got.rows) == rows + 1
    assert got.told["blank_rows"] == 5


def test_a_table_without_blank_rows_tells_none(read: Reading) -> None:
    assert read(b"a;b\n1;x\n2;y\n").told["blank_rows"] == 0


def test_blank_rows_amid_the_rows_of_a_long_file_are_counted(read: Reading) -> None:
    body = "".join("\n" if n % 100 == 0 else ";;\n" if n % 100 == 1 else f'{n};"q";x\n' for n in range(60_000))
    got = read(f"a;b;c\n{body}".encode())
    assert (len(got.rows), got.told["blank_rows"]) == (58_800, 1200)


def test_blank_rows_of_a_packed_file_are_counted(read: Reading) -> None:
    assert read(gzip.compress(b"a;b\n1;x\n\n2;y\n")).told["blank_rows"] == 1
