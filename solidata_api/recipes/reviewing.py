"""What people decide on the proposals of a step: which are still open, and its parameters with more decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from solidata_api.domain.errors import Fault

#: As recipes and reports hold them: JSON.
StepJson = Mapping[str, Any]
Item = dict[str, Any]
Decision = dict[str, Any]


@dataclass(frozen=True)
class Deciding:
    """How one kind of step takes decisions: what a decision names, and what it says of that."""

    names: str
    says: str
    left_open: Callable[[StepJson, Sequence[Item]], list[Item]]
    without: Callable[[StepJson, Decision], list[Decision]]


def place_of(n: int, before: Sequence[StepJson], now: Sequence[StepJson]) -> int | None:
    """Where step `n` (from 1) of a recipe stands in another version of it, from 0: what it is, not where, tells.

    Decisions and notes may differ. Of equal steps the first is the first, and so on; None where it is there no more.
    """
    if not 0 < n <= len(before):
        return None
    wanted = _content(before[n - 1])
    rank = sum(_content(one) == wanted for one in before[: n - 1])
    places = [place for place, one in enumerate(now) if _content(one) == wanted]
    return places[rank] if rank < len(places) else None


def open_items(step: StepJson, items: Sequence[Item]) -> list[Item]:
    """Those of a step's proposals that nobody has decided on since, without what was decided of them."""
    rule = DECIDING.get(step["op"])
    return rule.left_open(step, items) if rule else []


def decided(step: StepJson, asked: Mapping[int, Decision]) -> tuple[dict[str, Any], dict[int, int]]:
    """The step with these numbered decisions in place of earlier ones on the same; and which of its decisions are they.

    A decision with `take_back` only takes earlier ones away: those on what it names, or all of the step.
    """
    rule = DECIDING[step["op"]]
    every = max((number for number, one in asked.items() if rule.names not in one), default=None)
    held = _decisions(step) if every is None else ()
    asked = {number: one for number, one in asked.items() if every is None or number > every}
    said = [(None, one) for one in held] + [(number, one) for number, one in asked.items()]
    by_name = _by_name(rule, asked)
    made: list[tuple[int | None, Decision]] = []
    for number, one in said:
        if number is not None and _takes_back(one):
            continue
        fresh = {name: one[name] for name in (rule.names, rule.says) if name in one}
        on_it = {n for name in _names(rule, one) for n in by_name.get(name, ())}
        later = [asked[n] for n in sorted(on_it) if number is None or n > number]
        made += [(number, left) for left in _left(rule, step, fresh, later)]
    origins = {place: number for place, (number, _) in enumerate(made) if number is not None}
    return {**step, "decisions": [one for _, one in made]}, origins


def faults_of(step: StepJson, asked: Mapping[int, Decision]) -> Iterator[tuple[int, Fault]]:
    """What keeps numbered decisions from being some of this step, by number; pointers are their properties."""
    rule = DECIDING.get(step["op"])
    held = _by_name(rule, dict(enumerate(_decisions(step)))) if rule else {}
    for number, one in asked.items():
        yield from ((number, fault) for fault in _faults(rule, step, held, one))


def _faults(
    rule: Deciding | None, step: StepJson, held: Mapping[str, Sequence[int]], decision: Decision
) -> Iterator[Fault]:
    """The same of one; `held` says which decisions the step has on a value."""
    if rule is None:
        yield Fault("step", f"{step['op']} proposes nothing: decisions are for {' and '.join(DECIDING)}")
        return
    takes_back = _takes_back(decision)
    known = {"source", "step", "inner", "take_back", rule.names, rule.says}
    for name in decision.keys() - known:
        yield Fault(name, f"a decision of {step['op']} has {rule.names} and {rule.says}")
    # Taking back names nothing, and is of all decisions, or what it is about: half of that would be a slip.
    for name in () if takes_back and rule.says not in decision else (rule.names, rule.says):
        if name not in decision:
            yield Fault(name, "it is missing")
    if takes_back and rule.names not in decision:
        if not held and rule.says not in decision:
            yield Fault("take_back", "this step has no decision")
    elif takes_back and not _touches(rule, step, held, decision):
        yield Fault("take_back", "no decision of this step is about that")


def _touches(rule: Deciding, step: StepJson, held: Mapping[str, Sequence[int]], decision: Decision) -> bool:
    on_it = {n for name in _names(rule, decision) for n in held.get(name, ())}
    near = [_decisions(step)[n] for n in sorted(on_it)]
    return rule.without({**step, "decisions": near}, decision) != near


def _takes_back(decision: Decision) -> bool:
    return bool(decision.get("take_back"))


def _left(rule: Deciding, step: StepJson, one: Decision, later: Sequence[Decision]) -> list[Decision]:
    """What is left of a decision after later ones."""
    rest = [one]
    for other in later:
        rest = [left for before in rest for left in rule.without({**step, "decisions": [before]}, other)]
    return rest


def _by_name(rule: Deciding, asked: Mapping[int, Decision]) -> dict[str, list[int]]:
    """Which decisions are about a value: of thousands only those can change another one on it."""
    found: dict[str, list[int]] = {}
    for number, one in asked.items():
        for name in _names(rule, one):
            found.setdefault(name, []).append(number)
    return found


def _names(rule: Deciding, decision: Decision) -> Sequence[str]:
    named = decision[rule.names]
    return (named,) if isinstance(named, str) else named


def _content(step: StepJson) -> dict[str, Any]:
    return {name: value for name, value in step.items() if name not in ("decisions", "note")}


def _decisions(step: StepJson) -> Sequence[Decision]:
    return step.get("decisions") or ()


def _open_groups(step: StepJson, items: Sequence[Item]) -> list[Item]:
    # Looked up once: of thousands of decisions none is read for each of thousands of groups.
    refused = {value for one in _decisions(step) if one["into"] is None for value in one["values"]}
    settled = {value for one in _decisions(step) for value in one["values"]}
    # A value that is written for others is decided on too.
    settled |= {one["into"] for one in _decisions(step) if one["into"] is not None}
    return [_left_of_group(item, settled) for item in items if _is_open_group(item, settled, refused)]


def _is_open_group(item: Item, settled: Set[str], refused: Set[str]) -> bool:
    free = {one["value"] for one in item["values"]} - settled
    into = item["into"]
    # One alone is a proposal only where it could join others, or several others.
    return bool(free) and (into is None or len(free | ({into} - refused)) > 1)


def _left_of_group(item: Item, settled: Set[str]) -> Item:
    values = [one for one in item["values"] if one["value"] not in settled]
    gone = [one for one in item["values"] if one["value"] in settled]
    fewer = {"count": item["count"] - sum(one["count"] for one in gone)}
    return {**item, **fewer, "values": values, "values_count": item["values_count"] - len(gone)}


def _without_values(step: StepJson, decision: Decision) -> list[Decision]:
    values = set(decision["values"])
    rest = [{**one, "values": [value for value in one["values"] if value not in values]} for one in _decisions(step)]
    return [one for one in rest if one["values"]]


def _open_pairs(step: StepJson, items: Sequence[Item]) -> list[Item]:
    """A decision for one of a value's rows is about it only where other columns are equal: it names its candidates."""
    said: dict[str, set[str | None]] = {}
    for one in _decisions(step):
        said.setdefault(one["value"], set()).add(one["reference"])
    of_value: dict[str, list[Item]] = {}
    for item in items:
        of_value.setdefault(item["value"], []).append(item)
    return [one for one in items if _is_open_pair(one, of_value[one["value"]], said.get(one["value"], set()))]


def _is_open_pair(item: Item, alike: Sequence[Item], said: Set[str | None]) -> bool:
    if not said:
        return True
    others = {one for other in alike for one in _references(other)} - _references(item)
    return not any(one is None or one not in others for one in said)


def _references(item: Item) -> set[str | None]:
    return {one["reference"] for one in item["candidates"]}


def _without_pair(step: StepJson, decision: Decision) -> list[Decision]:
    """With columns that must be equal, a value may be several rows of the reference; a refusal is of all."""
    said, takes_back = decision.get("reference"), _takes_back(decision)
    one_of_several = "reference" in decision if takes_back else bool(step.get("equal")) and said is not None
    gone = {said, None} if one_of_several and not takes_back else {said}
    return [
        one
        for one in _decisions(step)
        if one["value"] != decision["value"] or (one_of_several and one["reference"] not in gone)
    ]


DECIDING = {
    "cluster_values": Deciding("values", "into", _open_groups, _without_values),
    "match": Deciding("value", "reference", _open_pairs, _without_pair),
}
