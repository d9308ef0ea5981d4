"""Signs of life on standard error: one line that changes on a terminal, else a line for each step."""

import sys
import time


class Progress:
    def __init__(self):
        self.terminal = sys.stderr.isatty()
        self.begin = time.monotonic()
        self.last = None

    def step(self, what, detail=""):
        seconds = int(time.monotonic() - self.begin)
        elapsed = f"{seconds // 60}:{seconds % 60:02}"
        if self.terminal:
            print(f"\r\033[K{elapsed}  {what}  {detail}", end="", file=sys.stderr, flush=True)
        elif what != self.last:
            print(f"{elapsed}  {what}", file=sys.stderr, flush=True)
        self.last = what

    def say(self, text):
        self.clear()
        print(text, file=sys.stderr, flush=True)

    def clear(self):
        if self.terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
