"""Forms of dates as `%d/%m/%Y`: which parts they may have, told apart at the door and by the reader alike."""

from __future__ import annotations

import re

#: The parts that a form may have, beside `%%`; `%T` is a time of day with or without seconds, `%z` a zone.
PARTS = "TYymdBbAaHIMSpz"


def fault(form: str) -> str:
    """Why a form can't be read by, or an empty text."""
    pieces = re.split("%(.)", form, flags=re.DOTALL)
    parts = pieces[1::2]
    unknown = [f"%{part}" for part in parts if part not in (*PARTS, "%")]
    if unknown or pieces[-1].endswith("%"):
        return f"{(unknown or ['%'])[0]} is unknown; known are {', '.join('%' + part for part in PARTS)}"
    for group in ("d", "mBb", "Yy"):
        if sum(parts.count(part) for part in group) != 1:
            return f"{form!r} does not say the day (%d), the month (%m, %B) and the year (%Y, %y) once each"
    if len(set(parts)) < len(parts) or sum(part in parts for part in "THI") > 1:
        return f"{form!r} says something twice"
    return ""
