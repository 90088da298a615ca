"""Numbers with check digits, as whole columns: written plainly, and held against their rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from stdnum import iban
from stdnum.eu import vat

from solidata_api.frames.check_digits import are_siren, are_siret
from solidata_api.recipes.base import Step, StepResult, Table
from solidata_api.recipes.rows import cells, text
from solidata_api.recipes.rows.canonical import to_text
from solidata_api.recipes.rows.reading import changes
from solidata_api.recipes.rows.rejects import Rejects

_SEPARATORS = r"[\s\p{Zs}.\-]"
_DIGITS = {"siren": 9, "siret": 14}
_NAMES = {"siren": "a SIREN", "siret": "a SIRET", "vat": "a VAT number", "iban": "an IBAN"}


def checked(step: Step, table: Table, keys: Iterable[str], kind: str) -> StepResult:
    """The table with these columns of numbers in their plain form; wrong ones are rejects."""
    rejects, columns, changed = Rejects(step, table), {}, 0
    for key in keys:
        texts = to_text(cells.values(table.frame, key), table.schema[key].type)
        written = plain(texts)
        bad = ~right(written, kind) & ~cells.is_blank(texts)
        rejects.add(key, bad, texts, lambda one: _reason(one, kind))
        refused = texts if step.on_error == "keep" else pa.scalar(None, pa.string())
        columns[key] = pc.if_else(pa.array(~bad), written, refused)
        changed += int((cells.differs(texts, columns[key]) & ~bad).sum())
    after = Table(cells.with_values(table.frame, columns), step.schema_after(table.schema), table.origins)
    return rejects.settle(after, changed=changed)


def told(step: Step, table: Table, into: Mapping[str, str], kind: str) -> StepResult:
    """The table with a column for each of these that tells which of its numbers are right; blank where it is blank."""
    columns = {}
    for key, target in into.items():
        texts = to_text(cells.values(table.frame, key), table.schema[key].type)
        blank = cells.is_blank(texts)
        columns[target] = cells.chunked(pa.array(right(plain(texts), kind), mask=blank))
    changed = changes(table, columns, dict.fromkeys(columns, "boolean"))
    return text.result(table, columns, step.schema_after(table.schema), changed)


def right(texts: Any, kind: str) -> np.ndarray:
    """Which texts in plain form are numbers of a kind."""
    if kind not in _DIGITS:
        tests: dict[str, Callable[[str], bool]] = {"vat": vat.is_valid, "iban": iban.is_valid}
        return cells.mask(cells.each_distinct(texts, tests[kind], pa.bool_()))
    whole = cells.mask(pc.match_substring_regex(texts, f"^[0-9]{{{_DIGITS[kind]}}}$"))
    whole &= ~cells.mask(pc.match_substring_regex(texts, "^0+$"))
    digits = texts.filter(pa.array(whole)).combine_chunks()
    found = np.zeros(len(whole), dtype=bool)
    if len(digits):
        found[whole] = _end_right(digits, kind)
    return found


def _end_right(digits: Any, kind: str) -> np.ndarray:
    sirens = cells.mask(are_siren(pc.utf8_slice_codeunits(digits, 0, 9)))
    return sirens & cells.mask(are_siret(digits)) if kind == "siret" else sirens


def plain(texts: Any) -> Any:
    """The numbers without separators, in capitals."""
    return pc.utf8_upper(pc.replace_substring_regex(texts, _SEPARATORS, ""))


def _reason(one: str, kind: str) -> str:
    signs = plain(pa.array([one], pa.string()))[0].as_py()
    wanted = _DIGITS.get(kind)
    if wanted and not (signs.isascii() and signs.isdigit()):
        return f"{_NAMES[kind]} has digits only"
    if wanted and len(signs) != wanted:
        return f"{_NAMES[kind]} has {wanted} digits, this one {len(signs)}"
    return f"it is not {_NAMES[kind]}: its check digits do not fit" if wanted else f"it is not {_NAMES[kind]}"
