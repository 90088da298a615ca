"""`/projects`: sources, model, mapping, recipe and builds."""

from __future__ import annotations

from flask import Response, request
from flask_restx import Namespace, Resource

from solidata_api.api.answers import (
    API,
    document,
    json_answer,
    list_query,
    nothing,
    only_parameters,
    page_answer,
    seen_revisions,
)  # fmt: skip
from solidata_api.api.context import backends
from solidata_api.api.describe import PAGING, answers, asks, parameters
from solidata_api.api.identity import current_actor
from solidata_api.api.job_answers import answers_job, job_answer
from solidata_api.api.schemas import previews as preview_shapes
from solidata_api.api.schemas import projects as shapes
from solidata_api.api.strict_json import reader
from solidata_api.api.teams import names_for
from solidata_api.domain.projects import Project
from solidata_api.services import builds, previews, projects, sources
from solidata_api.services.bodies import Body

ns = Namespace("projects", description="Consolidation: sources, model, mapping, recipe, builds", path="/projects")


@ns.route("")
class Projects(Resource):
    @parameters(ns, **PAGING, open_level="only of this level", licence="under it")
    @answers(ns, "ProjectPage", shapes.PROJECT_PAGE, "a page of projects")
    def get(self) -> Response:
        """List the projects that I may read."""
        actor = current_actor()
        page = projects.list_(backends(), actor, list_query("open_level", "licence"))
        names = names_for(actor, page.items)
        seen = projects.seen(backends(), actor, page.items)
        return page_answer(page, [shapes.project_view(actor, one, names) for one in seen])

    @ns.doc(security="access")
    @asks(ns, "ProjectNew", shapes.PROJECT_NEW)
    @answers(ns, "Project", shapes.PROJECT, "made", code=201)
    def post(self, body: Body) -> Response:
        """Make a project."""
        made = projects.create(backends(), current_actor(), body)
        return shown(made, created_at=f"{API}/projects/{made.id}")


@ns.route("/<string:project_id>")
class OneProject(Resource):
    @answers(ns, "Project", shapes.PROJECT, "the project")
    def get(self, project_id: str) -> Response:
        """Read a project."""
        return shown(projects.get(backends(), current_actor(), project_id))

    @ns.doc(security="access")
    @asks(ns, "ProjectPatch", shapes.PROJECT_PATCH, patch=True)
    @answers(ns, "Project", shapes.PROJECT, "changed")
    def patch(self, project_id: str, body: Body) -> Response:
        """Change a project's infos and levels (JSON merge patch)."""
        return shown(projects.update(backends(), current_actor(), project_id, body, seen_revisions()))

    @ns.doc(security="access")
    @parameters(
        ns,
        dataset={
            "description": "what becomes of its consolidated dataset",
            "enum": ["keep", "delete"],
            "default": "keep",
        },
    )
    @ns.response(204, "deleted")
    def delete(self, project_id: str) -> Response:
        """Delete a project."""
        only_parameters("dataset")
        projects.delete(backends(), current_actor(), project_id, request.args.get("dataset", projects.KEEP))
        return nothing()


@ns.route("/<string:project_id>/model")
class ProjectModel(Resource):
    @ns.doc(security="access")
    @asks(ns, "ModelChoice", shapes.MODEL_CHOICE)
    @answers(ns, "Project", shapes.PROJECT, "changed")
    def put(self, project_id: str, body: Body) -> Response:
        """Set the model that the sources are mapped on."""
        return shown(projects.put_model(backends(), current_actor(), project_id, body, seen_revisions()))


@ns.route("/<string:project_id>/sources/<string:dataset_id>")
class ProjectSource(Resource):
    @ns.doc(security="access")
    @asks(ns, "Source", shapes.SOURCE)
    @answers(ns, "Project", shapes.PROJECT, "changed")
    def put(self, project_id: str, dataset_id: str, body: Body) -> Response:
        """Attach a source, or change its mapping."""
        return shown(sources.put_source(backends(), current_actor(), project_id, dataset_id, body, seen_revisions()))

    @ns.doc(security="access")
    @answers(ns, "Project", shapes.PROJECT, "changed")
    def delete(self, project_id: str, dataset_id: str) -> Response:
        """Take a source out."""
        return shown(sources.delete_source(backends(), current_actor(), project_id, dataset_id))


@ns.route("/<string:project_id>/mapping/suggest")
class MappingSuggestion(Resource):
    @ns.doc(security="access")
    @answers(ns, "Proposals", shapes.PROPOSALS, "which column fits which field, with scores")
    def post(self, project_id: str) -> Response:
        """Propose a mapping, from headers and values."""
        return json_answer(builds.suggest_mapping(backends(), current_actor(), project_id))


@ns.route("/<string:project_id>/recipe")
class ProjectRecipe(Resource):
    @ns.doc(security="access")
    @asks(ns, "RecipeChoice", shapes.RECIPE)
    @answers(ns, "Project", shapes.PROJECT, "changed; the recipe has a new version")
    def put(self, project_id: str, body: Body) -> Response:
        """Set the recipe."""
        return shown(projects.put_recipe(backends(), current_actor(), project_id, body, seen_revisions()))


@ns.route("/<string:project_id>/check")
class Check(Resource):
    @answers(ns, "Check", preview_shapes.CHECK, "what is missing, dropped or capped")
    def get(self, project_id: str) -> Response:
        """Tell whether the project can be built, and what the build would drop."""
        return json_answer(builds.check(backends(), current_actor(), project_id))


@ns.route("/<string:project_id>/preview")
class Preview(Resource):
    @ns.doc(security="access")
    @asks(ns, "PreviewNew", preview_shapes.PREVIEW_NEW)
    @answers(ns, "Preview", preview_shapes.PREVIEW, "rows of a sample, as the build would make them")
    def post(self, project_id: str, body: Body) -> Response:
        """See rows of a sample, as the build would make them."""
        return json_answer(previews.preview(backends(), current_actor(), project_id, body))


@ns.route("/<string:project_id>/builds")
class Builds(Resource):
    @parameters(ns, page=PAGING["page"], per_page=PAGING["per_page"])
    @answers(ns, "BuildPage", shapes.BUILD_PAGE, "its builds, the newest first")
    def get(self, project_id: str) -> Response:
        """List the builds."""
        page = builds.list_(backends(), current_actor(), project_id, list_query())
        return page_answer(page, [shapes.build_view(build) for build in page.items])

    @ns.doc(security="access")
    @ns.expect(ns.schema_model("BuildNew", shapes.BUILD_NEW))
    @answers_job(ns)
    def post(self, project_id: str) -> Response:
        """Build the consolidated dataset: a new version of it. The body, a note for its readers, may be left out."""
        body = reader(shapes.BUILD_NEW) if request.content_length else dict
        return job_answer(builds.request_build(backends(), current_actor(), project_id, body))


def shown(project: Project, created_at: str | None = None) -> Response:
    """A project as the caller sees it, with its ETag."""
    actor = current_actor()
    (seen,) = projects.seen(backends(), actor, [project])
    view = shapes.project_view(actor, seen, names_for(actor, [project]))
    return document(view, project.rev, created_at=created_at)
