"""A letter as its page shows it: words with boxes, fields with places, what to look at first.

In: a letter's folder and the decisions about it. Out: a `LetterView`, plain values for a template.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.document import Box
from pipeline.export.holding import LAYOUT
from pipeline.messages import Language
from pipeline.record import Flag, Page, Record
from pipeline.review.apply import WORD_FLAGS, reviewed
from pipeline.review.decisions import LETTER, Decision, last_of_each_place, word_place
from pipeline.review.fields import MUST_HAVE, editable
from pipeline.review.units import Unit, page_units
from pipeline.review.writing import read_machine


@dataclass(frozen=True, slots=True)
class WordView:
    """A word as it reads now. `kind` is the judge of what changed it ("" where nothing did),
    `boxes` are left, top, width, height; `order` counts from 1 where it should be looked at."""

    place: str
    raw: str
    text: str
    kind: str
    doubtful: bool
    boxes: tuple[Box, ...]
    readings: tuple[str, ...] = ()
    verdict: str = ""
    who: str = ""
    order: int | None = None


@dataclass(frozen=True, slots=True)
class PageView:
    """A page: its size in pixels as read, and its lines of words; an empty line is a gap."""

    number: int
    width: int
    height: int
    lines: tuple[tuple[WordView, ...], ...]


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field: what it says, what is doubtful about it, where it stands."""

    name: str
    value: str
    notes: tuple[str, ...]
    page: int | None
    box: Box | None
    can_edit: bool
    verdict: str = ""
    who: str = ""
    order: int | None = None


@dataclass(frozen=True, slots=True)
class LetterView:
    """All of a letter's page. `seen` is the number of the last decision it shows."""

    record: Record
    pages: tuple[PageView, ...]
    fields: tuple[FieldView, ...]
    seen: int
    checked: bool
    unfitting: int

    def words(self) -> Iterator[WordView]:
        """All words in order."""
        return (word for page in self.pages for line in page.lines for word in line)

    def open(self) -> int:
        """How many words and fields wait for a look."""
        return sum(w.order is not None for w in self.words()) + sum(
            f.order is not None for f in self.fields
        )


def letter_view(
    folder: Path, decisions: Sequence[Decision], language: Language = "en"
) -> LetterView:
    """The letter in `folder` with `decisions`.

    Raises DocumentError where its record cannot be read."""
    machine = read_machine(folder)
    made = reviewed(machine, decisions)
    unfitting = set(made.unfitting)
    decided = {d.place: d for d in last_of_each_place(decisions) if d not in unfitting}
    boxes = placed_words(folder, machine)
    pages = tuple(_page(p, machine, decided, boxes.get(p.number, [])) for p in machine.pages)
    fields = tuple(_fields(machine, made.record, decided, language))
    view = LetterView(
        made.record,
        pages,
        fields,
        max((d.number for d in decisions), default=0),
        LETTER in decided,
        len(made.unfitting),
    )
    return view if view.checked else _ordered(view, machine)


def letter_units(machine: Record) -> dict[str, Unit]:
    """The words of a letter by their places."""
    return {
        word_place(u.page, u.line, u.start): u
        for page in machine.pages
        for line in page_units(page, machine.corrections)
        for u in line
    }


Placed = list[tuple[int, int, Box]]
"""Of a line: first character, end, and box of each word that was read."""


def placed_words(folder: Path, machine: Record) -> dict[int, list[Placed]]:
    """Of each page the placed words of its lines; none where the layout is not to be had."""
    try:
        layout = json.loads((folder / LAYOUT).read_bytes())
        pages = zip(machine.pages, layout["pages"], strict=True)
        return {p.number: [_placed(line["words"]) for line in one["lines"]] for p, one in pages}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _placed(words: Sequence[Any]) -> Placed:
    placed: Placed = []
    at = 0
    for text, (left, top, right, bottom), _ in words:
        placed.append((at, at + len(text), (left, top, right - left, bottom - top)))
        at += len(text) + 1
    return placed


def _page(
    page: Page, machine: Record, decided: dict[str, Decision], placed: list[Placed]
) -> PageView:
    doubts = {
        (f.line, f.start): f
        for f in machine.flags
        if f.code in WORD_FLAGS and f.page == page.number
    }
    lines = []
    for number, units in enumerate(page_units(page, machine.corrections), 1):
        here = placed[number - 1] if number <= len(placed) else []
        lines.append(tuple(_word(u, doubts, decided, here) for u in units))
    return PageView(page.number, page.width, page.height, tuple(lines))


def _word(
    unit: Unit,
    doubts: dict[tuple[int | None, int | None], Flag],
    decided: dict[str, Decision],
    placed: Placed,
) -> WordView:
    place = word_place(unit.page, unit.line, unit.start)
    decision = decided.get(place)
    flags = [f for at in range(unit.start, unit.end) if (f := doubts.get((unit.line, at)))]
    boxes = tuple(box for start, end, box in placed if start < unit.end and unit.start < end)
    text, kind = unit.text, unit.corrections[-1].source if unit.corrections else ""
    if decision:
        text = decision.after
        kind = "person" if text != unit.raw else ""
    readings = [r for f in flags for r in f.readings]
    others = (*readings, unit.text, unit.raw)
    return WordView(
        place,
        unit.raw,
        text,
        kind,
        bool(flags) and decision is None,
        boxes,
        tuple(dict.fromkeys(r for r in others if r != text)),
        decision.verdict if decision else "",
        decision.who if decision else "",
    )


def _fields(
    machine: Record, made: Record, decided: dict[str, Decision], language: Language
) -> Iterator[FieldView]:
    notes: dict[str, list[str]] = {}
    for flag in machine.flags:
        if flag.code not in WORD_FLAGS:
            told = flag.message_vi if language == "vi" and flag.message_vi else flag.message
            notes.setdefault(flag.where, []).append(told)
    known: dict[str, str | None] = dict(editable(made))
    for name in [*known, *(n for n in notes if n not in known)]:
        decision = decided.get(name)
        found = machine.evidence.get(name)
        yield FieldView(
            name,
            known.get(name) or "",
            tuple(notes.get(name, ())),
            found.page if found else None,
            found.box if found else None,
            name in known,
            decision.verdict if decision else "",
            decision.who if decision else "",
        )


def _ordered(view: LetterView, machine: Record) -> LetterView:
    """Number what should be looked at: doubtful fields an archive must have, other doubtful
    fields, doubtful words, corrections by their sureness."""
    score = {word_place(c.page, c.line, c.start): c.score for c in machine.corrections}
    fields = [f for f in view.fields if not f.verdict and (f.notes or _is_missing(f))]
    fields.sort(key=lambda f: f.name not in MUST_HAVE)
    words = [w for w in view.words() if w.doubtful]
    changed = [w for w in view.words() if w.kind and not w.doubtful and not w.verdict]
    changed.sort(key=lambda w: score.get(w.place, 0.0))
    items = [*(f.name for f in fields), *(w.place for w in (*words, *changed))]
    order = {name: number for number, name in enumerate(items, 1)}
    return replace(
        view,
        fields=tuple(replace(f, order=order.get(f.name)) for f in view.fields),
        pages=tuple(
            replace(
                page,
                lines=tuple(
                    tuple(replace(w, order=order.get(w.place)) for w in line) for line in page.lines
                ),
            )
            for page in view.pages
        ),
    )


def _is_missing(field: FieldView) -> bool:
    return field.name in MUST_HAVE and not field.value
