"""The audit log: each entry names the one before by a keyed hash, so that none can be changed or taken out."""

from __future__ import annotations

import hmac
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

#: What the first entry names as the one before it.
FIRST = "0" * 64


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that happened. `id` counts from 1; `mac` is HMAC-SHA-256 (RFC 2104) over the entry and `previous`."""

    id: int
    at: datetime
    actor_id: str | None
    #: The API key that spoke for the actor, if one did.
    key_id: str | None = None
    action: str
    subject_kind: str | None = None
    subject_id: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    request_id: str | None = None
    previous: str
    mac: str = ""


@dataclass(frozen=True)
class Verdict:
    """What checking the chain found: how many entries hold, the mac of the last, and the first fault, if any."""

    entries: int
    last_mac: str
    fault: str | None = None


def mac_of(key: bytes, entry: Entry) -> str:
    """The keyed hash of an entry, over all that it says and the hash of the one before."""
    said = {name: value for name, value in asdict(entry).items() if name != "mac"}
    said["at"] = entry.at.astimezone(UTC).isoformat(timespec="milliseconds")
    return hmac.new(key, orjson.dumps(said, option=orjson.OPT_SORT_KEYS), "sha256").hexdigest()


def rights_of(document: Any) -> dict[str, Any]:
    """What a document says of rights, as flat plain values: its levels, team, columns and loans."""
    said: dict[str, Any] = {"open_level": document.open_level, "edit_level": document.edit_level}
    said |= {f"team/{member.user_id}": member.grade for member in document.team}
    for column in getattr(document, "columns", ()):
        said |= {f"columns/{column.key}/open_level": column.open_level, f"columns/{column.key}/cap": column.cap}
    for source in (*getattr(document, "sources", ()), *getattr(document, "former_sources", ())):
        said |= {f"loans/{source.dataset_id}/{key}": loan.up_to for key, loan in source.loans.items()}
    return said


def rights_changed(old: Any, new: Any) -> dict[str, list[Any]]:
    """Right → [before, after], for each right in which two states of a document differ."""
    before, after = rights_of(old), rights_of(new)
    return {
        name: [before.get(name), after.get(name)]
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }
