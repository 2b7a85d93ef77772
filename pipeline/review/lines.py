"""The lines of letters that people have confirmed: what may be learned from.

In: a letter and the decisions about it. Out: its confirmed lines, each word as OCR read it and as
it is printed. Of a letter that was checked as a whole every line is confirmed. Of others a line is
where a word of it was decided and none is left open: its other words count as they stand, so that
what is learned of the scanner are its right readings as well as its wrong ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.record import Page, Record
from pipeline.review.apply import WORD_FLAGS
from pipeline.review.decisions import LETTER, Decision, last_of_each_place, word_place
from pipeline.review.units import page_units


@dataclass(frozen=True, slots=True)
class ConfirmedLine:
    """A line: (as read, as printed) of each unit, a word or several; `page` and `number` from 1."""

    page: int
    number: int
    units: tuple[tuple[str, str], ...]

    @property
    def tokens(self) -> list[str]:
        """The printed tokens."""
        return [token for _, text in self.units for token in text.split()]

    def pairs(self) -> Iterator[tuple[str, str]]:
        """(printed, read) of each token, where as many were read as are printed."""
        for raw, text in self.units:
            printed, read = text.split(), raw.split()
            if len(printed) == len(read):
                yield from zip(printed, read, strict=True)


def confirmed_lines(machine: Record, decisions: Sequence[Decision]) -> list[ConfirmedLine]:
    """The confirmed lines of a letter in order."""
    counting = last_of_each_place(decisions)
    decided = {d.place: d for d in counting if d.of_word}
    whole = any(d.place == LETTER for d in counting)
    return [line for page in machine.pages for line in _of_page(page, machine, decided, whole)]


def _of_page(
    page: Page, machine: Record, decided: dict[str, Decision], whole: bool
) -> Iterator[ConfirmedLine]:
    doubts = {
        (f.line, f.start) for f in machine.flags if f.page == page.number and f.code in WORD_FLAGS
    }
    for number, units in enumerate(page_units(page, machine.corrections), 1):
        told: list[tuple[str, str]] = []
        touched, is_open = False, False
        for unit in units:
            decision = decided.get(word_place(unit.page, unit.line, unit.start))
            if decision and decision.raw == unit.raw:
                touched = True
                told.append((unit.raw, decision.after))
                continue
            doubtful = any((number, at) in doubts for at in range(unit.start, unit.end))
            is_open |= doubtful or unit.text != unit.raw
            told.append((unit.raw, unit.text))
        if told and (whole or (touched and not is_open)):
            yield ConfirmedLine(page.number, number, tuple(told))
