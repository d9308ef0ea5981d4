"""Visitors: what they send through a door, and the check that every answer is whole."""

import json
import re
import socket
import subprocess
import time
from pathlib import Path

from processes import Failure, wait_for
from service import PAGE, SIZES, sha256

HERE = Path(__file__).resolve().parent
VISITOR = "127.0.0.1"


def run(command, seconds):
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=seconds,
                              stdin=subprocess.DEVNULL, start_new_session=True)
    except subprocess.TimeoutExpired:
        raise Failure(f"{command[0]} was not done within {seconds} s") from None
    if done.returncode != 0:
        raise Failure(f"{command[0]} ended with status {done.returncode}: {done.stderr.strip()[-500:]}")
    return done


def request(door, close=False):
    extra = "Connection: close\r\n" if close else ""
    return f"GET /page HTTP/1.1\r\nHost: {door.host}\r\n{extra}\r\n".encode()


def read_answer(visitor):
    """One answer with a Content-Length: its head and its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += receive(visitor)
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(":", 1) for line in lines[1:])
    if "content-length" not in fields:
        raise ConnectionError(f"an answer without Content-Length: {lines[0]}")
    while len(body) < int(fields["content-length"]):
        body += receive(visitor)
    return head, body


def receive(visitor):
    data = visitor.recv(65536)
    if not data:
        raise ConnectionError("closed within an answer")
    return data


def connect(door):
    visitor = socket.create_connection((VISITOR, door.port), 10)
    visitor.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return visitor


def get_page(door, close=False):
    """How long the whole answer is."""
    with connect(door) as visitor:
        visitor.sendall(request(door, close))
        head, body = read_answer(visitor)
    if b" 200 " not in head[:20] or body != b"0" * PAGE:
        raise Failure(f"{door.name}: expected the page of {PAGE} bytes, got {len(body)} after {head[:80]!r}")
    return len(head) + 4 + len(body)


def answers(door):
    try:
        return get_page(door)
    except (OSError, Failure):
        return False


def wait_for_answer(door, pause=0.02):
    wait_for(f"a tunnel of {door.name}", lambda: answers(door), door.process, pause=pause)


def first_bytes(door, count):
    """Seconds from connecting until the first byte of the answer, one connection after the other."""
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        with connect(door) as visitor:
            visitor.sendall(request(door, close=True))
            first = visitor.recv(1)
            times.append(time.perf_counter() - begin)
            if first != b"H":
                raise Failure(f"{door.name}: an answer begins with {first!r}")
    return times


def hold(door, count):
    """Connections that had an answer and stay open."""
    visitors = []
    for _ in range(count):
        visitor = connect(door)
        visitors.append(visitor)
        visitor.sendall(request(door))
        read_answer(visitor)
    return visitors


def wrk(door, connections, seconds, close=False):
    """Requests a second and their latency; every answer counted, none with an error, and as long as it should be."""
    length = get_page(door, close)
    command = ["wrk", "-t", 1, "-c", connections, "-d", f"{seconds}s", "--timeout", "30s", "-s", HERE / "wrk.lua",
               "-H", f"Host: {door.host}"]
    if close:
        command += ["-H", "Connection: close"]
    output = run([*command, url(door, "page")], seconds + 30).stdout
    result = json.loads(output.strip().splitlines()[-1])
    if result["errors"] > 0 or result["requests"] == 0:
        raise Failure(f"{door.name}: {result['errors']} errors beside {result['requests']} answers, c {connections}")
    # What the last request of each connection got of its answer counts as bytes too.
    least, most = result["requests"] * length, (result["requests"] + connections) * length
    if not least <= result["bytes"] <= most:
        raise Failure(f"{door.name}: {result['requests']} answers of {length} bytes came as {result['bytes']} bytes")
    return result


def curl(door, transfers, expected, at_once=False):
    """Transfers, each an argument list, at once or on one connection: the seconds of each, and what came on stdout.

    Each is expected to end with a status, bytes down and bytes up; None is any number.
    """
    command = ["curl", "-q", "-sS", "--noproxy", "*", "--max-time", "120", "-H", f"Host: {door.host}", "-H", "Expect:",
               "-w", "%{stderr}done %{urlnum} %{http_code} %{size_download} %{size_upload} %{time_total}\\n"]
    if at_once:
        command += ["-Z", "--parallel-immediate", "--parallel-max", len(transfers)]
    for arguments in transfers:
        command += arguments
    done = run(command, 150)
    # With -Z a progress meter comes among them, and the order is any.
    lines = re.findall(r"done (\d+) (\d+) (\d+) (\d+) ([\d.]+)$", done.stderr, re.MULTILINE)
    if len(lines) != len(transfers):
        raise Failure(f"{door.name}: {len(lines)} of {len(transfers)} transfers ended: {done.stderr[-500:]}")
    seconds = {}
    for line in lines:
        number, *got = [int(word) for word in line[:4]]
        if any(want is not None and want != have for want, have in zip(expected[number], got)):
            raise Failure(f"{door.name}: expected (status, bytes down, bytes up) {expected[number]}, got {got}")
        seconds[number] = float(line[4])
    return [seconds[number] for number in sorted(seconds)], done.stdout


def url(door, path):
    return f"http://{VISITOR}:{door.port}/{path}"


def download(door, names, at_once=False):
    """Whole downloads: the seconds of each."""
    transfers = [["-o", "/dev/null", url(door, name)] for name in names]
    seconds, _ = curl(door, transfers, [(200, SIZES[name], 0) for name in names], at_once)
    return seconds


def upload(door, service, names, at_once=False):
    """Uploads, of which the service says how much came in: the seconds of each."""
    transfers = [["-T", service.file(name), url(door, "sink")] for name in names]
    seconds, came = curl(door, transfers, [(200, None, SIZES[name]) for name in names], at_once)
    # What it says counts the head of the request too.
    for name, length in zip(sorted(names, key=SIZES.get), sorted(int(word) for word in came.split())):
        if not SIZES[name] < length < SIZES[name] + 2000:
            raise Failure(f"{door.name}: an upload of {SIZES[name]} bytes came as a request of {length}")
    return seconds


def same_bytes(door, service):
    """One transfer each way, compared by SHA-256."""
    digest = service.digest("part")
    mine = service.directory / "came"
    curl(door, [["-o", mine, url(door, "part")]], [(200, SIZES["part"], 0)])
    came = sha256(mine)
    if came != digest:
        raise Failure(f"{door.name}: a download has SHA-256 {came}, expected {digest}")
    curl(door, [["-T", service.file("part"), url(door, "store/part")]], [(201, None, SIZES["part"])])
    came = service.take_stored("part")
    if came != digest:
        raise Failure(f"{door.name}: an upload has SHA-256 {came}, expected {digest}")
