"""Counts and times of requests, summed over the web processes by prometheus-client where they share a folder."""

from __future__ import annotations

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

REQUESTS = Counter("solidata_requests", "Requests by route, method and status", ["route", "method", "status"])
SECONDS = Histogram("solidata_request_seconds", "Time to answer, by route", ["route"])


#: A method that nobody offers must not make a series of its own.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def observe(route: str, method: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    REQUESTS.labels(route, method if method in METHODS else "other", str(status)).inc()
    SECONDS.labels(route).observe(seconds)


def exposition(jobs: dict[str, int], folder: str) -> bytes:
    """All figures of this service in Prometheus' text format; `folder` is where the web processes share theirs."""
    registry = CollectorRegistry()
    if folder:
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    gauge = Gauge("solidata_jobs", "Jobs by state", ["state"], registry=registry)
    for state, count in jobs.items():
        gauge.labels(state).set(count)
    own = b"" if folder else generate_latest(REGISTRY)
    return bytes(generate_latest(registry)) + own
