"""What is measured. A case gives, for one door, a figure for each of its headings."""

import statistics
import time
from dataclasses import dataclass

import load
import once
from processes import cpu_seconds
from service import SIZES


@dataclass(frozen=True)
class Figure:
    heading: str
    more_is_better: bool
    digits: int


RATE = Figure("requests/s", True, 0)
P50 = Figure("p50 ms", False, 3)
P99 = Figure("p99 ms", False, 3)
CPU_REQUEST = Figure("server CPU µs/request", False, 1)
SPEED = Figure("MB/s", True, 0)
CPU_BYTE = Figure("server CPU s/GB", False, 2)
SLOW_LINE = (Figure("MB/s first 32 MB", True, 0), Figure("MB/s next 64 MB", True, 0), CPU_BYTE)
TIME = Figure("ms", False, 2)
LOGINS = (Figure("logins/s", True, 0), Figure("server CPU ms/login", False, 2), Figure("load CPU ms/login", False, 2))
IDLE = (Figure("memory MB", False, 1), Figure("KB/tunnel", False, 1), Figure("heap KB/tunnel", False, 1),
        Figure("CPU % of a core", False, 1), Figure("threads", False, 0))


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    figures: tuple
    measure: object  # (bench, door) -> a value for each of the figures; of a case that runs once, (bench, server)
    slot: str = "main"
    gcm: bool = False  # judged against X-gcm alone, not against the better X
    once: bool = False  # of servers that ssh can log in to, without a client column
    named_only: bool = False
    http: bool = True  # through the HTTP edge as well


def keep_alive(connections, close=False):
    def measure(bench, door):
        before = cpu_seconds(door.server.process.pid)
        result = load.wrk(door, connections, bench.seconds, close)
        cpu = cpu_seconds(door.server.process.pid) - before
        rate, cpu_each = result["requests"] / result["seconds"], cpu * 1e6 / result["requests"]
        # wrk's latency begins when the connection stands, so it says little where each request has its own.
        return (rate, cpu_each) if close else (rate, result["p50"] / 1e3, result["p99"] / 1e3, cpu_each)
    return measure


def transfers(bench, door, down, names, at_once):
    """The seconds of each transfer, and the server's CPU for a GB."""
    before = cpu_seconds(door.server.process.pid)
    seconds = load.download(door, names, at_once) if down else load.upload(door, bench.service, names, at_once)
    cpu = cpu_seconds(door.server.process.pid) - before
    return seconds, cpu / (sum(SIZES[name] for name in names) / 1e9)


def bulk(down, name, streams):
    def measure(bench, door):
        seconds, cpu = transfers(bench, door, down, [name] * streams, at_once=True)
        return SIZES[name] * streams / max(seconds) / 1e6, cpu
    return measure


def slow_line(down):
    """Two transfers on one connection: windows that grow do so in the first."""
    names = ["part", "slow"]

    def measure(bench, door):
        seconds, cpu = transfers(bench, door, down, names, at_once=False)
        return (*(SIZES[name] / each / 1e6 for name, each in zip(names, seconds)), cpu)
    return measure


def first_byte(count):
    def measure(bench, door):
        return (statistics.median(load.first_bytes(door, count)) * 1e3,)
    return measure


def one_busy(idle):
    def measure(bench, door):
        visitors = load.hold(door, idle)
        try:
            result = load.wrk(door, 1, bench.seconds)
        finally:
            for visitor in visitors:
                visitor.close()
        return result["requests"] / result["seconds"], result["p50"] / 1e3, result["p99"] / 1e3
    return measure


def start(bench, door):
    """From starting a client until its tunnel gives the first whole answer."""
    begin = time.monotonic()
    new = door.server.open(door.client, "start", door.http)
    try:
        # Asked more often, an HTTP edge would be busy with refusing.
        load.wait_for_answer(new, pause=0.005)
        return ((time.monotonic() - begin) * 1e3,)
    finally:
        bench.processes.stop(new.process)


def idle_case(count, named_only=False):
    title = f"{count:,} idle tunnel{'s' if count > 1 else ''} in a fresh server"
    return Case(f"idle{count}", title, IDLE, once.idle(count), once=True, named_only=named_only)


def requests_case(connections):
    return Case(f"c{connections}", f"keep-alive requests, {connections} connection{'s' if connections > 1 else ''}",
                (RATE, P50, P99, CPU_REQUEST), keep_alive(connections))


CASES = [
    Case("down", "download, 1 stream", (SPEED, CPU_BYTE), bulk(True, "large", 1), gcm=True),
    Case("down8", "download, 8 streams", (SPEED, CPU_BYTE), bulk(True, "part", 8), gcm=True),
    Case("up", "upload, 1 stream", (SPEED, CPU_BYTE), bulk(False, "large", 1), gcm=True),
    Case("up8", "upload, 8 streams", (SPEED, CPU_BYTE), bulk(False, "part", 8), gcm=True),
    requests_case(1),
    requests_case(32),
    requests_case(128),
    Case("new16", "one connection a request, 16 at once", (RATE, CPU_REQUEST), keep_alive(16, close=True)),
    Case("connect", "from connect to the first byte", (TIME,), first_byte(100)),
    Case("busy130", "one busy visitor beside 130 idle ones", (RATE, P50, P99), one_busy(130)),
    Case("rtt-down", "download at 40 ms round trip", SLOW_LINE, slow_line(True), slot="rtt", http=False),
    Case("rtt-up", "upload at 40 ms round trip", SLOW_LINE, slow_line(False), slot="rtt", http=False),
    Case("rtt-connect", "from connect to the first byte at 40 ms round trip", (TIME,), first_byte(8), slot="rtt"),
    Case("start", "start of a client until the first answer", (TIME,), start),
    Case("logins", f"logins, {once.PARALLEL_LOGINS} at once", LOGINS, once.logins, once=True),
    idle_case(1),
    idle_case(500),
    idle_case(5000, named_only=True),
]
