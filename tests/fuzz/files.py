"""Reads damaged files of the corpus under limits of memory and time; what should not come out is told, a line each.

usage: python -m tests.fuzz.files SEED SECONDS [NUMBER]     (with a number: that file alone)

Runs in a process of its own, since a reader that goes wrong may take its process with it. Each number is told before
its file is read: the last one told is the one that a dead process died of.
"""

from __future__ import annotations

import json
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from solidata_api.domain.datasets import ReadOptions
from solidata_api.domain.errors import SolidataError
from solidata_api.formats import open_table
from solidata_api.formats.base import Limits
from solidata_api.formats.importing import read_table
from tests.corpus.judging import Expectation, expectations
from tests.fuzz.damage import damaged

MEMORY = 4 << 30
#: Of one file; most take some milliseconds.
SECONDS = 15
LARGEST = 300_000
#: A peak that no file of this size should cause.
PEAK_MB = 1500


class Overtime(BaseException):
    """A file takes too long."""


def read(path: Path) -> None:
    """Open and read a file as the import does, to the last row."""
    table = read_table(open_table(path, ReadOptions(), Limits()), ReadOptions(), b"k" * 16, lambda *_: None)
    for _ in table.tables:
        pass


def fault(path: Path, reader: Callable[[Path], None] = read, seconds: int = SECONDS) -> str:
    """What a file does that it should not: an error that is none of ours, or too long a time; else nothing."""
    signal.signal(signal.SIGALRM, _overtime)
    signal.alarm(seconds)
    try:
        reader(path)
    except SolidataError:
        return ""
    except Overtime:
        return f"takes more than {seconds} s"
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {str(error)[:200]} ({Path(where.filename).name}:{where.lineno})"
    finally:
        signal.alarm(0)
    return ""


def wounded(corpus: list[Expectation], seed: int, number: int) -> tuple[str, bytes]:
    """The damaged file of a number, and the name of the one that it was. Every category comes up alike."""
    chance = random.Random(f"{seed}:{number}")
    category = chance.choice(sorted({one.category for one in corpus}))
    source = chance.choice([one for one in corpus if one.category == category])
    return source.name, damaged(source.path.read_bytes(), chance)


def _peak_mb() -> int:
    """What this process held at most. `ru_maxrss` would also tell what its parent held when it was started."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def _overtime(*_: Any) -> None:
    raise Overtime


def _run(seed: int, seconds: float, only: int | None) -> Iterator[dict[str, Any]]:
    corpus = [one for one in expectations() if 0 < one.path.stat().st_size <= LARGEST]
    path = Path(tempfile.mkdtemp()) / "damaged"
    until, number = time.monotonic() + seconds, only or 0
    while time.monotonic() < until:
        name, data = wounded(corpus, seed, number)
        yield {"number": number, "name": name}
        path.write_bytes(data)
        found = fault(path)
        peak = _peak_mb()
        if found or peak > PEAK_MB:
            yield {"number": number, "name": name, "fault": found or f"a peak of {peak} MB"}
        if only is not None or peak > PEAK_MB:
            return
        number += 1


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    seed, seconds, *only = sys.argv[1:]
    for told in _run(int(seed), float(seconds), int(only[0]) if only else None):
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
