"""Fetches that fail: the second of two jobs in a row mails the owners, once, until one has succeeded again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.documents import now
from solidata_api.domain.jobs import Job
from solidata_api.domain.users import User
from solidata_api.domain.web_addresses import host_of
from solidata_api.services import mails

#: From how many failures in a row on people are told.
TELLING = 2
TRIES = 5


def of_import(backends: Backends, job: Job, source: Mapping[str, Any]) -> dict[str, Any]:
    """The source of an import that could not be fetched, one more failure counted: its retry has it too."""
    failed = _counted(source)
    if _is_to_tell(failed):
        user = backends.users.find(job.started_by)
        _tell(backends, [user] if user else [], job.params["infos"]["title"], failed["url"], f"fetch-{job.id}")
        failed["told"] = True
    return failed


def of_dataset(backends: Backends, dataset_id: str) -> None:
    """Count a failure with the dataset, and tell its owners of the second."""

    def failed(source: dict[str, Any]) -> dict[str, Any]:
        counted = _counted(source)
        return {**counted, "told": counted["told"] or _is_to_tell(counted)}

    before, source = _change(backends, dataset_id, failed)
    if before is not None and source["told"] and not (before.source or {}).get("told"):
        owners = backends.users.get_many(member.user_id for member in before.team if member.grade == "owner")
        once = f"fetch-{before.id}-{now().timestamp():.3f}"
        _tell(backends, owners, before.title, source["url"], once)


def settled(backends: Backends, dataset_id: str) -> None:
    """A fetch has succeeded: the next failure is a first one again."""

    def well(source: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in source.items() if name not in ("failures", "told")}

    _change(backends, dataset_id, well)


def _change(
    backends: Backends, dataset_id: str, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> tuple[Dataset | None, dict[str, Any]]:
    """A dataset as it was, and its source as it is now; no dataset where there is none, or no end of changes to it."""
    for _ in range(TRIES):
        dataset = backends.datasets.find(dataset_id)
        if dataset is None or dataset.source is None:
            break
        source = change(dataset.source)
        if source == dataset.source or backends.datasets.set_quietly(dataset.id, dataset.rev, source=source):
            return dataset, source
    return None, {}


def _counted(source: Mapping[str, Any]) -> dict[str, Any]:
    return {**source, "failures": source.get("failures", 0) + 1, "told": source.get("told", False)}


def _is_to_tell(source: Mapping[str, Any]) -> bool:
    return source["failures"] >= TELLING and not source["told"]


def _tell(backends: Backends, owners: Iterable[User], title: str, url: str, once: str) -> None:
    values = {"title": title, "host": host_of(url)}
    for user in owners:
        if not user.disabled and user.deleted_at is None:
            mails.post(
                backends, "fetch_failed", user.email, user.lang, user=user, values=values, once=f"{once}-{user.id}"
            )
