"""A small client of the public API, with nothing but the standard library: what the demo needs, and no more."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TIMEOUT_S = 60


class Refused(Exception):
    """The service answered with a problem; the text says what and where."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        faults = "; ".join(f"{one['pointer']}: {one['message']}" for one in problem.get("errors", ()))
        super().__init__(f"{problem.get('title')} ({status}): {problem.get('detail')} {faults}".strip())
        self.status = status


class Client:
    """Calls one API as one account; an access token that has run out is renewed by logging in again."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.account: tuple[str, str] | None = None
        self.token: str | None = None

    def log_in(self, address: str, password: str) -> None:
        """Speak as this account from now on; raises Refused."""
        self.token = None
        answer = self._call("POST", "/auth/login", json.dumps({"email": address, "password": password}).encode(), {})
        self.account, self.token = (address, password), answer["access_token"]

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Any:
        return self._retried("GET", path, None, headers or {})

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Any:
        return self._retried("POST", path, None if body is None else json.dumps(body).encode(), headers or {})

    def put(self, path: str, body: Any) -> Any:
        return self._retried("PUT", path, json.dumps(body).encode(), {})

    def patch(self, path: str, body: Any) -> Any:
        return self._retried("PATCH", path, json.dumps(body).encode(), {})

    def delete(self, path: str) -> Any:
        return self._retried("DELETE", path, None, {})

    def exists(self, path: str) -> bool:
        """Whether something answers there."""
        try:
            self.get(path)
        except Refused as refused:
            if refused.status == 404:
                return False
            raise
        return True

    def upload(self, path: str, file: Path, fields: Mapping[str, str], *, wait: int = 30) -> Any:
        """Send a file with fields beside it as multipart/form-data (RFC 7578); waits a while for the outcome."""
        boundary = secrets.token_hex(16)
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n\r\n'
        body = "".join([*parts, head]).encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Prefer": f"wait={wait}"}
        return self._retried("POST", path, body, headers)

    def _retried(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Any:
        try:
            return self._call(method, path, body, headers)
        except Refused as refused:
            if refused.status != 401 or self.account is None:
                raise
            self.log_in(*self.account)
            return self._call(method, path, body, headers)

    def _call(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Any:
        sent = {"Content-Type": "application/json"} if body is not None else {}
        sent |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = urllib.request.Request(self.base_url + path, body, {**sent, **headers}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise Refused(error.code, _problem(error.read())) from None


def _problem(body: bytes) -> Mapping[str, Any]:
    try:
        problem: Mapping[str, Any] = json.loads(body)
    except ValueError:
        return {"title": "No problem document", "detail": body[:200].decode(errors="replace")}
    return problem
