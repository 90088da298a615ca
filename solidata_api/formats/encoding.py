"""The encoding of a text file: marks, then strict UTF-8 on the whole of it, else what the bytes beyond ASCII say."""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from solidata_api.formats import charsets

BLOCK = 1 << 20
#: As many bad bytes for one good character beyond ASCII, and the file is damaged or mixed UTF-8, not another encoding.
BAD_FOR_GOOD = 2
#: Places beyond ASCII that are looked at in each block, and how many bytes around them.
PLACES, AROUND = 400, 12
#: So many bytes of whole lines are shown to chardet.
LINES = 1 << 16
#: The share of NUL bytes on one side of the pairs, and none on the other, that shows UTF-16 of Latin text.
NULS = 0.4
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ("utf-16", "utf-32", "utf16", "utf32", "u16", "u32")
_ESCAPED = re.compile("[\udc80-\udcff]")
_BEYOND = re.compile("[^\x00-\x7f]")
_HIGH = re.compile(rb"[\x80-\xff]+")


def chosen(path: Path, wanted: str | None) -> tuple[str, str]:
    """As `detect`; an encoding that is wanted is taken, and what it can't read is left for `mended`."""
    if not wanted:
        return detect(path)
    with path.open("rb") as file:
        marked = next((name for mark, name in _BOMS if file.peek(4).startswith(mark)), "")
    # The mark is no part of the first header.
    name = marked if marked.startswith(codecs.lookup(wanted).name[:6]) else wanted
    return name, "replace" if _is_wide(name) else "surrogateescape"


def detect(path: Path) -> tuple[str, str]:
    """(codec, what to do with bytes that it can't read): `surrogateescape` leaves them for `mended`."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name, "surrogateescape" if name == "utf-8-sig" else "replace"
    wide = unmarked_wide(head)
    if wide:
        return wide, "replace"
    good, bad = (0, 0) if _is_utf8(path) else _utf8(path)
    if bad == 0:
        return "utf-8", "strict"
    if good * BAD_FOR_GOOD >= bad:
        return "utf-8", "surrogateescape"
    return charsets.guess(list(_places(path)), _lines(path), b"\r" in head and b"\n" not in head), "surrogateescape"


def unmarked_wide(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without mark, by where the NUL bytes of Latin text stand."""
    pairs = len(head) // 2
    if pairs < 2 or b"\x00" not in head:
        return None
    even, odd = head[: pairs * 2 : 2].count(0) / pairs, head[1 : pairs * 2 : 2].count(0) / pairs
    if even >= NULS and odd >= NULS:
        first, last = head[0::4].count(0) * 4 / len(head), head[3::4].count(0) * 4 / len(head)
        return "utf-32-le" if last > 0.9 and first < 0.1 else "utf-32-be" if first > 0.9 and last < 0.1 else None
    if odd >= NULS and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even >= NULS and odd < 0.05 else None


def head_text(head: bytes) -> str:
    """The beginning of a text, whatever its encoding: UTF-8, or a wide one by its mark or its NUL bytes."""
    marked = next((name for mark, name in _BOMS if head.startswith(mark)), None)
    name = marked or unmarked_wide(head) or "utf-8"
    return head[: len(head) // 4 * 4 if name != "utf-8" else None].decode(name, "replace")


def is_damaged(text: str, encoding: str = "utf-8") -> bool:
    """Whether a text holds bytes that its encoding could not read."""
    if text.isascii():
        return False
    return "\ufffd" in text if _is_wide(encoding) else _ESCAPED.search(text) is not None


def mended(text: str, encoding: str) -> tuple[str, str]:
    """A damaged text with its bad bytes read as cp1252 has them, and what was done, in words."""
    if _is_wide(encoding):
        return text, f"bytes that are no {encoding.upper()}, told as \ufffd"
    name = "UTF-8" if encoding.lower().startswith(("utf-8", "utf8", "utf_8")) else encoding
    good = _ESCAPED.sub(lambda found: _cp1252(ord(found.group()) - 0xDC00), text)
    return good, f"bytes that are no {name}, read as cp1252"


def _is_wide(encoding: str) -> bool:
    return encoding.lower().replace("_", "-").startswith(_WIDE)


def _cp1252(byte: int) -> str:
    # What cp1252 leaves free stands for itself, so that no byte is lost.
    return bytes([byte]).decode("cp1252", "ignore") or chr(byte)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _is_utf8(path: Path) -> bool:
    """Whether a file is UTF-8 without fault, which most are: ten times faster than to count."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 16):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _utf8(path: Path) -> tuple[int, int]:
    """How many characters beyond ASCII a file has as UTF-8, and how many bytes that are none."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = bad = 0
    for block in itertools.chain(_blocks(path), (b"",)):
        text = decoder.decode(block, final=not block)
        if not text.isascii():
            escaped = len(_ESCAPED.findall(text))
            good, bad = good + len(_BEYOND.findall(text)) - escaped, bad + escaped
    return good, bad


def _places(path: Path) -> Iterator[bytes]:
    """Pieces of the whole file around bytes beyond ASCII, some of each block."""
    for block in _blocks(path):
        end = 0
        for found in itertools.islice(_HIGH.finditer(block), PLACES):
            if found.start() >= end:
                end = _ascii_end(block, found.end())
                yield block[_ascii_start(block, found.start()) : end]


def _lines(path: Path) -> bytes:
    """Some whole lines that hold bytes beyond ASCII."""
    found, size = [], 0
    for block in _blocks(path):
        for line in re.split(b"[\r\n]+", block):
            if size < LINES and not line.isascii():
                found.append(line[: LINES - size])
                size += len(line)
        if size >= LINES:
            break
    return b"\n".join(found)


def _ascii_start(block: bytes, at: int) -> int:
    """A place a little before, where a character surely begins."""
    low = max(0, at - AROUND)
    return next((n + 1 for n in range(at - 1, low - 1, -1) if block[n] in b" \t\r\n;,|\"'"), at if at > low else low)


def _ascii_end(block: bytes, at: int) -> int:
    """A place a little behind, at the end of a word, so that no character is cut."""
    return next((n for n in range(at, min(len(block), at + 64)) if block[n] in b'\t\r\n;,"'), min(len(block), at + 64))
