"""Worker processes: each loads the models once and then takes one document after another.

In: jobs. Out: what became of each, in the order they end. A worker that dies (killed by the
kernel, crashed in a library) is told as `Died` with its job, and replaced. Workers end with the
process that started them, and take their outside programs with them.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.batch.outputs import temporary_folder
from pipeline.batch.result import Result
from pipeline.batch.work import Job, do_job
from pipeline.errors import CongvanError
from pipeline.messages import Language, get_language, set_language
from pipeline.models import load_restorer
from pipeline.settings import Settings

_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Died:
    """A worker ended in the middle of `job`; `how` says by what signal or exit code."""

    job: Job
    how: str


@dataclass(frozen=True, slots=True)
class _Task:
    """What a worker needs to know before its first job."""

    settings: Settings
    root: Path
    language: Language
    debug_images: bool


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    job: Job | None = None


class Workers:
    """A pool of up to `count` worker processes. Use it as a context manager: leaving it stops
    them all at once, whatever they are doing."""

    def __init__(
        self, count: int, settings: Settings, root: Path, *, debug_images: bool = False
    ) -> None:
        self._count = count
        self._task = _Task(settings, root, get_language(), debug_images)
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        for name in ("OMP_THREAD_LIMIT", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            os.environ.setdefault(name, "1")  # the processes are the parallelism
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            self._end(worker)
        self._workers.clear()

    @property
    def busy(self) -> tuple[Job, ...]:
        """The jobs being worked on."""
        return tuple(w.job for w in self._workers if w.job)

    @property
    def has_room(self) -> bool:
        """Whether a job given now is started at once."""
        return len(self.busy) < self._count

    def give(self, job: Job) -> None:
        """Hand `job` to an idle worker, or to a new one."""
        worker = next((w for w in self._workers if w.job is None), None)
        if worker is None:
            worker = _start(self._task)
            self._workers.append(worker)
        worker.job = job
        with suppress(OSError):  # it died while idle: told as a death with this job
            worker.pipe.send(job)

    def ended(self, timeout: float) -> Iterator[Result | Died]:
        """What ended within the next `timeout` seconds; returns at the first that do.

        Raises the CongvanError that stops the run, where a worker met one."""
        by_pipe = {w.pipe: w for w in self._workers if w.job}
        for pipe in wait(list(by_pipe), timeout):
            worker = by_pipe[pipe]  # type: ignore[index]
            job, worker.job = worker.job, None
            assert job is not None
            try:
                answer = worker.pipe.recv()
            except (EOFError, OSError):
                self._workers.remove(worker)
                worker.process.join(5)
                self._end(worker)
                yield Died(job, _cause_of_death(worker.process.exitcode))
                continue
            if isinstance(answer, CongvanError):
                raise answer
            yield answer

    def _end(self, worker: _Worker) -> None:
        _kill(worker)
        shutil.rmtree(_scratch(self._task.root, worker.process.pid or 0), ignore_errors=True)


def _start(task: _Task) -> _Worker:
    ours, theirs = _SPAWN.Pipe()
    lifeline, held = _SPAWN.Pipe(duplex=False)
    process = _SPAWN.Process(target=_serve, args=(task, theirs, lifeline), name="congvan-worker")
    process.start()
    theirs.close()
    lifeline.close()
    _LIFELINES[process.pid] = held
    return _Worker(process, ours)


_LIFELINES: dict[int | None, Connection] = {}
"""Held open as long as this process lives; its end is the workers' signal to end."""


def _serve(task: _Task, pipe: Connection, lifeline: Connection) -> None:
    """The life of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-C is the parent's to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
    scratch = _scratch(task.root, os.getpid())
    scratch.mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)  # leftovers of killed programs go here
    set_language(task.language)

    try:
        restorer = load_restorer(task.settings.dictionaries, task.settings.language_model)
        while True:
            job = pipe.recv()
            pictures = task.debug_images
            pipe.send(do_job(job, task.settings, restorer, task.root, with_pictures=pictures))
    except EOFError:
        return
    except CongvanError as error:
        pipe.send(error)


def _scratch(root: Path, pid: int) -> Path:
    return temporary_folder(root) / f"worker.{pid}"


def _end_with_parent(lifeline: Connection) -> None:
    """Wait for the parent's end, however it comes, and end this process and its programs."""
    with suppress(EOFError, OSError):
        lifeline.recv()
    for pid in descendants(os.getpid()):
        _send_kill(pid)
    os._exit(1)


def _kill(worker: _Worker) -> None:
    """End a worker and the programs it runs."""
    pid = worker.process.pid
    below = descendants(pid) if pid is not None else []
    worker.process.kill()
    for child in below:
        _send_kill(child)
    worker.process.join()
    _LIFELINES.pop(pid, None)
    worker.pipe.close()


def _cause_of_death(code: int | None) -> str:
    return signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"


def _send_kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """Processes below `pid`, where the system tells them (/proc); outside programs run in
    sessions of their own, so a signal to the group would not reach them."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
            parents[int(stat.parent.name)] = int(fields[1])
    found = [pid]
    for known in found:
        found += (child for child, parent in parents.items() if parent == known)
    return found[1:]
