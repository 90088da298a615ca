"""Multipart uploads: the file streams to disk, the fields beside it are checked like a JSON body."""

from __future__ import annotations

import tempfile
from typing import IO, Any, cast

from flask import Request, current_app, request
from werkzeug.datastructures import FileStorage

from solidata_api.api.context import backends
from solidata_api.api.schemas import EDIT_LEVEL, LICENCE, OPEN_LEVEL, TAGS, Shape, text, thing
from solidata_api.api.strict_json import check, parse
from solidata_api.domain.errors import Fault, Invalid, MalformedJson, UnsupportedMediaType
from solidata_api.domain.filenames import plain_name
from solidata_api.services.imports import Upload
from solidata_api.services.reloads import Reloading

FIELDS = thing(
    {
        "title": text(shortest=1),
        "description": text(longest=10_000),
        "licence": LICENCE,
        "tags": TAGS,
        "open_level": OPEN_LEVEL,
        "edit_level": EDIT_LEVEL,
    }
)


class StreamingRequest(Request):
    """Keeps uploads in files of DATA_DIR while they arrive, never in memory."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        folder = current_app.extensions["solidata"].settings.data_dir / "incoming"
        folder.mkdir(parents=True, exist_ok=True)
        return cast(IO[bytes], tempfile.TemporaryFile(dir=folder))


RELOAD = thing({"load_mode": text(longest=40), "note": text(longest=1000)})


def receive() -> Upload:
    """The upload of this request; raises Invalid for a missing file, an unknown field, a value that does not fit."""
    file = _file()
    if file is None:
        raise _unfit(Fault("file", "it is missing: send the table's file as the form field `file`"))
    infos, options = _fields(FIELDS)
    return Upload(file.stream, *_about(file), infos, options)


def receive_file() -> Upload:
    """The upload of a request that has a file and nothing else; raises Invalid as `receive` does."""
    file = _file()
    if file is None:
        raise _unfit(Fault("file", "it is missing: send it as the form field `file`"))
    _fields(thing({}), beside=("file",))
    return Upload(file.stream, *_about(file), {}, {})


def receive_reload() -> Reloading:
    """The reload of this request, whose file may be missing; raises Invalid as `receive` does."""
    file = _file() if request.mimetype or request.content_length else None
    fields, options = _fields(RELOAD)
    stream, about = (None, ("", "")) if file is None else (file.stream, _about(file))
    return Reloading(stream, *about, options, **fields)


def _file() -> FileStorage | None:
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType(f"Send multipart/form-data, not {request.mimetype or 'nothing'}.")
    faults = [Fault(name, "unknown file; the only one is `file`") for name in request.files if name != "file"]
    if len(request.files.getlist("file")) > 1:
        faults.append(Fault("file", f"one file at a time, not {len(request.files.getlist('file'))}"))
    if faults:
        raise _unfit(*faults)
    return request.files.get("file")


def _about(file: FileStorage) -> tuple[str, str]:
    return plain_name(file.filename or ""), file.mimetype or "application/octet-stream"


def _fields(shape: Shape, *, beside: tuple[str, ...] = ("file", "options")) -> tuple[dict[str, Any], dict[str, Any]]:
    fields = _infos()
    known = (*beside, *shape["properties"])
    unknown = [Fault(f"/{name}", f"unknown; known are {', '.join(known)}") for name in fields if name not in known]
    if unknown:
        raise _unfit(*unknown)
    options = fields.pop("options", {})
    check(fields, shape)
    return fields, options


def _unfit(*faults: Fault) -> Invalid:
    return Invalid("The upload does not fit.", faults)


def _infos() -> dict[str, Any]:
    infos: dict[str, Any] = {}
    for name in request.form:
        values = request.form.getlist(name)
        if name != "tags" and len(values) > 1:
            raise Invalid("The upload does not fit.", [Fault(f"/{name}", f"it is given {len(values)} times")])
        infos[name] = values if name == "tags" else values[0]
    if any("\x00" in str(value) for value in infos.values()):
        raise Invalid("The upload does not fit.", [Fault("", "a field holds a NUL character")])
    if "options" in infos:
        infos["options"] = _options(infos["options"])
    return infos


def _options(written: str) -> Any:
    limit = backends().settings.max_json_kb * 1024
    if len(written) > limit:
        raise Invalid(
            "The upload does not fit.", [Fault("/options", f"at most {limit} characters, not {len(written)}")]
        )
    try:
        options = parse(written.encode())
    except MalformedJson as error:
        raise MalformedJson(f"The field `options`: {error.detail}") from None
    if not isinstance(options, dict):
        raise Invalid("The upload does not fit.", [Fault("/options", "it is the text of a JSON object")])
    return options
