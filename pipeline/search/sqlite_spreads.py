"""In which letters of an index a word is, and what is told of it there, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.search.sqlite_postings import FIELD_SHIFT, LAST_SPELLING_BIT, U8, Letters, Longs
from pipeline.search.sqlite_segment_reader import FEW, Flags, Word

_Told = TypeVar("_Told", bound=np.generic)
COUNT = 15
"""Bits of `Spread.info`: how often a word stands in a letter, to a limit."""
INFO_FIELD_SHIFT = 4
SAME = 128
"""Bit of `Spread.info`: the word stands there in the spelling asked for."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The letters a word is in: `count` of them, `same` in the spelling asked for.

    `info` says for each how often the word stands there (at most 15), with a bit for each field
    and for the spelling asked for. A word that many letters have has an `info` of all letters, 0
    where it is not, and a bit for each letter in `packed`, another for the spelling asked for in
    `packed_same`; any other has an `info` of each of those `letters`, ascending."""

    count: int
    same: int
    info: U8
    letters: Longs | None
    packed: U8
    packed_same: U8

    @classmethod
    def of_many(cls, count: int, same: int, info: U8) -> Spread:
        """Of a word that many letters have; given what is told of all letters."""
        packed, packed_same = np.packbits(info != 0), np.packbits(info >= SAME)
        return cls(count, same, info, None, packed, packed_same)

    @classmethod
    def of_some(cls, same: int, info: U8, letters: Longs) -> Spread:
        """Of any other word; given what is told of its letters."""
        return cls(len(letters), same, info, letters, _NONE, _NONE)

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        letters = 0 if self.letters is None else self.letters.nbytes
        return self.info.nbytes + self.packed.nbytes + self.packed_same.nbytes + letters

    def all(self) -> Longs:
        """The letters."""
        return self.info.nonzero()[0] if self.letters is None else self.letters

    def among(self, wanted: Longs) -> Flags:
        """For each of some letters, ascending, whether it is one of them."""
        if self.letters is None:
            there: Flags = self.info.take(wanted) != 0
            return there
        return is_in(self.letters, wanted)

    def info_of(self, wanted: Longs) -> U8:
        """The info of some letters that all have the word."""
        if len(wanted) == len(self.info):
            return self.info
        if self.letters is None:
            return self.info.take(wanted)
        return self.info.take(self.letters.searchsorted(wanted))

    def alike(self) -> Longs:
        """The letters that have it in the spelling asked for."""
        rows = (self.info >= SAME).nonzero()[0]
        return rows if self.letters is None else self.letters[rows]


_NONE = np.empty(0, np.uint8)


def of_letters(told: npt.NDArray[_Told], letters: Longs) -> npt.NDArray[_Told]:
    """What is told of some letters, ascending, of an array that has it for all."""
    return told if len(letters) == len(told) else told.take(letters)


def is_in(letters: Longs, wanted: Longs) -> Flags:
    """For each letter wanted whether it is among others, both ascending."""
    if not len(letters) or not len(wanted):
        return np.zeros(len(wanted), np.bool_)
    if len(wanted) * FEW < len(letters):
        at = letters.searchsorted(wanted)
        at[at == len(letters)] = 0
        return np.asarray(letters[at] == wanted)
    there = np.zeros(int(max(letters[-1], wanted[-1])) + 1, np.bool_)
    there[letters] = True
    return there[wanted]


def info_of_letters(letters: Letters, word: Word) -> U8:
    """`Spread.info` of the letters of a segment that have a word."""
    info = np.minimum(letters.counts, COUNT).astype(np.uint8)
    info |= (letters.marks >> FIELD_SHIFT << INFO_FIELD_SHIFT).astype(np.uint8)
    if word.spelling is not None:
        bit = np.uint16(1 << min(word.spelling, LAST_SPELLING_BIT))
        info |= ((letters.marks & bit) != 0).astype(np.uint8) * np.uint8(SAME)
    return info
