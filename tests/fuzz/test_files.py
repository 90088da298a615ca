"""No damaged file ends a reader otherwise than with an error of ours, nor takes long, nor much memory.

In the test run it is short; with FUZZ_ROUNDS it takes that many times as long, from the seed that FUZZ_SEED names.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from solidata_api.domain.errors import NotATable
from tests.corpus.judging import expectations
from tests.fuzz.files import fault, wounded

ROOT = Path(__file__).parents[2]
ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "1"))
SEED = int(os.environ.get("FUZZ_SEED", "20261125"))
SECONDS = 15 * ROUNDS


def test_a_damaged_file_is_read_or_refused(record_property: Any) -> None:
    command = [sys.executable, "-m", "tests.fuzz.files", str(SEED), str(SECONDS)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS + 120, check=False)
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    faults = [f"{one['number']} {one['name']}: {one['fault']}" for one in told if "fault" in one]
    if ended.returncode:
        faults.append(f"{told[-1] if told else ''} ends the process: {ended.returncode} {ended.stderr[-2000:]}")
    read = len([one for one in told if "fault" not in one])
    record_property("fuzzed", f"damaged files: {read} read, seed {SEED}")
    assert not faults, "\n".join(faults[:30])
    assert read > 20


def test_the_same_seed_and_number_make_the_same_file() -> None:
    corpus = expectations()
    assert wounded(corpus, 1, 7) == wounded(corpus, 1, 7)
    assert len({wounded(corpus, 1, number) for number in range(20)}) > 15


def test_an_error_that_is_none_of_ours_is_a_fault(tmp_path: Path) -> None:
    def wrong(path: Path) -> None:
        raise ValueError("no")

    def refused(path: Path) -> None:
        raise NotATable("No table.")

    assert fault(tmp_path, wrong).startswith("ValueError: no")
    assert fault(tmp_path, refused) == ""


def test_a_file_that_takes_too_long_is_a_fault(tmp_path: Path) -> None:
    def slow(path: Path) -> None:
        while True:
            time.sleep(0.01)

    assert fault(tmp_path, slow, seconds=1) == "takes more than 1 s"


def test_the_memory_of_the_process_that_starts_it_is_not_its_own() -> None:
    program = (
        "import subprocess, sys\n"
        "held = bytearray(b'x') * (600 << 20)\n"
        "told = 'from tests.fuzz.files import _peak_mb; print(_peak_mb())'\n"
        "print(subprocess.run([sys.executable, '-c', told], capture_output=True, check=True, text=True).stdout)\n"
    )
    made = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True)
    assert int(made.stdout) < 500
