"""Answers: one document with its ETag, a page of a list with its links, a job, nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from flask import Response, request

from solidata_api.api.caching import keeping, unchanged
from solidata_api.domain.errors import Fault, Invalid
from solidata_api.services.bodies import Seen
from solidata_api.services.documents import ListQuery
from solidata_api.store.mongo import Page

API = "/api/v1"
MAX_PER_PAGE = 100
LIST_PARAMETERS = ("page", "per_page", "sort", "q", "mine", "tag")
_ETAG = re.compile(r'(W/)?"([^"]*)"')


def json_bytes(value: Any) -> bytes:
    """Any value as JSON; datetimes as RFC 3339 in UTC."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Any value as JSON; datetimes as RFC 3339 in UTC."""
    answer = Response(json_bytes(value), status, content_type="application/json")
    answer.headers.update({"Cache-Control": "private, no-cache", **(headers or {})})
    return answer


def document(view: Mapping[str, Any], rev: int, *, created_at: str | None = None) -> Response:
    """A document with a strong ETag, which is `"<revision>-<digest of these bytes>"`; 304 when the caller has it.

    `created_at` is the new document's path, for 201 and `Location`.
    """
    answer = json_answer(view, 201 if created_at else 200, {"Location": created_at} if created_at else {})
    tag = f"{rev}-{hashlib.sha256(answer.get_data()).hexdigest()[:16]}"
    answer.set_etag(tag)
    return unchanged(answer)


def text_answer(body: bytes, media_type: str, headers: Mapping[str, str] | None = None) -> Response:
    """Bytes of a media type with the ETag that they make; 304 when the caller has them."""
    answer = Response(body, 200, content_type=media_type)
    answer.headers.update({"Cache-Control": keeping(), **(headers or {})})
    return unchanged(_tagged(answer))


def tagged_json(value: Any, media_type: str = "application/json", headers: Mapping[str, str] | None = None) -> Response:
    """A value as JSON of a media type, with its ETag; 304 when the caller has it."""
    return text_answer(json_bytes(value), media_type, headers)


def seen_revisions() -> Seen:
    """The revisions that `If-Match` names; None without the header, or for `*`. Weak tags never match."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    tags = [tag for weak, tag in _ETAG.findall(header) if not weak]
    revisions = (tag.partition("-")[0] for tag in tags)
    return frozenset(int(rev) for rev in revisions if rev.isascii() and rev.isdigit() and len(rev) < 19)


def page_answer(page: Page[Any], items: Iterable[Mapping[str, Any]]) -> Response:
    """One page of a list, with its `Link` header (RFC 8288)."""
    body = {"items": list(items), "total": page.total, "page": page.page, "per_page": page.per_page}
    return unchanged(_tagged(json_answer(body, headers={"Link": links(page)})))


def list_query(*equals: str, flags: tuple[str, ...] = ()) -> ListQuery:
    """What this list request asks; `equals` are the filters this list knows, `flags` what `flag` reads besides.

    Raises Invalid.
    """
    known = (*LIST_PARAMETERS, *equals, *flags)
    arguments = request.args
    faults = [
        Fault(name, f"unknown parameter; known are {', '.join(known)}") for name in arguments if name not in known
    ]
    if arguments.get("mine", "false") not in ("true", "false"):
        faults.append(Fault("mine", f"it is true or false, not {arguments['mine']!r}"))
    page, per_page = _whole("page", 1, 2**31, faults), _whole("per_page", 20, MAX_PER_PAGE, faults)
    if faults:
        raise Invalid("The list can't be asked so.", faults)
    return ListQuery(
        {name: arguments[name] for name in equals if name in arguments},
        mine=arguments.get("mine") == "true",
        tag=arguments.get("tag"),
        q=arguments.get("q", ""),
        sort=arguments.get("sort", "-created_at"),
        page=page,
        per_page=per_page,
    )


def flag(name: str) -> bool:
    """A parameter of this request that is true or false, and false where it is not said. Raises Invalid."""
    text = request.args.get(name, "false")
    if text not in ("true", "false"):
        raise Invalid("The request does not fit.", [Fault(name, f"it is true or false, not {text[:40]!r}")])
    return text == "true"


def only_parameters(*known: str) -> None:
    """Raise Invalid for a query parameter that this operation does not know."""
    faults = [
        Fault(name, "unknown parameter" + (f"; known are {', '.join(known)}" if known else ""))
        for name in request.args
        if name not in known
    ]
    if faults:
        raise Invalid("The request does not fit.", faults)


def attachment(filename: str) -> str:
    """A Content-Disposition that no file name can break out of (RFC 6266, 8187)."""
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\%' else "_" for char in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def version_asked() -> str | None:
    """The `?version=` of a request that knows no other parameter."""
    only_parameters("version")
    return request.args.get("version")


def nothing() -> Response:
    """204: done, and nothing to say."""
    return Response(status=204)


def _tagged(answer: Response) -> Response:
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:24])
    return answer


def links(page: Page[Any]) -> str:
    """The `Link` header (RFC 8288) of a page: its neighbours."""
    last = max(1, -(-page.total // page.per_page))
    wanted = {"first": 1, "prev": page.page - 1, "next": page.page + 1, "last": last}
    return ", ".join(f'<{page_address(n)}>; rel="{rel}"' for rel, n in wanted.items() if 1 <= n <= last)


def page_address(n: int) -> str:
    """The address of another page of this list, without the host."""
    arguments = [(name, text) for name, text in request.args.items(multi=True) if name != "page"]
    return f"{request.path}?{urlencode([*arguments, ('page', str(n))])}"


def _whole(name: str, default: int, limit: int, faults: list[Fault]) -> int:
    text = request.args.get(name, str(default))
    if text.isascii() and text.isdigit() and len(text) < 12 and 1 <= int(text) <= limit:
        return int(text)
    faults.append(Fault(name, f"it is a whole number from 1 to {limit}, not {text[:40]!r}"))
    return default
