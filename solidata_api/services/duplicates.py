"""The same bytes again: which datasets have them already, told to those who may read these whole."""

from __future__ import annotations

from dataclasses import replace

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Original

MOST = 20


def of(backends: Backends, actor: Actor, kept: Original) -> list[str]:
    """Ids of the datasets whose current version was read from these very bytes, the oldest first.

    Only of datasets in which the actor reads every column, being admin aside: the hash of a file tells of its cells.
    """
    found = sorted(backends.versions.all_by(**{"original.sha256": kept.sha256}), key=lambda one: one.created_at)
    ids = dict.fromkeys(one.dataset_id for one in found if _is_current(backends, one.dataset_id, one.id))
    return readable(backends, actor, list(ids))[:MOST]


def readable(backends: Backends, actor: Actor, ids: list[str]) -> list[str]:
    """Those of these datasets of which the actor may know that they have the same bytes."""
    plain = replace(actor, role="member") if actor.is_admin else actor
    return [one.id for one in backends.datasets.get_many(ids) if policy.can(plain, "read_all", one)]


def _is_current(backends: Backends, dataset_id: str, version_id: str) -> bool:
    dataset = backends.datasets.find(dataset_id)
    return dataset is not None and any(
        ref.version_id == version_id and ref.n == dataset.version for ref in dataset.versions
    )
