"""JSON read and written again without a change."""

from __future__ import annotations

import pytest

from solidata_api.gateways.raw_json import found, parsed, written


@pytest.mark.parametrize(
    "text",
    [
        "1.10", "-0", "1E400", "12345678901234567890123", "true", "null", '""', '"é 😀 \\" \\\\ \\n"', '"\\ud800"',
        "[]", "{}", '[1, [2, {"a": [], "b": {"a": 1}}]]', '{"a": 1, "a": 2}', "NaN", "-Infinity", '{"": ""}',
    ],
)  # fmt: skip
def test_what_is_read_is_written_alike(text: str) -> None:
    assert written(parsed(text)) == text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("", '{"a": {"b.c": [{"d": 1}, {"d": 2}]}, "a": {"b.c": [{"d": 3}]}}'),
        ("a.b\\.c.0.d", "3"),
        ("a.b.c", "null"),
        ("a.b\\.c.7", "null"),
        ("a.b\\.c.d", "null"),
    ],
)
def test_what_lies_at_a_path(path: str, value: str) -> None:
    document = parsed('{"a": {"b.c": [{"d": 1}, {"d": 2}]}, "a": {"b.c": [{"d": 3}]}}')
    assert written(found(document, path)) == value
