"""Servers that run, the tunnels through them, and the addresses where visitors come in."""

import getpass
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import load
from peers import SLOTS
from processes import accepts, free_port, wait_for

# Where clients find a server: directly, or at the near end of the slow line.
DIRECT, SLOW = "127.0.0.1", "127.0.0.2"
ROUND_TRIP_MS = 40


@dataclass(frozen=True)
class Door:
    """Where visitors come in to one tunnel."""

    name: str
    port: int
    host: str  # what they say in Host
    http: bool  # by the HTTP edge
    server: object
    client: object
    process: object  # the client's


def host_key(file):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f", file], check=True)


class Server:
    """A server of a peer, with the tunnels that its clients keep open through it."""

    def __init__(self, peer, paths, processes, service_port, label=""):
        self.peer, self.paths, self.processes = peer, paths, processes
        self.directory = processes.directory / f"{peer.name}{label}"
        self.entry = peer.entry or free_port()
        self.http = free_port()
        self.ports = {slot: free_port() for slot in SLOTS}
        self.words = {
            "entry": self.entry,
            "http": self.http,
            "key": processes.directory / "keys" / "bench",
            "keys": processes.directory / "keys" / "public",
            "user": getpass.getuser(),
            "service": service_port,
            **paths,
        }
        self.slow_line = None

    @property
    def name(self):
        return self.peer.name

    def start(self):
        self.directory.mkdir()
        host_key(self.directory / "host-key")
        words = {**self.words, **self.ports, "dir": self.directory}
        write_files(self.directory, self.peer.files, words)
        self.process = self.processes.start(self.peer.name, shlex.split(self.peer.server.format(**words)))
        wait_for(f"the server {self.peer.name}", lambda: accepts(DIRECT, self.entry), self.process)

    def stop(self):
        self.processes.stop(self.process)

    def slow(self):
        """Lays the slow line to this server, once."""
        if self.slow_line is None:
            delay = Path(__file__).with_name("delay.py")
            self.slow_line = self.processes.start(
                "delay", [sys.executable, delay, DIRECT, self.entry, ROUND_TRIP_MS, SLOW, self.entry])
            wait_for("the slow line", lambda: self.slow_line.output(), self.slow_line)

    def open(self, client, slot, http):
        """Starts a client: gives the door of its tunnel, which may not be open yet."""
        if slot == "rtt":
            self.slow()
        edge = "http" if http else "tcp"
        directory = self.directory / f"{client.name.replace('/', '-')}-{slot}-{edge}"
        directory.mkdir(exist_ok=True)
        port = self.ports[slot] if self.peer.fixed_ports() else free_port()
        name = f"bench-{free_port()}"
        words = {**self.words, "dir": directory, "slot": slot, "public": port, "name": name,
                 "to": SLOW if slot == "rtt" else DIRECT}
        write_files(directory, client.files, words)
        environment = {key: value.format(**words) for key, value in client.environment.items()}
        command = shlex.split((client.http if http else client.tcp).format(**words))
        process = self.processes.start(f"{client.name}-{slot}-{edge}", command, environment)
        title = f"{client.name} HTTP" if http else client.name
        host = f"{name}.localhost" if http else "localhost"
        return Door(title, self.http if http else port, host, http, self, client, process)

    def tunnel(self, client, slot, http):
        """A tunnel that works."""
        door = self.open(client, slot, http)
        load.wait_for_answer(door)
        return door


def write_files(directory, files, words):
    for name, text in files.items():
        (directory / name).write_text(text.format(**words))
