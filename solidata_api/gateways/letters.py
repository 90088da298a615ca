"""Writes mails: a template's parts in one language, filled with what people wrote and kept from doing harm."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

LONGEST_NAME = 100
_LINK_MARKS = re.compile(r"(?<=\w)([.:@/])(?=[\w/])")
_PARTS = ("subject.txt", "body.txt", "body.html")
_TEMPLATES = Environment(
    loader=PackageLoader("solidata_api", "templates/emails"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Letter:
    """A mail to one recipient, not yet written: the template's folder and what fills it. `id` is never used twice."""

    id: str
    to: str
    template: str
    lang: str
    values: Mapping[str, str]


def written(letter: Letter) -> tuple[str, str, str]:
    """Subject, text and HTML; line breaks in values can't reach a header by the subject."""
    subject, body, html = (
        _TEMPLATES.get_template(f"{letter.template}/{part}").render(lang=letter.lang, **letter.values)
        for part in _PARTS
    )
    return " ".join(subject.split()), body.strip(), html.strip()


def plain(text: str) -> str:
    """What a person wrote, for a mail to somebody else: short, on one line, and nothing that mail programs make a link
    of. Else a name would carry a stranger's advertisement in our mails: a space without width keeps it apart."""
    return _LINK_MARKS.sub("\\1\u200b", " ".join(text.split())[:LONGEST_NAME])


_TEMPLATES.filters["plain"] = plain
