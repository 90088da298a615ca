"""The audit log: what goes into it, and that nobody changes it unseen."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from solidata_api.domain.audit import Entry
from solidata_api.domain.jobs import Subject
from solidata_api.services import audit
from tests.factories import make_dataset, make_user

ROWS = [{"code": "01", "name": "Ain"}]


def entries(backends: Any, action: str | None = None) -> list[Entry]:
    return [entry for entry in backends.audit.in_order() if action in (None, entry.action)]


def filled(backends: Any, n: int = 5) -> list[Entry]:
    actor = make_user(backends).acting()
    return [audit.record(backends, actor, "test.act", Subject("datasets", f"d{k}"), {"k": k}) for k in range(n)]


def test_an_untouched_log_holds(backends: Any) -> None:
    made = filled(backends)
    verdict = audit.verify(backends)
    assert (verdict.entries, verdict.last_mac, verdict.fault) == (5, made[-1].mac, None)


def test_an_empty_log_holds(backends: Any) -> None:
    assert audit.verify(backends).fault is None


@pytest.mark.parametrize(
    "change", [{"action": "test.other"}, {"actor_id": "somebody"}, {"details": {"k": 9}}, {"subject_id": "other"}]
)
def test_a_changed_entry_is_found(backends: Any, change: dict[str, Any]) -> None:
    filled(backends)
    backends.audit.collection.update_one({"_id": 3}, {"$set": change})
    assert "entry 3 was changed" in (audit.verify(backends).fault or "")


def test_an_entry_taken_out_is_found(backends: Any) -> None:
    filled(backends)
    backends.audit.collection.delete_one({"_id": 3})
    assert audit.verify(backends).fault == "entry 3 is missing, 2 stand after it"


def test_an_end_that_is_cut_off_is_found(backends: Any) -> None:
    filled(backends)
    backends.audit.collection.delete_one({"_id": 5})
    assert audit.verify(backends).fault == "the last 1 entries are missing: there were 5"


def test_an_entry_made_anew_without_the_key_is_found(backends: Any) -> None:
    filled(backends)
    forger = replace(backends, settings=replace(backends.settings, secret_key="x" * 64))
    backends.audit.collection.delete_one({"_id": 5})
    backends.audit.collection.database["audit_head"].update_one({"_id": "head"}, {"$set": {"n": 4}})
    audit.record(forger, audit.SYSTEM, "test.forged")
    assert "entry 5 was changed" in (audit.verify(backends).fault or "")


def test_two_entries_that_changed_places_are_found(backends: Any) -> None:
    filled(backends)
    collection = backends.audit.collection
    second, third = collection.find_one({"_id": 2}), collection.find_one({"_id": 3})
    collection.replace_one({"_id": 2}, {**third, "_id": 2})
    collection.replace_one({"_id": 3}, {**second, "_id": 3})
    assert audit.verify(backends).fault is not None


def test_a_pointer_that_lags_behind_costs_nothing(backends: Any) -> None:
    filled(backends)
    backends.audit.collection.database["audit_head"].update_one({"_id": "head"}, {"$set": {"n": 2}})
    filled(backends, 1)
    assert (audit.verify(backends).entries, audit.verify(backends).fault) == (6, None)


def test_writers_at_the_same_time_make_one_chain(backends: Any) -> None:
    threads = [threading.Thread(target=filled, args=(backends, 10)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (audit.verify(backends).entries, audit.verify(backends).fault) == (40, None)


def test_what_fails_after_its_entry_gets_another(backends: Any) -> None:
    with pytest.raises(RuntimeError), audit.recorded(backends, audit.SYSTEM, "test.act", None):
        raise RuntimeError
    assert [entry.action for entry in entries(backends)] == ["test.act", "test.act.failed"]
    assert entries(backends)[1].details == {"entry": 1}


def test_a_change_of_levels_says_before_and_after(backends: Any, member: Any, run_jobs: Any) -> None:
    made = make_dataset(member, run_jobs, rows=ROWS)
    change = {"open_level": "opendata", "columns": [{"key": "name", "open_level": "private"}]}
    assert member.patch(f"/datasets/{made['id']}", json=change).status_code == 200
    (entry,) = entries(backends, "rights.change")
    assert (entry.actor_id, entry.subject_kind, entry.subject_id) == (member.user.id, "datasets", made["id"])
    assert entry.details == {
        "columns/name/open_level": ["opendata", "private"],
        "open_level": ["collective", "opendata"],
    }


def test_a_change_of_other_things_is_not_recorded(backends: Any, member: Any, run_jobs: Any) -> None:
    made = make_dataset(member, run_jobs, rows=ROWS)
    member.patch(f"/datasets/{made['id']}", json={"description": "D"})
    assert entries(backends) == []


def test_what_only_an_admin_could_do_is_recorded(backends: Any, member: Any, as_actor: Any, run_jobs: Any) -> None:
    admin, made = as_actor("admin"), make_dataset(member, run_jobs, rows=ROWS)
    admin.get(f"/datasets/{made['id']}/rows")
    admin.patch(f"/datasets/{made['id']}", json={"description": "D"})
    assert [(entry.action, entry.actor_id) for entry in entries(backends)] == [
        ("admin.read", admin.user.id),
        ("admin.edit", admin.user.id),
    ]


def test_what_an_admin_lists_of_others_is_recorded(backends: Any, member: Any, as_actor: Any, run_jobs: Any) -> None:
    made = make_dataset(member, run_jobs, rows=ROWS)
    as_actor("admin").get("/datasets")
    (entry,) = entries(backends)
    assert (entry.action, entry.subject_kind, entry.details) == ("admin.list", "datasets", {"ids": [made["id"]]})


def test_what_an_admin_does_as_anybody_could_is_not_recorded(
    backends: Any, member: Any, as_actor: Any, run_jobs: Any
) -> None:
    made = make_dataset(member, run_jobs, rows=ROWS, open_level="opendata")
    as_actor("admin").get(f"/datasets/{made['id']}/rows")
    assert entries(backends) == []


def test_the_log_holds_no_address_and_no_name(backends: Any, member: Any, run_jobs: Any) -> None:
    made = make_dataset(member, run_jobs, rows=ROWS, title="Secret title")
    member.patch(f"/datasets/{made['id']}", json={"open_level": "opendata"})
    stored = str(list(backends.audit.collection.find()))
    assert member.user.email not in stored
    assert "Secret title" not in stored


def test_a_private_column_that_only_an_admin_reads_of_open_data_is_recorded(
    backends: Any, member: Any, as_actor: Any, run_jobs: Any
) -> None:
    made = make_dataset(member, run_jobs, rows=ROWS, open_level="opendata")
    member.patch(f"/datasets/{made['id']}", json={"columns": [{"key": "name", "open_level": "private"}]})
    as_actor("admin").get(f"/datasets/{made['id']}/rows")
    assert [entry.action for entry in entries(backends)] == ["rights.change", "admin.read"]


def test_a_deletion_is_recorded(backends: Any, member: Any, run_jobs: Any) -> None:
    made = make_dataset(member, run_jobs, rows=ROWS)
    member.delete(f"/datasets/{made['id']}")
    (entry,) = entries(backends)
    assert (entry.action, entry.subject_id) == ("document.delete", made["id"])
