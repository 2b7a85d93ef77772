"""A look at files without touching them: what `congvan scan` shows.

In: paths. Out: a `Finding` for each document found, or the reason why it cannot be one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from pipeline.document import Source
from pipeline.errors import DocumentError
from pipeline.finding import discover
from pipeline.intake import read_source
from pipeline.messages import message, printable
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """A document as found. `text_layers` counts the pages of each kind of text layer; `problem`
    is the code of the reason why it cannot be processed, `message` its sentence."""

    path: str
    media_type: str | None = None
    pages: int = 0
    bytes: int = 0
    text_layers: tuple[tuple[str, int], ...] = ()
    signed: bool = False
    problem: str | None = None
    message: str | None = None

    def data(self) -> dict[str, object]:
        """The finding as plain data for JSON."""
        return asdict(self) | {"text_layers": dict(self.text_layers)}


def survey(paths: Sequence[Path], settings: Settings) -> Iterator[Finding]:
    """Look at every document under `paths`, in natural order; writes nothing."""
    for found in discover(paths, settings.group):
        try:
            if isinstance(found, DocumentError):
                raise found
            yield _finding(read_source(found, settings))
        except DocumentError as error:
            path = str(error.values.get("path"))
            yield Finding(path, problem=error.code, message=str(error))


def findings_table(findings: Sequence[Finding]) -> Table:
    """A row for each finding."""
    grid = Table(box=SIMPLE_HEAD)
    for name in ("file", "type", "pages", "size", "text_layer", "signed", "problem"):
        grid.add_column(
            message(f"column_{name}"),
            justify="right" if name in ("pages", "size") else "left",
            overflow="fold",
        )
    for finding in findings:
        grid.add_row(*map(Text, _cells(finding)))
    return grid


def _cells(finding: Finding) -> Iterator[str]:
    yield printable(finding.path)
    yield (finding.media_type or "").rpartition("/")[2]
    yield str(finding.pages or "")
    yield _size(finding.bytes)
    yield ", ".join(f"{kind} {count}" for kind, count in finding.text_layers)
    yield message("yes") if finding.signed else ""
    yield (finding.message or "").removeprefix(f"{printable(finding.path)}: ")


def _finding(source: Source) -> Finding:
    layers = Counter(str(page.text_layer) for page in source.pages)
    return Finding(
        str(source.path),
        source.media_type,
        len(source.pages),
        source.bytes,
        tuple(sorted(layers.items())),
        source.signed,
    )


def _size(count: int) -> str:
    if count < 10_000:
        return f"{count} B" if count else ""
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1e6:.1f} MB"
