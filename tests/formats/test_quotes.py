"""Quotes that stand where none should: nobody closes them, text or blanks follow them, nobody doubled them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Reading = Callable[..., Any]
OPEN = "a quote that is never closed, read as text"
KEPT = "quotes within a cell that are not doubled, kept as text"
EVEN = "".join(f"{n};name {n};x\n" for n in range(10, 400))


def told(got: Any) -> list[tuple[int, str]]:
    return [(one["row"], one["what"]) for one in got.told["repairs"]["items"]]


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_quote_open_in_the_last_row_keeps_its_cells_and_is_told(read: Reading, end: str) -> None:
    got = read(f'a;b;c\n1;x;2\n2;"y;3{end}'.encode())
    assert got.rows == [(1, "x", 2), (2, '"y', 3)]
    assert told(got) == [(3, OPEN)]


def test_a_quote_open_in_the_last_cell_of_all_is_told(read: Reading) -> None:
    got = read(b'a;b\n1;x\n2;"y')
    assert got.rows == [(1, "x"), (2, '"y')]
    assert told(got) == [(3, OPEN)]


def test_a_quote_open_in_the_last_row_of_a_long_file_is_told(read: Reading) -> None:
    got = read(f'a;b;c\n{EVEN}500;"open;z\n'.encode())
    assert (len(got.rows), got.rows[-1]) == (391, (500, '"open', "z"))
    assert told(got) == [(392, OPEN)]


def test_only_the_quote_that_nobody_closes_is_text(read: Reading) -> None:
    got = read(b'a;b;c\n"1";"x;y";"open\n"2";"z";"w"\n')
    assert got.rows == [(1, "x;y", '"open'), (2, "z", "w")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("first", ['"1{d}open', '"open', 'x{d}"1{d}2'])
def test_a_quote_open_in_the_first_rows_hides_no_delimiter(read: Reading, delimiter: str, first: str) -> None:
    rows = [first.replace("{d}", delimiter), *(delimiter.join((f"w{n}", "x", "y")) for n in range(400))]
    got = read("\n".join([delimiter.join("abc"), *rows, ""]).encode())
    assert (got.told["delimiter"], len(got.rows)) == (delimiter, 401)
    assert got.rows[1:] == [(f"w{n}", "x", "y") for n in range(400)]
    assert told(got)[0] == (2, OPEN)


def test_an_open_quote_does_not_run_on_to_a_cell_of_two_lines(read: Reading) -> None:
    got = read(b'a;b;c\n1;"open;x\n2;y;z\n3;v;"\nlow"\n4;u;w\n')
    assert got.rows == [(1, '"open', "x"), (2, "y", "z"), (3, "v", "\nlow"), (4, "u", "w")]
    assert told(got) == [(2, OPEN)]


def test_a_quote_open_in_the_only_header_hides_no_row(read: Reading) -> None:
    got = read(b'"a,b\n1,x\n2,y\n3,z\n')
    assert [column.title for column in got.columns.values()] == ['"a', "b"]
    assert got.rows == [(1, "x"), (2, "y"), (3, "z")]


def test_blanks_behind_a_closing_quote_are_no_part_of_the_cell(read: Reading) -> None:
    got = read(b'a,b,c\n"d" ,"e, f"  ,g\n"h","i"   \n"""j"" , k " ,l,m\n')
    assert (got.told["quote"], got.rows) == ('"', [("d", "e, f", "g"), ("h", "i", None), ('"j" , k ', "l", "m")])
    assert [row for row, _ in told(got)] == [3]


def test_a_blank_behind_a_quoted_cell_far_below_is_no_part_of_it(read: Reading) -> None:
    got = read(f'a;b;c\n{EVEN}500;"q" ;"r\ns" \n'.encode())
    assert got.rows[-1] == (500, "q", "r\ns")


def test_a_quote_before_text_is_kept_in_a_mostly_quoted_file(read: Reading) -> None:
    even = "".join(f'"{n}";"name {n}"\n' for n in range(10, 60))
    got = read(f'"id";"name"\n{even}"1";"Foo" bar\n"2";"baz"\n{even}'.encode())
    assert got.rows[50:52] == [(1, '"Foo" bar'), (2, "baz")]
    assert told(got) == [(52, KEPT)]


def test_quotes_within_a_quoted_cell_are_kept(read: Reading) -> None:
    even = "".join(f'"{n}";"name";"x"\n' for n in range(10, 60))
    got = read(f'"id";"name";"more"\n{even}"1";"he said "hi" to me";"x"\n"2";"the ""one"" and "two"";"y"\n'.encode())
    assert got.rows[50:] == [(1, 'he said "hi" to me', "x"), (2, 'the "one" and "two"', "y")]
    assert told(got) == [(52, KEPT), (53, KEPT)]


def test_quotes_within_a_quoted_cell_of_two_lines_are_kept(read: Reading) -> None:
    even = "1;2;3\n" * 5
    got = read(f'a;b;c\n{even}4;"one\nthe "second" line";5\n'.encode())
    assert got.rows[5] == (4, 'one\nthe "second" line', 5)


def test_inches_are_text_and_no_repair(read: Reading) -> None:
    got = read(b'id,size,name\n1,5",x\n2,"4, 5",y\n3,6",z\n')
    assert got.rows == [(1, '5"', "x"), (2, "4, 5", "y"), (3, '6"', "z")]
    assert got.told["repairs"]["count"] == 0
