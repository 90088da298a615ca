"""Headers below titles, over several rows, with units, or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from solidata_api.domain.errors import WrongOption

Reading = Callable[..., Any]
GROUPED = """Tableau 1 - Population par sexe en 2020;;;;

Code;Nom;Population;;
;;Hommes;Femmes;Ensemble
;;(en milliers);(en milliers);(en milliers)
01;Ain;320,1;330,2;650,3
02;Aisne;260,0;272,5;532,5
2A;Corse-du-Sud;75,1;80,2;155,3
"""


def titles(got: Any) -> list[str]:
    return [column.title for column in got.columns.values()]


def test_titles_of_groups_are_joined_with_those_below(read: Reading) -> None:
    got = read(GROUPED.encode())
    assert titles(got) == ["Code", "Nom", "Population Hommes", "Population Femmes", "Population Ensemble"]
    assert (got.told["header_row"], got.told["header_rows"]) == (3, 2)


def test_units_below_the_header_are_told_and_no_data(read: Reading) -> None:
    got = read(GROUPED.encode())
    assert (got.told["units_row"], got.told["units"]["population_hommes"]) == (5, "(en milliers)")
    assert got.rows[0] == ("01", "Ain", 320.1, 330.2, 650.3)


def test_titles_above_the_table_are_told(read: Reading) -> None:
    assert read(GROUPED.encode()).told["preamble"] == [{"row": 1, "text": "Tableau 1 - Population par sexe en 2020"}]


def test_groups_over_repeated_titles_keep_them_apart(read: Reading) -> None:
    got = read(b";2019;;2020;\nville;nb;part;nb;part\nA;1;0.5;2;0.6\nB;3;0.1;4;0.2\n")
    assert titles(got) == ["ville", "2019 nb", "2019 part", "2020 nb", "2020 part"]


def test_a_metadata_line_above_is_no_group(read: Reading) -> None:
    got = read(b"Source;INSEE;;\nDate;2020-01-01;;\ncode;nom;a;b\n01;Ain;1;2\n02;Aisne;3;4\n")
    assert (titles(got), got.told["header_rows"]) == (["code", "nom", "a", "b"], 1)


@pytest.mark.parametrize("unit", ["€", "hab.", "(en km²)", "%", "en euros", "kWh", "€/m²"])
def test_units_are_known(read: Reading, unit: str) -> None:
    got = read(f"nom;valeur\n;{unit}\na;1\nb;2\n".encode())
    assert (got.told["units"], got.rows) == ({"valeur": unit}, [("a", 1), ("b", 2)])


def test_a_first_row_of_words_is_no_units_row(read: Reading) -> None:
    assert read(b"nom;pays\nt;h\na;b\nc;d\n").rows[0] == ("t", "h")


def test_units_row_0_keeps_the_row(read: Reading) -> None:
    assert len(read("nom;valeur\n;€\na;1\nb;2\n".encode(), units_row=0).rows) == 3


def test_a_units_row_can_be_named(read: Reading) -> None:
    got = read(b"nom;valeur\nlibre;dizaines\na;1\nb;2\n", units_row=2)
    assert (got.told["units"], len(got.rows)) == ({"nom": "libre", "valeur": "dizaines"}, 2)


def test_a_units_row_above_the_data_only(read: Reading) -> None:
    with pytest.raises(WrongOption, match="units_row 1"):
        read(b"nom;valeur\na;1\nb;2\n", units_row=1)


def test_the_number_of_header_rows_can_be_said(read: Reading) -> None:
    got = read(b"a;;b\nx;y;z\nu;v;w\n1;2;3\n", header_row=1, header_rows=3)
    assert titles(got) == ["a x u", "a y v", "b z w"]


def test_no_header_can_be_said(read: Reading) -> None:
    got = read(b"nom;pays\na;b\n", header_rows=0)
    assert (len(got.rows), got.told["header_row"]) == (2, None)


def test_a_header_row_that_is_not_there_is_refused(read: Reading) -> None:
    with pytest.raises(WrongOption, match="Row 9 is no header_row: it is blank, behind the end, or"):
        read(b"nom;pays\na;b\n", header_row=9)


def test_more_header_rows_than_rows_are_refused(read: Reading) -> None:
    with pytest.raises(WrongOption, match="header_rows is 5, but there are only 2"):
        read(b"nom;pays\na;b\n", header_rows=5)


def test_a_title_above_a_table_without_header_is_no_row(read: Reading) -> None:
    got = read(b"Liste des communes\n\n22001;Allineuc;589\n22002;Andel;1180\n22003;Aucaleuc;973\n")
    assert (got.rows[0], len(got.rows)) == (("22001", "Allineuc", 589), 3) or got.rows[0] == (22001, "Allineuc", 589)
    assert got.told["preamble"] == [{"row": 1, "text": "Liste des communes"}]


def test_headers_with_line_ends_and_quotes_are_one_line(read: Reading) -> None:
    got = read('"Nom\nde la ""ville""";n\nA;1\nB;2\n'.encode("utf-8-sig"))
    assert titles(got) == ['Nom de la "ville"', "n"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2019;2020;2021\nun;deux;trois\nx;y;z\n", ["2019", "2020", "2021"]),
        ("2019;2020;2021\n1;2;3\n4;5;6\n", ["2019", "2020", "2021"]),
        ("id;1;2\nnom;Ain;Aisne\nchef-lieu;Bourg;Laon\n", ["id", "1", "2"]),
        ("nom;2019;2020\nAin;oui;non\nAisne;non;oui\n", ["nom", "2019", "2020"]),
    ],
)
def test_numbers_over_what_is_none_are_a_header(read: Reading, text: str, wanted: list[str]) -> None:
    got = read(text.encode())
    assert (titles(got), len(got.rows)) == (wanted, 2)


@pytest.mark.parametrize(
    "text",
    [
        "12;Ain;5\n13;Aisne;7\n14;Allier;8\n",
        "2019;1;2\n2020;3;4\n2021;5;6\n",
        "1;x;2\nNA;y;NA\nNA;z;3\n",
        "75;Paris\n2A;Ajaccio\n2B;Bastia\n",
        "2019;2020\n2019;2021\n2018;2021\n",
    ],
)
def test_a_table_without_header_keeps_its_first_row(read: Reading, text: str) -> None:
    got = read(text.encode())
    assert (got.told["header_row"], len(got.rows)) == (None, text.count("\n"))


def test_lines_of_comments_above_are_told_and_no_header(read: Reading) -> None:
    notes = "# produced by X\n# on 2020-01-01\n# note, with, commas\n"
    got = read(f"{notes}a,b,c\n1,2,3\n4,5,6\n".encode())
    assert (titles(got), got.rows, got.told["header_row"]) == (["a", "b", "c"], [(1, 2, 3), (4, 5, 6)], 4)
    assert [one["row"] for one in got.told["preamble"]] == [1, 2, 3]


def test_more_lines_of_comments_than_rows_hide_no_delimiter(read: Reading) -> None:
    got = read("".join(f"#{n}\n" for n in range(20)).encode() + b"a,b\nx,y\n")
    assert (titles(got), got.rows, len(got.told["preamble"])) == (["a", "b"], [("x", "y")], 20)


@pytest.mark.parametrize("above", ["", "# produced by X\n", "## one\n## two, three\n"])
def test_a_header_may_begin_with_the_sign_of_comments(read: Reading, above: str) -> None:
    got = read(f"{above}#chrom\tpos\nchr1\tp1\nchr2\tp2\n".encode())
    assert (titles(got), len(got.rows)) == (["#chrom", "pos"], 2)


def test_cells_that_begin_with_the_sign_of_comments_are_data(read: Reading) -> None:
    got = read(b"#a;x\n#b;y\n#c;z\n")
    assert (titles(got), got.rows) == (["#a", "x"], [("#b", "y"), ("#c", "z")])
