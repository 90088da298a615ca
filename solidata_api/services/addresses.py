"""The address of a dataset that stands already: changed, given to one that came as a file, its headers renewed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import fetching as sources
from solidata_api.domain import web_addresses
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.errors import Conflict, Fault, FetchFailed, Invalid
from solidata_api.services import fetching

#: What the last fetch found; it stays, for people to see, but for what the server would compare by.
_FOUND = ("filename", "bytes", "media_type", "fetched_at")


def changed(backends: Backends, dataset: Dataset, patch: Mapping[str, Any]) -> dict[str, Any]:
    """The source of a dataset under a merge patch (RFC 7396): url, records_path, headers by name, paging.

    Headers go to no other origin than the one that they were given for: with that, they are to be given anew, else an
    editor could have them sent home. Raises Conflict for a table that is no address's, Invalid.
    """
    if dataset.kind != "source" or (dataset.source or {}).get("type") == "rows":
        raise Conflict("This table comes from no file: it has no address.")
    old = dataset.source or {}
    url = patch.get("url") or old.get("url")
    if url is None:
        raise Invalid("The source does not fit.", [Fault("/source/url", "it is missing")])
    asked = {
        "url": url,
        "records_path": patch.get("records_path", old.get("records_path")),
        "headers": _headers(backends, dataset, old, url, patch.get("headers", {})),
        "paging": patch.get("paging", old.get("paging")),
    }
    stored = fetching.sealed(backends, dataset.id, sources.read(asked))
    return {**{name: old[name] for name in _FOUND if name in old}, **stored}


def _headers(
    backends: Backends, dataset: Dataset, old: Mapping[str, Any], url: str, patch: Mapping[str, Any] | None
) -> dict[str, str]:
    held = _held(backends, dataset, old, url) if patch is not None else {}
    named = {name.lower() for name in patch or {}}
    kept = {name: value for name, value in held.items() if name.lower() not in named}
    return {**kept, **{name: value for name, value in (patch or {}).items() if value is not None}}


def _held(backends: Backends, dataset: Dataset, old: Mapping[str, Any], url: str) -> dict[str, str]:
    """The headers that still hold; those that can't be opened any more are to be given anew too."""
    try:
        same = web_addresses.origin(web_addresses.clean(url)) == web_addresses.origin(old["url"])
        return fetching.opened(backends, dataset.id, old) if same else {}
    except (KeyError, web_addresses.NoAddress, FetchFailed):
        return {}
