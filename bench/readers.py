#!/usr/bin/env python3
"""Readers judged by files of other projects' suites (tests/corpus): how many each reads right, wrong, or not at all.

usage: readers.py [--failures READER]

Wants an environment of its own: requirements.txt, then bench/requirements.txt. A reader that is missing is left out.

Counted for each file, the best that holds:
  exact    headers and rows text for text, as each reader writes a number, date or boolean; white space around aside
  value    the same headers, rows and values: 1.0 is 1, True is true, a midnight its date; a lost leading 0 is not seen
  wrong    a table that is another: rows for headers, cells in one that are several, a table where there is none
  lost     the same, and texts of the file are nowhere in it, without an error: a silent loss
  refused  an error
A file that is no table is exact where it is refused. Nobody is told a delimiter, sheet or encoding. Formats that a
reader does not have are unread; hits (exact, or in value) are out of all files. Ours reads up to 10,000 columns here.
"""

from __future__ import annotations

import argparse
import signal
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

from reading_with import READERS, Absent, Unread

from tests.corpus.judging import Answer, Expectation, differences, expectations, verdict

VERDICTS = ("exact", "value", "wrong", "lost", "refused")
SECONDS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--failures", metavar="READER", help="tell in what the reader's answers differ")
    wanted = parser.parse_args().failures
    warnings.filterwarnings("ignore")
    corpus = expectations()
    if wanted:
        _tell_failures(corpus, READERS[wanted])
        return
    counts = {name: _score(corpus, reader) for name, reader in READERS.items()}
    _print_totals(corpus, {name: count for name, count in counts.items() if count})
    _print_categories(corpus, {name: count for name, count in counts.items() if count})


def _score(corpus: list[Expectation], reader: Callable[[Path], Answer]) -> dict[str, Counter[str]]:
    """By category, how many files come out how; nothing for a reader that is not installed."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in corpus:
        try:
            counts[one.category][verdict(one, _answer(one, reader))] += 1
        except Unread:
            counts[one.category]["unread"] += 1
        except Absent:
            return {}
    return counts


def _answer(one: Expectation, reader: Callable[[Path], Answer]) -> Answer | None:
    """What a reader makes of a file; an error of any kind is a refusal, and so is an endless search."""
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(SECONDS)
    try:
        return reader(one.path)
    except (Unread, Absent, KeyboardInterrupt):
        raise
    except BaseException:
        # Panics of Rust readers are no Exception.
        return None
    finally:
        signal.alarm(0)


def _too_long(*_: Any) -> None:
    raise TimeoutError


def _print_totals(corpus: list[Expectation], counts: dict[str, dict[str, Counter[str]]]) -> None:
    print(f"{len(corpus)} files{'':22}" + "".join(f"{name:>9}" for name in (*VERDICTS, "unread")) + f"{'hits':>9}")
    for name, by in counts.items():
        total = sum(by.values(), Counter[str]())
        hits = total["exact"] + total["value"]
        figures = "".join(f"{total[one]:9}" for one in (*VERDICTS, "unread"))
        print(f"{name:32}{figures}{hits / len(corpus):9.0%}")


def _print_categories(corpus: list[Expectation], counts: dict[str, dict[str, Counter[str]]]) -> None:
    """Right (exact or in value) / silently lost, by category."""
    sizes = Counter(one.category for one in corpus)
    print("\nexact or in value / silently lost")
    print(f"{'':32}" + "".join(f"{_short(name):>11}" for name in sizes))
    print(f"{'files':32}" + "".join(f"{size:11}" for size in sizes.values()))
    for name, by in counts.items():
        cells = (f"{by[one]['exact'] + by[one]['value']}/{by[one]['lost']}" for one in sizes)
        print(f"{name:32}" + "".join(f"{cell:>11}" for cell in cells))


def _short(category: str) -> str:
    first, *others = category.split()
    return f"{first} {others[0]}" if first == "no" else first


def _tell_failures(corpus: list[Expectation], reader: Callable[[Path], Answer]) -> None:
    for one in corpus:
        try:
            answer = _answer(one, reader)
        except Unread:
            continue
        found = verdict(one, answer)
        if found != "exact":
            lines = differences(one, answer) if answer and not one.refused else []
            print(f"{found:8}{one.name}", *(f"\n        {line[:300]}" for line in lines[:4]), sep="")


if __name__ == "__main__":
    main()
