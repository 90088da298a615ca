"""The shared vocabularies that staff keep: licences and tags."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Licence:
    """A licence that data may be shared under; `id` is its SPDX identifier where it has one."""

    id: str
    title: str
    url: str = ""
    domain_data: bool = True
    rev: int = 1


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A word to find documents by."""

    id: str
    title: str
    rev: int = 1


#: Seeded at first start: Open Definition and SPDX identifiers, with the deed of each.
SEED = (
    Licence(
        id="etalab-2.0",
        title="Licence Ouverte / Open Licence 2.0",
        url="https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
    ),
    Licence(
        id="ODbL-1.0",
        title="Open Data Commons Open Database License 1.0",
        url="https://opendatacommons.org/licenses/odbl/1-0/",
    ),
    Licence(
        id="ODC-By-1.0",
        title="Open Data Commons Attribution License 1.0",
        url="https://opendatacommons.org/licenses/by/1-0/",
    ),
    Licence(
        id="PDDL-1.0",
        title="Open Data Commons Public Domain Dedication 1.0",
        url="https://opendatacommons.org/licenses/pddl/1-0/",
    ),
    Licence(id="CC0-1.0", title="Creative Commons Zero 1.0", url="https://creativecommons.org/publicdomain/zero/1.0/"),
    Licence(
        id="CC-BY-4.0", title="Creative Commons Attribution 4.0", url="https://creativecommons.org/licenses/by/4.0/"
    ),
    Licence(
        id="CC-BY-SA-4.0",
        title="Creative Commons Attribution-ShareAlike 4.0",
        url="https://creativecommons.org/licenses/by-sa/4.0/",
    ),
    Licence(
        id="CC-BY-NC-4.0",
        title="Creative Commons Attribution-NonCommercial 4.0",
        url="https://creativecommons.org/licenses/by-nc/4.0/",
    ),
    Licence(
        id="OGL-UK-3.0",
        title="Open Government Licence 3.0 (United Kingdom)",
        url="https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    ),
    Licence(id="other-closed", title="Other licence, closed"),
    Licence(id="notspecified", title="Licence not specified"),
)
TAGS = (Tag(id="territoires", title="Territoires"),)
