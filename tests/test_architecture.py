"""The house as HOUSE lays it: imports point one way, web processes stay light, modules stay small, docs stay true."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from solidata_api.api.errors import PROBLEMS
from solidata_api.recipes import STEPS

ROOT = Path(__file__).parents[1]
LONGEST_MODULE = 300
HEAVY = ("pandas", "pyarrow", "dask", "distributed", "python_calamine", "openpyxl")


def test_imports_point_one_way() -> None:
    ended = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout


def test_a_web_process_holds_neither_pandas_nor_dask() -> None:
    script = (
        "import sys, json\n"
        "from solidata_api.app import create_app\n"
        "from solidata_api.settings import Settings\n"
        "app = create_app(Settings(secret_key='x' * 32, mongo_uri='mongodb://127.0.0.1:9'))\n"
        "app.test_client().get('/api/v1/recipes/steps')\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout.splitlines()[-1]) == []


def test_importing_the_app_has_no_effect() -> None:
    ended = subprocess.run([sys.executable, "-c", "import solidata_api.app"], cwd=ROOT, capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == (b"", b"")


def test_modules_stay_small() -> None:
    sizes = {path: len(path.read_text().splitlines()) for path in (ROOT / "solidata_api").rglob("*.py")}
    assert {str(path): size for path, size in sizes.items() if size > LONGEST_MODULE} == {}


def test_modules_open_with_what_they_answer() -> None:
    silent = [
        path
        for path in (ROOT / "solidata_api").rglob("*.py")
        if path.read_text().strip() and not path.read_text().startswith('"""')
    ]
    assert silent == []


def test_every_problem_type_is_documented() -> None:
    text = (ROOT / "docs" / "problems.md").read_text()
    rows = dict(re.findall(r"^\| `/problems/([\w-]+)` \| (\d+) \|", text, re.MULTILINE))
    assert rows == {kind: str(status) for kind, (status, _) in PROBLEMS.items()}


def test_every_step_is_documented() -> None:
    text = (ROOT / "docs" / "steps.md").read_text()
    assert [step.op for step in STEPS if f"`{step.op}`" not in text] == []


def test_the_environment_is_read_in_one_place() -> None:
    reads = re.compile(r"os\.environ|os\.getenv|from os import environ")
    allowed = {"settings.py", "cli.py", "owner.py"}  # cli hands it to settings.load, the owner passes it on to children
    readers = {path.name for path in (ROOT / "solidata_api").rglob("*.py") if reads.search(path.read_text())}
    assert readers <= allowed


def test_nothing_names_a_machine() -> None:
    told = subprocess.run(
        ["git", "grep", "-lE", r"/work/(main|shared|\.library)|/opt/(pypi|wheels)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert [name for name in told.stdout.split() if name != "tests/test_architecture.py"] == []
