"""Encodings told by the bytes of the whole file, and what happens to bytes that none has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from solidata_api.formats import encoding

Reading = Callable[..., Any]
FRENCH = "Commune;Département\r\nÉvreux;Eure, forêt d'ici\r\nSaint-Étienne;à côté\r\nMÂCON;DÉPÔT n° 5\r\nÇa;créée\r\n"
TEXTS = {
    "cp1252": FRENCH.replace("'", "’") + "12 €\r\nŒuvre — cœur\r\n",
    "iso8859-15": FRENCH + "12 €\r\nŒuvre du cœur\r\n",
    "mac_roman": FRENCH.replace("\r\n", "\r"),
    "cp850": FRENCH,
    "cp1251": "Имя;Город\r\nИван;Москва\r\nПётр;Санкт-Петербург\r\nМария;Новосибирск\r\n",
    "koi8-r": "Имя;Город\r\nИван;Москва\r\nПётр;Санкт-Петербург\r\nМария;Новосибирск\r\n",
    "cp1250": "Nazwa;Miasto\nŻółw;Łódź\nGęś;Kraków\nŚwięty;Częstochowa\nŹdźbło;Białystok\n",
    "shift_jis": "名前,都市\n山田太郎,東京都\n鈴木花子,大阪府\n佐藤,北海道札幌市\n",
    "gb18030": "名称,城市\n张三,北京市\n李四,上海市浦东新区\n王五,广州\n",
    "big5": "名稱,城市\n張三,臺北市\n李四,高雄市\n王五,臺中市\n",
    "euc_kr": "이름,도시\n홍길동,서울특별시\n김철수,부산광역시\n",
}


def decoded(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    codec, errors = encoding.detect(path)
    return data.decode(codec, errors)


@pytest.mark.parametrize("name", TEXTS)
def test_an_old_encoding_is_told_by_its_letters(tmp_path: Path, name: str) -> None:
    assert decoded(tmp_path / "x", TEXTS[name].encode(name)) == TEXTS[name]


@pytest.mark.parametrize("name", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_unicode_needs_no_mark(tmp_path: Path, name: str) -> None:
    assert decoded(tmp_path / "x", FRENCH.encode(name)) == FRENCH


@pytest.mark.parametrize("name", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_is_no_part_of_the_text(tmp_path: Path, name: str) -> None:
    assert decoded(tmp_path / "x", FRENCH.encode(name)) == FRENCH


def test_old_dos_exports_read_whole(read: Reading) -> None:
    got = read("CODE;LIBELLE\r\n01;Forêt à côté\r\n02;Hôpital d'été\r\n".encode("cp850"))
    assert (got.told["encoding"], [row[1] for row in got.rows]) == ("cp850", ["Forêt à côté", "Hôpital d'été"])


def test_utf_16_without_mark_is_a_table(read: Reading) -> None:
    assert read("nom;n\nÎle;1\nForêt;2\n".encode("utf-16-le")).rows == [("Île", 1), ("Forêt", 2)]


def test_letters_far_below_the_head_of_the_file_are_seen(read: Reading) -> None:
    got = read(b"nom;n\n" + b"plain;1\n" * 200_000 + "Forêt d'été à côté;2\n".encode("mac_roman"))
    assert got.rows[-1][0] == "Forêt d'été à côté"


def test_a_file_joined_from_two_encodings_reads_whole(read: Reading) -> None:
    got = read("nom;n\nÉvreux;1\n".encode() + "Forêt;2\n".encode("cp1252"))
    assert [row[0] for row in got.rows] == ["Évreux", "Forêt"]
    assert [one["row"] for one in got.told["repairs"]["items"]] == [3]


@pytest.mark.parametrize("said", ["utf-8", "UTF-8", "utf_8"])
def test_bytes_that_the_encoding_said_does_not_have_are_told(read: Reading, said: str) -> None:
    got = read(b"nom;n\ncaf\xe9;1\nplain;2\n", encoding=said)
    assert got.rows[0] == ("café", 1)
    assert got.told["repairs"]["items"] == [{"row": 2, "what": "bytes that are no UTF-8, read as cp1252"}]


def test_a_byte_that_cp1252_leaves_free_is_not_lost(read: Reading) -> None:
    got = read(b"nom;n\nx\x81y;1\nplain;2\n", encoding="cp1252")
    assert got.rows[0] == ("x\x81y", 1)
    assert got.told["repairs"]["count"] == 1


def test_a_mark_before_an_encoding_said_is_no_part_of_the_header(read: Reading) -> None:
    assert list(read("nom;n\nÎle;1\n".encode("utf-8-sig"), encoding="utf-8").columns) == ["nom", "n"]


def test_broken_utf_16_is_told(read: Reading) -> None:
    got = read("nom;n\nx;1\n".encode("utf-16") + b"\x00\xd8a\x00;\x002\x00\n\x00")
    assert got.told["repairs"]["count"] == 1


def test_long_texts_of_two_bytes_a_letter_are_told_by_whole_lines(read: Reading) -> None:
    text = "維基大典者，網路為礎；集天下知、四海言、眾人志，書百科焉。始作者，維基媒體基金會也。" * 3
    rows = "".join(f"{n}|{text[n:] + text[:n]}\n" for n in range(40))
    got = read(f"號|文\n{rows}".encode("big5"))
    assert (got.told["encoding"], got.rows[3][1]) == ("big5", text[3:] + text[:3])


def test_utf_8_read_twice_is_told_and_kept_as_it_stands(read: Reading) -> None:
    even = "plain;1\n" * 30_000
    twice = "Éric à l’œuvre".encode().decode("cp1252", "replace")
    got = read(f"nom;n\nÉvreux;1\n{even}{twice};2\nÃ©tÃ©;3\n".encode())
    assert [row[0] for row in got.rows[-2:]] == [twice, "Ã©tÃ©"]
    assert got.told["read_twice"] == {"count": 2, "rows": [30_003, 30_004], "text": "Ã‰ric", "meant": "Éric"}
    assert got.told["repairs"]["count"] == 0


@pytest.mark.parametrize("text", ["nom;n\nÂGE;1\nSÃO PAULO;2\n", "nom;n\nÉté à Orléans;1\n", "nom;n\nEte;1\n"])
def test_rare_capitals_are_no_utf_8_read_twice(read: Reading, text: str) -> None:
    assert read(text.encode()).told["read_twice"] is None
