"""JMESPath expressions that people send: checked before a row is read, and evaluated within bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from jmespath.visitor import TreeInterpreter

LONGEST = 500
#: What one cell may cost: so many values looked at or made, and some for each character that it holds.
_STEPS, _BY_CHARACTER = 100_000, 4
#: Nodes whose result is made, not found: `[@,@]|[@,@]|…` doubles it at each turn.
_MAKING = frozenset(
    [
        *("multi_select_list", "multi_select_dict", "flatten", "projection", "value_projection", "filter_projection"),
        "function_expression",
    ]
)  # fmt: skip


def path_fault(expression: str) -> str:
    """Why an expression can't be used, or nothing."""
    if len(expression) > LONGEST:
        return f"a path has at most {LONGEST} characters, this one {len(expression)}"
    try:
        parsed = jmespath.compile(expression).parsed
        return next((fault for node in _nodes(parsed) if (fault := _call_fault(node))), "")
    except (JMESPathError, RecursionError) as error:
        return f"it is no JMESPath: {' '.join(str(error).split())[:200] or 'it is nested too deep'}"


def read_json(text: str) -> Any:
    """The JSON value of a text. Raises ValueError where it is none; not-a-number and infinity are no JSON."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ValueError("it is not written in JSON") from None


def found_in(value: Any, expression: str, size: int) -> Any:
    """What a path finds in a JSON value that was a text of this size. Raises ValueError where it does not fit it."""
    try:
        return _Bounded(_STEPS + _BY_CHARACTER * size).visit(jmespath.compile(expression).parsed, value)
    except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())[:200]) from None


def dumped(value: Any) -> str:
    """A value as JSON without spaces, as imports write it. Raises ValueError for what JSON can't say."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, RecursionError):
        raise ValueError("the path finds no JSON value") from None
    return encodable(text)


def encodable(text: str) -> str:
    """The text; raises ValueError where it holds half of a character (`"\\ud83d"`), which no file can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("it holds half of a character") from None
    return text


class _Bounded(TreeInterpreter):  # type: ignore[misc]  # jmespath has no types
    """Evaluates a path, and stops where that costs more than the cell may."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._left = steps

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        result = super().visit(node, *args, **kwargs)
        self._left -= _weight(result, self._left) if node["type"] in _MAKING else 1
        if self._left < 0:
            raise ValueError("the path makes more of it than may be")
        return result


def _weight(value: Any, most: int) -> int:
    """How many values a value holds, long texts counted by their length; no further than `most`."""
    waiting, weight = [value], 0
    while waiting and weight <= most:
        one = waiting.pop()
        weight += 1 + (len(one) >> 6 if isinstance(one, str) else 0)
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()
    return weight


def _nodes(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield node
        for child in node["children"]:
            yield from _nodes(child)


def _call_fault(node: Any) -> str:
    """Unknown functions and wrong numbers of arguments, which jmespath itself only tells with a value at hand."""
    if node["type"] != "function_expression":
        return ""
    name, given = node["value"], len(node["children"])
    known = Functions.FUNCTION_TABLE.get(name)
    if known is None:
        return f"unknown function {name}(); known are {', '.join(sorted(Functions.FUNCTION_TABLE))}"
    wanted = len(known["signature"])
    is_open = bool(wanted) and known["signature"][-1].get("variadic")
    fits = given >= wanted if is_open else given == wanted
    return "" if fits else f"{name}() takes {wanted}{' or more' if is_open else ''} arguments, not {given}"


def _refuse(name: str) -> Any:
    raise ValueError(name)
