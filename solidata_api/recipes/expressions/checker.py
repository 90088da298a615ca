"""Types of expressions: a tree held against the columns before a row is read."""

from __future__ import annotations

import math
from dataclasses import replace

from solidata_api.domain.hints import meant
from solidata_api.recipes.base import Schema
from solidata_api.recipes.expressions import literals
from solidata_api.recipes.expressions.functions import (
    FIRST,
    FUNCTIONS,
    SAME,
    SPELLINGS,
    TYPES,
    Function,
    Takes,
    function,
    operator,
)
from solidata_api.recipes.expressions.grammar import parsed
from solidata_api.recipes.expressions.tree import ExpressionError, Node, operation

#: Column types as the language has them; the others are text, in canonical form.
_KINDS = {**{kind: kind for kind in TYPES if kind != "text"}, "year": "integer"}
_COMPARING = ("=", "!=", "<", "<=", ">", ">=", "in")
_TO_ASK_BLANK = "nothing equals a blank cell, and an empty text is blank; write `is blank` or `is not blank`"

_UNTOLD = "nothing tells its type; text(blank) is a blank text, number(blank) a number"


def checked(text: str, schema: Schema) -> Node:
    """The typed tree of an expression that reads these columns. Raises ExpressionError where it does not fit."""
    root = _typed(parsed(text), schema)
    if root.type == "blank":
        raise ExpressionError(_UNTOLD, root.place)
    return root


def condition(text: str, schema: Schema) -> Node:
    """A typed tree that is true or false."""
    root = checked(text, schema)
    if root.type != "boolean":
        raise ExpressionError(f"a condition is true or false; this is {_named(root.type)}", root.place)
    return root


def column_type(kind: str) -> str:
    """The type of a column that an expression of this type fills."""
    return "string" if kind == "text" else kind


def shared_type(first: str, second: str) -> str | None:
    """The type that both can be: whole numbers beside numbers are numbers, and blank is of any."""
    if "blank" in (first, second):
        return second if first == "blank" else first
    if {first, second} == {"integer", "number"}:
        return "number"
    return first if first == second else None


def coerced(node: Node, kind: str) -> Node:
    """The node as this type, which `shared_type` gave."""
    if node.type == kind or "blank" in (kind, node.type):
        return replace(node, type=kind)
    if node.is_literal:
        if int(float(node.value)) != node.value:
            raise ExpressionError("as a number it would lose digits", node.place)
        return replace(node, type=kind, value=float(node.value))
    return operation("widen", node.place, node, kind=kind)


def _typed(node: Node, schema: Schema) -> Node:
    if node.is_literal:
        return _literal(node)
    if node.op == "column":
        return _column(node, schema)
    args = tuple(_typed(arg, schema) for arg in node.args)
    name = node.value.lower() if node.op == "call" else node.op
    known = function(name, len(args)) if node.op == "call" else operator(name)
    if known is None:
        raise ExpressionError(_unknown(node.value, schema), node.place)
    _count(known, node)
    return _applied(known, node, args)


def _literal(node: Node) -> Node:
    if node.type == "integer" and not -(2**63) <= node.value < 2**63:
        raise ExpressionError("whole numbers have 64 bits; this one does not fit", node.place)
    if node.type == "number" and not math.isfinite(node.value):
        raise ExpressionError("it is beyond what a number holds", node.place)
    return node


def _column(node: Node, schema: Schema) -> Node:
    key = node.value
    if key not in schema:
        known = ", ".join(schema.keys[:50]) or "none"
        hint = meant(key, schema.keys) or f"; the columns here are {known}"
        if key.lower() in FUNCTIONS:
            hint = f"; the function {key.lower()} has its arguments in parentheses"
        raise ExpressionError(f"unknown column {key[:80]!r}{hint}", node.place)
    return replace(node, type=_KINDS.get(schema[key].type, "text"))


def _unknown(name: str, schema: Schema) -> str:
    hint = meant(name, FUNCTIONS)
    if not hint and name in schema:
        hint = "; a column has no parentheses"
    return f"unknown function {name[:80]!r}{hint or '; known are ' + ', '.join(FUNCTIONS)}"


def _count(known: Function, node: Node) -> None:
    least, most = known.counts
    count = len(node.args)
    if count >= least and (most is None or count <= most):
        return
    told = f"at least {least}" if most is None else str(least) if least == most else f"{least} or {most}"
    one = "argument" if told.endswith("1") else "arguments"
    raise ExpressionError(f"{known.name} takes {told} {one}, not {count}", node.place)


def _applied(known: Function, node: Node, args: tuple[Node, ...]) -> Node:
    takes = [known.takes[min(n, len(known.takes) - 1)] for n in range(len(args))]
    same = _shared(known, [arg for arg, take in zip(args, takes, strict=True) if take.same])
    if same == "blank" and any(take.same for take in takes):
        raise ExpressionError(_UNTOLD, node.place)
    fitted = tuple(
        coerced(arg, same) if take.same else _fitted(known, arg, take) for arg, take in zip(args, takes, strict=True)
    )
    if known.name in _COMPARING:
        for arg in fitted:
            if arg.is_literal and arg.value in (None, ""):
                raise ExpressionError(_TO_ASK_BLANK, arg.place)
    kind = {SAME: same, FIRST: fitted[0].type}.get(known.returns, known.returns)
    if known.name == "if" and len(fitted) == 2:
        fitted = (*fitted, Node("literal", node.place, type=same))
    literals.judge(_shown(known), takes, fitted)
    if known.name == "plus":
        return replace(fitted[0], place=node.place)
    folded = literals.folded(known.name, fitted)
    return folded or operation(SPELLINGS.get(known.name, known.name), node.place, *fitted, kind=kind)


def _shared(known: Function, args: list[Node]) -> str:
    """The one type of these arguments; `blank` where none has one."""
    kind = "blank"
    allowed = next((take.types for take in known.takes if take.same), ())
    for arg in args:
        if arg.type not in (*allowed, "blank"):
            raise ExpressionError(_unfit(known, arg, allowed), arg.place)
        common = shared_type(kind, arg.type)
        if common is None:
            raise ExpressionError(_differing(known, kind, arg), arg.place)
        kind = common
    return kind


def _fitted(known: Function, arg: Node, take: Takes) -> Node:
    if arg.type in take.types:
        return arg
    if arg.type == "blank":
        return replace(arg, type=take.types[0])
    if arg.type == "integer" and "number" in take.types:
        return coerced(arg, "number")
    raise ExpressionError(_unfit(known, arg, take.types), arg.place)


def _unfit(known: Function, arg: Node, allowed: tuple[str, ...]) -> str:
    sentence = f"{_shown(known)} takes {' or '.join(allowed)}; this is {_named(arg.type)}"
    dates = arg.type in ("date", "datetime") and known.name in ("+", "-")
    return sentence + ("; add_days and days_between reckon with dates" if dates else "")


def _differing(known: Function, kind: str, arg: Node) -> str:
    sentence = f"{_shown(known)} takes values of one type; this is {_named(arg.type)}, before it stands {_named(kind)}"
    if "text" in (kind, arg.type):
        other = arg.type if kind == "text" else kind
        return f"{sentence}; {other}() reads a text, text() writes one"
    return f"{sentence}; date() and datetime() make one of the other" if "date" in (kind, arg.type) else sentence


def _shown(known: Function) -> str:
    return {"negate": "the sign", "plus": "the sign", "round_to": "round"}.get(known.name, known.name)


def _named(kind: str) -> str:
    return {"integer": "an integer", "blank": "blank", "text": "text"}.get(kind, f"a {kind}")
