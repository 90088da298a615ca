"""Yes and no in words."""

from __future__ import annotations

from collections.abc import Iterator

from solidata_api.domain.folding import fold_text
from solidata_api.recipes.steps.to_boolean import FALSE, TRUE
from solidata_api.recipes.suggesting.base import Proposal, SeenColumn, View, listed

#: The least share of cells that must be words for true or false.
_NEARLY = 0.95


def truths(view: View) -> Iterator[Proposal]:
    """Columns of words for true and false, of both kinds, or of crosses and blanks."""
    for seen in view.texts:
        if not seen.may_become("boolean"):
            continue
        met = {fold_text(text.strip()) for text in seen.counts}
        if met == {"x"} and seen.filled < view.rows:
            params = {"true": ["x"], "false": [], "blank": False}
            yield Proposal("to_boolean", "crosses, and blanks where there is none", 0.7, params, seen.key)
        elif _are_words(seen, met):
            why = f"{listed(sorted(met & {*TRUE, *FALSE}))} are words for true and false"
            yield Proposal("to_boolean", why, 0.9, column=seen.key)


def _are_words(seen: SeenColumn, met: set[str]) -> bool:
    """Whether words of both kinds are there and hardly anything else; digits are numbers unless the model says so."""
    says_so = seen.field is not None
    if not (met & {*TRUE} and met & {*FALSE}) or (not says_so and met <= {"0", "1"}):
        return False
    return seen.share(lambda text: fold_text(text.strip()) in (*TRUE, *FALSE)) >= _NEARLY
