"""A naive interpreter of the expression language, row by row, and random trees to hold the real one against.

It shares nothing with the product but the readers of text, which have tests of their own.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from solidata_api.domain.folding import fold_text
from solidata_api.recipes.readers import READERS

TYPES = ("text", "integer", "number", "boolean", "date", "datetime")
LEAST, MOST = -(2**63), 2**63 - 1


class Refused(Exception):
    """A row in which the expression can't be computed."""


@dataclass(frozen=True)
class Tree:
    kind: str
    op: str
    args: tuple[Tree, ...] = ()
    value: Any = None


def written(tree: Tree) -> str:
    """The tree as the text of an expression."""
    if tree.op in ("literal", "column"):
        return _literal(tree) if tree.op == "literal" else str(tree.value)
    args = [written(arg) for arg in tree.args]
    if tree.op in ("not", "negate"):
        return _contrary(tree, args[0])
    if tree.op == "in":
        return f"({args[0]} in ({', '.join(args[1:])}))"
    if tree.op == "is blank":
        return f"({args[0]} is blank)"
    if tree.op in BINARY or tree.op in ("and", "or", "&"):
        return "(" + f" {tree.op} ".join(args) + ")"
    return f"{tree.op}({', '.join(args)})"


def _contrary(tree: Tree, arg: str) -> str:
    (of,) = tree.args
    if tree.op == "not" and of.op in ("in", "is blank"):
        asked, *others = (written(one) for one in of.args)
        return f"({asked} not in ({', '.join(others)}))" if others else f"({asked} is not blank)"
    return f"({'not ' if tree.op == 'not' else '-'}{arg})"


def worth(tree: Tree, row: Mapping[str, Any]) -> Any:
    """What the tree is in one row; None is blank. Raises Refused."""
    value = _worth(tree, row)
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and is_zoned(tree) else value


def is_zoned(tree: Tree) -> bool:
    """Whether the moments of a tree are of UTC: all of a column are, or none."""
    if tree.op in ("literal", "column"):
        return tree.value == "z" or isinstance(tree.value, datetime)
    return any(is_zoned(arg) for arg in tree.args if arg.kind == "datetime")


def _worth(tree: Tree, row: Mapping[str, Any]) -> Any:
    if tree.op in ("literal", "column"):
        return tree.value if tree.op == "literal" else row[tree.value]
    if tree.op in LAZY:
        return LAZY[tree.op](tree, row)
    values = [worth(arg, row) for arg in tree.args]
    if tree.op == "is blank":
        return values[0] in (None, "")
    values = _alike(tree, values)
    if tree.op == "in":
        return _within(values)
    if tree.op == "blank_if":
        return None if values[0] is not None and values[0] in values[1:] else values[0]
    if any(value is None for value in values):
        return None
    return _known(tree, values)


def _known(tree: Tree, values: list[Any]) -> Any:
    if tree.op in ("text", "&"):
        return "".join(canonical(value) for value in values)
    if tree.op in ("integer", "number", "boolean", "date", "datetime"):
        return _converted(tree, values)
    found = STRICT[tree.op](*values)
    if tree.kind == "integer" and not LEAST <= found <= MOST:
        raise Refused
    if tree.kind == "number" and (isinstance(found, complex) or not math.isfinite(found)):
        raise Refused
    return found


def _alike(tree: Tree, values: list[Any]) -> list[Any]:
    """Whole numbers beside numbers as numbers, and moments all with a zone or all without."""
    if tree.op in ("round", "&", "text", "add_days", "floor", "ceil") and not (tree.op == "round" and len(values) == 2):
        return values
    numeric = any(arg.kind == "number" for arg in tree.args) or tree.op in ("/", "power", "round")
    if numeric:
        widened = [_widened(value) for value in values]
        return [widened[0], values[1]] if tree.op == "round" else widened
    if any(is_zoned(arg) for arg in tree.args if arg.kind == "datetime"):
        return [value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for value in values]
    return values


def _widened(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        if int(float(value)) != value:
            raise Refused
        return float(value)
    return value


def _within(values: list[Any]) -> bool | None:
    asked, *others = values
    if asked is None:
        return None
    if asked in [other for other in others if other is not None]:
        return True
    return None if None in others else False


def _and(tree: Tree, row: Mapping[str, Any]) -> bool | None:
    return _junction(tree, row, settles=False)


def _or(tree: Tree, row: Mapping[str, Any]) -> bool | None:
    return _junction(tree, row, settles=True)


def _junction(tree: Tree, row: Mapping[str, Any], *, settles: bool) -> bool | None:
    unknown = False
    for arg in tree.args:
        value = worth(arg, row)
        if value is settles:
            return settles
        unknown |= value is None
    return None if unknown else not settles


def _if(tree: Tree, row: Mapping[str, Any]) -> Any:
    condition, *values = tree.args
    chosen = values[0] if worth(condition, row) is True else values[1] if len(values) > 1 else None
    return None if chosen is None else _as(tree.kind, worth(chosen, row))


def _coalesce(tree: Tree, row: Mapping[str, Any]) -> Any:
    *firsts, last = tree.args
    for arg in firsts:
        value = _as(tree.kind, worth(arg, row))
        if value not in (None, ""):
            return value
    return _as(tree.kind, worth(last, row))


def _as(kind: str, value: Any) -> Any:
    return _widened(value) if kind == "number" else value


def canonical(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, float):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _converted(tree: Tree, values: list[Any]) -> Any:
    (value,) = values
    if isinstance(value, str):
        try:
            return READERS[tree.op](value) if value else None
        except ValueError:
            raise Refused from None
    if tree.op == "date":
        return value.date() if isinstance(value, datetime) else value
    if tree.op == "datetime":
        return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    if tree.op == "number":
        return _widened(value)
    if tree.op == "integer":
        if value != int(value) or not LEAST <= int(value) <= MOST:
            raise Refused
        return int(value)
    return value


def _nearest(value: float, digits: int | None = None) -> Any:
    with localcontext() as context:
        context.prec = 1000
        unit = Decimal(1).scaleb(-(digits or 0))
        # People round the decimals that they read; a whole number beyond 2^53 has digits that its double does not show.
        read = Decimal(value) if digits is None else Decimal(repr(value))
        found = read.quantize(unit, rounding=ROUND_HALF_UP)
    return int(found) if digits is None else float(found)


def _mid(text: str, start: int, count: int | None = None) -> str:
    if start < 1 or (count is not None and count < 0):
        raise Refused
    return text[start - 1 :] if count is None else text[start - 1 : start - 1 + count]


def _left(text: str, count: int) -> str:
    return _mid(text, 1, count)


def _right(text: str, count: int) -> str:
    if count < 0:
        raise Refused
    return text[max(0, len(text) - count) :]


def _replaced(text: str, before: str, after: str) -> str:
    if not before:
        raise Refused
    return after.join(text.split(before))


def _divided(first: float, second: float) -> float:
    if second == 0:
        raise Refused
    return first / second


def _floored(first: int, second: int) -> tuple[int, int]:
    if second == 0:
        raise Refused
    quotient = math.floor(Decimal(first) / Decimal(second)) if abs(first) < 10**6 > abs(second) else first // second
    return quotient, first - second * quotient


def _power(first: float, second: float) -> Any:
    try:
        return first**second
    except (OverflowError, ZeroDivisionError):
        raise Refused from None


def _later(day: Any, count: int) -> Any:
    try:
        found = day + timedelta(days=count)
    except OverflowError:
        raise Refused from None
    return found


def _extracted(text: str, pattern: str) -> str | None:
    found = re.search(pattern, text)
    return found.group(1) if found else None


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda first, second: first + second,
    "-": lambda first, second: first - second,
    "*": lambda first, second: first * second,
    "/": _divided,
    "=": lambda first, second: first == second,
    "!=": lambda first, second: first != second,
    "<": lambda first, second: first < second,
    "<=": lambda first, second: first <= second,
    ">": lambda first, second: first > second,
    ">=": lambda first, second: first >= second,
}
STRICT: dict[str, Callable[..., Any]] = {
    **BINARY,
    "not": lambda value: not value,
    "negate": lambda value: -value,
    "abs": abs,
    "min": min,
    "max": max,
    "round": _nearest,
    "floor": math.floor,
    "ceil": math.ceil,
    "power": _power,
    "div": lambda first, second: _floored(first, second)[0],
    "mod": lambda first, second: _floored(first, second)[1],
    "lower": str.lower,
    "upper": str.upper,
    "fold": fold_text,
    "trim": str.strip,
    "length": len,
    "left": _left,
    "right": _right,
    "mid": _mid,
    "replace": _replaced,
    "contains": lambda text, part: part in text,
    "starts_with": lambda text, part: text.startswith(part),
    "ends_with": lambda text, part: text.endswith(part),
    "pad_left": lambda text, width, fill: fill * (width - len(text)) + text,
    "pad_right": lambda text, width, fill: text + fill * (width - len(text)),
    "matches": lambda text, pattern: re.fullmatch(pattern, text) is not None,
    "extract": _extracted,
    "year": lambda day: day.year,
    "month": lambda day: day.month,
    "day": lambda day: day.day,
    "weekday": lambda day: day.isoweekday(),
    "quarter": lambda day: (day.month + 2) // 3,
    "add_days": _later,
    "days_between": lambda first, second: (second - first).days,
}
LAZY: dict[str, Callable[[Tree, Mapping[str, Any]], Any]] = {"and": _and, "or": _or, "if": _if, "coalesce": _coalesce}


def _literal(tree: Tree) -> str:
    value = tree.value
    if value is None:
        return "blank"
    if tree.kind == "text":
        quote = "'" if '"' in value else '"'
        return quote + value.replace(quote, quote * 2) + quote
    if tree.kind == "boolean":
        return "true" if value else "false"
    if tree.kind in ("date", "datetime"):
        return f'{tree.kind}("{canonical(value)}")'
    return repr(value)


#: Operations by the type they give: name, and the types of its arguments. `same` stands for one of the types behind it.
SHAPES: dict[str, list[tuple[str, list[str]]]] = {
    "text": [
        *((name, ["text"]) for name in ("lower", "upper", "fold", "trim")),
        *((name, ["text", "small"]) for name in ("left", "right", "mid")),
        ("mid", ["text", "small", "small"]), ("replace", ["text", "text", "text"]),
        ("&", ["any", "any"]), ("&", ["any", "any", "any"]), ("text", ["any"]), ("extract", ["text", "pattern"]),
        ("coalesce", ["text", "emptied", "text"]), ("coalesce", ["text", "emptied"]),
        ("pad_left", ["text", "small", "character"]), ("pad_right", ["text", "small", "character"]),
    ],
    "integer": [
        *((name, ["integer", "integer"]) for name in ("+", "-", "*", "div", "mod", "min", "max")),
        *((name, ["integer"]) for name in ("negate", "abs", "round", "floor", "integer")),
        *((name, ["number"]) for name in ("round", "floor", "ceil", "integer")),
        *((name, [kind]) for name in ("year", "month", "day", "weekday", "quarter") for kind in ("date", "datetime")),
        ("days_between", ["date", "date"]), ("length", ["text"]), ("integer", ["read"]),
    ],
    "number": [
        *((name, ["number", kind]) for name in ("+", "-", "*", "/", "min", "max", "power")
          for kind in ("integer", "number")),
        ("/", ["integer", "integer"]), ("round", ["number", "digits"]), ("number", ["integer"]), ("number", ["read"]),
        *((name, ["number"]) for name in ("negate", "abs")),
    ],
    "boolean": [
        *((sign, [kind, kind]) for sign in ("=", "!=") for kind in TYPES),
        *((sign, [kind, kind]) for sign in ("<", "<=", ">", ">=") for kind in TYPES if kind != "boolean"),
        *((sign, ["integer", "number"]) for sign in ("=", "<", ">=")),
        *((word, ["boolean"] * n) for word in ("and", "or") for n in (2, 2, 2, 3)),
        *(("not", [take]) for take in ("boolean", "boolean", "asked")), ("is blank", ["any"]), ("boolean", ["boolean"]),
        *((name, ["text", "text"]) for name in ("contains", "starts_with", "ends_with")),
        ("matches", ["text", "pattern"]),
        *(("in", [kind] * n) for kind in TYPES for n in (2, 4)),
        *(("in", [kind, f"written {kind}", f"written {kind}"]) for kind in TYPES),
    ],
    "date": [
        ("add_days", ["date", "integer"]), ("add_days", ["date", "small"]), ("date", ["datetime"]), ("date", ["date"]),
        ("min", ["date", "date"]), ("date", ["read"]),
    ],
    "datetime": [
        ("add_days", ["datetime", "small"]), ("datetime", ["date"]), ("max", ["datetime", "datetime"]),
        ("min", ["datetime", "datetime"]),
    ],
}  # fmt: skip
COMPARING = ("=", "!=", "<", "<=", ">", ">=", "in")
TEXTS = ("", "a", "Évreux", "aé", "12", "1 234", "12,5", " a ", "🙂x", "ß", "2024-02-29", "l'île", 'say "x"', "oui")
NUMBERS = (0.0, 1.0, -2.5, 0.5, 1.005, 2.675, -0.1, 1e300, 1e-300, 12.0, 9.2e18, 123456.789)
INTEGERS = (0, 1, -1, 2, 3, 7, -12, 2**31, 2**53 + 1, LEAST + 1, MOST, 100)
DAYS = (date(1, 1, 1), date(1969, 12, 31), date(2024, 2, 29), date(2024, 12, 30), date(9999, 12, 31))
MOMENTS = tuple(datetime(day.year, day.month, day.day, 23, 59, 59, 999999) for day in DAYS)
POOLS: dict[str, Sequence[Any]] = {
    "text": TEXTS,
    "integer": INTEGERS,
    "number": NUMBERS,
    "boolean": (True, False),
    "date": DAYS,
    "datetime": MOMENTS,
}
#: Columns by type; `z` has the zone UTC.
COLUMNS = {
    "text": ("s", "t"), "integer": ("i", "j"), "number": ("n",), "boolean": ("b", "c"), "date": ("d",),
    "datetime": ("m", "z"),
}  # fmt: skip
_PATTERNS = ("([a-zé]+)", "(.)", "([0-9]{2})", "(é)?", "(.*)")


def random_tree(chance: random.Random, kind: str, depth: int) -> Tree:
    """A tree of a type, that its checker takes."""
    if depth == 0 or chance.random() < 0.15:
        return _leaf(chance, kind)
    if chance.random() < 0.25:
        return _choosing(chance, kind, depth)
    op, takes = chance.choice(SHAPES[kind])
    args = tuple(_argument(chance, op, take, depth - 1) for take in takes)
    return Tree(kind, op, args)


def random_rows(chance: random.Random, count: int) -> list[dict[str, Any]]:
    """Rows whose cells hold what is awkward, and blanks."""
    keys = [(key, kind) for kind, names in COLUMNS.items() for key in names]
    return [{key: _cell(chance, key, kind) for key, kind in keys} for _ in range(count)]


def _cell(chance: random.Random, key: str, kind: str) -> Any:
    # An empty text is no cell.
    value = None if chance.random() < 0.25 else chance.choice(POOLS[kind]) or (None if kind == "text" else 0)
    if kind == "boolean" and value == 0 and value is not None:
        return False
    if kind == "number" and value == 0 and value is not None:
        return 0.0
    return value.replace(tzinfo=UTC) if key == "z" and value is not None else value


def _leaf(chance: random.Random, kind: str) -> Tree:
    if chance.random() < 0.7:
        return Tree(kind, "column", (), chance.choice(COLUMNS[kind]))
    return Tree(kind, "literal", (), _written_value(chance, kind))


def _written_value(chance: random.Random, kind: str) -> Any:
    # A whole number that is written beside numbers has to be one of those.
    value = chance.choice([one for one in POOLS[kind] if kind != "integer" or one == float(one)])
    return value.replace(tzinfo=UTC) if kind == "datetime" else value


def _choosing(chance: random.Random, kind: str, depth: int) -> Tree:
    def one(wanted: str) -> Tree:
        return random_tree(chance, wanted, depth - 1)

    other = "integer" if kind == "number" and chance.random() < 0.3 else kind
    if chance.random() < 0.5:
        values = [one(kind), one(other) if chance.random() < 0.8 else Tree(kind, "literal")]
        return Tree(kind, "if", (one("boolean"), *values[: chance.choice([1, 2, 2])]))
    op = chance.choice(["coalesce", "blank_if"])
    return Tree(kind, op, (one(kind), *(one(other) for _ in range(chance.choice([1, 1, 2])))))


def _argument(chance: random.Random, op: str, take: str, depth: int) -> Tree:
    fixed = {
        "pattern": lambda: Tree("text", "literal", (), chance.choice(_PATTERNS)),
        "character": lambda: Tree("text", "literal", (), chance.choice("0é ")),
        "digits": lambda: Tree("integer", "literal", (), chance.choice([0, 1, 2, -2, 15])),
        "emptied": lambda: Tree("text", "trim", (Tree("text", "literal", (), "  "),)),
        "read": lambda: Tree("text", "column", (), chance.choice("st")),
    }
    if take in fixed:
        return fixed[take]()
    if take == "asked":
        return Tree("boolean", *_shaped(chance, chance.choice(["in", "is blank"]), depth))
    if take.startswith("written "):
        kind = take.removeprefix("written ")
        # An empty text is refused there: nothing equals it.
        return Tree(kind, "literal", (), _written_value(chance, kind) or chance.choice(POOLS[kind][1:2]))
    if take == "small":
        leaf = Tree("integer", "literal", (), chance.randint(-1, 5))
        return leaf if chance.random() < 0.7 else Tree("integer", "length", (random_tree(chance, "text", 0),))
    kind = chance.choice(TYPES) if take == "any" else take
    found = random_tree(chance, kind, depth)
    is_plain = found.op == "literal" and ((op in COMPARING and found.value == "") or op == "replace")
    return Tree("text", "column", (), "s") if is_plain else found


def _shaped(chance: random.Random, op: str, depth: int) -> tuple[str, tuple[Tree, ...]]:
    """An operation of this name and its arguments."""
    takes = chance.choice([shape[1] for shape in SHAPES["boolean"] if shape[0] == op])
    return op, tuple(_argument(chance, op, take, max(depth - 1, 0)) for take in takes)
