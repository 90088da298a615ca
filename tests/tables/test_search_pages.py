"""Search over time: pages that go on; indexes that are not there yet, damaged, dropped or made by several at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from solidata_api.domain.datasets import Version
from solidata_api.domain.errors import Unavailable
from solidata_api.domain.queries import ROW_PARAMETERS, bind
from solidata_api.settings import Settings
from solidata_api.tables import Export, Page, Tables, open_tables, search, search_cache, search_index

TYPES = {"name": "string", "n": "integer"}


def ask(tables: Tables, version: Version, **asked: Any) -> Page:
    after, ranked = asked.pop("after", None), asked.pop("ranked", True)
    query = bind([(name, str(text)) for name, text in asked.items()], version.columns, ROW_PARAMETERS)
    search = replace(query.search, is_ranked=ranked) if query.search else None
    return tables.page(version, version.columns, replace(query, after=after, search=search))


def positions(page: Page) -> list[int]:
    return [int(row["_id"].removeprefix("r")) for row in page.rows]


def walked(tables: Tables, version: Version, **asked: Any) -> list[int]:
    """All pages, one after the other, as cursors lead."""
    found, place = [], {}
    while True:
        page = ask(tables, version, **asked, **place)
        found += positions(page)
        place = {"after": page.next_after}
        if page.next_after is None:
            return found


def indexes(tables: Tables) -> list[Path]:
    return sorted(tables.searching.cache.folder.glob(f"*.v{search_cache.LAYOUT}"))


@pytest.fixture
def version(make_version: Callable[..., Version]) -> Version:
    """60 rows; every third has the word once, row 50 twice."""
    return make_version(TYPES, [("eau eau" if n == 50 else "eau x" if n % 3 == 0 else "x", n) for n in range(60)])


RANKED = [50, *range(0, 60, 3)]


def test_pages_go_on_by_rank_and_equals_come_as_they_are_stored(
    tables: Tables, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "TIES", 1)
    monkeypatch.setattr(search_index, "BATCH_ROWS", 7)
    assert walked(tables, version, q="eau", per_page=4) == RANKED
    assert positions(ask(tables, version, q="eau", per_page=4, page=3)) == RANKED[8:12]
    assert ask(tables, version, q="eau", per_page=4, page=3).total == len(RANKED)


@pytest.mark.parametrize("few", [0, 5000], ids=["many rows left", "few rows left"])
def test_filters_and_a_search_hold_together(
    tables: Tables, version: Version, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(search_index, "FEW", few)
    asked = {"q": "eau", "n__greater": 30, "per_page": 3}
    assert walked(tables, version, **asked) == [row for row in RANKED if row >= 30]
    assert ask(tables, version, **asked).total == len([row for row in RANKED if row >= 30])


def test_many_found_rows_are_filtered_and_sorted_as_few(
    tables: Tables, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = walked(tables, version, q="eau", sort="-n", per_page=7)
    monkeypatch.setattr("solidata_api.tables.sql.FEW", 2)
    assert walked(tables, version, q="eau", sort="-n", per_page=7) == few == sorted(RANKED, reverse=True)
    assert walked(tables, version, q="x", n__less=10, sort="n", per_page=7) == list(range(11))
    assert walked(tables, version, q="absent", sort="n") == []


def test_an_export_holds_the_rows_found_in_stored_order(tables: Tables, version: Version) -> None:
    query = bind([("q", "eau"), ("n__less", "9"), ("fields", "n")], version.columns, ("q", "fields"))
    found = tables.export(Export(version, version.columns, query, "csv"), whole=True)
    assert b"".join(found) == b"n\r\n0\r\n3\r\n6\r\n9\r\n"
    found.close()


def test_while_no_index_is_ready_rows_come_in_stored_order_and_a_cursor_keeps_to_it(
    tables: Tables, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = threading.Event()
    build = search_index.build_index
    monkeypatch.setattr(search, "WAIT_S", 0.01)
    monkeypatch.setattr(search_cache, "build_index", lambda *given: ready.wait(30) and build(*given))
    first = ask(tables, version, q="eau", per_page=4)
    assert (positions(first), first.ranked, first.total) == ([0, 3, 6, 9], False, len(RANKED))
    assert positions(ask(tables, version, q="eau", sort="-n", per_page=2)) == [57, 54]
    ready.set()
    monkeypatch.setattr(search, "WAIT_S", 30)
    assert positions(ask(tables, version, q="eau", per_page=4)) == RANKED[:4]
    following = ask(tables, version, q="eau", per_page=4, after=first.next_after, ranked=False)
    assert (positions(following), following.ranked) == ([12, 15, 18, 21], False)


def test_a_ranked_page_whose_index_is_gone_waits_for_it_or_says_so(
    tables: Tables, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError("no space left")

    tables.serving.limits = replace(tables.serving.limits, time_s=30)
    first = ask(tables, version, q="eau", per_page=4)
    tables.searching.cache.forget(version)
    assert positions(ask(tables, version, q="eau", per_page=4, after=first.next_after)) == RANKED[4:8]
    tables.searching.cache.forget(version)
    monkeypatch.setattr(search_cache, "build_index", fail)
    with pytest.raises(Unavailable, match="index"):
        ask(tables, version, q="eau", per_page=4, after=first.next_after)
    assert ask(tables, version, q="eau", per_page=4).ranked is False
    assert not [path for path in tables.searching.cache.folder.iterdir() if path.suffix == ".making"]


def test_a_large_table_is_indexed_by_a_process_of_its_own(
    tables: Tables, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "WAIT_S", 60)
    monkeypatch.setattr(search_cache, "SMALL_ROWS", 0)
    monkeypatch.setattr(search_cache, "build_index", None)
    assert walked(tables, version, q="eau", per_page=50) == RANKED


@pytest.mark.parametrize("harm", ["meta.json", "*.term", "*.idx", "*.fast", "everything"])
def test_a_damaged_index_is_made_again(tables: Tables, version: Version, tmp_path: Path, harm: str) -> None:
    ask(tables, version, q="eau")
    (folder,) = indexes(tables)
    for path in folder.glob("*" if harm == "everything" else harm):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    again = open_tables(Settings(data_dir=tmp_path, part_rows=7))
    assert positions(ask(again, version, q="eau", per_page=50)) == RANKED


def test_what_was_not_searched_for_longest_is_dropped_and_made_again(
    tables: Tables, make_version: Callable[..., Version]
) -> None:
    one, two = (make_version(TYPES, [(f"eau {n}", n) for n in range(40)]) for _ in range(2))
    ask(tables, one, q="eau")
    tables.searching.cache.limit = 1
    ask(tables, two, q="eau")
    assert [path.name.startswith(two.id) for path in indexes(tables)] == [True]
    assert len(positions(ask(tables, one, q="eau"))) == 20, "who has it open reads on"
    tables.searching.cache.forget(one)
    assert ask(tables, one, q="eau").ranked is True
    assert [path.name.startswith(one.id) for path in indexes(tables)] == [True]


def test_nothing_is_left_of_a_version_that_is_deleted(tables: Tables, version: Version) -> None:
    ask(tables, version, q="eau")
    tables.delete(version)
    assert list(tables.searching.cache.folder.iterdir()) == []


def test_several_who_need_an_index_at_once_get_one(tables: Tables, version: Version) -> None:
    folder = tables.searching.cache.folder
    others = [search_cache.SearchCache(tables.serving, folder, 100) for _ in range(4)]
    found: list[list[int]] = []

    def search_it(one: search_cache.SearchCache) -> None:
        index = one.index(version, ("name",), 60)
        asked = bind([("q", "eau")], version.columns, ROW_PARAMETERS).search
        assert index is not None and asked is not None
        found.append(index.ranked(asked, 0, 50)[0])

    threads = [threading.Thread(target=search_it, args=[one]) for one in others for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [RANKED] * len(threads)
    assert len(indexes(tables)) == 1


def test_each_set_of_columns_has_an_index_of_its_own(tables: Tables, make_version: Callable[..., Version]) -> None:
    version = make_version({"a": "string", "b": "string"}, [("eau", "feu"), ("feu", "eau")])
    for columns, expected in ((version.columns, [0, 1]), (version.columns[:1], [0]), (version.columns[1:], [1])):
        assert positions(tables.page(version, columns, bind([("q", "eau")], columns, ROW_PARAMETERS))) == expected
    assert len(indexes(tables)) == 3


def test_a_table_without_rows_or_texts_finds_nothing(tables: Tables, make_version: Callable[..., Version]) -> None:
    for version in (make_version(TYPES, []), make_version({"n": "integer"}, [(1,), (2,)])):
        page = ask(tables, version, q="eau")
        assert (page.rows, page.total) == ([], 0)
