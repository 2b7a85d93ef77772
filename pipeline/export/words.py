"""The corrected words of a line in the boxes of the words that were read.

In: a raw line, its words with boxes, its corrections. Out: the words of the corrected line, each
with its place, what was read there, and the corrections that changed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

import regex

from pipeline.document import Box, Word
from pipeline.record import CorrectionInfo

Span = tuple[int, int]
"""Start and end in characters of the raw line."""


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word of the corrected text; `raw` is what was read in its place, `confidence` (0 to 1)
    that of the reading, or the score of the correction that changed it; `readings` are what a
    doubtful word may be besides, likeliest first."""

    text: str
    raw: str
    box: Box
    confidence: float
    corrections: tuple[CorrectionInfo, ...] = ()
    readings: tuple[str, ...] = ()


def place_words(
    words: Sequence[Word],
    corrections: Iterable[CorrectionInfo],
    doubts: Mapping[int, Sequence[str]] = MappingProxyType({}),
) -> list[PlacedWord]:
    """The words of the line after `corrections`, whose spans count in the words joined by one
    space. Words that were joined share the boxes of their parts; words that were parted share
    one box by their length in letters. `doubts` gives the other readings of doubtful words by their
    first character in the raw line.

    Raises ValueError where a correction does not fit the words."""
    raw = " ".join(word.text for word in words)
    changes = sorted(corrections, key=lambda c: c.start)
    tokens = _tokens(raw, changes)
    spans = _word_spans(words)
    placed: list[PlacedWord] = []
    for (first, last), members in _groups(tokens, spans):
        under = words[first : last + 1]
        boxes = _shares([text for text, _ in members], [w.box for w in under])
        read = " ".join(w.text for w in under)
        for (text, span), box in zip(members, boxes, strict=True):
            made = tuple(c for c in changes if _overlap(span, (c.start, c.start + len(c.before))))
            sure = min((c.score for c in made), default=_confidence(under))
            others = tuple(doubts.get(span[0], ()))
            placed.append(PlacedWord(text, read, box, sure, made, others))
    return placed


def _tokens(raw: str, changes: Sequence[CorrectionInfo]) -> list[tuple[str, Span]]:
    """The words of the corrected line, and the span of the raw line each stands for."""
    letters: list[tuple[str, Span]] = []
    at = 0
    for change in changes:
        end = change.start + len(change.before)
        if change.start < at or raw[change.start : end] != change.before:
            raise ValueError(f"{change.before!r} does not stand at {change.start} of {raw!r}")
        letters += _as_read(raw, at, change.start)
        letters += _changed(change)
        at = end
    letters += _as_read(raw, at, len(raw))
    tokens: list[tuple[str, Span]] = []
    for space, run in groupby(letters, key=lambda x: x[0].isspace()):
        if not space:
            chars = list(run)
            span = (min(s for _, (s, _) in chars), max(e for _, (_, e) in chars))
            tokens.append(("".join(c for c, _ in chars), span))
    return tokens


def _as_read(raw: str, start: int, end: int) -> list[tuple[str, Span]]:
    return [(raw[i], (i, i + 1)) for i in range(start, end)]


def _changed(change: CorrectionInfo) -> list[tuple[str, Span]]:
    """The characters of `after`, word by word on the words of `before` where both have as many."""
    before = [(m.start(), m.end()) for m in regex.finditer(r"\S+", change.before)]
    after = [(m.start(), m.end()) for m in regex.finditer(r"\S+", change.after)]
    whole = (change.start, change.start + len(change.before))
    spans = [whole] * len(change.after)
    if len(before) == len(after):
        for (b0, b1), (a0, a1) in zip(before, after, strict=True):
            spans[a0:a1] = [(change.start + b0, change.start + b1)] * (a1 - a0)
    return list(zip(change.after, spans, strict=True))


def _word_spans(words: Sequence[Word]) -> list[Span]:
    spans: list[Span] = []
    at = 0
    for word in words:
        spans.append((at, at + len(word.text)))
        at += len(word.text) + 1
    return spans


def _groups(
    tokens: Sequence[tuple[str, Span]], spans: Sequence[Span]
) -> list[tuple[Span, list[tuple[str, Span]]]]:
    """The tokens by the words they stand for (first and last); tokens that share a word are one
    group. A token that stands for none goes with the word before it."""
    groups: list[tuple[Span, list[tuple[str, Span]]]] = []
    for token in tokens:
        under = [i for i, word in enumerate(spans) if _overlap(token[1], word)]
        near = groups[-1][0][1] if groups else 0
        first, last = (under[0], under[-1]) if under else (near, near)
        if groups and first <= groups[-1][0][1]:
            (start, end), members = groups[-1]
            groups[-1] = ((start, max(end, last)), [*members, token])
        else:
            groups.append(((first, last), [token]))
    return groups


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _shares(texts: Sequence[str], boxes: Sequence[Box]) -> list[Box]:
    """The boxes themselves where there is one for each text; else their hull, cut from left to
    right by the lengths of the texts."""
    if len(texts) == len(boxes):
        return list(boxes)
    left, right = min(b[0] for b in boxes), max(b[2] for b in boxes)
    top, bottom = min(b[1] for b in boxes), max(b[3] for b in boxes)
    total = sum(len(t) for t in texts) + len(texts) - 1
    cut: list[Box] = []
    at = 0
    for text in texts:
        start, end = at / total, (at + len(text)) / total
        cut.append(
            (round(left + start * (right - left)), top, round(left + end * (right - left)), bottom)
        )
        at += len(text) + 1
    return cut


def _confidence(words: Sequence[Word]) -> float:
    letters = sum(len(w.text) for w in words)
    return sum(w.confidence * len(w.text) for w in words) / max(1, letters)
