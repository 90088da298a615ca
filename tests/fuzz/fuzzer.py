"""Schemathesis over our spec, as one actor: requests made from what swagger.json declares, right and wrong ones."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from solidata_api.api.errors import PROBLEMS
from tests.worlds import World

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
#: Ids that are none, beside those of the world: unknown, hostile, and of another kind.
HOSTILE = ("0" * 24, "$ne", "a\x00b", "..", "💥", "x" * 300)
#: Requests of each kind, right and wrong, in a round.
EXAMPLES = 2
_PHASES = (Phase.explicit, Phase.generate)


@schemathesis.deserializer("text/event-stream")
def _events_as_text(_context: Any, answer: Any) -> str:
    """Events as their text: schemathesis makes a list of them, which Swagger 2.0 has no words to declare."""
    return str(answer.content.decode())


@dataclass
class Findings:
    """What was asked, how it was answered, and what was wrong with it."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    untried: list[str] = field(default_factory=list)

    @property
    def asked(self) -> int:
        return sum(self.statuses.values())


def fuzz(
    app: Flask, world: World, actor: str, *, rounds: int, number: int, until: float, run_jobs: Callable[[], Any]
) -> Findings:
    """Ask every operation as this actor, in right and in wrong ways; the world is put back after each one that writes.

    A round asks each operation a few times. Nothing is begun after `until`, but the first of several rounds is asked
    whole; what a single one did not come to is told as untried.
    """
    found = Findings()
    spec = with_ids(app.test_client().get("/api/v1/swagger.json").get_json(), world)
    # What it asks with says that it reads gzip, which it does not.
    headers = {**world.callers[actor].headers, "Accept-Encoding": "identity"}
    every = operations(spec, app)
    for n in range(rounds):
        for operation in every:
            if time.monotonic() > until and (n or rounds == 1):
                found.untried += [] if n else [operation.label]
                continue
            for mode in GenerationMode:
                _ask(operation, mode, found, headers, number + n)
            if operation.method.upper() != "GET":
                found.faults += [f"{operation.label}: its job ended with {job.error}" for job in _crashed(run_jobs())]
                world.put_back()
    return found


def operations(spec: dict[str, Any], app: Flask) -> list[Any]:
    """Every operation, reads first."""
    schema = schemathesis.openapi.from_dict(spec)
    schema.app = app
    found = [result.ok() for result in schema.get_all_operations()]
    return sorted(found, key=lambda one: (one.method.upper() != "GET", one.path, one.method))


def with_ids(spec: dict[str, Any], world: World) -> dict[str, Any]:
    """The spec, with the ids of the world and some that are none as what paths may hold."""
    spec = deepcopy(spec)
    for path, part in spec["paths"].items():
        for holder in (part, *(one for one in part.values() if isinstance(one, dict))):
            for parameter in holder.get("parameters", []):
                if parameter.get("in") == "path":
                    own = _own_id(world, path, parameter["name"])
                    # Mostly the right one, since the wrong ones come no further than the first look.
                    parameter["enum"] = list(dict.fromkeys([own or "none", world.source_id, *HOSTILE]))
                    parameter.pop("default", None)
    return spec


def _own_id(world: World, path: str, name: str) -> str | None:
    """The id in the world that a path's parameter stands for."""
    kind = path.split("/")[1].rstrip("s")
    names = {
        "token": f"{kind}_token",
        "invitation_id": f"{'source' if kind == 'dataset' else kind}_invitation_id",
    }
    return world.source_id if "/sources/" in path else world.ids.get(names.get(name, name))


def _ask(operation: Any, mode: GenerationMode, found: Findings, headers: dict[str, str], number: int) -> None:
    @seed(number)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=_PHASES, verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        answer = case.call(headers=headers)
        found.statuses[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            found.faults += [_told(case, answer, failure) for failure in group.exceptions]
        found.faults += [_told(case, answer, fault) for fault in problem_faults(answer)]

    try:
        ask()
    except Unsatisfiable:
        # Nothing can be said wrongly where nothing is asked; what is right can always be made.
        if mode is GenerationMode.POSITIVE:
            found.untried.append(f"{operation.label}: no right request can be made")
    except schemathesis.errors.SchemathesisError as error:
        found.untried.append(f"{operation.label} {mode.name}: {error}")


def problem_faults(answer: Any) -> list[str]:
    """What is wrong with an answer that is an error, held against RFC 9457 and our list of problem types."""
    if answer.status_code < 400:
        return []
    media_type = answer.headers.get("content-type", [""])[0]
    if media_type != "application/problem+json":
        return [f"an error of type {media_type!r}"]
    body = answer.json()
    kind = str(body.get("type", "")).removeprefix("/problems/")
    if PROBLEMS.get(kind, (0, ""))[0] != answer.status_code or body.get("status") != answer.status_code:
        return [f"type {body.get('type')!r} with status {answer.status_code}"]
    missing = {"title", "detail", "request_id"} - body.keys()
    return [f"a problem without {sorted(missing)}"] if missing else []


def _told(case: Any, answer: Any, failure: Any) -> str:
    body = answer.content[:500].decode(errors="replace")
    asked = f"{case.method} {case.formatted_path} {case.query!r} {str(case.body)[:500]}"
    return f"{asked} → {answer.status_code} {body}: {failure}"


def _crashed(jobs: Any) -> list[Any]:
    return [job for job in jobs if job.error is not None and job.error.kind == "internal"]
