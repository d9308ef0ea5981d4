"""Measures relay beside its peers: everybody's servers and tunnels run at once, and are loaded one after the other."""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import arguments
import load
import machine
import report
import smoke
from helpers import Helper
from peers import RELAY, SSHD, find_programs
from processes import Failure, Processes, end_by_signal, ignore_signals
from progress import Progress
from service import Service
from tunnels import Server, host_key

# Per door, before the first round: as many seconds of requests on kept connections, as many of one connection a request,
# and as many transfers each way.
# JVMs compile while they serve: 100,000 requests and some gigabytes until nothing gets faster any more.
WARM_JVM = (8, 6, 5)
WARM_OTHERS = (1, 1, 1)
WARM = " and ".join(
    f"each door of {who} for {kept + new} s of requests and {transfers * 2 * 256 + 128} MB"
    for who, (kept, new, transfers) in (("a JVM", WARM_JVM), ("another", WARM_OTHERS)))


class Bench:
    def __init__(self, processes, progress, seconds):
        self.processes, self.progress, self.seconds = processes, progress, seconds
        self.service = Service(processes)
        self.servers = []
        self.doors = {}  # slot -> list
        self.problems = []
        self.loader = None

    def start(self, peers):
        keys = self.processes.directory / "keys"
        (keys / "public").mkdir(parents=True)
        host_key(keys / "bench")
        shutil.move(keys / "bench.pub", keys / "public" / "bench.pub")
        self.service.start()
        for peer, paths in peers:
            self.progress.step(f"starting {peer.name}")
            with self.problem_noted():
                server = Server(peer, paths, self.processes, self.service.port)
                server.start()
                self.servers.append(server)

    def open(self, slots):
        for server in self.servers:
            for client in server.peer.clients:
                for slot in slots:
                    for http in (False, True):
                        if client.http if http else client.tcp:
                            self.progress.step("opening tunnels", f"{client.name} {slot}")
                            with self.problem_noted():
                                self.doors.setdefault(slot, []).append(server.tunnel(client, slot, http))

    def sessions(self):
        """The one process that holds all sessions of the login and idle cases."""
        if self.loader is None:
            self.loader = Helper(self.processes, "Sessions.java", self.processes.directory / "keys" / "bench")
        return self.loader

    def warm_up(self):
        for door in self.doors.get("main", []):
            self.progress.step("warming up", door.name)
            kept, new, transfers = WARM_JVM if door.server.peer.jvm else WARM_OTHERS
            with self.problem_noted():
                load.same_bytes(door, self.service)
                load.wrk(door, 32, kept)
                load.wrk(door, 16, new, close=True)
                for _ in range(transfers):
                    load.download(door, ["large"], 1)
                    load.upload(door, self.service, ["large"], 1)
                load.same_bytes(door, self.service)

    def problem_noted(self):
        return Noted(self)

    def columns(self, case):
        """Whom a case measures: servers, where it has no client column, else doors."""
        if case.once:
            return [server for server in self.servers if server.peer.logins]
        return [door for door in self.doors.get(case.slot, []) if case.http or not door.http]

    def measure(self, cases, rounds):
        """case name -> column name -> round -> values"""
        results = {case.name: {column.name: {} for column in self.columns(case)} for case in cases}
        for number in range(rounds):
            for case in cases:
                if case.once and number > 0:
                    continue
                columns = self.columns(case)
                turn = number % max(1, len(columns))
                for column in columns[turn:] + columns[:turn]:
                    self.progress.step(f"round {number + 1} of {rounds}: {case.name}", column.name)
                    with self.problem_noted():
                        results[case.name][column.name][number] = case.measure(self, column)
        return results


class Noted:
    """A measurement that fails is told, and counts in the exit status; the others go on."""

    def __init__(self, bench):
        self.bench = bench

    def __enter__(self):
        return self

    def __exit__(self, kind, problem, trace):
        if not isinstance(problem, (Failure, OSError)):
            return False
        text = f"{self.bench.progress.last}: {problem}"
        self.bench.problems.append(text)
        self.bench.progress.say(f"FAILED {text}")
        return True


def compare(bench, options):
    bench.start([(RELAY, {}), (SSHD, find_programs(SSHD, None)), *options.against])
    bench.open({case.slot for case in options.cases if not case.once})
    about = machine.describe()
    bench.warm_up()
    results = bench.measure(options.cases, options.rounds)
    bench.progress.clear()
    for line in report.header(about, options, [server.peer for server in bench.servers], WARM):
        print(line)
    for case in options.cases:
        print()
        for line in report.table(case, results[case.name], sys.stdout.isatty() and "NO_COLOR" not in os.environ):
            print(line)
    if options.json:
        options.json.write_text(json.dumps(report.figures(about, options, results, bench.problems), indent=1) + "\n")


def main():
    options = arguments.parse()
    end_by_signal()
    processes = Processes(Path(tempfile.mkdtemp(prefix="relay-bench-")))
    bench = Bench(processes, Progress(), options.seconds)
    try:
        if options.smoke:
            smoke.check(bench)
        else:
            compare(bench, options)
    except KeyboardInterrupt:
        bench.progress.say("stopped")
        return 130
    except (Failure, OSError) as failure:
        bench.progress.say(f"run: {failure}")
        return 1
    finally:
        ignore_signals()
        bench.progress.clear()
        processes.stop_all()
        shutil.rmtree(processes.directory)
    if bench.problems:
        print(f"run: {len(bench.problems)} failed, see above", file=sys.stderr)
    return 1 if bench.problems else 0


sys.exit(main())
