"""What is not noisy, each with a limit: threads, heap, descriptors and allocations of the relay."""

import os

import load
import once
from helpers import Helper
from peers import RELAY
from processes import Failure, descriptor_count, thread_count, wait_for
from service import SIZES

TUNNELS = 200
# The loops, and what a JVM starts for its collector and compilers, grow with the cores. What grows with tunnels or
# visitors goes past it at once.
THREADS = 30 + 4 * os.cpu_count()
HEAP_PER_TUNNEL = 25_000
# Caches fill up; an object of 100 bytes left over by each of some thousand channels goes past it.
HEAP_LEFT = 300_000
ALLOCATED_PER_REQUEST = {False: 5_000, True: 13_000}  # by the TCP edge, by the HTTP edge
ALLOCATED_PER_KB = 100
REQUESTS = 5_000  # that the channels they go by, and whatever else the server does meanwhile, are shared by


def check(bench):
    bench.start([(RELAY, {})])
    bench.open(["main"])
    if bench.problems:
        return
    server = bench.servers[0]
    doors = bench.doors["main"]
    pid = server.process.pid
    for door in doors:
        bench.progress.step("whole answers", door.name)
        load.same_bytes(door, bench.service)
        load.wrk(door, 32, 1)
        load.wrk(door, 16, 1, close=True)

    watched = {"server": server.process} | {
        f"client of {door.name}": door.process for door in doors if door.client.name == "relay/relay"}
    bench.progress.step("waiting until nothing is kept for a next visitor")
    heap = once.live_heap_bytes(pid)  # before descriptors are counted: asked for the first time, a JVM opens one for it
    quiet = at_rest(watched)
    opened = 0
    for door in doors:
        bench.progress.step("channels that come and go", door.name)
        opened += load.wrk(door, 16, 1, close=True)["requests"]
    for name, process in watched.items():
        judge(bench, f"descriptors left by {opened:,} visitors, {name}", left(process, quiet[name]), 0)
    judge(bench, f"heap left by {opened:,} visitors, bytes", once.live_heap_bytes(pid) - heap, HEAP_LEFT)
    for name, process in watched.items():
        judge(bench, f"threads, {name}", thread_count(process.pid), THREADS)

    bench.progress.step("idle tunnels")
    where = (once.DIRECT, server.entry, server.words["user"])
    bench.sessions().ask("open", *where, 1)
    heap = once.live_heap_bytes(pid)
    bench.sessions().ask("open", *where, TUNNELS)
    judge(bench, f"heap of an idle tunnel, {TUNNELS} of them, bytes", (once.live_heap_bytes(pid) - heap) / TUNNELS,
          HEAP_PER_TUNNEL)
    judge(bench, f"threads with {TUNNELS} idle tunnels", thread_count(pid), THREADS)
    judge(bench, "idle tunnels lost", bench.sessions().ask("close")["lost"], 0)
    judge(bench, f"descriptors left by {TUNNELS} tunnels", left(server.process, quiet["server"]), 0)

    allocated = Helper(bench.processes, "Allocated.java", pid)
    for door in doors:
        if door.client.name == "relay/ssh":
            bench.progress.step("allocations", door.name)
            before = allocated.ask("bytes")
            requests = 0
            while requests < REQUESTS:
                requests += load.wrk(door, 8, 1)["requests"]
            judge(bench, f"bytes allocated for a request, {door.name}", (allocated.ask("bytes") - before) / requests,
                  ALLOCATED_PER_REQUEST[door.http])
            before = allocated.ask("bytes")
            load.download(door, ["large"])
            judge(bench, f"bytes allocated for a downloaded KB, {door.name}",
                  (allocated.ask("bytes") - before) / (SIZES["large"] / 1000), ALLOCATED_PER_KB)


def judge(bench, what, value, most):
    good = value <= most
    print(f"{'ok    ' if good else 'BROKEN'}  {what}: {value:,.0f}, at most {most:,.0f}", flush=True)
    if not good:
        bench.problems.append(what)


def at_rest(processes):
    """The number of descriptors of each process when it has not changed for three seconds."""
    counts = []

    def same_for_a_while():
        counts.append({name: descriptor_count(process.pid) for name, process in processes.items()})
        return len(counts) > 30 and all(count == counts[-1] for count in counts[-30:])
    wait_for("descriptors at rest", same_for_a_while, pause=0.1)
    return counts[-1]


def left(process, before):
    """How many descriptors more than before stay open, after up to ten seconds."""
    try:
        wait_for("", lambda: descriptor_count(process.pid) <= before, process, 10, pause=0.1)
    except Failure:
        pass
    return descriptor_count(process.pid) - before
