"""Cells that break the constraints of the model."""

from __future__ import annotations

from collections.abc import Iterator

from solidata_api.recipes.suggesting.base import Proposal, View


def constraints(view: View) -> Iterator[Proposal]:
    """Validation against the model, in a project; what fails is told, and stays."""
    if any(one.required or one.constraints for one in view.fields):
        params = {"rules": [{"model": True}], "on_error": "keep"}
        yield Proposal("validate", "cells break constraints of the model", 0.8, params)
