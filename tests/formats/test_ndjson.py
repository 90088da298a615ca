"""Lines of JSON, and documents one behind the other."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from solidata_api.domain.errors import NotATable, WrongOption
from solidata_api.formats import json_stream

Reading = Callable[..., Any]


def test_each_line_is_a_row_with_its_line(read: Reading) -> None:
    got = read(b'{"a": 1, "b": {"c": "x"}}\n\n{"a": 2}\n')
    assert (got.rows, got.lines) == ([(1, "x"), (2, None)], [1, 3])


def test_a_broken_line_is_rejected_alone_and_kept(read: Reading) -> None:
    got = read(b'{"a": 1}\n{"a": \n{"a": 3}\n')
    assert (got.rows, got.told["rejected_rows"]) == ([(1,), (3,)], 1)
    assert [one[:3] for one in got.rejects] == [(2, "", '{"a":')]
    assert got.told["repairs"]["items"][0]["row"] == 2


def test_a_first_line_that_is_broken_does_no_harm(read: Reading) -> None:
    assert read(b'{"a": 1\n{"a": 2}\n{"a": 3}\n').rows == [(2,), (3,)]


def test_lines_of_lists_are_rows(read: Reading) -> None:
    got = read(b'["a", "b"]\n[1, "x"]\n[2, "y"]\n')
    assert (list(got.types), got.rows) == (["a", "b"], [(1, "x"), (2, "y")])


@pytest.mark.parametrize("data", [b'{"a": 1}{"a": 2} {"a": 3}', b'{\n"a": 1\n}\n{\n"a": 2\n}\n{"a": 3}'])
def test_documents_one_behind_the_other_are_rows(read: Reading, data: bytes) -> None:
    assert read(data).rows == [(1,), (2,), (3,)]


def test_separators_of_a_json_sequence_are_left_out(read: Reading) -> None:
    assert read(b'\x1e{"a": 1}\n\x1e{"a": 2}\n').rows == [(1,), (2,)]


def test_a_first_line_longer_than_the_head_of_the_file_is_no_obstacle(read: Reading) -> None:
    lines = [json.dumps({"t": "x" * 100_000, "n": n}) for n in range(3)]
    assert [row[1] for row in read("\n".join(lines).encode()).rows] == [0, 1, 2]


def test_there_is_no_path_in_lines(read: Reading) -> None:
    with pytest.raises(WrongOption, match="records_path"):
        read(b'{"a": 1}\n{"a": 2}\n', records_path="x")


def test_a_document_cut_short_is_told_with_its_place(read: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "BLOCK", 16)
    with pytest.raises(NotATable, match="line 5"):
        read(b'{\n"a": 1\n}\n{\n"a": ')


def test_features_line_by_line_are_features(read: Reading) -> None:
    line = b'{"type": "Feature", "properties": {"n": "x"}, "geometry": {"type": "Point", "coordinates": [1.50, 2]}}\n'
    got = read(line * 2)
    assert got.types == {"n": "string", "geometry": "geojson"}


def test_a_broken_line_with_bytes_that_are_no_utf_8_is_kept_as_cp1252_has_it(read: Reading) -> None:
    lines = b'{"a": "\xc3\xa9t\xc3\xa9"}\n' * 9
    got = read(lines + b'{"a": "caf\xe9"\n' + lines)
    assert got.told["rejected_rows"] == 1
    assert "caf\u00e9" in got.told["repairs"]["items"][-1]["text"]
