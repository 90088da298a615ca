"""Codes that prove themselves: check digits of SIREN, SIRET and IBAN, for whole columns."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from stdnum import iban

#: La Poste's SIREN: the digits of its establishments add up to a multiple of five.
_LA_POSTE = "356000000"


def are_siren(texts: pa.Array) -> pa.Array:
    """Of texts of nine digits, blanks aside: whether each ends with the right one."""
    return pa.array(_luhn(_digits(texts, 9)))


def are_siret(texts: pa.Array) -> pa.Array:
    """Of texts of fourteen digits, blanks aside: whether each ends with the right one."""
    digits = _digits(texts, 14)
    la_poste = (digits[:, :9] == [int(digit) for digit in _LA_POSTE]).all(axis=1)
    return pa.array(_luhn(digits) | (la_poste & (digits.sum(axis=1) % 5 == 0)))


def are_iban(texts: pa.Array) -> pa.Array:
    """Whether each is an account's number of its country."""
    return pa.array([iban.is_valid(text, check_country=False) for text in texts.to_pylist()], pa.bool_())


def _digits(texts: pa.Array, width: int) -> np.ndarray:
    joined = "".join(pc.replace_substring(texts, " ", "").to_pylist()).encode()
    return (np.frombuffer(joined, np.uint8) - ord("0")).reshape(-1, width).astype(np.int64)


def _luhn(digits: np.ndarray) -> np.ndarray:
    """Every second digit from the right is doubled, and counts as the sum of its digits."""
    doubled = digits.copy()
    doubled[:, -2::-2] *= 2
    doubled[doubled > 9] -= 9
    return np.asarray(doubled.sum(axis=1) % 10 == 0)
