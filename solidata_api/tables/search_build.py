"""`python -m solidata_api.tables.search_build PARENT FILE FOLDER KEY…`: makes a search index in its own process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import duckdb

from solidata_api.processes import die_with_parent
from solidata_api.tables.search_index import build_index


def main(parent: str, serving_file: str, folder: str, *keys: str) -> int:
    """Build, with less claim to the processors than those who answer; 1 if nobody waits any more."""
    die_with_parent()
    if os.getppid() != int(parent):
        return 1
    os.nice(10)
    with duckdb.connect(serving_file, read_only=True, config={"threads": 1}) as connection:
        build_index(connection, keys, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
