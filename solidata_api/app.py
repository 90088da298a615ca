"""The composition root: settings and backends in, a Flask app out. Importing it has no effect."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from solidata_api import api
from solidata_api import settings as settings_module
from solidata_api.api.uploads import StreamingRequest
from solidata_api.backends import Backends
from solidata_api.settings import Settings
from solidata_api.wiring import open_backends

MEBIBYTE = 1024 * 1024
#: Names under which the machine itself asks: health checks of a container, a proxy beside us.
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def create_app(settings: Settings | None = None, backends: Backends | None = None) -> Flask:
    """The web app. Without arguments: settings from the environment, and the adapters that they ask for."""
    if settings is None:
        settings = settings_module.load()
        settings_module.check(settings)
    backends = backends or open_backends(settings)
    app = Flask("solidata_api")
    app.request_class = StreamingRequest
    # Else `//` is redirected to an address made of the Host header, which anybody may send.
    app.url_map.merge_slashes = False
    # The upload's own bytes, and some room for the fields beside them.
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_mb * MEBIBYTE + MEBIBYTE
    app.config["MAX_FORM_MEMORY_SIZE"] = 2 * MEBIBYTE
    app.config["RESTX_MASK_SWAGGER"] = False
    app.config["SECRET_KEY"] = settings.secret_key
    if settings.trusted_hosts:
        app.config["TRUSTED_HOSTS"] = [*settings.trusted_hosts, *LOOPBACK]
    app.extensions["solidata"] = backends
    api.register(app, settings)
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    return app
