"""Where it was measured, and with what."""

import os
import re
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return ((done.stdout + done.stderr).strip().splitlines() or ["unknown"])[0]


def describe():
    """What a table of figures needs beside it, in the order in which it is printed."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    total = re.search(r"^MemTotal: +(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    commit = first_line("git", "-C", str(HERE), "describe", "--always", "--dirty")
    return {
        "date": time.strftime("%Y-%m-%d %H:%M", time.localtime()),
        "machine": f"{os.cpu_count()} cores, {model[1] if model else 'unknown'}, {int(total[1]) / 1e6:.0f} GB,"
                   f" Linux {os.uname().release}",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "relay": commit if re.fullmatch(r"[\w.-]+", commit) else "unknown",
        "Java": first_line(str(Path(os.environ["JAVA_HOME"]) / "bin" / "java"), "-version"),
        "OpenSSH": first_line("ssh", "-V"),
        "nginx": first_line("nginx", "-v").partition("/")[2],
        "wrk": first_line("wrk", "-v").partition(" [")[0].removeprefix("wrk "),
    }
