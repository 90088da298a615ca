"""Run as a program of its own, with little memory: opens every sheet of a workbook and says how far each reaches.

The binary formats say themselves how much memory is to be taken, and the reader believes them. Better that this dies.
"""

from __future__ import annotations

import json
import resource
import sys


def main(path: str, megabytes: int) -> int:
    import python_calamine

    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    workbook = python_calamine.CalamineWorkbook.from_path(path)
    extents = []
    for n in range(len(workbook.sheet_names)):
        try:
            sheet = workbook.get_sheet_by_index(n)
        except python_calamine.CalamineError:
            # It says so again, and better, where it is wanted.
            continue
        extents.append((sheet.total_height, sheet.total_width))
        del sheet
    sys.stdout.write(json.dumps(extents))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
