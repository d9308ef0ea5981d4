"""The programs in Java that answer a line on standard input with a line on standard output."""

import json
import os
from pathlib import Path

from processes import Failure, wait_for


class Helper:
    def __init__(self, processes, source, *arguments):
        java = Path(os.environ["JAVA_HOME"]) / "bin" / "java"
        self.name = Path(source).stem
        self.process = processes.start(
            self.name, [java, "-Xmx1g", Path(__file__).with_name(source), *arguments])
        self.answers = 0

    def ask(self, *words, seconds=60):
        """Sends one line and gives its answer."""
        line = " ".join(str(word) for word in words)
        self.process.popen.stdin.write(f"{line}\n".encode())
        self.process.popen.stdin.flush()
        lines = wait_for(f"{self.name}'s answer to '{line}'",
                         lambda: self.process.output().split("\n")[self.answers:-1], self.process, seconds)
        self.answers += 1
        answer = json.loads(lines[0])
        if isinstance(answer, dict) and "error" in answer:
            raise Failure(f"{line}: {answer['error']}")
        return answer
