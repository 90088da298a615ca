"""What readers ask first of a version, made before they ask."""

from __future__ import annotations

from solidata_api.backends import Backends
from solidata_api.domain import policy
from solidata_api.domain.actors import ANONYMOUS
from solidata_api.domain.datasets import Version
from solidata_api.services import exports, rows

#: From how many rows on the CSV and the words are made ahead: of fewer it is done in no time.
LEAST_ROWS = 20_000


def make(backends: Backends, version: Version) -> None:
    """The profile; of a large table that anybody may read its CSV and the index of its words, too, as they see it."""
    backends.tables.profile(version)
    dataset = backends.datasets.find(version.dataset_id)
    if version.row_count < LEAST_ROWS or dataset is None or policy.reading_level(dataset) != "opendata":
        return
    exports.opened(backends, exports.of_dataset(backends, ANONYMOUS, dataset.id, "csv", []), whole=True).close()
    backends.tables.index_ahead(version, rows.row_reading(backends, ANONYMOUS, dataset.id, [("q", "a")]).query)
