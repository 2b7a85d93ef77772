"""The index file under a killed writer, and with readers beside a writer."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from benchmarks.search_letters import letters
from pipeline.search import connect
from tests.test_search_index import sound

ROOT = Path(__file__).parents[1]
COUNT, BATCH, THREADS = 420, 60, 4

ADD_AND_DIE = f"""
import os, signal, sys
from benchmarks.search_letters import letters
from pipeline.search import connect, sqlite

def dying(last):
    for number, record in enumerate(letters({COUNT}), 1):
        if number == last:
            os.kill(os.getpid(), signal.SIGKILL)
        yield record

sqlite.BATCH = {BATCH}
connect(sys.argv[1]).add(dying(int(sys.argv[2])))
"""


@pytest.mark.parametrize("last", [1, 150, 399, 401])
def test_a_killed_writer_leaves_whole_batches_and_can_go_on(tmp_path: Path, last: int) -> None:
    path = tmp_path / "i.sqlite"
    command = [sys.executable, "-c", ADD_AND_DIE, str(path), str(last)]
    killed = subprocess.run(command, cwd=ROOT, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    with connect(str(path)) as index:
        assert len(list(index.document_ids())) == (last - 1) // BATCH * BATCH
        index.add(letters(COUNT))
        assert len(list(index.document_ids())) == COUNT
    sound(path)


def read_until(path: str, stop: Event, last: Queue[int]) -> None:
    """Search again and again in four threads, each with an index of its own; what is in each
    answer must agree with its total."""
    with ThreadPoolExecutor(THREADS) as pool:
        for result in [pool.submit(_read, path, stop) for _ in range(THREADS)]:
            last.put(result.result())


def _read(path: str, stop: Event) -> int:
    with connect(path) as index:
        stopping = False
        while not stopping:
            stopping = stop.is_set()
            results = index.search("kind:letter rà soát", limit=1000)
            assert results.total == len(results.hits) == sum(results.facets.year.values())
    return results.total


def test_eight_readers_beside_a_writer(tmp_path: Path) -> None:
    path = str(tmp_path / "i.sqlite")
    spawn = get_context("spawn")
    stop, last = spawn.Event(), spawn.Queue()
    with connect(path) as index:
        index.add(letters(50))
        readers = [spawn.Process(target=read_until, args=(path, stop, last)) for _ in range(2)]
        for reader in readers:
            reader.start()
        waiting = letters(COUNT)
        while batch := list(islice(waiting, BATCH)):
            index.add(batch)
        index.withdraw([f"letter-{n:06}" for n in range(1, 100)])
        total = index.search("kind:letter rà soát").total
        stop.set()
        assert [last.get(timeout=120) for _ in range(2 * THREADS)] == [total] * 2 * THREADS
    for reader in readers:
        reader.join(60)
    assert [reader.exitcode for reader in readers] == [0, 0]
