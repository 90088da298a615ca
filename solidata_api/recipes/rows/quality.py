"""The quality of what a build makes, by field: how many cells hold something, and how many of these fit the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Table, Tools
from solidata_api.recipes.rows import cells
from solidata_api.recipes.rows.checks import failing
from solidata_api.recipes.rules import Rule, model_rules

#: Told by the counts of what is filled, and of what is distinct.
_COUNTED = ("required", "unique")


class Quality:
    """Counts over the chunks of a build."""

    def __init__(self, fields: Sequence[BoundField]) -> None:
        keys = [field.name for field in fields]
        self._rules: dict[str, list[Rule]] = {key: [] for key in keys}
        for rule in model_rules(fields, "warn", keys):
            if rule.check not in _COUNTED:
                self._rules[rule.column].append(rule)
        self.filled = dict.fromkeys(keys, 0)
        self.valid = dict.fromkeys(keys, 0)

    def add(self, table: Table, tools: Tools) -> None:
        for key, rules in self._rules.items():
            filled = ~cells.is_blank(cells.values(table.frame, key))
            bad = np.zeros(len(filled), dtype=bool)
            for rule in rules:
                bad |= failing(table, rule, tools)
            self.filled[key] += int(filled.sum())
            self.valid[key] += int((filled & ~bad).sum())

    def told(self) -> dict[str, dict[str, Any]]:
        """By field `{filled, valid}`."""
        return {key: {"filled": self.filled[key], "valid": self.valid[key]} for key in self._rules}
