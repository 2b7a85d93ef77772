"""What the engine read that is no text of the letter: strokes, stamps, page numbers, scribbles.

In: the words of a page. Out: the segments that are text, and the rest as marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import regex

from pipeline.boxes import around, is_centred_in
from pipeline.document import Box, Mark, OcrPage, PageImage, Word
from pipeline.layout import wording
from pipeline.layout.frames import Table, frames
from pipeline.layout.loose_stamps import is_of_form, is_print, loose_stamps, stamp_words_in
from pipeline.layout.segments import Metrics, Segment, engine_lines, split
from pipeline.stamps import match
from pipeline.textlayer import is_stamp_text

LOOKALIKES = frozenset({"handwriting", "noise", "page_number"})  # what cells may be taken for
SMUDGE = 0.2  # of 138 real pages one line of print, an identifier, is read less surely
OF_SEAL = 0.5
LEADER = (
    15  # letters that a row of dots is taken for; no word of Vietnam or its neighbours is longer
)
SENTENCE = 3  # words of print that are no longer a stamp misread
NARROWEST_DASH = 0.15  # of the line height
GAP = 1.15  # of the line height: wider than any gap in a justified line, narrower than a gutter


def set_apart(
    ocr: OcrPage, metrics: Metrics, image: PageImage, grids: Sequence[Table]
) -> tuple[list[Segment], list[Mark]]:
    """Split the engine's lines at wide gaps and set apart what is no text.

    In the small print of tables (`grids`) words are read less surely and stand outside the block of
    the wide lines; they are no handwriting."""
    stamped, words = _stamps(ocr, metrics, image, grids)
    for loose in loose_stamps(words, ocr.height, ocr.dpi):
        stamped.append(mark("stamp", ocr.number, loose))
        words = [w for w in words if w not in loose]
    marks = list(stamped)
    segments: list[Segment] = []
    for line in engine_lines(words):
        kept, strokes = _without_strokes(line, metrics)
        marks += [mark("noise", ocr.number, [w]) for w in strokes]
        for part in split(kept, GAP * metrics.line):
            segments += _headings_apart(part, metrics)
    text: list[Segment] = []
    stamps = [m.box for m in (*image.marks, *stamped) if m.kind == "stamp" and m.box]
    seals = [m.box for m in image.marks if m.kind == "seal" and m.box]
    seals = [seal for seal in seals if any(is_centred_in(seal, grid.box) for grid in grids)]
    for segment in segments:
        kind = "stamp" if _heads_stamp(segment, stamps, metrics) else _kind(segment, metrics)
        if kind is None and _is_secrecy(segment, metrics) and not _in_table(segment, grids):
            kind = "stamp"
        if kind in LOOKALIKES and _in_table(segment, grids):
            kind = None
        if kind is None and _is_of_seal(segment, seals):
            kind = "noise"
        printed = segment.words if kind is None else ()
        if kind == "handwriting":
            printed = _printed_start(segment)
        if printed:
            text.append(Segment(printed))
        if kind is not None and (rest := segment.words[len(printed) :]):
            marks.append(mark(kind, ocr.number, rest))
    return text, marks


def _is_of_seal(segment: Segment, seals: Sequence[Box]) -> bool:
    """Whether a segment wholly within a seal on a table is what the engine made of the seal: in
    tables, where single letters count, strokes are read as words."""
    inside = any(
        seal[0] <= segment.left and segment.right <= seal[2] and is_centred_in(segment.box, seal)
        for seal in seals
    )
    return inside and _read_as_print(segment) < OF_SEAL


def _is_secrecy(segment: Segment, metrics: Metrics) -> bool:
    """Whether a segment is nothing but the words of a stamp of secrecy or urgency, in capitals, in
    the upper half of the page: stamped without a frame, or with one that was not found."""
    if not segment.text.isupper() or segment.bottom > 0.5 * metrics.height:
        return False
    found = match(segment.text)
    return found is not None and found.sureness == 1.0


def _printed_start(segment: Segment) -> tuple[Word, ...]:
    """The words of a form before what is filled in, or before the dots left for it: at least two
    that read well. Empty for a scribble."""
    count = 0
    for word in segment.words:
        if word.confidence < 0.5 or wording.quality(word.text) < 0.6:
            break
        count += 1
    letters = sum(c.isalpha() for w in segment.words[:count] for c in w.text)
    return segment.words[:count] if count >= 2 and letters >= 5 else ()


def _in_table(segment: Segment, grids: Sequence[Table]) -> bool:
    """Whether a segment that looks like print at all stands in a table."""
    x, y = segment.centre, segment.middle
    inside = any(g.box[0] <= x <= g.box[2] and g.box[1] <= y <= g.box[3] for g in grids)
    inside = inside and not wording.is_strokes(segment.text)
    return inside and (segment.confidence >= 0.2 or _print_quality(segment) >= 0.9)


def _headings_apart(segment: Segment, metrics: Metrics) -> list[Segment]:
    """Cut a segment before and after the country's name or the motto: on narrow pages the left
    column comes closer to them than a gap."""
    words = segment.words
    if len(words) < 6 or segment.top > 0.5 * metrics.height:
        return [segment]
    for test, least in ((wording.is_country, 5), (wording.is_motto, 6)):
        if not wording.may_hold_heading(segment.text):
            break
        spans = [
            (start, end)
            for start in range(len(words) - least + 1)
            for end in range(start + least, min(len(words), start + 10) + 1)
            if test(" ".join(w.text for w in words[start:end]))
        ]
        if not spans:
            continue
        start, end = max(spans, key=lambda s: wording.heading_score(words[s[0] : s[1]]))
        parts = (words[:start], words[start:end], words[end:])
        return [Segment(p) for p in parts if p]
    return [segment]


def mark(kind: str, page: int, words: Sequence[Word]) -> Mark:
    """A mark made of words."""
    confidence = sum(w.confidence for w in words) / len(words)
    text = " ".join(w.text for w in words)
    return Mark(kind, page, around(w.box for w in words), text, round(confidence, 3))


def _stamps(
    ocr: OcrPage, metrics: Metrics, image: PageImage, grids: Sequence[Table]
) -> tuple[list[Mark], list[Word]]:
    """Stamps: a frame of the size of one outside tables with the words of one in it, and every word
    inside but those of the letter that go on outside."""
    marks: list[Mark] = []
    rest = list(ocr.words)
    for frame in (*image.frames, *frames(image)):
        if any(is_centred_in(frame, grid.box) for grid in grids):
            continue
        own = stamp_words_in(frame, rest)
        if own and _is_stamp(own, frame, metrics):
            marks.append(replace(mark("stamp", ocr.number, own), box=frame))
            rest = [w for w in rest if w not in own]
    return marks, rest


def _is_stamp(words: Sequence[Word], frame: Box, metrics: Metrics) -> bool:
    """Whether a frame's words are those of an arrival stamp; or, beside the text block or across
    its edge, at least no sentence of the letter."""
    wide, high = frame[2] - frame[0], frame[3] - frame[1]
    if wide > 0.4 * metrics.width or high > 0.16 * metrics.height:
        return False
    if is_stamp_text(" ".join(w.text for w in words)):
        return True
    beside = frame[0] < metrics.left or frame[2] > metrics.right
    return beside and sum(is_print(w) and not is_of_form(w.text) for w in words) < SENTENCE


def _heads_stamp(segment: Segment, stamps: Sequence[Box], metrics: Metrics) -> bool:
    """The office's name in the upper field of an arrival stamp, left when only the lower field was
    found: capitals as wide as the stamp, right above it or in it."""
    if not segment.text.isupper() or wording.has_identifier(segment.text):
        return False
    slack = 0.6 * metrics.line
    return any(
        box[0] - slack < segment.left
        and segment.right < box[2] + slack
        and segment.width > 0.6 * (box[2] - box[0])
        and box[1] - 2.2 * metrics.line < segment.middle < box[3]
        for box in stamps
    )


def _without_strokes(line: Iterable[Word], metrics: Metrics) -> tuple[list[Word], list[Word]]:
    """Drop what is a rule, a frame's edge or a speck; keep dashes and bullets between words."""
    kept: list[Word] = []
    strokes: list[Word] = []
    words = list(line)
    # In a line without print the whole is a smudge, and told as one.
    printed = sum(w.confidence >= 0.5 and wording.quality(w.text) >= 0.9 for w in words) >= 2
    for word in words:
        stroke = _is_stroke(word, metrics) or (printed and _is_leader(word))
        (strokes if stroke else kept).append(word)
    while kept and _is_speck(kept[-1], metrics):
        strokes.append(kept.pop())
    while kept and (_is_speck(kept[0], metrics) or _is_dust(kept[0], metrics)):
        strokes.append(kept.pop(0))
    return kept, strokes


def _is_stroke(word: Word, metrics: Metrics) -> bool:
    if not wording.is_strokes(word.text):
        return False
    wide = word.box[2] - word.box[0]
    if regex.fullmatch(r"[.…]{2,}|\./\.?|/\.|[(){}\[\]\"“”%&+*:;,.]+", word.text):
        return word.confidence < 0.2
    return wide > 1.1 * metrics.line or word.confidence < 0.3


def _is_leader(word: Word) -> bool:
    """A row of dots left for filling in, taken for letters: long, and as unsure as can be."""
    unsure = word.confidence < 0.05 and wording.quality(word.text) <= 0.5
    return unsure and len(word.text) >= LEADER and not wording.has_identifier(word.text)


def _is_speck(word: Word, metrics: Metrics) -> bool:
    """A quote, bar or dot that stands alone at the end of a line, no bullet."""
    if regex.fullmatch(r"[-–—~+*•.,;:%)]+|\./\.?|/\.", word.text) and word.confidence >= 0.4:
        return False
    small = word.box[3] - word.box[1] < 0.35 * metrics.line
    return wording.is_strokes(word.text) and (small or word.confidence < 0.6 or len(word.text) == 1)


def _is_dust(word: Word, metrics: Metrics) -> bool:
    """A speck before a line taken for its dash: of 615 dashes of real pages none is as narrow."""
    return (
        len(word.text) == 1
        and wording.is_strokes(word.text)
        and (word.box[2] - word.box[0] < NARROWEST_DASH * metrics.line)
    )


def _kind(segment: Segment, metrics: Metrics) -> str | None:
    """The kind of mark a segment is; None where it is text."""
    if wording.is_strokes(segment.text):
        bullet = regex.fullmatch(r"[-–+*•]", segment.text) and segment.confidence >= 0.2
        return None if bullet else "noise"
    if _is_page_number(segment, metrics):
        return "page_number"
    signs = wording.is_signature(segment.text) and not wording.is_number(segment.text)
    if segment.bottom < 0.12 * metrics.height and signs:
        return "electronic_signature"
    outside = segment.right < metrics.left - 0.5 * metrics.line or segment.left > (
        metrics.right + 0.8 * metrics.line
    )
    good = _print_quality(segment)
    if outside and (good < 0.8 or segment.confidence < 0.6):
        return "noise"
    if wording.is_number(segment.text) or wording.has_identifier(segment.text):
        return None
    if (segment.confidence < 0.3 and good < 0.75) or _read_as_print(segment) < SMUDGE:
        return "handwriting"
    if len(segment.words) == 1 and segment.confidence < 0.5 and good < 0.95:
        return "handwriting"
    tall = segment.height > 2.2 * metrics.line
    return "handwriting" if tall and segment.confidence < 0.6 else None


def _print_quality(segment: Segment) -> float:
    """Mean quality of the words, weighted by length."""
    total = sum(len(w.text) for w in segment.words)
    return sum(wording.quality(w.text) * len(w.text) for w in segment.words) / total


def _read_as_print(segment: Segment) -> float:
    """Mean of confidence by quality, weighted by length: a smudge may give words, but no sure ones
    that are."""
    total = sum(len(w.text) for w in segment.words)
    return sum(w.confidence * wording.quality(w.text) * len(w.text) for w in segment.words) / total


def _is_page_number(segment: Segment, metrics: Metrics) -> bool:
    """One to three characters alone at the top or foot of the page, in the middle, where a number
    is often misread ("g3"); or a number in the lower right corner."""
    if not regex.fullmatch(r"[-–—\s.|]*\p{L}?\d{1,3}[-–—\s.|]*|\w{1,2}", segment.text):
        return False
    # A number and nothing else is that of the page a little farther from the edge, too.
    head = 0.13 if segment.text.isdigit() else 0.1
    near_edge = segment.bottom < head * metrics.height or segment.top > 0.92 * metrics.height
    central = abs(segment.centre - metrics.centre) < 0.08 * metrics.width
    central = central or abs(segment.centre - metrics.width / 2) < 0.06 * metrics.width
    in_corner = segment.right > metrics.right - 2 * metrics.line and regex.fullmatch(
        r"\d{1,3}", segment.text
    )
    return near_edge and (central or (segment.top > 0.9 * metrics.height and bool(in_corner)))
