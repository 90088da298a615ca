"""What a build tells once its rows are written: shares of quality, and how it differs from the build before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain import quality
from solidata_api.domain.datasets import Dataset, Version
from solidata_api.services import new_versions


def completed(backends: Backends, old: Dataset | None, version: Version) -> Version:
    """The version with its whole report. `old` is the dataset as it is before it."""
    report = version.report
    shares = quality.shares(report["quality"], version.row_count, backends.tables.profile(version))
    told: dict[str, Any] = {**report, "quality": shares}
    if old is not None:
        told["difference"] = _difference(backends, new_versions.current(backends, old), version, shares)
    return replace(version, report=told)


def _difference(backends: Backends, before: Version, version: Version, shares: dict[str, Any]) -> dict[str, Any]:
    """As imports tell it, and by field how the shares of quality changed."""
    if before.sha256 == version.sha256:
        columns = new_versions.column_changes(before.columns, version.columns)
        rows = {"added": 0, "removed": 0, "changed": 0, "unchanged": version.row_count}
        told = {"from": before.n, "columns": columns, "rows": rows}
    else:
        told = new_versions.difference(backends, before, version)
    return {**told, "quality": quality.changes(before.report.get("quality", {}), shares)}
