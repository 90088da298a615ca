"""Who may ask what: one row an operation. The door judges by it, Swagger tells it, `docs/access.md` is written from it,
and the access matrix in the tests is made of it.

The door answers 401 and 403 before anything is looked up; what needs a document is judged again by the service.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from solidata_api.domain import policy
from solidata_api.domain.actors import Actor

#: right → who has it, in a sentence, and what the door asks before anything is looked up.
RIGHTS: dict[str, tuple[str, Callable[[Actor], None]]] = {
    "open": ("everybody, without a token", lambda _: None),
    "secret": ("whoever holds the secret in the path or body", lambda _: None),
    "account": ("whoever is logged in, guests too, about their own account", policy.require_known),
    "confirmed": ("whoever has confirmed their address", policy.require_confirmed),
    "curator": ("staff and admins", policy.require_curator),
    "admin": ("admins", policy.require_admin),
    "read": ("who reads the document: by its `open_level`", lambda _: None),
    "use": ("whoever has confirmed their address and reads the document", policy.require_confirmed),
    "own": ("whoever started the job, and editors of its document", policy.require_confirmed),
    "leave": ("whoever is in the team may leave; managers and above may take out others", policy.require_confirmed),
    "contribute": ("contributors and above", policy.require_confirmed),
    "edit": ("editors and above, or as `edit_level` says", policy.require_confirmed),
    "build": ("editors and above, or as `edit_level` says", policy.require_confirmed),
    "share": ("managers and above", policy.require_confirmed),
    "manage_team": ("managers and above", policy.require_confirmed),
    "delete": ("owners", policy.require_confirmed),
}


@dataclass(frozen=True)
class Operation:
    """One operation: its path as Flask writes it, the right it needs, and whether an API key may ask for it at all."""

    method: str
    path: str
    right: str
    keys: bool = True
    #: Whether it makes something new, and so honours `Idempotency-Key`.
    creates: bool = False

    def judge(self, actor: Actor) -> None:
        """Raise what can be said before anything is looked up."""
        RIGHTS[self.right][1](actor)
        if not self.keys and actor.is_key:
            policy.require_log_in(actor)
        policy.require_scope(actor, self.method)

    @property
    def sentence(self) -> str:
        """Who may, for people."""
        return RIGHTS[self.right][0] + ("" if self.keys else "; no API key")


def _path(text: str) -> str:
    """`/users/<id>` → `/users/<string:id>`."""
    return text.replace("<", "<string:")


def _rows(text: str) -> list[Operation]:
    """One operation a line: method, path, right; `no-key`: no API key may; `creates`: something new is made."""
    rows = [line.split() for line in text.strip().splitlines()]
    return [
        Operation(row[0], _path(row[1]), row[2], keys="no-key" not in row, creates="creates" in row) for row in rows
    ]


_OPERATIONS = """
POST   /auth/register                          open
POST   /auth/confirm                           secret
POST   /auth/confirm/resend                    open
POST   /auth/login                             open
POST   /auth/anonymous                         open
POST   /auth/refresh                           secret
POST   /auth/logout                            account      no-key
POST   /auth/password/forgot                   open
POST   /auth/password/reset                    secret
POST   /auth/password/change                   account      no-key
POST   /auth/email/change                      account      no-key
POST   /auth/email/confirm                     secret
GET    /auth/me                                account
GET    /users                                  confirmed
GET    /users/me                               account
PATCH  /users/me                               account
DELETE /users/me                               account      no-key
GET    /users/me/sessions                      account      no-key
DELETE /users/me/sessions/<session_id>         account      no-key
GET    /users/me/keys                          confirmed    no-key
POST   /users/me/keys                          confirmed    no-key creates
DELETE /users/me/keys/<key_id>                 confirmed    no-key
GET    /users/<user_id>                        confirmed
PATCH  /users/<user_id>                        admin        no-key
POST   /users/<user_id>/handover               admin        no-key
GET    /invitations                            confirmed
POST   /invitations/<token>/accept             account      no-key
POST   /invitations/<token>/decline            secret
GET    /fields                                 open
POST   /fields                                 confirmed creates
GET    /fields/<field_id>                      read
PATCH  /fields/<field_id>                      edit
DELETE /fields/<field_id>                      delete
GET    /models                                 open
POST   /models                                 confirmed creates
POST   /models/from-dataset/<dataset_id>       confirmed creates
GET    /models/<model_id>                      read
PATCH  /models/<model_id>                      edit
DELETE /models/<model_id>                      delete
GET    /models/<model_id>/table-schema         read
PUT    /models/<model_id>/table-schema         edit
GET    /tags                                   open
POST   /tags                                   curator creates
GET    /tags/<tag_id>                          open
PATCH  /tags/<tag_id>                          curator
DELETE /tags/<tag_id>                          curator
GET    /licences                               open
POST   /licences                               curator creates
GET    /licences/<licence_id>                  open
PATCH  /licences/<licence_id>                  curator
DELETE /licences/<licence_id>                  curator
GET    /catalog                                open
GET    /catalog.ttl                            open
GET    /catalog.jsonld                         open
GET    /datasets                               open
POST   /datasets                               confirmed creates
POST   /datasets/from-source                   confirmed creates
GET    /datasets/<dataset_id>                  read
PATCH  /datasets/<dataset_id>                  edit
DELETE /datasets/<dataset_id>                  delete
POST   /datasets/<dataset_id>/undelete         delete
GET    /datasets/<dataset_id>/versions         read
GET    /datasets/<dataset_id>/versions/<n>     read
DELETE /datasets/<dataset_id>/versions/<n>     share        no-key
POST   /datasets/<dataset_id>/versions/<n>/restore    edit creates
POST   /datasets/<dataset_id>/reload           contribute creates
GET    /datasets/<dataset_id>/diff             read
GET    /datasets/<dataset_id>/report           read
GET    /datasets/<dataset_id>/original         read
GET    /datasets/<dataset_id>/rejects          read
GET    /datasets/<dataset_id>/rejects.csv      read
GET    /datasets/<dataset_id>/corrections      read
POST   /datasets/<dataset_id>/corrections      contribute creates
POST   /datasets/<dataset_id>/corrections/file contribute
DELETE /datasets/<dataset_id>/corrections/<correction_id>    contribute
GET    /datasets/<dataset_id>/rows             read
GET    /datasets/<dataset_id>/rows/<row_id>    read
GET    /datasets/<dataset_id>/rows/<row_id>/origin    read
GET    /datasets/<dataset_id>/rows/<row_id>/why    read
GET    /datasets/<dataset_id>/aggregate        read
GET    /datasets/<dataset_id>/values/<column>  read
GET    /datasets/<dataset_id>/profile          read
GET    /datasets/<dataset_id>/schema           read
GET    /datasets/<dataset_id>/schema.csv       read
GET    /datasets/<dataset_id>/openapi.json     read
GET    /datasets/<dataset_id>/datapackage.json read
GET    /datasets/<dataset_id>/jsonld           read
GET    /datasets/<dataset_id>/dcat.jsonld      read
GET    /datasets/<dataset_id>/dcat.ttl         read
GET    /datasets/<dataset_id>/changes.atom     read
GET    /datasets/<dataset_id>/lineage          read
GET    /datasets/<dataset_id>/export.<format>  read
GET    /datasets/<dataset_id>/links            share        no-key
POST   /datasets/<dataset_id>/links            share        no-key creates
DELETE /datasets/<dataset_id>/links/<link_id>  share        no-key
GET    /datasets/<dataset_id>/loans            share        no-key
DELETE /datasets/<dataset_id>/loans/<project_id>      share no-key
GET    /links/<token>/rows                     secret
GET    /links/<token>/schema                   secret
GET    /links/<token>/export.<format>          secret
GET    /projects                               open
POST   /projects                               confirmed creates
GET    /projects/<project_id>                  read
PATCH  /projects/<project_id>                  edit
DELETE /projects/<project_id>                  delete
PUT    /projects/<project_id>/model            edit
PUT    /projects/<project_id>/sources/<dataset_id>    edit
DELETE /projects/<project_id>/sources/<dataset_id>    edit
POST   /projects/<project_id>/mapping/suggest  edit
PUT    /projects/<project_id>/recipe           edit
GET    /projects/<project_id>/recipe/versions  read
GET    /projects/<project_id>/recipe/diff      read
POST   /projects/<project_id>/recipe/undo      edit
POST   /projects/<project_id>/recipe/redo      edit
PATCH  /projects/<project_id>/recipe/steps/<n> edit
POST   /projects/<project_id>/recipe/suggest   edit
GET    /projects/<project_id>/check            read
POST   /projects/<project_id>/preview          build
GET    /projects/<project_id>/builds           read
POST   /projects/<project_id>/builds           build creates
GET    /projects/<project_id>/reviews          read
POST   /projects/<project_id>/reviews/decisions    edit
GET    /recipes/steps                          open
POST   /recipes/suggest                        confirmed
POST   /recipes/check                          confirmed
GET    /recipes                                open
POST   /recipes                                confirmed creates
GET    /recipes/<recipe_id>                    read
PATCH  /recipes/<recipe_id>                    edit
DELETE /recipes/<recipe_id>                    delete
POST   /recipes/import                         confirmed creates
POST   /recipes/<recipe_id>/copy               confirmed creates
GET    /recipes/<recipe_id>/export.json        read
GET    /recipes/<recipe_id>/versions           read
GET    /recipes/<recipe_id>/diff               read
GET    /recipes/<recipe_id>/uses               read
GET    /recipes/<recipe_id>/versions/<n>       read
POST   /recipes/<recipe_id>/versions/<n>/restore      edit creates
POST   /recipes/<recipe_id>/preview            use
GET    /recipes/<recipe_id>/runs               use
POST   /recipes/<recipe_id>/runs               use creates
GET    /recipes/<recipe_id>/reviews            use
POST   /recipes/<recipe_id>/reviews/decisions  edit
GET    /jobs                                   confirmed
GET    /jobs/<job_id>                          own
GET    /jobs/<job_id>/events                   own
DELETE /jobs/<job_id>                          own
POST   /jobs/<job_id>/retry                    own creates
"""
#: What every kind of document with a team offers; `KIND` stands for its path and the name of its id.
_OF_EVERY_DOCUMENT = """
PUT    KIND/team/<user_id>               manage_team  no-key
DELETE KIND/team/<user_id>               leave        no-key
GET    KIND/invitations                  manage_team  no-key
POST   KIND/invitations                  manage_team  no-key creates
DELETE KIND/invitations/<invitation_id>  manage_team  no-key
POST   KIND/transfer                     delete       no-key
GET    KIND/access                       read
"""
DOCUMENTS = {
    "fields": "field_id",
    "models": "model_id",
    "recipes": "recipe_id",
    "datasets": "dataset_id",
    "projects": "project_id",
}

OPERATIONS: dict[tuple[str, str], Operation] = {
    (one.method, one.path): one
    for text in (
        _OPERATIONS,
        *(_OF_EVERY_DOCUMENT.replace("KIND", f"/{kind}/<{name}>") for kind, name in DOCUMENTS.items()),
    )
    for one in _rows(text)
}


def operation(method: str, path: str) -> Operation | None:
    """The operation of a route below `/api/v1`; HEAD is asked as GET."""
    return OPERATIONS.get(("GET" if method == "HEAD" else method, path))
