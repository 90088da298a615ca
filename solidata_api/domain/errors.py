"""Everything that can go wrong, as kinds. A kind knows no HTTP status: `api/errors.py` has that table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing wrong at one place: `pointer` is a JSON pointer (RFC 6901), a parameter or a column."""

    pointer: str
    message: str


class SolidataError(Exception):
    """The root of our kinds: what happened in a sentence, and each fault with its place."""

    kind = "internal"

    def __init__(self, detail: str, faults: Iterable[Fault] = (), *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[object, ...]:
        # Errors travel from Dask workers by pickle, which would otherwise forget all but the detail.
        return _rebuild, (type(self), self.detail, self.faults, self.retry_after)


def _rebuild(kind: type[SolidataError], detail: str, faults: tuple[Fault, ...], retry: int | None) -> SolidataError:
    return kind(detail, faults, retry_after=retry)


class MalformedJson(SolidataError):
    kind = "malformed-json"


class RangeNotSatisfiable(SolidataError):
    """A range of bytes that a file does not have (RFC 9110, 15.5.17)."""

    kind = "range-not-satisfiable"


class UnsupportedMediaType(SolidataError):
    kind = "unsupported-media-type"


class TooLarge(SolidataError):
    kind = "too-large"


class Invalid(SolidataError):
    """A value that does not fit: the caller can mend it."""

    kind = "invalid"


class Unauthenticated(SolidataError):
    kind = "unauthenticated"


class EmailUnconfirmed(SolidataError):
    kind = "email-unconfirmed"


class Forbidden(SolidataError):
    kind = "forbidden"


class NotFound(SolidataError):
    """Unknown or hidden: the same answer for both."""

    kind = "not-found"


class Gone(SolidataError):
    """It was there, and is kept no longer."""

    kind = "gone"


class Conflict(SolidataError):
    kind = "conflict"


class TooManyRequests(SolidataError):
    """A rate limit is reached; `retry_after` says when to ask again."""

    kind = "too-many-requests"


class PreconditionFailed(SolidataError):
    kind = "precondition-failed"


class Unavailable(SolidataError):
    kind = "unavailable"


class EmptyFile(SolidataError):
    kind = "empty-file"


class NotATable(SolidataError):
    """The bytes were understood, and hold no table."""

    kind = "not-a-table"


class UnknownFormat(SolidataError):
    kind = "unknown-format"


class WrongOption(SolidataError):
    """A reading option that does not fit the file, such as a sheet that it does not have."""

    kind = "wrong-option"


class RecipeMisfit(SolidataError):
    """A recipe that does not fit its columns; the fault's pointer names step and parameter."""

    kind = "recipe-misfit"


class StepFailed(SolidataError):
    """A step stopped the run: `on_error: fail`, a blown fuse (`max_rejects`) or a `stop` rule."""

    kind = "step-failed"


class NotBuildable(SolidataError):
    kind = "not-buildable"


class SourceUnusable(SolidataError):
    """A source column is neither open nor lent any more (DESIGN 3); names the project's entry only."""

    kind = "source-unusable"


class FetchFailed(SolidataError):
    """What was to be fetched could not be; names the host, never the whole address. `status` is the server's."""

    kind = "fetch-failed"

    def __init__(
        self,
        detail: str,
        faults: Iterable[Fault] = (),
        *,
        retry_after: int | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(detail, faults, retry_after=retry_after)
        self.status = status


class Killed(SolidataError):
    kind = "killed"


class TimeLimit(SolidataError):
    kind = "time-limit"


class Cancelled(SolidataError):
    kind = "cancelled"


def kind_named(kind: str, detail: str, errors: Iterable[dict[str, str]] = ()) -> SolidataError:
    """The error of a kind's name, as job documents keep it; of an unknown name: the root."""
    found = {one.kind: one for one in SolidataError.__subclasses__()}.get(kind, SolidataError)
    return found(detail, [Fault(**one) for one in errors])
