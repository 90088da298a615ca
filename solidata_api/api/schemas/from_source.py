"""Shapes of datasets that come from an address or a schema."""

from __future__ import annotations

from solidata_api.api.schemas import ANYTHING, INFOS, LICENCE, one_of, table, text, thing, whole
from solidata_api.api.schemas.models import TABLE_SCHEMA
from solidata_api.domain.fetching import LONGEST_HEADER, PAGING
from solidata_api.domain.web_addresses import LONGEST

_PATH = "names joined by points"
PAGING_SHAPE = thing(
    {
        "type": one_of(tuple(PAGING), "by page number, by offset, by a link to the next page, by a cursor"),
        "param": text("the query parameter that says which page", shortest=1, longest=100),
        "size_param": text("the one that says how many records a page has", shortest=1, longest=100),
        "size": whole("how many", minimum=1, maximum=1_000_000),
        "start": whole("the first page (default 1) or offset (default 0)", minimum=0, maximum=2**31),
        "next_path": text(f"where a page names the next one, {_PATH}; default: its Link header", longest=500),
        "cursor_path": text(f"where a page holds the next cursor, {_PATH}", longest=500),
        "max_pages": whole(
            "read no more than so many; default: all, at most FETCH_MAX_PAGES", minimum=1, maximum=2**31
        ),
    },
    ("type",),
)
SOURCE = thing(
    {
        "type": one_of(("url", "rows"), "url: what lies at an address; rows: an empty table of a schema"),
        "url": text("http or https", longest=LONGEST, shortest=1),
        "records_path": text(f"where the records lie in JSON, {_PATH}", longest=500),
        "headers": table(
            text(longest=LONGEST_HEADER),
            "sent to this host only; kept encrypted, and never shown again",
        ),
        "paging": PAGING_SHAPE | {"description": "how the pages of an API follow one another; default: there is one"},
        "schema": TABLE_SCHEMA,
    },
    ("type",),
)
SOURCE_PATCH = thing(
    {
        "url": text("http or https", longest=LONGEST, shortest=1),
        "records_path": text(f"where the records lie in JSON, {_PATH}", longest=500),
        "headers": table(
            text(longest=LONGEST_HEADER) | {"x-nullable": True},
            "by name, null takes one away; another host's are to be given anew",
        ),
        "paging": PAGING_SHAPE,
    },
    null=("records_path", "headers", "paging"),
    description="where the next reload fetches it from",
)
FROM_SOURCE = thing(
    {
        "source": SOURCE,
        **INFOS,
        "licence": LICENCE,
        "options": ANYTHING | {"description": "as for an upload; what is absent is detected"},
    },
    ("source",),
    example={
        "source": {"type": "url", "url": "https://data.example.org/communes.csv"},
        "title": "Communes",
        "licence": "etalab-2.0",
    },
)
