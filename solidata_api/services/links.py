"""Share links: made and revoked by managers, read by whoever holds one, judged by what their maker might open now."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import cursors, moments, policy, queries, table_schema
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Dataset, Version
from solidata_api.domain.digests import digest
from solidata_api.domain.documents import new_id, now
from solidata_api.domain.errors import Conflict, Fault, Invalid, NotFound
from solidata_api.domain.jobs import Subject
from solidata_api.domain.links import TOKEN_PREFIX, ShareLink
from solidata_api.domain.queries import ROW_PARAMETERS, Filter
from solidata_api.services import accounts, audit, documents, rows
from solidata_api.services.bodies import Body
from solidata_api.services.rows import Arguments, Reading

#: A link shows the current version; a cursor goes on with the one that it began with.
_WITHOUT = ("version",)


@dataclass(frozen=True)
class MadeLink:
    """A link just made; its address is told this once."""

    link: ShareLink
    url: str
    maker: str


@dataclass(frozen=True)
class ListedLink:
    """A link as managers see it: who made it, and whether it would show anything now."""

    link: ShareLink
    maker: str
    active: bool


@dataclass(frozen=True)
class OpenLink:
    """What a link shows now: `open` are the columns that its maker might open, `shown` those of them that it names."""

    link: ShareLink
    dataset: Dataset
    version: Version
    open: tuple[Column, ...]
    shown: tuple[Column, ...]
    filters: tuple[Filter, ...]


def create(backends: Backends, actor: Actor, dataset_id: str, body: Body) -> MadeLink:
    """A new link. Without `columns` it shows those that its maker might open now, and none that come later."""
    dataset = documents.readable(backends, backends.datasets, actor, dataset_id, "share")
    asked, token = body(), TOKEN_PREFIX + secrets.token_urlsafe(32)
    _check_room(backends, dataset)
    conditions = _conditions(asked.get("filter", {}))
    link = ShareLink(
        id=new_id(),
        dataset_id=dataset.id,
        token_hash=digest(token),
        title=asked["title"],
        columns=_columns(dataset, asked.get("columns")),
        conditions=conditions,
        created_by=actor.user_id or "",
        created_at=now(),
        expires_at=_end(backends, asked["expires_at"]),
    )
    _check_filter(dataset, link)
    details = {"link_id": link.id, "columns": list(link.columns), "expires_at": asked["expires_at"]}
    with audit.recorded(backends, actor, "link.create", Subject("datasets", dataset.id), details):
        backends.links.insert(link)
    url = f"{backends.settings.service_url}/api/v1/links/{token}"
    return MadeLink(link, url, _names(backends, [link])[link.created_by])


def list_(backends: Backends, actor: Actor, dataset_id: str) -> list[ListedLink]:
    """The links of a dataset, the newest first, ended ones too for a while."""
    dataset = documents.readable(backends, backends.datasets, actor, dataset_id, "share")
    found = sorted(backends.links.all_by(dataset_id=dataset.id), key=lambda link: link.created_at, reverse=True)
    names = _names(backends, found)
    return [ListedLink(link, names[link.created_by], _opened(backends, link) is not None) for link in found]


def revoke(backends: Backends, actor: Actor, dataset_id: str, link_id: str) -> None:
    """End a link for good."""
    dataset = documents.readable(backends, backends.datasets, actor, dataset_id, "share")
    link = backends.links.find(link_id)
    if link is None or link.dataset_id != dataset.id:
        raise policy.hidden(link_id)
    with audit.recorded(backends, actor, "link.revoke", Subject("datasets", dataset.id), {"link_id": link.id}):
        backends.links.delete(link.id)


def row_reading(backends: Backends, token: str, arguments: Arguments) -> Reading:
    """A read of rows through a link."""
    return _reading(backends, token, arguments, ROW_PARAMETERS)


def export_reading(backends: Backends, token: str, arguments: Arguments, parameters: tuple[str, ...]) -> Reading:
    """A read of rows through a link, to be exported."""
    return _reading(backends, token, arguments, parameters)


def schema(backends: Backends, token: str) -> dict[str, Any]:
    """The columns that a link shows, as a Table Schema."""
    opened = _open(backends, token)
    backends.links.count_read(opened.link.id, now())
    return table_schema.write_columns(opened.shown, opened.dataset.key)


def _reading(backends: Backends, token: str, arguments: Arguments, parameters: tuple[str, ...]) -> Reading:
    cursor = dict(arguments).get("cursor")
    opened = _open(backends, token, cursors.version_of(cursor) if cursor is not None else None)
    known = tuple(name for name in parameters if name not in _WITHOUT)
    # The caller's own conditions are further ones, also on the same column: they never widen what the maker fixed.
    read = rows.bound(
        backends,
        Reading(opened.dataset, opened.version, opened.shown, cursor_of=f"link:{opened.link.id}"),
        arguments,
        known,
        opened.filters,
    )
    backends.links.count_read(opened.link.id, now())
    return replace(read, columns=opened.open)


def _open(backends: Backends, token: str, n: str | None = None) -> OpenLink:
    """What a token opens; one answer for every way in which it opens nothing."""
    link = backends.links.find_by(token_hash=digest(token))
    opened = _opened(backends, link, n) if link else None
    if opened is None:
        raise NotFound("There is no such share link (any more).")
    return opened


def _opened(backends: Backends, link: ShareLink, n: str | None = None) -> OpenLink | None:
    """What a link shows now, or None: it has ended, its maker lost the right, or a column it needs was closed."""
    maker, dataset = backends.users.find(link.created_by), backends.datasets.find(link.dataset_id)
    if dataset is None or maker is None or not maker.is_active or link.has_ended(now()):
        return None
    if not policy.can(maker.acting(), "share", dataset):
        return None
    version = _version(backends, dataset, n)
    if version is None:
        return None
    levels = {column.key: column for column in _openable(dataset)}
    columns = tuple(
        replace(levels[one.key], type=one.type, format=one.format) for one in version.columns if one.key in levels
    )
    shown = tuple(column for column in columns if column.key in link.columns)
    try:
        filters = queries.parse_filters(link.pairs, columns)
    except Invalid:
        # What it would have to test is closed, gone, or of another type now.
        return None
    return OpenLink(link, dataset, version, columns, shown, filters) if shown else None


def _version(backends: Backends, dataset: Dataset, n: str | None) -> Version | None:
    """The version of this number, else the current one."""
    by_number = {str(ref.n): ref.version_id for ref in dataset.versions}
    version_id = by_number.get(n or "") or by_number.get(str(dataset.version))
    return backends.versions.find(version_id) if version_id else None


def _openable(dataset: Dataset) -> tuple[Column, ...]:
    """The columns that a manager could set to `opendata`."""
    return tuple(column for column in dataset.live_columns if not policy.check_column_level(column, "opendata", ""))


def _columns(dataset: Dataset, named: list[str] | None) -> tuple[str, ...]:
    if named is None:
        columns = tuple(column.key for column in _openable(dataset))
        faults = [] if columns else [Fault("/columns", "no column of this table may be opened: their caps keep them")]
    else:
        columns = tuple(dict.fromkeys(named))
        faults = [fault for n, key in enumerate(named) for fault in _column_faults(dataset, key, f"/columns/{n}")]
        faults += [] if named else [Fault("/columns", "it is empty: name at least one, or leave it out for all")]
    if faults:
        raise Invalid("The link can't show these columns.", faults)
    return columns


def _column_faults(dataset: Dataset, key: str, pointer: str) -> list[Fault]:
    column = next((one for one in dataset.live_columns if one.key == key), None)
    if column is None:
        return [Fault(pointer, f"there is no column {key!r}")]
    return policy.check_column_level(column, "opendata", pointer)


def _conditions(asked: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    lists = {name: value if isinstance(value, list) else [value] for name, value in asked.items()}
    empty = [
        Fault(f"/filter/{name}", "it is an empty list, which would test nothing")
        for name, one in lists.items()
        if not one
    ]
    if empty:
        raise Invalid("The link can't be made so.", empty)
    return tuple((name, tuple(queries.as_text(one) for one in values)) for name, values in lists.items())


def _check_filter(dataset: Dataset, link: ShareLink) -> None:
    """Refuse conditions that do not fit, or on a column that may not be opened: its values could be asked by them."""
    known = {column.key for column in dataset.live_columns}
    faults = []
    for name, _ in link.conditions:
        key = name.partition("__")[0]
        faults += _column_faults(dataset, key, f"/filter/{name}") if key in known else []
    if not faults:
        try:
            queries.parse_filters(link.pairs, _openable(dataset))
        except Invalid as error:
            faults = [Fault(f"/filter/{fault.pointer}", fault.message) for fault in error.faults]
    if faults:
        raise Invalid("The link can't filter so.", faults)


def _end(backends: Backends, text: str) -> datetime:
    """When a link ends: in the future, and not too far."""
    days, refusal = backends.settings.share_link_days, "The link can't end so."
    end = moments.to_come(text, refusal)
    if end > now() + timedelta(days=days):
        sentence = f"{text} is further away than SHARE_LINK_DAYS={days} days"
        raise Invalid(refusal, [Fault("/expires_at", sentence)])
    return end


def _check_room(backends: Backends, dataset: Dataset) -> None:
    limit, moment = backends.settings.max_links, now()
    live = sum(not link.has_ended(moment) for link in backends.links.all_by(dataset_id=dataset.id))
    if live >= limit:
        raise Conflict(f"This dataset has {live} share links; the limit is MAX_LINKS={limit}. Revoke one first.")


def _names(backends: Backends, links: Iterable[ShareLink]) -> dict[str, str]:
    makers = {link.created_by for link in links}
    return {user_id: "" for user_id in makers} | accounts.display_names(backends, makers)
