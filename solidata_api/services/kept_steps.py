"""Step results that builds keep: what they are made of, and when they go. Decision 34."""

from __future__ import annotations

from typing import Any

from solidata_api.backends import Backends
from solidata_api.services.corrected import Corrected
from solidata_api.services.plans import Plan, PlannedSource
from solidata_api.services.references import PlannedReference


def keeping(backends: Backends, plan: Plan, corrected: Corrected, row_key: str) -> Any:
    """Where a build keeps and finds results; None where nothing is kept.

    Under corrections nothing is: what became of each is told only by a build that reads all rows.
    """
    from solidata_api.recipes.kept import Keeping

    planned: tuple[PlannedSource | PlannedReference, ...] = (*plan.sources, *plan.references)
    reads = tuple(dict.fromkeys((one.dataset.id, one.version.id) for one in planned))
    if not backends.settings.kept_steps_mb or corrected.holds_any(dataset_id for dataset_id, _ in reads):
        return None
    # The dataset's own secret: it keys pseudonyms, and no address tells anything without it.
    return Keeping(backends.tables.kept_steps, reads, bytes.fromhex(row_key))


def sweep(backends: Backends) -> int:
    """Remove what is made of versions that are gone, also where another machine removed them; answers how many."""

    def is_there(dataset_id: str, version_id: str) -> bool:
        dataset = backends.datasets.find(dataset_id)
        return dataset is not None and any(ref.version_id == version_id for ref in dataset.versions)

    return backends.tables.kept_steps.sweep(is_there)
