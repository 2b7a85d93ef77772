"""Specks that were read as marks: `vũ.trang`, `chứng-khoán`, `theo-déi`, `phạm. vi`, dashes at ends
of lines.

In: what the decoder found of a document's tokens, which are parted at such marks. Out: corrections
that put a space there, or nothing. A stop or colon before a small letter is hardly printed so (once
in 400,000 words). A comma without a space behind it is, and a hyphen in foreign words (`vắc-xin`),
pairs (`tây-bắc`) and, throughout a text, the spelling of former times: these are taken for specks
only where the two words belong together, a hyphen only where it is the only one. A stop or colon
with a space behind it is taken away only within what is nearly one word.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import regex

from pipeline.document import Correction
from pipeline.restore.fix import Fix
from pipeline.restore.judgement import Changes, Judgement, box_at
from pipeline.restore.language_model import LanguageModel
from pipeline.restore.orthography import analyse
from pipeline.restore.slots import Slot

TOGETHER: Final = -5.5
"""log P(second | first) from which two words belong together."""

ONE_WORD: Final = {".": -3.25, ":": -2.5}
"""log P(second | first) from which a mark with a space behind it is a speck: in 16 million words of
clean text three are not."""

COMMON: Final = -9.3
"""log P of the second, at least, where a hyphen stands between: that of `xin`, `kíp` is less."""

SCORE: Final = 0.9
_MARGIN: Final = 2.3
_LETTERS: Final = 3  # of either word around a hyphen: `ô-tô`, `Ki-tô` are printed so
_DASH_BEFORE: Final = regex.compile(r"-\p{Ll}\w")
_DASH_BEHIND: Final = regex.compile(r"\p{Ll}\w+[:;,.]?-")

Place = tuple[int, int]
"""The index of a page, and of a line on it."""

_Pair = tuple[int, Slot, str]
"""Where a token stands that a mark joins to the next, the token, and the mark."""


def add(changes: Changes, judgement: Judgement, model: LanguageModel, *, heavy: bool) -> None:
    """Add the corrections of all pages to `changes`, but where something else is corrected. Dashes
    at the ends of lines are specks under `heavy` damage only."""
    others = _at_ends(judgement) if heavy else _within(judgement, model)
    for place, fix in (*_between(judgement, model), *others):
        page = judgement.pages[place[0]]
        line = page.lines[place[1]]
        corrections, _ = changes.setdefault(place, ([], []))
        if any(c.start < fix.end and fix.start < c.start + len(c.before) for c in corrections):
            continue
        before, box = line.text[fix.start : fix.end], box_at(line, fix.start)
        args = (page.number, place[1] + 1, fix.start, box, before, fix.after)
        corrections.append(Correction(*args, SCORE, _MARGIN, "model"))


def _between(judgement: Judgement, model: LanguageModel) -> Iterator[tuple[Place, Fix]]:
    """A space for the mark between two words."""
    touching = list(_touching(judgement))
    pairs = [pair for pair in touching if _are_words(judgement, pair)]
    if not pairs:
        return
    word = judgement.found.word
    first, second = (np.array([word[t + k] for t, _, _ in pairs]) for k in (0, 1))
    logs = model.bigram(first, second)[0].tolist()
    rare = (model.unigram[second] < COMMON).tolist()
    hyphens = sum(mark == "-" for _, _, mark in touching)
    for (t, slot, mark), log, is_rare in zip(pairs, logs, rare, strict=True):
        if mark in "-,;" and log < TOGETHER:
            continue
        if mark == "-" and (hyphens > 1 or is_rare or not _long(judgement, t)):
            continue
        at = slot.start + len(slot.token) - 1
        after = ": " if mark == ":" and log < TOGETHER else " "
        yield (slot.page, slot.line), Fix(at, at + 1, after)


def _within(judgement: Judgement, model: LanguageModel) -> Iterator[tuple[Place, Fix]]:
    """Nothing for a stop or colon before a small letter within what is nearly one word."""
    slots = judgement.slots
    found = []
    for t, slot in enumerate(slots):
        if slot is None or slot.token[-1] not in ONE_WORD:
            continue
        behind = t + 2 if t + 1 < len(slots) and slots[t + 1] is None else t + 1
        following = slots[behind] if behind < len(slots) else None
        if following is None or not following.token[0].islower():
            continue
        beside = (slot.page, slot.line, slot.start + len(slot.token) + 1)
        core, other = slot.token[:-1], _core(following)
        if beside != (following.page, following.line, following.start) or not core.islower():
            continue
        if len(core) > 1 and core.isalpha() and analyse(core) and analyse(other):
            found.append((slot, judgement.found.word[t], judgement.found.word[behind]))
    if not found:
        return
    firsts, seconds = (np.array([row[k] for row in found]) for k in (1, 2))
    logs = model.bigram(firsts, seconds)[0].tolist()
    for (slot, _, _), log in zip(found, logs, strict=True):
        if log >= ONE_WORD[slot.token[-1]]:
            at = slot.start + len(slot.token) - 1
            yield (slot.page, slot.line), Fix(at, at + 1, "")


def _touching(judgement: Judgement) -> Iterator[_Pair]:
    """The tokens that a mark joins to the one after them."""
    slots = judgement.slots
    for t, (slot, following) in enumerate(pairwise(slots)):
        if slot is None or following is None or slot.token[-1] not in "-.,;:":
            continue
        beside = (slot.page, slot.line, slot.start + len(slot.token))
        if beside == (following.page, following.line, following.start):
            yield t, slot, slot.token[-1]


def _are_words(judgement: Judgement, pair: _Pair) -> bool:
    """Whether both tokens are syllables as read."""
    t, slot, _ = pair
    following = judgement.slots[t + 1]
    assert following is not None
    core, other = slot.token[:-1], _core(following)
    plain = len(core) > 1 and core.isalpha()
    return plain and bool(analyse(core.lower()) and analyse(other.lower()))


def _core(slot: Slot) -> str:
    return slot.token.rstrip('.,;:!?)”"')


def _long(judgement: Judgement, t: int) -> bool:
    slot, following = judgement.slots[t], judgement.slots[t + 1]
    assert slot is not None
    assert following is not None
    return len(slot.token) > _LETTERS and len(_core(following)) >= _LETTERS


def _at_ends(judgement: Judgement) -> Iterator[tuple[Place, Fix]]:
    """A dash before a small letter, where the line before runs on, and without the space that a
    list's has; and one behind a syllable at the end of a line."""
    for left, slot, right in zip(
        [None, *judgement.slots], judgement.slots, [*judgement.slots[1:], None], strict=False
    ):
        if slot is None:
            continue
        place = (slot.page, slot.line)
        if slot.start == 0 and _DASH_BEFORE.match(slot.token) and left is not None:
            before = judgement.pages[left.page].lines[left.line].text
            if not before.lstrip().startswith("-"):  # else an item of a list
                yield place, Fix(0, 1, "")
        ends = right is None or (right.page, right.line) != place
        if ends and _DASH_BEHIND.fullmatch(slot.token):
            at = slot.start + len(slot.token) - 1
            yield place, Fix(at, at + 1, "")
