"""HTTP and nothing else: the Api, its namespaces, and what every answer carries."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack

from flask import Blueprint, Flask, Response, g, request
from flask_restx import Api

from solidata_api import logs
from solidata_api.api import (
    access,
    aggregates,  # noqa: F401 (gives the namespace of datasets further routes)
    auth,
    caching,
    catalogue,
    compressing,
    corrections,  # noqa: F401 (gives the namespace of datasets further routes)
    datasets,
    descriptors,  # noqa: F401 (gives the namespace of datasets further routes)
    errors,
    exports,  # noqa: F401 (likewise)
    fields,
    from_source,  # noqa: F401 (likewise)
    guard,
    headers,
    health,
    idempotency,
    identity,
    invitations,
    job_events,  # noqa: F401 (likewise)
    jobs,
    lineage,  # noqa: F401 (likewise)
    links,
    metrics,
    models,
    pages,
    project_recipes,  # noqa: F401 (likewise, that of projects)
    projects,
    recipe_files,  # noqa: F401 (gives the namespace of recipes further routes)
    recipe_runs,  # noqa: F401 (likewise)
    recipes,
    rejects,  # noqa: F401 (likewise)
    reviews,  # noqa: F401 (likewise)
    suggestions,  # noqa: F401 (likewise)
    swagger,
    team_routes,
    users,
    versions,  # noqa: F401 (likewise)
    vocabularies,
)
from solidata_api.api.answers import API
from solidata_api.api.context import backends, request_id, shown_path
from solidata_api.settings import Settings

NAMESPACES = (
    auth.ns, users.ns, fields.ns, models.ns, vocabularies.tags, vocabularies.licences,
    catalogue.ns, datasets.ns, projects.ns, recipes.ns, jobs.ns, invitations.ns, links.ns,
)  # fmt: skip
for _namespace in NAMESPACES:
    if _namespace.name in access.DOCUMENTS:
        team_routes.offer(_namespace)
_log = logging.getLogger(__name__)


class ProblemApi(Api):  # type: ignore[misc]
    """RESTX's Api, answering every error with our problem documents (its own handlers can't return a response)."""

    def handle_error(self, e: Exception) -> Response:
        return errors.to_problem(e)

    def _register_specs(self, app_or_blueprint: Blueprint) -> None:
        # RESTX's own view gives the spec without examples.
        app_or_blueprint.add_url_rule("/swagger.json", "specs", lambda: swagger.spec(self))

    def _should_use_fr_error_handler(self) -> bool:
        # Else RESTX takes 404 and 405 of the whole app from the handler registered there.
        return False


def register(app: Flask, settings: Settings) -> None:
    """Give an app its routes and manners."""
    identity.configure(app, settings)
    errors.register(app)
    blueprint = Blueprint("api", __name__, url_prefix=API)
    api = ProblemApi(
        blueprint,
        version="1",
        title="Solidata",
        description=swagger.DESCRIPTION,
        doc="/docs" if settings.shows_swagger else False,
        authorizations=swagger.AUTHORIZATIONS,
        validate=False,
    )
    for namespace in NAMESPACES:
        api.add_namespace(namespace)
    app.register_blueprint(blueprint)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(pages.blueprint)
    caching.register(app, settings.answer_cache_mb)
    headers.allow_origins(app, settings)
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_forget)


def _begin() -> Response | None:
    g.began = time.perf_counter()
    g.logged = ExitStack()
    g.logged.enter_context(logs.bind(request_id=request_id()))
    return guard.judge()


def _forget(_: BaseException | None) -> None:
    if "logged" in g:
        g.logged.close()


def _end(answer: Response) -> Response:
    idempotency.end(answer)
    headers.complete(answer, backends().settings)
    compressing.compress(answer)
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    route = request.url_rule.rule if request.url_rule else "none"
    metrics.observe(route, request.method, answer.status_code, seconds)
    # The path without its query: that may hold what people look for, or a token.
    _log.log(
        # Probes ask every second, and say nothing by it.
        logging.DEBUG if request.path.startswith("/health/") else logging.INFO,
        "%s %s %s",
        request.method,
        shown_path(),
        answer.status_code,
        extra={"duration_ms": round(seconds * 1000, 1)},
    )
    return answer
