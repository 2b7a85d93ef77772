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
_TONE_BITS = 3
_TONES = frozenset(TONES.values())
_FIGURE, _LETTER = regex.compile(r"\p{N}"), regex.compile(r"[\p{L}\p{M}]")
_CODE_POINTS = 0x110000

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Texts:
    """Some texts one behind the other, each after a break; text `n` begins at `begins[n]`. Words
    are counted from 0 over all; a break counts as one."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.whole = BREAK.join(("", *texts, ""))
        self.begins = list(accumulate((len(text) + 1 for text in texts), initial=1))[:-1]
        data = self.whole.encode("utf-32-le", "surrogatepass")
        self._codes = np.frombuffer(data, np.uint32)
        folded = _FOLDED.of(self._codes)
        classes = folded >> _CLASS_SHIFT
        edges = np.flatnonzero(classes[1:] != classes[:-1]) + 1
        starts = np.concatenate(([0], edges))
        words = (classes[starts] != BETWEEN >> _CLASS_SHIFT).nonzero()[0]
        self.starts: Longs = starts[words]
        self.ends: Longs = np.append(edges, len(folded))[words]
        self.folded = folded.tobytes()
        """A byte for each character of `whole`."""
        self._keys, self._rows_apart = self._read(folded)
        self._having: dict[str, Flags] = {}

    def _read(self, folded: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint64], Longs]:
        """The words as numbers, 0 for those that need working out, and which these are."""
        padded = self.folded + bytes(_KEY_BYTES)
        from_each = np.ndarray(len(folded) + 1, np.dtype("<u8"), padded, strides=(1,))
        lengths = self.ends - self.starts
        keys = from_each[self.starts] & _MASKS[np.minimum(lengths, _KEY_BYTES)]
        apart = lengths > _KEY_BYTES
        self._strange = OTHER_LETTER in self.folded or OTHER_FIGURE in self.folded
        if self._strange:
            there = ((folded == OTHER_LETTER) | (folded == OTHER_FIGURE)).nonzero()[0]
            apart[self.starts.searchsorted(there, "right") - 1] = True
        keys[apart] = 0
        return keys, apart.nonzero()[0]

    @cached_property
    def _apart(self) -> dict[int, Form]:
        """Words of more than eight letters, or with strange ones: (exact, folded) of each."""
        spans = ((row, self.starts[row], self.ends[row]) for row in self._rows_apart.tolist())
        found = ((row, list(words_in(self.whole[start:end]))) for row, start, end in spans)
        return {row: words[0][:2] for row, words in found if words}

    def having(self, folded: str) -> Flags:
        """For each word whether it is this when folded."""
        if folded not in self._having:
            there = np.zeros(len(self._keys), np.bool_)
            for key in _keys_of(folded):
                there |= self._keys == key
            if self._strange or len(folded) > _KEY_BYTES:
                there[[row for row, form in self._apart.items() if form[1] == folded]] = True
            self._having[folded] = there
        return self._having[folded]

    def alike(self, form: Form, rows: Longs) -> Flags:
        """For each of some words that are `form` when folded, whether they have its very marks."""
        exact, folded = form
        bare, tones = exact[: len(folded)], exact[len(folded) :]
        same = np.zeros(len(rows), np.bool_)
        if len(bare) == len(folded) and _TONES.issuperset(tones):
            places = self.starts[rows][:, None] + np.arange(len(bare))
            letters = _MARKED.of(self._codes[np.minimum(places, len(self._codes) - 1)])
            tone = letters - np.array([ord(c) << _TONE_BITS for c in bare], np.uint32)
            # of another letter the difference is larger than any tone
            same = (tone >> _TONE_BITS == 0).all(1) & (tone.sum(1) == sum(map(int, tones)))
        if self._strange or len(folded) > _KEY_BYTES:
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


class _Table:
    """What is told of each code point as a number, worked out when first met; never 0."""

    def __init__(self, kind: type[np.unsignedinteger]) -> None:
        self._table = np.zeros(_CODE_POINTS, kind)  # memory is taken where it is written to

    def of(self, codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.unsignedinteger]:
        """The numbers of some code points."""
        found = self._table[codes]
        if not found.all():
            for code in set(codes[found == 0].tolist()):
                self._table[code] = self._number(chr(code))
            found = self._table[codes]
        return found

    def _number(self, letter: str) -> int:
        raise NotImplementedError


class _Folded(_Table):
    """A letter as it is folded, as in `Texts.folded`."""

    def _number(self, letter: str) -> int:
        if letter == BREAK:
            return _BREAK
        if _FIGURE.match(letter):
            return ord(letter) if letter.isascii() else OTHER_FIGURE
        if not _LETTER.match(letter):
            return BETWEEN
        plain = forms_of_letter(letter)[2]
        return ord(plain) if len(plain) == 1 and plain.isalpha() else OTHER_LETTER


class _Marked(_Table):
    """A letter without its tone, and its tone in the lowest bits; 1 where it is none."""

    def _number(self, letter: str) -> int:
        bare, tone, _ = forms_of_letter(letter)
        if len(bare) != 1 or len(tone) > 1:
            return 1
        return ord(bare) << _TONE_BITS | int(tone or 0)


_FOLDED, _MARKED = _Folded(np.uint8), _Marked(np.uint32)
