"""How gunicorn serves the app; its names are gunicorn's (`gunicorn --config python:solidata_api.web`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from solidata_api import processes, settings

_settings = settings.load()

wsgi_app = "solidata_api.app:create_app()"
bind = f"{_settings.host}:{_settings.port}"
worker_class = "gthread"
workers = _settings.web_processes
# Many threads, since each slow client holds one: 200 half-sent requests stop 2 x 16 threads, and not 2 x 128.
threads = _settings.web_threads
# A thread may serve a long export: only a process whose main loop hangs is ended.
timeout = 120
graceful_timeout = 28
keepalive = 15
max_requests = 0
# Filters with lists of values travel in the URL; this is the most that gunicorn allows.
limit_request_line = 8190
# The app logs its requests itself; gunicorn's control socket would lie outside DATA_DIR.
accesslog = None
control_socket_disable = True
if Path("/dev/shm").is_dir():
    worker_tmp_dir = "/dev/shm"  # the heartbeat file: on a disk, a slow one looks like a hanging process

logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "solidata_api.logs.JsonFormatter", "service": "web"}},
    "handlers": {"json": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": _settings.log_level.upper(), "handlers": ["json"]},
    "loggers": {"gunicorn.error": {"level": "WARNING", "handlers": [], "propagate": True}},
}


def post_fork(_server: Any, _worker: Any) -> None:
    """A worker never outlives gunicorn's master, however that ends."""
    processes.die_with_parent()
