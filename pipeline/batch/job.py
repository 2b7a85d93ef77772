"""What passes between a run and its workers: the task of all, the job of one, what stops all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.batch.limits import TimeLimit
from pipeline.errors import CongvanError
from pipeline.intake import Candidate
from pipeline.messages import Language
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Job:
    """A document to be processed; `content` is its hash when the run was planned, `former` the
    output folders that stand for this content already."""

    candidate: Candidate
    content: str
    path: str
    former: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker needs to know before its first job: the same for all jobs of a run.

    `digest` is of all that shapes the output; `debug_images` adds pictures of what was seen;
    `folder` is where relative paths begin, None: where the worker is started."""

    settings: Settings
    digest: str
    root: Path
    language: Language
    debug_images: bool
    time_limit: TimeLimit
    folder: Path | None = None


Tell = Callable[[int, int, int], None]
"""Is told of pages: how many are read, of how many, and how many of them were read before."""


class DiskFullError(CongvanError):
    """Nothing more can be written: the run stops, and can be continued when there is space."""
