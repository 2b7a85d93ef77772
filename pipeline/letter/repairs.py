"""What the letter stage mends in a field, as corrections of the text.

In: the lines a field stands on, what was read there and what is meant; out: corrections of the
text as this stage received it (`source: field`, `where` the field), so that text, fields and index
agree and each repair can be seen and taken back.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import regex
from rapidfuzz.distance import Levenshtein

from pipeline.document import Box, Correction, RestoredLine, RestoredPage
from pipeline.letter.lines import PageLine, union
from pipeline.restore.corrections import compose

SOURCE = "field"
_SCORE = 0.99  # as the field grammar of restoration: only what leaves one reading is mended
_MARGIN = 5.0


@dataclass(frozen=True, slots=True)
class _Inked:
    """A printed character and where it stands."""

    page: int
    line: int
    at: int
    character: str


class Repairs:
    """Gathers the corrections of one letter."""

    def __init__(self, pages: Sequence[RestoredPage]) -> None:
        self._lines = {(p.number, n): x for p in pages for n, x in enumerate(p.lines, 1)}
        self._found: dict[tuple[int, int, int], Correction] = {}
        self._last: tuple[Sequence[PageLine], list[_Inked], str] | None = None

    def add(
        self, where: str, lines: Sequence[PageLine], before: str, after: str, *, every: bool = False
    ) -> None:
        """Where `lines` print `before`, `after` is meant: at the first such place, or at `every`
        one. Nothing is noted where they do not print it."""
        if not before.strip():
            return
        stream, text = self._streamed(lines)
        wanted = _bare(before)
        start = text.find(wanted)
        while start >= 0:
            run = stream[start : start + len(wanted)]
            if self._is_whole(run):
                for found in self._corrections(where, run, after):
                    self._note(found)
                if not every:
                    return
            start = text.find(wanted, start + len(wanted))

    @property
    def all(self) -> list[Correction]:
        """The corrections, in the order of the text."""
        return [self._found[key] for key in sorted(self._found)]

    def _streamed(self, lines: Sequence[PageLine]) -> tuple[list[_Inked], str]:
        """The characters of `lines`; those of the lines asked for last are kept, as all citations
        ask for those of the whole letter."""
        if self._last is None or self._last[0] is not lines:
            stream = list(self._stream(lines))
            self._last = (lines, stream, "".join(x.character for x in stream))
        return self._last[1], self._last[2]

    def _stream(self, lines: Iterable[PageLine]) -> Iterator[_Inked]:
        for line in lines:
            for number, at in line.ink:
                text = self._lines[line.page, number].text
                yield _Inked(line.page, number, at, text[at])

    def _is_whole(self, run: Sequence[_Inked]) -> bool:
        """Is the run no piece of a longer word or number?"""
        first, last = run[0], run[-1]
        before = self._lines[first.page, first.line].text[: first.at][-1:]
        after = self._lines[last.page, last.line].text[last.at + 1 :][:1]
        joined = first.character.isalnum() and before.isalnum()
        return not (joined or (last.character.isalnum() and after.isalnum()))

    def _corrections(self, where: str, run: Sequence[_Inked], after: str) -> Iterator[Correction]:
        """One correction for each line that the run stands on."""
        cuts = [i for i in range(1, len(run)) if _line(run[i]) != _line(run[i - 1])]
        edges = [0, *cuts, len(run)]
        shares = _shared_out(run, after, cuts)
        for start, end, share in zip(edges[:-1], edges[1:], shares, strict=True):
            page, number = _line(run[start])
            line = self._lines[page, number]
            at, stop = run[start].at, run[end - 1].at + 1
            if _bare(line.text[at:stop]) != "".join(x.character for x in run[start:end]):
                continue  # words of another row stand between
            before, skip = _differing(line.text[at:stop], share)
            if before != (share := _differing(share, line.text[at:stop])[0]):
                yield Correction(
                    page=page,
                    line=number,
                    start=at + skip,
                    box=_box(line, at + skip, at + skip + len(before)),
                    before=before,
                    after=share,
                    score=_SCORE,
                    margin=_MARGIN,
                    source=SOURCE,
                    where=where,
                )

    def _note(self, found: Correction) -> None:
        """Keep a correction, unless another one holds a part of its place."""
        end = found.start + len(found.before)
        for page, line, start in self._found:
            stop = start + len(self._found[page, line, start].before)
            if (page, line) == (found.page, found.line) and start < end and found.start < stop:
                return
        self._found[found.page, found.line, found.start] = found


def chained(
    pages: Sequence[RestoredPage], first: Sequence[Correction], second: Sequence[Correction]
) -> list[Correction]:
    """Corrections of the text of `pages` that do what `first`, then `second` on its outcome, do."""
    lines = {(p.number, n): x.text for p in pages for n, x in enumerate(p.lines, 1)}
    out: list[Correction] = []
    for page, line in sorted({(c.page, c.line) for c in (*first, *second)}):
        here = [
            tuple(c for c in some if (c.page, c.line) == (page, line)) for some in (first, second)
        ]
        out += compose(lines[page, line], *here)
    return out


def _bare(text: str) -> str:
    return "".join(c for c in text if not c.isspace())


def _line(inked: _Inked) -> tuple[int, int]:
    return inked.page, inked.line


def _shared_out(run: Sequence[_Inked], after: str, cuts: Sequence[int]) -> list[str]:
    """`after` cut where the run goes on to another line, by the alignment of their characters."""
    if not cuts:
        return [after]
    before = "".join(x.character for x in run)
    ops = Levenshtein.opcodes(before, after)
    places = [0]
    for cut in cuts:
        op = next(o for o in ops if o.src_start <= cut < max(o.src_end, o.src_start + 1))
        places.append(min(op.dest_start + cut - op.src_start, op.dest_end))
    places.append(len(after))
    return [after[a:b].strip() for a, b in itertools.pairwise(places)]


def _differing(text: str, other: str) -> tuple[str, int]:
    """`text` without the whole words that it shares with `other` at head and end, and where the
    rest begins."""
    ours, theirs = text.split(" "), other.split(" ")
    if len(ours) != len(theirs) or ours == theirs:
        return text, 0
    head = next(i for i, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b)
    tail = next(i for i, (a, b) in enumerate(zip(ours[::-1], theirs[::-1], strict=True)) if a != b)
    return " ".join(ours[head : len(ours) - tail]), sum(len(w) + 1 for w in ours[:head])


def _box(line: RestoredLine, start: int, end: int) -> Box | None:
    """The box of the words that print the characters `start` to `end` of a line."""
    tokens = list(regex.finditer(r"\S+", line.text))
    if len(tokens) != len(line.raw.words):
        return line.raw.box
    pairs = zip(tokens, line.raw.words, strict=True)
    return union(w.box for t, w in pairs if t.start() < end and t.end() > start)
