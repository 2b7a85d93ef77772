"""A crew of processes of this machine: each loads the models once and then takes one document
after another.

In: jobs. Out: what happens to each. A worker that dies (killed by the kernel, crashed in a
library) is told as `Died` with its job, and replaced; one that takes too long is killed. Workers
end with the process that started them, and take their outside programs with them.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import platform
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
from time import monotonic
from types import TracebackType
from typing import Self

import cv2

from pipeline.batch.crew import Died, Event, Overdue, PagesRead
from pipeline.batch.job import Job, Task
from pipeline.batch.limits import Stopwatch
from pipeline.batch.orphans import descendants, kill_programs_in, kill_with_descendants
from pipeline.batch.outputs import temporary_folder
from pipeline.batch.result import Result
from pipeline.batch.work import do_job
from pipeline.errors import CongvanError
from pipeline.messages import set_language
from pipeline.models import load_restorer

_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class _Progress:
    """What a worker tells while it reads: the numbers of `PagesRead`."""

    done: int
    pages: int
    kept: int


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    scratch: Path
    job: Job | None = None
    watch: Stopwatch | None = None


class Workers:
    """A pool of up to `count` worker processes; a `Crew`. Leaving it stops them all at once,
    whatever they are doing."""

    def __init__(self, count: int, task: Task) -> None:
        self._count = count
        self._task = task
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
            _end(worker)
        self._workers.clear()

    @property
    def busy(self) -> tuple[Job, ...]:
        """See Crew."""
        return tuple(w.job for w in self._workers if w.job)

    @property
    def has_room(self) -> bool:
        """See Crew."""
        return len(self.busy) < self._count

    def give(self, job: Job) -> None:
        """Hand `job` to an idle worker, or to a new one."""
        worker = next((w for w in self._workers if w.job is None), None)
        if worker is None:
            worker = _start(self._task)
            self._workers.append(worker)
        worker.job = job
        worker.watch = Stopwatch.start(self._task.time_limit, monotonic())
        with suppress(OSError):  # it died while idle: told as a death with this job
            worker.pipe.send(job)

    def events(self, timeout: float) -> Iterator[Event]:
        """See Crew."""
        by_pipe = {w.pipe: w for w in self._workers if w.job}
        for pipe in wait(list(by_pipe), timeout):
            yield self._heard(by_pipe[pipe])  # type: ignore[index]
        now = monotonic()
        for worker in [w for w in self._workers if w.job]:
            assert worker.job
            assert worker.watch
            if (seconds := worker.watch.exceeded(now)) is not None:
                self._dismiss(worker)
                yield Overdue(worker.job, seconds)

    def _heard(self, worker: _Worker) -> Event:
        job = worker.job
        assert job
        assert worker.watch
        try:
            answer: _Progress | Result | CongvanError = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join(5)
            code = worker.process.exitcode
            self._dismiss(worker)
            return Died(job, _cause_of_death(code))
        match answer:
            case _Progress(done, pages, kept):
                worker.watch.read(done, pages, monotonic())
                return PagesRead(job, done, pages, kept)
            case CongvanError():
                raise answer
        worker.job = None
        return answer

    def _dismiss(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        _end(worker)


def _start(task: Task) -> _Worker:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a worker is for one core
    ours, theirs = _SPAWN.Pipe()
    lifeline, held = _SPAWN.Pipe(duplex=False)
    process = _SPAWN.Process(target=_serve, args=(task, theirs, lifeline), name="congvan-worker")
    process.start()
    theirs.close()
    lifeline.close()
    _LIFELINES[process.pid] = held
    return _Worker(process, ours, _scratch(task.root, process.pid or 0))


_LIFELINES: dict[int | None, Connection] = {}
"""Held open as long as this process lives; its end is the workers' signal to end."""


def _serve(task: Task, pipe: Connection, lifeline: Connection) -> None:
    """The life of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-C is the parent's to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    cv2.setNumThreads(1)  # a worker is for one core
    if task.folder is not None:
        os.chdir(task.folder)
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
    scratch = _scratch(task.root, os.getpid())
    scratch.mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)  # leftovers of killed programs go here
    set_language(task.language)

    def tell(done: int, pages: int, kept: int) -> None:
        pipe.send(_Progress(done, pages, kept))

    try:
        restorer = load_restorer(
            task.settings.dictionaries, task.settings.language_model, task.settings.learned
        )
        while True:
            pipe.send(do_job(pipe.recv(), task, restorer, tell))
            _give_back_memory()
    except EOFError:
        return
    except CongvanError as error:
        pipe.send(error)


def _give_back_memory() -> None:
    """Give what a document needed back to the system, where the C library can (glibc): it keeps
    freed memory in pieces, and a large picture after another would not find room in them."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def _scratch(root: Path, pid: int) -> Path:
    return temporary_folder(root).absolute() / f"worker.{platform.node()}.{pid}"


def _end_with_parent(lifeline: Connection) -> None:
    """Wait for the parent's end, however it comes, and end this process and its programs."""
    with suppress(EOFError, OSError):
        lifeline.recv()
    for pid in descendants(os.getpid()):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    os._exit(1)


def _end(worker: _Worker) -> None:
    """End a worker and the programs it runs, also where it is dead already."""
    if worker.process.pid is not None and worker.process.exitcode is None:
        kill_with_descendants(worker.process.pid)
    worker.process.join()
    kill_programs_in(worker.scratch)
    shutil.rmtree(worker.scratch, ignore_errors=True)
    _LIFELINES.pop(worker.process.pid, None)
    worker.pipe.close()


def _cause_of_death(code: int | None) -> str:
    return signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"
