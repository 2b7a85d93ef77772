"""The samples on a Dask cluster of this machine, one of whose two workers is killed on the way.

python -m benchmarks.cluster_demo demo-cluster-out
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.local_cluster import LocalCluster, local_cluster
from pipeline.batch.cluster import cluster_at
from pipeline.batch.news import News, Settled, Started, TriedAgain, Warned
from pipeline.batch.plan import Wish
from pipeline.batch.progress import Quiet
from pipeline.batch.run import Order, run_batch
from pipeline.settings import Settings

ROOT = Path(__file__).parent.parent
DOCUMENTS_BEFORE_THE_KILL = 2


class Killer(Quiet):
    """Tells what happens, and kills the first worker when some documents are done."""

    def __init__(self, cluster: LocalCluster) -> None:
        super().__init__()
        self._cluster = cluster
        self._settled = 0

    def tell(self, news: News) -> None:
        """See Reporter."""
        match news:
            case Started(job):
                print(f"begun       {Path(job.path).parent.name}", flush=True)
            case Settled(result):
                print(f"{result.status:<11} {Path(result.path).parent.name}", flush=True)
                self._settled += 1
                if self._settled == DOCUMENTS_BEFORE_THE_KILL:
                    victim = self._cluster.workers[0]
                    victim.kill()
                    print(f"killed      worker {victim.pid}, in the middle of its document")
            case TriedAgain(job, how):
                print(f"tried again {Path(job.path).parent.name} ({how})", flush=True)
            case Warned():
                super().tell(news)


def main() -> int:
    """Process the samples; 0 where every one of them has its output."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "demo-cluster-out")
    scans = tuple(sorted((ROOT / "samples" / "scans").glob("*/source*")))
    with local_cluster(2) as cluster:
        print(f"scheduler at {cluster.address}, two workers", flush=True)
        order = Order(
            scans, out, Settings(), wish=Wish(redo=True), hire=cluster_at(cluster.address)
        )
        summary = run_batch(order, Killer(cluster))
    lost = len(scans) - sum(bool(result.letters) for result in summary.results)
    print(f"{len(scans)} documents, {lost} lost; see {out / 'summary.html'}")
    return 1 if lost or summary.stopped else 0


if __name__ == "__main__":
    sys.exit(main())
