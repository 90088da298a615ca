"""Stored things for tests, made through the same stores and writers as in production."""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from solidata_api.backends import Backends
from solidata_api.domain.documents import new_id, now
from solidata_api.domain.users import User
from solidata_api.services.passwords import HASHER

PASSWORD = "correct horse battery"


@cache
def password_hash() -> str:
    return HASHER.hash(PASSWORD)


def make_user(backends: Backends, *, role: str = "member", **values: Any) -> User:
    """An account; its password is PASSWORD."""
    moment, name = now(), secrets.token_hex(4)
    start = {"email": f"{name}@example.org", "name": name.title(), "surname": "Test", "password_hash": password_hash()}
    return backends.users.insert(
        User(id=new_id(), role=role, created_at=moment, updated_at=moment, **{**start, **values})
    )


def csv_bytes(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as a plain UTF-8 CSV."""
    headers = list(rows[0])
    lines = [",".join(headers), *(",".join(str(row[name]) for name in headers) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def make_dataset(
    caller: Any, run_jobs: Callable[[], Any], *, rows: Sequence[Mapping[str, Any]], **fields: Any
) -> dict[str, Any]:
    """A dataset imported by a caller through the API; its view as the caller sees it."""
    options = fields.pop("options", None)
    form = {"title": f"Table {secrets.token_hex(3)}", **fields, "file": (io.BytesIO(csv_bytes(rows)), "table.csv")}
    if options is not None:
        form["options"] = json.dumps(options)
    answer = caller.post("/datasets", data=form, content_type="multipart/form-data")
    assert answer.status_code == 202, answer.get_json()
    job = next(job for job in run_jobs() if job.id == answer.get_json()["id"])
    assert job.state == "succeeded", job.error
    found = caller.get(f"/datasets/{job.result['dataset_id']}")
    assert found.status_code == 200, found.get_json()
    return found.get_json()
