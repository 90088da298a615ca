"""What files are called by those who send them, or by addresses."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


def plain_name(filename: str) -> str:
    """A file's name as it is shown, never opened: its last part, without control characters."""
    last = PurePosixPath(PureWindowsPath(filename).name).name
    return _CONTROLS.sub("", last).strip()[:200] or "table"
