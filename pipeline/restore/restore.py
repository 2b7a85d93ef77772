"""Restore a document: from printed lines as read to corrected lines, each change on record.

In: page layouts (or plain text). Out: restored pages with the same number of lines; a correction
for every change, a doubt for every word left though another reading is not excluded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import numpy as np
import regex

from pipeline.document import (
    Box,
    Correction,
    Doubt,
    Line,
    PageLayout,
    RestoredLine,
    RestoredPage,
    apply_corrections,
)
from pipeline.restore import damage
from pipeline.restore.candidates import Candidates, Reading, Settings, printed
from pipeline.restore.channel import Channel
from pipeline.restore.decoder import Decoder, Lattice, Weights
from pipeline.restore.language_model import LanguageModel
from pipeline.restore.lexicon import (
    Lexicon,
    Phrase,
    PhraseTable,
    built_in_phrases,
    extend,
    phrases_of,
)
from pipeline.restore.orthography import in_style, tone_style
from pipeline.restore.tokens import JOINED, classify, core_of, ends_sentence

Model = Literal["auto", "eng", "vie", "none"]
_TOKEN = regex.compile(r"\S+")
_WIDTH = 7
_SHORT = 0.7  # a line shorter than this share of the page's longest ends its paragraph


@dataclass(frozen=True, slots=True)
class Policy:
    """When a reading is taken: its probability, and how it must compare with leaving the token."""

    accept: float
    doubt: float


POLICIES = {"eng": Policy(0.4, 0.75), "vie": Policy(0.97, 0.3)}
SETTINGS = {"eng": Settings(True, 24, 13.0), "vie": Settings(False, 8, 9.0)}


@dataclass(frozen=True, slots=True)
class Slot:
    """A token of the document: its line, its place in the line, and the row of its readings."""

    page: int
    line: int
    start: int
    token: str
    row: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reading of a word in its context, and what each part of the score said of it."""

    text: str
    probability: float
    channel: float
    language: float


class Restorer:
    """The language model, the channels and the word lists, ready for any number of documents."""

    def __init__(
        self, model: LanguageModel, channels: dict[str, Channel], lexicon: Lexicon, phrases: PhraseTable
    ) -> None:
        ids = model.ids()
        self._model = model
        self._decoder = Decoder(model, phrases, Weights())
        self._candidates = {
            name: Candidates(channel, lexicon, model, ids, SETTINGS[name])
            for name, channel in channels.items()
        }

    @classmethod
    def load(cls, dictionaries: Sequence[Path] = ()) -> Restorer:
        """A restorer with the built-in model and word lists, and the word lists given.

        Raises OSError where a word list cannot be read."""
        base = _base_model()
        phrases: list[Phrase] = [*built_in_phrases(), *phrases_of(dictionaries)]
        model = extend(base, phrases)
        lexicon = Lexicon.of(model.words)
        channels = {
            name: Channel.of(name, _table(f"channel-{name}.tsv"), lexicon.onsets, lexicon.rimes)
            for name in ("eng", "vie")
        }
        return cls(model, channels, lexicon, PhraseTable.of(phrases, model.ids()))

    def restore_pages(
        self, pages: Sequence[PageLayout], model: Model = "auto"
    ) -> tuple[RestoredPage, ...]:
        """Restore all pages of a document together; each keeps its number of lines."""
        kinds = [self._kind(page.lines, model) for page in pages]
        done: list[list[RestoredLine]] = [
            [RestoredLine(line, line.text) for line in page.lines] for page in pages
        ]
        for name in ("eng", "vie"):
            chosen = [i for i, kind in enumerate(kinds) if kind == name]
            if chosen:
                self._restore([(i, pages[i]) for i in chosen], name, done)
        return tuple(
            RestoredPage(p.number, p.width, p.height, p.dpi, tuple(lines), p.marks)
            for p, lines in zip(pages, done, strict=True)
        )

    def restore_text(self, text: str, model: Model = "auto") -> RestoredPage:
        """Restore plain text as one page, line for line (lines part at `\\n` only)."""
        lines = tuple(Line(line) for line in text.split("\n"))
        return self.restore_pages([PageLayout(1, 0, 0, 0, lines)], model)[0]

    def explain(self, word: str, before: str, after: str, model: Model = "auto") -> list[Candidate]:
        """The readings of `word` between `before` and `after`, most probable first."""
        text = f"{before} {word} {after}"
        name = self._kind((Line(text),), model)
        name = "vie" if name == "none" else name
        slots, rows = self._slots([(0, PageLayout(1, 0, 0, 0, (Line(text),)))], name)
        at = next(i for i, s in enumerate(slots) if s and s.start == len(before) + 1)
        slot = slots[at]
        assert slot is not None
        keep, share = self._decode(rows, name)
        candidates = self._candidates[name]
        found = []
        for k, p in zip(keep[at], share[at], strict=True):
            if p > 0:
                reading = candidates.readings[slot.row][k]
                word_id = int(candidates.first[slot.row, k])
                text_of = reading.word or slot.token
                channel = float(candidates.score[slot.row, k])
                found.append(
                    Candidate(text_of, float(p), channel, float(self._model.unigram[word_id]))
                )
        return sorted(found, key=lambda c: -c.probability)

    def _kind(self, lines: Sequence[Line], model: Model) -> str:
        if model != "auto":
            return model
        return damage.recognise("\n".join(line.text for line in lines))

    def _restore(
        self,
        pages: Sequence[tuple[int, PageLayout]],
        name: str,
        done: list[list[RestoredLine]],
    ) -> None:
        slots, rows = self._slots(pages, name)
        if not rows.size:
            return
        keep, share = self._decode(rows, name)
        policy = POLICIES[name]
        candidates = self._candidates[name]
        best = share.argmax(1)
        at = np.arange(len(best))
        chosen, probability = keep[at, best], share[at, best]
        changes: dict[tuple[int, int], tuple[list[Correction], list[Doubt]]] = {}
        numbers = {i: page.number for i, page in pages}
        styles = {i: tone_style("\n".join(x.text for x in p.lines)) > 0.5 for i, p in pages}
        interesting = np.flatnonzero((chosen != 0) | (share[:, 0] < 1 - policy.doubt))
        for t in interesting:
            slot = slots[t]
            if slot is None:
                continue
            found = changes.setdefault((slot.page, slot.line), ([], []))
            reading = candidates.readings[slot.row][chosen[t]]
            line = done[slot.page][slot.line].raw
            own = float(share[t, 0])
            if chosen[t] and probability[t] >= policy.accept:
                text = self._text(slot, reading, styles[slot.page])
                fix = self._correction(slot, reading, text, line, float(probability[t]), own)
                if fix.before != fix.after:
                    found[0].append(_numbered(fix, numbers[slot.page]))
                    continue
            others = self._others(candidates.readings[slot.row], keep[t], share[t], slot)
            found[1].append(
                Doubt(
                    numbers[slot.page],
                    slot.line + 1,
                    slot.start,
                    _box(line, slot.start),
                    slot.token,
                    own,
                    others,
                )
            )
        for (page, number), (corrections, doubts) in changes.items():
            line = done[page][number].raw
            fixed = tuple(corrections)
            done[page][number] = RestoredLine(
                line, apply_corrections(line.text, fixed), fixed, tuple(doubts)
            )

    def _text(self, slot: Slot, reading: Reading, second_vowel: bool) -> str:
        words = (reading.word or "").split(" ")
        styled = " ".join(in_style(w, second_vowel) for w in words)
        return printed(styled, slot.token[reading.start : reading.end])

    def _correction(
        self, slot: Slot, reading: Reading, text: str, line: Line, score: float, own: float
    ) -> Correction:
        start = slot.start + reading.start
        margin = float(np.log(max(score, 1e-12)) - np.log(max(own, 1e-12)))
        before = slot.token[reading.start : reading.end]
        return Correction(
            0, slot.line + 1, start, _box(line, slot.start), before, text, score, margin, "model"
        )

    def _others(
        self,
        readings: list[Reading],
        keep: np.ndarray,  # type: ignore[type-arg]
        share: np.ndarray,  # type: ignore[type-arg]
        slot: Slot,
    ) -> tuple[str, ...]:
        order = np.argsort(-share)[:4]
        words = [readings[keep[k]].word for k in order if share[k] > 0.001 and keep[k] < len(readings)]
        return tuple(printed(w, slot.token) for w in words if w)[:3]

    def _decode(self, rows: np.ndarray, name: str):  # type: ignore[no-untyped-def,type-arg]
        candidates = self._candidates[name]
        lattice = Lattice(candidates.first[rows], candidates.second[rows], candidates.score[rows])
        return self._decoder.posteriors(lattice, _WIDTH)

    def _slots(self, pages: Sequence[tuple[int, PageLayout]], name: str):  # type: ignore[no-untyped-def]
        candidates = self._candidates[name]
        boundary = candidates.boundary()
        slots: list[Slot | None] = [None]
        rows: list[int] = [boundary]

        def end() -> None:
            if slots[-1] is not None:
                slots.append(None)
                rows.append(boundary)

        for index, page in pages:
            longest = max((len(x.text) for x in page.lines), default=0)
            for number, line in enumerate(page.lines):
                capitals = in_capitals(line.text)
                for start, token in tokens_of(line.text):
                    if not is_word(token, name == "eng"):
                        if ends_sentence(token):
                            end()
                        continue
                    slots.append(Slot(index, number, start, token, candidates.row(token, capitals)))
                    rows.append(slots[-1].row)  # type: ignore[union-attr]
                    if ends_sentence(token):
                        end()
                if len(line.text) < _SHORT * longest:
                    end()
            end()
        return slots, np.array(rows, np.int64)


def tokens_of(text: str) -> list[tuple[int, str]]:
    """The tokens of a line with their offsets; lower-case words joined by a mark are parted."""
    found = []
    for match in _TOKEN.finditer(text):
        token, start = match.group(), match.start()
        at = 0
        for mark in JOINED.finditer(token):
            found.append((start + at, token[at : mark.end()]))
            at = mark.end()
        found.append((start + at, token[at:]))
    return found


@lru_cache(maxsize=100_000)
def is_word(token: str, heavy: bool) -> bool:
    """Whether a token counts in the sequence of words."""
    start, end = core_of(token)
    if start < end:
        return bool(classify(token[start:end])) or heavy
    return heavy and any(c in "&@¢§€£¥©®" for c in token)


def in_capitals(text: str) -> bool:
    """Whether a line is printed in capitals for the most part."""
    upper = sum(c.isupper() for c in text)
    lower = sum(c.islower() for c in text)
    return upper > 4 and upper > 1.5 * lower


def _numbered(fix: Correction, page: int) -> Correction:
    return Correction(
        page, fix.line, fix.start, fix.box, fix.before, fix.after, fix.score, fix.margin, fix.source
    )


def _box(line: Line, start: int) -> Box | None:
    """The box of the word that stands at `start` in the line, where words are known."""
    at = 0
    for word in line.words:
        if at <= start < at + len(word.text):
            return word.box
        at += len(word.text) + 1
    return None


@lru_cache(maxsize=1)
def _base_model() -> LanguageModel:
    return LanguageModel.load((files("dictionaries") / "language-model.npz").read_bytes())


@lru_cache(maxsize=4)
def _table(name: str) -> tuple[str, ...]:
    return tuple((files("dictionaries") / name).read_text(encoding="utf-8").splitlines())
