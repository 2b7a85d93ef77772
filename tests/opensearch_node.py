"""A real OpenSearch node for the tests, from Maven's repository (tests/opensearch/)."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

PROJECT = Path(__file__).parent / "opensearch"
ADDRESS = "CONGVAN_TEST_OPENSEARCH"
"""Where this is set, it is the address of a node that runs already: https://host:9200."""
HEAP = "512m"
LONGEST_START = 240
"""Seconds; on a machine with nothing else to do it takes about ten."""


class NoNodeError(Exception):
    """Why no node can be started on this machine."""


_QUICK_TO_START = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


@contextmanager
def node(heap: str = HEAP, *, lasting: bool = False, folder: Path | None = None) -> Iterator[str]:
    """The address of a node that ends with the context, however that ends: it watches its standard
    input. A `lasting` one starts slower and is faster then. What it holds is left in `folder`, if
    given, for the next. Raises NoNodeError."""
    if given := os.environ.get(ADDRESS):
        yield given
        return
    classpath = _classpath()
    port = _free_port()
    java = ["java", f"-Xms{heap}", f"-Xmx{heap}", *(() if lasting else _QUICK_TO_START)]
    with tempfile.TemporaryDirectory(prefix="congvan-opensearch-") as spare:
        place = (folder or Path(spare)).absolute()
        place.mkdir(parents=True, exist_ok=True)
        log = place / "log"
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [*java, "-cp", classpath, "Node", f"{place}/node", str(port)],
                stdin=subprocess.PIPE,
                stdout=errors,
                stderr=errors,
                cwd=place,
            )
        try:
            address = f"http://127.0.0.1:{port}"
            _await(process, address, log)
            yield address
        finally:
            _end(process)


def _await(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Wait until the node answers. Raises RuntimeError with its last words where it does not."""
    deadline = time.monotonic() + LONGEST_START
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), urlopen(f"{address}/_cluster/health", timeout=10) as answer:
            if answer.status == 200:
                return
        time.sleep(0.3)
    text = log.read_text(errors="replace")[-2000:]
    raise RuntimeError(f"the OpenSearch node did not start:\n{text}")


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def _classpath() -> str:
    """The node's program and its libraries, built once for this pom.xml."""
    for program in ("java", "javac", "mvn"):
        if not shutil.which(program):
            raise NoNodeError(f"{program} is not on this machine (a JDK 17 and Maven are needed)")
    sources = (PROJECT / "pom.xml", PROJECT / "src" / "main" / "java" / "Node.java")
    mark = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    built = cache / "congvan" / f"opensearch-{mark}"
    if not (built / "classpath").exists():
        _build(built, sources[1])
    return f"{built}:{(built / 'classpath').read_text()}"


def _build(built: Path, source: Path) -> None:
    built.mkdir(parents=True, exist_ok=True)
    listed = built / "classpath.new"
    goal = ["mvn", "-q", "-B", "dependency:build-classpath", f"-Dmdep.outputFile={listed}"]
    made = subprocess.run(goal, cwd=PROJECT, capture_output=True, text=True, check=False)
    if made.returncode:
        raise NoNodeError(f"Maven cannot fetch the node: {(made.stdout + made.stderr)[-300:]}")
    command = ["javac", "-cp", listed.read_text(), "-d", str(built), str(source)]
    subprocess.run(command, check=True)
    listed.rename(built / "classpath")
