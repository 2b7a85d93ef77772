"""The scans of a truth folder as a batch, so that they can be scored as processed now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.batch.news import Reporter
from pipeline.batch.run import Order, run_batch
from pipeline.evaluate.gold import Truth, truths_in
from pipeline.settings import Settings


@contextmanager
def processed(gold: Path, settings: Settings, jobs: int, reporter: Reporter) -> Iterator[Path]:
    """A temporary folder with the records of all letters of `gold`; a folder is one letter.

    Raises what `truths_in` and `run_batch` raise."""
    with TemporaryDirectory(prefix="congvan-") as work:
        scans, out = Path(work, "scans"), Path(work, "out")
        for truth in truths_in(gold):
            _link(truth, scans)
        grouped = settings.model_copy(update={"group": "folder"})
        summary = run_batch(Order((scans,), out, grouped, jobs), reporter)
        if summary.stopped:
            raise summary.stopped
        if summary.interrupted:
            raise KeyboardInterrupt
        yield out


def _link(truth: Truth, scans: Path) -> None:
    """The letter's scans alone, without its truth, under the letter's name."""
    folder = scans / truth.id
    folder.mkdir(parents=True)
    for source in truth.sources:
        (folder / source.name).symlink_to(source.resolve())
