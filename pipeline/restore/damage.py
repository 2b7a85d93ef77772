"""What kind of damage a page has, told from its text alone.

In: the text of a page. Out: the name of the channel: `eng` (an English model read Vietnamese:
the letters only Vietnamese has are gone), `vie` (they are there), or `none` (no Vietnamese).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import regex
from unidecode import unidecode

from pipeline.restore.orthography import ONSETS, RIMES, VIETNAMESE_ONLY, split_tone

Damage = Literal["eng", "vie", "none"]
_WORD = regex.compile(r"\p{L}+")
# Latin-1 letters that an English model also prints; seeing them does not tell of Vietnamese.
_SHARED = frozenset("áàâéèêíìóòôúùýãõ")
_ONLY = VIETNAMESE_ONLY - _SHARED
_RIMES = frozenset(unidecode(r) for r in RIMES)
_ONSETS = frozenset(unidecode(o) for o in ONSETS) | {""}


@lru_cache(maxsize=50_000)
def could_be_syllable(word: str) -> bool:
    """Whether a word without its marks is a Vietnamese syllable without its marks."""
    bare = unidecode(split_tone(word.lower())[0])
    return any(bare.startswith(o) and bare[len(o) :] in _RIMES for o in _ONSETS)


def recognise(text: str) -> Damage:
    """The damage of a page: share of letters only Vietnamese has, and of possible syllables."""
    words = _WORD.findall(text.lower())
    letters = sum(map(len, words))
    if not letters:
        return "none"
    only = sum(c in _ONLY for w in words for c in w)
    if only >= 0.04 * letters:
        return "vie"
    longer = [w for w in words if len(w) > 1]
    possible = sum(map(could_be_syllable, longer))
    return "eng" if possible >= 0.55 * max(1, len(longer)) else "none"
