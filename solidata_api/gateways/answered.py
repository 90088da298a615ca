"""An answer under way: its head, and its body as bounded, decoded pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from solidata_api.domain.errors import TooLarge
from solidata_api.domain.filenames import plain_name
from solidata_api.domain.web_addresses import host_of, name_of
from solidata_api.gateways.inflating import PIECE, Broken, inflated

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection

    from solidata_api.gateways.fetcher import Fetching


class TryAgain(Exception):
    """Another attempt may go better; `retry_after` is the server's word on when."""

    def __init__(self, told: str, retry_after: float | None = None) -> None:
        super().__init__(told)
        self.retry_after = retry_after


class Answer:
    """What a server answered. Closed with its connection, which serves this one answer only."""

    def __init__(self, url: str, connection: HTTPConnection, response: Any, fetching: Fetching) -> None:
        self.url, self.host = url, host_of(url)
        self.status: int = response.status
        self.headers = {name.lower(): _latin(value) for name, value in response.headers.items()}
        self._connection, self._response, self._fetching = connection, response, fetching

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *_: object) -> None:
        self._response.close()
        self._connection.close()
        self._fetching.deadline.forget()

    @property
    def media_type(self) -> str:
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,60}", kind) else "application/octet-stream"

    @property
    def charset(self) -> str | None:
        return self._parsed("content-type").get_content_charset()

    @property
    def filename(self) -> str:
        """What the server calls the file, else what its address does."""
        given = self._parsed("content-disposition").get_filename()
        return plain_name(given) if given else name_of(self.url)

    @property
    def retry_after(self) -> float | None:
        """Seconds until the server wants to be asked again."""
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:9])
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, OverflowError):
            return None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (aware - datetime.now(UTC)).total_seconds())

    def pieces(self) -> Iterator[bytes]:
        """The decoded body. Raises TooLarge at the limit, TryAgain for a body that is cut short or not encoded so."""
        with self._fetching.guarded(self.url):
            yield from self._bounded()

    def _bounded(self) -> Iterator[bytes]:
        fetching, limit = self._fetching, self._fetching.fetcher.max_mb << 20
        if fetching.size + (self._announced or 0) > limit:
            raise self._too_large(fetching.size + (self._announced or 0))
        for piece in inflated(self._raw(limit), self.headers.get("content-encoding", "")):
            fetching.size += len(piece)
            if fetching.size > limit:
                raise self._too_large(fetching.size)
            fetching.report(fetching.size, 0, f"fetching from {self.host}")
            yield piece
        if fetching.deadline.is_over:
            # A connection that was shut at that moment looks like the end of a body.
            raise fetching.took_too_long(self.host)

    def _raw(self, limit: int) -> Iterator[bytes]:
        received = 0
        while piece := self._response.read1(PIECE, decode_content=False):
            received += len(piece)
            if received > limit:
                raise self._too_large(received)
            yield piece
        if received < (self._announced or 0):
            raise Broken("ended in the middle")

    @property
    def _announced(self) -> int | None:
        """How long the server says the body is, as it travels."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isascii() and text.isdigit() and "transfer-encoding" not in self.headers else None

    def _too_large(self, seen: int) -> TooLarge:
        limit = self._fetching.fetcher.max_mb
        told = f"the limit is MAX_UPLOAD_MB={limit} ({limit << 20} bytes)"
        return TooLarge(f"{self.host} sends {seen} bytes or more; {told}.")

    def _parsed(self, header: str) -> Message:
        parsed = Message()
        parsed[header] = self.headers.get(header, "").replace("\r", " ").replace("\n", " ")
        return parsed


def opened(url: str, connection: HTTPConnection, fetching: Fetching) -> Answer:
    """The answer to the request that was sent on a connection."""
    return Answer(url, connection, connection.getresponse(), fetching)


def _latin(value: str) -> str:
    """Headers are read as Latin-1; most servers write UTF-8."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value
