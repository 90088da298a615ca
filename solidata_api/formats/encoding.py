"""The encoding of a text file: strict UTF-8 on the whole of it first, else what its bytes say."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

BLOCK = 1 << 20
#: A UTF-8 file may have this many good multi-byte characters for each bad byte and more: it is damaged, not another.
GOOD_FOR_BAD = 4
#: What cp1252 and ISO-8859-15 read differently: `¤¦¨´¸¼½¾` or `€ŠšŽžŒœŸ`. The letters stand in words, the signs do not.
_LETTERS_15 = re.compile(
    rb"[A-Za-z\xc0-\xff][\xa6\xa8\xb4\xb8\xbc\xbd\xbe]|[\xa6\xa8\xb4\xb8\xbc\xbd\xbe][A-Za-z\xc0-\xff]"
)
_EURO_15 = re.compile(rb"\d[ \xa0]?\xa4|\xa4[ \xa0]?\d|\xa4/")
_CP1252_ONLY = re.compile(rb"[\x80\x82-\x8c\x8e\x91-\x9c\x9e\x9f]")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def detect(path: Path) -> tuple[str, str]:
    """(codec, what to do with bytes that it can't read): `strict`, or `surrogateescape` for a damaged UTF-8 file."""
    with path.open("rb") as file:
        head = file.read(4)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, "surrogateescape" if name == "utf-8-sig" else "replace"
    good, bad = _utf8(path)
    if bad == 0:
        return "utf-8", "strict"
    if good >= GOOD_FOR_BAD * bad:
        return "utf-8", "surrogateescape"
    return _single_byte(path), "replace"


def mended(text: str) -> str:
    """A text with bytes that were no UTF-8, each read as cp1252 has it."""
    return _ESCAPED.sub(lambda found: _cp1252(ord(found.group()) - 0xDC00), text)


def is_damaged(text: str) -> bool:
    return _ESCAPED.search(text) is not None


_ESCAPED = re.compile("[\udc80-\udcff]")


def _cp1252(byte: int) -> str:
    return bytes([byte]).decode("cp1252", "replace")


def _utf8(path: Path) -> tuple[int, int]:
    """How many characters beyond ASCII a file has as UTF-8, and how many bytes that are none."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = bad = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            text = decoder.decode(block)
            if not text.isascii():
                beyond = len(_BEYOND.findall(text))
                escaped = len(_ESCAPED.findall(text))
                good, bad = good + beyond - escaped, bad + escaped
    tail = len(_ESCAPED.findall(decoder.decode(b"", final=True)))
    return good, bad + tail


_BEYOND = re.compile("[^\x00-\x7f]")


def _single_byte(path: Path) -> str:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            if _CP1252_ONLY.search(block):
                return "cp1252"
            if _LETTERS_15.search(block) or _EURO_15.search(block):
                return "iso8859-15"
    return "cp1252"
