"""What a worker of a Dask cluster does for a run: keeps a process that does the work.

In: a job, from `pipeline.batch.cluster`. Out: its end. The process stays for the next job of the
run; it ends with the run, with the worker, and when the run is gone.
"""

from __future__ import annotations

import multiprocessing
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.batch.crew import Died, Overdue, PagesRead
from pipeline.batch.fingerprint import digest_of
from pipeline.batch.job import Job, Task
from pipeline.batch.result import Result
from pipeline.batch.workers import Workers
from pipeline.errors import UsageError
from pipeline.settings import Settings

SECONDS_BETWEEN_LOOKS = 0.3


@dataclass(slots=True)
class _Hand:
    """A process at work for a run, or waiting for more of it."""

    run: str
    root: str
    crew: Workers
    busy: bool = True
    stopped: bool = False


_HANDS: list[_Hand] = []
_LOCK = threading.Lock()


def work(job: Job, task: Task, run: str, key: str) -> Result | Died | Overdue:
    """Do `job` in a process of its own and tell how it ended; the pages on the way are told to
    the topic `run`.

    Raises UsageError where this worker's program is another than the run's, and what stops a
    run."""
    from distributed import get_worker

    worker = get_worker()
    if (here := _digest(task.settings)) != task.digest:
        raise UsageError(
            "cluster_other_version", worker=worker.address, theirs=here, ours=task.digest
        )
    hand = _hand(run, task)
    try:
        hand.crew.give(job)
        while True:
            for event in hand.crew.events(SECONDS_BETWEEN_LOOKS):
                if not isinstance(event, PagesRead):
                    return event
                worker.log_event(run, (key, event.done, event.pages, event.kept))
            if hand.stopped or not _is_wanted(worker, key):
                hand.stopped = True
                return Died(job, "stopped")
    except BaseException:
        hand.stopped = True
        raise
    finally:
        _put_down(hand)


@cache
def _digest(settings: Settings) -> str:
    return digest_of(settings)


def _is_wanted(worker: Any, key: str) -> bool:
    """Whether somebody still waits for the task; not where the run has been killed."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state == "executing"


def _hand(run: str, task: Task) -> _Hand:
    with _LOCK:
        for hand in _HANDS:
            if hand.run == run and not hand.busy:
                hand.busy = True
                return hand
        # A nanny makes its worker a daemon, which may have no children; ours end with it anyway.
        config: dict[str, Any] = multiprocessing.current_process()._config  # type: ignore[attr-defined]
        config["daemon"] = False
        hand = _Hand(run, str(task.root), Workers(1, task).__enter__())
        _HANDS.append(hand)
        return hand


def _put_down(hand: _Hand) -> None:
    with _LOCK:
        hand.busy = False
        if hand.stopped:
            hand.crew.__exit__(None, None, None)
            _HANDS.remove(hand)


def stop(root: str) -> bool:
    """End all work in the output folder `root`; whether some is still on its way to its end."""
    with _LOCK:
        for hand in [hand for hand in _HANDS if hand.root == root]:
            hand.stopped = True
            if not hand.busy:
                hand.crew.__exit__(None, None, None)
                _HANDS.remove(hand)
        return any(hand.root == root for hand in _HANDS)
