"""A batch on a Dask cluster of real processes keeps the promises of one on this machine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from benchmarks.local_cluster import LocalCluster, local_cluster
from pipeline.batch.cluster import Cluster, cluster_at
from pipeline.batch.news import News, Settled, Started
from pipeline.batch.orphans import descendants
from pipeline.batch.progress import Quiet
from pipeline.batch.run import Order, run_batch
from pipeline.errors import UsageError
from pipeline.settings import Settings
from tests.conftest import LETTER, save_pdf
from tests.test_batch_run import outputs, statuses

DOCUMENTS = 6


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts, a scan of two pages, a bad file and a copy."""
    folder = tmp_path_factory.mktemp("cluster") / "in"
    folder.mkdir()
    for n in range(DOCUMENTS):
        (folder / f"text-{n}.txt").write_text(f"Hồ sơ số {n}\n{LETTER}", encoding="utf-8")
    save_pdf(folder / "scan.pdf", "Trang một của văn bản", "Trang hai của văn bản")
    (folder / "bad.pdf").write_bytes(b"%PDF-1.4\n")
    shutil.copy(folder / "text-0.txt", folder / "text-0-copy.txt")
    return folder


class Onlooker(Quiet):
    """Does something once so many documents are settled, or the first is begun."""

    def __init__(self, after: int, act: Callable[[], object]) -> None:
        super().__init__()
        self._after = after
        self._act: Callable[[], object] | None = act

    def tell(self, news: News) -> None:
        """See Reporter."""
        self._after -= isinstance(news, Settled | Started)
        if self._act and self._after <= 0:
            act, self._act = self._act, None
            act()
        super().tell(news)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill one process of the cluster; what it started is left to itself."""
    process.kill()
    process.wait()


def processes_at_work(cluster: LocalCluster) -> list[int]:
    """The processes that the workers keep for a run."""
    below = (pid for worker in cluster.workers for pid in descendants(worker.pid))
    return [pid for pid in below if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_loses_nothing_with_a_worker_then_with_the_scheduler(inbox: Path, tmp_path: Path) -> None:
    calm, out = tmp_path / "calm", tmp_path / "out"
    assert run_batch(Order((inbox,), calm, Settings(), 1)).exit_code == 1
    with local_cluster(2) as cluster:
        order = Order((inbox,), out, Settings(), hire=cluster_at(cluster.address))
        lost = run_batch(order, Onlooker(4, lambda: kill(cluster.scheduler)))
        assert lost.stopped is not None
        assert lost.stopped.code == "cluster_lost"
        assert "running" not in statuses(out).values()
        assert not (out / ".congvan-tmp").exists()
    with local_cluster(2) as cluster:
        order = Order((inbox,), out, Settings(), hire=cluster_at(cluster.address))
        summary = run_batch(order, Onlooker(3, lambda: kill(cluster.workers[0])))
        assert summary.stopped is None
        assert not processes_at_work(cluster)
    assert summary.exit_code == 1
    assert statuses(out) == statuses(calm)
    assert outputs(out) == outputs(calm)
    assert {path.name for path in out.iterdir() if path.name.startswith(".")} == {".congvan-lock"}


def test_a_worker_with_another_program_stops_the_run(inbox: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for part in ("pipeline", "dictionaries"):
        shutil.copytree(Path(part), other / part, ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "pipeline" / "intake.py").open("a") as code:
        code.write("# another version\n")
    with local_cluster(0) as cluster:
        cluster.add_worker(PYTHONPATH=str(other))
        order = Order((inbox,), tmp_path / "out", Settings(), hire=cluster_at(cluster.address))
        summary = run_batch(order)
    assert summary.stopped is not None
    assert summary.stopped.code == "cluster_other_version"
    assert "digest" in str(summary.stopped)
    assert not set(statuses(tmp_path / "out").values()) - {"pending"}


def test_an_address_where_nothing_answers_is_told(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.batch.cluster.SECONDS_TO_CONNECT", 1.0)
    order = Order(
        (inbox,), tmp_path, Settings(), hire=lambda _, task: Cluster("tcp://127.0.0.1:9", task)
    )
    summary = run_batch(order)
    assert isinstance(summary.stopped, UsageError)
    assert summary.stopped.code == "cluster_unreachable"
