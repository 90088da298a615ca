"""How we start a program and end it: its own process group, and never outliving its parent."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

_PR_SET_PDEATHSIG = 1
# Loaded here and not in the child: between fork and exec nothing may be imported.
_LIBC = ctypes.CDLL(None, use_errno=True)


def start(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    keep: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program in its own process group; the kernel kills it when the thread that starts it ends.

    Call it from the main thread, whose end is the process's own. `keep` are file descriptors handed on.
    """
    return subprocess.Popen(
        list(command),
        env=None if environment is None else dict(environment),
        stdin=subprocess.DEVNULL,
        pass_fds=tuple(keep),
        process_group=0,
        # Unsafe where threads run; ours that start programs have none, and the child calls the kernel only.
        preexec_fn=_dying_with(os.getpid()),  # noqa: PLW1509
    )


def die_with_parent() -> None:
    """Ask the kernel to kill this process as soon as the thread that made it ends.

    SIGKILL, since nothing softer is sure to arrive, and nobody would be left to try again.
    """
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _dying_with(parent: int) -> Callable[[], None]:
    def prepare() -> None:
        die_with_parent()
        # The owner waits for signals with them blocked; a child must hear them.
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if os.getppid() != parent:
            os._exit(1)  # the parent ended before the request above: nobody would ever tell us

    return prepare


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """True once it ended, leaving it unreaped, so that its group's number can't be another's yet."""
    if process.returncode is not None:
        return True
    with suppress(ChildProcessError):
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    return True


def end_group(process: subprocess.Popen[bytes]) -> int:
    """Kill what is left of its group, reap it, and answer its exit status (negative: the signal)."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def stop(process: subprocess.Popen[bytes], seconds: float) -> int:
    """Ask it to end with SIGTERM; after `seconds` kill it. Its group ends with it either way."""
    if not has_ended(process):
        handle = os.pidfd_open(process.pid)
        ask_to_end(process)
        select.select([handle], [], [], seconds)
        os.close(handle)
    return end_group(process)


def ask_to_end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM for its main thread, without the reaping that Popen's own `terminate` does on the way.

    Sent to the process, any thread of it that is awake may take the signal; a Python program whose main thread
    sleeps on a lock, as the embedded database's does, then never hears of it.
    """
    if not has_ended(process):
        _LIBC.tgkill(process.pid, process.pid, signal.SIGTERM)
