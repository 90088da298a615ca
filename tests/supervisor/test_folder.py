"""One owner per DATA_DIR, and what it writes there."""

import json
from pathlib import Path

import pytest

from solidata_api.supervisor.folder import CannotRun, Folder, RunInfo

INFO = RunInfo(pid=123, base_url="http://127.0.0.1:4000", mode="dev", mongo_uri="mongodb://x", started_at="2026-01-01")


def test_a_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    Folder(tmp_path / "new").take()
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_held_names_its_owner(tmp_path: Path) -> None:
    holder = Folder(tmp_path)
    holder.take()
    holder.write(INFO)
    with pytest.raises(CannotRun, match=r"process 123, at http://127\.0\.0\.1:4000"):
        Folder(tmp_path).take()


def test_a_folder_whose_owner_only_starts_is_held_too(tmp_path: Path) -> None:
    holder = Folder(tmp_path)
    holder.take()
    with pytest.raises(CannotRun, match=r"another process holds .*run\.lock"):
        Folder(tmp_path).take()


def test_a_released_folder_can_be_taken(tmp_path: Path) -> None:
    holder = Folder(tmp_path)
    holder.take()
    holder.write(INFO)
    holder.release()
    assert Folder(tmp_path).take() is False


def test_what_a_killed_owner_left_is_no_obstacle_and_noticed(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"pid": 1}))
    assert Folder(tmp_path).take() is True


def test_the_secret_is_made_once_and_is_long_enough(tmp_path: Path) -> None:
    secret = Folder(tmp_path).secret()
    assert len(secret) >= 32
    assert Folder(tmp_path).secret() == secret
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_run_json_is_for_this_account_only(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.take()
    folder.write(INFO)
    assert json.loads((tmp_path / "run.json").read_text())["pid"] == 123
    assert (tmp_path / "run.json").stat().st_mode & 0o777 == 0o600


def test_a_folder_for_one_run_starts_empty(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "old").touch()
    assert list(Folder(tmp_path).empty("metrics").iterdir()) == []
