"""Words printed apart that were read with a mark between them: `vũ.trang`, `chứng-khoán`.

In: what the decoder found of a document's tokens, which are parted at such marks. Out: corrections
that put a space there. A stop or colon before a small letter is hardly printed so (once in 400,000
words). A comma without a space behind it is, and a hyphen in foreign words (`vắc-xin`), pairs
(`tây-bắc`) and, throughout a text, the spelling of former times: these are taken for specks only
where the two words belong together, a hyphen only where it is the only one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from pipeline.document import Correction
from pipeline.restore.judgement import Judgement, box_at
from pipeline.restore.language_model import LanguageModel
from pipeline.restore.orthography import analyse
from pipeline.restore.slots import Slot

TOGETHER: Final = -5.5
"""log P(second | first) from which two words belong together."""

COMMON: Final = -9.3
"""log P of the second, at least, where a hyphen stands between: that of `xin`, `kíp` is less."""

SCORE: Final = 0.95
_MARGIN: Final = 3.0
_LETTERS: Final = 3  # of either word around a hyphen: `ô-tô`, `Ki-tô` are printed so


def parted(judgement: Judgement, model: LanguageModel) -> Iterator[tuple[Slot, Correction]]:
    """A space for the mark between two words, each with the slot of the first."""
    pairs = list(_pairs(judgement))
    if not pairs:
        return
    word = judgement.found.word
    first, second = (np.array([word[t + k] for t, _, _ in pairs]) for k in (0, 1))
    logs = model.bigram(first, second)[0].tolist()
    rare = (model.unigram[second] < COMMON).tolist()
    hyphens = sum(mark == "-" for _, _, mark in pairs)
    for (t, slot, mark), log, is_rare in zip(pairs, logs, rare, strict=True):
        if mark in "-,;" and log < TOGETHER:
            continue
        if mark == "-" and (hyphens > 1 or is_rare or not _long(judgement, t)):
            continue
        after = ": " if mark == ":" and log < TOGETHER else " "
        line = judgement.pages[slot.page].lines[slot.line]
        at = slot.start + len(slot.token) - 1
        number = judgement.pages[slot.page].number
        box = box_at(line, slot.start)
        yield (
            slot,
            Correction(number, slot.line + 1, at, box, mark, after, SCORE, _MARGIN, "grammar"),
        )


def _pairs(judgement: Judgement) -> Iterator[tuple[int, Slot, str]]:
    """The tokens that a mark joins to the one after them, both of them syllables."""
    slots = judgement.slots
    for t, slot in enumerate(slots[:-1]):
        following = slots[t + 1]
        if slot is None or following is None or slot.token[-1] not in "-.,;:":
            continue
        beside = (slot.page, slot.line, slot.start + len(slot.token))
        if beside != (following.page, following.line, following.start):
            continue
        core, other = slot.token[:-1], _core(following)
        if len(core) > 1 and core.isalpha() and analyse(core.lower()) and analyse(other.lower()):
            yield t, slot, slot.token[-1]


def _core(slot: Slot) -> str:
    return slot.token.rstrip('.,;:!?)”"')


def _long(judgement: Judgement, t: int) -> bool:
    slot, following = judgement.slots[t], judgement.slots[t + 1]
    assert slot is not None
    assert following is not None
    return len(slot.token) > _LETTERS and len(_core(following)) >= _LETTERS
