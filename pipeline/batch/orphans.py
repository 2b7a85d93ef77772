"""Outside programs that a worker leaves running when it is killed: found and ended.

Each outside program runs in a session of its own, so that it can be killed as a group, but then a
signal to the worker's group does not reach it. They are known by their parent, and where that is
dead by their TMPDIR, which is the worker's alone.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def kill_with_descendants(pid: int) -> None:
    """End a process and all below it; it is stopped first, so that it starts nothing more."""
    _send(pid, signal.SIGSTOP)
    below = descendants(pid)
    _send(pid, signal.SIGKILL)
    for child in below:
        _send(child, signal.SIGKILL)


def kill_programs_in(scratch: Path) -> None:
    """End all programs whose TMPDIR is `scratch`, an absolute path, or lies below it."""
    for pid in _with_temporary_folder(scratch):
        if pid != os.getpid():
            kill_with_descendants(pid)


def descendants(pid: int) -> list[int]:
    """Processes below `pid`, where the system tells them (/proc)."""
    parents: dict[int, int] = {}
    for stat in _PROC.glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
            parents[int(stat.parent.name)] = int(fields[1])
    found = [pid]
    for known in found:
        found += (child for child, parent in parents.items() if parent == known)
    return found[1:]


def _with_temporary_folder(folder: Path) -> Iterator[int]:
    here = b"TMPDIR=" + os.fsencode(folder)
    for environ in _PROC.glob("[0-9]*/environ"):
        with suppress(OSError):
            entries = environ.read_bytes().split(b"\0")
            if any(e == here or e.startswith(here + b"/") for e in entries):
                yield int(environ.parent.name)


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
