#!/usr/bin/env python3
"""100,000 names matched with 20,000 of a reference: the `match` step beside blocked rapidfuzz alone, in one run.

usage: matching.py [--names 100000] [--reference 20000]

The names are made of communes and kinds of bodies; each is spelt as files spell it (case, accents, `St`, words turned
round, a slip of the pen), one in ten is of nobody in the reference. As it is known who is meant, recall and precision
can be told. Each way runs in a process of its own; the ratio is of processor time.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

THRESHOLD, BLOCK = 90, 3
KINDS = (
    "Comité des fêtes de", "Union sportive de", "Bibliothèque de", "Société d'histoire de", "École de musique de",
    "Club de pétanque de", "Amicale laïque de", "Chorale de", "Foyer rural de", "Jardins partagés de",
)  # fmt: skip
DEMO = Path(__file__).parents[1] / "solidata_api" / "demo" / "territoires"
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def communes() -> list[str]:
    with (DEMO / "normandie.tsv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    name = next(key for key in rows[0] if key.lower() == "nom")
    return sorted({row[name] for row in rows})


def spelt(name: str, chance: random.Random) -> str:
    """The name as somebody writes it: each habit with its own chance."""
    if chance.random() < 0.4:
        name = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    if chance.random() < 0.3:
        name = name.replace("Saint-", "St ").replace("Sainte-", "Ste ")
    if chance.random() < 0.2:
        first, _, rest = name.partition(" de ")
        name = f"{rest}, {first} de"
    if chance.random() < 0.5:
        at = chance.randrange(1, len(name) - 1)
        slip = chance.choice(("", name[at] * 2, chance.choice(LETTERS)))
        name = name[:at] + slip + name[at + 1 :]
    return name.upper() if chance.random() < 0.3 else name


def made(names: int, reference: int, folder: Path) -> None:
    """Write both tables, with who is meant."""
    chance = random.Random(6)
    every = [f"{kind} {town}" for town in communes() for kind in KINDS]
    chance.shuffle(every)
    known, others = every[:reference], every[reference : reference + 2000]
    asked = []
    for _ in range(names):
        meant = chance.randrange(len(known)) if chance.random() < 0.9 else None
        asked.append((spelt(known[meant] if meant is not None else chance.choice(others), chance), meant))
    (folder / "tables.json").write_text(json.dumps({"known": known, "asked": asked}))


def ours(known: list[str], asked: list[str]) -> Callable[[], list[str | None]]:
    """The step in a run, as a build has it."""
    from solidata_api.recipes.base import Tools
    from solidata_api.recipes.run import run
    from tests.recipes.tables import bound, fields, reference, source

    there = reference({"id": [str(n) for n in range(len(known))], "name": known}, wanted=("known", None))
    step = {
        "op": "match", "dataset_id": "known", "column": "name", "reference_column": "name", "block": BLOCK,
        "threshold": THRESHOLD, "review": None, "columns": {"id": "found"}, "no_match": "blank",
    }  # fmt: skip

    def work() -> list[str | None]:
        steps = bound([step], [there])
        result = run([source("asked", {"name": asked})], steps, fields("name", "found"), Tools(references=(there,)))
        return [one for chunk in result.chunks(b"a key of sixteen") for one in chunk.rows["found"].array.to_numpy()]

    return work


def rapidfuzz_alone(known: list[str], asked: list[str]) -> Callable[[], list[str | None]]:
    """What somebody writes who knows rapidfuzz: names folded, words in order, blocked by their ends, in matrices."""
    import rapidfuzz  # noqa: F401 - imported before the clock starts

    def work() -> list[str | None]:
        theirs, mine = [_folded(one) for one in known], [_folded(one) for one in asked]
        best: dict[int, tuple[float, int]] = {}
        for cut in (slice(None, BLOCK), slice(-BLOCK, None)):
            blocks, wanted = _blocks(theirs, cut), _blocks(mine, cut)
            for end in wanted.keys() & blocks.keys():
                _compare(mine, wanted[end], theirs, blocks[end], best)
        return [str(best[n][1]) if n in best else None for n in range(len(mine))]

    return work


def _folded(name: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(c))
    return " ".join(sorted("".join(c if c.isalnum() else " " for c in bare).split()))


def _blocks(names: list[str], cut: slice) -> dict[str, list[int]]:
    blocks: dict[str, list[int]] = defaultdict(list)
    for n, name in enumerate(names):
        blocks[name[cut]].append(n)
    return blocks


def _compare(
    mine: list[str], ours: list[int], theirs: list[str], them: list[int], best: dict[int, tuple[float, int]]
) -> None:
    from rapidfuzz import fuzz, process

    names = [theirs[n] for n in them]
    for start in range(0, len(ours), 1000):
        lot = ours[start : start + 1000]
        scores = process.cdist([mine[n] for n in lot], names, scorer=fuzz.ratio, score_cutoff=THRESHOLD)
        for n, at, top in zip(lot, scores.argmax(1).tolist(), scores.max(1).tolist(), strict=True):
            if top > best.get(n, (0, 0))[0]:
                best[n] = (top, them[at])


WAYS: dict[str, Callable[[list[str], list[str]], Callable[[], Any]]] = {
    "blocked rapidfuzz alone": rapidfuzz_alone,
    "ours": ours,
}


def measured(name: str, folder: Path) -> None:
    """Run one way here, and tell its seconds and how right it is."""
    tables = json.loads((folder / "tables.json").read_text())
    work = WAYS[name](tables["known"], [one for one, _ in tables["asked"]])
    start, cpu = time.perf_counter(), time.process_time()
    found = [one if isinstance(one, str) else None for one in work()]
    seconds, used = time.perf_counter() - start, time.process_time() - cpu
    meant = [None if one is None else str(one) for _, one in tables["asked"]]
    right = sum(a is not None and a == b for a, b in zip(found, meant, strict=True))
    told, known = sum(one is not None for one in found), sum(one is not None for one in meant)
    print(json.dumps({"s": seconds, "cpu": used, "recall": right / known, "precision": right / told}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=100_000)
    parser.add_argument("--reference", type=int, default=20_000)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    if asked.way:
        measured(asked.way, asked.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        made(asked.names, asked.reference, Path(folder))
        print(f"{asked.names:,} names, {asked.reference:,} in the reference")
        first = None
        for way in WAYS:
            command = [sys.executable, __file__, "--way", way, "--folder", folder]
            one = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            first = first or one["cpu"]
            print(
                f"{way:26} {one['s']:6.2f} s {one['cpu']:6.2f} CPU s  ratio {one['cpu'] / first:4.2f}"
                f"  recall {one['recall']:.3f}  precision {one['precision']:.4f}"
            )


if __name__ == "__main__":
    main()
