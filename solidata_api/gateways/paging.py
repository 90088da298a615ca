"""The records of all pages of an API, as one JSON list: what a paged source's original is.

Pages end at an empty one, where none is named next, or where the same comes again; where the server announced more
records than that, the fetch fails rather than keep half.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

from solidata_api.domain.errors import FetchFailed, TooLarge
from solidata_api.domain.fetching import Paging
from solidata_api.domain.json_paths import spelled
from solidata_api.domain.web_addresses import host_of
from solidata_api.gateways import raw_json
from solidata_api.gateways.answered import Answer
from solidata_api.gateways.fetcher import Fetching
from solidata_api.gateways.raw_json import Pairs, Raw

#: A page is read in memory; what is larger than this is no page.
MOST_PAGE_MB = 32
_TOTALS = ("total_count", "totalCount", "total", "nhits", "numberMatched", "count", "totalElements")
_AROUND = ("meta", "result", "pagination", "page", "metadata")
_NEXT = re.compile(r"<([^<>]*)>\s*((?:;[^,<]*)*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """One page: its address, its whole document, its records as they are written, and the next page of its header."""

    url: str
    document: Any
    records: list[str]
    link: str | None


@dataclass
class Pages:
    """The pages of a source; `count`, `records`, `announced` and `ended` are whole once they have been read."""

    fetching: Fetching
    url: str
    paging: Paging
    records_path: str | None
    most: int
    count: int = 0
    records: int = 0
    announced: int | None = None
    ended: str = ""
    _seen: set[str] = field(default_factory=set)

    def __iter__(self) -> Iterator[bytes]:
        """The list as bytes, page by page. Raises FetchFailed, TooLarge."""
        for page in self._pages():
            yield (",\n" if self.records else "[\n").encode() + ",\n".join(page.records).encode()
            self.records += len(page.records)
        self._check_whole()
        if self.records:
            yield b"\n]\n"

    @property
    def told(self) -> dict[str, Any]:
        """How it went, for the report."""
        return {"pages": self.count, "records": self.records, "announced": self.announced, "ended": self.ended}

    def _pages(self) -> Iterator[Page]:
        address: str | None = self._first()
        last = b""
        while address is not None:
            if self.count >= min(self.most, self.paging.max_pages or self.most):
                self._stop_at_limit()
                return
            self._seen.add(address)
            page = self._page(address)
            if page is None or not page.records:
                self.ended = "empty page"
                return
            digest = hashlib.sha256("\n".join(page.records).encode()).digest()
            if digest == last:
                self.ended = "the same page again"
                return
            last = digest
            self.count += 1
            yield page
            address = self._next(page)

    def _page(self, address: str) -> Page | None:
        self.fetching.report(self.count, 0, f"page {self.count + 1}")
        try:
            return self.fetching.get(address, self._read)
        except FetchFailed as error:
            if error.status == 404 and self.count and self.paging.type in ("page", "offset"):
                return None  # how many servers say that there are no more pages
            raise

    def _read(self, answer: Answer) -> Page:
        data = bytearray()
        for piece in answer.pieces():
            data += piece
            if len(data) > MOST_PAGE_MB << 20:
                raise TooLarge(f"A page of {answer.host} has more than {MOST_PAGE_MB} megabytes: ask for smaller ones.")
        try:
            text = data.decode(answer.charset or json.detect_encoding(data), "strict").removeprefix("\ufeff")
            document = raw_json.parsed(text)
            records = [raw_json.written(one) for one in self._records(document, answer.host)]
        except (ValueError, LookupError, RecursionError):
            told = f"Pages are read from JSON; page {self.count + 1} of {answer.host} is {answer.media_type}"
            raise FetchFailed(f"{told}, and can't be read so.") from None
        self.announced = self.announced if self.announced is not None else _announced(document)
        return Page(answer.url, document, records, _linked(answer.headers.get("link", "")))

    def _records(self, document: Any, host: str) -> list[Any]:
        if self.records_path is None:
            self.records_path = _only_list(document, host)
        records = raw_json.found(document, self.records_path)
        if isinstance(records, list) and not isinstance(records, Pairs):
            return list(records)
        if records is None and self.count:
            return []
        raise FetchFailed(f"Page {self.count + 1} of {host} has no list at records_path {self.records_path!r}.")

    def _first(self) -> str:
        paging = self.paging
        given = {paging.size_param: str(paging.size)} if paging.size_param else {}
        if paging.type in ("page", "offset"):
            given[paging.param] = str(self._start)
        return _with(self.url, given)

    @property
    def _start(self) -> int:
        default = 1 if self.paging.type == "page" else 0
        return default if self.paging.start is None else self.paging.start

    def _next(self, page: Page) -> str | None:
        paging = self.paging
        if paging.type == "page":
            return _with(self._first(), {paging.param: str(self._start + self.count)})
        if paging.type == "offset":
            return _with(self._first(), {paging.param: str(self._start + self.records)})
        if paging.type == "cursor":
            cursor = raw_json.found(page.document, paging.cursor_path)
            good = isinstance(cursor, str) and cursor != ""
            return self._unseen(_with(self._first(), {paging.param: cursor}) if good else None)
        link = raw_json.found(page.document, paging.next_path) if paging.next_path else page.link or _in_links(page)
        link = link.get("href") if isinstance(link, Pairs) else link
        return self._unseen(self.fetching.next_page(page.url, link) if isinstance(link, str) and link else None)

    def _unseen(self, address: str | None) -> str | None:
        self.ended = "no next page" if address is None else "a page that was there before"
        return None if address in self._seen else address

    def _stop_at_limit(self) -> None:
        if self.paging.max_pages is not None and self.count >= self.paging.max_pages:
            self.ended = "max_pages"
            return
        told = f"{host_of(self.url)} has more than {self.count} pages; the limit is FETCH_MAX_PAGES={self.most}"
        raise FetchFailed(f"{told}. Ask for larger pages, or say max_pages to read no more than so many.")

    def _check_whole(self) -> None:
        again = self.ended in ("the same page again", "a page that was there before")
        if again and self.announced is not None and self.announced > self.records:
            raise FetchFailed(
                f"{host_of(self.url)} announces {self.announced} records, and after {self.records} gives the same page "
                "again: its pages follow one another in another way than asked."
            )


def _with(url: str, values: dict[str, str]) -> str:
    """The address with these parameters of its query, in place of others of their names; the rest stays as it is."""
    parts = urlsplit(url)
    kept = [one for one in parts.query.split("&") if one and _named(one) not in values]
    added = [f"{quote_plus(name)}={quote_plus(value)}" for name, value in values.items()]
    return parts._replace(query="&".join([*kept, *added])).geturl()


def _named(part: str) -> str:
    pairs = parse_qsl(part, keep_blank_values=True)
    return pairs[0][0] if pairs else ""


def _linked(header: str) -> str | None:
    """The target of `rel="next"` in a Link header (RFC 8288)."""
    for target, parameters in _NEXT.findall(header):
        relations = " ".join(quoted or plain for quoted, plain in _REL.findall(parameters))
        if "next" in relations.lower().split():
            return str(target)
    return None


def _in_links(page: Page) -> Any:
    """The next page in a list of links, as OGC's APIs have it."""
    links = raw_json.found(page.document, "links")
    found = links if isinstance(links, list) and not isinstance(links, Pairs) else []
    return next((one for one in found if isinstance(one, Pairs) and one.get("rel") == "next"), None)


def _only_list(document: Any, host: str) -> str:
    """The path of the only list of objects in a page, looked for from above; raises FetchFailed for several or none."""
    level: list[tuple[str, Any]] = [("", document)]
    while level:
        lists = [path for path, one in level if isinstance(one, list) and not isinstance(one, Pairs)]
        full = [path for path in lists if isinstance(next(iter(raw_json.found(document, path)), None), Pairs)]
        best = full or (lists if len(lists) == 1 else [])
        if len(best) == 1:
            return best[0]
        if best:
            told = ", ".join(best[:20])
            raise FetchFailed(f"A page of {host} holds several lists, {told}: say which by records_path.")
        level = [(_below(path, name), inner) for path, one in level if isinstance(one, Pairs) for name, inner in one]
    raise FetchFailed(f"A page of {host} holds no list of records.")


def _below(path: str, name: str) -> str:
    return f"{path}.{spelled([name])}" if path else spelled([name])


def _announced(document: Any) -> int | None:
    """How many records there are in all, where the page says so in one of the usual words."""
    if not isinstance(document, Pairs):
        return None
    for part in (document, *(document.get(name) for name in _AROUND)):
        for name in _TOTALS if isinstance(part, Pairs) else ():
            value = part.get(name)
            if isinstance(value, Raw) and value.isdigit() and len(value) < 16:
                return int(value)
    return None
