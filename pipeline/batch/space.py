"""Room on the disk of the output folder: enough to begin, and still enough on the way.

A full disk is no fault of a document: programs that write to it end early or, worse, leave half
of what they read without a word. So a run does not begin without room to work in, and stops,
to be continued, before the last of it is gone.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.batch.job import DiskFullError, Job
from pipeline.messages import message

LEAST_FREE = 8 << 20
"""Bytes below which a disk counts as full: the ledger and the summary still need to be written."""
SCRATCH_A_WORKER = 48 << 20
"""Bytes for pages on their way to Tesseract: the largest page at 1 byte a pixel, and its text."""
FILES_A_DOCUMENT = 8
OUTPUT_A_DOCUMENT = 64 << 10
OUTPUT_A_BYTE = 0.6
"""Outputs take about 45 kB a page with the page's small picture; a scanned page has 50 kB to
1 MB, a page of text 2 kB."""


def require_space(root: Path) -> None:
    """Raise OSError (ENOSPC) where the disk is as good as full."""
    if free_bytes(root) < LEAST_FREE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(root))


def require_room_for_results(root: Path) -> None:
    """Raise DiskFullError where the disk is as good as full."""
    if free_bytes(root) < LEAST_FREE:
        raise DiskFullError("disk_full", path=root)


def free_bytes(root: Path) -> int:
    """What an ordinary user may still write."""
    state = os.statvfs(root)
    return state.f_bavail * state.f_frsize


def check_space(root: Path, jobs: Sequence[Job], workers: int) -> str | None:
    """Before the start: a sentence of warning where the outputs of `jobs` may not fit, else None.

    Raises DiskFullError where there is not even room to work."""
    if not jobs:
        return None
    free = free_bytes(root)
    needed = LEAST_FREE + SCRATCH_A_WORKER * min(workers, len(jobs))
    if free < needed:
        raise DiskFullError("disk_too_small", **_megabytes(root, free, needed))
    needed += OUTPUT_A_DOCUMENT * len(jobs) + round(OUTPUT_A_BYTE * _size(jobs))
    if free < needed:
        return message("disk_tight", **_megabytes(root, free, needed))
    state = os.statvfs(root)
    files = FILES_A_DOCUMENT * len(jobs)
    if state.f_files and state.f_favail < files:  # some file systems do not count files
        return message("disk_files", path=root, free=state.f_favail, needed=files)
    return None


def _megabytes(root: Path, free: int, needed: int) -> dict[str, object]:
    return {"path": root, "free": free >> 20, "needed": needed >> 20}


def _size(jobs: Sequence[Job]) -> int:
    size = 0
    for file in (file for job in jobs for file in job.candidate.files):
        with suppress(OSError):
            size += file.stat().st_size
    return size
