"""CSV as public bodies send it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from solidata_api.domain.errors import NotATable, SolidataError, TooLarge
from solidata_api.formats.base import Limits

Reading = Callable[..., Any]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "iso8859-15", "utf-16"])
def test_accents_survive_in_every_encoding(read: Reading, encoding: str) -> None:
    text = "Commune;Œuvre;Prix\nÉvreux;Cœur de la forêt;12 €\nSaint-Étienne;Sœur Noël;1 €\n"
    got = read(text.encode(encoding))
    assert got.told["encoding"] == encoding
    assert got.rows == [("Évreux", "Cœur de la forêt", "12 €"), ("Saint-Étienne", "Sœur Noël", "1 €")]


def test_latin_1_without_telling_bytes_reads_as_cp1252(read: Reading) -> None:
    got = read("nom;n\nÎle;1\nForêt à côté;2\n".encode("latin-1"))
    assert got.told["encoding"] == "cp1252"
    assert got.rows[1][0] == "Forêt à côté"


def test_a_stray_byte_does_not_turn_a_utf_8_file_to_garbage(read: Reading) -> None:
    data = b"nom;n\n" + "Éléonore à Orléans;1\n".encode() * 20 + b"caf\xe9;2\n"
    got = read(data)
    assert got.told["encoding"] == "utf-8"
    assert (got.rows[0][0], got.rows[-1][0]) == ("Éléonore à Orléans", "café")
    assert got.told["repairs"]["count"] == 1
    assert got.told["repairs"]["items"][0]["row"] == 22


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_each_delimiter_is_found(read: Reading, delimiter: str) -> None:
    data = "\n".join(
        delimiter.join(row) for row in (["code", "nom", "note"], ["01", "Ain", "x y"], ["2A", "Corse", "z"])
    )
    got = read(data.encode())
    assert got.told["delimiter"] == delimiter
    assert got.rows == [("01", "Ain", "x y"), ("2A", "Corse", "z")]


def test_decimal_commas_are_no_delimiters(read: Reading) -> None:
    got = read(b"nom;x;y\na;1,5;2,25\nb;3,0;4,75\n")
    assert got.told["delimiter"] == ";"
    assert got.rows == [("a", 1.5, 2.25), ("b", 3.0, 4.75)]


def test_commas_in_one_column_are_no_delimiters(read: Reading) -> None:
    got = read(b"name;place\nA, B and C;x\nD, E;y\nF;z\n")
    assert list(got.types) == ["name", "place"]


def test_quotes_newlines_and_emoji_survive(read: Reading) -> None:
    data = 'a,b\n"x ""y"" z","line 1\nline 2"\n🙂,"1,2"\n'.encode()
    got = read(data)
    assert got.rows == [('x "y" z', "line 1\nline 2"), ("🙂", "1,2")]
    assert got.lines == [2, 4]


def test_single_quotes_are_found(read: Reading) -> None:
    got = read(b"a;b\n'x;y';'1'\n'z';'2'\n'w';'3'\n")
    assert got.told["quote"] == "'"
    assert got.rows[0] == ("x;y", 1)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_each_line_end_is_read(read: Reading, end: str) -> None:
    assert read(end.join(["a;b", "1;x", "2;y", ""]).encode()).rows == [(1, "x"), (2, "y")]


def test_titles_and_blank_lines_above_the_header_are_left_aside(read: Reading) -> None:
    data = "Population des communes;;\n;;\nSource : INSEE;;\n\ncode;nom;habitants\n01001;Ain;12\n01002;Aisne;13\n"
    got = read(data.encode())
    assert got.told["header_row"] == 5
    assert got.rows == [("01001", "Ain", 12), ("01002", "Aisne", 13)]


def test_a_file_without_header_has_column_names_and_all_its_rows(read: Reading) -> None:
    got = read(b"22001;Allineuc;589\n22002;Andel;1180\n22003;Aucaleuc;973\n")
    assert got.told["header_row"] is None
    assert list(got.types) == ["column_1", "column_2", "column_3"]
    assert len(got.rows) == 3


def test_years_over_figures_are_headers(read: Reading) -> None:
    got = read(b"nom;2019;2020\na;1;2\nb;3;4\n")
    assert list(got.types) == ["nom", "c_2019", "c_2020"]


def test_blank_and_repeated_headers_get_keys_of_their_own(read: Reading) -> None:
    got = read(b"nom;;nom;Nom de l'\xc5\x93uvre\na;b;c;d\ne;f;g;h\n")
    assert list(got.types) == ["nom", "column_2", "nom_2", "nom_de_l_oeuvre"]
    assert got.columns["nom_de_l_oeuvre"].title == "Nom de l'œuvre"


def test_rows_too_short_or_long_are_mended_and_told(read: Reading) -> None:
    got = read(b"a;b;c\n1;2;3\n4;5\n6;7;8;nine;ten\n9;9;9;\n")
    assert got.rows == [(1, 2, 3), (4, 5, None), (6, 7, 8), (9, 9, 9)]
    assert [one["row"] for one in got.told["repairs"]["items"]] == [3, 4]
    assert got.told["repairs"]["items"][1]["text"] == "nine | ten"


def test_delimiters_at_the_ends_of_lines_make_no_column(read: Reading) -> None:
    assert list(read(b"a;b;\n1;2;\n3;4;\n").types) == ["a", "b"]


def test_a_quote_that_nobody_closes_loses_no_row(read: Reading) -> None:
    rows = "".join(f"{n};name {n}\n" for n in range(2000))
    got = read(f'id;name\n1;"open\n{rows}'.encode())
    assert len(got.rows) == 2001
    assert got.rows[0] == (1, '"open')
    assert got.told["repairs"]["items"][0]["what"].startswith("a quote that is never closed")


def test_an_open_quote_at_the_end_loses_no_row(read: Reading) -> None:
    got = read(b'a;b\n1;"x\n2;y\n')
    assert got.rows == [(1, '"x'), (2, "y")]


def test_nul_bytes_are_left_out_and_told(read: Reading) -> None:
    got = read(b"a;b\nx\x00y;1\nz;2\n")
    assert got.rows[0] == ("xy", 1)
    assert got.told["repairs"]["count"] == 1


def test_a_header_alone_is_a_table_without_rows(read: Reading) -> None:
    got = read(b"code;nom\n")
    assert (got.rows, list(got.types)) == ([], ["code", "nom"])


def test_one_column_is_a_table(read: Reading) -> None:
    assert read(b"code\n01\n02\n2A\n").rows == [("01",), ("02",), ("2A",)]


@pytest.mark.parametrize(
    "text",
    ["Hello.\n", "Dear all,\n\nthis is a letter, which says something, and then goes on.\nYours, truly and so on.\n"],
)
def test_prose_is_no_table(read: Reading, text: str) -> None:
    with pytest.raises(NotATable):
        read(text.encode())


def test_too_many_columns_name_the_limit(read: Reading) -> None:
    with pytest.raises(TooLarge, match=r"3001 columns; the limit is MAX_COLUMNS=2000"):
        read((";".join(f"c{n}" for n in range(3001)) + "\n" + ";".join("1" * 3001) + "\n").encode())


def test_a_cell_too_long_names_row_and_limit(read: Reading) -> None:
    with pytest.raises(TooLarge, match=r"row 3 has 5000 characters; the limit is MAX_CELL_KB=4"):
        read(b"a;b\n1;x\n2;" + b"y" * 5000 + b"\n", Limits(max_cell_chars=4096))


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-2", "30"], "integer", [1, -2, 30]),
        (["1 180", "2\u00a0000", "589"], "integer", [1180, 2000, 589]),
        (["01", "02", "03"], "string", ["01", "02", "03"]),
        (["1e5", "2e5", "3"], "string", ["1e5", "2e5", "3"]),
        (["NA", "1", "2"], "integer", [None, 1, 2]),
        (["NA", "1", "FR"], "string", ["NA", "1", "FR"]),
        (["12345678901234567890", "1", "2"], "string", ["12345678901234567890", "1", "2"]),
        (["1.5", "2", "-3.25"], "number", [1.5, 2.0, -3.25]),
        (["1,5", "1 234,56", "2"], "number", [1.5, 1234.56, 2.0]),
        (["inf", "1", "2"], "string", ["inf", "1", "2"]),
        (["oui", "non", "Oui"], "boolean", [True, False, True]),
        (["1", "0", "1"], "integer", [1, 0, 1]),
        (["31/12/2025", "01/02/2026", "15/08/2024"], "date", [date(2025, 12, 31), date(2026, 2, 1), date(2024, 8, 15)]),
        (["12/31/2025", "02/01/2026", "08/15/2024"], "date", [date(2025, 12, 31), date(2026, 2, 1), date(2024, 8, 15)]),
        (["31/02/2025", "01/02/2026", "x"], "string", ["31/02/2025", "01/02/2026", "x"]),
        (["31/02/2025", "01/02/2026", "02/02/2026"], "string", ["31/02/2025", "01/02/2026", "02/02/2026"]),
        (["2026-01-31", "2025-12-01", "2025-12-02"], "date", [date(2026, 1, 31), date(2025, 12, 1), date(2025, 12, 2)]),
    ],
)
def test_a_type_fits_every_cell_or_it_is_text(read: Reading, cells: list[str], kind: str, values: list[Any]) -> None:
    got = read(b"nom;valeur\n" + "".join(f"ligne {n};{cell}\n" for n, cell in enumerate(cells)).encode())
    assert got.types["valeur"] == kind
    assert [row[1] for row in got.rows] == values


@pytest.mark.parametrize("header", ["Code", "CP", "Téléphone", "N° SIRET", "code_postal", "codePostal", "Code INSEE"])
def test_a_header_that_says_code_keeps_digits_as_text(read: Reading, header: str) -> None:
    got = read(f"nom;{header}\na;22001\nb;75056\n".encode())
    assert list(got.types.values()) == ["string", "string"]


TEXTS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Co", "Cn"), blacklist_characters="\ufeff"), max_size=12
)
TABLES = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(TEXTS, min_size=width, max_size=width), min_size=1, max_size=8)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=TABLES,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
)
def test_any_table_written_as_csv_reads_back(
    read: Reading, table: list[list[str]], delimiter: str, end: str, bom: bool
) -> None:
    assume(all(any(cell.strip() for cell in row) for row in table))
    headers = [f"h{chr(97 + n)}" for n in range(len(table[0]))]
    sink = io.StringIO()
    csv.writer(sink, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([headers, *table])
    types = {header: "string" for header in headers}
    got = read(sink.getvalue().encode("utf-8-sig" if bom else "utf-8"), delimiter=delimiter, header_row=1, types=types)
    assert got.rows == [tuple(cell if cell and not cell.isspace() else None for cell in row) for row in table]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.one_of(
        st.binary(max_size=300), st.text(st.sampled_from('ab1;,"\n\r\t |\x00é'), max_size=200).map(str.encode)
    )
)
def test_any_bytes_are_read_or_refused_by_a_kind_of_ours(read: Reading, data: bytes) -> None:
    try:
        got = read(data)
    except SolidataError as error:
        assert error.detail
    else:
        assert len(set(got.ids)) == len(got.rows)


def test_equal_rows_have_ids_of_their_own_that_survive_reordering(read: Reading) -> None:
    first = read(b"a;b\nx;1\ny;2\nx;1\n")
    second = read(b"a;b\ny;2\nx;1\nx;1\n")
    assert len(set(first.ids)) == 3
    assert set(first.ids) == set(second.ids)


def test_cells_beyond_the_last_column_are_all_kept_as_rejects(read: Reading) -> None:
    rows = "".join(f"{n};b;c;beyond {n}; ;and | more\n" for n in range(202, 3202))
    even = "1;b;c\n" * 200
    got = read(f"a;b;c\n{even}{rows}".encode())
    assert got.told["repairs"]["count"] == 3000
    assert len(got.told["repairs"]["items"]) == 1000
    assert got.rejects == [
        (n, "", text, "beyond the last column") for n in range(202, 3202) for text in (f"beyond {n}", "and | more")
    ]


def test_misfits_of_a_declared_type_are_all_kept_as_rejects_by_row(read: Reading) -> None:
    rows = "".join(f"x{n};{n};y{n};{'z' if n == 5 else ''}\n" for n in range(2, 3002))
    got = read(f"a;n;b\n{rows}".encode(), header_row=1, types={"a": "integer", "b": "integer"})
    assert got.told["misfits"]["count"] == 6000
    assert [one[:3] for one in got.rejects] == [
        one
        for n in range(2, 3002)
        for one in [(n, "a", f"x{n}"), (n, "b", f"y{n}"), *([(n, "", "z")] if n == 5 else [])]
    ]


def test_private_use_characters_are_no_quotes(read: Reading) -> None:
    assert read("a;b\n1;\ue000x\ue001\n2;y\n".encode()).rows[0] == (1, "\ue000x\ue001")


def test_a_long_cell_in_a_fresh_process_is_read(read: Reading) -> None:
    csv.field_size_limit(131_072)
    assert read(b"a;b\n1;" + b"x" * 200_000 + b"\n2;y\n").rows[0] == (1, "x" * 200_000)


def test_stray_quotes_do_not_swallow_the_rows_up_to_the_next_one(read: Reading) -> None:
    rows = "".join(f'{n};"half a quote {n};x\n{n};plain;x\n' for n in range(500))
    got = read(f"a;b;c\n{rows}".encode())
    assert len(got.rows) == 1000
    assert got.rows[998:] == [(499, '"half a quote 499', "x"), (499, "plain", "x")]
    assert got.told["repairs"]["count"] == 500


def test_quotes_within_a_quoted_cell_of_two_lines_do_not_end_the_row(read: Reading) -> None:
    even = "1;2;3\n" * 5
    got = read(f'a;b;c\n{even}4;"one\nthe "second" line";5\n'.encode())
    assert len(got.rows) == 6
    assert (got.rows[5][0], got.rows[5][2]) == (4, 5)


def test_very_many_short_rows_are_all_read(read: Reading) -> None:
    got = read(b"n;p\n" + b"".join(b"%d;%d\n" % (n, n % 2) for n in range(250_000)))
    assert [row[0] for row in got.rows] == list(range(250_000))
    assert got.lines == list(range(2, 250_002))
