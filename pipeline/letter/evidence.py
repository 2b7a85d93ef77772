"""Where on the page a field was read, and how surely."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.document import Mark, Word
from pipeline.letter.lines import PageLine, union, words_between
from pipeline.record import Evidence


def of_lines(lines: Sequence[PageLine]) -> Evidence | None:
    """Evidence from whole lines: on the first one's page, the union of the boxes there."""
    if not lines:
        return None
    page = lines[0].page
    here = [line for line in lines if line.page == page]
    words = [w for line in here for w in line.words]
    box = union(line.box for line in here)
    return Evidence(page=page, box=box, confidence=_confidence(words))


def of_part(line: PageLine, part: str | None) -> Evidence | None:
    """Evidence from the words of `line` that print `part`."""
    if part is None:
        return None
    start = line.text.find(part)
    if start < 0 or not line.words:
        return of_lines([line])
    words = words_between(line, start, start + len(part))
    box = union(w.box for w in words) or line.box
    return Evidence(page=line.page, box=box, confidence=_confidence(words))


def of_mark(mark: Mark) -> Evidence:
    """Evidence from a stamp."""
    return Evidence(page=mark.page, box=mark.box, confidence=_rounded(mark.confidence))


def _confidence(words: Sequence[Word]) -> float:
    return _rounded(sum(w.confidence for w in words) / len(words)) if words else 1.0


def _rounded(confidence: float) -> float:
    return round(min(max(confidence, 0.0), 1.0), 4)
