"""Settings: read once, refused with every fault named, handed on whole, and documented line by line."""

from __future__ import annotations

import ast
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import config_example
from solidata_api.settings import FROM_FILES, MODES, Settings, SettingsError, check, load, to_environment

PRODUCTION = Settings(
    mode="production", secret_key="k" * 32, front_url="https://data.example.org", mail_server="mail.example.org"
)
NUMBERS = [entry.name for entry in fields(Settings) if isinstance(entry.default, int) and entry.default is not False]
#: Those where nothing means something: any port, no proxy, no trash, for ever, without limit.
MAY_BE_0 = ("port", "trusted_proxies", "trash_days", "keep_versions_days", "engine_seconds", "kept_steps_mb")
_words = st.text("abcdefghij:/.-@ é", min_size=1).filter(lambda text: text == text.strip())


def documented() -> dict[str, Any]:
    """The assignments of config_example.py, in their order."""
    tree = ast.parse(Path(config_example.__file__).read_text())
    return {node.targets[0].id: ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign)}


def written(value: Any) -> Any:
    """A default as config_example.py writes it."""
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value) if isinstance(value, Path) else value


def faults(settings: Settings) -> str:
    with pytest.raises(SettingsError) as refused:
        check(settings)
    return str(refused.value)


def test_the_example_documents_every_setting_with_its_default_in_order() -> None:
    assert list(documented().items()) == [(entry.name.upper(), written(entry.default)) for entry in fields(Settings)]


def test_the_example_has_a_sentence_for_each_setting_or_group() -> None:
    lines = Path(config_example.__file__).read_text().splitlines()
    starts = [n for n, line in enumerate(lines) if line[:1].isupper() and " = " in line]
    assert all(lines[n - 1].startswith("# ") or lines[n - 1].split(" = ")[0].isupper() for n in starts)


def test_an_empty_environment_gives_the_defaults() -> None:
    assert load({}) == Settings()


def test_a_value_is_read_from_the_variable_of_its_name() -> None:
    environ = {"PORT": "5000", "DATA_DIR": "/srv/data", "MAIL_USE_TLS": "true", "CORS_ORIGINS": "https://a, https://b,"}
    settings = load(environ)
    assert (settings.port, settings.data_dir, settings.mail_use_tls) == (5000, Path("/srv/data"), True)
    assert settings.cors_origins == ("https://a", "https://b")


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert load({"PORT": "", "MAIL_SENDER": ""}) == Settings()


def test_other_variables_are_left_alone() -> None:
    assert load({"PATH": "/bin", "port": "1"}) == Settings()


def test_the_command_line_wins_over_the_environment() -> None:
    assert load({"PORT": "5000", "HOST": "0.0.0.0"}, port=6000, host=None) == Settings(port=6000, host="0.0.0.0")


@pytest.mark.parametrize("text", ["true", "True", "1", "yes"])
def test_true_is_said_in_several_ways(text: str) -> None:
    assert load({"MAIL_USE_TLS": text}).mail_use_tls


@pytest.mark.parametrize("text", ["false", "FALSE", "0", "no"])
def test_false_is_said_in_several_ways(text: str) -> None:
    assert not load({"MAIL_USE_TLS": text}).mail_use_tls


def test_everything_that_can_not_be_read_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        load({"PORT": "http", "MAIL_USE_TLS": "maybe", "JOB_WORKERS": "2.5"})
    assert all(part in str(refused.value) for part in ("PORT='http'", "MAIL_USE_TLS='maybe'", "JOB_WORKERS='2.5'"))


def test_the_defaults_can_run() -> None:
    check(Settings())


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_can_run_when_it_has_what_it_needs(mode: str) -> None:
    check(replace(PRODUCTION, mode=mode))


@pytest.mark.parametrize("mode", ["preprod", "production"])
@pytest.mark.parametrize("name", ["secret_key", "front_url", "mail_server"])
def test_production_refuses_to_start_without_what_it_needs(mode: str, name: str) -> None:
    assert f"{name.upper()} is missing" in faults(replace(PRODUCTION, mode=mode, **{name: ""}))


def test_production_tells_all_that_is_missing_at_once() -> None:
    said = faults(Settings(mode="production"))
    assert all(name in said for name in ("SECRET_KEY", "FRONT_URL", "MAIL_SERVER"))


def test_no_secret_has_a_default() -> None:
    assert Settings().secret_key == Settings().mail_password == ""


def test_a_mode_that_sends_mails_needs_a_server() -> None:
    assert "MAIL_SERVER is missing" in faults(Settings(mode="dev_email"))


def test_an_unknown_mode_is_refused_naming_the_known() -> None:
    said = faults(Settings(mode="prod"))
    assert "'prod'" in said and all(mode in said for mode in MODES)


def test_a_short_secret_is_refused_without_saying_it() -> None:
    said = faults(Settings(secret_key="hunter2"))
    assert "7 characters" in said and "hunter2" not in said


def test_a_scheduler_without_tls_is_refused_naming_all_that_is_missing() -> None:
    said = faults(Settings(dask_scheduler="tcp://scheduler:8786", dask_tls_key="/key"))
    assert "DASK_SCHEDULER is 'tcp://scheduler:8786': it is tls://host:port" in said
    assert "DASK_TLS_CA is missing" in said and "DASK_TLS_CERT is missing" in said and "DASK_TLS_KEY" not in said


@pytest.mark.parametrize("name", FROM_FILES)
def test_a_secret_may_lie_in_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "it").write_text("it\n")
    assert getattr(load({f"{name.upper()}_FILE": str(tmp_path / "it")}), name) == "it"


def test_a_secret_in_the_environment_wins_over_its_file(tmp_path: Path) -> None:
    (tmp_path / "it").write_text("from the file")
    assert load({"SECRET_KEY": "itself", "SECRET_KEY_FILE": str(tmp_path / "it")}).secret_key == "itself"


def test_a_secret_whose_file_is_missing_is_refused_naming_it() -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY_FILE='/nowhere': No such file"):
        load({"SECRET_KEY_FILE": "/nowhere"})


def test_no_other_setting_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "it").write_text("9")
    assert load({"PORT_FILE": str(tmp_path / "it")}) == Settings()


@pytest.mark.parametrize("name", NUMBERS)
def test_no_number_may_be_negative(name: str) -> None:
    assert f"{name.upper()} is -1" in faults(replace(Settings(), **{name: -1}))


@pytest.mark.parametrize("name", [name for name in NUMBERS if name not in MAY_BE_0])
def test_no_limit_may_be_nothing(name: str) -> None:
    assert f"{name.upper()} is 0" in faults(replace(Settings(), **{name: 0}))


def test_the_system_may_choose_the_port() -> None:
    check(Settings(port=0))


@pytest.mark.parametrize("name", ["port", "mail_port"])
def test_a_port_is_within_the_range_of_ports(name: str) -> None:
    assert f"{name.upper()} is 65536" in faults(replace(Settings(), **{name: 65536}))


@pytest.mark.parametrize("one", ["intranet", "http://intranet:80", "intranet:http", "*:80", "10.0.0.0/8:80"])
def test_an_exception_of_fetching_is_one_host_and_port(one: str) -> None:
    assert f"FETCH_ALLOW holds {one!r}" in faults(Settings(fetch_allow=("intranet:80", "[::1]:80", one)))


def test_an_unknown_log_level_is_refused_naming_the_known() -> None:
    assert "LOG_LEVEL is 'LOUD'" in faults(Settings(log_level="LOUD"))


@given(
    st.builds(
        Settings,
        mode=st.sampled_from(MODES),
        host=_words,
        port=st.integers(0, 65535),
        data_dir=_words.map(Path),
        cors_origins=st.lists(_words, max_size=3).map(tuple),
        secret_key=st.just("") | _words,
        mail_use_tls=st.booleans(),
        mail_sender=_words,
        web_threads=st.integers(1, 10**6),
    )
)
def test_a_child_gets_the_settings_of_its_parent(settings: Settings) -> None:
    assert load(to_environment(settings)) == settings


def test_a_child_is_told_only_what_is_no_default() -> None:
    assert to_environment(Settings(port=5000)) == {"PORT": "5000"}


def test_tables_are_kept_beside_the_database_unless_told() -> None:
    assert Settings(data_dir=Path("/srv")).data_root == "/srv/tables"
    assert Settings(data_url="s3://bucket/x").data_root == "s3://bucket/x"


def test_links_lead_to_the_front_end_else_to_the_service() -> None:
    assert Settings(front_url="https://a.example/").public_url == "https://a.example"
    assert Settings(port=5000).public_url == "http://127.0.0.1:5000"


def test_browsers_of_this_machine_may_call_in_dev_only() -> None:
    assert "http://localhost:*" in Settings().allowed_origins
    assert PRODUCTION.allowed_origins == ()


def test_origins_that_are_said_are_the_only_ones() -> None:
    assert Settings(cors_origins=("https://a",)).allowed_origins == ("https://a",)


@pytest.mark.parametrize("mode", MODES)
def test_the_swagger_ui_is_shown_in_every_mode_but_production(mode: str) -> None:
    assert Settings(mode=mode).shows_swagger == (mode != "production")
