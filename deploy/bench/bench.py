import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import load
import report
from cases import CASES
from peers import PEERS, RELAY, SSHD
from processes import Failure, Processes, end_by_signal, ignore_signals
from service import Service
from tunnels import Server, find_programs, host_key


class Bench:
    def __init__(self, processes, seconds=1):
        self.processes, self.seconds = processes, seconds
        self.service = Service(processes)
        self.doors = {}
        self.servers = []

    def start(self, peers):
        keys = self.processes.directory / "keys"
        (keys / "public").mkdir(parents=True)
        host_key(keys / "bench")
        shutil.move(keys / "bench.pub", keys / "public" / "bench.pub")
        self.service.start()
        for peer, paths in peers:
            server = Server(peer, paths, self.processes, self.service.port)
            server.start()
            self.servers.append(server)

    def open(self, slots):
        for server in self.servers:
            for client in server.peer.clients:
                for slot in slots:
                    for http in (False, True):
                        if client.http if http else client.tcp:
                            self.doors.setdefault(slot, []).append(server.tunnel(client, slot, http))


def main():
    cases = [case for case in CASES if case.name in sys.argv[1].split(",")]
    processes = Processes(Path(tempfile.mkdtemp(prefix="relay-bench-")))
    try:
        bench = Bench(processes)
        bench.start([(RELAY, {}), (SSHD, find_programs(SSHD, None))])
        bench.open({case.slot for case in cases})
        results = {case.name: {door.name: {} for door in bench.doors[case.slot]} for case in cases}
        for number in range(int(sys.argv[2])):
            for case in cases:
                doors = bench.doors[case.slot]
                for door in doors[number % len(doors):] + doors[:number % len(doors)]:
                    print(number, case.name, door.name, file=sys.stderr)
                    results[case.name][door.name][number] = case.measure(bench, door)
        for case in cases:
            print(case.title)
            print("\n".join(report.table(case, results[case.name])))
    finally:
        ignore_signals()
        processes.stop_all()
        shutil.rmtree(processes.directory)
end_by_signal()
main()
