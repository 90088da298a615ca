"""The whole thing once: gunicorn, dispatcher, Dask workers, embedded database, and the demo through the API."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from solidata_api.demo.client import Client, Refused
from tests.test_processes import APPSERVER, Service, wait_until

pytestmark = pytest.mark.xdist_group("processes")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    started = Service(tmp_path_factory.mktemp("service") / "data")
    try:
        yield started.wait_until_ready()
    finally:
        started.clean_up()


def load_demo(service: Service) -> str:
    command = [sys.executable, str(APPSERVER), "demo", "--base-url", f"http://127.0.0.1:{service.port}"]
    environment = {**os.environ, "DATA_DIR": str(service.data_dir)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def demo(service: Service) -> dict[str, Any]:
    """What the demo says, twice."""
    first, second = load_demo(service), load_demo(service)
    assert first == second
    url = re.search(r"Shared table: (\S+)/rows", first)
    kept = json.loads((service.data_dir / "demo.json").read_text())
    assert url is not None
    return {"url": url[1], "said": first, **kept}


@pytest.fixture
def owner(service: Service, demo: dict[str, Any]) -> Client:
    client = Client(f"http://127.0.0.1:{service.port}/api/v1")
    client.log_in(demo["email"], demo["password"])
    return client


def read(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def test_the_demo_counts_what_its_files_hold_and_twice_is_harmless(demo: dict[str, Any]) -> None:
    assert "8692 rows of four files became 8652 communes with 13275351 inhabitants" in demo["said"]


def test_anybody_reads_the_shared_table_but_not_its_private_column(demo: dict[str, Any]) -> None:
    page = read(f"{demo['url']}/rows?population__greater=200000&sort=-population")
    assert [row["name"] for row in page["rows"]][:2] == ["Toulouse", "Montpellier"]
    assert "siren" not in json.dumps(page)
    assert "siren" not in json.dumps(read(f"{demo['url']}/schema"))
    with urllib.request.urlopen(f"{demo['url']}/export.csv", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    assert lines[0] == "code,name,population,postcode"
    assert len(lines) == 8653
    assert lines[1].startswith("09001,")


def test_the_demos_password_is_for_its_owner_only(service: Service, demo: dict[str, Any]) -> None:
    assert (service.data_dir / "demo.json").stat().st_mode & 0o077 == 0
    assert demo["password"] not in service.said


def test_no_web_process_has_loaded_pandas_or_dask(service: Service, demo: dict[str, Any]) -> None:
    web = [process for process in service.family() if "gunicorn" in " ".join(process.cmdline())]
    assert web
    for process in web:
        mapped = {Path(part.path).parts[-2] if len(Path(part.path).parts) > 1 else "" for part in process.memory_maps()}
        assert not {name for name in mapped if "pandas" in name or "pyarrow" in name}


def large_file(folder: Path, rows: int) -> Path:
    path = folder / "large.csv"
    path.write_text("code,name,amount\n" + "".join(f"{n:08d},Name {n % 977},{n * 1.5}\n" for n in range(rows)))
    return path


def job_of(client: Client, job_id: str) -> dict[str, Any]:
    """The job; asked again while a busy machine answers 503, as its Retry-After says."""
    try:
        job: dict[str, Any] = client.get(f"/jobs/{job_id}")
    except Refused as refused:
        if refused.status != 503:
            raise
        threading.Event().wait(0.5)
        return job_of(client, job_id)
    return job


def running(client: Client, job_id: str) -> bool:
    return bool(job_of(client, job_id)["progress"]["done"])


def start_import(client: Client, path: Path) -> dict[str, Any]:
    """Send a file without waiting for the outcome."""
    job: dict[str, Any] = client.upload("/datasets", path, {"title": path.stem}, wait=0)
    return job


def worker_at_work(service: Service) -> psutil.Process:
    """The worker that has used the most processor time lately."""
    workers = [
        one
        for one in service.family()
        if "multiprocessing" in " ".join(one.cmdline()) and "spawn_main" in " ".join(one.cmdline())
    ]
    for one in workers:
        one.cpu_percent()
    threading.Event().wait(0.3)
    return max(workers, key=lambda one: one.cpu_percent())


def test_a_job_whose_worker_is_killed_runs_again(service: Service, owner: Client, tmp_path: Path) -> None:
    job = start_import(owner, large_file(tmp_path, 400_000))
    wait_until(lambda: running(owner, job["id"]))
    worker_at_work(service).kill()
    wait_until(lambda: job_of(owner, job["id"])["state"] in ("succeeded", "failed"), 90)
    ended = job_of(owner, job["id"])
    assert (ended["state"], ended["attempts"]) == ("succeeded", 2)
    dataset = owner.get(f"/datasets/{ended['result']['dataset_id']}")
    assert (dataset["row_count"], dataset["version"]) == (400_000, 1)
    # Nothing of the lost attempt is left.
    assert len(list((service.data_dir / "tables" / "datasets" / dataset["id"]).iterdir())) == 1


def test_a_running_job_is_cancelled_and_leaves_no_dataset(service: Service, owner: Client, tmp_path: Path) -> None:
    job = start_import(owner, large_file(tmp_path, 400_000))
    wait_until(lambda: running(owner, job["id"]))
    owner.delete(f"/jobs/{job['id']}")
    wait_until(lambda: job_of(owner, job["id"])["state"] == "cancelled")
    titles = [dataset["title"] for dataset in owner.get("/datasets?mine=true&per_page=100")["items"]]
    assert titles.count("large") <= 1


def test_previews_are_answered_in_place_while_a_long_job_runs(
    service: Service, owner: Client, demo: Any, tmp_path: Path
) -> None:
    job = start_import(owner, large_file(tmp_path, 200_000))
    preview = owner.post(f"/projects/{demo['project']}/preview", {"rows": 5})
    assert len(preview["rows"]) == 5
    wait_until(lambda: job_of(owner, job["id"])["state"] == "succeeded", 60)


def test_a_stranger_meets_nothing_of_it(service: Service, demo: Any) -> None:
    stranger = Client(f"http://127.0.0.1:{service.port}/api/v1")
    with pytest.raises(Refused) as refused:
        stranger.get(f"/datasets/{demo['source bretagne.csv']}")
    assert refused.value.status == 404
