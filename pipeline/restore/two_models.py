"""What a word may be that both OCR models read: the evidence of both channels together.

In: the readings of what the Vietnamese model read, and what the English one read in its place. Out:
the readings of both, each by log P(read | word) of the one and a share of that of the other. The
models misread different letters, so where both say the same it is hardly wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein
from unidecode import unidecode

from pipeline.restore.channel import shape_of
from pipeline.restore.common_readings import Reading, Row
from pipeline.restore.language_model import NONE
from pipeline.restore.lexicon import Lexicon
from pipeline.restore.orthography import canonical
from pipeline.restore.tokens import UNKNOWN_ID, core_of

if TYPE_CHECKING:
    from pipeline.restore.candidates import Candidates

Floats = npt.NDArray[np.float32]
SHARE: Final = 0.7  # of the other channel: damage of the page misleads both
LEAST: Final = -14.0  # whatever is printed, a model may read something else in its place
LEAST_OTHER: Final = -12.0
MOST_NEW: Final = 8
LONGEST: Final = 12
LETTER: Final = -3.0  # one letter otherwise, of words that no channel knows


def joined(
    own: Candidates, other: Candidates, token: str, read: Row, english: str, in_capitals: bool
) -> Row:
    """The readings `read` of a token of letters under `own`, with those of `english` under `other`;
    the token as it is first. As it was, where the English model read no letters there."""
    core, beside = (text[slice(*core_of(text))] for text in (token, english))
    if not (core.isalpha() and beside.isalpha()) or max(len(core), len(beside)) > LONGEST:
        return read
    further = other.worked_out(english, in_capitals)
    others = [(int(a), int(b)) for a, b in zip(further.first, further.second, strict=True)]
    pairs = dict(zip(others, map(float, further.score), strict=True))
    by_own, by_other = own.by_channel(core)[0], other.by_channel(beside)[0]

    def evidence(first: int, second: int, text: str) -> float:
        """log P(english | word)."""
        if first <= UNKNOWN_ID:
            return max(LETTER * _distance(text, beside), LEAST_OTHER)
        spelt = _score(by_other, own.lexicon, first, second)
        return max(spelt, pairs.get((first, second), LEAST_OTHER), LEAST_OTHER)

    readings = list(read.readings)
    words = [(int(a), int(b)) for a, b in zip(read.first, read.second, strict=True)]
    scores = [float(s) for s in read.score]
    scores[0] = max(scores[0], LEAST)
    for reading, word in zip(further.readings, others, strict=True):
        text = reading.word or canonical(beside)
        new = word not in words and word[0] > UNKNOWN_ID and text.replace(" ", "").isalpha()
        if new and len(words) < len(read.first) + MOST_NEW:
            shape = shape_of(core) if len(core) > 1 else shape_of(beside)
            readings.append(Reading(*core_of(token), text, shape))
            words.append(word)
            scores.append(max(_score(by_own, own.lexicon, *word), LEAST))
    together = [
        s + SHARE * evidence(*word, r.word or core)
        for s, word, r in zip(scores, words, readings, strict=True)
    ]
    first, second = ([word[n] for word in words] for n in (0, 1))
    row = own.likeliest(Row(readings, first, second, together))
    # As sure as what was read alone: only how the readings stand to each other is told.
    shift = max(scores) - max(row.score)
    return row._replace(score=[s + shift for s in row.score])


def _score(scores: Floats, lexicon: Lexicon, first: int, second: int) -> float:
    """The score of a word that is one syllable of the lexicon; the least there is of others."""
    at = int(np.searchsorted(lexicon.word, first))
    known = second == NONE and at < len(lexicon.word) and lexicon.word[at] == first
    return float(scores[at]) if known else -np.inf


def _distance(a: str, b: str) -> int:
    return int(Levenshtein.distance(unidecode(a).lower(), unidecode(b).lower()))
