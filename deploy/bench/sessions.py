"""The one process that holds all sessions of the login and idle cases."""

import json
import os
from pathlib import Path

from processes import Failure, wait_for


class Sessions:
    def __init__(self, processes, key):
        source = Path(__file__).with_name("Sessions.java")
        self.process = processes.start(
            "sessions", [Path(os.environ["JAVA_HOME"]) / "bin" / "java", "-Xmx1g", source, key])
        self.answers = 0

    def ask(self, *words, seconds=60):
        """Sends one command and gives its answer."""
        self.process.popen.stdin.write((" ".join(str(word) for word in words) + "\n").encode())
        self.process.popen.stdin.flush()
        lines = wait_for(f"the sessions' answer to '{words[0]}'",
                         lambda: self.process.output().split("\n")[self.answers:-1], self.process, seconds)
        self.answers += 1
        answer = json.loads(lines[0])
        if "error" in answer:
            raise Failure(f"{' '.join(str(word) for word in words)}: {answer['error']}")
        return answer
