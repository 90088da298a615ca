"""Accounts: changed over the revision that their writer saw, and listed by what people know of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pymongo.database import Database

from solidata_api.domain.errors import Conflict
from solidata_api.domain.folding import fold_text
from solidata_api.domain.users import User
from solidata_api.store.mongo import DocumentStore, Page, Selection, listing_errors

_TRIES = 5
_LIGHT = {"name": 1, "surname": 1, "email": 1, "role": 1, "created_at": 1}


class UserStore(DocumentStore[User]):
    """One account per address."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        super().__init__(database, "users", User, [("email", {"unique": True}), "disabled", "role"])

    def amend(self, identifier: str, change: Callable[[User], User]) -> User:
        """Store what `change` makes of the account as it is now; what `change` raises is passed on."""
        for _ in range(_TRIES):
            user = self.get(identifier)
            changed = change(user)
            if changed == user:
                return user
            try:
                return self.replace(changed, user.rev)
            except Conflict:
                continue
        raise Conflict("This account is changed all the time: try again.")

    def active_admins(self) -> list[User]:
        """Those who can manage the instance."""
        return [user for user in self.all_by(role="admin") if user.is_active]

    def list_(self, selection: Selection, *, with_email: bool, hide_guests: bool) -> Page[User]:
        """One page by name; words are looked for in the names, and in the address only for who may see it."""
        criteria = {**dict(selection.equals), "deleted_at": None}
        with listing_errors(self.collection.database):
            entries = list(self.collection.find(criteria, _LIGHT))
        words = fold_text(selection.q).split()
        kept = [
            entry
            for entry in entries
            if not (hide_guests and entry["role"] == "guest")
            and all(word in _text(entry, with_email=with_email) for word in words)
        ]
        kept.sort(key=lambda entry: (fold_text(entry["surname"]), fold_text(entry["name"]), entry["_id"]))
        start = (selection.page - 1) * selection.per_page
        page = self.get_many(entry["_id"] for entry in kept[start : start + selection.per_page])
        return Page(tuple(page), len(kept), selection.page, selection.per_page)


def _text(entry: dict[str, Any], *, with_email: bool) -> str:
    return fold_text(" ".join([entry["name"], entry["surname"], *([entry["email"]] if with_email else [])]))
