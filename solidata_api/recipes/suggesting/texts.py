"""Texts that no reader would want as they are: wrongly decoded, HTML, stray spaces, words that mean nothing known."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from solidata_api.recipes.suggesting.base import Proposal, SeenColumn, View, listed
from solidata_api.recipes.suggesting.several import list_separator

#: From this share of cells with a line end on, texts are paragraphs, whose lines stay.
_PARAGRAPHS = 0.02
#: Words for blank that are also codes or names (`NA` is Namibia, `S` a size): they count where other values are longer.
_LONG = 4


def mojibake(view: View) -> Iterator[Proposal]:
    """Texts that ftfy can repair."""
    from ftfy.badness import is_bad

    from solidata_api.recipes.parameters import Columns
    from solidata_api.recipes.steps.fix_text import FixText

    fixed = FixText(columns=Columns(())).fixer()
    for seen in view.texts:
        if seen.any(lambda text: not text.isascii() and is_bad(text) and fixed(text) != text):
            yield Proposal("fix_text", "texts were read in a wrong encoding", 0.95, column=seen.key)


def html(view: View) -> Iterator[Proposal]:
    """Texts with tags or entities of HTML."""
    from solidata_api.recipes.html_text import text_of

    for seen in view.texts:
        if seen.any(lambda text: ("<" in text or "&" in text) and text_of(text).split() != text.split()):
            yield Proposal("strip_html", "texts hold tags or entities of HTML", 0.8, column=seen.key)


def stray_spaces(view: View) -> Iterator[Proposal]:
    """Texts with white space around or in a row, with control or invisible characters."""
    from solidata_api.recipes.parameters import Columns
    from solidata_api.recipes.steps.clean import Clean

    everything, ends = Clean(columns=Columns(())), Clean(columns=Columns(()), squeeze=False, control=False)
    for seen in view.texts:
        if seen.share(lambda text: "\n" in text.strip()) > _PARAGRAPHS or seen.format == "markdown":
            if seen.any(lambda text: ends.cleaned(text) != text):
                why = "texts have white space around them; their lines are kept"
                yield Proposal("clean", why, 0.9, {"squeeze": False, "control": False}, seen.key)
        elif seen.any(lambda text: everything.cleaned(text) != text):
            yield Proposal("clean", "texts have stray spaces, or characters that nobody sees", 0.95, column=seen.key)


def blank_words(view: View) -> Iterator[Proposal]:
    """Words that people write where they know nothing."""
    for seen in view.texts:
        words = _blank_words(seen)
        if words:
            why = f"words that people write where they know nothing: {listed([repr(word) for word in words])}"
            yield Proposal("blank_values", why, 0.8, {"values": words}, seen.key)


def _blank_words(seen: SeenColumn) -> list[str]:
    from solidata_api.frames.words import is_empty

    found = [text for text in seen.counts if is_empty(text)]
    others = [text for text in seen.counts if not is_empty(text)]
    allowed = (seen.field.constraints.get("enum") or ()) if seen.field else ()
    if not found or not others:
        return []
    separator = list_separator(seen)
    pieces = {piece.strip() for text in others for piece in text.split(separator)} if separator else set()
    has_digits = sum(any(char.isdigit() for char in text) for text in others) >= 0.9 * len(others)
    longer = statistics.median(map(len, others)) > _LONG or has_digits

    def means_blank(word: str) -> bool:
        letters = [char for char in word if char.isalpha()]
        # One letter is a code wherever the others are no figures.
        is_sure = not letters or len(letters) > _LONG or "/" in word or "." in word
        # What also stands in a list is a value.
        return word not in allowed and word not in pieces and (is_sure or (longer and (len(letters) > 1 or has_digits)))

    return sorted(filter(means_blank, found))
