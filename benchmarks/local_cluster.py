"""A Dask cluster of real processes on this machine: a scheduler and workers to be killed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(slots=True)
class LocalCluster:
    """Its address, and its processes."""

    address: str
    folder: Path
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start one more worker, which takes one job at a time."""
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0"]
        options += ["--local-directory", str(self.folder), "--host", "127.0.0.1"]
        worker = _start(self.folder, "dask_worker", self.address, *options, **environment)
        self.workers.append(worker)
        return worker


@contextmanager
def local_cluster(workers: int) -> Iterator[LocalCluster]:
    """A scheduler and so many workers; all end with the block."""
    with tempfile.TemporaryDirectory(prefix="congvan-dask-", ignore_cleanup_errors=True) as name:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show"]
        scheduler = _start(Path(name), "dask_scheduler", *options)
        cluster = LocalCluster(f"tcp://127.0.0.1:{port}", Path(name), scheduler)
        try:
            _wait_for(port, scheduler)
            for _ in range(workers):
                cluster.add_worker()
            yield cluster
        finally:
            for process in (*cluster.workers, scheduler):
                process.kill()
                process.wait()


def _start(
    folder: Path, program: str, *options: str, **environment: str
) -> subprocess.Popen[bytes]:
    with (folder / f"{program}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{program}", *options],
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            cwd=folder,
        )


def _wait_for(port: int, scheduler: subprocess.Popen[bytes], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and scheduler.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError("the scheduler does not start")
