"""Which columns of other datasets the parameters of steps name: those datasets are sources too (DESIGN 3)."""

from __future__ import annotations

from collections.abc import Iterable

from solidata_api.recipes.base import Step


def references(steps: Iterable[Step]) -> set[tuple[str, str]]:
    """Each (dataset id, column key) that a step in use names."""
    return {reference for step in steps if not step.off for reference in step.references()}
