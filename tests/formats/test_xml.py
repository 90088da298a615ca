"""XML of records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from solidata_api.domain.errors import NotATable, TooLarge, UnknownFormat, WrongOption

Reading = Callable[..., Any]

ITEMS = """<?xml version="1.0" encoding="{0}"?>
<!-- a list --><list xmlns="urn:x" xmlns:y="urn:y"><meta><date>2026</date></meta><items>
<item id="01" y:lang="fr"><name>Été</name><price currency="EUR">5.50</price><tag>a</tag><tag>b</tag></item>
<item id="02"><name>b &amp; c</name><tag>c</tag><place><lat>1.5</lat></place></item></items></list>"""


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252", "iso-8859-15", "utf-16"])
def test_the_repeated_element_is_the_record(read: Reading, encoding: str) -> None:
    got = read(ITEMS.format(encoding).encode(encoding))
    assert got.told["records_path"] == "list/items/item"
    assert list(got.types) == ["id", "lang", "name", "price_currency", "price", "tag", "place_lat"]
    assert got.rows == [
        ("01", "fr", "Été", "EUR", 5.5, '["a","b"]', None),
        ("02", None, "b & c", None, None, '["c"]', 1.5),
    ]


def test_a_path_chooses_another_element(read: Reading) -> None:
    assert read(ITEMS.format("utf-8").encode(), records_path="list/meta").rows == [(2026,)]
    assert len(read(ITEMS.format("utf-8").encode(), records_path="tag").rows) == 3
    with pytest.raises(WrongOption, match="list/items/item"):
        read(ITEMS.format("utf-8").encode(), records_path="list/none")


@pytest.mark.parametrize(
    "data",
    [
        b"<rss><channel><title>t</title><item><title>a</title></item><item><title>b</title></item></channel></rss>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>a</title></entry><entry><title>b</title></entry></feed>",
        b"<kml><Document><Folder><Placemark><title>a</title></Placemark><Placemark><title>b</title></Placemark></Folder>"
        b"</Document></kml>",
    ],
)
def test_feeds_and_maps_are_records_too(read: Reading, data: bytes) -> None:
    assert read(data).rows == [("a",), ("b",)]


def test_repeated_plain_elements_are_one_column(read: Reading) -> None:
    got = read(b"<r><code>01</code><code>02</code></r>")
    assert (list(got.types), got.rows) == (["code"], [("01",), ("02",)])


@pytest.mark.parametrize(
    "declared",
    [b'<!ENTITY a "lol">', b'<!ENTITY a SYSTEM "file:///etc/hostname">', b'<!ENTITY % p SYSTEM "http://127.0.0.1/">'],
)
def test_entities_are_refused(read: Reading, declared: bytes) -> None:
    with pytest.raises(UnknownFormat, match="entities"):
        read(b'<?xml version="1.0"?><!DOCTYPE r [' + declared + b"]><r><i><a>1</a></i><i><a>2</a></i></r>")


def test_broken_xml_is_told_with_its_place(read: Reading) -> None:
    with pytest.raises(NotATable, match="line 2, column"):
        read(b"<r><i><a>1</a></i>\n<i><a>2</b></i></r>")


def test_without_repeated_element_the_names_are_told(read: Reading) -> None:
    with pytest.raises(NotATable, match="records_path"):
        read(b"<r><a><b>1</b></a></r>")


def test_depth_is_bounded(read: Reading) -> None:
    with pytest.raises(TooLarge, match="nested"):
        read(b"<a>" * 5000 + b"</a>" * 5000)


def test_a_column_of_html_like_text_is_still_csv(read: Reading) -> None:
    assert read(b"a;b\n<b>x</b>;1\n<i>y</i>;2\n").rows == [("<b>x</b>", 1), ("<i>y</i>", 2)]
