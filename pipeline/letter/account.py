"""Where every printed line went: each stands in exactly one place of the record.

In: all lines of the letter, and field by field the lines that went into it; out: the places, and
the passages that no field holds. Every character that is no space belongs to one place.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from pipeline.letter import keywords
from pipeline.letter.folding import upper_share
from pipeline.letter.header import is_circulation
from pipeline.letter.lines import PageLine
from pipeline.letter.sections import is_enacting_body
from pipeline.record import Passage, PassageKind, Place

Character = tuple[int, int, int]
"""Page, line (from 1) and place in the line (from 0) of a printed character."""


class Account:
    """Takes down which field each line went to; the first to claim a line has it."""

    def __init__(self, lines: Sequence[PageLine]) -> None:
        self._lines = lines
        self._where: dict[Character, str] = {}
        self.passages: list[Passage] = []

    def take(self, where: str, lines: Iterable[PageLine]) -> None:
        """`lines` stand in the field `where`."""
        for line in lines:
            for spot in line.ink:
                self._where.setdefault((line.page, *spot), where)

    def take_entries(self, name: str, entries: Sequence[Iterable[PageLine]]) -> None:
        """Entries of the list `name`; a line that several of them share stands in the list."""
        shared: dict[Character, int] = defaultdict(int)
        for entry in entries:
            for character in {(x.page, *x.ink[0]) for x in entry if x.ink}:
                shared[character] += 1
        for i, entry in enumerate(entries):
            for line in entry:
                alone = line.ink and shared[(line.page, *line.ink[0])] == 1
                self.take(f"{name}.{i}" if alone else name, [line])

    def take_passages(self, kind: PassageKind, lines: Iterable[PageLine]) -> None:
        """Those of `lines` that no field took are passages: of `kind`, or of what they plainly
        are. Neighbours of one kind are one passage."""
        free = [line for line in lines if not self._is_taken(line)]
        kinds: list[PassageKind] = []
        for line in free:
            kinds.append(_kind(line, kind, kinds[-1] if kinds else None))
        pairs = zip(free, kinds, strict=True)
        for (_, found), group in itertools.groupby(pairs, lambda p: (p[0].page, p[1])):
            members = [line for line, _ in group]
            self.take(f"passages.{len(self.passages)}", members)
            text = "\n".join(line.text for line in members)
            self.passages.append(Passage(kind=found, text=text))

    def _is_taken(self, line: PageLine) -> bool:
        return all((line.page, *spot) in self._where for spot in line.ink)

    def places(self) -> list[Place]:
        """Where the lines stand, in the order of the pages."""
        lines: dict[tuple[int, int], list[int]] = defaultdict(list)
        for page, number, at in self._where:
            lines[page, number].append(at)
        runs = [run for key in sorted(lines) for run in self._runs(key, sorted(set(lines[key])))]
        return _joined(runs)

    def _runs(self, key: tuple[int, int], characters: list[int]) -> Iterator[Place]:
        """The places of one line, from left to right."""
        page, number = key
        groups = [
            (where, list(group))
            for where, group in itertools.groupby(
                characters, lambda at: self._where[page, number, at]
            )
        ]
        for i, (where, group) in enumerate(groups):
            start = group[0] if i else 0
            end = group[-1] + 1 if i + 1 < len(groups) else None
            yield Place(where=where, page=page, line=number, last_line=number, start=start, end=end)


def _joined(runs: Sequence[Place]) -> list[Place]:
    """Whole lines that follow each other in one field as one place."""
    joined: list[Place] = []
    for run in runs:
        last = joined[-1] if joined else None
        if (
            last is not None
            and (last.where, last.page) == (run.where, run.page)
            and _is_whole(last)
            and _is_whole(run)
        ):
            joined[-1] = last.model_copy(update={"last_line": run.line})
        else:
            joined.append(run)
    return joined


def _is_whole(place: Place) -> bool:
    return place.start == 0 and place.end is None


def _kind(line: PageLine, usual: PassageKind, above: PassageKind | None) -> PassageKind:
    """What a line that no field holds is, given the one `above` it."""
    text = line.text
    if usual in ("stamp", "page_number", "running_head"):
        return usual
    if keywords.is_not_text(text):
        return "stamp"
    if not keywords.has_letters(text):
        return "rule"
    if upper_share(text) > 0.5 and is_circulation(text):
        return "circulation"
    if usual == "other" and (keywords.is_enacting(text) or is_enacting_body(text)):
        return "enacting"
    if above == "enacting" and upper_share(text) > 0.85:
        return "enacting"  # "KHÓA XV, KỲ HỌP THỨ 4" below the name of a council
    return usual
