"""The serving files that are open: bounded in number, and in memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import pytest

from solidata_api.domain.datasets import Version
from solidata_api.domain.queries import ROW_PARAMETERS, bind
from solidata_api.tables import Page, Tables, serving


def read(tables: Tables, version: Version, *arguments: tuple[str, str]) -> Page:
    return tables.page(version, version.columns, bind(list(arguments), version.columns, ROW_PARAMETERS))


def handles(tables: Tables) -> int:
    """Descriptors of serving files that this process holds."""
    links = (os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd"))
    return sum(link.startswith(str(tables.serving.cache.folder.resolve())) for link in links)


def test_many_tables_hold_no_more_files_open_than_the_limit(
    tables: Tables, make_version: Callable[..., Version], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "MAX_OPEN", 8)
    versions = [make_version({"n": "integer"}, [(n,)]) for n in range(30)]
    most, before = 0, len(os.listdir("/proc/self/fd"))
    for version in (*versions, *versions[:10]):
        assert read(tables, version).total == 1
        most = max(most, handles(tables))
    assert 1 <= most <= 8
    assert len(os.listdir("/proc/self/fd")) <= before + 8
    for version in versions:
        tables.delete(version)
    assert handles(tables) == 0
    assert tables.serving._opening == {}


def test_what_open_tables_hold_in_memory_is_bounded(
    tables: Tables, make_version: Callable[..., Version], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("solidata_api.tables.paging.SMALL", 0)
    rows = [(n, f"{n * 7919 % 100_003:0200}") for n in range(4000)]
    versions = [make_version({"n": "integer", "text": "string"}, rows) for _ in range(6)]
    for version in versions:
        read(tables, version, ("text__contains", "77"))
    held = [one.memory for one in tables.serving._open.values()]
    assert len(held) == 6
    assert min(held) > 256 << 10
    # Room for about three of them.
    tables.serving.limits = replace(tables.serving.limits, all_memory_mb=1)
    monkeypatch.setattr(serving, "MEGABYTE", 3 * max(held) + 1)
    for version in versions[:2]:
        read(tables, version, ("text__contains", "78"))
    kept = tables.serving._open
    assert 1 <= len(kept) <= 3
    assert sum(one.memory for one in kept.values()) <= 3 * max(held) + 1
    # Those read last are there, and the others are opened again.
    assert list(kept)[-2:] == [one.id for one in versions[:2]]
    assert read(tables, versions[2], ("n", "5")).total == 1


def test_light_reads_are_looked_at_too(
    tables: Tables, make_version: Callable[..., Version], monkeypatch: pytest.MonkeyPatch
) -> None:
    version = make_version({"n": "integer"}, [(n,) for n in range(10)])
    read(tables, version)
    opened = tables.serving._open[version.id]
    opened.memory = -1
    for _ in range(serving.LOOK_EVERY):
        read(tables, version, ("page", "2"), ("per_page", "3"))
    assert opened.memory > 0
