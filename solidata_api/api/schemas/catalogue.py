"""Shapes of the catalogue, and the views that fill them."""

from __future__ import annotations

from typing import Any

from solidata_api.api.schemas import ID, LICENCE, OPEN_LEVEL, answer, one_of, some, text, when, whole
from solidata_api.domain.catalogue import FACETS, Card, Reader, column_count
from solidata_api.services.catalogue import Results

_ENTRY = answer(
    {
        "id": ID,
        "slug": text("stands for the id in addresses"),
        "title": text(),
        "description": text(longest=10_000),
        "kind": one_of(("source", "consolidated")),
        "open_level": OPEN_LEVEL,
        "licence": LICENCE,
        "tags": some(text()),
        "publisher": text("who publishes it"),
        "row_count": whole(),
        "column_count": whole("columns that you may read"),
        "version": whole("the current one"),
        "created_at": when("made"),
        "updated_at": when("changed"),
    },
    null=("licence", "publisher"),
)
_VALUE = answer(
    {
        "value": text("what to ask for"),
        "title": text("what people call it"),
        "count": whole("datasets that have it, whatever is asked of this facet itself"),
    }
)
CATALOGUE = answer(
    {
        "items": some(_ENTRY),
        "total": whole("of all pages"),
        "page": whole("from 1"),
        "per_page": whole("at most 100"),
        "facets": answer({name: some(_VALUE) for name in FACETS}),
    }
)


def catalogue_view(results: Results) -> dict[str, Any]:
    """A page of the catalogue as its reader sees it."""
    page = results.page
    return {
        "items": [_entry(card, results.reader) for card in page.items],
        "total": page.total,
        "page": page.page,
        "per_page": page.per_page,
        "facets": {
            name: [{"value": value, "title": title, "count": count} for value, title, count in values]
            for name, values in results.facets.items()
        },
    }


def _entry(card: Card, reader: Reader) -> dict[str, Any]:
    return {
        "id": card.id,
        "slug": card.slug,
        "title": card.title,
        "description": card.description,
        "kind": card.kind,
        "open_level": card.open_level,
        "licence": card.licence,
        "tags": list(card.tags),
        "publisher": card.publisher,
        "row_count": card.row_count,
        "column_count": column_count(card, reader),
        "version": card.version,
        "created_at": card.created_at,
        "updated_at": card.updated_at,
    }
