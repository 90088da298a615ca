"""JSON read and written again without a change: numbers as they stand, names twice, in their order."""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring
from typing import Any

from solidata_api.domain.json_paths import steps

_HALF = re.compile("[\ud800-\udfff]")


class Raw(str):
    """A number as it is written; 1.10 stays 1.10, and twenty digits stay twenty."""


class Pairs(list[tuple[str, Any]]):
    """An object's names and values."""

    def get(self, name: str) -> Any:
        """The value of a name, the last one where there are several; None where there is none."""
        return next((value for one, value in reversed(self) if one == name), None)


def parsed(text: str) -> Any:
    """A document. Raises ValueError, RecursionError."""
    return json.loads(text, parse_int=Raw, parse_float=Raw, parse_constant=Raw, object_pairs_hook=Pairs)


def written(value: Any) -> str:
    """The document of a value, on one line."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Pairs):
        return "{" + ", ".join(f"{_text(name)}: {written(one)}" for name, one in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value)


def found(value: Any, path: str) -> Any:
    r"""What lies at a path: names joined by points, a point in a name with a \ before it; a number counts in a list."""
    for name in steps(path):
        if isinstance(value, Pairs):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and len(name) < 7 and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def _text(value: str) -> str:
    text = encode_basestring(value)
    # Half a surrogate pair stands there as it came.
    return json.dumps(value) if _HALF.search(text) else text
