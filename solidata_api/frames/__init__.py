"""Rows ⇄ DataFrame: types, missing values, canonical text, row ids. Imports pandas; only workers import it."""

import pandas  # noqa: F401 - whoever imports this package wants frames
