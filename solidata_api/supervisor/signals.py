"""How the owner hears signals: blocked, and taken one by one while it waits, so that none interrupts its work."""

from __future__ import annotations

import signal

_ENDING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


class Stopped(Exception):
    """Somebody asked the service to stop."""


class Signals:
    """SIGTERM, Ctrl-C and a closing terminal stop the service; a second Ctrl-C hurries; SIGCHLD only wakes."""

    def __init__(self) -> None:
        self.stopping = False
        self.in_a_hurry = False
        self._heard = {*_ENDING, signal.SIGCHLD}
        if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
            self._heard.discard(signal.SIGHUP)  # started under nohup, to outlive its terminal
        for number in self._heard:
            # A disposition of "ignore" is inherited, as SIGINT's by what a script starts with `&`.
            signal.signal(number, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_BLOCK, self._heard)

    def wait(self, seconds: float) -> None:
        """Wait, at most `seconds`, for a signal. Raises Stopped at the first that asks for the end."""
        heard = signal.sigtimedwait(self._heard, max(0.0, seconds))
        # Python answers signal 0 when the wait was interrupted, as by Ctrl-Z, and its time was up meanwhile.
        if heard is None or heard.si_signo not in _ENDING:
            return
        if self.stopping:
            self.in_a_hurry = self.in_a_hurry or heard.si_signo == signal.SIGINT
            return
        self.stopping = True
        raise Stopped(signal.Signals(heard.si_signo).name)
