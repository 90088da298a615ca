"""Logs as JSON lines on standard error, each naming the request, user and job it belongs to.

Messages hold no personal or secret text; what slips in as an e-mail address, token or password in a URL is masked.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

_bound: ContextVar[dict[str, str]] = ContextVar("solidata_log_names", default={})  # noqa: B039 (never changed in place)
_SECRETS = re.compile(
    r"(?P<mail>[\w.+-]+@[\w-]+\.[\w.-]+)"
    r"|(?P<token>eyJ[\w-]+\.[\w-]+\.[\w-]*|sd[kl]_[\w-]+|(?<=Bearer )\S+)"
    r"|(?P<password>(?<=://)[^\s/@]+(?=@))"
)


def configure(level: str = "INFO", service: str = "solidata", stream: TextIO | None = None) -> None:
    """Send every log record of this process to standard error as JSON lines, from `level` on."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # At DEBUG it prints whole commands, with addresses and hashes in them.
    logging.getLogger("pymongo").setLevel(logging.WARNING)
    _adopt()


def _adopt() -> None:
    """Libraries with handlers of their own, such as distributed, speak through ours, and only when it matters."""
    for logger in [logging.getLogger(name) for name in logging.root.manager.loggerDict]:
        if logger.handlers:
            logger.handlers.clear()
            logger.propagate = True
            logger.setLevel(logging.WARNING)


@contextmanager
def bind(**names: str | None) -> Iterator[None]:
    """Add names, such as `job_id`, to every record logged inside; None leaves one out."""
    token = _bound.set({**_bound.get(), **{name: value for name, value in names.items() if value is not None}})
    try:
        yield
    finally:
        _bound.reset(token)


class Repeated:
    """Failures of what is tried at every turn: each is told once, and once that it is over."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._told: dict[str, str] = {}

    @contextmanager
    def of(self, identifier: str, message: str, *passed_on: type[Exception]) -> Iterator[None]:
        """Log and hold back what is raised inside, but for what is `passed_on`; `message` has a place for the id."""
        try:
            yield
        except passed_on:
            raise
        except Exception as error:
            if self._told.get(identifier) != repr(error):
                self._told[identifier] = repr(error)
                self._logger.exception(message, identifier)
        else:
            if self._told.pop(identifier, None) is not None:
                self._logger.info("it is over that " + message, identifier)


def bound(name: str) -> str | None:
    """What `bind` gave this name here, such as the id of the request that is answered."""
    return _bound.get().get(name)


class JsonFormatter(logging.Formatter):
    """One JSON object a record: time, level, service, logger, message, the bound names, and what `extra` gave."""

    def __init__(self, service: str = "solidata") -> None:
        super().__init__()
        self.service = service

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": _time(record.created),
            "level": record.levelname,
            "service": self.service,
            "pid": record.process,
            "logger": record.name,
            "message": _mask(record.getMessage()),
            **_bound.get(),
            **_extra(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            entry["exception"] = _exception(record.exc_info[1], with_text=record.levelno <= logging.DEBUG)
        return json.dumps(entry, ensure_ascii=False, default=str)


_QUOTES_NO_DATA = (NameError, AttributeError, ImportError, SyntaxError)
_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    given = {name: value for name, value in vars(record).items() if name not in _KNOWN}
    return {name: _mask(value) if isinstance(value, str) else value for name, value in given.items()}


def _exception(error: BaseException, *, with_text: bool) -> dict[str, Any]:
    """Its class and where it passed. Its text may quote a cell of somebody's table: only for DEBUG, or if it can't."""
    frames = traceback.extract_tb(error.__traceback__)
    entry: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if with_text or isinstance(error, _QUOTES_NO_DATA):
        entry["text"] = _mask(str(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        entry["cause"] = _exception(cause, with_text=with_text)
    return entry


def _mask(text: str) -> str:
    return _SECRETS.sub(lambda found: f"[{found.lastgroup}]", text)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
