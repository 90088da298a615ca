"""`pseudonymise`: something that stands for a value where the value itself must not."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

import pytest

from solidata_api.recipes.base import Misfit, Tools
from solidata_api.recipes.parse import parse
from solidata_api.recipes.pseudonyms import key_of
from solidata_api.recipes.run import run
from tests.recipes.laws import Law
from tests.recipes.tables import KEY, applied, built, content, fields, source, table

STEP = {"op": "pseudonymise", "columns": ["a"]}
SECRET = b"a secret"
LAW = Law(
    [STEP, {"op": "pseudonymise", "columns": ["a", "b"]}],
    {"a": "string", "b": "number"},
    tools={"pseudonym_key": SECRET},
)


def test_it_is_a_keyed_hash_of_the_canonical_text() -> None:
    result = applied(STEP, {"a": ["jean@example.org", None]}, pseudonym_key=SECRET)
    expected = hmac.new(SECRET, b"jean@example.org", hashlib.sha256).hexdigest()[:32]
    assert content(result)["a"] == [expected, None]
    assert result.report.cells_changed == 1


def test_equal_values_have_equal_pseudonyms_in_all_columns_whatever_their_type() -> None:
    data = {"a": ["12", "é"], "b": [12, 13]}
    found = content(
        applied({"op": "pseudonymise", "columns": ["a", "b"]}, data, {"b": "integer"}, pseudonym_key=SECRET)
    )
    assert found["a"][0] == found["b"][0]
    assert len({*found["a"], *found["b"]}) == 3


def test_another_key_gives_another_pseudonym() -> None:
    one, other = (content(applied(STEP, {"a": ["x"]}, pseudonym_key=key))["a"] for key in (b"1", b"2"))
    assert one != other


def test_without_a_key_there_is_none() -> None:
    with pytest.raises(LookupError, match="no key"):
        applied(STEP, {"a": ["x"]})


def test_columns_become_text_without_a_format_and_keep_their_sources() -> None:
    before = table({"a": [], "b": []}, {"a": "integer"}).schema
    before = before.with_columns(replace(before["a"], title="A", format="siren"))
    after = parse([STEP])[0].schema_after(before)
    assert (after["a"].type, after["a"].format, after["a"].title) == ("string", None, "A")
    assert after["a"].sources == {("s", "a")}
    with pytest.raises(Misfit, match="unknown column 'x'"):
        parse([{"op": "pseudonymise", "columns": ["x"]}])[0].schema_after(before)


def test_two_builds_of_a_project_have_the_same_and_nothing_tells_of_the_value_or_the_key() -> None:
    steps = [STEP, {"op": "to_integer", "columns": ["a"], "on_error": "keep"}]
    builds = [built([source("s", {"a": ["jean@example.org", "x"]}, chunk=size)], steps, fields("a")) for size in (0, 1)]
    assert builds[0].content["a"] == builds[1].content["a"]
    assert "jean" not in str(builds[0].report)
    assert builds[0].report["steps"][2]["rejects"]["items"][0]["value"] == builds[0].content["a"][0]


def test_the_key_is_of_the_dataset_and_is_no_row_key() -> None:
    result = run([source("s", {"a": ["x"]})], parse([STEP]), fields("a"), Tools())
    list(result.chunks(KEY))
    assert result.chain.tools.pseudonym_key == key_of(KEY) != KEY
    assert key_of(KEY) != key_of(b"another")
    assert repr(key_of(KEY)) not in repr(result.chain.tools)
