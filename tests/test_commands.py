"""Commands for whoever keeps the machine, on each kind of database that they may find."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from solidata_api import cli, commands
from solidata_api.domain.errors import Conflict, Invalid, Unauthenticated
from solidata_api.services import admins, audit, mail_links, passwords, sessions
from solidata_api.settings import Settings
from solidata_api.store import embedded
from solidata_api.supervisor.folder import Folder, RunInfo
from tests.factories import PASSWORD, make_user

EMAIL = "Root@Example.org"


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def create(settings: Settings, email: str = EMAIL) -> int:
    return commands.create_admin(settings, email, "Root", "")


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs stay pytest's."""
    monkeypatch.setattr(commands.logs, "configure", lambda *_: None)


def test_an_admin_is_made_confirmed_and_can_log_in(
    settings: Settings, backends: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "a long enough one\nanother line\n")
    assert create(settings) == 0
    login = {"email": "root@example.org", "password": "a long enough one"}
    assert client.post("/api/v1/auth/login", json=login).get_json()["user"]["role"] == "admin"


def test_an_account_that_exists_is_raised_and_keeps_its_password(
    settings: Settings, backends: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user(backends, email="root@example.org")
    typed(monkeypatch, "")
    assert create(settings) == 0
    raised = backends.users.get(user.id)
    assert (raised.role, raised.name) == ("admin", user.name)
    assert passwords.fits(raised.password_hash, PASSWORD)


def test_an_account_that_nobody_confirmed_is_raised_with_a_new_password_only(
    settings: Settings, backends: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    user = make_user(backends, email="root@example.org", role="guest", places=("somewhere",))
    opened = sessions.open_session(backends, user)
    token = mail_links.mint(backends, "email", user, "stranger@example.org")
    typed(monkeypatch, "a long enough one\n")
    assert create(settings) == 0
    raised = backends.users.get(user.id)
    assert (raised.role, raised.places) == ("admin", ())
    assert [passwords.fits(raised.password_hash, text) for text in (PASSWORD, "a long enough one")] == [False, True]
    with pytest.raises(Unauthenticated):
        sessions.refresh(backends, opened.refresh_token)
    with pytest.raises(Invalid):
        mail_links.spend(backends, token, "email")
    assert "the password is the one just given" in capsys.readouterr().out


def test_an_account_that_nobody_confirmed_is_not_raised_with_a_weak_password(
    settings: Settings, backends: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user(backends, email="root@example.org", role="guest")
    typed(monkeypatch, "\n")
    assert create(settings) == 1
    assert backends.users.get(user.id) == user


def test_an_account_that_moves_while_the_password_is_typed_is_not_raised(backends: Any) -> None:
    user = make_user(backends, email="root@example.org", role="guest")

    def meanwhile() -> str:
        backends.users.amend(user.id, lambda one: replace(one, email="stranger@example.org", role="member"))
        return "a long enough one"

    with pytest.raises(Conflict):
        admins.make_admin(backends, EMAIL, "Root", "", meanwhile)
    assert backends.users.get(user.id).role == "member"


def test_making_an_admin_is_recorded_once(settings: Settings, backends: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user(backends, email="root@example.org")
    typed(monkeypatch, "")
    assert (create(settings), create(settings)) == (0, 0)
    (entry,) = backends.audit.in_order()
    assert (entry.action, entry.actor_id, entry.subject_id) == ("admin.create", None, user.id)
    assert entry.details == {"role": ["member", "admin"]}
    assert audit.verify(backends).fault is None


@pytest.mark.parametrize(
    ("email", "password", "said"),
    [
        (EMAIL, "short", "at least 12"),
        (EMAIL, "", "at least 12"),
        (EMAIL, "Root@example.org", "own name"),
        ("x", "", "--email"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_made(
    settings: Settings,
    backends: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
    email: str,
    password: str,
    said: str,
) -> None:
    typed(monkeypatch, f"{password}\n")
    assert create(settings, email) == 1
    assert said in capsys.readouterr().err
    assert backends.users.all_by() == []


def test_a_disabled_account_is_not_raised(
    settings: Settings, backends: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    make_user(backends, email="root@example.org", disabled=True)
    typed(monkeypatch, "a long enough one\n")
    assert create(settings) == 1
    assert "disabled" in capsys.readouterr().err


def test_at_a_terminal_the_password_is_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    asked = iter(["a long enough one", "a long enough one", "one", "other"])
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(commands.getpass, "getpass", lambda _: next(asked))
    assert commands._ask_password() == "a long enough one"
    with pytest.raises(commands.CannotRun, match="differ"):
        commands._ask_password()


def test_the_log_is_verified_and_its_end_told(settings: Settings, backends: Any, capsys: Any) -> None:
    for _ in range(3):
        last = audit.record(backends, audit.SYSTEM, "test.act")
    assert commands.verify_audit(settings) == 0
    assert capsys.readouterr().out == f"3 entries hold; the last is 3:{last.mac}\n"
    assert commands.verify_audit(settings, f"3:{last.mac}") == 0


def test_an_empty_log_holds(settings: Settings, backends: Any, capsys: Any) -> None:
    assert commands.verify_audit(settings) == 0
    assert capsys.readouterr().out == "0 entries hold\n"


def test_a_fault_in_the_log_is_told_and_fails(settings: Settings, backends: Any, capsys: Any) -> None:
    for _ in range(3):
        audit.record(backends, audit.SYSTEM, "test.act")
    backends.audit.collection.update_one({"_id": 2}, {"$set": {"action": "test.other"}})
    assert commands.verify_audit(settings) == 1
    assert "1 entries hold, then: entry 2 was changed" in capsys.readouterr().err


def test_a_log_that_was_cut_off_and_chained_anew_is_found_by_what_was_noted(
    settings: Settings, backends: Any, capsys: Any
) -> None:
    made = [audit.record(backends, audit.SYSTEM, "test.act") for _ in range(3)]
    backends.audit.collection.delete_many({"_id": {"$gte": 2}})
    backends.database["audit_head"].delete_many({})
    assert commands.verify_audit(settings) == 0
    assert commands.verify_audit(settings, f"3:{made[2].mac}") == 1
    assert "entry 3 is missing" in capsys.readouterr().err
    audit.record(backends, audit.SYSTEM, "test.other")
    assert commands.verify_audit(settings, f"2:{made[1].mac}") == 1
    assert "entry 2 is not the one that was noted" in capsys.readouterr().err


@pytest.mark.parametrize("expect", ["3", "x:y", "0:" + "a" * 64, "1:abc"])
def test_an_expectation_that_can_not_be_read_is_refused(settings: Settings, capsys: Any, expect: str) -> None:
    assert commands.verify_audit(settings, expect) == 1
    assert "N:MAC" in capsys.readouterr().err


def test_another_secret_than_the_services_does_not_verify(settings: Settings, backends: Any, capsys: Any) -> None:
    audit.record(backends, audit.SYSTEM, "test.act")
    assert commands.verify_audit(replace(settings, secret_key="x" * 64)) == 1
    assert "another SECRET_KEY" in capsys.readouterr().err


def test_the_database_of_the_service_that_runs_is_used(
    settings: Settings, backends: Any, tmp_path: Path, capsys: Any
) -> None:
    audit.record(backends, audit.SYSTEM, "test.act")
    holder = Folder(tmp_path)
    holder.take()
    holder.write(RunInfo(os.getpid(), "http://127.0.0.1:1", "dev", settings.mongo_uri, "2026-01-01T00:00:00Z"))
    try:
        assert commands.verify_audit(replace(settings, mongo_uri="")) == 0
    finally:
        holder.release()
    assert capsys.readouterr().out.startswith("1 entries hold")


def test_a_service_that_says_nowhere_where_its_database_is_is_waited_for_and_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(commands, "START_SECONDS", 0.3)
    holder = Folder(tmp_path)
    holder.take()
    try:
        assert commands.verify_audit(replace(settings, mongo_uri="")) == 1
    finally:
        holder.release()
    assert str(tmp_path) in capsys.readouterr().err


def run(folder: Path, *arguments: str, password: str = "") -> subprocess.CompletedProcess[str]:
    """The command as it is typed, in a folder of its own without settings."""
    ours = {name: value for name, value in os.environ.items() if name.lower() not in Settings.__dataclass_fields__}
    return subprocess.run(
        [sys.executable, "-m", "solidata_api.cli", *arguments],
        env={**ours, "DATA_DIR": str(folder)},
        input=password,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_a_service_the_commands_start_the_database_and_stop_it(tmp_path: Path) -> None:
    made = run(tmp_path / "data", "create-admin", "--email", EMAIL, password="a long enough one\n")
    assert (made.returncode, made.stdout[:29]) == (0, "root@example.org is an admin ")
    assert "a long enough one" not in made.stdout + made.stderr
    verified = run(tmp_path / "data", "audit", "verify")
    assert (verified.returncode, verified.stdout[:14]) == (0, "1 entries hold")
    last = verified.stdout.split()[-1]
    assert last.startswith("1:")
    assert run(tmp_path / "data", "audit", "verify", "--expect", last).returncode == 0
    assert run(tmp_path / "data", "audit", "verify", "--expect", f"1:{'0' * 64}").returncode == 1
    assert (made.stderr, verified.stderr) == ("", "")
    assert not (tmp_path / "data" / "run.json").exists()
    server = embedded.start(tmp_path / "data")  # nobody holds the folder any more
    server.stop()


def test_an_address_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["create-admin"])
    assert "--email" in capsys.readouterr().err
