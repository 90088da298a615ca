"""The catalogue: a light card of each dataset, and what a search finds among those that a reader may see.

A card holds what is searched, counted and listed, cut by who may read it: words of column titles lie with the reader
tokens of their columns, so that a hidden column is found by nobody and counted nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from solidata_api.domain import policy
from solidata_api.domain.datasets import Dataset
from solidata_api.domain.folding import fold_text

#: What results are ordered by; `-` before it: descending. `relevance` is the default where words are asked for.
SORTS = ("title", "updated_at", "created_at", "row_count", "relevance")
#: What results are narrowed by and counted by. The owner is told of only to those who may know the team.
FACETS = ("tag", "licence", "kind", "publisher", "owner")
#: How many values of a facet an answer tells, those with most datasets first.
MOST_VALUES = 100
#: What a card takes from its dataset as it stands.
PLAIN = (
    "id", "slug", "title", "description", "kind", "open_level", "licence", "tags", "publisher", "row_count", "version",
    "created_at", "updated_at",
)  # fmt: skip
#: What a word weighs: in the title, among tags and publisher, in a column's title, in the description.
_TITLE, _LABEL, _COLUMN, _DESCRIPTION = 8, 4, 2, 1


@dataclass(frozen=True)
class ColumnWords:
    """The folded titles and keys of those columns that the holders of some tokens read, and how many there are."""

    tokens: frozenset[str]
    count: int
    words: str


@dataclass(frozen=True, slots=True)
class Card:
    """What the catalogue knows of one dataset. `words_*` are folded, for search and order."""

    id: str
    slug: str
    title: str
    description: str
    kind: str
    open_level: str
    licence: str
    tags: tuple[str, ...]
    publisher: str | None
    row_count: int
    version: int
    created_at: datetime
    updated_at: datetime
    readers: frozenset[str]
    members: frozenset[str]
    owners: tuple[str, ...]
    columns: tuple[ColumnWords, ...]
    words_title: str
    words_label: str
    words_description: str


@dataclass(frozen=True)
class Reader:
    """Who looks: reader tokens (None: an admin, who sees all) and the account, if any."""

    tokens: frozenset[str] | None
    user_id: str | None = None

    def sees(self, tokens: frozenset[str]) -> bool:
        return self.tokens is None or not self.tokens.isdisjoint(tokens)

    def knows_team(self, card: Card) -> bool:
        """Whether the team of a dataset may be told: to its members, and to admins (DESIGN 3)."""
        return self.tokens is None or self.user_id in card.members


@dataclass(frozen=True)
class Search:
    """What is asked: words, by facet the values of which any is wanted, the reader's own only, and the order."""

    q: str = ""
    wanted: tuple[tuple[str, frozenset[str]], ...] = ()
    mine: bool = False
    sort: str = ""


@dataclass(frozen=True)
class Found:
    """All that a search found, in order, and by facet how many datasets each value has, the most frequent first.

    A facet is counted as if nothing were asked of itself: its other values say what choosing them would find.
    """

    cards: tuple[Card, ...]
    facets: Mapping[str, tuple[tuple[str, int], ...]]


def card_of(dataset: Dataset) -> Card:
    """The card of a dataset."""
    values = {name: getattr(dataset, name) for name in PLAIN}
    return make_card(values, policy.readers(dataset), people(dataset), column_words(dataset))


def make_card(
    values: Mapping[str, Any], readers: Iterable[str], people: Mapping[str, list[str]], words: Iterable[ColumnWords]
) -> Card:
    """The card of a dataset whose PLAIN values, reader tokens, people and words are known."""
    label = " ".join((*values["tags"], values["publisher"] or ""))
    return Card(
        **{**values, "tags": tuple(values["tags"])},
        readers=frozenset(readers),
        members=frozenset(people["members"]),
        owners=tuple(people["owners"]),
        columns=tuple(words),
        words_title=fold_text(values["title"]),
        words_label=fold_text(label),
        words_description=fold_text(values["description"]),
    )


def people(dataset: Dataset) -> dict[str, list[str]]:
    """The ids of a dataset's team, and of its owners."""
    owners = [member.user_id for member in dataset.team if member.grade == "owner"]
    return {"members": [member.user_id for member in dataset.team], "owners": owners}


def column_words(dataset: Dataset) -> list[ColumnWords]:
    """The titles and keys of the columns of the current version, by who reads them."""
    by_level: dict[str, list[str]] = {}
    for column in dataset.live_columns:
        by_level.setdefault(policy.effective_level(dataset, column), []).append(f"{column.title} {column.key}")
    return [
        # A line a column: no word is found across two.
        ColumnWords(policy.level_readers(dataset, level), len(titles), fold_text("\n".join(titles)))
        for level, titles in by_level.items()
    ]


def column_count(card: Card, reader: Reader) -> int:
    """How many of its columns a reader may read."""
    return sum(part.count for part in card.columns if reader.sees(part.tokens))


def search(cards: Iterable[Card], reader: Reader, asked: Search) -> Found:
    """What a reader finds among all cards."""
    words = fold_text(asked.q).split()
    hits: list[tuple[int, Card]] = []
    #: By facet, the cards that only what is asked of this facet leaves out.
    left_out: dict[str, list[Card]] = {name: [] for name in FACETS}
    for card in cards:
        score = _score(card, reader, words) if _is_seen(card, reader, asked) else None
        if score is None:
            continue
        missed = [name for name, wanted in asked.wanted if wanted.isdisjoint(_VALUES[name](card, reader))]
        if not missed:
            hits.append((score, card))
        elif len(missed) == 1:
            left_out[missed[0]].append(card)
    found = [card for _, card in hits]
    facets = {name: _counted(name, (*found, *left_out[name]), reader) for name in FACETS}
    return Found(_ordered(hits, asked.sort or ("relevance" if words else "-updated_at")), facets)


def _is_seen(card: Card, reader: Reader, asked: Search) -> bool:
    return reader.sees(card.readers) and (not asked.mine or reader.user_id in card.members)


def _score(card: Card, reader: Reader, words: list[str]) -> int | None:
    """How well a card fits, or None where a word is nowhere that the reader may look."""
    if not words:
        return 0
    places = [(_TITLE, card.words_title), (_LABEL, card.words_label), (_DESCRIPTION, card.words_description)]
    places += [(_COLUMN, part.words) for part in card.columns if reader.sees(part.tokens)]
    weights = [max((weight for weight, text in places if word in text), default=0) for word in words]
    return sum(weights) if all(weights) else None


def _ordered(hits: list[tuple[int, Card]], sort: str) -> tuple[Card, ...]:
    by, descending = sort.removeprefix("-"), sort.startswith("-")
    if by == "relevance":
        # The best first; of equals the one that changed last.
        hits.sort(key=lambda hit: (hit[0], hit[1].updated_at, hit[1].id), reverse=not descending)
    else:
        name = "words_title" if by == "title" else by
        hits.sort(key=lambda hit: (getattr(hit[1], name), hit[1].id), reverse=descending)
    return tuple(card for _, card in hits)


def _counted(name: str, cards: Iterable[Card], reader: Reader) -> tuple[tuple[str, int], ...]:
    counts = Counter(chain.from_iterable(_VALUES[name](card, reader) for card in cards))
    return tuple(sorted(counts.items(), key=lambda entry: (-entry[1], fold_text(entry[0]), entry[0]))[:MOST_VALUES])


_VALUES: dict[str, Callable[[Card, Reader], tuple[str, ...]]] = {
    "tag": lambda card, _: card.tags,
    "licence": lambda card, _: (card.licence,),
    "kind": lambda card, _: (card.kind,),
    "publisher": lambda card, _: (card.publisher,) if card.publisher else (),
    "owner": lambda card, reader: card.owners if reader.knows_team(card) else (),
}
