"""Which of the old encodings a text has, by what its bytes beyond ASCII would say in each."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

#: West European encodings, in order of preference where two read equally well.
WESTERN = ("cp1252", "iso8859-15", "mac_roman", "cp850", "cp437")
#: Other encodings that a guess may name, as Python names them.
OTHERS = frozenset({
    "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp866", "cp855", "cp852",
    "iso8859-2", "iso8859-5", "iso8859-7", "iso8859-8", "iso8859-9", "koi8-r", "koi8-u", "mac_cyrillic", "mac-cyrillic",
    "shift_jis", "cp932", "euc_jp", "iso2022_jp", "gb18030", "gbk", "gb2312", "big5", "big5hkscs", "euc_kr", "cp949",
    "tis-620", "cp874",
})  # fmt: skip
#: At least this share of what a western encoding reads must make sense, or others are asked.
SENSIBLE = 0.6
#: In western words, letters beyond ASCII do not stand in rows of more than two.
LONGEST_RUN, RUNS = 2, 0.3
_COMMON = {**dict.fromkeys("éèêàçâîôûùëïœü", 1.0), **dict.fromkeys("äöñáíóúß", 0.9), **dict.fromkeys("ãõåøæìòÿ", 0.7)}
_SIGNS = frozenset("€°«»–—…’‘“”²³½£§\xa0µ±•×®©™º")


def guess(places: Sequence[bytes], lines: bytes, is_old_mac: bool) -> str:
    """The encoding of a text that is no UTF-8, from pieces of it and some whole lines beyond ASCII, in which no
    character is cut; `is_old_mac`: its lines end in CR alone."""
    pieces = places or [b""]
    scores = {name: _score(_texts(pieces, name)) for name in WESTERN}
    scores["mac_roman"] += 0.1 if is_old_mac else -0.05
    best = max(WESTERN, key=lambda name: (scores[name], -WESTERN.index(name)))
    if scores[best] >= SENSIBLE and _runs(_texts(pieces, best)) < RUNS:
        return best
    return _other(lines) or best


def _texts(pieces: Iterable[bytes], encoding: str) -> list[str]:
    return [piece.decode(encoding, "replace") for piece in pieces]


def _score(texts: Sequence[str]) -> float:
    """How much sense the characters beyond ASCII make, 1 for letters in words, less for signs where none belong."""
    seen, total = 0, 0.0
    for text in texts:
        padded = f" {text} "
        for before, char, after in zip(padded, padded[1:], padded[2:], strict=False):
            if char > "\x7f":
                seen += 1
                total += _sense(before, char, after)
    return total / seen if seen else 0.0


def _sense(before: str, char: str, after: str) -> float:
    if char == "\ufffd" or "\x80" <= char <= "\x9f":
        return -3.0
    near = before.isalpha() or after.isalpha()
    if char.isalpha() and char not in "ªºƒ":
        return (
            _small(before, char, after, near) if char.islower() else -1.0 if before.islower() else 0.8 if near else 0.1
        )
    if before.isalpha() and after.isalpha():
        return 0.7 if char in "’·" else -2.0
    return 0.7 if char in _SIGNS else -0.7


def _small(before: str, char: str, after: str, near: bool) -> float:
    if after.isupper() or (before.isupper() and not after.islower()):
        # A small letter in a word of capitals is hardly any; `Né` may be a word.
        return -1.0 if after.isupper() else 0.3
    return _COMMON.get(char, 0.2) if near else 0.6 if char == "à" else -0.5


def _runs(texts: Sequence[str]) -> float:
    """The share of letters beyond ASCII that stand in long rows: of another alphabet, read as a western one."""
    total = long = 0
    for text in texts:
        for beyond, group in itertools.groupby(text, key=lambda char: char > "\x7f" and char.isalpha()):
            if beyond:
                size = len(list(group))
                total += size
                long += size if size > LONGEST_RUN else 0
    return long / total if total else 0.0


def _other(lines: bytes) -> str | None:
    """What chardet says, where it is an encoding that a guess may name."""
    import codecs

    import chardet

    said = chardet.detect(lines)["encoding"]
    try:
        name = codecs.lookup(said).name if said else ""
        lines.decode(name or "ascii", "ignore")
    except LookupError:
        return None
    return name if name in OTHERS else None
