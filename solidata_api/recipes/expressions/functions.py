"""The allow-list: every function and operator, what it takes, and the type that it gives.

What each does is told by `docs/expressions.md`, and a test finds each there.
"""

from __future__ import annotations

from dataclasses import dataclass

TEXT, INTEGER, NUMBER, BOOLEAN, DATE, DATETIME = TYPES = ("text", "integer", "number", "boolean", "date", "datetime")
#: As `returns`: the one type of all arguments marked `same`, and that of the first argument.
SAME, FIRST = "same", "first"


@dataclass(frozen=True)
class Takes:
    """What an argument may be. Whole numbers are taken for numbers where only those are."""

    types: tuple[str, ...]
    #: All arguments so marked have one type.
    same: bool = False
    #: It is written out in the expression: a `pattern`, a `format`, a `count` or one `character`.
    literal: str = ""


@dataclass(frozen=True)
class Function:
    """A function that expressions may call, or an operator that they may use."""

    name: str
    takes: tuple[Takes, ...]
    returns: str
    #: How many of the last arguments may be left out.
    optional: int = 0
    #: Whether the last argument may be given again.
    repeats: bool = False

    @property
    def counts(self) -> tuple[int, int | None]:
        """How many arguments there are at least and at most."""
        return len(self.takes) - self.optional, None if self.repeats else len(self.takes)


_text, _integer, _number, _boolean = Takes((TEXT,)), Takes((INTEGER,)), Takes((NUMBER,)), Takes((BOOLEAN,))
_date, _moment, _any = Takes((DATE,)), Takes((DATE, DATETIME)), Takes(TYPES)
_numeric, _alike = Takes((INTEGER, NUMBER), same=True), Takes(TYPES, same=True)
_ordered = Takes((TEXT, INTEGER, NUMBER, DATE, DATETIME), same=True)
_either, _readable = Takes((INTEGER, NUMBER)), Takes((TEXT, INTEGER, NUMBER))
_dated = Takes((TEXT, DATE, DATETIME))
_limits = Takes((INTEGER, NUMBER, DATE, DATETIME), same=True)
_pattern, _format = Takes((TEXT,), literal="pattern"), Takes((TEXT,), literal="format")
_count, _character = Takes((INTEGER,), literal="count"), Takes((TEXT,), literal="character")

_OPERATORS = (
    *(Function(sign, (_numeric, _numeric), SAME) for sign in ("+", "-", "*")),
    Function("/", (_number, _number), NUMBER),
    *(Function(sign, (_numeric,), SAME) for sign in ("negate", "plus")),
    Function("&", (_any,), TEXT, repeats=True),
    *(Function(sign, (_alike, _alike), BOOLEAN) for sign in ("=", "!=")),
    *(Function(sign, (_ordered, _ordered), BOOLEAN) for sign in ("<", "<=", ">", ">=")),
    Function("in", (_alike, _alike), BOOLEAN, repeats=True),
    *(Function(word, (_boolean,), BOOLEAN, repeats=True) for word in ("and", "or")),
    Function("not", (_boolean,), BOOLEAN),
)

_CALLABLE = (
    *(Function(name, (_text,), TEXT) for name in ("lower", "upper", "fold", "trim")),
    Function("length", (_text,), INTEGER),
    *(Function(name, (_text, _integer), TEXT) for name in ("left", "right")),
    Function("mid", (_text, _integer, _integer), TEXT, optional=1),
    Function("replace", (_text, _text, _text), TEXT),
    *(Function(name, (_text, _text), BOOLEAN) for name in ("contains", "starts_with", "ends_with")),
    Function("concat", (_any,), TEXT, repeats=True),
    *(Function(name, (_text, _integer, _character), TEXT) for name in ("pad_left", "pad_right")),
    Function("matches", (_text, _pattern), BOOLEAN),
    Function("extract", (_text, _pattern, _count), TEXT, optional=1),
    Function("abs", (_numeric,), SAME),
    Function("round", (_either, _count), INTEGER, optional=1),
    *(Function(name, (_either,), INTEGER) for name in ("floor", "ceil")),
    *(Function(name, (_limits,), SAME, repeats=True) for name in ("min", "max")),
    Function("power", (_number, _number), NUMBER),
    *(Function(name, (_integer, _integer), INTEGER) for name in ("div", "mod")),
    *(Function(name, (_moment,), INTEGER) for name in ("year", "month", "day", "weekday", "quarter")),
    Function("add_days", (_moment, _integer), FIRST),
    Function("days_between", (_date, _date), INTEGER),
    Function("is_blank", (_any,), BOOLEAN),
    Function("coalesce", (_alike,), SAME, repeats=True),
    Function("blank_if", (_alike, _alike), SAME, repeats=True),
    Function("if", (_boolean, _alike, _alike), SAME, optional=1),
    Function("text", (_any,), TEXT),
    Function("integer", (_readable,), INTEGER),
    Function("number", (_readable,), NUMBER),
    Function("boolean", (Takes((TEXT, BOOLEAN)),), BOOLEAN),
    Function("date", (_dated, _format), DATE, optional=1),
    Function("datetime", (_dated,), DATETIME),
)
#: Forms of functions that give another type, by name and number of arguments.
_VARIANTS = {("round", 2): Function("round_to", (_number, _count), NUMBER)}
#: What expressions may call, by name.
FUNCTIONS = {function.name: function for function in _CALLABLE}
_BY_OP = {function.name: function for function in (*_OPERATORS, *_CALLABLE, *_VARIANTS.values())}
#: Calls that are another operation's other spelling.
SPELLINGS = {"concat": "&", "if": "case"}


def operator(name: str) -> Function:
    """The operator, or the function that has a grammar of its own."""
    return _BY_OP[name]


def function(name: str, count: int) -> Function | None:
    """What a call with so many arguments means."""
    return _VARIANTS.get((name, count)) or FUNCTIONS.get(name)
