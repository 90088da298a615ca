"""The Swagger UI: a valid spec, every operation described, every example working when tried."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from swagger_spec_validator.validator20 import validate_spec

from solidata_api.api.access import DOCUMENTS, OPERATIONS
from tests.worlds import World, add_secrets, make_world, open_all

API = "/api/v1"
#: Operations whose example can't be good for everybody: they take a mailed token, a refresh token, somebody's id.
PERSONAL = {
    ("post", "/auth/confirm"), ("post", "/auth/refresh"), ("post", "/auth/login"), ("post", "/auth/password/reset"),
    ("post", "/auth/email/confirm"), ("post", "/users/{user_id}/handover"),
    *(("post", f"/{kind}/{{{name}}}/transfer") for kind, name in DOCUMENTS.items()),
}  # fmt: skip
#: Path parameters that name what belongs to somebody, and have no example that everybody reads.
OWN = {"job_id", "user_id", "session_id", "key_id", "invitation_id", "link_id", "token", "correction_id"}
#: Answers that are right in this world: a model is in use, the job has ended and is a build, the id is nobody's, the
#: dataset is not deleted and has one version, as has the recipe, and its project makes it; nothing was undone.
REFUSED = {
    ("delete", "/fields/{field_id}"): 409,
    ("delete", "/models/{model_id}"): 409,
    ("delete", "/jobs/{job_id}"): 409,
    ("post", "/jobs/{job_id}/retry"): 409,
    ("post", "/datasets/{dataset_id}/undelete"): 409,
    ("post", "/datasets/{dataset_id}/reload"): 409,
    ("post", "/datasets/{dataset_id}/versions/{n}/restore"): 409,
    ("delete", "/datasets/{dataset_id}/versions/{n}"): 409,
    ("post", "/recipes/{recipe_id}/versions/{n}/restore"): 409,
    ("get", "/recipes/{recipe_id}/diff"): 409,
    ("get", "/datasets/{dataset_id}/diff"): 409,
    ("post", "/projects/{project_id}/reviews/decisions"): 422,
    ("post", "/recipes/{recipe_id}/reviews/decisions"): 422,
    ("post", "/datasets/{dataset_id}/corrections/file"): 422,
    ("post", "/projects/{project_id}/recipe/redo"): 409,
    ("delete", "/users/me/keys/{key_id}"): 404,
    ("delete", "/datasets/{dataset_id}/corrections/{correction_id}"): 404,
    ("delete", "/users/me/sessions/{session_id}"): 404,
}


@pytest.fixture
def spec(client: Any) -> dict[str, Any]:
    return client.get(f"{API}/swagger.json").get_json()


def operations(spec: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    methods = ("get", "post", "put", "patch", "delete")
    return [
        (method, path, part[method]) for path, part in spec["paths"].items() for method in methods if method in part
    ]


def test_the_spec_is_valid_swagger_2(spec: dict[str, Any]) -> None:
    validate_spec(spec)


def test_every_operation_says_what_it_does_and_answers(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        assert operation.get("summary"), (method, path)
        good = [answer for code, answer in operation["responses"].items() if code.startswith("2")]
        assert good and all(answer.get("description") for answer in good), (method, path)


def test_every_operation_of_the_app_is_in_the_spec(app: Any, spec: dict[str, Any]) -> None:
    shown = {(method.upper(), path) for method, path, _ in operations(spec)}
    offered = {
        (method, re.sub(r"<string:(\w+)>", r"{\1}", rule.rule.removeprefix(API)))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(f"{API}/") and rule.endpoint not in ("api.specs", "api.doc", "api.root")
    }
    assert shown == offered


def test_operations_that_need_a_token_say_so(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        if method != "get" and not path.startswith("/auth/"):
            assert operation.get("security") == [{"access": []}], (method, path)


@pytest.fixture
def world(backends: Any, as_user: Any, run_jobs: Any) -> World:
    made = make_world(backends, as_user, run_jobs)
    open_all(backends, made, "opendata")
    add_secrets(made)
    made.keep()
    return made


def test_the_ids_in_the_examples_are_of_documents_that_everybody_reads(world: World, client: Any) -> None:
    spec = client.get(f"{API}/swagger.json").get_json()
    for path, part in spec["paths"].items():
        for parameter in part.get("parameters", []):
            if parameter["name"] not in OWN:
                assert parameter.get("default"), (path, parameter["name"])


def tried(
    path: str, method: str, operation: dict[str, Any], spec: dict[str, Any], world: World
) -> tuple[str, dict[str, Any]]:
    """What the Swagger UI sends when somebody presses `Execute` and changes nothing but what is theirs."""
    shared = spec["paths"][path].get("parameters", [])
    options: dict[str, Any] = {}
    query, address = {}, path
    for parameter in [*shared, *operation.get("parameters", [])]:
        default = parameter.get("default")
        if parameter["in"] == "path":
            mine = parameter["name"] in OWN or "{invitation_id}" in path
            value = own(path, parameter["name"], world) if mine else default
            address = address.replace("{" + parameter["name"] + "}", str(value))
        elif parameter["in"] == "query" and default is not None:
            query[parameter["name"]] = str(default).lower() if isinstance(default, bool) else default
        elif parameter["in"] == "body":
            options["json"] = example_of(parameter["schema"], spec)
        elif parameter["in"] == "formData" and parameter.get("required"):
            options["data"] = {parameter["name"]: (io.BytesIO(b"code,name\n01,Ain\n02,Aisne\n"), "t.csv")}
            options["content_type"] = "multipart/form-data"
    return address, {**options, "query_string": query}


def own(path: str, name: str, world: World) -> str:
    """The id of what this world's people have."""
    if name == "token":
        return world.ids["link_token" if path.startswith("/links") else "invitation_token"]
    if name == "invitation_id":
        kind = path.split("/")[1].removesuffix("s")
        return world.ids[f"{'source' if kind == 'dataset' else kind}_invitation_id"]
    if name == "dataset_id":
        return world.source_id
    return world.user_id("viewer") if name == "user_id" else world.ids.get(name, "none")


def who(method: str, path: str) -> str:
    """Who may do it in this world."""
    if path.startswith("/invitations/") or (method, path) == ("delete", "/users/me"):
        return "member"
    asked = OPERATIONS[method.upper(), re.sub(r"{(\w+)}", r"<string:\1>", path)]
    return {"curator": "staff", "admin": "admin"}.get(asked.right, "owner")


def example_of(schema: dict[str, Any], spec: dict[str, Any]) -> Any:
    """The example as the Swagger UI makes it of a schema."""
    if "$ref" in schema:
        schema = spec["definitions"][schema["$ref"].rsplit("/", 1)[1]]
    if "example" in schema:
        return schema["example"]
    if schema.get("type") == "object":
        return {name: example_of(part, spec) for name, part in schema.get("properties", {}).items()}
    return {"string": "string", "integer": 0, "boolean": True, "array": []}.get(schema.get("type", ""))


def test_every_example_works_when_somebody_who_may_tries_it(world: World, client: Any) -> None:
    spec = client.get(f"{API}/swagger.json").get_json()
    refused = {}
    for method, path, operation in operations(spec):
        if (method, path) in PERSONAL:
            continue
        address, options = tried(path, method, operation, spec, world)
        answer = world.callers[who(method, path)].call(method.upper(), API + address, **options)
        if answer.status_code >= 300 and answer.status_code != REFUSED.get((method, path)):
            refused[method, address] = (answer.status_code, answer.get_json(force=True))
        if method != "get":
            world.put_back()
    assert not refused, "\n".join(f"{key}: {told}" for key, told in refused.items())


def test_the_ui_is_served_without_the_internet(client: Any) -> None:
    page = client.get(f"{API}/docs").get_data(as_text=True)
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    for address in addresses:
        assert not address.startswith(("http:", "https:", "//")) or "localhost" in address, address
        assert client.get(address).status_code == 200


def test_production_shows_no_ui(settings: Any, backends: Any) -> None:
    from dataclasses import replace

    from solidata_api.app import create_app

    app = create_app(replace(settings, mode="production"), backends)
    assert app.test_client().get(f"{API}/docs").status_code == 404
    assert app.test_client().get(f"{API}/swagger.json").status_code == 200
