"""schema.org's `Dataset` (https://schema.org/Dataset) as JSON-LD, the words that search engines read."""

from __future__ import annotations

from typing import Any

from solidata_api.domain.datasets import Column
from solidata_api.domain.descriptors import Described, period_days


def dataset(one: Described) -> dict[str, Any]:
    """The description, with the columns that its reader may read as what was measured."""
    told = one.dataset
    days = period_days(told.period)
    described = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": one.address,
        "name": told.title,
        "description": one.description,
        "url": told.landing_page or one.shown_address,
        "identifier": told.id,
        "version": str(told.version),
        "license": one.licence_url,
        "keywords": list(told.tags) or None,
        "creator": {"@type": "Organization", "name": told.publisher} if told.publisher else None,
        "publisher": {"@type": "Organization", "name": told.publisher} if told.publisher else None,
        "dateCreated": told.created_at,
        "dateModified": told.updated_at,
        "temporalCoverage": "/".join(days) if days else told.period,
        "spatialCoverage": {"@type": "Place", "name": told.area} if told.area else None,
        "isAccessibleForFree": True,
        "variableMeasured": [_variable(column) for column in one.columns],
        "distribution": [
            {"@type": "DataDownload", "encodingFormat": file.media_type, "contentUrl": one.export(file)}
            for file in one.fitting_files
        ],
        "includedInDataCatalog": {"@type": "DataCatalog", "name": "Solidata", "url": f"{one.api}/catalog"},
    }
    return {name: value for name, value in described.items() if value is not None}


def _variable(column: Column) -> dict[str, Any]:
    told = {
        "@type": "PropertyValue",
        "name": column.title or column.key,
        "alternateName": column.key,
        "description": column.description,
        "propertyID": column.concept,
    }
    return {name: value for name, value in told.items() if value}
