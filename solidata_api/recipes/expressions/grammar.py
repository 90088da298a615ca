"""The grammar of expressions, and their text as a tree.

The parser is LALR(1), so its time is linear in the text and it does not recurse.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from solidata_api.recipes.expressions.tree import ExpressionError, Node, Place, operation

if TYPE_CHECKING:
    from lark import Lark

#: How long an expression is, and how deep its operations stand in one another.
MAX_LENGTH = 5000
MAX_DEPTH = 100

GRAMMAR = r"""
?start: or_
?or_: and_ (OR and_)*
?and_: not_ (AND not_)*
?not_: NOT not_                               -> negation
    | comparison
?comparison: joined
    | joined COMPARED joined                  -> compared
    | joined IN "(" or_ ("," or_)* ")"        -> within
    | joined NOT IN "(" or_ ("," or_)* ")"    -> within
    | joined IS BLANK                         -> is_blank
    | joined IS NOT BLANK                     -> is_blank
?joined: sum_ ("&" sum_)*
?sum_: product
    | sum_ (PLUS | MINUS) product             -> arithmetic
?product: factor
    | product (TIMES | DIVIDED) factor        -> arithmetic
?factor: (PLUS | MINUS) factor                -> signed
    | atom
?atom: NUMBER                                 -> number
    | TEXT                                    -> text_
    | TRUE                                    -> constant
    | FALSE                                   -> constant
    | BLANK                                   -> constant
    | NAME                                    -> column
    | QUOTED                                  -> quoted_column
    | NAME "(" [or_ ("," or_)*] ")"           -> call
    | "(" or_ ")"                             -> group

OR.2: /or\b/i
AND.2: /and\b/i
NOT.2: /not\b/i
IN.2: /in\b/i
IS.2: /is\b/i
BLANK.2: /blank\b/i
TRUE.2: /true\b/i
FALSE.2: /false\b/i
NAME: /[^\W\d]\w*/
QUOTED: /\[(?:[^\]]|\]\])+\]/
NUMBER: /[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/
TEXT: /"(?:[^"]|"")*"|'(?:[^']|'')*'/
COMPARED: "==" | "=" | "!=" | "<>" | "<=" | ">=" | "<" | ">"
PLUS: "+"
MINUS: "-"
TIMES: "*"
DIVIDED: "/"
%ignore /\s+/
"""
_SAME = {"==": "=", "<>": "!="}
_CONSTANTS = {"true": (True, "boolean"), "false": (False, "boolean"), "blank": (None, "blank")}


@lru_cache(maxsize=512)
def parsed(text: str) -> Node:
    """The tree of an expression. Raises ExpressionError, and nothing else, whatever the text."""
    from lark.exceptions import UnexpectedInput

    if len(text) > MAX_LENGTH:
        said = f"an expression has at most {MAX_LENGTH} characters, this one {len(text)}"
        raise ExpressionError(said, Place(text, MAX_LENGTH, MAX_LENGTH))
    try:
        children = _parser().parse(text)
        root = _Builder(text).built(children)
    except UnexpectedInput as error:
        raise _misread(text, error) from None
    _limit(root)
    return root


@lru_cache(maxsize=1)
def _parser() -> Lark:
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", lexer="basic", keep_all_tokens=True, maybe_placeholders=False)


class _Builder:
    """Makes our nodes of lark's, leaves first and without recursion."""

    def __init__(self, text: str) -> None:
        self.text = text

    def built(self, root: Any) -> Node:
        """The tree below lark's root."""
        done: list[Any] = []
        waiting: list[tuple[Any, bool]] = [(root, False)]
        while waiting:
            tree, is_ready = waiting.pop()
            if not hasattr(tree, "children"):
                done.append(tree)
            elif is_ready:
                count = len(tree.children)
                parts = done[len(done) - count :]
                del done[len(done) - count :]
                done.append(self._node(str(tree.data), parts))
            else:
                waiting.append((tree, True))
                waiting += [(child, False) for child in reversed(tree.children)]
        return done[0]

    def _node(self, rule: str, parts: list[Any]) -> Node:
        place = Place(self.text, _start(parts[0]), _end(parts[-1]))
        made: Node = getattr(self, rule)(place, parts)
        return made

    def or_(self, place: Place, parts: list[Any]) -> Node:
        return operation("or", place, *_nodes(parts))

    def and_(self, place: Place, parts: list[Any]) -> Node:
        return operation("and", place, *_nodes(parts))

    def joined(self, place: Place, parts: list[Any]) -> Node:
        return operation("&", place, *_nodes(parts))

    def negation(self, place: Place, parts: list[Any]) -> Node:
        return operation("not", place, parts[1])

    def compared(self, place: Place, parts: list[Any]) -> Node:
        sign = str(parts[1])
        return operation(_SAME.get(sign, sign), place, parts[0], parts[2])

    def within(self, place: Place, parts: list[Any]) -> Node:
        found = operation("in", place, *_nodes(parts))
        return operation("not", place, found) if parts[1].type == "NOT" else found

    def is_blank(self, place: Place, parts: list[Any]) -> Node:
        found = operation("is_blank", place, parts[0])
        return operation("not", place, found) if parts[2].type == "NOT" else found

    def arithmetic(self, place: Place, parts: list[Any]) -> Node:
        return operation(str(parts[1]), place, parts[0], parts[2])

    def signed(self, place: Place, parts: list[Any]) -> Node:
        of = parts[1]
        if of.is_literal and of.type in ("integer", "number"):
            return replace(of, place=place, value=-of.value if parts[0] == "-" else of.value)
        return operation("negate" if parts[0] == "-" else "plus", place, of)

    def number(self, place: Place, parts: list[Any]) -> Node:
        digits = str(parts[0])
        if digits.isdigit():
            # Beyond what fits in 64 bits by far: `int` takes quadratic time.
            value = int(digits) if len(digits) < 100 else 10**100
            return Node("literal", place, (), value, "integer")
        return Node("literal", place, (), float(digits), "number")

    def text_(self, place: Place, parts: list[Any]) -> Node:
        quote, inside = parts[0][0], str(parts[0][1:-1])
        return Node("literal", place, (), inside.replace(quote * 2, quote), "text")

    def constant(self, place: Place, parts: list[Any]) -> Node:
        value, kind = _CONSTANTS[str(parts[0]).lower()]
        return Node("literal", place, (), value, kind)

    def column(self, place: Place, parts: list[Any]) -> Node:
        return Node("column", place, (), str(parts[0]))

    def quoted_column(self, place: Place, parts: list[Any]) -> Node:
        return Node("column", place, (), str(parts[0][1:-1]).replace("]]", "]"))

    def call(self, place: Place, parts: list[Any]) -> Node:
        return replace(operation("call", place, *_nodes(parts)), value=str(parts[0]))

    def group(self, place: Place, parts: list[Any]) -> Node:
        return replace(parts[1], place=place)


def _nodes(parts: list[Any]) -> list[Node]:
    return [part for part in parts if isinstance(part, Node)]


def _start(part: Any) -> int:
    return part.place.start if isinstance(part, Node) else part.start_pos


def _end(part: Any) -> int:
    return part.place.end if isinstance(part, Node) else part.end_pos


def _misread(text: str, error: Any) -> ExpressionError:
    """The error of lark in the words of people who write formulas."""
    token = getattr(error, "token", None)
    if token is not None and token.type == "$END":
        place = Place(text, len(text.rstrip()), len(text))
        said = "the expression is empty" if not text.strip() else "the expression ends too soon"
        return ExpressionError(f"{said}{_unclosed(error)}", place)
    start = error.pos_in_stream if token is None else token.start_pos
    char = text[start]
    place = Place(text, start, start + 1)
    if token is None:
        hints = {'"': "this text is not closed", "'": "this text is not closed", "[": "this column name is not closed"}
        return ExpressionError(hints.get(char, f"{char!r} means nothing here"), place)
    if char == "," and text[:start][-1:].isdigit() and text[start + 1 : start + 2].isdigit():
        return ExpressionError("decimals are written with a point", place)
    return ExpressionError(f"{str(token)[:40]!r} can't stand here", place)


def _unclosed(error: Any) -> str:
    return ": a parenthesis is not closed" if "RPAR" in (error.accepts or ()) else ""


def _limit(root: Node) -> None:
    if root.depth <= MAX_DEPTH:
        return
    node = root
    while node.args:
        node = max(node.args, key=lambda arg: arg.depth)
    said = f"the expression is {root.depth} operations deep here; at most {MAX_DEPTH} may stand in one another"
    raise ExpressionError(said, node.place)
