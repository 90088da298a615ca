"""JSON read through a window: the members and elements of one value at a time, however long the file is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from solidata_api.domain.errors import NotATable, TooLarge
from solidata_api.formats.json_values import decoder

BLOCK = 1 << 20
#: One element of a list, or one value of an object that is no list, is read whole.
LONGEST = 64 << 20
#: An error so near to the end of the window may be the window's.
NEAR = 32
_SPACE = re.compile(r"[ \t\r\n\ufeff]*")
_NEXT = re.compile(r"[ \t\r\n]*,[ \t\r\n]*")


class Window:
    """A piece of a JSON text; what is read is left behind."""

    def __init__(self, file: TextIO) -> None:
        self.file, self.text, self.at, self.ended = file, "", 0, False
        #: Where the window begins in the file: its line, and how many characters of that are left behind.
        self.lines, self.before = 1, 0
        self._scan = decoder().scan_once  # type: ignore[attr-defined] # the method of raw_decode, in C
        self._more()

    def peek(self) -> str:
        """The next character that is no space; nothing at the end."""
        while True:
            found = _SPACE.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if self.ended:
                return ""
            self._more()

    def take(self, wanted: str) -> None:
        """Go over a character that has to come; raises NotATable."""
        if self.peek() != wanted:
            raise self._broken(f"{wanted} is missing", self.at)
        self.at += 1

    def value(self) -> Any:
        """The value that comes, read whole; raises NotATable, TooLarge."""
        self.peek()
        while True:
            try:
                value, end = self._scan(self.text, self.at)
            except (json.JSONDecodeError, StopIteration) as error:
                self._grow_or_raise(error)
            except RecursionError:
                raise TooLarge("The JSON is nested too deep: lists in lists, or objects in objects.") from None
            else:
                # A number at the end of the window may go on.
                if end < len(self.text) or self.ended or isinstance(value, list | dict):
                    self.at = end
                    return value
                self._more()

    def members(self) -> Iterator[str]:
        """The names of the object that comes; who asks takes the value of each before the next."""
        self.take("{")
        if self.peek() == "}":
            self.at += 1
            return
        while True:
            if self.peek() != '"':
                raise self._broken("a name in double quotes is missing", self.at)
            name = self.value()
            self.take(":")
            yield name
            if self.peek() == "}":
                self.at += 1
                return
            self.take(",")

    def elements(self) -> Iterator[Any]:
        """The elements of the list that comes."""
        self.take("[")
        if self.peek() == "]":
            self.at += 1
            return
        while True:
            yield self._element()
            found = _NEXT.match(self.text, self.at)
            if found and found.end() < len(self.text):
                self.at = found.end()
                continue
            if self.peek() == "]":
                self.at += 1
                return
            self.take(",")

    def _element(self) -> Any:
        """The value that comes: read straight away where it stands there whole, as most do."""
        try:
            value, end = self._scan(self.text, self.at)
        except (json.JSONDecodeError, StopIteration, RecursionError):
            return self.value()
        if end == len(self.text):
            return self.value()
        self.at = end
        return value

    def _more(self) -> None:
        block = self.file.read(max(BLOCK, len(self.text) - self.at))
        self.ended = not block
        last = self.text.rfind("\n", 0, self.at)
        self.lines += self.text.count("\n", 0, self.at)
        self.before = self.before + self.at if last < 0 else self.at - last - 1
        self.text, self.at = self.text[self.at :] + block, 0
        if len(self.text) > LONGEST + BLOCK:
            raise TooLarge(f"A value in line {self.lines} is longer than {LONGEST >> 20} MB; such are not read.")

    def _grow_or_raise(self, error: json.JSONDecodeError | StopIteration) -> None:
        place = error.pos if isinstance(error, json.JSONDecodeError) else error.value
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "a value is missing"
        is_cut = place >= len(self.text) - NEAR or reason.startswith("Unterminated")
        if self.ended or not is_cut:
            raise self._broken(reason, place) from None
        self._more()

    def _broken(self, reason: str, at: int) -> NotATable:
        line = self.lines + self.text.count("\n", 0, at)
        last = self.text.rfind("\n", 0, at)
        column = self.before + at + 1 if last < 0 else at - last
        return NotATable(f"The file looks like JSON, but is none: {reason} in line {line}, column {column}.")
