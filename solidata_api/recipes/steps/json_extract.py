"""`json_extract`: what lies in JSON, in columns of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from solidata_api.domain.errors import Fault
from solidata_api.domain.models import BoundField
from solidata_api.recipes.base import Misfit, Schema, Step, StepResult, Table, Tools
from solidata_api.recipes.jmespaths import LONGEST, dumped, encodable, found_in, path_fault, read_json
from solidata_api.recipes.new_columns import made
from solidata_api.recipes.parameters import KEY, NEW_KEY, TEXT, Kind, Wrong, choice, map_of, optional, param
from solidata_api.recipes.readers import READERS

_HOLDING_JSON = ("object", "array", "geojson", "string", "any")
_JSON_TYPES = ("object", "array", "geojson")


def _read_path(value: Any) -> str:
    path: str = TEXT.read(value)
    fault = path_fault(path)
    if fault:
        raise Wrong(fault)
    return path


_PATH = Kind({"type": "string", "format": "jmespath", "maxLength": LONGEST}, _read_path)


@dataclass(frozen=True, kw_only=True)
class JsonExtract(Step):
    """Find values in a column of JSON by JMESPath, and write each to a column of its own.

    `into` says the path of each new column: `properties.name`, `tags[0]`, `length(items)`. Columns are text, in
    canonical text (a number as `12.5`, a list of plain values joined with `|`, an object as JSON), or have the type
    that `types` says. What is null, empty or not there is blank. A text that is not JSON, a function that does not fit
    its value, and a value that does not read as its type are rejects: all these columns are then blank in that row.
    Numbers with decimals are doubles; whole ones keep all digits. The column itself stays, unless `into` names it;
    `on_error: keep` then leaves it a text that is rejected.
    """

    op: ClassVar = "json_extract"
    group: ClassVar = "columns"
    example: ClassVar = {
        "op": "json_extract",
        "column": "properties",
        "into": {"name": "nom", "first_tag": "tags[0]", "floors": "building.floors"},
        "types": {"floors": "integer"},
    }

    column: str = param(KEY, "the column of JSON: of type object, array or geojson, or text", example="properties")
    into: dict[str, str] = param(
        map_of(NEW_KEY, _PATH), "the JMESPath of each new column", example={"name": "nom", "first_tag": "tags[0]"}
    )
    types: dict[str, str] | None = param(
        optional(map_of(KEY, choice("string", *READERS), least=0)), "the types of new columns; unsaid: `string`",
        default=None, example={"floors": "integer"},
    )  # fmt: skip

    def faults(self) -> Iterator[Fault]:
        for key, kind in (self.types or {}).items():
            if key not in self.into:
                yield Fault(f"types/{key}", f"into has no column {key!r}")
            elif key == self.column and kind != "string" and self.on_error == "keep":
                yield Fault(f"types/{key}", "with on_error keep it also holds what does not read, so it is string")

    def schema_after(self, schema: Schema) -> Schema:
        schema.require("column", [self.column])
        kind = schema[self.column].type
        if kind not in _HOLDING_JSON:
            sentence = f"column {self.column!r} is {kind}; JSON is in columns of type {', '.join(_HOLDING_JSON)}"
            raise Misfit("column", sentence)
        return made(schema, "into", {key: self._type(key) for key in self.into}, [self.column])

    def refusing(self, schema: Schema, fields: Iterable[BoundField] = ()) -> Collection[str]:
        return [self.column]

    def apply(self, table: Table, tools: Tools) -> StepResult:
        from solidata_api.recipes.rows import cells
        from solidata_api.recipes.rows.making import parted

        # Canonical text of a list would be no JSON any more.
        texts = cells.values(table.frame, self.column)
        return parted(self, table, self.column, texts, list(self.into), self.values)

    def values(self, text: str) -> list[Any]:
        """What the paths find in one text, each in its column's type; raises ValueError where one does not fit."""
        value = read_json(text)
        return [self._found(key, value, len(text)) for key in self.into]

    def _found(self, key: str, value: Any, size: int) -> Any:
        try:
            found = found_in(value, self.into[key], size)
            written = dumped(found) if self._type(key) in _JSON_TYPES else _canonical(found)
            blank = found in (None, "") or written == ""
            return None if blank else READERS.get(self._type(key), encodable)(written)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from None

    def _type(self, key: str) -> str:
        return (self.types or {}).get(key, "string")


def _canonical(value: Any) -> str:
    from solidata_api.frames.canonical import json_text, plain_text

    return json_text(dumped(value)) if isinstance(value, list | dict) else plain_text(_known(value))


def _known(value: Any) -> Any:
    """A plain value. Raises ValueError for what is none in JSON, such as a function or an endless number."""
    dumped(value)
    return value
