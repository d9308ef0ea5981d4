"""Cases without a client column, which run once: logins, and tunnels that idle."""

import os
import re
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from processes import Failure, cpu_seconds, free_port, memory_bytes, thread_count, tree, wait_for
from tunnels import DIRECT, Server

PARALLEL_LOGINS = 8
LOGIN_SECONDS = 5
# As before the other rates: a JVM compiles the handshake meanwhile.
LOGIN_WARM_UP = {True: 15, False: 2}
# Each keepalive interval of 15 s asks every tunnel once.
IDLE_SECONDS = 15
# What logins leave to be compiled and collected is not a part of being idle.
SETTLE_SECONDS = 15


def logins(bench, server):
    """Sessions a second, the server's CPU for each, and the load's own."""
    words = (DIRECT, server.entry, server.words["user"], PARALLEL_LOGINS)
    bench.sessions().ask("login", *words, LOGIN_WARM_UP[server.peer.jvm])
    settled = children(server)
    before = cpu_seconds(server.process.pid)
    answer = bench.sessions().ask("login", *words, LOGIN_SECONDS)
    # What a server does after the end of a session is a part of its cost.
    wait_for("the end of the sessions", lambda: children(server) <= settled, server.process)
    time.sleep(0.3)
    cpu = cpu_seconds(server.process.pid) - before
    count = answer["logins"]
    return count / answer["seconds"], cpu * 1e3 / count, answer["cpu"] * 1e3 / count


def children(server):
    return len(tree(server.process.pid))


def idle(count):
    def measure(bench, server):
        with fresh(bench, server) as alone:
            pid = alone.process.pid
            empty = memory_bytes(pid)
            bench.sessions().ask("open", DIRECT, alone.entry, alone.words["user"], 1)
            first_heap = live_heap_bytes(pid) if alone.peer.jvm else None
            if count > 1:
                bench.sessions().ask("open", DIRECT, alone.entry, alone.words["user"], count - 1, seconds=600)
            time.sleep(SETTLE_SECONDS)
            cpu, begin = cpu_seconds(pid), time.monotonic()
            time.sleep(IDLE_SECONDS)
            cpu = (cpu_seconds(pid) - cpu) / (time.monotonic() - begin)
            full = memory_bytes(pid)
            heap = (live_heap_bytes(pid) - first_heap) / (count - 1) if alone.peer.jvm and count > 1 else None
            threads = thread_count(pid)
            lost = bench.sessions().ask("close")["lost"]
            if lost:
                raise Failure(f"{alone.peer.name}: lost {lost} of {count} idle tunnels")
            # One tunnel costs what the first needs of classes and the like.
            each = (full - empty) / count / 1e3 if count > 1 else None
            return (full / 1e6, each, None if heap is None else heap / 1e3, cpu * 100, threads)
    return measure


@contextmanager
def fresh(bench, server):
    """A server like this one that has not served anybody yet."""
    alone = Server(server.peer, server.paths, bench.processes, bench.service.port, f"-idle{free_port()}")
    alone.start()
    try:
        yield alone
    finally:
        alone.stop()


def jcmd(pid, *words):
    return subprocess.run([Path(os.environ["JAVA_HOME"]) / "bin" / "jcmd", str(pid), *words], check=True, text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, start_new_session=True).stdout


def live_heap_bytes(pid):
    """What is on a JVM's heap after a full collection: the histogram makes one, and counts the living only."""
    return int(re.search(r"^Total +\d+ +(\d+)", jcmd(pid, "GC.class_histogram"), re.MULTILINE)[1])
