"""How gunicorn serves the app; its names are gunicorn's (`gunicorn --config python:solidata_api.web`)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from solidata_api import processes, settings

_settings = settings.load()

wsgi_app = "solidata_api.app:create_app()"
bind = f"{_settings.host}:{_settings.port}"
workers = _settings.web_processes
# Many threads, since each slow client holds one: 200 half-sent requests stop 2 x 16 threads, and not 2 x 128.
threads = _settings.web_threads
# A thread may serve a long export: only a process whose main loop hangs is ended.
timeout = 120
graceful_timeout = 28
keepalive = 15
max_requests = 0
#: How long a client may be silent in the middle of a request, or of taking its answer.
SILENCE_S = 30
# Filters with lists of values travel in the URL; this is the most that gunicorn allows.
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 8190
# Nobody's X-Forwarded-* or SCRIPT_NAME is believed here, not even a neighbour's: TRUSTED_PROXIES says whose are.
forwarded_allow_ips = ""
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


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's own, closing connections elsewhere than in the thread that accepts them.

    To close one, gunicorn waits up to 2 s for its client to do so too: in the accepting thread, a few who do not keep
    everybody else waiting.
    """

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Take back a connection whose request is done: kept alive, put off, or closed."""
        if fs.cancelled() or fs.exception() is not None or fs.result():
            super().finish_request(conn, fs)
            return
        self.nr_conns -= 1
        try:
            self.tpool.submit(conn.close, graceful=True)
        except RuntimeError:  # the threads are ending with us
            conn.close()


worker_class = Worker


def post_fork(_server: Any, worker: Any) -> None:
    """A worker never outlives gunicorn's master, however that ends; and no silent client holds its threads for ever."""
    processes.die_with_parent()
    bound_silence([listener.sock for listener in worker.sockets], SILENCE_S)


def bound_silence(listeners: Iterable[socket.socket], seconds: int) -> None:
    """End connections on which nothing comes, or nothing is taken, for so long while a request is on its way.

    gunicorn itself waits without end for the rest of a request. The connections inherit this from their listener.
    """
    for listener in listeners:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", seconds, 0))
