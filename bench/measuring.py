"""How the answers of a running service are timed, and what its processes take."""

from __future__ import annotations

import http.client
import re
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from asking import CONNECTIONS, Ask, Service

HEAVY_CONNECTIONS = 4


def timed(service: Service, asks: list[Ask], seconds: float) -> str:
    """p50 / p99 / requests per second. What is refused is told as that."""
    half = max(1, len(asks) // 2)
    took = _times(service, asks[:half], 4 * seconds)
    if not took:
        return "refused"
    return f"{_spelled(took)} / {_rate(service, asks[half:] or asks, seconds):.0f}"


def beside(service: Service, asks: list[Ask], heavy: list[Ask], seconds: float) -> str:
    """p50 / p99 of one connection while four others ask what is heavy, and how many of that are answered a second."""
    with ThreadPoolExecutor(1) as pool:
        rate = pool.submit(_rate, service, heavy, 4 * seconds, HEAVY_CONNECTIONS)
        time.sleep(seconds / 4)
        took = _times(service, asks, 3 * seconds)
        return f"{_spelled(took)} / – ({rate.result():.0f} heavy a second)"


def _times(service: Service, asks: list[Ask], seconds: float) -> list[float]:
    """How long each took, in ms; of those that are refused, nothing."""
    one = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
    took, until = [], time.monotonic() + seconds
    for ask in asks:
        begun = time.perf_counter()
        if _ask(one, ask) < 400:
            took.append((time.perf_counter() - begun) * 1000)
        if time.monotonic() > until:
            break
    one.close()
    return sorted(took)


def _spelled(took: list[float]) -> str:
    return f"{statistics.median(took):.1f} / {took[min(len(took) - 1, int(len(took) * 0.99))]:.1f}"


def _rate(service: Service, asks: list[Ask], seconds: float, connections: int = CONNECTIONS) -> float:
    """Requests per second of some connections, each in turn with its own part of the questions."""
    done, until, began = [0] * connections, time.monotonic() + seconds, time.monotonic()

    def work(n: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
        mine = asks[n::connections] or asks
        while time.monotonic() < until:
            _ask(connection, mine[done[n] % len(mine)])
            done[n] += 1

    threads = [threading.Thread(target=work, args=(n,)) for n in range(connections)]
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
    """The processes that a process began, in any of its threads, and those that they began."""
    try:
        begun = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    children = [int(one) for told in begun for one in told.split()]
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
