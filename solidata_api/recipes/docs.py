"""Writes `docs/steps.md` from the steps themselves: `python -m solidata_api.recipes.docs > docs/steps.md`."""

from __future__ import annotations

import json
import sys
from typing import Any

from solidata_api.recipes.parse import catalogue, common_parameters

_HEAD = """# Recipe steps

Generated from the code by `python -m solidata_api.recipes.docs > docs/steps.md`; a test says when it is out of date.

A recipe is a list of steps, each `{"op": "…", …parameters}`. A build stacks the mapped sources, applies the steps in
order, gives each column its field's type and drops columns that are no field of the model. Every step reports rows in
and out, cells changed and rejects; rows in + added = rows out + rejected + merged + filtered.

`columns` is a list of column keys or `{"match": "an RE2 pattern"}`, which must match a whole key.
"""


def write() -> str:
    """The page, as Markdown."""
    common = common_parameters()
    parts = [
        _HEAD,
        "## Parameters of every step\n",
        _parameters(common, ()),
        *(_step(one, common) for one in catalogue()),
    ]
    return "\n".join(parts)


def _step(one: dict[str, Any], common: dict[str, Any]) -> str:
    own = {name: said for name, said in one["schema"]["properties"].items() if name not in common}
    bounded = [f"Memory: {one['bounded']}."] if "bounded" in one else []
    example = f"```json\n{json.dumps(one['example'], ensure_ascii=False)}\n```\n"
    lines = [
        f"## `{one['op']}`\n",
        f"*{one['group']} · scope {one['scope']}*\n",
        one["description"] + "\n",
        *(f"{line}\n" for line in bounded),
    ]
    return "\n".join([*lines, _parameters(own, one["schema"]["required"]), example])


def _parameters(properties: dict[str, Any], required: tuple[str, ...]) -> str:
    rows = "\n".join(_row(name, said, name in required) for name, said in properties.items() if name != "op")
    return f"| parameter | type | what |\n|---|---|---|\n{rows}\n"


def _row(name: str, said: dict[str, Any], is_required: bool) -> str:
    default = "required" if is_required else f"default `{json.dumps(said['default'], ensure_ascii=False)}`"
    return f"| `{name}` | {_type(said)} | {said['description']} ({default}) |"


def _type(said: dict[str, Any]) -> str:
    if "enum" in said:
        return ", ".join(f"`{one}`" for one in said["enum"]) + _or_null(said)
    if "anyOf" in said:
        return " or ".join(_type(one) for one in said["anyOf"])
    items = f" of {_type(said['items'])}" if "items" in said else ""
    return said.get("type", "any value") + items + _or_null(said)


def _or_null(said: dict[str, Any]) -> str:
    return " or null" if said.get("x-nullable") else ""


if __name__ == "__main__":
    sys.stdout.write(write())
