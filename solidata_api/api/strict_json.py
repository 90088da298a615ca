"""The one door for JSON bodies: strict syntax, bounded size and depth, then the shape that Swagger shows."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from flask import request
from jsonschema import Draft4Validator, validators

from solidata_api.api.context import backends
from solidata_api.domain.errors import Fault, Invalid, MalformedJson, TooLarge, UnsupportedMediaType

Shape = Mapping[str, Any]
MEDIA_TYPES = ("application/json", "application/merge-patch+json")
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_INT64 = 2**63


def reader(shape: Shape, *, patch: bool = False) -> Callable[[], dict[str, Any]]:
    """A function that reads this request's body once and checks it against the shape.

    With `patch`, null stands for "back to the default" and is let through for every property that is not required.
    """
    read: list[dict[str, Any]] = []

    def body() -> dict[str, Any]:
        if not read:
            read.append(_checked(_json(), shape, patch))
        return dict(read[0])

    return body


def parse(data: bytes) -> Any:
    """Strict JSON (RFC 8259, 7493): no NaN, no duplicate key, no lone surrogate, no number beyond 64 bits."""
    limit = backends().settings.max_json_depth
    depth = _depth(data)
    if depth > limit:
        raise MalformedJson(f"The JSON is nested {depth} deep; the limit is MAX_JSON_DEPTH={limit}.")
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except UnicodeDecodeError as error:
        raise MalformedJson(f"The body is not UTF-8: byte {error.start}.") from None
    except json.JSONDecodeError as error:
        raise MalformedJson(f"{error.msg}: line {error.lineno}, column {error.colno}.") from None
    except ValueError as error:
        raise MalformedJson(str(error)) from None
    if b"\\u" in data and _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise MalformedJson("A text holds half of a surrogate pair.")
    return value


def check(value: Any, shape: Shape, pointer: str = "") -> None:
    """Raise Invalid with a pointer for each place where a value does not have the shape."""
    errors = sorted(_validator(_key(shape)).iter_errors(value), key=lambda error: [str(part) for part in error.path])
    faults = list(dict.fromkeys(fault for error in errors for fault in _faults(error, pointer)))
    if faults:
        raise Invalid("The body does not fit.", faults[:100])


def _json() -> Any:
    limit = backends().settings.max_json_kb * 1024
    if request.mimetype not in MEDIA_TYPES:
        raise UnsupportedMediaType(f"Send {MEDIA_TYPES[0]}, not {request.mimetype or 'nothing'}.")
    if (request.content_length or 0) > limit:
        raise TooLarge(f"The limit for JSON is MAX_JSON_KB={limit // 1024}; this has {request.content_length} bytes.")
    data = request.stream.read(limit + 1)
    if len(data) > limit:
        raise TooLarge(f"The limit for JSON is MAX_JSON_KB={limit // 1024} {limit} bytes; this has more.")
    return parse(data)


def _checked(value: Any, shape: Shape, patch: bool) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid("The body does not fit.", [Fault("", "it is a JSON object")])
    required = shape.get("required", ())
    resets = {name for name, part in value.items() if patch and part is None and name not in required}
    known = shape["properties"]
    shaped = {name: part for name, part in value.items() if name not in resets or name not in known}
    check(shaped, {**shape, "required": []} if patch else shape)
    return value


def _depth(data: bytes) -> int:
    depth = deepest = 0
    for byte in re.finditer(rb"[\[\]{}]", _STRINGS.sub(b"", data)):
        depth += 1 if byte.group() in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"The name {twice[:80]!r} stands twice in one object.")
    bad = next((name for name in value if name.startswith("$") or "\x00" in name), None)
    if bad is not None:
        raise ValueError(f"The name {bad[:80]!r} starts with `$` or holds a NUL.")
    return value


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON.")


def _integer(text: str) -> int:
    if len(text) > 20 or not -_INT64 <= int(text) < _INT64:
        raise ValueError(f"The number {text[:40]} does not fit in 64 bits.")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"The number {text[:40]} does not fit in 64 bits.")
    return number


def _faults(error: Any, pointer: str) -> list[Fault]:
    where = pointer + "".join(f"/{part}" for part in error.absolute_path)
    if error.validator == "additionalProperties":
        known = sorted(error.schema.get("properties", {}))
        unknown = sorted(set(error.instance) - set(known))
        return [Fault(f"{where}/{name}", f"unknown; known are {', '.join(known)}") for name in unknown]
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return [Fault(f"{where}/{name}", "it is missing") for name in missing]
    return [Fault(where, _sentence(error))]


def _sentence(error: Any) -> str:
    seen = json.dumps(error.instance, ensure_ascii=False, default=str)
    seen = seen if len(seen) <= 80 else seen[:80] + "…"
    wanted = error.validator_value
    sentences = {
        "type": f"it is of type {wanted}, not {seen}",
        "enum": f"it is one of {', '.join(map(str, wanted)) if isinstance(wanted, list) else wanted}, not {seen}",
        "maxLength": f"it has at most {wanted} characters, not {len(str(error.instance))}",
        "minLength": f"it has at least {wanted} characters, not {len(str(error.instance))}",
        "maxItems": f"it has at most {wanted} items",
        "pattern": f"it has the form {wanted}, unlike {seen}",
    }
    return sentences.get(error.validator, error.message[:300])


def _key(shape: Shape) -> str:
    return json.dumps(shape, sort_keys=True)


@cache
def _validator(key: str) -> Draft4Validator:
    return _Validator(json.loads(key))


def _or_null(name: str) -> Callable[..., Any]:
    """The check of this name, which lets null pass where the shape says `x-nullable`."""
    checked = Draft4Validator.VALIDATORS[name]

    def check_(validator: Any, wanted: Any, value: Any, shape: Any) -> Any:
        return () if value is None and shape.get("x-nullable") else checked(validator, wanted, value, shape)

    return check_


_Validator: type[Draft4Validator] = validators.extend(  # type: ignore[no-untyped-call]
    Draft4Validator, {name: _or_null(name) for name in ("type", "enum")}
)
