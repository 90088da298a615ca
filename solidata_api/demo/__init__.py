"""Loads the demo through the public API: four messy files of French communes become one shared table.

State is kept in DATA_DIR/demo.json, so that a second run only makes what is missing.
"""

from __future__ import annotations

import email
import json
import os
import re
import secrets
import sys
import time
from pathlib import Path
from typing import Any

from solidata_api.demo.client import Client, Refused

SHIPPED = Path(__file__).parent / "territoires"
FILES = {
    "bretagne.csv": "Communes de Bretagne",
    "normandie.tsv": "Communes de Normandie",
    "occitanie.xlsx": "Communes d'Occitanie",
    "corse.json": "Communes de Corse",
    "departements.csv": "Départements",
}
STACKED = tuple(FILES)[:4]
FIELDS: tuple[dict[str, Any], ...] = (
    {
        "name": "code",
        "title": "Code INSEE",
        "type": "string",
        "format": "insee_commune",
        "constraints": {"required": True},
    },
    {"name": "name", "title": "Commune", "type": "string"},
    {"name": "population", "title": "Population", "type": "integer", "constraints": {"minimum": 0}},
    {"name": "postcode", "title": "Code postal", "type": "string"},
    {"name": "siren", "title": "SIREN", "type": "string", "format": "siren"},
)
STEPS: tuple[dict[str, Any], ...] = (
    {"op": "clean", "columns": ["name"]},
    {"op": "to_integer", "columns": ["population"]},
    # Bretagne came first, with 40 communes of Normandie in capitals: the later file spells them better.
    {"op": "dedupe", "keys": ["code"], "keep": {"name": "last"}},
    {"op": "sort", "by": ["code"]},
    {"op": "validate", "rules": [{"model": True, "on_failure": "warn"}]},
)
OPEN = {"open_level": "opendata"}
STAGES = 8 + len(FILES)
#: A job sends the mail: on a busy machine it may take a while.
MAIL_SECONDS = 60


class DemoFailed(Exception):
    """The demo can't be loaded; the message says why."""


def main(base_url: str, data_dir: Path) -> int:
    """Load the demo into the service at this address, whose mails are in `data_dir`; the exit status for the shell."""
    try:
        shared = Demo(base_url.rstrip("/"), data_dir).load()
    except (DemoFailed, Refused, OSError) as error:
        print(f"\nThe demo could not be loaded: {error}", file=sys.stderr)
        return 1
    print(shared)
    return 0


class Demo:
    """One loading: what it makes is noted at once, and made only where it is missing."""

    def __init__(self, base_url: str, data_dir: Path) -> None:
        self.base_url = base_url
        self.data_dir = data_dir
        self.notes = data_dir / "demo.json"
        self.kept: dict[str, Any] = json.loads(self.notes.read_text()) if self.notes.exists() else {}
        self.client = Client(f"{base_url}/api/v1")
        self.done = 0

    def load(self) -> str:
        """Everything, and the sentences that tell where it is."""
        self._account()
        sources = {name: self._once(f"source {name}", lambda name=name: self._imported(name)) for name in FILES}  # type: ignore[misc]
        fields = self._once("fields", self._fields)
        model = self._once(
            "model", lambda: self._made("/models", {"title": "Commune", "fields": fields, "key": ["code"], **OPEN})
        )
        recipe = self._once("recipe", self._recipe)
        project = self._once("project", lambda: self._project(model, recipe, sources))
        dataset = self._once("dataset", lambda: self._built(project))
        shared = self._shared(dataset)
        self._step("done")
        return shared

    def _account(self) -> None:
        """Log in with the account kept from an earlier run, or make one."""
        self._step("account")
        if "email" in self.kept and self._logged_in():
            return
        address, password = f"demo-{secrets.token_hex(4)}@example.org", secrets.token_urlsafe(12)
        self.kept = {"base_url": self.base_url, "email": address, "password": password}
        asked = {
            "email": address,
            "password": password,
            "name": "Demo",
            "surname": "Solidata",
            "lang": "fr",
            "agreement": True,
        }
        self.client.post("/auth/register", asked)
        self.client.post("/auth/confirm", {"token": self._mailed_token(address)})
        self._note()
        if not self._logged_in():
            raise DemoFailed("the account just made can't log in")

    def _logged_in(self) -> bool:
        try:
            self.client.log_in(self.kept["email"], self.kept["password"])
        except Refused as refused:
            if refused.status == 401:
                return False
            raise
        return True

    def _mailed_token(self, address: str) -> str:
        """The token of the newest mail to this address in the outbox of mode dev."""
        until = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < until:
            found = sorted((self.data_dir / "outbox").glob("*.eml"), key=lambda path: -path.stat().st_mtime)
            for path in found[:50]:
                mail = email.message_from_bytes(path.read_bytes())
                token = re.search(r"[?&]token=([\w-]+)", _text(mail)) if mail["To"] == address else None
                if token:
                    return token[1]
            time.sleep(0.1)
        raise DemoFailed(
            f"no mail to {address} in {self.data_dir / 'outbox'} after {MAIL_SECONDS} s:"
            " the service must run in mode dev with this DATA_DIR"
        )

    def _imported(self, name: str) -> str:
        infos = {"title": FILES[name], "licence": "etalab-2.0", "tags": "territoires"}
        job = self.client.upload("/datasets", SHIPPED / name, infos)
        return str(self._result(job)["dataset_id"])

    def _fields(self) -> list[dict[str, str]]:
        return [{"field_id": self._made("/fields", {**field, **OPEN})} for field in FIELDS]

    def _made(self, path: str, body: dict[str, Any]) -> str:
        return str(self.client.post(path, body)["id"])

    def _recipe(self) -> str:
        infos = {"title": "Communes propres", "description": "Nettoyer, typer, dédoublonner.", "licence": "etalab-2.0"}
        return self._made("/recipes", {**infos, **OPEN, "tags": ["territoires"], "steps": list(STEPS)})

    def _project(self, model: str, recipe: str, sources: dict[str, str]) -> str:
        """The project, its sources mapped as the service proposes, and its recipe."""
        infos = {
            "title": "Communes de quatre régions",
            "description": "Quatre fichiers, une table.",
            "licence": "etalab-2.0",
        }
        project = self._made("/projects", {**infos, **OPEN, "tags": ["territoires"]})
        self.client.put(f"/projects/{project}/model", {"model_id": model})
        for name in STACKED:
            self.client.put(f"/projects/{project}/sources/{sources[name]}", {"mapping": {}})
        proposed = self.client.post(f"/projects/{project}/mapping/suggest", None)["proposals"]
        for name in STACKED:
            mapping = {one["column"]: one["field"] for one in proposed if one["dataset_id"] == sources[name]}
            self.client.put(f"/projects/{project}/sources/{sources[name]}", {"mapping": mapping})
        self.client.put(f"/projects/{project}/recipe", {"recipe_id": recipe})
        return project

    def _built(self, project: str) -> str:
        job = self.client.post(f"/projects/{project}/builds", None, headers={"Prefer": "wait=30"})
        return str(self._result(job)["dataset_id"])

    def _shared(self, dataset: str) -> str:
        """Open the table, keep one column private, hold its counts against what the files must give."""
        self._step("sharing")
        shared = self.client.patch(
            f"/datasets/{dataset}", {**OPEN, "columns": [{"key": "siren", "open_level": "private"}]}
        )
        expected = json.loads((SHIPPED / "expected.json").read_text())
        told = self.client.get(f"/datasets/{dataset}/report")
        counts = {
            "stacked_rows": told["steps"][0]["rows_out"],
            "distinct_codes": told["totals"]["rows"],
            "population_of_distinct": told["totals"]["population"],
        }
        wrong = {name: count for name, count in counts.items() if expected[name] != count}
        if wrong:
            raise DemoFailed(f"the table counts {wrong}, and not {expected}")
        lines = [
            f"Shared table: {self.base_url}/api/v1/datasets/{shared['slug']}/rows",
            f"  {counts['stacked_rows']} rows of four files became {counts['distinct_codes']} communes"
            f" with {counts['population_of_distinct']} inhabitants.",
            f"Demo account: {self.kept['email']}  password: {self.kept['password']}",
        ]
        return "\n".join(lines)

    def _once(self, what: str, make: Any) -> Any:
        """What an earlier run made, where it still answers; else made now."""
        self._step(what)
        if what not in self.kept or not self._answers(what, self.kept[what]):
            self.kept[what] = make()
            self._note()
        return self.kept[what]

    def _answers(self, what: str, made: Any) -> bool:
        paths = {
            "fields": "fields",
            "model": "models",
            "recipe": "recipes",
            "project": "projects",
            "dataset": "datasets",
        }
        noun = paths.get(what, "datasets")
        identifiers = [one["field_id"] for one in made] if what == "fields" else [made]
        return all(self.client.exists(f"/{noun}/{identifier}") for identifier in identifiers)

    def _result(self, job: dict[str, Any]) -> dict[str, Any]:
        while job["state"] in ("queued", "running"):
            job = self.client.get(f"/jobs/{job['id']}", headers={"Prefer": "wait=30"})
        if job["state"] != "succeeded":
            raise DemoFailed(f"a job of kind {job['kind']} {job['state']}: {(job['error'] or {}).get('detail', '')}")
        result: dict[str, Any] = job["result"]
        return result

    def _note(self) -> None:
        """Keep what was made; only this account may read it, since the password is in it."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.notes, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(self.kept, file, indent=1)

    def _step(self, what: str) -> None:
        """The progress bar: one line that is written over on a terminal, else a line for each step."""
        self.done += 1
        filled = round(30 * min(self.done / STAGES, 1))
        bar = f"Loading the demo [{'#' * filled}{'.' * (30 - filled)}] {what}"
        on_terminal = sys.stderr.isatty()
        end = "\n" if not on_terminal or what == "done" else ""
        print(f"\r{bar:<75}" if on_terminal else bar, end=end, file=sys.stderr, flush=True)


def _text(mail: email.message.Message) -> str:
    parts = [part.get_payload(decode=True) for part in mail.walk() if part.get_content_type() == "text/plain"]
    return b"".join(part for part in parts if isinstance(part, bytes)).decode()
