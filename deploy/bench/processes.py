"""Child processes: started with their output in a file, measured through /proc, ended in the opposite order."""

import os
import random
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    """Something that the measurements need does not work; the message is for the user."""


class Process:
    def __init__(self, name, popen, log):
        self.name = name
        self.popen = popen
        self.pid = popen.pid
        self.log = log

    def alive(self):
        return self.popen.poll() is None

    def output(self):
        return self.log.read_text(errors="replace")


class Processes:
    """Those that a run started, and ends when it ends itself: those and no others."""

    def __init__(self, directory):
        self.directory = directory
        self.running = []
        self.started = 0

    def start(self, name, command, environment=None):
        """Starts a program whose standard input stays open, and empty, until it is stopped."""
        self.started += 1
        log = self.directory / f"{self.started:03}-{name.replace('/', '-')}.log"
        variables = {k: v for k, v in os.environ.items() if k not in ("SSH_AUTH_SOCK", "DISPLAY")}
        variables["LC_ALL"] = "C.UTF-8"
        variables.update(environment or {})
        with open(log, "wb") as out:
            # A session of its own: Ctrl-C reaches the run alone, which ends the others in order.
            popen = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT,
                env=variables, cwd=self.directory, start_new_session=True)
        process = Process(name, popen, log)
        self.running.append(process)
        return process

    def stop(self, process, patience=15):
        if process in self.running:
            self.running.remove(process)
        if process.alive():
            process.popen.terminate()
            try:
                process.popen.wait(patience)
            except subprocess.TimeoutExpired:
                process.popen.kill()
                process.popen.wait()
        process.popen.stdin.close()

    def stop_all(self):
        for process in reversed(list(self.running)):
            self.stop(process)


def wait_for(what, condition, process=None, seconds=30, pause=0.02):
    """Waits until the condition is true, and gives its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if process is not None and not process.alive():
            status = process.popen.returncode
            raise Failure(f"{what}: {process.name} ended with status {status}\n{process.output()[-2000:]}")
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {seconds} s\n{process.output()[-2000:] if process else ''}")
        time.sleep(pause)


# Below the ports that the kernel gives to outgoing connections, which may be taken at any moment.
_given = set(range(20000, 30000))


def free_port():
    """A port of this machine that is free, and was not given before."""
    while _given:
        port = random.choice(tuple(_given))
        _given.discard(port)
        with socket.socket() as test:
            try:
                test.bind(("", port))
                return port
            except OSError:
                continue
    raise Failure("no free port between 20000 and 29999")


def accepts(host, port):
    try:
        socket.create_connection((host, port), 1).close()
        return True
    except OSError:
        return False


def tree(pid):
    """The statistics of a process and of all that descend from it: a list of (pid, fields of /proc/PID/stat)."""
    children, statistics = {}, {}
    for directory in Path("/proc").iterdir():
        if not directory.name.isdigit():
            continue
        try:
            text = (directory / "stat").read_text()
        except OSError:
            continue  # it has ended
        # The name, in brackets, may hold anything; the field after it is the third.
        fields = text[text.rindex(")") + 2:].split()
        statistics[int(directory.name)] = fields
        children.setdefault(int(fields[1]), []).append(int(directory.name))
    found, waiting = [], [pid]
    while waiting:
        each = waiting.pop()
        if each in statistics:
            found.append((each, statistics[each]))
            waiting.extend(children.get(each, []))
    return found


def cpu_seconds(pid):
    """User and system time of a process and all its descendants, also of those that have ended and were waited for."""
    return sum(int(ticks) for _, fields in tree(pid) for ticks in fields[11:15]) / TICKS


def memory_bytes(pid):
    """Proportional set size of a process and its descendants: pages that several share count once."""
    total = 0
    for each, _ in tree(pid):
        try:
            text = Path(f"/proc/{each}/smaps_rollup").read_text()
            total += 1024 * int(re.search(r"^Pss: +(\d+) kB", text, re.MULTILINE)[1])
        except (OSError, TypeError):
            continue
    return total


def thread_count(pid):
    return sum(int(fields[17]) for _, fields in tree(pid))


def descriptor_count(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def end_by_signal():
    """Makes a polite signal end the run as Ctrl-C does, with everything cleaned up."""
    def end(number, frame):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)


def ignore_signals():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
