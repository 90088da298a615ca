"""Writes `docs/access.md` from the table: `python -m solidata_api.api.access_page > docs/access.md`."""

from __future__ import annotations

import sys

from solidata_api.api.access import OPERATIONS, Operation

_HEAD = """# Who may do what

Generated from the code by `python -m solidata_api.api.access_page > docs/access.md`; a test says when it is out of
date, and another asks every operation as every kind of actor, at every level.

What anonymous may never do answers 401 before anything is looked up; a guest gets 403 `email-unconfirmed`. A document
that is hidden answers 404 like one that does not exist; one that is seen, but not for this, 403. An admin has every
right of an owner, and what only an admin could do is in the audit log. An API key acts as its owner within its scope:
`read` is GET and HEAD. No key manages keys, passwords, e-mail addresses, sessions, the deletion of an account, teams,
levels, links or loans; one of scope `write` may change its owner's names and language.

| level | who reads a document | who reads a column |
|---|---|---|
| `opendata` | everybody, without a token | everybody |
| `commons` | any confirmed user | any confirmed user |
| `collective` | its team | its team |
| `private` | its owners and managers | its owners and managers |
"""


def write() -> str:
    """The page, as Markdown."""
    parts = [_HEAD]
    for noun in dict.fromkeys(_noun(one) for one in OPERATIONS.values()):
        rows = [one for one in OPERATIONS.values() if _noun(one) == noun]
        lines = [f"| {one.method} | `{one.path.replace('string:', '')}` | {one.sentence} |" for one in rows]
        parts += [f"## {noun}\n\n| method | path | who |\n|---|---|---|\n" + "\n".join(lines) + "\n"]
    return "\n".join(parts)


def _noun(one: Operation) -> str:
    return one.path.split("/")[1]


if __name__ == "__main__":
    sys.stdout.write(write())
