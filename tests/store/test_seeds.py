"""What an instance starts with: stored once, and never over what people made of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from solidata_api.domain.vocabularies import SEED
from solidata_api.services import instance


def test_seeds_that_are_there_stay_as_they_are(backends: Any) -> None:
    changed = replace(SEED[0], title="As our lawyers write it")
    backends.licences.replace(changed, backends.licences.get(changed.id).rev)
    backends.licences.delete(SEED[1].id)
    backends.licences.insert_missing(SEED)
    assert backends.licences.get(changed.id).title == changed.title
    assert backends.licences.get(SEED[1].id).title == SEED[1].title


def test_a_licence_that_was_deleted_stays_away(backends: Any) -> None:
    backends.licences.delete(SEED[1].id)
    instance.prepare(backends)
    assert backends.licences.find(SEED[1].id) is None
