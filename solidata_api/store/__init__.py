"""MongoDB through PyMongo: one collection per noun."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pymongo.database import Database

from solidata_api.domain.datasets import Dataset
from solidata_api.domain.jobs import Draft
from solidata_api.domain.mails import KEPT, Mail
from solidata_api.domain.models import Field, Model
from solidata_api.domain.projects import KeptRecipe, Project
from solidata_api.domain.recipes import Recipe, RecipeVersion
from solidata_api.domain.users import ApiKey, MailLink, Session
from solidata_api.domain.vocabularies import Tag
from solidata_api.store.audit import AuditStore
from solidata_api.store.corrections import CorrectionStore
from solidata_api.store.idempotency import IdempotencyStore
from solidata_api.store.invitations import InvitationStore
from solidata_api.store.jobs import JobStore, LeaseStore
from solidata_api.store.licences import LicenceStore
from solidata_api.store.links import LinkStore
from solidata_api.store.listing import DatasetStore, ListedStore, RecipeUsingStore, TrashStore
from solidata_api.store.mongo import DocumentStore, database_errors
from solidata_api.store.rates import RateStore
from solidata_api.store.users import UserStore
from solidata_api.store.versions import VersionStore

_LISTED = ("readers", "members", "tags")
_ENDS_WITH_ITS_TIME = ("expires_at", {"expireAfterSeconds": 0})


@dataclass(frozen=True)
class Stores:
    """Every collection of one database."""

    users: UserStore
    sessions: DocumentStore[Session]
    api_keys: DocumentStore[ApiKey]
    mail_links: DocumentStore[MailLink]
    outbox: DocumentStore[Mail]
    fields: ListedStore[Field]
    models: ListedStore[Model]
    datasets: DatasetStore
    trash: TrashStore
    drafts: DocumentStore[Draft]
    versions: VersionStore
    projects: RecipeUsingStore[Project]
    recipes: RecipeUsingStore[Recipe]
    recipe_versions: DocumentStore[RecipeVersion]
    project_recipes: DocumentStore[KeptRecipe]
    links: LinkStore
    corrections: CorrectionStore
    invitations: InvitationStore
    licences: LicenceStore
    tags: DocumentStore[Tag]
    jobs: JobStore
    leases: LeaseStore
    audit: AuditStore
    idempotency: IdempotencyStore
    database: Database[dict[str, Any]]

    def ensure_indexes(self) -> None:
        """Create every index; harmless when they exist."""
        for store in vars(self).values():
            if isinstance(store, DocumentStore | RateStore):
                store.ensure_indexes()

    def ping(self) -> None:
        """Raise DatabaseGone unless the database answers."""
        with database_errors():
            self.database.command("ping")


def open_stores(database: Database[dict[str, Any]]) -> Stores:
    """The stores of a database. Connects at first use only."""
    unique: dict[str, Any] = {"unique": True}
    return Stores(
        users=UserStore(database),
        sessions=DocumentStore(database, "sessions", Session, ["user_id", _ENDS_WITH_ITS_TIME]),
        api_keys=DocumentStore(database, "api_keys", ApiKey, ["user_id"]),
        mail_links=DocumentStore(database, "mail_links", MailLink, ["user_id", _ENDS_WITH_ITS_TIME]),
        outbox=DocumentStore(
            database,
            "outbox",
            Mail,
            ["state", "to", "user_id", ("created_at", {"expireAfterSeconds": int(KEPT.total_seconds())})],
        ),
        fields=ListedStore(database, "fields", Field, _LISTED),
        models=ListedStore(database, "models", Model, [*_LISTED, "fields.field_id"]),
        datasets=DatasetStore(
            database, "datasets", Dataset, [*_LISTED, "project_id", "made_from", "to_follow", ("slug", unique)]
        ),
        trash=TrashStore(database, "trash", Dataset, ["owners", "members", "slug"]),
        drafts=DocumentStore(database, "drafts", Draft, ["started_by", _ENDS_WITH_ITS_TIME]),
        versions=VersionStore(database),
        projects=RecipeUsingStore(
            database,
            "projects",
            Project,
            [
                *_LISTED,
                "sources.dataset_id",
                "former_sources.dataset_id",
                "model_id",
                "to_follow",
                "rebuild.state",
                "used_recipes",
            ],
        ),
        recipes=RecipeUsingStore(database, "recipes", Recipe, [*_LISTED, "used_recipes"]),
        recipe_versions=DocumentStore(database, "recipe_versions", RecipeVersion, ["recipe_id"]),
        project_recipes=DocumentStore(database, "project_recipes", KeptRecipe, ["project_id"]),
        links=LinkStore(database),
        corrections=CorrectionStore(database),
        invitations=InvitationStore(database),
        licences=LicenceStore(database, "licences"),
        tags=DocumentStore(database, "tags", Tag),
        jobs=JobStore(database),
        leases=LeaseStore(database),
        audit=AuditStore(database),
        idempotency=IdempotencyStore(database),
        database=database,
    )
