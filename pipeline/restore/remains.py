"""Words of which only the beginning or the end was read: `p` for tập, `ch` for dịch, `đư` for được.

In: what was read, all syllables of a vocabulary. Out: those it may be what is left of. A channel
that parts words in onset and rime knows such words only by their letters, one by one lost.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

import numpy as np
from unidecode import unidecode

from pipeline.restore.language_model import Floats, Ids

LOST: Final = -10.5
"""log P(this is left | word): one word in 10,000 is read so, and what is left has one of two or
three forms."""

LOST_MARKS: Final = -12.5
"""The same where marks of what is left were read wrongly, too: `án` for sản."""

_LAST: Final = chr(0x10FFFF)


class Remains:
    """The syllables of a vocabulary by how they begin and how they end."""

    def __init__(self, syllables: Sequence[str]) -> None:
        self._with_marks = _Ends(syllables)
        self._without = _Ends([unidecode(word) for word in syllables])

    def of(self, read: str) -> tuple[Ids, Floats]:
        """The numbers of the syllables that begin or end with what was `read`, in small letters,
        and log P(read | syllable) of each; some may be there twice."""
        alike, exact = self._without.of(unidecode(read)), self._with_marks.of(read)
        scores = np.full(len(alike) + len(exact), LOST, np.float32)
        scores[: len(alike)] = LOST_MARKS
        return np.concatenate([alike, exact]), scores


class _Ends:
    """Strings by how they begin and how they end."""

    def __init__(self, strings: Sequence[str]) -> None:
        self._forward = _Sorted(strings)
        self._backward = _Sorted([string[::-1] for string in strings])

    def of(self, part: str) -> Ids:
        both = self._forward.beginning(part), self._backward.beginning(part[::-1])
        return np.concatenate(both)


class _Sorted:
    """Strings in their order, and the number of each."""

    def __init__(self, strings: Sequence[str]) -> None:
        numbers = sorted(range(len(strings)), key=strings.__getitem__)
        self._strings = [strings[i] for i in numbers]
        self._numbers = np.array(numbers, np.int64)

    def beginning(self, start: str) -> Ids:
        """The numbers of those that begin with `start`."""
        first = bisect_left(self._strings, start)
        last = bisect_right(self._strings, start + _LAST, lo=first)
        return self._numbers[first:last]
