"""Arguments that are written out: judged, and read, before a row is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from solidata_api.recipes import date_formats
from solidata_api.recipes.expressions.functions import Takes
from solidata_api.recipes.expressions.tree import ExpressionError, Node
from solidata_api.recipes.patterns import pattern
from solidata_api.recipes.readers import READERS, Reader

#: How many decimals numbers are rounded to, at most, and with the minus before the point.
MOST_DIGITS = 15
_NEEDS = {
    "pattern": "an RE2 pattern, written out as text",
    "format": "a format, written out as text",
    "count": "a whole number that is written out",
    "character": "one character that is written out",
}


def judge(name: str, takes: Sequence[Takes], args: Sequence[Node]) -> None:
    """Raise ExpressionError for what has to be written out and is not, or is none of its kind."""
    for n, (take, arg) in enumerate(zip(takes, args, strict=False), start=1):
        if not take.literal:
            continue
        if not arg.is_literal or arg.value is None:
            raise ExpressionError(f"argument {n} of {name} is {_NEEDS[take.literal]}", arg.place)
        fault = _fault(name, take.literal, arg.value, args)
        if fault:
            raise ExpressionError(fault, arg.place)
    if name == "replace" and args[1].is_literal and args[1].value == "":
        raise ExpressionError("it replaces an empty text", args[1].place)
    if name == "date" and len(args) > 1 and args[0].type != "text":
        raise ExpressionError("a format belongs to a text", args[1].place)


def folded(name: str, args: Sequence[Node]) -> Node | None:
    """The literal that a conversion of a written text gives, such as `date("2026-01-31")`."""
    first = args[0]
    if name not in READERS or not first.is_literal or first.type != "text" or first.value is None:
        return None
    try:
        value = reader_of(name, args)(first.value)
    except ValueError as error:
        raise ExpressionError(str(error), first.place) from None
    return replace(first, value=value, type=name)


def reader_of(name: str, args: Sequence[Node]) -> Reader:
    """What reads a text as this type; a date may have a format as its second argument."""
    return date_formats.reader((args[1].value,)) if len(args) > 1 else READERS[name]


def _fault(name: str, kind: str, value: Any, args: Sequence[Node]) -> str:
    if kind == "pattern":
        return _pattern_fault(value)
    if kind == "format":
        return date_formats.format_fault(value)
    if kind == "character":
        return "" if len(value) == 1 else "it is filled up with one character"
    if name == "extract":
        # The pattern before it has been judged.
        groups = pattern(args[1].value).groups
        return "" if 0 <= value <= groups else f"the pattern has {groups} groups, none is number {value}"
    return "" if abs(value) <= MOST_DIGITS else f"it rounds to at most {MOST_DIGITS} digits"


def _pattern_fault(value: str) -> str:
    try:
        pattern(value)
    except ValueError as error:
        return str(error)
    return ""
