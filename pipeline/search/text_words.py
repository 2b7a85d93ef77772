"""The words of some texts as arrays, so that those a query asks for are found in all at once.

Every character is one byte: a letter as it is folded, a figure, or that it is neither. The two
highest bits tell these apart, so a word begins and ends where they change; and nearly every word of
Vietnamese has at most eight letters, which make one number. Others are worked out one by one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import regex

from pipeline.search.folding import ONSETS, TONES, forms_of_letter, words_in
from pipeline.search.identifiers import Form

BREAK = "\n"
"""Between texts; no word and no phrase reaches over it."""
BETWEEN, OTHER_FIGURE, OTHER_LETTER = 0x80, 0x3A, 0x7B
"""In `Texts.folded`: what is no word; figures other than 0 to 9; letters that do not fold to one of
a to z."""
_BREAK = 0xC0
_CLASS_SHIFT = 6
_KEY_BYTES = 8
_MASKS = np.array([(1 << 8 * n) - 1 for n in range(_KEY_BYTES + 1)], np.uint64)
_NO_WORD = np.uint64(1)
_EACH_BYTE, _HIGHEST_BYTE = np.uint64(0x0101010101010101), np.uint64(8 * (_KEY_BYTES - 1))
_FOLDED, _BARE, _TONE = 0, 8, 16
"""By how much what is told of a letter is shifted."""
_MOST_LETTERS = 254
_TONES = frozenset(TONES.values())
_FIGURE, _LETTER = regex.compile(r"\p{N}"), regex.compile(r"[\p{L}\p{M}]")
_MARKS = regex.compile(r"\p{M}+")
_CODE_POINTS = 0x110000

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]


class Texts:
    """Some texts one behind the other, each after a break; text `n` begins at `begins[n]`. Words
    are counted from 0 over all; a break counts as one."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.whole = BREAK.join(("", *texts, ""))
        self.begins = list(accumulate((len(text) + 1 for text in texts), initial=1))[:-1]
        data = self.whole.encode("utf-32-le", "surrogatepass")
        self._told = _LETTERS.of(np.frombuffer(data, np.uint32))
        folded = self._told.astype(np.uint8)
        classes = folded >> _CLASS_SHIFT
        edges = (classes[1:] != classes[:-1]).nonzero()[0] + 1
        edges = np.concatenate(([0], edges, [len(folded)]))
        words = (classes[edges[:-1]] != BETWEEN >> _CLASS_SHIFT).nonzero()[0]
        self.starts: Longs = edges[words]
        self.ends: Longs = edges[words + 1]
        self.folded = folded.tobytes()
        """A byte for each character of `whole`."""
        self._keys, self._rows_apart = self._read(folded)
        self._rows: dict[str, Longs] = {}

    def _read(self, folded: Bytes) -> tuple[npt.NDArray[np.uint64], Longs]:
        """The words as numbers, 0 for those that need working out, and which these are."""
        lengths = self.ends - self.starts
        self._masks = _MASKS.take(lengths, mode="clip")
        keys = _from_each(self.folded).take(self.starts) & self._masks
        apart = lengths > _KEY_BYTES
        self._strange = OTHER_LETTER in self.folded or OTHER_FIGURE in self.folded
        if self._strange:
            there = ((folded == OTHER_LETTER) | (folded == OTHER_FIGURE)).nonzero()[0]
            apart[self.starts.searchsorted(there, "right") - 1] = True
            self._begin_at_letters(apart)
        keys[apart] = 0
        return keys, apart.nonzero()[0]

    def _begin_at_letters(self, rows: Flags) -> None:
        """No word begins with a combining mark: such before its first letter are none of it."""
        for row in rows.nonzero()[0].tolist():
            start, end = int(self.starts[row]), int(self.ends[row])
            lead = _MARKS.match(self.whole, start, end)
            if lead and lead.end() < end:
                self.starts[row] = lead.end()

    @cached_property
    def _apart(self) -> dict[int, Form]:
        """Words of more than eight letters, or with strange ones: (exact, folded) of each."""
        spans = ((row, self.starts[row], self.ends[row]) for row in self._rows_apart.tolist())
        found = ((row, list(words_in(self.whole[start:end]))) for row, start, end in spans)
        return {row: words[0][:2] for row, words in found if words}

    def _is_apart(self, folded: str) -> bool:
        return self._strange or len(folded) > _KEY_BYTES

    def rows(self, folded: str) -> Longs:
        """The words that are this when folded, ascending."""
        found = self._rows.get(folded)
        if found is None:
            found = self._rows[folded] = self._having(folded, self._keys)
        return found

    def _having(self, folded: str, keys: npt.NDArray[np.uint64]) -> Longs:
        one, *other = _keys_of(folded) or (_NO_WORD,)
        there = keys == one
        for key in other:
            there |= keys == key
        if self._is_apart(folded):
            there[[row for row, form in self._apart.items() if form[1] == folded]] = True
        rows: Longs = there.nonzero()[0]
        return rows

    def are(self, folded: str, rows: Longs) -> Flags:
        """For each of some words whether it is this when folded."""
        keys = self._keys.take(rows)
        there = np.zeros(len(rows), np.bool_)
        for key in _keys_of(folded):
            there |= keys == key
        if self._is_apart(folded):
            for n, row in enumerate(rows.tolist()):
                there[n] |= row in self._apart and self._apart[row][1] == folded
        return there

    @cached_property
    def _marked(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
        """What stands from each character on: eight letters without their tones, eight tones."""
        letters, tones = ((self._told >> shift).astype(np.uint8) for shift in (_BARE, _TONE))
        return _from_each(letters.tobytes()), _from_each(tones.tobytes())

    def alike(self, form: Form, rows: Longs) -> Flags:
        """For each of some words that are `form` when folded, whether they have its very marks."""
        exact, folded = form
        bare, tones = exact[: len(folded)], exact[len(folded) :]
        if len(bare) == len(folded) <= _KEY_BYTES and _TONES.issuperset(tones):
            starts, masks = self.starts.take(rows), self._masks.take(rows)
            letters, tone = (marked[starts] & masks for marked in self._marked)
            # all tones of a word are one sum, in the highest byte
            same: Flags = letters == _key_of_letters(bare)
            same &= tone * _EACH_BYTE >> _HIGHEST_BYTE == sum(map(int, tones))
        else:
            same = np.zeros(len(rows), np.bool_)
        if self._is_apart(folded):
            for n, row in enumerate(rows.tolist()):
                if row in self._apart:
                    same[n] = self._apart[row][0] == exact
        return same

    def at(self, places: Longs) -> Longs:
        """The words that begin at some places, or reach over them."""
        rows: Longs = self.starts.searchsorted(places, "right") - 1
        return rows


@lru_cache(maxsize=4096)
def _keys_of(folded: str) -> tuple[np.uint64, ...]:
    """The numbers of a word as it may be written: i for y too."""
    if not folded.isascii() or not 0 < len(folded) <= _KEY_BYTES:
        return ()
    onset = re.fullmatch(rf"({ONSETS})i", folded)
    written = (folded, f"{onset[1]}y") if onset else (folded,)
    return tuple(np.uint64(int.from_bytes(word.encode(), "little")) for word in written)


@lru_cache(maxsize=4096)
def _key_of_letters(bare: str) -> np.uint64:
    """The number of a word of letters without their tones; of an unknown one what no word has."""
    each = bytes(map(_LETTERS.bare, bare))
    return np.uint64(int.from_bytes(each if all(each) else b"\xff" * _KEY_BYTES, "little"))


def _from_each(data: bytes) -> npt.NDArray[np.uint64]:
    """The eight bytes that begin at each, and at the end, as numbers."""
    padded = data + bytes(_KEY_BYTES)
    return np.ndarray(len(data) + 1, np.dtype("<u8"), padded, strides=(1,))


class _Letters:
    """What is told of each code point, worked out when first met: as it is folded (as in
    `Texts.folded`), which letter it is without its tone, and its tone; as the bytes of a number."""

    def __init__(self) -> None:
        self._table = np.zeros(_CODE_POINTS, np.dtype("<u4"))  # taken where it is written to
        self._bare: dict[str, int] = {}

    def of(self, codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
        """The numbers of some code points."""
        found = self._table.take(codes)
        if not found.all():
            for code in set(codes[found == 0].tolist()):
                self._table[code] = self._number(chr(code))
            found = self._table.take(codes)
        return found

    def bare(self, letter: str) -> int:
        """The number of a letter without its tone, which is in small; 0 where there are too many,
        and for none."""
        if letter not in self._bare and len(self._bare) < _MOST_LETTERS:
            self._bare[letter] = len(self._bare) + 1
        return self._bare.get(letter, 0)

    def _number(self, letter: str) -> int:
        bare, tone, plain = forms_of_letter(letter)
        folded = _folded(letter, plain)
        if len(bare) != 1 or len(tone) > 1 or folded in (BETWEEN, _BREAK):
            return folded << _FOLDED
        return folded << _FOLDED | self.bare(bare) << _BARE | int(tone or 0) << _TONE


def _folded(letter: str, plain: str) -> int:
    if letter == BREAK:
        return _BREAK
    if _FIGURE.match(letter):
        return ord(letter) if letter.isascii() else OTHER_FIGURE
    if not _LETTER.match(letter):
        return BETWEEN
    return ord(plain) if len(plain) == 1 and plain.isalpha() else OTHER_LETTER


_LETTERS = _Letters()
