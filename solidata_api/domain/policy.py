"""The only judge: who may do what to which document, and read which columns (DESIGN 3). Pure and table-shaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from solidata_api.domain.actors import Actor
from solidata_api.domain.datasets import Column, Dataset, Version
from solidata_api.domain.documents import OPEN_LEVELS, Document, at_least, most_open, strictest
from solidata_api.domain.errors import (
    Conflict,
    EmailUnconfirmed,
    Fault,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
)

#: Action → the weakest grade that may. What editors do is also given by `edit_level`.
GRADE_FOR = {
    "contribute": "contributor",
    "edit": "editor",
    "build": "editor",
    "share": "manager",
    "manage_team": "manager",
    "delete": "owner",
    "transfer": "owner",
}
_EDITORS_DO = ("contribute", "edit", "build")
#: What `can` tells about a document.
ACTIONS = ("edit", "build", "share", "manage_team", "delete")
#: What no API key does, whatever its scope; nor does one manage keys, accounts or loans (`require_log_in`, `may_lend`).
_NO_KEY_DOES = ("share", "manage_team", "transfer")
#: Who keeps the shared vocabularies: tags, licences, standard fields.
CURATORS = ("staff", "admin")
EVERYONE = "everyone"
CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Criterion:
    """The judge's rule for lists: a document is read by whoever holds one of its reader tokens; None: all are."""

    tokens: tuple[str, ...] | None


def grade(actor: Actor, document: Document) -> str | None:
    """The actor's grade in the document's team."""
    return grade_of(actor.user_id, document)


def grade_of(user_id: str | None, document: Document) -> str | None:
    """A person's grade in the document's team."""
    return next((member.grade for member in document.team if member.user_id == user_id), None)


def readers(document: Document) -> tuple[str, ...]:
    """The tokens of those who read a document; kept with it, indexed, and matched by `visible_to`."""
    return _tokens(document, reading_level(document))


def level_readers(document: Document, level: str) -> frozenset[str]:
    """The tokens of those who read what has this level in a document: a column, by its `effective_level`."""
    return frozenset(_tokens(document, level))


def reading_level(document: Document) -> str:
    """The level at which a document is read: its own, or of a dataset that of its most open column."""
    if not isinstance(document, Dataset) or not document.live_columns:
        return document.open_level
    return most_open(effective_level(document, column) for column in document.live_columns)


def effective_level(dataset: Dataset, column: Column) -> str:
    """A column is read at the strictest of its own level, its cap and its dataset's."""
    return strictest((column.open_level, column.cap, dataset.open_level))


def visible_to(actor: Actor) -> Criterion:
    """The criterion by which lists show an actor exactly what `can(actor, "read", …)` grants."""
    if actor.is_admin:
        return Criterion(None)
    if not actor.is_confirmed:
        return Criterion((EVERYONE,))
    return Criterion((EVERYONE, CONFIRMED, user_token(actor)))


def user_token(actor: Actor) -> str:
    return f"user:{actor.user_id}"


def can(actor: Actor, action: str, document: Document) -> bool:
    """Whether the actor may: `read`, or an action of GRADE_FOR, or `read_all` (every column of a dataset)."""
    if action == "read":
        return actor.is_admin or bool(set(readers(document)) & set(visible_to(actor).tokens or ()))
    if action == "read_all":
        return isinstance(document, Dataset) and len(readable_columns(actor, document)) == len(document.columns)
    if not actor.is_confirmed or not _key_may(actor, action) or not can(actor, "read", document):
        return False
    if actor.is_admin or at_least(grade(actor, document), _grade_for(action, document)):
        return True
    return action in _EDITORS_DO and document.edit_level == "commons"


def require(actor: Actor, action: str, document: Document) -> None:
    """Raise Unauthenticated or EmailUnconfirmed (writing), NotFound (hidden), Forbidden (seen, not allowed)."""
    if action not in ("read", "read_all"):
        require_confirmed(actor)
    if not can(actor, "read", document):
        raise hidden(document.id)
    if action != "read" and not can(actor, action, document):
        who = "You" if _key_may(actor, action) else "This API key"
        raise Forbidden(f"{who} may not {action.replace('_', ' ')} this document.")


def require_known(actor: Actor) -> None:
    """Raise unless somebody with an account acts, be it a guest."""
    if not actor.is_known:
        raise Unauthenticated("This needs an account: send `Authorization: Bearer <access token>`.")


def require_confirmed(actor: Actor) -> None:
    """Raise unless somebody with a confirmed e-mail acts. Judged before anything is looked up."""
    require_known(actor)
    if not actor.is_confirmed:
        raise EmailUnconfirmed("Confirm your e-mail address first: we sent you a link.")


def require_log_in(actor: Actor) -> None:
    """Raise unless a person acts who logged in, be it a guest: accounts, keys and passwords are not for API keys."""
    require_known(actor)
    if actor.is_key:
        raise Forbidden("This is not for API keys: log in.")


def require_scope(actor: Actor, method: str) -> None:
    """Raise Forbidden for an API key without the scope that an HTTP method needs: `read` is GET and HEAD."""
    if actor.is_key and not actor.may_write and method not in ("GET", "HEAD", "OPTIONS"):
        raise Forbidden("This API key may only read: GET and HEAD.")


def require_admin(actor: Actor) -> None:
    """Raise unless an admin acts who logged in: no key manages accounts."""
    require_confirmed(actor)
    if not actor.is_admin:
        raise Forbidden("Only admins may do this.")
    require_log_in(actor)


def needs_admin(actor: Actor, action: str, document: Document) -> bool:
    """Whether only being admin lets the actor do this, or shows columns of it: then it goes into the audit log."""
    if not actor.is_admin:
        return False
    plain = replace(actor, role="member")
    if not can(plain, action, document):
        return True
    return isinstance(document, Dataset) and len(readable_columns(plain, document)) < len(document.columns)


def require_curator(actor: Actor) -> None:
    """Raise unless staff or admin acts."""
    require_confirmed(actor)
    if actor.role not in CURATORS:
        raise Forbidden("Only staff may change the shared vocabularies.")


def hidden(identifier: str) -> NotFound:
    """The one answer for what is unknown and for what is hidden."""
    return NotFound(f"There is nothing at {identifier!r} that you may read.")


def readable_columns(actor: Actor, dataset: Dataset) -> tuple[Column, ...]:
    """The columns, gone ones included, that this actor may read."""
    read = {level for level in OPEN_LEVELS if _reads(actor, dataset, level)}
    return tuple(column for column in dataset.columns if effective_level(dataset, column) in read)


def reads_cells(actor: Actor, dataset: Dataset, version: Version | None = None) -> bool:
    """Whether the actor may see cells that a report quotes: who may read every column. A build may also quote columns
    that it dropped or overwrote, lent ones among them: those are for owners and managers, as all that is lent may be.
    So may a run that read other datasets, for the `version` that it made of a source.
    """
    reads_others = any(one.dataset_id != dataset.id for one in version.sources) if version else False
    is_built = dataset.kind == "consolidated" or reads_others
    return can(actor, "read_all", dataset) and (not is_built or is_strong(actor, dataset))


def is_strong(actor: Actor, document: Document) -> bool:
    """Whether the actor is an owner or manager here, or admin: they read what is private, through an API key too."""
    return actor.is_admin or (actor.is_confirmed and at_least(grade(actor, document), "manager"))


def can_actions(actor: Actor, document: Document) -> dict[str, bool]:
    """The `can` that documents carry."""
    return {action: can(actor, action, document) for action in ACTIONS}


def may_grant(actor: Actor, document: Document, wanted: str) -> bool:
    """Whether the actor may give this grade: managers and above may, up to their own; an admin is like an owner."""
    held = "owner" if actor.is_admin else grade(actor, document)
    return can(actor, "manage_team", document) and at_least(held, wanted)


def require_grant(actor: Actor, document: Document, wanted: str) -> None:
    """Raise unless the actor may give, change or take away this grade."""
    require(actor, "manage_team", document)
    if not may_grant(actor, document, wanted):
        sentence = "nobody grants, changes or removes a grade above their own"
        raise Forbidden(f"You are {grade(actor, document)} here, this is about {wanted}: {sentence}.")


def require_team_change(actor: Actor, document: Document, user_id: str, wanted: str | None) -> None:
    """Raise unless the actor may give a person this grade, or None: take them out. Anybody may leave.

    Raises Conflict where the last owner would be gone.
    """
    held = grade_of(user_id, document)
    leaves = wanted is None and held is not None and user_id == actor.user_id and not actor.is_key
    if not leaves:
        require(actor, "manage_team", document)
        for one in filter(None, (held, wanted)):
            require_grant(actor, document, one)
    if held == "owner" and wanted != "owner" and sum(member.grade == "owner" for member in document.team) == 1:
        raise Conflict("The last owner can't leave or be lowered: make somebody else owner first.")


def check_levels(open_level: str, edit_level: str) -> None:
    """Raise Invalid for an `edit_level` of `opendata`, or one wider than the `open_level`."""
    if edit_level == "opendata":
        raise Invalid(
            "The levels do not fit.", [Fault("/edit_level", "opendata is no edit level: anonymous never write")]
        )
    if strictest((open_level, edit_level)) != edit_level:
        sentence = f"{edit_level} is wider than open_level, which is {open_level}"
        raise Invalid("The levels do not fit.", [Fault("/edit_level", sentence)])


def check_column_level(column: Column, open_level: str, pointer: str) -> list[Fault]:
    """Faults of setting a column's level: above its cap, naming column and cap, never the source."""
    if strictest((column.cap, open_level)) == open_level:
        return []
    return [Fault(pointer, f"column {column.key!r} is capped at {column.cap}: {open_level} is more open than that")]


def source_column_cap(dataset: Dataset, column: Column, loan: Any | None) -> str | None:
    """The cap that a source column hands on: its own open level, or under a loan the stricter of its own cap and the
    loan's `up_to` (nobody lends more than was lent to them), or None (not usable)."""
    level = effective_level(dataset, column)
    if level in ("opendata", "commons"):
        return level
    return strictest((loan.up_to, column.cap)) if loan is not None else None


def may_lend(actor: Actor, dataset: Dataset) -> bool:
    """Whether the actor's consent makes a loan: a manager of the source; being admin does not count."""
    return actor.is_confirmed and not actor.is_key and at_least(grade(actor, dataset), "manager")


def default_up_to(actor: Actor, project: Document) -> str:
    """What a loan says when it says nothing: no cap where the lender manages the project too, else collective."""
    return "opendata" if at_least(grade(actor, project), "manager") else "collective"


def cap_of(caps: Sequence[str]) -> str:
    """The cap of a consolidated column: the strictest among the source columns its values come from."""
    return strictest(caps)


def _key_may(actor: Actor, action: str) -> bool:
    return not actor.is_key or (actor.may_write and action not in _NO_KEY_DOES) or action in ("read", "read_all")


def _grade_for(action: str, document: Document) -> str:
    if action in ("edit", "build") and document.edit_level == "private":
        return "manager"
    return GRADE_FOR[action]


def _reads(actor: Actor, dataset: Dataset, level: str) -> bool:
    """Whether the actor reads the columns of a level."""
    if actor.is_admin:
        return True
    return bool(set(_tokens(dataset, level)) & set(visible_to(actor).tokens or ()))


def _tokens(document: Document, level: str) -> tuple[str, ...]:
    if level == "opendata":
        return (EVERYONE,)
    if level == "commons":
        return (CONFIRMED,)
    strong = [member for member in document.team if level == "collective" or at_least(member.grade, "manager")]
    return tuple(f"user:{member.user_id}" for member in strong)
