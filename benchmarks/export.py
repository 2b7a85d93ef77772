"""What a delivery costs, how large its PDFs are, and what outside judges say of it.

In: a folder of letters (truth beside scans). Out: the size of each PDF/A against its scan; CPU time
of exporting against that of processing, children included; how many PDFs veraPDF refuses, ALTO
files the schema refuses, and PDFs whose text (pdftotext -raw) is not the record's.

`python -m benchmarks export`
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree

from pipeline.batch.gold import processed
from pipeline.batch.progress import Quiet
from pipeline.export.archive import ArchiveSettings
from pipeline.export.catalogue import in_order
from pipeline.export.deliver import Wanted, deliver
from pipeline.export.names import file_names
from pipeline.record import Record
from pipeline.records import ReadRecords
from pipeline.settings import Settings
from tests import alto_schema, verapdf_run

EVERYTHING = Wanted(
    frozenset(("pdfa", "alto", "hocr", "markdown", "archive-xml")),
    xlsx=Path("muc-luc.xlsx"),
    csv=Path("muc-luc.csv"),
    allow_secret=True,
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivered PDF/A and what was said of it."""

    name: str
    scan_bytes: int
    pdf_bytes: int
    text_differs: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """Seconds of CPU, letters; the counts are None where the judge is not on this machine."""

    processing: float
    exporting: float
    letters: tuple[Letter, ...]
    pdfa_refused: int | None
    alto_refused: int | None

    def figures(self, name: str) -> dict[str, float]:
        """The figures with floors."""
        all_sizes = [one.pdf_bytes / one.scan_bytes for one in self.letters]
        figures: dict[str, float] = {
            f"export.{name}.largest": round(max(all_sizes), 3),
            f"export.{name}.cost": round(self.exporting / self.processing, 3),
            f"export.{name}.text_differs": sum(one.text_differs for one in self.letters),
        }
        judged = {"pdfa_refused": self.pdfa_refused, "alto_refused": self.alto_refused}
        return figures | {f"export.{name}.{k}": v for k, v in judged.items() if v is not None}

    def table(self) -> str:
        """A line a letter, and what all of them cost."""
        lines = [f"{'letter':40} {'scan kB':>8} {'PDF/A kB':>8} {'ratio':>6}"]
        lines += [
            f"{one.name[:40]:40} {one.scan_bytes / 1000:8.0f} {one.pdf_bytes / 1000:8.0f} "
            f"{one.pdf_bytes / one.scan_bytes:6.2f}"
            for one in self.letters
        ]
        share = self.exporting / self.processing
        lines.append(
            f"CPU: processing {self.processing:.1f} s, exporting {self.exporting:.2f} s "
            f"({share:.1%}, {self.exporting / max(1, len(self.letters)):.2f} s a letter)"
        )
        told = {"veraPDF": self.pdfa_refused, "ALTO schema": self.alto_refused}
        lines += [
            f"{judge}: {'not on this machine' if count is None else f'{count} refused'}"
            for judge, count in told.items()
        ]
        return "\n".join(lines)


def measure(folder: Path) -> Delivery:
    """Process and deliver the letters of `folder`."""
    start = _cpu()
    with processed(folder, Settings(), 1, Quiet()) as out, TemporaryDirectory() as temporary:
        between = _cpu()
        to = Path(temporary) / "delivery"
        account = deliver(out, to, EVERYTHING, ArchiveSettings())
        end = _cpu()
        for error in account.errors:
            print(error, file=sys.stderr)
        records = in_order(list(ReadRecords(out)))
        names = file_names(records)
        letters = [_letter(record, to / "pdfa", names[record.document_id]) for record in records]
        return Delivery(
            between - start,
            end - between,
            tuple(letter for letter in letters if letter),
            _refused_by_verapdf(to / "pdfa"),
            _refused_by_schema(to / "alto", Path(temporary)),
        )


def _letter(record: Record, folder: Path, name: str) -> Letter | None:
    """None for bare text."""
    pdf = folder / f"{name}.pdf"
    if not pdf.exists():
        return None
    text = subprocess.run(
        ["pdftotext", "-raw", pdf, "-"], capture_output=True, text=True, check=True
    ).stdout
    wanted = " ".join(page.text for page in record.pages).split()
    share = len(record.pages) / record.source.pages  # of a file of several letters
    size = round(record.source.bytes * share)
    return Letter(name, size, pdf.stat().st_size, text.split() != wanted)


def _refused_by_verapdf(folder: Path) -> int | None:
    if not (shutil.which("java") and shutil.which("mvn")):
        return None
    return sum(map(bool, verapdf_run.failures(*sorted(folder.glob("*.pdf"))).values()))


def _refused_by_schema(folder: Path, temporary: Path) -> int | None:
    schema = alto_schema.load(temporary)
    if schema is None:
        return None
    paths = folder.rglob("*.xml")
    return sum(not schema.validate(etree.fromstring(path.read_bytes())) for path in paths)


def _cpu() -> float:
    """Seconds of CPU of this process and of all its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
