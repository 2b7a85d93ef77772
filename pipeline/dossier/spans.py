"""From the pages of a file to its letters: page ranges, and flags where a boundary is doubtful.

In: restored pages. Out: `LetterSpan`s in order, which together hold every page once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.document import Box, RestoredPage
from pipeline.dossier.boundaries import beginning_probabilities
from pipeline.dossier.traits import PageTraits, traits_of
from pipeline.messages import sentence
from pipeline.record import Flag

TAKEN = 0.5
DOUBTFUL = (0.1, 0.9)
"""A boundary of a probability between these is told to a person, taken or not."""


@dataclass(frozen=True, slots=True)
class LetterSpan:
    """One letter: indices of its first and last page in the row of pages, the probability that a
    letter begins there, what speaks for it (traits of dictionaries/letter_beginnings.tsv), where
    its letterhead stands, and doubts about where it begins and ends."""

    first: int
    last: int
    confidence: float = 1.0
    evidence: tuple[str, ...] = ()
    box: Box | None = None
    flags: tuple[Flag, ...] = ()


def find_letters(pages: Sequence[RestoredPage]) -> tuple[LetterSpan, ...]:
    """The letters on the pages of a file, in order; none only where there are no pages."""
    if not pages:
        return ()
    traits = [traits_of(page) for page in pages]
    chances = [float(p) for p in beginning_probabilities(traits)]
    starts = [i for i, p in enumerate(chances) if p > TAKEN]
    return tuple(
        LetterSpan(
            first=start,
            last=end - 1,
            confidence=round(chances[start], 3),
            evidence=tuple(sorted(traits[start].found)),
            box=traits[start].box,
            flags=tuple(_flags(traits, chances, start, end)),
        )
        for start, end in zip(starts, [*starts[1:], len(pages)], strict=True)
    )


def several_letters(spans: Sequence[LetterSpan]) -> tuple[Flag, ...]:
    """The flag of a text that is taken as one letter though it seems to be several."""
    if len(spans) < 2:
        return ()
    pages = ", ".join(str(span.first + 1) for span in spans)
    second = spans[1]
    told = _flag("several_letters", second.first + 1, second.box, count=len(spans), pages=pages)
    return (told,)


def _flags(
    traits: Sequence[PageTraits], chances: Sequence[float], start: int, end: int
) -> Iterator[Flag]:
    """Doubts about the letter on the pages from `start` to before `end`."""
    low, high = DOUBTFUL
    for at in (start, end):
        if 0 < at < len(traits) and chances[at] < high:
            code = "boundary_begins" if at == start else "boundary_ends"
            yield _flag(code, traits[at].number, traits[at].box)
    for at in range(start, end):
        page = traits[at]
        if at > start and chances[at] > low:
            yield _flag("boundary_within", page.number, page.box)
        if page.inner is not None:
            yield _flag("boundary_in_page", page.number, page.inner.box)


def _flag(code: str, page: int, box: Box | None, **values: object) -> Flag:
    return Flag(
        code=code,
        message=sentence(code, "en").format(page=page, **values),
        where=f"page {page}",
        page=page,
        box=box,
        message_vi=sentence(code, "vi").format(page=page, **values),
    )
