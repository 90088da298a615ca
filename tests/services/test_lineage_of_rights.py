"""Whatever happens to sources, teams, loans and projects: every reader sees exactly the cells that DESIGN 3 gives them.

A machine makes random people, tables and projects and does random things to them through the API. Beside it runs a
naive model of DESIGN 3, in other words than the code: it asks "is everybody among the readers?" instead of comparing
levels, and finds each cap anew from the sources, by recursion, instead of passing changes on. It remembers only what
DESIGN says is remembered: what a column was set to, what was lent, what a deleted source left, and that a column which
was closed stays closed. Every cell of every import is a word of its own, so that a cell which somebody should not see
is found by looking for its word in the bytes of the answers they get.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.conftest import queued, run_job
from tests.factories import make_dataset, make_user

LEVELS = ("opendata", "commons", "collective", "private")
GRADES = ("manager", "editor", "viewer")
COLUMNS = ("a", "b", "c")
FIELDS = ("f0", "f1", "f2")
PEOPLE = ("ada", "bob", "cyd", "dan")
READERS = (*PEOPLE, "stranger", "anonymous")
ROWS = 3
STEPS: tuple[dict[str, Any], ...] = (
    {"op": "clean", "columns": ["f0"]},
    {"op": "set", "column": "f1", "value": "same"},
    {"op": "dedupe", "keys": ["f0"], "keep": {"*": "last"}},
    {"op": "sort", "by": ["f2"]},
    {"op": "filter", "where": {"f2__isnotnull": ""}},
    {"op": "replace", "columns": ["f0"], "pattern": "zz", "with": "z"},
)


@dataclass
class Table:
    """A dataset, as the model knows it. `truth` holds each version's cells, read past every judge."""

    id: str
    team: dict[str, str]
    level: str
    levels: dict[str, str]
    truth: list[dict[str, list[str | None]]]
    project: Project | None = None
    #: Of each column, the source columns that any version took cells from.
    made_of: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    #: Caps that deleted sources left behind.
    left: dict[str, list[str]] = field(default_factory=dict)
    #: The loans that outlived its project, and that one's id.
    loans: dict[tuple[str, str], str] = field(default_factory=dict)
    project_id: str = ""


@dataclass
class Project:
    id: str
    owner: str
    team: dict[str, str]
    model: str = ""
    fields: list[str] = field(default_factory=lambda: list(FIELDS))
    sources: dict[str, dict[str, str]] = field(default_factory=dict)
    loans: dict[tuple[str, str], str] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    target: str | None = None


class Model:
    """DESIGN 3, naively."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}

    def among(self, reader: str, level: str, team: dict[str, str]) -> bool:
        """Whether a reader is among the people whom a level names, in a document of this team."""
        if level == "opendata":
            return True
        if level == "commons":
            return reader != "anonymous"
        if level == "collective":
            return reader in team
        return team.get(reader) in ("owner", "manager")

    def reads(self, reader: str, table: Table, column: str) -> bool:
        """Whoever all three let: the column, its cap and the table."""
        named = (table.levels[column], self.cap(table, column), table.level)
        return all(self.among(reader, level, table.team) for level in named)

    def readable(self, reader: str, table: Table) -> list[str]:
        return [column for column in table.levels if self.reads(reader, table, column)]

    def is_for_all(self, table: Table, column: str) -> str | None:
        """`opendata` or `commons` where everybody, or every confirmed user, reads a column without being in a team."""
        nobody_special = {
            level: all(self.among(who, one, {}) for one in (table.levels[column], self.cap(table, column), table.level))
            for level, who in (("opendata", "anonymous"), ("commons", "stranger"))
        }
        return next((level for level, holds in nobody_special.items() if holds), None)

    def cap(self, table: Table, column: str) -> str:
        """The fewest readers that any of its sources hands on."""
        loans = table.project.loans if table.project else table.loans
        handed = list(table.left.get(column, []))
        for source_id, key in table.made_of.get(column, ()):
            source = self.tables.get(source_id)
            if source is None:
                continue
            for_all = self.is_for_all(source, key)
            if for_all:
                handed.append(for_all)
            elif (source_id, key) in loans:
                handed += [loans[source_id, key], self.cap(source, key)]
            else:
                handed.append("private")
        return fewest(handed)

    def pull_down(self) -> None:
        """A column that its cap closed stays closed when the cap rises again. Sources come before what they make."""
        for table in self.tables.values():
            for column in table.levels:
                table.levels[column] = fewest([table.levels[column], self.cap(table, column)])

    def is_read_by_others(self, table: Table) -> bool:
        return any(self.is_for_all(table, column) for column in table.levels)

    def delete(self, table: Table) -> None:
        """A deleted source leaves caps as they are."""
        for other in self.tables.values():
            for column, sources in other.made_of.items():
                if any(source == table.id for source, _ in sources):
                    other.left.setdefault(column, []).append(self.cap(other, column))
        del self.tables[table.id]


def fewest(levels: list[str]) -> str:
    return next((level for level in reversed(LEVELS) if level in levels), "opendata")


class Lineage(RuleBasedStateMachine):
    """The service and the model, side by side."""

    world: Callable[[], tuple[Any, Callable[[Any], Any]]]

    def __init__(self) -> None:
        super().__init__()
        self.backends, as_user = type(self).world()
        self.model = Model()
        self.projects: dict[str, Project] = {}
        self.callers = {name: as_user(make_user(self.backends, name=name)) for name in (*PEOPLE, "stranger")}
        self.callers["anonymous"] = as_user(None)
        self.words = (f"w{n:05d}x" for n in itertools.count())
        self.turn = 0

    # What there is at first

    @initialize(data=st.data())
    def start(self, data: Any) -> None:
        """A few tables, and two projects that are built: the second one also of the first one's table, if it may be."""
        owners = data.draw(st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=3), label="owners of tables")
        for owner in owners:
            self.import_table(owner, data)
        for owner in owners[:2]:
            project = self.make_project(owner, data)
            for table in list(self.model.tables.values()):
                up_to = data.draw(st.sampled_from((None, None, "opendata", "collective")), label="up to")
                mapping = dict(zip(table.levels, FIELDS, strict=False))
                self.map_one(project, table, data.draw(st.sampled_from(PEOPLE)), mapping, up_to)
                if table.team.get(owner) == "owner":
                    self.map_one(project, table, owner, mapping, up_to)
            self.model.pull_down()
            self.build_one(project, owner)
            self.model.pull_down()
            for table in self.model.tables.values():
                if table.project is project:
                    self.open_one(table, "opendata")

    def import_table(self, owner: str, data: Any) -> None:
        cells = {column: [next(self.words) for _ in range(ROWS)] for column in COLUMNS}
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*cells.values(), strict=True)]
        made = make_dataset(self.callers[owner], self.run_jobs, rows=rows)
        table = Table(made["id"], {owner: "owner"}, "collective", dict.fromkeys(COLUMNS, "opendata"), [cells])
        self.model.tables[table.id] = table
        self.join("datasets", table.id, owner, table.team, data)
        level = data.draw(st.sampled_from(("opendata", "opendata", "commons", "collective")), label="level")
        self.set_levels(owner, table, level, {"a": data.draw(st.sampled_from(LEVELS), label="level of a")})

    def make_project(self, owner: str, data: Any) -> Project:
        caller = self.callers[owner]
        fields = [self.field(caller, name) for name in FIELDS]
        model = caller.post("/models", json={"title": "M", "fields": fields}).get_json()["id"]
        made = Project(caller.post("/projects", json={"title": "P"}).get_json()["id"], owner, {owner: "owner"}, model)
        caller.put(f"/projects/{made.id}/model", json={"model_id": model})
        self.projects[made.id] = made
        self.join("projects", made.id, owner, made.team, data)
        return made

    def field(self, caller: Any, name: str) -> dict[str, str]:
        return {"field_id": caller.post("/fields", json={"name": name, "type": "string"}).get_json()["id"]}

    def join(self, kind: str, identifier: str, owner: str, team: dict[str, str], data: Any) -> None:
        for person in data.draw(st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True), label="team"):
            if person != owner:
                self.grade(kind, identifier, owner, team, person, data.draw(st.sampled_from(GRADES), label="grade"))

    # What may happen

    @rule(data=st.data(), person=st.sampled_from(PEOPLE), up_to=st.none() | st.sampled_from(LEVELS))
    def map_source(self, data: Any, person: str, up_to: str | None) -> None:
        project = self.pick(data, self.projects)
        table = self.pick(data, {key: one for key, one in self.model.tables.items() if self.fits(one, project)})
        if project is None or table is None:
            return
        keys = data.draw(st.lists(st.sampled_from(list(table.levels)), min_size=1, max_size=3, unique=True))
        names = data.draw(st.permutations(project.fields))
        self.map_one(project, table, person, dict(zip(keys, names, strict=False)), up_to)

    @rule(data=st.data(), up_to=st.none() | st.sampled_from(LEVELS))
    def map_by_one_who_may(self, data: Any, up_to: str | None) -> None:
        project = self.pick(data, self.projects)
        able = {
            f"{table.id} {person}": (table, person)
            for table in self.model.tables.values()
            for person in PEOPLE
            if self.fits(table, project)
            and self.may_map(person, project, table, dict.fromkeys(self.model.readable(person, table), ""), up_to)
        }
        found = self.pick(data, able)
        if found is not None:
            keys = self.model.readable(found[1], found[0])
            names = data.draw(st.permutations(project.fields))
            self.map_one(project, *found, dict(zip(keys, names, strict=False)), up_to)
            self.build_one(project, project.owner)

    def map_one(self, project: Project, table: Table, person: str, mapping: dict[str, str], up_to: str | None) -> None:
        # Every other time by way of a recipe that the source has for itself: a column is used then as if mapped.
        names = {key: f"own_{key}" if self.turn % 2 else key for key in mapping}
        steps = [{"op": "rename", "columns": names}] if self.turn % 2 and names else []
        renamed = {names[key]: name for key, name in mapping.items()}
        body = {"mapping": renamed, "steps": steps} | ({"up_to": up_to} if up_to else {})
        answer = self.callers[person].put(f"/projects/{project.id}/sources/{table.id}", json=body)
        allowed = self.may_map(person, project, table, mapping, up_to)
        assert (answer.status_code == 200) == allowed, answer.get_json()
        if allowed:
            project.sources[table.id] = mapping
            self.lend(person, project, table, mapping, up_to)

    def fits(self, table: Table, project: Project | None) -> bool:
        """Tables made of nothing but imports, or by projects made earlier: none feeds itself, by whatever way."""
        order = list(self.projects)
        made_by = table.project_id
        return project is not None and (
            not made_by or (made_by in order and order.index(made_by) < order.index(project.id))
        )

    def may_map(self, person: str, project: Project, table: Table, mapping: dict[str, str], up_to: str | None) -> bool:
        before = project.sources.get(table.id, {})
        manages = table.team.get(person) in ("owner", "manager") and bool(self.model.readable(person, table))
        known = {*self.model.readable(person, table), *before}
        return (
            project.team.get(person) in ("owner", "manager", "editor")
            and (table.id in project.sources or bool(self.model.readable(person, table)))
            and set(mapping) <= known
            and (manages or not self.not_lent(project, table, mapping))
            and (up_to is None or manages)
        )

    def not_lent(self, project: Project, table: Table, keys: Any) -> list[str]:
        restricted = [key for key in keys if not self.model.is_for_all(table, key)]
        return [key for key in restricted if (table.id, key) not in project.loans]

    def lend(self, person: str, project: Project, table: Table, keys: Any, up_to: str | None) -> None:
        said = up_to or ("opendata" if project.team.get(person) in ("owner", "manager") else "collective")
        new = {(table.id, key) for key in self.not_lent(project, table, keys)}
        again = {loan for loan in project.loans if loan[0] == table.id} if up_to else set()
        project.loans |= dict.fromkeys(new | again, said)

    @rule(data=st.data(), steps=st.lists(st.sampled_from(STEPS), max_size=3, unique_by=str))
    def write_recipe(self, data: Any, steps: list[dict[str, Any]]) -> None:
        project = self.pick(data, self.projects)
        if project is not None:
            answer = self.callers[project.owner].put(f"/projects/{project.id}/recipe", json={"steps": steps})
            assert answer.status_code == 200
            project.steps = steps

    @rule(data=st.data(), person=st.sampled_from(PEOPLE))
    def build(self, data: Any, person: str) -> None:
        self.build_one(self.pick(data, self.projects), person)

    @rule(data=st.data())
    def build_by_owner(self, data: Any) -> None:
        project = self.pick(data, self.projects)
        self.build_one(project, project.owner if project else "")

    def build_one(self, project: Project | None, person: str) -> None:
        if project is None:
            return
        answer = self.callers[person].post(f"/projects/{project.id}/builds")
        ended = self.run_jobs() if answer.status_code == 202 else []
        succeeded = [job.state for job in ended] == ["succeeded"]
        assert succeeded == self.may_build(person, project), (answer.get_json(), ended)
        if succeeded:
            self.learn_build(project, ended[0].result["dataset_id"])

    def may_build(self, person: str, project: Project) -> bool:
        sources = [(self.model.tables.get(one), mapping) for one, mapping in project.sources.items()]
        return (
            project.team.get(person) in ("owner", "manager", "editor")
            and bool(sources)
            and all(table is not None and not self.not_lent(project, table, keys) for table, keys in sources)
            and self.recipe_fits(project)
        )

    def recipe_fits(self, project: Project) -> bool:
        """A step needs the columns that it names: mapped ones, and those that a step before it set."""
        filled = {name for mapping in project.sources.values() for name in mapping.values()}
        needed = {"clean": {"f0"}, "dedupe": {"f0"}, "sort": {"f2"}, "filter": {"f2"}, "replace": {"f0"}}
        for step in project.steps:
            if not needed.get(step["op"], set()) <= filled:
                return False
            filled |= {step["column"]} if step["op"] == "set" else set()
        return True

    def learn_build(self, project: Project, dataset_id: str) -> None:
        table = self.model.tables.get(dataset_id)
        others = table is not None and self.model.is_read_by_others(table)
        if table is None:
            table = Table(dataset_id, project.team, "collective", {}, [], project, project_id=project.id)
            self.model.tables[dataset_id] = table
            project.target = dataset_id
        elif project.target is None:
            raise AssertionError("a table that was deleted has come back")
        new = [name for name in project.fields if name not in table.levels]
        table.levels |= dict.fromkeys(new, "private" if others else "opendata")
        overwritten = {step["column"] for step in project.steps if step["op"] == "set"}
        for source, mapping in project.sources.items():
            for key, name in mapping.items():
                if name not in overwritten:
                    table.made_of.setdefault(name, set()).add((source, key))
        table.truth.append(self.cells_of(dataset_id))

    def cells_of(self, dataset_id: str) -> dict[str, list[str | None]]:
        """The cells of the current version, past every judge; each must come from where the model says."""
        dataset = self.backends.datasets.get(dataset_id)
        version = self.backends.versions.get(dataset.versions[-1].version_id)
        keys = [column.key for column in version.columns]
        cells: dict[str, list[str | None]] = {key: [] for key in keys}
        for frame in self.backends.tables.frames(version, keys):
            for key in keys:
                cells[key] += [one if isinstance(one, str) else None for one in frame[key].tolist()]
        table = self.model.tables[dataset_id]
        for key, words in cells.items():
            for word in filter(None, words):
                homes = {home for home in table.made_of.get(key, ()) if self.held(home, word)}
                assert homes or word == "same", f"{word} in {key} came from nowhere"
        return cells

    def held(self, home: tuple[str, str], word: str) -> bool:
        source = self.model.tables.get(home[0])
        return source is not None and any(word in version.get(home[1], ()) for version in source.truth)

    @rule(data=st.data(), person=st.sampled_from(PEOPLE))
    def run_into_new_dataset(self, data: Any, person: str) -> None:
        """A recipe on one table makes another of what is open, or the runner's to lend."""
        table = self.pick(data, self.model.tables)
        if table is None:
            return
        manages = table.team.get(person) in ("owner", "manager")
        readable = [key for key in self.model.readable(person, table) if key in table.truth[-1]]
        taken = [key for key in readable if manages or self.model.is_for_all(table, key)]
        code = (202 if taken else 403) if self.model.readable(person, table) else 422
        result = self.run_recipe(person, table, [], "new_dataset", code)
        if result is None:
            return
        assert sorted(result.get("left_out", [])) == sorted(set(readable) - set(taken))
        levels = {key: fewest([table.levels[key], self.model.cap(table, key)]) for key in taken}
        truth = {key: words for key, words in table.truth[-1].items() if key in taken}
        made = Table(result["dataset_id"], {person: "owner"}, "collective", levels, [truth])
        made.made_of = {key: {(table.id, key)} for key in taken}
        made.project_id = made.id
        made.loans = {(table.id, key): "opendata" for key in taken if not self.model.is_for_all(table, key)}
        self.model.tables[made.id] = made

    @rule(data=st.data(), person=st.sampled_from(PEOPLE))
    def run_into_next_version(self, data: Any, person: str) -> None:
        """A column is copied in place: who edits a table and reads all of it may."""
        table = self.pick(data, {key: one for key, one in self.model.tables.items() if not one.project_id})
        if table is None:
            return
        key = data.draw(st.sampled_from(list(table.truth[-1])))
        copied = f"copy{len(table.levels)}"
        reads_all = len(self.model.readable(person, table)) == len(table.levels)
        able = reads_all and table.team.get(person) in ("owner", "manager", "editor")
        code = (202 if able else 403) if self.model.readable(person, table) else 422
        steps = [{"op": "copy", "columns": {key: copied}}]
        if self.run_recipe(person, table, steps, "new_version", code) is not None:
            begins = "private" if self.model.is_read_by_others(table) else "opendata"
            table.truth.append({**table.truth[-1], copied: table.truth[-1][key]})
            table.levels[copied] = fewest([begins, table.levels[key]])

    def run_recipe(
        self, person: str, table: Table, steps: list[dict[str, Any]], into: str, code: int
    ) -> dict[str, Any] | None:
        recipe = self.callers[person].post("/recipes", json={"title": "R", "steps": steps}).get_json()["id"]
        body = {"dataset_id": table.id, "into": into}
        answer = self.callers[person].post(f"/recipes/{recipe}/runs", json=body)
        assert answer.status_code == code, (into, answer.get_json())
        if code != 202:
            return None
        (job,) = self.run_jobs()
        assert job.state == "succeeded", job.error
        found: dict[str, Any] = job.result
        return found

    @rule(data=st.data(), level=st.sampled_from(LEVELS), whole=st.booleans())
    def set_level(self, data: Any, level: str, *, whole: bool) -> None:
        table = self.pick(data, self.model.tables)
        if table is not None:
            column = data.draw(st.sampled_from(list(table.levels)))
            self.set_levels(
                self.somebody(data, table), table, level if whole else None, {} if whole else {column: level}
            )

    @rule(data=st.data(), level=st.sampled_from(LEVELS), whole=st.booleans())
    def close_or_open_source(self, data: Any, level: str, *, whole: bool) -> None:
        """The owner of a column that something was made of sets its level, or that of its whole table."""
        used = {f"{one} {key}": (one, key) for one, key in self.used() if one in self.model.tables}
        found = self.pick(data, used)
        if found is not None:
            table = self.model.tables[found[0]]
            self.set_levels(self.owner(table), table, level if whole else None, {} if whole else {found[1]: level})

    def used(self) -> list[tuple[str, str]]:
        """The columns that something was made of, in an order that is the same each time."""
        order = list(self.model.tables)
        found = {one for table in self.model.tables.values() for sources in table.made_of.values() for one in sources}
        return sorted((one for one in found if one[0] in order), key=lambda one: (order.index(one[0]), one[1]))

    @rule(data=st.data(), level=st.sampled_from(LEVELS[:2]))
    def open_built(self, data: Any, level: str) -> None:
        table = self.pick(data, {key: one for key, one in self.model.tables.items() if one.made_of})
        if table is not None:
            self.open_one(table, level)

    def open_one(self, table: Table, level: str) -> None:
        """Open what a project made as far as its caps allow: only there is something to leak."""
        self.set_levels(self.owner(table), table, level, {key: self.model.cap(table, key) for key in table.levels})

    def owner(self, table: Table) -> str:
        return next(person for person, grade in table.team.items() if grade == "owner")

    def somebody(self, data: Any, table: Table) -> str:
        return data.draw(st.sampled_from((self.owner(table), *PEOPLE)), label="who")

    def set_levels(self, person: str, table: Table, level: str | None, columns: dict[str, str]) -> None:
        body: dict[str, Any] = {"columns": [{"key": key, "open_level": one} for key, one in columns.items()]}
        if level is not None:
            body |= {"open_level": level, "edit_level": "private" if level == "private" else "collective"}
        answer = self.callers[person].patch(f"/datasets/{table.id}", json=body)
        allowed = (
            table.team.get(person) in ("owner", "manager")
            and bool(self.model.readable(person, table))
            and all(fewest([one, self.model.cap(table, key)]) == one for key, one in columns.items())
        )
        assert (answer.status_code == 200) == allowed, answer.get_json()
        if allowed:
            table.level = level or table.level
            table.levels |= columns

    @rule(data=st.data())
    def withdraw(self, data: Any) -> None:
        """Somebody takes back a loan that is given, or tries to take one that is not."""
        holders: dict[str, Any] = {project.id: project for project in self.projects.values()}
        holders |= {one.project_id: one for one in self.model.tables.values() if one.loans}
        pairs = {
            f"{table.id} {holder}": (table, holder)
            for table in self.model.tables.values()
            for holder, one in holders.items()
            if any(loan[0] == table.id for loan in one.loans)
        }
        found = self.pick(data, pairs) or (
            self.pick(data, self.model.tables),
            self.pick(data, {key: key for key in holders}),
        )
        if None not in found:
            self.withdraw_one(found[0], found[1], holders[found[1]], self.somebody(data, found[0]))

    def withdraw_one(self, table: Table, holder_id: str, holder: Any, person: str) -> None:
        lent = {loan for loan in holder.loans if loan[0] == table.id}
        answer = self.callers[person].delete(f"/datasets/{table.id}/loans/{holder_id}")
        allowed = bool(lent) and table.team.get(person) in ("owner", "manager")
        assert (answer.status_code == 204) == allowed, answer.get_json()
        for loan in lent if allowed else ():
            del holder.loans[loan]

    @rule(data=st.data())
    def take_out(self, data: Any) -> None:
        project = self.pick(data, {key: one for key, one in self.projects.items() if one.sources})
        if project is not None:
            source = data.draw(st.sampled_from(list(project.sources)))
            answer = self.callers[project.owner].delete(f"/projects/{project.id}/sources/{source}")
            assert answer.status_code == 200
            del project.sources[source]

    @rule(data=st.data(), person=st.sampled_from(PEOPLE), grade=st.none() | st.sampled_from(GRADES))
    def change_team(self, data: Any, person: str, grade: str | None) -> None:
        own = {f"datasets {key}": one for key, one in self.model.tables.items() if one.project is None}
        name = data.draw(st.sampled_from([*own, *(f"projects {key}" for key in self.projects)]))
        kind, identifier = name.split()
        team = own[name].team if kind == "datasets" else self.projects[identifier].team
        owner = next(one for one, held in team.items() if held == "owner")
        if person != owner:
            self.grade(kind, identifier, owner, team, person, grade)

    def grade(
        self, kind: str, identifier: str, owner: str, team: dict[str, str], person: str, grade: str | None
    ) -> None:
        path = f"/{kind}/{identifier}/team/{self.callers[person].user.id}"
        if grade is not None:
            answer = self.callers[owner].put(path, json={"grade": grade})
            assert answer.status_code == 200, answer.get_json()
            team[person] = grade
        elif person in team:
            assert self.callers[owner].delete(path).status_code == 204
            del team[person]

    @rule(data=st.data())
    def add_field(self, data: Any) -> None:
        """A column that comes later."""
        project = self.pick(data, {key: one for key, one in self.projects.items() if "late" not in one.fields})
        if project is not None:
            caller = self.callers[project.owner]
            fields = caller.get(f"/models/{project.model}").get_json()["fields"]
            entries = [{"field_id": one["field_id"]} for one in fields] + [self.field(caller, "late")]
            assert caller.patch(f"/models/{project.model}", json={"fields": entries}).status_code == 200
            project.fields.append("late")

    @rule(data=st.data(), sure=st.integers(0, 3))
    def delete_table(self, data: Any, sure: int) -> None:
        table = self.pick(data, self.model.tables)
        if table is None or sure:
            return
        owner = self.owner(table)
        assert self.callers[owner].delete(f"/datasets/{table.id}").status_code == 204
        self.forget(table)

    def forget(self, table: Table) -> None:
        self.model.delete(table)
        if table.project is not None:
            table.project.target = None

    @rule(data=st.data(), keep=st.booleans(), sure=st.integers(0, 2))
    def delete_project(self, data: Any, *, keep: bool, sure: int) -> None:
        project = self.pick(data, self.projects)
        if project is None or sure or len(self.projects) == 1:
            return
        choice = "keep" if keep else "delete"
        assert self.callers[project.owner].delete(f"/projects/{project.id}?dataset={choice}").status_code == 204
        del self.projects[project.id]
        table = self.model.tables.get(project.target or "")
        if table is not None and keep:
            used = {source for sources in table.made_of.values() for source in sources}
            table.loans = {loan: up_to for loan, up_to in project.loans.items() if loan in used}
            table.project = None
        elif table is not None:
            self.forget(table)

    # What must hold

    @invariant()
    def everybody_sees_what_is_theirs(self) -> None:
        self.model.pull_down()
        self.turn += 1
        for n, reader in enumerate(READERS):
            # The costlier questions take turns.
            thorough = self.turn % len(READERS) == n
            for table in list(self.model.tables.values()):
                # So do imports: they depend on nothing but themselves.
                if thorough or table.made_of:
                    self.check(reader, table, thorough=thorough)

    def teardown(self) -> None:
        for reader, table in itertools.product(READERS, self.model.tables.values()):
            self.check(reader, table, thorough=True)

    def check(self, reader: str, table: Table, *, thorough: bool) -> None:
        visible = self.model.readable(reader, table)
        if thorough:
            self.check_view(reader, table, visible)
        numbers = range(1, len(table.truth) + 1)
        for n in numbers if thorough else numbers[-1:]:
            self.check_version(reader, table, n, visible, thorough=thorough)

    def check_view(self, reader: str, table: Table, visible: list[str]) -> None:
        view = self.callers[reader].get(f"/datasets/{table.id}")
        assert view.status_code == (200 if visible else 404), (reader, visible, view.get_json())
        if visible:
            shown = {one["key"]: (one["open_level"], one["cap"]) for one in view.get_json()["columns"]}
            assert shown == {key: (table.levels[key], self.model.cap(table, key)) for key in visible}

    def check_version(self, reader: str, table: Table, n: int, visible: list[str], *, thorough: bool) -> None:
        truth = table.truth[n - 1]
        keys = [key for key in truth if key in visible]
        answer = self.ask(reader, table, f"/rows?version={n}&per_page=100", keys, n)
        if not keys:
            return
        rows = [{key: row[key] for key in row if key != "_id"} for row in answer.get_json()["rows"]]
        assert rows == [dict(zip(keys, row, strict=True)) for row in zip(*(truth[key] for key in keys), strict=True)]
        if thorough:
            self.check_nouns(reader, table, n, keys)
            self.check_filters(reader, table, n, keys)

    def check_nouns(self, reader: str, table: Table, n: int, keys: list[str]) -> None:
        schema = self.ask(reader, table, f"/schema?version={n}", keys, n).get_json()
        assert [one["name"] for one in schema["fields"]] == keys
        export = self.ask(reader, table, f"/export.csv?version={n}", keys, n)
        assert export.get_data(as_text=True).splitlines()[0] == ",".join(keys)
        lineage = self.ask(reader, table, f"/lineage?version={n}", keys, n).get_json()
        assert [one["key"] for one in lineage["columns"]] == keys
        for one in (source for column in lineage["columns"] for source in column["from"]):
            assert one["column"] in self.model.readable(reader, self.model.tables[one["dataset_id"]])
        self.ask(reader, table, f"/report?version={n}", keys, n)
        found = self.callers[reader].get(f"/datasets/{table.id}/rows?version={n}&per_page=1").get_json()["rows"]
        for row in found:
            self.ask(reader, table, f"/rows/{row['_id']}?version={n}", keys, n)
            self.ask(reader, table, f"/rows/{row['_id']}/origin?version={n}", keys, n)

    def check_filters(self, reader: str, table: Table, n: int, keys: list[str]) -> None:
        for key, words in table.truth[n - 1].items():
            word = next(filter(None, words), "nothing")
            for query in (f"{key}={word}", f"{key}__startswith=w&fields={keys[0]}", f"sort=-{key}"):
                answer = self.callers[reader].get(f"/datasets/{table.id}/rows?version={n}&{query}")
                assert answer.status_code == (200 if key in keys else 422), (query, answer.get_json())

    def ask(self, reader: str, table: Table, rest: str, keys: list[str], n: int) -> Any:
        """An answer, in whose bytes no hidden word and no hidden source is."""
        answer = self.callers[reader].get(f"/datasets/{table.id}{rest}")
        assert answer.status_code == (200 if keys else 404), (reader, rest, answer.get_json())
        text = answer.get_data(as_text=True)
        truth = table.truth[n - 1]
        own = {word for key in keys for word in truth[key] if word}
        for word in {word for key in truth for word in truth[key] if word} - own:
            assert word not in text, f"{reader} found {word} at {rest}"
        for other in self.model.tables.values():
            if other.id != table.id and not self.model.readable(reader, other):
                assert other.id not in text, f"{reader} learnt of a hidden table at {rest}"
        return answer

    # Small things

    def pick(self, data: Any, among: dict[str, Any]) -> Any:
        return among[data.draw(st.sampled_from(list(among)))] if among else None

    def run_jobs(self) -> list[Any]:
        return [run_job(self.backends, job.id) for job in queued(self.backends)]


#: Each part is a test of its own, so that both cores have one; `make fuzz` makes twelve times as many worlds of each.
PARTS = 4
WORLDS = int(os.environ.get("FUZZ_ROUNDS", "1"))


@pytest.mark.parametrize("part", range(PARTS))
def test_every_reader_sees_exactly_the_cells_that_design_3_gives_them(backends: Any, as_user: Any, part: int) -> None:
    @seed(part)
    class Here(Lineage):
        world = staticmethod(lambda: (backends, as_user))

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=WORLDS,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
