"""Shapes of licences and tags."""

from __future__ import annotations

from solidata_api.api.schemas import answer, flag, page_of, text, thing

__all__ = ["SHAPES", "page_of"]

_LICENCE = {
    "title": text(shortest=1, example="Example licence"),
    "url": text("its deed", longest=500, example="https://example.org/licence"),
    "domain_data": flag("fit for data", example=True),
}
_LICENCE_ID = text(
    "SPDX identifier where there is one", longest=60, shortest=1, pattern=r"^[A-Za-z0-9._-]+$", example="example-1.0"
)
_TAG = {"title": text(shortest=1, longest=60, example="Environnement")}
_TAG_ID = text(
    "the word that documents carry", longest=60, shortest=1, pattern=r"^[a-z0-9-]+$", example="environnement"
)

#: noun → shape, shape of a new one, shape of a change.
SHAPES = {
    "licences": (
        answer({"id": _LICENCE_ID, **_LICENCE}),
        thing({"id": _LICENCE_ID, **_LICENCE}, ("id", "title")),
        thing(_LICENCE, example={"title": "Example licence, first edition"}),
    ),
    "tags": (
        answer({"id": _TAG_ID, **_TAG}),
        thing({"id": _TAG_ID, **_TAG}, ("id", "title")),
        thing(_TAG, example={"title": "Territories"}),
    ),
}
