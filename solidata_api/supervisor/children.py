"""A program that the owner keeps running: started again when it dies, given up when it can't stay up."""

from __future__ import annotations

import logging
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from solidata_api import processes
from solidata_api.supervisor.folder import CannotRun
from solidata_api.supervisor.signals import Signals

log = logging.getLogger(__name__)

#: A life shorter than this is a quick death; so many of them in a row and the owner gives up.
QUICK_SECONDS = 10.0
QUICK_DEATHS = 5
_FIRST_DELAY = 0.2
_LONGEST_DELAY = 5.0
_HURRIED_SECONDS = 1.0


@dataclass
class Restarts:
    """Counts quick deaths in a row and says how long to wait before the next start."""

    quick_deaths: int = 0

    def delay_after(self, lived_seconds: float) -> float | None:
        """Seconds until the next start, or None: give up."""
        self.quick_deaths = self.quick_deaths + 1 if lived_seconds < QUICK_SECONDS else 0
        if self.quick_deaths >= QUICK_DEATHS:
            return None
        return min(_FIRST_DELAY * 2.0**self.quick_deaths, _LONGEST_DELAY)


@dataclass
class Child:
    """One child. `start` may raise one of `failures`, which at the first start ends the whole run;
    `hasten` is called again and again while it ends."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    stop_seconds: float
    failures: tuple[type[Exception], ...] = ()
    hasten: Callable[[], None] = lambda: None
    process: subprocess.Popen[bytes] | None = None
    restarts: Restarts = field(default_factory=Restarts)
    _started: float = 0.0
    _due: float = 0.0
    _runs_before: bool = False

    def tend(self) -> None:
        """Start it when it is due, notice when it died. Raises CannotRun when it can't stay up."""
        if self.process is not None and processes.has_ended(self.process):
            status = processes.end_group(self.process)
            self.process = None
            self._died(_describe(status))
        if self.process is None and time.monotonic() >= self._due:
            self._start()

    def stop(self, signals: Signals) -> None:
        """Ask it to end and wait for that; kill it when its time is up, which in a hurry is soon."""
        if self.process is None:
            return
        processes.ask_to_end(self.process)
        began = time.monotonic()
        while not processes.has_ended(self.process):
            if time.monotonic() - began > (_HURRIED_SECONDS if signals.in_a_hurry else self.stop_seconds):
                break
            self.hasten()
            signals.wait(0.05)
        status = processes.end_group(self.process)
        self.process = None
        log.info("the %s stopped %s in %.1f s", self.name, _describe(status), time.monotonic() - began)

    def _start(self) -> None:
        self._started = time.monotonic()
        try:
            self.process = self.start()
        except self.failures as error:
            if not self._runs_before:
                raise CannotRun(str(error)) from error
            self._died(str(error))
        self._runs_before = True

    def _died(self, how: str) -> None:
        lived = time.monotonic() - self._started
        delay = self.restarts.delay_after(lived)
        if delay is None:
            raise CannotRun(f"the {self.name} can't stay up: {QUICK_DEATHS} quick deaths in a row, the last {how}")
        log.warning("the %s ended %s after %.1f s; it starts again in %.1f s", self.name, how, lived, delay)
        self._due = time.monotonic() + delay


def _describe(status: int) -> str:
    return f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
