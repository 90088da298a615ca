"""`/datasets/<id>/rejects`: nothing of a file is lost silently."""

from __future__ import annotations

import io
import json
from typing import Any


def test_every_text_that_no_cell_holds_is_listed_by_row(member: Any, run_jobs: Any) -> None:
    even = "".join(f"{n};x\n" for n in range(2, 1502))
    odd = "".join(f"n{n};x;beyond {n}\n" for n in range(1502, 3002))
    options = json.dumps({"header_row": 1, "types": {"a": "integer"}})
    form = {"file": (io.BytesIO(f"a;b\n{even}{odd}".encode()), "t.csv"), "title": "T", "options": options}
    answer = member.post("/datasets", data=form, content_type="multipart/form-data")
    run_jobs()
    dataset = member.get(f"/jobs/{answer.get_json()['id']}").get_json()["result"]["dataset_id"]
    page = member.get(f"/datasets/{dataset}/rejects?per_page=100&page=30").get_json()
    assert page["total"] == 3000
    told = [(one["row"], one["column"], one["text"]) for one in page["items"]]
    assert told[-2:] == [(3001, "a", "n3001"), (3001, "", "beyond 3001")]


def test_a_table_that_fits_has_no_rejects(member: Any, run_jobs: Any) -> None:
    form = {"file": (io.BytesIO(b"a;b\n1;x\n2;y\n"), "t.csv"), "title": "T"}
    answer = member.post("/datasets", data=form, content_type="multipart/form-data")
    run_jobs()
    dataset = member.get(f"/jobs/{answer.get_json()['id']}").get_json()["result"]["dataset_id"]
    assert member.get(f"/datasets/{dataset}/rejects").get_json()["items"] == []
