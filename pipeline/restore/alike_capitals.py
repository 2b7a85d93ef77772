"""Small letters read as capitals of the same form at the beginning of a word: `bổ Sung`, `cơ Sở`.

In: what the decoder found of a document's tokens. Out: corrections to small letters. Only where
both words belong together and the second is hardly printed with a capital inside a sentence: of 20
million words of clean text 30 are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from pipeline.document import Correction
from pipeline.restore.judgement import Changes, Judgement, box_at
from pipeline.restore.language_model import Floats, LanguageModel
from pipeline.restore.slots import Slot
from pipeline.restore.tokens import core_of

TOGETHER: Final = ((-3.0, 0.05), (-1.6, 0.2))
"""log P(second | first), at least, and the share of capitals, at most."""

SCORE: Final = 0.9
_MARGIN: Final = 2.3
_ALIKE: Final = frozenset("SXVC" + "".join(c.upper() for c in "oóòỏõọôốồổỗộơớờởỡợ"))


def add(changes: Changes, judgement: Judgement, model: LanguageModel, capitals: Floats) -> None:
    """Add the corrections of all pages to `changes`, but where something else is corrected.
    `capitals`: the share of each word, by its id, that is printed with one inside sentences."""
    found = list(_capitals(judgement))
    if not found:
        return
    words = judgement.found.word
    first, second = (np.array([words[t + k] for t, _ in found]) for k in (0, 1))
    logs, shares = model.bigram(first, second)[0], capitals[second]
    small = np.any([(logs >= least) & (shares <= most) for least, most in TOGETHER], 0)
    for (_, slot), is_small in zip(found, small.tolist(), strict=True):
        if not is_small:
            continue
        corrections, _ = changes.setdefault((slot.page, slot.line), ([], []))
        at, end = slot.start, slot.start + len(slot.token)
        if any(c.start < end and at <= c.start + len(c.before) for c in corrections):
            continue  # the next pass sees what became of the word
        page = judgement.pages[slot.page]
        line = page.lines[slot.line]
        place = (page.number, slot.line + 1, at, box_at(line, at))
        before = line.text[at]
        corrections.append(Correction(*place, before, before.lower(), SCORE, _MARGIN, "model"))


def _capitals(judgement: Judgement) -> Iterator[tuple[int, Slot]]:
    """The tokens that begin with such a capital, between words in small letters; and the place of
    the one before each."""
    slots = judgement.slots
    for t, slot in enumerate(slots):
        if slot is None or slot.token[0] not in _ALIKE:  # all tokens come by here
            continue
        left = slots[t - 1]
        if left is None or not (left.token.islower() and left.token.isalpha()):
            continue
        core = slot.token[slice(*core_of(slot.token))]
        following = slots[t + 1] if t + 1 < len(slots) else None
        capital_behind = following is not None and following.token[:1].isupper()
        if core[1:].islower() and core.isalpha() and not capital_behind:
            yield t - 1, slot
