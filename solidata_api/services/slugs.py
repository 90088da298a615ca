"""Slugs: readable names of datasets for addresses, given so that they tell nobody of a dataset that is hidden."""

from __future__ import annotations

import re

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.documents import new_id
from solidata_api.domain.folding import fold_text

#: Stands in the slugs of datasets that only their teams have ever read, and in no other.
HIDDEN = "--"


def slug_of(backends: Backends, dataset: Dataset) -> str:
    """The slug a dataset has from now on: a plain one once others than its team read it, and for ever then.

    A plain slug is numbered where another dataset has it, which tells of what is open, or was.
    """
    if dataset.slug and not (HIDDEN in dataset.slug and _is_open(dataset)):
        return dataset.slug
    return _plain(backends, dataset) if _is_open(dataset) else _hidden(backends, dataset)


def _plain(backends: Backends, dataset: Dataset) -> str:
    base = _base(dataset.title)
    for n in range(1, 100):
        slug = base if n == 1 else f"{base}-{n}"
        if not _is_taken(backends, slug, dataset):
            return slug
    return f"{base}-{new_id()}"


def _hidden(backends: Backends, dataset: Dataset) -> str:
    slug = f"{_base(dataset.title)}{HIDDEN}{dataset.id[:6]}"
    return slug if not _is_taken(backends, slug, dataset) else f"{_base(dataset.title)}{HIDDEN}{dataset.id}"


def _is_taken(backends: Backends, slug: str, dataset: Dataset) -> bool:
    """Whether another dataset has it, or had it and can be taken back."""
    trashed = backends.trash.find_by(slug=slug)
    return backends.datasets.find_by(slug=slug) is not None or (trashed is not None and trashed.id != dataset.id)


def _base(title: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", fold_text(title)).strip("-")[:60].strip("-") or "table"
    # An id must never be taken for a slug, nor a slug for an id.
    return f"table-{base}" if re.fullmatch(r"[0-9a-f]{24}", base) else base


def _is_open(dataset: Dataset) -> bool:
    return policy.reading_level(dataset) in ("opendata", "commons")
