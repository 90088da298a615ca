"""How the answers of a running service are timed, and what its processes take."""

from __future__ import annotations

import http.client
import re
import statistics
import threading
import time
from pathlib import Path
from urllib.parse import quote

from asking import CONNECTIONS, Ask, Service


def timed(service: Service, asks: list[Ask], seconds: float) -> str:
    """p50 / p99 / requests per second. What is answered by an error is told as that."""
    one = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
    half = max(1, len(asks) // 2)
    took, wrong, until = [], 0, time.monotonic() + 4 * seconds
    for ask in asks[:half]:
        begun = time.perf_counter()
        status = _ask(one, ask)
        took.append((time.perf_counter() - begun) * 1000)
        wrong += status >= 400
        if time.monotonic() > until:
            break
    one.close()
    if wrong:
        return f"{wrong} of {len(took)} refused"
    took.sort()
    p99 = took[min(len(took) - 1, int(len(took) * 0.99))]
    return f"{statistics.median(took):.1f} / {p99:.1f} / {_rate(service, asks[half:] or asks, seconds):.0f}"


def _rate(service: Service, asks: list[Ask], seconds: float) -> float:
    """Requests per second of eight connections, each in turn with its own part of the questions."""
    done, until, began = [0] * CONNECTIONS, time.monotonic() + seconds, time.monotonic()

    def work(n: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
        mine = asks[n::CONNECTIONS] or asks
        while time.monotonic() < until:
            _ask(connection, mine[done[n] % len(mine)])
            done[n] += 1

    threads = [threading.Thread(target=work, args=(n,)) for n in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.monotonic() - began)


def _ask(connection: http.client.HTTPConnection, ask: Ask) -> int:
    body = ask.body.encode() if ask.body is not None else None
    connection.request(ask.method, quote(ask.path, safe="/?&=%:+,;()!*'@$-._~[]"), body, ask.headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def downloaded(service: Service) -> str:
    """How fast a whole table comes, how soon it begins, and the most memory that took."""
    assert service.download is not None
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=600)
    ask, begun, size, first = service.download, time.perf_counter(), 0, 0.0
    connection.request(ask.method, ask.path, ask.body.encode() if ask.body else None, ask.headers)
    answer = connection.getresponse()
    while chunk := answer.read(1 << 16):
        first = first or time.perf_counter() - begun
        size += len(chunk)
    speed = size / 1e6 / (time.perf_counter() - begun)
    return f"{speed:.0f} MB/s, first byte {first * 1000:.0f} ms, {peak(service.process.pid)} MB RSS"


def peak(pid: int) -> int:
    """The largest peak of a process and those below it, in MB."""
    found = []
    for one in [pid, *below(pid)]:
        try:
            status = Path(f"/proc/{one}/status").read_text()
        except OSError:
            continue
        peak = re.search(r"VmHWM:\s+(\d+)", status)
        found += [int(peak[1]) // 1024] if (peak and b"gunicorn" in _command(one)) or one == pid else []
    return max(found, default=0)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def below(pid: int) -> list[int]:
    """The processes that a process began, and those that they began."""
    try:
        children = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [*children, *(one for child in children for one in below(child))]


def memory(pid: int) -> tuple[int, int]:
    """Of a process and all below it: how many there are, and their memory in MB; what they share counts once."""
    shares = []
    for one in [pid, *below(pid)]:
        try:
            found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{one}/smaps_rollup").read_text(), re.MULTILINE)
        except OSError:
            continue
        shares.append(int(found[1]) / 1024 if found else 0)
    return len(shares), round(sum(shares))


def handles(pid: int) -> int:
    """The most files that one process of a service has open."""
    return max(len(list(Path(f"/proc/{one}/fd").iterdir())) for one in [pid, *below(pid)])
