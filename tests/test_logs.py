"""Log lines are JSON, say where they belong, and quote nobody's data."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from solidata_api import logs


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the formatter wrote for the logger `a`."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter("web"))
    logger = logging.getLogger("a")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield stream
    logger.removeHandler(handler)


def entry(written: io.StringIO) -> dict[str, Any]:
    (line,) = written.getvalue().splitlines()
    loaded: dict[str, Any] = json.loads(line)
    return loaded


def test_a_line_has_time_level_service_and_message(written: io.StringIO) -> None:
    logging.getLogger("a").info("%d rows", 3, extra={"status": 200})
    found = entry(written)
    assert found["time"].endswith("Z")
    assert {**found, "time": "", "pid": 0} == {
        "time": "", "level": "INFO", "service": "web", "pid": 0, "logger": "a", "message": "3 rows", "status": 200,
    }  # fmt: skip


def test_bound_names_are_added_inside_and_gone_after(written: io.StringIO) -> None:
    with logs.bind(request_id="r1", user_id=None), logs.bind(job_id="j1"):
        logging.getLogger("a").info("inside")
    found = entry(written)
    assert (found["request_id"], found["job_id"], "user_id" in found) == ("r1", "j1", False)
    written.truncate(0)
    written.seek(0)
    logging.getLogger("a").info("outside")
    assert "job_id" not in entry(written)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail to ann.lee@example.org failed", "mail to [mail] failed"),
        ("Authorization: Bearer sk_123", "Authorization: Bearer [token]"),
        ("token eyJhbGci.eyJzdWIi.c2ln refused", "token [token] refused"),
        ("mongodb://user:secret@host/x", "mongodb://[password]@host/x"),
    ],
)
def test_secrets_that_slip_in_are_masked(written: io.StringIO, text: str, masked: str) -> None:
    logging.getLogger("a").warning(text)
    assert entry(written)["message"] == masked


def test_an_exception_says_where_but_does_not_quote(written: io.StringIO) -> None:
    try:
        int("somebody's cell")
    except ValueError:
        logging.getLogger("a").exception("reading failed")
    found = entry(written)["exception"]
    assert found["type"] == "builtins.ValueError"
    assert "test_logs.py" in found["at"][0]
    assert "somebody" not in written.getvalue()


def test_an_exception_that_cannot_quote_data_is_told(written: io.StringIO) -> None:
    try:
        raise AttributeError("no attribute 'pages'")
    except AttributeError:
        logging.getLogger("a").exception("broke")
    assert entry(written)["exception"]["text"] == "no attribute 'pages'"
