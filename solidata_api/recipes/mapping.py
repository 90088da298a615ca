"""Proposes which column of each source fits which field of a model, from headers and from values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from solidata_api.domain.models import BoundField
from solidata_api.recipes import evidence
from solidata_api.recipes.assignment import best_pairs
from solidata_api.recipes.synonyms import FORMATS, compact, idea_of, words

#: Below this a proposal would be wrong more often than right.
THRESHOLD = 0.55
#: How much of a score headers give; values give the rest.
_HEADER_SHARE = 0.65
#: Headers that look this alike are sure enough to compare other columns' values with theirs.
_SURE = 0.8
_NUMERIC = ("integer", "number", "year")


@dataclass(frozen=True)
class ColumnProfile:
    """What is known of a column: header, type, format, and some of its values (at most 200) as text."""

    key: str
    title: str
    type: str
    format: str | None
    values: tuple[Any, ...] = ()

    @property
    def texts(self) -> list[str]:
        return [str(value) for value in self.values if value is not None]


@dataclass(frozen=True)
class SourceProfile:
    dataset_id: str
    columns: tuple[ColumnProfile, ...]


@dataclass(frozen=True)
class _Score:
    value: float
    why: str


def suggest(fields: Sequence[BoundField], profiles: Sequence[SourceProfile]) -> list[dict[str, Any]]:
    """Proposals `{dataset_id, column, field, score, why}`, each column and each field at most once in a source."""
    models = {field.name: _known_values(field, profiles) for field in fields}
    return [proposal for profile in profiles for proposal in _of_source(fields, profile, models)]


def _of_source(
    fields: Sequence[BoundField], profile: SourceProfile, models: dict[str, list[tuple[str, ColumnProfile]]]
) -> Iterable[dict[str, Any]]:
    others = {name: _others(known, profile) for name, known in models.items()}
    scores = [[_score(field, column, others[field.name]) for column in profile.columns] for field in fields]
    pairs = best_pairs([[one.value if one.value >= THRESHOLD else 0.0 for one in row] for row in scores])
    found = {column: (field, scores[field][column]) for field, column in pairs}
    for column in sorted(found):
        field, score = found[column]
        yield {
            "dataset_id": profile.dataset_id,
            "column": profile.columns[column].key,
            "field": fields[field].name,
            "score": round(score.value, 2),
            "why": score.why,
        }


def _known_values(field: BoundField, profiles: Sequence[SourceProfile]) -> list[tuple[str, ColumnProfile]]:
    """In each source the column whose header is surely that of the field."""
    sure = []
    for profile in profiles:
        best = max(profile.columns, key=lambda column: _header(field, column)[0], default=None)
        if best is not None and _header(field, best)[0] >= _SURE:
            sure.append((profile.dataset_id, best))
    return sure


def _others(known: list[tuple[str, ColumnProfile]], profile: SourceProfile) -> list[ColumnProfile]:
    return [column for dataset_id, column in known if dataset_id != profile.dataset_id]


def _score(field: BoundField, column: ColumnProfile, others: list[ColumnProfile]) -> _Score:
    header, header_why = _header(field, column)
    form = field.format if field.format in evidence.KNOWN else FORMATS.get(idea_of((field.name, field.title)) or "")
    share = evidence.share_of_format(form, column.texts) if form else None
    if form and share is not None:
        return _with_format(header, header_why, form, share)
    value, value_why = _values(field, column, others)
    if header < 0.3:
        return _Score(0.0, "")
    score = _HEADER_SHARE * header + (1 - _HEADER_SHARE) * value
    # Values that can't be the field's outweigh a header that is only alike.
    return _Score(score * (0.5 if value < 0.2 and header < 1 else 1.0), _joined(header_why, value_why))


def _with_format(header: float, why: str, form: str, share: float) -> _Score:
    said = f"{share:.0%} of the values have the format {form}"
    score = _HEADER_SHARE * header + (1 - _HEADER_SHARE) * share
    if share < 0.5:
        return _Score(score * 0.5, _joined(why, said))
    if share >= 0.9 and form in evidence.PROVING:
        return _Score(max(score, 0.75), _joined(why, said))
    return _Score(score if header >= 0.3 else 0.0, _joined(why, said))


def _header(field: BoundField, column: ColumnProfile) -> tuple[float, str]:
    """How alike the headers are, from 0 to 1, and in which way."""
    mine, theirs = (field.name, field.title), (column.key, column.title)
    if {compact(one) for one in mine} & {compact(one) for one in theirs}:
        return 1.0, "same header"
    ideas = idea_of(mine), idea_of(theirs)
    if ideas[0] is not None and ideas[0] == ideas[1]:
        return 0.9, "headers that mean the same"
    if _is_bare_code(mine) or _is_bare_code(theirs):
        is_commune = "commune_code" in ideas
        return (0.8, "a code of communes") if is_commune else (0.2, "")
    if None not in ideas:
        return 0.1, ""
    return _likeness(mine, theirs), "similar headers"


def _is_bare_code(headers: Iterable[str]) -> bool:
    return all(compact(header) in ("code", "id", "codes") for header in headers)


def _likeness(mine: Iterable[str], theirs: Iterable[str]) -> float:
    from rapidfuzz import fuzz

    pairs = [(" ".join(words(one)), " ".join(words(other))) for one in mine for other in theirs]
    return max(max(fuzz.token_sort_ratio(*pair) * 0.009, _shared(*pair)) for pair in pairs)


def _shared(one: str, other: str) -> float:
    """Of headers where the one holds all words of the other."""
    first, second = set(one.split()), set(other.split())
    shared = first & second
    return 0.65 if shared and shared in (first, second) and max(map(len, shared)) > 3 else 0.0


def _values(field: BoundField, column: ColumnProfile, others: list[ColumnProfile]) -> tuple[float, str]:
    """How well values fit: their type, and how they compare with columns of other sources that surely fit."""
    value, why = _by_type(field, column)
    texts = column.texts
    compared = [other.texts for other in others if other.values]
    if not texts or not compared:
        return value, why
    best = max(evidence.overlap(texts, other) for other in compared)
    if best >= 0.3 and field.type == "string":
        return max(value, 0.7 + 0.3 * best), f"{best:.0%} of the values are in another source too"
    mine, theirs = evidence.shapes(texts), [evidence.shapes(other) for other in compared]
    if field.type == "string" and mine and all(theirs) and not any(mine & other for other in theirs):
        return 0.1, ""
    return value, why


def _by_type(field: BoundField, column: ColumnProfile) -> tuple[float, str]:
    if field.type == column.type:
        return (0.7, "") if field.type == "string" else (1.0, f"both {field.type}")
    if field.type in _NUMERIC and column.type in _NUMERIC:
        return 0.9, "both numbers"
    if field.type in ("string", "any"):
        return (0.6, "") if column.type in ("array", "any", "year") else (0.4, "")
    share = evidence.share_of_type(field.type, column.texts)
    if share is None:
        return 0.4, ""
    return (0.9 * share, f"{share:.0%} of the values read as {field.type}") if share >= 0.5 else (0.1, "")


def _joined(*reasons: str) -> str:
    return "; ".join(reason for reason in reasons if reason)
