"""`split_url`: the parts of addresses on the web."""

from __future__ import annotations

import pytest

from solidata_api.domain.errors import RecipeMisfit
from solidata_api.recipes.addresses import url_parts
from solidata_api.recipes.base import Misfit
from solidata_api.recipes.parse import parse
from tests.recipes.laws import Law
from tests.recipes.tables import applied, content, table

ALL = {"scheme": "s", "host": "h", "port": "p", "path": "pa", "query": "q", "fragment": "f"}
LAW = Law(
    [
        {"op": "split_url", "column": "a", "into": ALL},
        {"op": "split_url", "column": "a", "into": {"host": "b"}, "scheme": "https", "on_error": "reject_row"},
    ],
    {"a": "string"},
    texts=["https://www.lyon.fr/a?b=1#c", "www.lyon.fr", "http://[::1]:80", "http://", "http://xn--bcher-kva.example"],
    idempotent=True,
)


def test_each_part_goes_to_its_column() -> None:
    step = {"op": "split_url", "column": "a", "into": ALL}
    result = applied(step, {"a": ["HTTPS://www.Mairie-Lyon.FR:8080/a/b?x=1&y#f", None, "http://lyon.fr"]})
    found = content(result)
    assert found.pop("a") == ["HTTPS://www.Mairie-Lyon.FR:8080/a/b?x=1&y#f", None, "http://lyon.fr"]
    assert [one[0] for one in found.values()] == ["https", "www.mairie-lyon.fr", 8080, "/a/b", "x=1&y", "f"]
    assert [one[2] for one in found.values()] == ["http", "lyon.fr", None, None, None, None]
    assert all(one[1] is None for one in found.values())
    assert result.table.schema["p"].type == "integer"
    assert {result.table.schema[key].sources for key in ALL.values()} == {frozenset({("s", "a")})}


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://bücher.example/", "bücher.example"),
        ("http://xn--bcher-kva.example", "bücher.example"),
        ("http://192.0.2.1:8000/", "192.0.2.1"),
        ("http://[2001:DB8::1]/", "2001:db8::1"),
        ("http://nom:secret@lyon.fr", "lyon.fr"),
        ("ftp://ftp.ign.fr/x", "ftp.ign.fr"),
        ("https://a_b.lyon.fr", "a_b.lyon.fr"),
        ("  https://lyon.fr  ", "lyon.fr"),
    ],
)
def test_hosts_are_as_people_read_them(address: str, host: str) -> None:
    assert url_parts(address)["host"] == host


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("www.lyon.fr", "it starts with no scheme, such as https://"),
        ("mailto:a@lyon.fr", "it starts with no scheme, such as https://"),
        ("n/a", "it starts with no scheme, such as https://"),
        ("https://", "its host is none"),
        ("https:///a", "its host is none"),
        ("http://lyon..fr", "its host is none"),
        ("http://1.2.3/", "its host is none"),
        ("http://[::1", "its host or port can't be read"),
        ("http://lyon.fr:99999", "its host or port can't be read"),
        ("http://http://lyon.fr", "its host or port can't be read"),
        ("http://lyon.fr/a b", "it holds white space or a control character"),
        ("http://xn--zzzzzz-.fr", "its host is none"),
    ],
)
def test_what_is_no_address_is_a_reject_and_stays(address: str, reason: str) -> None:
    result = applied({"op": "split_url", "column": "a", "into": {"host": "h"}}, {"a": [address]})
    assert content(result) == {"a": [address], "h": [None]}
    assert result.report.rejects == ({"source": 0, "row": 1, "column": "a", "value": address, "reason": reason},)


def test_a_scheme_may_be_said_for_addresses_without_one() -> None:
    step = {"op": "split_url", "column": "a", "into": {"scheme": "s", "host": "h"}, "scheme": "https"}
    result = applied(step, {"a": ["www.lyon.fr/x", "//lyon.fr", "http://lyon.fr", "n/a", "mailto:a@lyon.fr"]})
    assert content(result)["s"] == ["https", "https", "http", None, None]
    assert content(result)["h"] == ["www.lyon.fr", "lyon.fr", "lyon.fr", None, None]


def test_rows_may_be_rejected_and_so_the_column_decides() -> None:
    step = {"op": "split_url", "column": "a", "into": {"host": "h"}, "on_error": "reject_row"}
    result = applied(step, {"a": ["x", "http://lyon.fr"], "b": ["1", "2"]})
    assert content(result) == {"a": ["http://lyon.fr"], "b": ["2"], "h": ["lyon.fr"]}
    assert list(parse([step])[0].deciding(table({"a": []}).schema, ())) == ["a"]


@pytest.mark.parametrize(
    ("into", "where"),
    [
        ({"host": "h", "path": "h"}, "into"),
        ({"host": "a"}, "into"),
        ({"user": "h"}, "into/user"),
        ({"host": "É"}, "into/host"),
    ],
)
def test_columns_to_write_to_are_one_each_and_not_the_column_itself(into: dict[str, str], where: str) -> None:
    with pytest.raises(RecipeMisfit) as error:
        parse([{"op": "split_url", "column": "a", "into": into}])
    assert [fault.pointer for fault in error.value.faults] == [f"/steps/0/{where}"]


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(Misfit, match="unknown column 'x'"):
        parse([{"op": "split_url", "column": "x", "into": {"host": "h"}}])[0].schema_after(table({"a": []}).schema)
