"""The tree of an expression, and the one error that a text which is none raises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_AROUND = 20
_QUOTED = 60


@dataclass(frozen=True)
class Place:
    """A stretch of the text of an expression."""

    text: str
    start: int
    end: int

    def excerpt(self) -> str:
        """The text around the start, an arrow before it."""
        first, last = max(0, self.start - _AROUND), min(len(self.text), self.start + _AROUND)
        before, after = self.text[first : self.start], self.text[self.start : last]
        opening, closing = "…" if first else "", "…" if last < len(self.text) else ""
        return f"{opening}{before}→{after}{closing}"

    def quoted(self) -> str:
        """The stretch itself, shortened."""
        stretch = self.text[self.start : self.end]
        return stretch if len(stretch) <= _QUOTED else f"{stretch[: _QUOTED - 1]}…"


class ExpressionError(Exception):
    """What is wrong with an expression, and where: the message names the character, counted from 1."""

    def __init__(self, said: str, place: Place) -> None:
        super().__init__(f"{said} (character {place.start + 1}: {place.excerpt()})")
        self.said = said
        self.place = place

    @property
    def position(self) -> int:
        return self.place.start


@dataclass(frozen=True, eq=False)
class Node:
    """A literal, a column, or an operation on nodes. `value` is the literal's value or the column's key."""

    op: str
    place: Place
    args: tuple[Node, ...] = ()
    value: Any = None
    #: text, integer, number, boolean, date, datetime; `blank` where nothing tells; "" before it is checked.
    type: str = ""
    depth: int = 1

    @property
    def is_literal(self) -> bool:
        return self.op == "literal"


def operation(op: str, place: Place, *args: Node, kind: str = "") -> Node:
    """A node that knows how deep it is."""
    return Node(op, place, args, None, kind, 1 + max((arg.depth for arg in args), default=0))


def columns_of(*nodes: Node) -> list[str]:
    """The keys of all columns that the nodes read, each once, in order of the text."""
    found: dict[str, None] = {}
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        if node.op == "column":
            found[node.value] = None
        waiting += reversed(node.args)
    return list(found)
