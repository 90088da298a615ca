"""The one way to an address that somebody gave: guarded at each connection, bounded in bytes and time, tried again.

What goes wrong is told by host and status; a refused address is told like an unknown name, so that nobody finds out by
us what names mean inside.
"""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from urllib3.exceptions import HTTPError

from solidata_api.domain.errors import FetchFailed
from solidata_api.domain.web_addresses import NoAddress, clean, host_of, origin
from solidata_api.gateways.answered import Answer, TryAgain, opened
from solidata_api.gateways.guarded import Deadline, Door, NotPublic
from solidata_api.gateways.inflating import ENCODINGS, Broken
from solidata_api.settings import Settings

T = TypeVar("T")
MOST_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
#: Statuses that another attempt may change.
PASSING = (408, 425, 429, 500, 502, 503, 504)
ACCEPT = "application/json, application/geo+json, text/csv, application/octet-stream;q=0.9, */*;q=0.5"
Report = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Known:
    """What is known of the answer before: a server that has nothing else says 304."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True)
class Fetcher:
    """Fetches under these limits. `pause_s` is the first pause between two attempts; each further one is doubled."""

    door: Door
    total_s: float
    attempts: int
    max_mb: int
    service_url: str
    pause_s: float = 1.0

    def begin(self, url: str, headers: Mapping[str, str], report: Report) -> Fetching:
        """A fetch from a clean address: one answer, or all pages, within one time and one size."""
        return Fetching(self, origin(url), dict(headers), report, Deadline(time.monotonic() + self.total_s))


@dataclass
class Fetching:
    """One fetch under way. `secrets` go to the origin that was asked first, and nowhere else."""

    fetcher: Fetcher
    home: tuple[str, str, int]
    secrets: Mapping[str, str]
    report: Report
    deadline: Deadline
    #: Bytes received so far, decoded.
    size: int = field(default=0)

    def get(self, url: str, use: Callable[[Answer], T], known: Known | None = None) -> T | None:
        """What `use` makes of the answer; None where the server has nothing new. Raises FetchFailed, TooLarge.

        `use` reads the body to its end; it is called again where that breaks off and another attempt is left.
        """
        pause, before = self.fetcher.pause_s, self.size
        for attempt in range(1, self.fetcher.attempts + 1):
            self.size = before
            try:
                return self._followed(url, use, known or Known())
            except TryAgain as passing:
                if attempt == self.fetcher.attempts:
                    times = f" ({attempt} attempts)" if attempt > 1 else ""
                    raise FetchFailed(f"{passing}{times}.") from None
                self._wait(passing, max(pause, passing.retry_after or 0))
                pause *= 2
        raise AssertionError("there is at least one attempt")

    def _followed(self, url: str, use: Callable[[Answer], T], known: Known) -> T | None:
        here = url
        for _ in range(MOST_REDIRECTS + 1):
            with self.guarded(here):
                answer = self._ask(here, known)
            with answer:
                if answer.status == 304 and known.headers:
                    return None
                if answer.status not in REDIRECTS or "location" not in answer.headers:
                    self._check(answer)
                    return use(answer)
                here = self._target(here, answer.headers["location"])
        raise FetchFailed(f"{host_of(url)} redirects more than {MOST_REDIRECTS} times.")

    def _ask(self, url: str, known: Known) -> Answer:
        parts = urlsplit(url)
        ours = {
            "User-Agent": f"Solidata (+{self.fetcher.service_url})",
            "Accept": ACCEPT,
            "Accept-Encoding": ENCODINGS,
            "Connection": "close",
        }
        given = self.secrets if origin(url) == self.home else {}
        if any(name.lower() == "accept" for name in given):
            del ours["Accept"]
        connection = self.fetcher.door.connect(url, self.deadline)
        try:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            headers = {**ours, **known.headers, **given}
            connection.request("GET", target, headers=headers, preload_content=False, decode_content=False)
            return opened(url, connection, self)
        except BaseException:
            connection.close()
            self.deadline.forget()
            raise

    def _check(self, answer: Answer) -> None:
        if answer.status in (200, 203):
            return
        told = f"{answer.host} answered {_phrase(answer.status)}"
        if answer.status in PASSING:
            raise TryAgain(told, answer.retry_after)
        raise FetchFailed(f"{told}.", status=answer.status)

    def _target(self, here: str, location: str) -> str:
        """Where a redirect or a next page leads; raises FetchFailed where nobody may be led."""
        try:
            there = clean(urljoin(here, location))
        except (NoAddress, ValueError) as error:
            told = str(error) if isinstance(error, NoAddress) else "its host or port can't be read"
            raise FetchFailed(f"{host_of(here)} leads to an address that is not followed: {told}.") from None
        if self.secrets and here.startswith("https:") and there.startswith("http:"):
            told = "leads from https to http, where the headers of this source would be open to all"
            raise FetchFailed(f"{host_of(here)} {told}.")
        return there

    def next_page(self, here: str, link: str) -> str:
        """The address of a next page. With secret headers it is of the same origin; raises FetchFailed else."""
        there = urljoin(here, link)
        before, after = urlsplit(here), urlsplit(there)
        if before.scheme == "https" and after.scheme == "http" and before.hostname == after.hostname and not after.port:
            # Servers behind a proxy that has the certificate often write so.
            there = after._replace(scheme="https", netloc=before.netloc).geturl()
        found = self._target(here, there)
        if self.secrets and origin(found) != self.home:
            raise FetchFailed(
                f"{host_of(here)} names a next page on another host, {host_of(found)}: the headers of this source are "
                "for the first one only."
            )
        return found

    def guarded(self, url: str) -> _Guard:
        """Around what is done with the network: its failures become ours, or another attempt."""
        return _Guard(host_of(url), self)

    def _wait(self, passing: TryAgain, seconds: float) -> None:
        if seconds >= self.deadline.left:
            told = f"; the next attempt would be in {seconds:.0f} s, beyond FETCH_TIMEOUT_S={self.fetcher.total_s:g}"
            raise FetchFailed(f"{passing}{told}.")
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.report(self.size, 0, "waiting for the next attempt")
            time.sleep(min(left, 1.0))

    def took_too_long(self, host: str) -> FetchFailed:
        return FetchFailed(f"{host} took longer than FETCH_TIMEOUT_S={self.fetcher.total_s:g} seconds.")


@dataclass(frozen=True)
class _Guard:
    """Turns what goes wrong on the way into our kinds; what passes into another attempt."""

    host: str
    fetching: Fetching

    def __enter__(self) -> None:
        if self.fetching.deadline.is_over:
            raise self.fetching.took_too_long(self.host)

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        told = None if error is None else self._told(error)
        if told is None:
            return
        if self.fetching.deadline.is_over:
            raise self.fetching.took_too_long(self.host) from None
        raise told from None

    def _told(self, error: BaseException) -> Exception | None:
        if isinstance(error, NotPublic):
            sentence = "is not fetched from: its name is unknown, or its address is not a public one"
            return FetchFailed(f"{self.host} {sentence}.")
        if isinstance(error, ssl.SSLCertVerificationError):
            return FetchFailed(f"The certificate of {self.host} can't be trusted.")
        if isinstance(error, Broken):
            return TryAgain(f"The answer of {self.host} {error}")
        if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
            return TryAgain(f"{self.host} did not answer in time")
        if isinstance(error, (OSError, HTTPError, http.client.HTTPException)):
            return TryAgain(f"{self.host} could not be reached, or broke off")
        return None


def open_fetcher(settings: Settings) -> Fetcher:
    """The fetcher under these settings."""
    return Fetcher(
        Door(frozenset(one.lower().replace("[", "").replace("]", "") for one in settings.fetch_allow)),
        settings.fetch_timeout_s,
        settings.fetch_attempts,
        settings.max_upload_mb,
        settings.service_url,
    )


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
