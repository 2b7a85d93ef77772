"""Foreign words and names that an OCR model for Vietnamese reads with Vietnamese letters: `Eront`
for Front, `BiII` for Bill, `öƒ` for of.

In: a token that no vocabulary knows. Out: the known foreign words it may stand for, with
log P(read | word). A word that is itself known stays out of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rapidfuzz.distance import Levenshtein
from unidecode import unidecode

from pipeline.restore.orthography import analyse
from pipeline.restore.tokens import SPECIALS

LEAST: Final = 3
"""Letters of a word, at least: shorter ones are near too many others."""

_Half = tuple[int, int, str]
"""The length of a word, which half, and the letters of that half."""

_MOST_FOUND: Final = 10_000
_MARK: Final = -4.0  # another mark, or a bar or hook that is none (đ, ƒ)
_ALIKE: Final = -4.0  # letters that look alike
_ONE: Final = -7.0  # a thin letter lost, or one with a mark invented
_SAME: Final = str.maketrans({"ƒ": "f", "]": "j", "đ": "d", "Đ": "D", "©": "c", "€": "c", "ø": "g"})
_CAPITALS: Final = frozenset(map(frozenset, ("fe", "ud", "il", "jl", "ji", "jp", "jd")))
"""First letters taken for one another: capitals, and small ones or signs that stand for them."""

_SMALL: Final = frozenset(map(frozenset, ("li", "tl", "it", "ft", "ce", "nm", "au", "oc", "hb")))


class ForeignWords:
    """The words of a language model that are no Vietnamese syllables."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._table: dict[_Half, list[tuple[str, str]]] = {}
        self._found: dict[str, tuple[tuple[str, float], ...]] = {}

    def near(self, read: str) -> tuple[tuple[str, float], ...]:
        """Words that what was read may be, and log P(read | word): one letter taken for one that
        looks like it, a thin one lost, one with a mark invented; else one mark for another. Words
        that differ otherwise may both be right (amôni, amoni; Luise, Louise)."""
        if read not in self._found:
            if len(self._found) > _MOST_FOUND:
                self._found.clear()
            self._found[read] = tuple(self._near(_plain(read)))
        return self._found[read]

    def _near(self, read: str) -> Iterable[tuple[str, float]]:
        folded = unidecode(read)
        halves = self._by_halves()
        for length in range(max(LEAST, len(folded) - 1), len(folded) + 2):
            left = length // 2
            right = len(folded) - (length - left)
            found = halves.get((length, 0, folded[:left]), []) + halves.get(
                (length, 1, folded[right:]), []
            )
            for word, plain in dict.fromkeys(found):
                if Levenshtein.distance(folded, plain, score_cutoff=1) <= 1 and (
                    cost := _cost(read, word)
                ):
                    yield word, cost

    def _by_halves(self) -> dict[_Half, list[tuple[str, str]]]:
        """Words, and the same without marks, by length and either half: what differs in one letter
        has one half in common. Made when first asked for."""
        if not self._table:
            for word in self._words[len(SPECIALS) :]:
                if len(word) >= LEAST and word.isalpha() and analyse(word) is None:
                    plain = word if word.isascii() else unidecode(word)
                    size, left = len(plain), len(plain) // 2
                    for half in ((size, 0, plain[:left]), (size, 1, plain[left:])):
                        self._table.setdefault(half, []).append((word, plain))
        return self._table


def _cost(read: str, word: str) -> float | None:
    """log P(read | word); None where they differ by more than is read wrongly as a rule."""
    edits = Levenshtein.editops(word, read)
    total = _MARK if not edits else 0.0
    others = 0
    for edit in edits:
        if edit.tag != "replace":
            thin = edit.tag == "delete" and word[edit.src_pos] in "lit"
            odd = edit.tag == "insert" and not read[edit.dest_pos].isascii()
            if not (thin or odd):
                return None
            total += _ONE
            others += 1
            continue
        printed, seen = word[edit.src_pos], read[edit.dest_pos]
        if unidecode(printed) == unidecode(seen):
            if printed.isascii() or seen.isascii():
                return None
            total += _MARK
        elif frozenset((unidecode(printed), unidecode(seen))) in (
            _SMALL if edit.src_pos else _CAPITALS
        ):
            total += _ALIKE
            others += 1
        else:
            return None
    return total if others <= 1 else None


def _plain(word: str) -> str:
    """Lower case; signs that stand for one letter as that letter, and a capital I within small
    letters as l."""
    word = word.translate(_SAME)
    if any(c.islower() for c in word):
        word = word[:1] + word[1:].replace("I", "l")
    return word.lower()
