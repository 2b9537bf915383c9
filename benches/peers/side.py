"""One side of a comparison: a process that scores when it is told to."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Self

import agree
import data

HERE = Path(__file__).parent


class Side:
    """A process that loads data once and runs on request."""

    def __init__(
        self,
        command: list[str],
        files: data.Files,
        *,
        read: bool,
        window: int = data.WINDOW,
    ) -> None:
        paths = [str(p) for p in (files.observations, files.posts) if p is not None]
        mode = ["--from-parquet"] if read else []
        words = [*command, *mode, *paths, data.AS_OF.isoformat(), str(window)]
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.answer("ready")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()

    def answer(self, start: str) -> str:
        """The next line that begins with `start`; others are passed over."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(start):
                return line.strip()
        raise RuntimeError(f"{self.process.args[0]} ended without an answer")

    def tell(self, line: str) -> None:
        """Sends a line."""
        assert self.process.stdin is not None
        print(line, file=self.process.stdin, flush=True)

    def run(self, threads: int) -> float:
        """Seconds of one run."""
        self.tell(f"run {threads}")
        assert self.process.stdout is not None
        for line in self.process.stdout:
            try:
                return float(line)
            except ValueError:
                continue
        raise RuntimeError("a worker ended in a run")

    def scores(self, folder: Path, threads: int) -> dict[str, agree.Array]:
        """Scores of all artists; the run after the dump tells that it is done."""
        path = folder / "scores.parquet"
        self.run(threads)
        self.tell(f"dump {path}")
        self.run(threads)
        return agree.read_scores(path)

    def peak_memory(self) -> float | None:
        """Highest resident memory so far in MB, where the system tells it."""
        status = Path(f"/proc/{self.process.pid}/status")
        found = (
            re.search(r"VmHWM:\s+(\d+)", status.read_text())
            if status.exists()
            else None
        )
        return int(found[1]) / 1024 if found else None


def peer_command(form: str, threads: int) -> list[str]:
    """Command of a peer."""
    return [sys.executable, str(HERE / "worker.py"), form, "--threads", str(threads)]
