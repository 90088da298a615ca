"""UTF-8 that somebody read as cp1252 and wrote as UTF-8 again, `Ã©` for `é`: told, and never changed by itself.

What stands in a file may be meant: it is for its people to say (a recipe can replace it, or they send a better file).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

BLOCK = 1 << 20
#: Rows that are told one by one; all are counted.
KEPT = 20
#: What `Â`, `Ã` and `â€` are in UTF-8, each with a byte of it that is rare and found fast.
_SIGNS = tuple((text.encode(), byte) for text, byte in (("Ã", b"\x83"), ("Â", b"\x82"), ("â€", b"\x82")))


def _as_byte(char: str) -> int:
    # What cp1252 leaves free stands for itself.
    return (char.encode("cp1252", "ignore") or char.encode("latin-1"))[0]


_LATER = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xC0))
_TWICE = re.compile(f"[ÂÃ][{re.escape(_LATER)}]|â€[{re.escape(_LATER)}]|Å[’“]")
_WORD = re.compile(r"[^\s;,|\"]*")


def find(path: Path, encoding: str, errors: str) -> dict[str, Any] | None:
    """How many lines of a file have it, the first of them, and a word with what was meant; None where there is none."""
    if not encoding.lower().replace("_", "-").startswith("utf-8") or not _may_have(path):
        return None
    count, rows, text = 0, list[int](), ""
    with path.open(encoding=encoding, errors=errors, newline="") as file:
        for row, line in enumerate(file, start=1):
            found = None if line.isascii() else _TWICE.search(line)
            if found:
                count, text = count + 1, text or _word(line, found.start())
                rows += [row] if count <= KEPT else []
    return {"count": count, "rows": rows, "text": text, "meant": meant(text)} if count else None


def meant(text: str) -> str:
    """A text with what it was before it was read twice."""
    return _TWICE.sub(lambda found: bytes(map(_as_byte, found[0])).decode(), text)


def _may_have(path: Path) -> bool:
    with path.open("rb") as file:
        before = b""
        while block := file.read(BLOCK):
            if any(sign in before + block[:8] or (rare in block and sign in block) for sign, rare in _SIGNS):
                return True
            before = block[-8:]
    return False


def _word(line: str, at: int) -> str:
    start = max((line.rfind(sign, 0, at) for sign in ' \t;,|"'), default=-1) + 1
    found = _WORD.match(line, start)
    return found[0][:80] if found else ""
