"""A crew of other machines: a Dask cluster over storage that all of them share.

In: jobs. Out: what happens to each, as from the processes of this machine. Every worker of the
cluster does the work in a process of its own (`Workers`), so that limits, kills and what is left
behind are the same there. The ledger is written by the run alone; the workers write outputs only.

A job is given to one worker by name: Dask would hand the job of a lost worker to three others
before it told of it, and whoever kills one worker would kill them all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from pipeline.batch import cluster_worker
from pipeline.batch.crew import Died, Event, Hire, Overdue, PagesRead
from pipeline.batch.job import Job, Task
from pipeline.batch.result import Result
from pipeline.errors import CongvanError, MissingError, UsageError

if TYPE_CHECKING:
    from distributed import Client, Future

SECONDS_TO_CONNECT = 10.0
SECONDS_WITHOUT_WORKERS = 60.0
SECONDS_TO_STOP = 10.0
Told = tuple[str, int, int, int]
"""The key of a job, and the numbers of its `PagesRead`."""


class ClusterError(CongvanError):
    """The cluster cannot be worked with any more: the run stops, and can be continued."""


def cluster_at(address: str, most: int | None = None) -> Hire:
    """Hires the workers of the scheduler at `address`, at most so many jobs at a time.

    The crew raises UsageError where nothing answers there, MissingError where Dask is not
    installed."""
    return lambda _, task: Cluster(address, task, most)


@dataclass(slots=True)
class _Given:
    """A job in the hands of a worker."""

    job: Job
    worker: str
    future: Future[Any]


class Cluster:
    """The workers of a Dask scheduler; a `Crew`."""

    def __init__(self, address: str, task: Task, most: int | None = None) -> None:
        self._address = address
        self._most = most
        self._run = f"congvan-{uuid4().hex}"
        self._task = replace(task, root=task.root.absolute(), folder=Path.cwd())
        self._given: dict[str, _Given] = {}
        self._told: SimpleQueue[Told | None] = SimpleQueue()
        self._room: dict[str, int] = {}
        self._seen = monotonic()
        self._client: Client

    def __enter__(self) -> Self:
        self._client = _connected(self._address)
        try:
            self._client.subscribe_topic(self._run, self._hear)
            # What a killed run left working in this folder ends before it is worked in again.
            self._stop_workers()
            self._look()
        except OSError as error:
            self._client.close(timeout=1)
            raise self._lost() from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError, RuntimeError, ValueError):
            if self._given:
                self._client.cancel([g.future for g in self._given.values()], force=True)
            self._stop_workers()
        with suppress(OSError, RuntimeError, ValueError):
            self._client.close(timeout=2)
        self._given.clear()

    @property
    def busy(self) -> tuple[Job, ...]:
        """See Crew."""
        return tuple(given.job for given in self._given.values())

    @property
    def has_room(self) -> bool:
        """See Crew."""
        return bool(self._free()) and (self._most is None or len(self._given) < self._most)

    def give(self, job: Job) -> None:
        """See Crew. The emptiest worker gets it."""
        free = self._free()
        worker = max(free, key=lambda name: free[name])
        key = f"{self._run}-{uuid4().hex}"
        future = self._client.submit(
            cluster_worker.work, job, self._task, self._run, key,
            key=key, workers=[worker], allow_other_workers=False, pure=False, retries=0,
        )  # fmt: skip
        self._given[key] = _Given(job, worker, future)
        future.add_done_callback(lambda _: self._told.put(None))

    def events(self, timeout: float) -> Iterator[Event]:
        """See Crew. Raises ClusterError where the scheduler or all workers are lost."""
        try:
            news = self._news(timeout)
            self._look()
        except (OSError, RuntimeError, ValueError) as error:
            if self._client.status == "running":
                raise
            raise self._lost() from error  # one of many that a closed client raises
        for key, done, pages, kept in news:
            if key in self._given:
                yield PagesRead(self._given[key].job, done, pages, kept)
        for key, given in list(self._given.items()):
            if given.future.done():
                end = self._end_of(given)
                del self._given[key]
                yield end
            elif given.worker not in self._room:
                del self._given[key]
                given.future.cancel(force=True)
                yield Died(given.job, f"{given.worker} lost")

    def _end_of(self, given: _Given) -> Event:
        if given.future.status in ("cancelled", "lost"):
            if given.worker in self._room:
                raise self._lost()
            return Died(given.job, f"{given.worker} lost")
        error = given.future.exception()
        if isinstance(error, CongvanError):
            raise error
        if error is not None:
            reason = f"{type(error).__name__}: {error}"
            raise ClusterError("cluster_worker_unfit", worker=given.worker, reason=reason)
        end: Result | Died | Overdue = given.future.result()
        return end

    def _news(self, timeout: float) -> list[Told]:
        """What workers told, as soon as any does; nothing where a job has ended."""
        found: list[Told] = []
        with suppress(Empty):
            told = self._told.get(timeout=timeout)
            while True:
                if told:
                    found.append(told)
                told = self._told.get_nowait()
        return found

    def _look(self) -> None:
        """Which workers there are now."""
        if self._client.status != "running":
            raise self._lost()
        self._room = dict(self._client.nthreads())
        if self._room:
            self._seen = monotonic()
        elif monotonic() - self._seen > SECONDS_WITHOUT_WORKERS:
            raise ClusterError("cluster_empty", address=self._address)

    def _free(self) -> dict[str, int]:
        """The workers that can take more, with how much."""
        taken = [given.worker for given in self._given.values()]
        free = {name: count - taken.count(name) for name, count in self._room.items()}
        return {name: count for name, count in free.items() if count > 0}

    def _hear(self, event: tuple[float, Told]) -> None:
        self._told.put(event[1])

    def _stop_workers(self) -> None:
        """Nobody works in the output folder when this returns, as far as workers can be asked."""
        end = monotonic() + SECONDS_TO_STOP
        root = str(self._task.root)
        while any(self._client.run(cluster_worker.stop, root, on_error="ignore").values()):
            if monotonic() > end:
                return
            sleep(0.1)

    def _lost(self) -> ClusterError:
        return ClusterError("cluster_lost", address=self._address)


def _connected(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingError("extra_missing", package="Dask", extra="cluster") from error
    # What Dask has to say of lost connections is told by the run, once, and for people.
    for name in ("distributed", "distributed.client", "distributed.core"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError("cluster_unreachable", address=address) from error
