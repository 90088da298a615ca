"""MongoDB through PyMongo: one collection per noun."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pymongo.database import Database

from solidata_api.domain.datasets import Dataset, Version
from solidata_api.domain.models import Field, Model
from solidata_api.domain.projects import Project
from solidata_api.domain.users import MailLink, Session, User
from solidata_api.domain.vocabularies import Licence, Tag
from solidata_api.store.audit import AuditStore
from solidata_api.store.jobs import JobStore, LeaseStore
from solidata_api.store.listing import DatasetStore, ListedStore
from solidata_api.store.mongo import DocumentStore, database_errors

_LISTED = ("readers", "members", "tags")
_ENDS_WITH_ITS_TIME = ("expires_at", {"expireAfterSeconds": 0})


@dataclass(frozen=True)
class Stores:
    """Every collection of one database."""

    users: DocumentStore[User]
    sessions: DocumentStore[Session]
    mail_links: DocumentStore[MailLink]
    fields: ListedStore[Field]
    models: ListedStore[Model]
    datasets: DatasetStore
    versions: DocumentStore[Version]
    projects: ListedStore[Project]
    licences: DocumentStore[Licence]
    tags: DocumentStore[Tag]
    jobs: JobStore
    leases: LeaseStore
    audit: AuditStore
    database: Database[dict[str, Any]]

    def ensure_indexes(self) -> None:
        """Create every index; harmless when they exist."""
        for store in vars(self).values():
            if isinstance(store, DocumentStore):
                store.ensure_indexes()

    def ping(self) -> None:
        """Raise DatabaseGone unless the database answers."""
        with database_errors():
            self.database.command("ping")


def open_stores(database: Database[dict[str, Any]]) -> Stores:
    """The stores of a database. Connects at first use only."""
    unique: dict[str, Any] = {"unique": True}
    return Stores(
        users=DocumentStore(database, "users", User, [("email", unique)]),
        sessions=DocumentStore(database, "sessions", Session, ["user_id", _ENDS_WITH_ITS_TIME]),
        mail_links=DocumentStore(database, "mail_links", MailLink, ["user_id", _ENDS_WITH_ITS_TIME]),
        fields=ListedStore(database, "fields", Field, _LISTED),
        models=ListedStore(database, "models", Model, [*_LISTED, "fields.field_id"]),
        datasets=DatasetStore(
            database, "datasets", Dataset, [*_LISTED, "project_id", "made_from", "to_follow", ("slug", unique)]
        ),
        versions=DocumentStore(database, "versions", Version, ["dataset_id", "job_id"]),
        projects=ListedStore(
            database,
            "projects",
            Project,
            [*_LISTED, "sources.dataset_id", "former_sources.dataset_id", "model_id", "to_follow"],
        ),
        licences=DocumentStore(database, "licences", Licence),
        tags=DocumentStore(database, "tags", Tag),
        jobs=JobStore(database),
        leases=LeaseStore(database),
        audit=AuditStore(database),
        database=database,
    )
