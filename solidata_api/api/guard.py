"""What stands before every route: the host it is asked under, who speaks, how often, and whether they may."""

from __future__ import annotations

from flask import Response, g, request
from werkzeug.exceptions import SecurityError

from solidata_api import logs
from solidata_api.api import access, engine_work, idempotency, identity
from solidata_api.api.answers import API
from solidata_api.api.context import backends
from solidata_api.domain import work
from solidata_api.domain.actors import Actor


def judge() -> Response | None:
    """Raise what can be said before anything is looked up; an answer where this request was answered before."""
    if isinstance(request.routing_exception, SecurityError):
        raise request.routing_exception
    if not request.path.startswith(f"{API}/") or request.endpoint == "api.auth_refresh":
        return None
    # A token that is not good is a 401 everywhere, also where none is needed.
    actor = identity.current_actor()
    g.logged.enter_context(logs.bind(user_id=actor.user_id))
    if not actor.is_known and request.method in ("GET", "HEAD"):
        _count_read()
    g.logged.enter_context(work.doing(engine_work.of_request(actor)))
    return _judged(actor)


def _count_read() -> None:
    """Reads without an account are counted by where they come from: an IPv4 address, or an IPv6 network."""
    limit = backends().settings.rate_anon_read
    backends().rates.hit_often(limit, "anonymous reads", identity.client().network)


def _judged(actor: Actor) -> Response | None:
    asked = access.operation(request.method, request.url_rule.rule.removeprefix(API)) if request.url_rule else None
    if asked is None:
        return None
    asked.judge(actor)
    return idempotency.begin(actor, asked)
