"""What production is made of fits what it deploys: compose.yaml, the Dockerfile, the proxies' files, docs/deploy.md."""

from __future__ import annotations

import fnmatch
import os
import re
import shlex
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from solidata_api import settings as settings_module
from solidata_api.cli import _parser
from solidata_api.settings import FROM_FILES, Settings, SettingsError, check, load

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "deploy.md").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
OURS = ("app", "scheduler", "worker")
SETTINGS = {entry.name.upper() for entry in fields(Settings)} | {f"{name.upper()}_FILE" for name in FROM_FILES}
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def example_env() -> dict[str, str]:
    lines = (ROOT / "deploy" / "example.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def environment_of(service: str, env: dict[str, str]) -> dict[str, str]:
    """A service's variables as Compose fills them in; its secrets are one word each."""
    given = COMPOSE["services"][service]["environment"]
    filled = {
        name: _VARIABLE.sub(lambda found: env.get(found[1]) or _default(found), value) for name, value in given.items()
    }
    return {name.removesuffix("_FILE"): "s" * 64 if name.endswith("_FILE") else value for name, value in filled.items()}


def _default(found: re.Match[str]) -> str:
    assert found[2] == "-", f"{found[1]} has no default, and example.env does not say it"
    return found[3]


@pytest.mark.parametrize("service", OURS)
def test_every_variable_of_a_service_is_a_setting(service: str) -> None:
    assert set(COMPOSE["services"][service]["environment"]) - SETTINGS == set()


@pytest.mark.parametrize("service", OURS)
def test_a_service_starts_with_the_settings_of_the_example(service: str) -> None:
    check(load(environment_of(service, example_env())))


def test_app_and_worker_agree_on_secret_database_scheduler_and_rows() -> None:
    app, worker = (load(environment_of(service, example_env())) for service in ("app", "worker"))
    for name in ("mode", "secret_key", "mongo_uri", "mongo_database", "dask_scheduler", "data_root", "front_url"):
        assert getattr(app, name) == getattr(worker, name)
    assert COMPOSE["services"]["app"]["volumes"] == COMPOSE["services"]["worker"]["volumes"]


@pytest.mark.parametrize("name", ["FRONT_URL", "TRUSTED_HOSTS", "MAIL_SERVER", "MAIL_SENDER"])
def test_compose_refuses_to_start_without_what_has_no_good_default(name: str) -> None:
    assert f"${{{name}:?" in (ROOT / "compose.yaml").read_text()


def test_app_without_its_secrets_is_refused() -> None:
    bare = {name: value for name, value in environment_of("app", example_env()).items() if name != "SECRET_KEY"}
    with pytest.raises(SettingsError, match="SECRET_KEY is missing"):
        check(load(bare))


def test_no_secret_is_written_into_the_files() -> None:
    assert example_env().keys() & {name.upper() for name in FROM_FILES} == set()
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())


def test_secrets_and_env_are_kept_out_of_git_and_of_the_image() -> None:
    assert {"/secrets/", "/.env"} <= set((ROOT / ".gitignore").read_text().split())
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_service_is_hardened(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"] and "mem_limit" in service
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_whatever_is_published_is_so_on_loopback_only() -> None:
    published = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert published and all(port.startswith("127.0.0.1:") for port in published)


def test_every_secret_that_a_service_names_is_handed_to_it() -> None:
    for name, service in COMPOSE["services"].items():
        named = re.findall(
            r"/run/secrets/(\w+)", str(service.get("environment", "")) + str(service.get("entrypoint", ""))
        )
        assert set(named) <= set(service.get("secrets", [])), name
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"]), name


def test_make_secrets_makes_every_secret_of_compose_and_never_twice(tmp_path: Path) -> None:
    if subprocess.run(["sh", "-c", "command -v openssl"], capture_output=True, check=False).returncode:
        pytest.skip("openssl is not installed here")
    script = ROOT / "deploy" / "make-secrets"
    subprocess.run([script, tmp_path / "secrets"], check=True, capture_output=True)
    made = {path.name: path.read_bytes() for path in (tmp_path / "secrets").iterdir() if path.name != "dask_ca_key"}
    assert made.keys() == {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    assert all(made[name] for name in made.keys() - {"mail_password"})
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    subprocess.run([script, tmp_path / "secrets"], check=True, capture_output=True)
    assert {name: (tmp_path / "secrets" / name).read_bytes() for name in made} == made


def test_the_worker_container_has_room_for_its_workers() -> None:
    env = example_env()
    needed = (int(env["JOB_WORKERS"]) + 1) * int(env["WORKER_MEMORY_MB"]) + 512
    assert env["WORKER_CONTAINER_MEMORY"] == f"{needed}m"
    assert COMPOSE["services"]["worker"]["mem_limit"] == f"${{WORKER_CONTAINER_MEMORY:-{needed}m}}"


def test_the_image_copies_only_what_exists_and_is_not_ignored() -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    sources = [source for line in copies for source in line.split()]
    assert "solidata_api" in sources and "appserver.py" in sources
    for source in sources:
        assert (ROOT / source).exists()
        assert any(fnmatch.fnmatch(source, pattern) for pattern in kept)


def test_the_image_has_the_python_of_the_readme() -> None:
    said = re.search(r"Python (3\.\d+)", (ROOT / "README.md").read_text())
    assert said is not None
    assert set(re.findall(r"^FROM python:(3\.\d+)", DOCKERFILE, re.MULTILINE)) == {said[1]}


def test_the_image_ends_as_a_fixed_account_that_is_not_root() -> None:
    last = DOCKERFILE.split("\nFROM ")[-1]
    users = re.findall(r"^USER (.+)$", last, re.MULTILINE)
    assert users == ["10001:10001"]
    assert not re.search(r"^(RUN|COPY)", last.split("\nUSER ")[1], re.MULTILINE)


def test_the_variables_of_the_image_are_settings_or_pythons_own() -> None:
    block = re.search(r"^ENV (.+?)$(?<!\\)", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert block is not None
    names = set(re.findall(r"(\w+)=", block[1]))
    assert names - SETTINGS == {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "HOME"}


def _commands(text: str) -> list[str]:
    return re.findall(r"python appserver\.py([^`#\n>|]*)", text)


@pytest.mark.parametrize("words", sorted(set(_commands(GUIDE))))
def test_every_command_of_the_guide_is_one_of_ours(words: str) -> None:
    _parser().parse_args(shlex.split(words.replace("<N:MAC>", "1:0")))


def test_the_guide_has_commands() -> None:
    assert {words.split()[0] for words in _commands(GUIDE) if words.split()} >= {"create-admin", "audit", "worker"}


@pytest.mark.parametrize("service", OURS)
def test_every_command_of_compose_is_one_of_ours(service: str) -> None:
    _parser().parse_args(COMPOSE["services"][service].get("command", ["run"]))


def test_every_setting_that_the_guide_names_exists() -> None:
    others = {
        "SOLIDATA_VERSION",
        "EMBEDDED",
        "WORKER_CONTAINER_MEMORY",
        "TMPDIR",
        "N:MAC",
        "CHANGELOG",
        "DELETE",
        "GET",
    }
    named = {name for name in re.findall(r"`([A-Z][A-Z_]{3,}[A-Z])\b", GUIDE)}
    assert {"SECRET_KEY", "TRUSTED_PROXIES"} <= named
    assert named - SETTINGS - others - {"ERROR"} == set()


def test_every_file_that_the_guide_links_to_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", GUIDE)
    assert links and [link for link in links if not (ROOT / "docs" / link).exists()] == []


@pytest.mark.parametrize(
    ("name", "pattern"), [("nginx.conf", r"client_max_body_size (\d+)m"), ("Caddyfile", r"max_size (\d+)MB")]
)
def test_a_proxy_lets_the_largest_upload_through_and_not_much_more(name: str, pattern: str) -> None:
    found = re.search(pattern, (ROOT / "deploy" / name).read_text())
    assert found is not None and int(found[1]) == settings_module.Settings().max_upload_mb + 1


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_proxy_keeps_the_figures_to_the_house(name: str) -> None:
    lines = (ROOT / "deploy" / name).read_text().splitlines()
    assert any("/health/metrics" in line and not line.lstrip().startswith("#") for line in lines)


def test_scripts_can_be_run() -> None:
    assert os.access(ROOT / "deploy" / "make-secrets", os.X_OK)
