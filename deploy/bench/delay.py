"""A line with a round trip of 40 ms: python3 delay.py HOST PORT MILLISECONDS prints the port that leads there.

In user space, since netem needs root and a kernel that has it. TCP's own windows are not stretched by it: what is
measured is how the programs' own windows and round trips cope.
"""

import collections
import socket
import sys
import threading
import time

# More than any window times two, so that the line itself never is the limit at 40 ms.
MAX_HELD = 128 << 20


class Direction:
    """Bytes that were read at one time are written half a round trip later."""

    def __init__(self, source, target, delay, not_before):
        self.source, self.target, self.delay, self.not_before = source, target, delay, not_before
        self.queue = collections.deque()
        self.held = 0
        self.changed = threading.Condition()

    def start(self):
        for step in (self.read, self.write):
            threading.Thread(target=step, daemon=True).start()

    def read(self):
        data = b"-"
        while data:
            try:
                data = self.source.recv(1 << 18)
            except OSError:
                data = b""
            due = max(time.monotonic(), self.not_before) + self.delay
            with self.changed:
                self.queue.append((due, data))
                self.held += len(data)
                self.changed.notify_all()
                self.changed.wait_for(lambda: self.held < MAX_HELD)

    def write(self):
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.queue)
                due, data = self.queue.popleft()
            early = due - time.monotonic()
            if early > 0:
                time.sleep(early)
            try:
                if not data:
                    self.target.shutdown(socket.SHUT_WR)
                    return
                self.target.sendall(data)
            except OSError:
                self.source.close()
                return
            with self.changed:
                self.held -= len(data)
                self.changed.notify_all()


def serve(near, address, delay):
    accepted = time.monotonic()
    time.sleep(delay)  # TCP's own handshake: the other side hears of it half a round trip later
    try:
        far = socket.create_connection(address)
    except OSError:
        near.close()
        return
    for each in (near, far):
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    Direction(near, far, delay, accepted + 2 * delay).start()
    Direction(far, near, delay, 0).start()


def main(host, port, milliseconds, listen_host="127.0.0.1", listen_port=0):
    listener = socket.create_server((listen_host, int(listen_port)), backlog=128)
    print(listener.getsockname()[1], flush=True)
    while True:
        near, _ = listener.accept()
        threading.Thread(target=serve, args=(near, (host, int(port)), float(milliseconds) / 2000), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
