"""The text of cells that hold HTML: tags, comments, scripts and styles taken out, entities decoded."""

from __future__ import annotations

import re
from html.parser import HTMLParser

#: Elements that begin and end a line, those whose content no reader sees, and the others.
_BLOCKS = (
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog",
    "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4",
    "h5", "h6", "head", "header", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "optgroup",
    "option", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr",
    "ul",
)  # fmt: skip
_DROPPED = ("script", "style", "template")
_INLINE = (
    "a", "abbr", "acronym", "applet", "area", "audio", "b", "base", "basefont", "bdi", "bdo", "big", "blink",
    "button", "canvas", "cite", "code", "col", "colgroup", "data", "datalist", "del", "dfn", "em", "embed",
    "font", "frame", "frameset", "i", "iframe", "img", "input", "ins", "kbd", "label", "link", "map", "mark",
    "marquee", "math", "meta", "meter", "noframes", "noscript", "object", "output", "param", "path",
    "picture", "progress", "q", "rp", "rt", "ruby", "s", "samp", "select", "slot", "small", "source", "span",
    "strike", "strong", "sub", "sup", "svg", "textarea", "time", "track", "tt", "u", "var", "video", "wbr",
)  # fmt: skip
_NAMES = "|".join(sorted({*_BLOCKS, *_DROPPED, *_INLINE}))
#: A `<` that opens no tag of HTML: `5 < 6`, `<jean@mairie.fr>`. Tags with a colon are those of word processors.
_NO_TAG = re.compile(rf"<(?!/?(?:{_NAMES}|[a-z][a-z0-9]*:[a-z]+)(?:[\s/][^<>]*)?/?>|!doctype[^<>]*>)", re.IGNORECASE)
#: An `&` that begins no entity that ends: in `?a=1&section=2` there is none.
_NO_ENTITY = re.compile(r"&(?!(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)")
_SPACES = re.compile(r"[^\S\xa0]+")
_ENDS = re.compile(r" *(?:\n *)+")


def text_of(html: str, *, lines: bool = False) -> str:
    """The text as a reader of the page sees it, in one line, or with a line for each block. Plain text stays."""
    if "<" not in html and "&" not in html:
        return html
    reader = _Reader()
    reader.feed(_guarded(_SPACES.sub(" ", _without_comments(html))))
    reader.close()
    text = "".join(reader.parts)
    return (_ENDS.sub("\n", text) if lines else _SPACES.sub(" ", text)).strip(" \n")


def _without_comments(html: str) -> str:
    parts, at = [], 0
    while (start := html.find("<!--", at)) >= 0:
        end = html.find("-->", start + 4)
        if end < 0:
            break
        parts.append(html[at:start])
        at = end + 3
    return "".join([*parts, html[at:]])


def _guarded(html: str) -> str:
    """The HTML with all that is text, though it begins like markup, written as text."""
    return _NO_TAG.sub("&lt;", _NO_ENTITY.sub("&amp;", html))


class _Reader(HTMLParser):
    """Gathers texts; blocks begin and end a line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._dropped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._dropped += tag in _DROPPED
        self._break_at(tag)

    def handle_endtag(self, tag: str) -> None:
        self._dropped = max(0, self._dropped - (tag in _DROPPED))
        self._break_at(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._break_at(tag)

    def handle_data(self, data: str) -> None:
        if not self._dropped:
            self.parts.append(data)

    def _break_at(self, tag: str) -> None:
        if tag in _BLOCKS and not self._dropped:
            self.parts.append("\n")
