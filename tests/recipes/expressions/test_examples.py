"""Every example of `docs/expressions.md` gives what the page says, and every function has one there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from solidata_api.recipes.base import Misfit
from solidata_api.recipes.expressions.functions import FUNCTIONS
from solidata_api.recipes.expressions.grammar import MAX_DEPTH, MAX_LENGTH
from solidata_api.recipes.rows.expressions.texts import MAX_TEXT
from tests.recipes.tables import Cells, applied, content

PAGE = (Path(__file__).parents[3] / "docs" / "expressions.md").read_text()
#: `expression → value`, `expression ! reason of a reject`, `expression ✗ error`.
_EXAMPLE = re.compile("(.+?) (→|!|✗) (.+)")


def block(kind: str) -> list[str]:
    found = re.findall(f"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return [line for part in found for line in part.splitlines() if line]


def parts_of(line: str) -> tuple[str, str, str]:
    # `!=` is an operator, `!` alone stands before a reason.
    found = _EXAMPLE.fullmatch(line)
    assert found, line
    return found[1], found[2], found[3]


def row() -> tuple[Cells, dict[str, str]]:
    cells: dict[str, list[Any]] = {}
    types: dict[str, str] = {}
    for line in block("row"):
        key, kind, literal = re.fullmatch(r"(\w+): (\w+) = (.+)", line).groups()  # type: ignore[union-attr]
        value = "text(blank)" if literal == "blank" else literal
        cells[key] = value_of({"a": ["x"]}, {}, value)
        types[key] = "datetime_utc" if kind == "datetime" else kind
    return cells, types


def value_of(cells: Cells, types: dict[str, str], text: str) -> list[Any]:
    result = applied({"op": "formula", "column": "result", "expression": text}, cells, types)
    assert not result.report.rejects, text
    return content(result)["result"]


CELLS, TYPES = row()
EXAMPLES = [parts_of(line) for line in block("examples")]


@pytest.mark.parametrize(("text", "wanted"), [(one, other) for one, sign, other in EXAMPLES if sign == "→"])
def test_an_example_gives_what_the_page_says(text: str, wanted: str) -> None:
    found = value_of(CELLS, TYPES, text)
    expected = [None] if wanted == "blank" else value_of({"a": ["x"]}, {}, wanted)
    comparable = [one.replace(tzinfo=None) if hasattr(one, "hour") else one for one in (*found, *expected)]
    assert comparable[0] == comparable[1]
    assert type(comparable[0]) is type(comparable[1])


@pytest.mark.parametrize(("text", "wanted"), [(one, other) for one, sign, other in EXAMPLES if sign == "!"])
def test_an_example_is_a_reject_for_the_reason_that_the_page_says(text: str, wanted: str) -> None:
    result = applied({"op": "formula", "column": "result", "expression": text}, CELLS, TYPES)
    assert content(result)["result"] == [None]
    assert [reject["reason"].split(", in ")[0] for reject in result.report.rejects] == [wanted]


@pytest.mark.parametrize(("text", "wanted"), [(one, other) for one, sign, other in EXAMPLES if sign == "✗"])
def test_an_example_is_refused_in_the_words_of_the_page(text: str, wanted: str) -> None:
    from solidata_api.domain.errors import RecipeMisfit

    with pytest.raises((Misfit, RecipeMisfit)) as raised:
        applied({"op": "formula", "column": "result", "expression": text}, CELLS, TYPES)
    assert raised.value.faults[0].message.startswith(wanted)


def test_every_function_has_an_example_and_a_line() -> None:
    shown = " ".join(text.lower() for text, _, _ in EXAMPLES)
    for name in FUNCTIONS:
        assert f"{name}(" in shown, name
        assert f"`{name}(" in PAGE, name


def test_the_limits_are_as_the_page_says() -> None:
    assert f"more than {MAX_LENGTH:,} characters, or with more than {MAX_DEPTH} operations" in PAGE
    assert f"more than {MAX_TEXT:,} characters" in PAGE
