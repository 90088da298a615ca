"""Every setting of the service, read once from the environment. Nothing else reads it.

`config_example.py` documents each field in the same order; a test compares the two.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

from solidata_api.domain import rates

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SIGN_UPS = ("open", "invitation", "closed")
#: Settings that a file may hold: the variable is then named with `_FILE` at its end.
FROM_FILES = ("mongo_uri", "secret_key", "mail_password")
#: Numbers that may be 0, which means that there is none, or no limit; as a port, that the system chooses.
MAY_BE_ZERO = ("port", "trusted_proxies", "trash_days", "keep_versions_days", "engine_seconds", "kept_steps_mb")
MODES = ("dev", "dev_email", "preprod", "production")


class SettingsError(ValueError):
    """A setting is missing or can't be read; the message names each one."""


@dataclass(frozen=True)
class Settings:
    """The settings; each is read from the environment variable of its name in capitals."""

    mode: str = "dev"
    host: str = "127.0.0.1"
    port: int = 4000
    data_dir: Path = Path("data")
    mongo_uri: str = ""
    mongo_database: str = "solidata"
    data_url: str = ""
    dask_scheduler: str = ""
    dask_tls_ca: str = ""
    dask_tls_cert: str = ""
    dask_tls_key: str = ""
    secret_key: str = ""
    front_url: str = ""
    api_url: str = ""
    cors_origins: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    trusted_proxies: int = 0
    sign_up: str = "open"
    rate_login: str = "10/5 minutes; 100/5 minutes; 1000/5 minutes"
    rate_register: str = "60/hour"
    rate_mail: str = "3/hour"
    rate_anon_read: str = "600/minute"
    web_processes: int = 2
    web_threads: int = 128
    job_workers: int = 2
    worker_memory_mb: int = 2048
    job_time_limit_s: int = 3600
    job_attempts: int = 2
    short_time_limit_s: int = 10
    max_upload_mb: int = 500
    max_json_kb: int = 1024
    max_json_depth: int = 32
    max_columns: int = 2000
    max_cell_kb: int = 1024
    fetch_allow: tuple[str, ...] = ()
    fetch_timeout_s: int = 600
    fetch_attempts: int = 3
    fetch_max_pages: int = 1000
    part_rows: int = 250_000
    serving_cache_mb: int = 10_240
    search_cache_mb: int = 4096
    export_cache_mb: int = 5120
    export_time_limit_s: int = 600
    kept_steps_mb: int = 4096
    answer_cache_mb: int = 64
    engine_seconds: int = 60
    serving_memory_mb: int = 1024
    query_time_limit_s: int = 10
    query_memory_mb: int = 512
    access_token_minutes: int = 15
    refresh_token_days: int = 30
    mail_link_hours: int = 24
    invitation_days: int = 14
    share_link_days: int = 366
    idempotency_hours: int = 24
    upload_hours: int = 24
    trash_days: int = 7
    keep_versions: int = 50
    keep_versions_days: int = 0
    rebuild_after_s: int = 10
    max_loads: int = 100
    max_team: int = 1000
    max_keys: int = 50
    max_invitations: int = 200
    max_links: int = 100
    mail_server: str = ""
    mail_port: int = 25
    mail_use_tls: bool = False
    mail_username: str = ""
    mail_password: str = ""
    mail_sender: str = "Solidata <no-reply@localhost>"
    mail_timeout_s: int = 10
    mail_attempts: int = 12
    log_level: str = "INFO"
    prometheus_multiproc_dir: str = ""

    @property
    def data_root(self) -> str:
        """Where rows and uploads live, as an fsspec URL or a local path."""
        return self.data_url or str(self.data_dir / "tables")

    @property
    def public_url(self) -> str:
        """The base of the links in mails: the front end, else the service itself."""
        return (self.front_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def service_url(self) -> str:
        """The address that others reach this service at, in share links: never the Host header, which anybody writes.
        Where it is not set, the front end's: most set-ups have one address for both."""
        return (self.api_url or self.public_url).rstrip("/")

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """Origins that browsers may call us from; in `dev` also FRONT_URL and any localhost."""
        if self.cors_origins or not self.mode.startswith("dev"):
            return self.cors_origins
        return (self.public_url, "http://localhost:*", "http://127.0.0.1:*")

    @property
    def shows_swagger(self) -> bool:
        return self.mode != "production"


def load(environ: Mapping[str, str] = os.environ, **overrides: Any) -> Settings:
    """Settings from the environment; `overrides` (the command line's) win. Raises SettingsError, naming each fault."""
    hints = get_type_hints(Settings)
    values: dict[str, Any] = {}
    faults = []
    for entry in fields(Settings):
        text = ""
        try:
            text = environ.get(entry.name.upper()) or _from_file(environ, entry.name)
            if text:
                values[entry.name] = _read(hints[entry.name], text)
        except OSError as error:
            faults.append(f"{entry.name.upper()}_FILE={error.filename!r}: {error.strerror}")
        except ValueError as error:
            faults.append(f"{entry.name.upper()}={text!r}: {error}")
    if faults:
        raise SettingsError("; ".join(faults))
    return Settings(**{**values, **{name: value for name, value in overrides.items() if value is not None}})


def _from_file(environ: Mapping[str, str], name: str) -> str:
    """A secret that lies in a file, as container platforms hand them over: `SECRET_KEY_FILE` names it."""
    path = environ.get(f"{name.upper()}_FILE") if name in FROM_FILES else None
    return Path(path).read_text().strip() if path else ""


def check(settings: Settings) -> None:
    """Refuse settings that can't work, all at once. Raises SettingsError, naming each fault."""
    faults = []
    if settings.mode not in MODES:
        faults.append(f"MODE is {settings.mode!r}: it is one of {', '.join(MODES)}")
    if settings.mode in ("preprod", "production"):
        faults += _missing_in_production(settings)
    if settings.mode == "dev_email" and not settings.mail_server:
        faults.append("MAIL_SERVER is missing: mode dev_email sends real mails")
    if settings.secret_key and len(settings.secret_key) < 32:
        faults.append(f"SECRET_KEY has {len(settings.secret_key)} characters: it needs 32 or more")
    if settings.sign_up not in SIGN_UPS:
        faults.append(f"SIGN_UP is {settings.sign_up!r}: it is one of {', '.join(SIGN_UPS)}")
    if settings.log_level not in LOG_LEVELS:
        faults.append(f"LOG_LEVEL is {settings.log_level!r}: it is one of {', '.join(LOG_LEVELS)}")
    faults += _missing_for_a_scheduler(settings)
    faults += [
        f"FETCH_ALLOW holds {one!r}: it is host:port"
        for one in settings.fetch_allow
        if not re.fullmatch(r"([\w.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}", one)
    ]
    faults += _rates_unread(settings)
    faults += _numbers_out_of_range(settings)
    if faults:
        raise SettingsError("; ".join(faults))


def _rates_unread(settings: Settings) -> list[str]:
    faults = []
    for entry in fields(Settings):
        if not entry.name.startswith("rate_"):
            continue
        try:
            for text in rates.split(getattr(settings, entry.name), parts=str(entry.default).count(";") + 1):
                rates.parse(text)
        except ValueError as error:
            faults.append(f"{entry.name.upper()} is {getattr(settings, entry.name)!r}: {error}")
    return faults


def _numbers_out_of_range(settings: Settings) -> list[str]:
    faults = []
    for entry in fields(Settings):
        value = getattr(settings, entry.name)
        if not isinstance(value, int) or isinstance(value, bool):
            continue
        least = 0 if entry.name in MAY_BE_ZERO else 1
        most = 65_535 if entry.name in ("port", "mail_port") else 2**31
        if not least <= value <= most:
            faults.append(f"{entry.name.upper()} is {value}: it is from {least} to {most}")
    return faults


def _missing_in_production(settings: Settings) -> list[str]:
    needed = {
        "SECRET_KEY": "it signs tokens; make one with `python -c 'import secrets; print(secrets.token_hex(32))'`",
        "FRONT_URL": "links in mails start with it",
        "MAIL_SERVER": "accounts are confirmed by mail",
    }
    return [f"{name} is missing: {why}" for name, why in needed.items() if not getattr(settings, name.lower())]


def _missing_for_a_scheduler(settings: Settings) -> list[str]:
    if not settings.dask_scheduler:
        return []
    faults = []
    if not settings.dask_scheduler.startswith("tls://"):
        faults.append(f"DASK_SCHEDULER is {settings.dask_scheduler!r}: it is tls://host:port")
    names = [name for name in ("dask_tls_ca", "dask_tls_cert", "dask_tls_key") if not getattr(settings, name)]
    why = "without TLS whoever reaches the scheduler runs code on every worker"
    return faults + [f"{name.upper()} is missing: {why}" for name in names]


def to_environment(settings: Settings) -> dict[str, str]:
    """The environment that makes `load` give these settings again: how a parent hands them to its children."""
    default = {entry.name: entry.default for entry in fields(Settings) if entry.default is not MISSING}
    return {
        name.upper(): _write(value)
        for name, value in ((entry.name, getattr(settings, entry.name)) for entry in fields(Settings))
        if value != default.get(name)
    }


def _read(kind: Any, text: str) -> Any:
    if kind is bool:
        if text.lower() not in ("true", "false", "1", "0", "yes", "no"):
            raise ValueError("it is true or false")
        return text.lower() in ("true", "1", "yes")
    if kind is int:
        return int(text)
    if kind is Path:
        return Path(text)
    if kind is str:
        return text
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _write(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)
