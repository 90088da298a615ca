"""Texts as trees: what binds how, where errors point, and that no text whatever raises anything else or takes long."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidata_api.recipes.expressions import ExpressionError, Node, checked, columns_of, parsed
from solidata_api.recipes.expressions.functions import FUNCTIONS
from solidata_api.recipes.expressions.grammar import MAX_DEPTH, MAX_LENGTH
from solidata_api.recipes.rows.expressions.evaluation import Evaluation
from tests.recipes.tables import table

TYPES = {"a": "string", "i": "integer", "n": "number", "b": "boolean", "d": "date", "m": "datetime_utc", "in": "string"}
TABLE = table({"a": ["x", None], "i": [1, 0], "n": [0.5, None], "b": [True, None], "d": [None, None], "m": [None, None],
               "in": ["p", "q"]}, TYPES)  # fmt: skip


def shape(node: Node) -> str:
    """The tree as nested parentheses."""
    if node.op in ("literal", "column"):
        return repr(node.value) if node.op == "literal" else str(node.value)
    name = node.value if node.op == "call" else node.op
    return f"{name}({' '.join(shape(arg) for arg in node.args)})"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a or b and c", "or(a and(b c))"),
        ("a or b or c", "or(a b c)"),
        ("not a and b", "and(not(a) b)"),
        ("not a = b", "not(=(a b))"),
        ("not not a", "not(not(a))"),
        ("a = b & c", "=(a &(b c))"),
        ("a & b + c", "&(a +(b c))"),
        ("a - b - c", "-(-(a b) c)"),
        ("a / b * c", "*(/(a b) c)"),
        ("a + b * c", "+(a *(b c))"),
        ("-a * b", "*(negate(a) b)"),
        ("a - -2", "-(a -2)"),
        ("-(2)", "-2"),
        ("2-1", "-(2 1)"),
        ("a == b", "=(a b)"),
        ("a <> b", "!=(a b)"),
        ("a in (1, 2)", "in(a 1 2)"),
        ("a not in (1)", "not(in(a 1))"),
        ("a + 1 is not blank", "not(is_blank(+(a 1)))"),
        ("a is blank and b", "and(is_blank(a) b)"),
        ("A AND B OR NOT TRUE", "or(and(A B) not(True))"),
        ("f(a, g(), (b))", "f(a g() b)"),
        ("[a b]", "a b"),
        ("[a]]b]", "a]b"),
        ("[and] = 'x'", "=(and 'x')"),
        ("android & order & nothing & isle & inner & blanket & trueish",
         "&(android order nothing isle inner blanket trueish)"),
        ("'it''s'", '"it\'s"'),
        ('""""', "'\"'"),
        ("'a\nb\\n'", "'a\\nb\\\\n'"),
        ("1e3", "1000.0"),
        ("  a  ", "a"),
        ("left", "left"),
        ("région", "région"),
    ],
)  # fmt: skip
def test_what_binds_how(text: str, wanted: str) -> None:
    assert shape(parsed(text)) == wanted


@pytest.mark.parametrize(
    ("text", "character", "said"),
    [
        ("", 1, "the expression is empty"),
        ("   ", 1, "the expression is empty"),
        ("a +", 4, "ends too soon"),
        ("(a", 3, "a parenthesis is not closed"),
        ("left(a, 2", 10, "a parenthesis is not closed"),
        ("a)", 2, "')' can't stand here"),
        ("a b", 3, "'b' can't stand here"),
        ("a = 'x", 5, "this text is not closed"),
        ("[a", 1, "this column name is not closed"),
        ("a ; b", 3, "';' means nothing here"),
        ("1,5 + a", 2, "decimals are written with a point"),
        ("a < b < c", 7, "'<' can't stand here"),
        ("a in b", 6, "'b' can't stand here"),
        ("a in ()", 7, "')' can't stand here"),
        ("a is 3", 6, "'3' can't stand here"),
        ("f(a,)", 5, "')' can't stand here"),
        ("__import__('os').system('ls')", 17, "'.' means nothing here"),
        ("a.b", 2, "'.' means nothing here"),
        ("1 = 1 lambda: 0", 7, "'lambda' can't stand here"),
    ],
)
def test_errors_point_at_the_character(text: str, character: int, said: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        parsed(text)
    assert raised.value.position + 1 == character
    assert said in str(raised.value)
    assert f"(character {character}: " in str(raised.value)


def test_an_error_shows_the_text_around_it() -> None:
    with pytest.raises(ExpressionError) as raised:
        checked("i > 0 and i < 100 and unknown = 1 and i < 1000000", TABLE.schema)
    assert "(character 23: …> 0 and i < 100 and →unknown = 1 and i < …)" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("iii + 1", "unknown column 'iii'; the columns here are a, i, n, b, d, m, in"),
        ("lenght(a)", "unknown function 'lenght'; did you mean 'length'?"),
        ("a(1)", "unknown function 'a'; a column has no parentheses"),
        ("eval(a)", "unknown function 'eval'"),
        ("length", "unknown column 'length'; the function length has its arguments in parentheses"),
        ("i + a", "+ takes integer or number; this is text"),
        ("n * b", "* takes integer or number; this is a boolean"),
        ("i = a", "this is text, before it stands an integer; integer() reads a text, text() writes one"),
        ("b < true", "< takes text or integer or number or date or datetime; this is a boolean"),
        ("not i", "not takes boolean; this is an integer"),
        ("i and b", "and takes boolean; this is an integer"),
        ("if(i, 1, 2)", "if takes boolean; this is an integer"),
        ("if(b, i, a)", "if takes values of one type"),
        ("coalesce(d, m)", "date() and datetime() make one of the other"),
        ("year(a)", "year takes date or datetime; this is text"),
        ("days_between(d, m)", "days_between takes date; this is a datetime"),
        ("upper(i)", "upper takes text; this is an integer"),
        ("round(n, i)", "argument 2 of round is a whole number that is written out"),
        ("round(n, 16)", "at most 15 digits"),
        ("round(n, 1, 2)", "round takes 1 or 2 arguments, not 3"),
        ("coalesce()", "coalesce takes at least 1 argument, not 0"),
        ("min(a)", "min takes integer or number or date or datetime; this is text"),
        ("a in ('x', blank)", "is blank"),
        ("a in ('x', '')", "is blank"),
        ("extract(a, '(x)', 2)", "the pattern has 1 groups, none is number 2"),
        ("matches(a, a)", "argument 2 of matches is an RE2 pattern"),
        ("matches(a, '(?=x)')", "no RE2 pattern"),
        ("pad_left(a, 3, '')", "filled up with one character"),
        ("replace(a, '', 'x')", "it replaces an empty text"),
        ("date(a, '%H')", "%H is unknown"),
        ("date(d, '%d/%m/%Y')", "a format belongs to a text"),
        ("date('2023-02-29')", "it is no day"),
        ("number('12 rue')", "it is no number"),
        ("9223372036854775808", "64 bits"),
        ("1e400", "beyond what a number holds"),
        ("coalesce(blank, blank)", "nothing tells its type"),
        ("blank", "nothing tells its type"),
        ("'i' > 5", "> takes values of one type"),
    ],
)
def test_what_does_not_fit_is_said_before_a_row_is_read(text: str, said: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        checked(text, TABLE.schema)
    assert said in str(raised.value)


def test_the_least_integer_can_be_written() -> None:
    assert checked("-9223372036854775808", TABLE.schema).value == -(2**63)


def test_a_word_of_the_language_in_brackets_is_a_column() -> None:
    assert checked("[in] & a", TABLE.schema).type == "text"


def test_columns_are_told_in_order_of_the_text_and_once() -> None:
    node = checked("if(b, i, length(a)) + i + if(d is blank, 1, 2)", TABLE.schema)
    assert columns_of(node) == ["b", "i", "a", "d"]


def test_length_is_bounded() -> None:
    fits = "a" * MAX_LENGTH
    assert parsed(fits).value == fits
    with pytest.raises(ExpressionError, match=f"at most {MAX_LENGTH} characters, this one {MAX_LENGTH + 1}"):
        parsed(fits + "a")


@pytest.mark.parametrize("part", ["not ", "-(", "upper(", "1 + (", "if(b, "])
def test_depth_is_bounded(part: str) -> None:
    count = MAX_LENGTH // (len(part) + 1) - 1
    for depth in (MAX_DEPTH - 1, MAX_DEPTH, count):
        text = part * depth + "a" + ")" * (depth if "(" in part else 0)
        if depth < MAX_DEPTH:
            assert parsed(text).depth <= MAX_DEPTH
        else:
            with pytest.raises(ExpressionError, match=f"at most {MAX_DEPTH} may stand in one another"):
                parsed(text)


def test_parentheses_are_no_operations_and_long_lists_are_not_deep() -> None:
    assert parsed("(" * 2400 + "a" + ")" * 2400).depth == 1
    assert parsed(" or ".join(["b"] * 800)).depth == 2
    assert parsed("a in (" + ", ".join(["1"] * 1500) + ")").depth == 2


def test_what_is_as_deep_as_may_be_is_computed() -> None:
    text = "1 + (" * (MAX_DEPTH - 2) + "i + n" + ")" * (MAX_DEPTH - 2)
    evaluation = Evaluation(TABLE)
    value = evaluation.of(checked(text, TABLE.schema))
    assert evaluation.column(value.cells, "number").to_pylist() == [MAX_DEPTH - 2 + 1.5, None]


WORDS = [
    *FUNCTIONS, *TYPES, "and", "or", "not", "in", "is", "blank", "true", "false", "(", "(", ")", ")", ",", ",", "+",
    "-", "*", "/", "&", "=", "!=", "<", ">=", "'x'", '"', "'", "[", "]", "1", "0", "2.5", "1e400",
    "99999999999999999999", "''", "é", "\x00", "\u2028", "🙂", "'2024-02-29'", "\\", "%",
]  # fmt: skip


def read(text: str) -> None:
    """Read and, where it fits, compute a text: it gives a value, a reject, or the one error."""
    started = time.perf_counter()
    try:
        node = checked(text, TABLE.schema)
    except ExpressionError as error:
        assert 0 <= error.position <= len(text)
        assert str(error)
    else:
        evaluation = Evaluation(TABLE)
        value = evaluation.of(node)
        assert len(evaluation.column(value.cells, node.type)) == 2
    assert time.perf_counter() - started < 2


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_the_one_error(text: str) -> None:
    read(text)


@settings(max_examples=800, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25))
def test_any_words_are_an_expression_or_the_one_error(words: list[str]) -> None:
    read(" ".join(words))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=10))
def test_words_that_touch_are_too(words: list[str]) -> None:
    read("".join(words))


@pytest.mark.parametrize("seed", range(6))
def test_the_longest_texts_take_no_longer_than_their_length_allows(seed: int) -> None:
    chance = random.Random(seed)
    longest = {
        0: "'" * MAX_LENGTH,
        1: '"' * (MAX_LENGTH - 1),
        2: "[" * MAX_LENGTH,
        3: "9" * MAX_LENGTH,
        4: "a" + " + a" * ((MAX_LENGTH - 1) // 4),
        5: " ".join(chance.choices(WORDS, k=1200))[:MAX_LENGTH],
    }
    read(longest[seed])
