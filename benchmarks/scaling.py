"""What a scheduler costs: processor time of the run, the scheduler and the workers for documents
that are quick to do, on this machine alone and on a Dask cluster of it with 1, 2 and 4 workers.

    python -m benchmarks.scaling

Texts are taken, so that what is measured is not lost in the reading of pages; what a document
costs more on the cluster than here is the scheduler's share. Processor time, since wall time says
nothing with more workers than cores.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from benchmarks.batch_inbox import SAMPLES
from benchmarks.local_cluster import LocalCluster, local_cluster
from pipeline.batch.cluster import cluster_at
from pipeline.batch.run import Order, run_batch
from pipeline.settings import Settings

DOCUMENTS = 120
WORKERS = (1, 2, 4)
TICKS = os.sysconf("SC_CLK_TCK")


def measure() -> dict[str, float]:
    """Milliseconds of processor time a document: of the run's own process and of the scheduler,
    by the number of workers; `here` without a cluster."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="congvan-scaling-") as name:
        folder = Path(name)
        inbox = folder / "in"
        inbox.mkdir()
        texts = sorted((SAMPLES / "scans").glob("*/page-1.txt"))
        for n in range(DOCUMENTS):
            text = texts[n % len(texts)].read_text(encoding="utf-8")
            (inbox / f"{n:04d}.txt").write_text(f"{text}\nHồ sơ {n}\n", encoding="utf-8")
        began = _used(os.getpid())
        _run(Order((inbox,), folder / "here", Settings(), 1))
        found["scaling.here.run"] = _each(_used(os.getpid()) - began)
        for count in WORKERS:
            with local_cluster(count) as cluster:
                _run_on(cluster, inbox, folder / str(count), count, found)
    return found


def _run_on(
    cluster: LocalCluster, inbox: Path, out: Path, count: int, found: dict[str, float]
) -> None:
    order = Order((inbox,), out, Settings(), hire=cluster_at(cluster.address))
    keepers = [worker.pid for worker in cluster.workers]
    before = [_used(os.getpid()), _used(cluster.scheduler.pid), sum(map(_used, keepers))]
    _run(order)
    after = [_used(os.getpid()), _used(cluster.scheduler.pid), sum(map(_used, keepers))]
    for who, begin, end in zip(("run", "scheduler", "keepers"), before, after, strict=True):
        found[f"scaling.{count}.{who}"] = _each(end - begin)


def _run(order: Order) -> None:
    summary = run_batch(order)
    if summary.stopped or summary.fresh != DOCUMENTS:
        raise RuntimeError(str(summary.stopped or summary.fresh))


def _used(pid: int) -> float:
    """Seconds of processor time of one process, not of those it started."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    return 0.0


def _each(seconds: float) -> float:
    return round(1000 * seconds / DOCUMENTS, 2)


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
    sys.exit(0)
